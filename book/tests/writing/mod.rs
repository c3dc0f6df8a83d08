//! A writer whose every state tells by its sequence number what it must be, and readers that check.

use std::fmt::{Debug, Display, Formatter, Result};

use wirebook_book::{
    Book, BookReader, Books, FeedState, Level, Locate, Nanos, NewOrder, OrderRef, Price, Qty,
    ReadError, SeqNo, Side, Stamp, TopOfBook,
};

const LEVELS: u64 = 10;
pub(crate) const LOCATE: Locate = Locate::new(7);

/// What a level holds after a message: every snapshot tells by its sequence number what it must be.
fn qty_at(message: u64) -> u32 {
    let mixed = message.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    1 + u32::try_from(mixed >> 40).expect("24 bits")
}

fn price(level: u64) -> Price {
    Price::from_units(1_000_000 - 100 * i64::try_from(level).expect("a small number"))
}

/// The last message up to `seq` that changed a level. Message `m` replaces the order of level
/// `m % LEVELS`.
fn last_change(seq: u64, level: u64) -> u64 {
    seq - (seq + LEVELS - level) % LEVELS
}

pub(crate) struct Writer {
    pub(crate) books: Books,
    pub(crate) next: u64,
}

impl Writer {
    /// Over empty books.
    pub(crate) fn new(mut books: Books) -> Writer {
        books.set_feed_state(FeedState::Live);
        let mut writer = Writer { books, next: 0 };
        (0..LEVELS).for_each(|_| writer.message());
        writer
    }

    /// Replaces the order of the next level, or adds the first one, behind another for a while.
    pub(crate) fn message(&mut self) {
        let message = self.next;
        let level = message % LEVELS;
        let at = Stamp { seq: SeqNo::new(message), time: Nanos::new(message * 3) };
        let (order_ref, price) = (OrderRef::new(message), price(level));
        let qty = Qty::new(qty_at(message).into());
        let done = match message.checked_sub(LEVELS) {
            Some(old) => {
                let old = OrderRef::new(old);
                self.books.replace(at, LOCATE, old, order_ref, qty, price)
            }
            None => {
                let order = NewOrder { order_ref, side: Side::Bid, qty, price };
                self.books.add(at, LOCATE, order)
            }
        };
        done.expect("a message that fits");
        self.next += 1;
    }
}

/// Whether a book that was read is the one after the message that it names.
fn is_whole(seq: SeqNo, levels: &[Level]) -> bool {
    let expected = (0..LEVELS).map(|level| Level {
        price: price(level),
        qty: Qty::new(qty_at(last_change(seq.get(), level)).into()),
        orders: 1,
    });
    levels.iter().copied().eq(expected)
}

fn is_whole_top(top: &TopOfBook) -> bool {
    let best = qty_at(last_change(top.last_seq.get(), 0));
    let touch = (top.touch.bid_price, top.touch.bid_qty);
    touch == (price(0), Qty::new(best.into())) && top.last_time.get() == top.last_seq.get() * 3
}

fn depth(book: Book<'_>) -> (SeqNo, Vec<Level>) {
    (book.last_seq(), book.levels(Side::Bid).collect())
}

/// What a reader got.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reads {
    pub(crate) tops: u64,
    /// Of the published record of the best levels.
    pub(crate) depths: u64,
    /// Of the levels in the book itself.
    pub(crate) walks: u64,
    /// Touches that were of another message than the one read before.
    pub(crate) news: u64,
    /// Reads that were of no message, or of one before that which was read last.
    pub(crate) torn: u64,
    /// Tries that met the writer.
    pub(crate) retries: u64,
    /// Reads that were given up.
    pub(crate) busy: u64,
}

impl Reads {
    fn note_torn(&mut self, what: &dyn Debug) {
        if self.torn == 0 {
            eprintln!("torn: {what:?}");
        }
        self.torn += 1;
    }

    fn top(&mut self, reader: &BookReader, seq_last: &mut SeqNo) {
        match reader.top(LOCATE) {
            Ok(top) => {
                if !is_whole_top(&top) || top.last_seq < *seq_last {
                    self.note_torn(&top);
                }
                self.news += u64::from(top.last_seq != *seq_last);
                *seq_last = top.last_seq;
                self.tops += 1;
            }
            Err(error) => {
                assert!(matches!(error, ReadError::Busy { .. }));
                self.busy += 1;
            }
        }
    }

    fn depth(&mut self, reader: &BookReader) {
        match reader.depth::<10>(LOCATE) {
            Ok(depth) => {
                let time = Nanos::new(depth.last_seq.get() * 3);
                if !is_whole(depth.last_seq, depth.bids()) || depth.last_time != time {
                    self.note_torn(&depth);
                }
                self.depths += 1;
            }
            Err(_) => self.busy += 1,
        }
    }

    fn walk(&mut self, reader: &BookReader) {
        match reader.read(LOCATE, depth) {
            Ok((seq, levels)) => {
                if !is_whole(seq, &levels) {
                    self.note_torn(&(seq, levels));
                }
                self.walks += 1;
            }
            Err(_) => self.busy += 1,
        }
    }
}

impl Display for Reads {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Reads { tops, depths, walks, news, torn, retries, busy } = self;
        write!(
            f,
            "{tops} touches ({news} of news), {depths} depths, {walks} walks, {torn} torn, "
        )?;
        write!(f, "{retries} tries met the writer, {busy} reads were given up")
    }
}

/// Reads and checks until `done` says so of what was read.
pub(crate) fn read_until(reader: &BookReader, done: impl Fn(&Reads) -> bool) -> Reads {
    let mut reads = Reads::default();
    let mut seq_last = SeqNo::new(0);
    while !done(&reads) {
        (0..64).for_each(|_| reads.top(reader, &mut seq_last));
        (0..8).for_each(|_| reads.depth(reader));
        reads.walk(reader);
    }
    Reads { retries: reader.retries(), ..reads }
}
