//! The books and the plain books side by side.

use std::fmt::Debug;

use wirebook_book::{
    Book, Books, Capacity, Locate, Nanos, OrderRef, Price, SeqNo, Side, Stamp, Symbol,
};

use super::{Operation, Outcome, PlainBook, PlainBooks};

/// Both, after the same operations.
pub(crate) struct Pair {
    pub(crate) books: Books,
    pub(crate) plain: PlainBooks,
    operations: u64,
}

/// Like `assert_eq!`, but the text is made only where it is needed.
fn same<T: PartialEq + Debug>(ours: T, plain: T, what: impl FnOnce() -> String) {
    assert!(ours == plain, "{}: ours {ours:?}, plain {plain:?}", what());
}

impl Pair {
    pub(crate) fn new(capacity: Capacity) -> Pair {
        let books = Books::new(capacity).expect("small books fit in memory");
        Pair { books, plain: PlainBooks::new(capacity), operations: 0 }
    }

    /// Does the same to both and compares what came of it, but not yet the books.
    pub(crate) fn apply(&mut self, operation: Operation) -> Outcome {
        operation.look_ahead(&self.books);
        self.plain.next_arrival = self.books.next_arrival();
        // The first message has number and time zero, as one of a feed without either.
        let at = Stamp {
            seq: SeqNo::new(self.operations),
            time: Nanos::new(self.operations.wrapping_mul(1_000_003)),
        };
        let ours = operation.on_books(at, &mut self.books);
        let plain = operation.on_plain(at, &mut self.plain);
        same(ours, plain, || format!("{operation:?}, the {}th", self.operations));
        self.operations += 1;
        ours
    }

    /// Compares what one number tells: counts, and the touch and state of one symbol.
    pub(crate) fn compare_counts(&self, locate: Locate) {
        let (ours, plain) = (&self.books, &self.plain);
        same(ours.orders_live() as usize, plain.homes.len(), || "orders live".into());
        same(ours.levels_live(), plain.levels_live, || "levels live".into());
        same(ours.rejects(), &plain.rejects, || "refusals".into());
        let Some(book) = ours.book(locate) else {
            assert!(plain.check_held(locate).is_err(), "{locate:?} is held");
            return;
        };
        let unknown = PlainBook::default();
        let expected = plain.book(locate).unwrap_or(&unknown);
        same(book.touch(), expected.touch(), || format!("touch of {locate:?}"));
        same(book.is_crossed(), expected.is_crossed(), || format!("{locate:?} crossed"));
        same(book.feed_state(), expected.feed_state(plain.feed), || format!("{locate:?} state"));
        same(book.trading_state(), expected.trading_state(), || format!("{locate:?} trading"));
    }

    /// Compares everything that can be read from either.
    pub(crate) fn compare(&self) {
        let (ours, plain) = (&self.books, &self.plain);
        same(ours.capacity(), plain.capacity, || "capacity".into());
        same(ours.feed_state(), plain.feed, || "feed state".into());
        // The number in an arrival is not public, but what it counts is documented.
        let next = (format!("{:?}", ours.next_arrival()), format!("Arrival({})", plain.added));
        same(&next.0, &next.1, || "next arrival".into());
        let total: u64 = self.rejects_one_by_one().iter().sum();
        same(ours.rejects().total(), total, || "refusals in all".into());

        let known: Vec<Locate> = ours.iter().map(|book| book.locate()).collect();
        let expected = plain.books.iter().filter(|(_, book)| is_known(book));
        same(known, expected.map(|(&locate, _)| locate).collect(), || "known symbols".into());
        for symbol in plain.books.values().map(|book| book.symbol) {
            let mut named = plain.books.iter().filter(|(_, book)| book.symbol == symbol);
            let first = named.next().filter(|_| symbol != Symbol::UNKNOWN);
            same(ours.locate(symbol), first.map(|(&locate, _)| locate), || format!("{symbol:?}"));
        }
        for locate in (0..=u16::MAX).map(Locate::new).take(self.locates()) {
            self.compare_counts(locate);
            let book = ours.book(locate).expect("below the capacity");
            let unknown = PlainBook::default();
            compare_book(book, plain.book(locate).unwrap_or(&unknown));
        }
        for order_ref in [0, 1, u64::MAX].map(OrderRef::new) {
            same(ours.order(order_ref), plain.order(order_ref).copied(), || {
                format!("{order_ref:?}")
            });
        }
        self.compare_orders();
    }

    /// The symbols that need comparing: all that were touched and a few beyond.
    fn locates(&self) -> usize {
        let last = self.plain.books.keys().next_back().map_or(0, |locate| locate.index() + 1);
        (last + 2).min(self.plain.capacity.locates as usize)
    }

    fn compare_orders(&self) {
        let (ours, plain) = (&self.books, &self.plain);
        for book in plain.books.values() {
            for order in book.orders() {
                let name = || format!("{order:?}");
                same(ours.order(order.order_ref), Some(*order), name);
                let home = ours.book(order.locate).expect("an order has a book");
                let position = book.queue_position(order);
                same(home.queue_position(order.order_ref), position, name);
                let other = Locate::new(order.locate.get() ^ 1);
                if let Some(other) = ours.book(other) {
                    same(other.queue_position(order.order_ref), None, name);
                }
            }
        }
    }

    fn rejects_one_by_one(&self) -> [u64; 12] {
        let counts = self.books.rejects();
        [
            counts.unknown_refs,
            counts.reused_refs,
            counts.other_symbol,
            counts.too_much,
            counts.zero_qty,
            counts.qty_range,
            counts.price_range,
            counts.mixed_book,
            counts.orders_full,
            counts.levels_full,
            counts.locates_full,
            counts.dead_book,
        ]
    }
}

fn is_known(book: &PlainBook) -> bool {
    book.known || book.symbol != Symbol::UNKNOWN
}

fn compare_book(book: Book<'_>, plain: &PlainBook) {
    let locate = book.locate();
    same(book.symbol(), plain.symbol, || format!("name of {locate:?}"));
    same(book.is_known(), is_known(plain), || format!("{locate:?} known"));
    same(book.last_seq(), plain.last.seq, || format!("last message of {locate:?}"));
    same(book.last_time(), plain.last.time, || format!("last time of {locate:?}"));
    same(book.last_trade(), plain.last_trade, || format!("last trade of {locate:?}"));
    same(book.volume(), plain.volume, || format!("volume of {locate:?}"));
    same(book.orders() as usize, plain.orders().count(), || format!("orders of {locate:?}"));
    for side in Side::BOTH {
        compare_side(book, plain, side);
    }
}

fn compare_side(book: Book<'_>, plain: &PlainBook, side: Side) {
    let name = || format!("{side} of {:?}", book.locate());
    let levels = plain.levels(side);
    same(book.levels(side).collect(), levels.clone(), name);
    same(book.levels(side).len(), levels.len(), name);
    same(book.levels(side).rev().last(), levels.first().copied(), name);
    same(book.depth(side) as usize, levels.len(), name);
    same(book.best(side), levels.first().copied(), name);
    for level in &levels {
        same(book.level(side, level.price), Some(*level), name);
        let above = level.price + Price::from_units(1);
        let expected = plain.side(side).get(&above).map(|found| found.seen_at(above));
        same(book.level(side, above), expected, name);
    }
    for (&price, level) in plain.side(side) {
        assert!(book.queue(side, price).eq(level.queue.iter().copied()), "queue at {price}");
    }
    for price in [Price::ZERO, Price::MAX_BOOK, -Price::from_units(1)] {
        let expected = plain.side(side).get(&price).map(|found| found.seen_at(price));
        same(book.level(side, price), expected, name);
        same(book.queue(side, price).count(), expected.map_or(0, |l| l.orders as usize), name);
    }
}
