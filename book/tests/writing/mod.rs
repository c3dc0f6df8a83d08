//! A writer whose every state tells by its sequence number what it must be, and readers that check.

use wirebook_book::{
    Book, BookReader, Books, FeedState, Level, Locate, Nanos, NewOrder, OrderRef, Price, Qty,
    ReadError, SeqNo, Side, Stamp,
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
fn check(seq: SeqNo, levels: &[Level]) {
    let expected = (0..LEVELS).map(|level| Level {
        price: price(level),
        qty: Qty::new(qty_at(last_change(seq.get(), level)).into()),
        orders: 1,
    });
    assert!(levels.iter().copied().eq(expected), "torn at {seq:?}: {levels:?}");
}

fn depth(book: Book<'_>) -> (SeqNo, Vec<Level>) {
    (book.last_seq(), book.levels(Side::Bid).collect())
}

/// What a reader got.
#[derive(Default)]
pub(crate) struct Reads {
    pub(crate) tops: u64,
    /// Of the published record of the best levels.
    pub(crate) depths: u64,
    /// Of the levels in the book itself.
    pub(crate) walks: u64,
    /// Reads that were given up.
    pub(crate) busy: u64,
}

/// Reads and checks until `done` says so.
pub(crate) fn read_until(reader: &BookReader, done: impl Fn() -> bool) -> Reads {
    let mut reads = Reads::default();
    let mut seq_last = SeqNo::new(0);
    while !done() {
        for _ in 0..64 {
            match reader.top(LOCATE) {
                Ok(top) => {
                    let best = qty_at(last_change(top.last_seq.get(), 0));
                    assert_eq!(top.touch.bid_price, price(0));
                    assert_eq!(
                        top.touch.bid_qty,
                        Qty::new(best.into()),
                        "torn at {:?}",
                        top.last_seq
                    );
                    assert_eq!(top.last_time, Nanos::new(top.last_seq.get() * 3));
                    assert!(top.last_seq >= seq_last, "a reader went back");
                    seq_last = top.last_seq;
                    reads.tops += 1;
                }
                Err(error) => {
                    assert!(matches!(error, ReadError::Busy { .. }));
                    reads.busy += 1;
                }
            }
        }
        for _ in 0..8 {
            match reader.depth::<10>(LOCATE) {
                Ok(depth) => {
                    check(depth.last_seq, depth.bids());
                    assert_eq!(depth.last_time, Nanos::new(depth.last_seq.get() * 3));
                    reads.depths += 1;
                }
                Err(_) => reads.busy += 1,
            }
        }
        match reader.read(LOCATE, depth) {
            Ok((seq, levels)) => {
                check(seq, &levels);
                reads.walks += 1;
            }
            Err(_) => reads.busy += 1,
        }
    }
    reads
}
