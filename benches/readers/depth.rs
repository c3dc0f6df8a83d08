//! Ten levels of each side of one book, kept by the engine and as a plain value.

use wirebook::book::Depth as Published;
use wirebook::book::{
    BookReader, Books, Capacity, FeedState, Locate, Nanos, NewOrder, OrderRef, Price, Qty, SeqNo,
    Side, Stamp,
};

/// Levels of one side.
pub(crate) const LEVELS: usize = 10;
/// The number of the first update that is measured.
pub(crate) const FIRST: u64 = 100;
const LOCATE: Locate = Locate::new(7);

/// One level as a plain value.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Plain {
    pub(crate) price: u32,
    pub(crate) qty: u32,
    pub(crate) orders: u32,
}

/// 256 bytes: what anybody would publish.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Depth {
    pub(crate) seq: u64,
    /// When it was published.
    pub(crate) time_ns: u64,
    pub(crate) levels: [[Plain; LEVELS]; 2],
}

impl Depth {
    /// The message `seq` gives one level another quantity, of each side by turns.
    pub(crate) fn update(&mut self, seq: u64, time_ns: u64) {
        (self.seq, self.time_ns) = (seq, time_ns);
        let (side, at) = place(seq);
        let level = &mut self.levels[side.index()][at];
        *level = Plain { price: price(side, at), qty: qty(seq), orders: 1 };
    }

    /// A number that depends on the touch.
    pub(crate) fn touch(&self) -> u64 {
        let [bid, ask] = self.levels.map(|side| u64::from(side[0].qty));
        bid + ask
    }

    /// A number that depends on every level.
    pub(crate) fn sum(&self) -> u64 {
        self.levels.iter().flatten().map(|level| u64::from(level.qty ^ level.price)).sum()
    }
}

/// The level that a message concerns.
fn place(seq: u64) -> (Side, usize) {
    let side = if seq.is_multiple_of(2) { Side::Bid } else { Side::Ask };
    (side, (seq / 2) as usize % LEVELS)
}

fn price(side: Side, level: usize) -> u32 {
    let away = 100 * (1 + i32::try_from(level).unwrap_or(0));
    1_000_000u32.saturating_add_signed(if side == Side::Bid { -away } else { away })
}

fn qty(seq: u64) -> u32 {
    1 + (seq % 1_000_000) as u32
}

/// The engine's book of the same depth.
pub(crate) struct Engine {
    pub(crate) books: Books,
}

impl Engine {
    /// Over books that are empty.
    pub(crate) fn over(mut books: Books) -> Engine {
        books.set_feed_state(FeedState::Live);
        let mut engine = Engine { books };
        (0..FIRST).for_each(|seq| engine.update(seq, 0));
        engine
    }

    pub(crate) fn new() -> Engine {
        Engine::over(Books::new(Capacity::SMALL).expect("memory for small books"))
    }

    /// The ten levels of the book as a plain value, by the writer itself.
    pub(crate) fn value(&self, seq: u64, time_ns: u64) -> Depth {
        let mut depth = Depth { seq, time_ns, ..Depth::default() };
        if let Some(book) = self.books.book(LOCATE) {
            for (side, plain) in Side::BOTH.into_iter().zip(&mut depth.levels) {
                for (plain, level) in plain.iter_mut().zip(book.levels(side)) {
                    *plain = Plain {
                        price: level.price.units() as u32,
                        qty: level.qty.shares() as u32,
                        orders: level.orders,
                    };
                }
            }
        }
        depth
    }

    pub(crate) fn reader(&self) -> BookReader {
        self.books.reader()
    }

    /// The same as [`Depth::update`], as a message: the level's order is replaced by another one.
    pub(crate) fn update(&mut self, seq: u64, time_ns: u64) {
        let at = Stamp { seq: SeqNo::new(seq), time: Nanos::new(time_ns) };
        let (side, level) = place(seq);
        let (qty, price) = (Qty::from(qty(seq)), Price::from_units(price(side, level).into()));
        let new = OrderRef::new(seq);
        let done = match seq.checked_sub(2 * LEVELS as u64) {
            Some(old) => self.books.replace(at, LOCATE, OrderRef::new(old), new, qty, price),
            None => self.books.add(at, LOCATE, NewOrder { order_ref: new, side, qty, price }),
        };
        done.expect("a message that fits");
    }
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new()
    }
}

/// The touch as the engine's reader reads it; `None` where it gave up.
pub(crate) fn top(reader: &BookReader) -> Option<(u64, u64)> {
    let top = reader.top(LOCATE).ok()?;
    Some((top.last_seq.get(), top.touch.bid_qty.shares() + top.touch.ask_qty.shares()))
}

/// The version of what the engine has published.
pub(crate) fn version(reader: &BookReader) -> u32 {
    reader.depth_version(LOCATE)
}

/// Ten levels of each side as the engine's reader reads them; whether it did not give up.
pub(crate) fn depth(reader: &BookReader, depth: &mut Published<LEVELS>) -> bool {
    reader.read_depth(LOCATE, depth).is_ok()
}

/// A number that depends on every level.
pub(crate) fn sum(depth: &Published<LEVELS>) -> u64 {
    let side = |side| {
        let levels = depth.levels(side).iter();
        levels.map(|level| level.qty.shares() ^ level.price.units().cast_unsigned()).sum::<u64>()
    };
    side(Side::Bid) + side(Side::Ask)
}
