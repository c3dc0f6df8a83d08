//! Ten levels of each side of one book, kept by the engine and as a plain value.

use wirebook::book::{
    Book, BookReader, Books, Capacity, FeedState, Locate, Nanos, NewOrder, OrderRef, Price, Qty,
    SeqNo, Side, Stamp,
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
    /// The message `seq` gives one level of each side another quantity.
    pub(crate) fn update(&mut self, seq: u64, time_ns: u64) {
        (self.seq, self.time_ns) = (seq, time_ns);
        let at = seq as usize % LEVELS;
        for side in Side::BOTH {
            let level = &mut self.levels[side.index()][at];
            *level = Plain { price: price(side, at), qty: qty(seq), orders: 1 };
        }
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

fn price(side: Side, level: usize) -> u32 {
    let away = 100 * (1 + i32::try_from(level).unwrap_or(0));
    1_000_000u32.saturating_add_signed(if side == Side::Bid { -away } else { away })
}

fn qty(seq: u64) -> u32 {
    1 + (seq % 1_000_000) as u32
}

/// The engine's book of the same depth.
pub(crate) struct Engine {
    books: Books,
}

impl Engine {
    pub(crate) fn new() -> Engine {
        let mut books = Books::new(Capacity::SMALL).expect("memory for small books");
        books.set_feed_state(FeedState::Live);
        let mut engine = Engine { books };
        (0..FIRST).for_each(|seq| engine.update(seq, 0));
        engine
    }

    pub(crate) fn reader(&self) -> BookReader {
        self.books.reader()
    }

    /// The same as [`Depth::update`], as two messages.
    pub(crate) fn update(&mut self, seq: u64, time_ns: u64) {
        let at = Stamp { seq: SeqNo::new(seq), time: Nanos::new(time_ns) };
        let level = seq as usize % LEVELS;
        for side in Side::BOTH {
            let order_ref = |seq: u64| OrderRef::new(2 * seq + side.index() as u64);
            let (qty, price) = (Qty::from(qty(seq)), Price::from_units(price(side, level).into()));
            let done = match seq.checked_sub(LEVELS as u64) {
                Some(old) => {
                    let (old, new) = (order_ref(old), order_ref(seq));
                    self.books.replace(at, LOCATE, old, new, qty, price)
                }
                None => {
                    let order = NewOrder { order_ref: order_ref(seq), side, qty, price };
                    self.books.add(at, LOCATE, order)
                }
            };
            done.expect("a message that fits");
        }
    }
}

/// The touch as the engine's reader reads it; `None` where it gave up.
pub(crate) fn top(reader: &BookReader) -> Option<(u64, u64)> {
    let top = reader.top(LOCATE).ok()?;
    Some((top.last_seq.get(), top.touch.bid_qty.shares() + top.touch.ask_qty.shares()))
}

/// Ten levels of each side as the engine's reader reads them; `None` where it gave up.
pub(crate) fn depth(reader: &BookReader) -> Option<Depth> {
    reader.read(LOCATE, copy).ok()
}

fn copy(book: Book<'_>) -> Depth {
    let mut depth =
        Depth { seq: book.last_seq().get(), time_ns: book.last_time().get(), ..Depth::default() };
    for side in Side::BOTH {
        for (plain, level) in depth.levels[side.index()].iter_mut().zip(book.levels(side)) {
            *plain = Plain {
                price: level.price.units() as u32,
                qty: level.qty.shares() as u32,
                orders: level.orders,
            };
        }
    }
    depth
}
