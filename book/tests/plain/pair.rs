//! The books and the plain books side by side.

use wirebook_book::{
    Ahead, Book, Books, Capacity, Foretold, Locate, Nanos, OrderRef, Price, SeqNo, Side, Stamp,
    Symbol,
};

use super::{Operation, Outcome, PlainBook, PlainBooks};

/// Both, after the same operations.
pub(crate) struct Pair {
    pub(crate) books: Books,
    pub(crate) plain: PlainBooks,
    ahead: Ahead,
    /// Messages of the current batch, and of the one before where those are to come.
    foretold: [Foretold; Ahead::MESSAGES],
    operations: u64,
}

impl Pair {
    pub(crate) fn new(capacity: Capacity) -> Pair {
        let books = Books::new(capacity).expect("small books fit in memory");
        let (ahead, foretold) = (Ahead::default(), [Foretold::default(); Ahead::MESSAGES]);
        Pair { books, plain: PlainBooks::new(capacity), ahead, foretold, operations: 0 }
    }

    /// Does the same to both and compares what came of it, but not yet the books.
    pub(crate) fn apply(&mut self, operation: Operation) -> Outcome {
        self.look_ahead(operation);
        self.plain.next_arrival = self.books.next_arrival();
        // The first message has number and time zero, as one of a feed without either.
        let at = Stamp {
            seq: SeqNo::new(self.operations),
            time: Nanos::new(self.operations.wrapping_mul(1_000_003)),
        };
        let ours = operation.on_books(at, &mut self.books);
        let plain = operation.on_plain(at, &mut self.plain);
        assert_eq!(ours, plain, "{operation:?}, the {}th", self.operations);
        self.operations += 1;
        // Whoever does not ask misses all but the last refusal's.
        if self.operations.is_multiple_of(2) {
            let transitions: Vec<_> = self.books.transitions().collect();
            assert_eq!(transitions, self.plain.transitions, "after {operation:?}");
            self.plain.transitions.clear();
        }
        ours
    }

    /// Looks ahead for the operation, and lets the books recall what was found for it now, for
    /// it and never looked up, or for another one some time ago. None of it may change anything.
    fn look_ahead(&mut self, operation: Operation) {
        let number = usize::try_from(self.operations).expect("a count of operations");
        let at = number % Ahead::MESSAGES;
        self.foretold[at] = operation.foretold();
        self.ahead.note(self.foretold.into_iter().take(at + 1));
        for step in 0..number % (Ahead::STEPS + 1) {
            self.books.look_ahead(&mut self.ahead, step);
        }
        let another = number.is_multiple_of(3);
        let recalled = if another { (at + 3) % Ahead::MESSAGES } else { at };
        self.books.recall(&self.ahead, recalled);
    }

    /// Compares what one number tells: counts, and the touch and states of one symbol.
    pub(crate) fn compare_counts(&self, locate: Locate) {
        let (ours, plain) = (&self.books, &self.plain);
        assert_eq!(ours.orders_live() as usize, plain.homes.len(), "orders live");
        assert_eq!(ours.levels_live(), plain.levels_live, "levels live");
        assert_eq!(ours.rejects(), &plain.rejects, "refusals");
        let Some(book) = ours.book(locate) else {
            assert!(plain.check_held(locate).is_err(), "{locate:?} is held");
            return;
        };
        let unknown = PlainBook::default();
        let expected = plain.book(locate).unwrap_or(&unknown);
        assert_eq!(book.touch(), expected.touch(), "touch of {locate:?}");
        assert_eq!(book.is_crossed(), expected.is_crossed(), "{locate:?} crossed");
        assert_eq!(book.feed_state(), expected.feed_state(plain.feed), "state of {locate:?}");
        assert_eq!(book.trading_state(), expected.trading_state(), "trading of {locate:?}");
        let reader = ours.reader();
        let depth = reader.depth::<10>(locate).expect("nobody writes");
        let deeper = reader.depth::<30>(locate).expect("nobody writes");
        for side in Side::BOTH {
            let best: Vec<_> = book.levels(side).take(30).collect();
            assert_eq!(deeper.levels(side), best, "published levels of {locate:?}");
            let best = best.get(..10).unwrap_or(&best);
            assert_eq!(depth.levels(side), best, "published levels of {locate:?}");
        }
        assert_eq!(depth.feed_state, book.feed_state(), "published state of {locate:?}");
        assert!(depth.last_seq <= book.last_seq(), "{:?} is to come", depth.last_seq);
    }

    /// Compares everything that can be read from either.
    pub(crate) fn compare(&self) {
        let (ours, plain) = (&self.books, &self.plain);
        assert_eq!(ours.capacity(), plain.capacity);
        assert_eq!(ours.feed_state(), plain.feed);
        // The number in an arrival is not public, but what it counts is documented.
        assert_eq!(format!("{:?}", ours.next_arrival()), format!("Arrival({})", plain.added));
        assert_eq!(ours.rejects().total(), self.refusals().iter().sum(), "refusals in all");
        self.compare_names();
        for locate in (0..=u16::MAX).map(Locate::new).take(self.locates()) {
            self.compare_counts(locate);
            let book = ours.book(locate).expect("below the capacity");
            let unknown = PlainBook::default();
            compare_book(book, plain.book(locate).unwrap_or(&unknown));
        }
        self.compare_orders();
    }

    fn compare_names(&self) {
        let (ours, plain) = (&self.books, &self.plain);
        let known = plain.books.iter().filter(|(_, book)| is_known(book));
        assert!(ours.iter().map(|book| book.locate()).eq(known.map(|(&locate, _)| locate)));
        for symbol in plain.books.values().map(|book| book.symbol) {
            let mut named = plain.books.iter().filter(|(_, book)| book.symbol == symbol);
            let first = named.next().filter(|_| symbol != Symbol::UNKNOWN);
            assert_eq!(ours.locate(symbol), first.map(|(&locate, _)| locate), "{symbol:?}");
        }
    }

    /// The symbols that need comparing: all that were touched and a few beyond.
    fn locates(&self) -> usize {
        let last = self.plain.books.keys().next_back().map_or(0, |locate| locate.index() + 1);
        (last + 2).min(self.plain.capacity.locates as usize)
    }

    fn compare_orders(&self) {
        let (ours, plain) = (&self.books, &self.plain);
        for order_ref in [0, 1, u64::MAX].map(OrderRef::new) {
            assert_eq!(ours.order(order_ref), plain.order(order_ref).copied(), "{order_ref:?}");
        }
        for book in plain.books.values() {
            for order in book.orders() {
                assert_eq!(ours.order(order.order_ref), Some(*order));
                let home = ours.book(order.locate).expect("an order has a book");
                let position = book.queue_position(order);
                assert_eq!(home.queue_position(order.order_ref), position, "{order:?}");
                if let Some(other) = ours.book(Locate::new(order.locate.get() ^ 1)) {
                    assert_eq!(other.queue_position(order.order_ref), None, "{order:?}");
                }
            }
        }
    }

    /// The refusals, one count for each cause.
    pub(crate) fn refusals(&self) -> [u64; 12] {
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
    assert_eq!(book.symbol(), plain.symbol, "name of {locate:?}");
    assert_eq!(book.is_known(), is_known(plain), "{locate:?} known");
    assert_eq!(book.last_seq(), plain.last.seq, "last message of {locate:?}");
    assert_eq!(book.last_time(), plain.last.time, "last time of {locate:?}");
    assert_eq!(book.last_trade(), plain.last_trade, "last trade of {locate:?}");
    assert_eq!(book.volume(), plain.volume, "volume of {locate:?}");
    assert_eq!(book.orders() as usize, plain.orders().count(), "orders of {locate:?}");
    for side in Side::BOTH {
        compare_side(book, plain, side);
    }
}

fn compare_side(book: Book<'_>, plain: &PlainBook, side: Side) {
    let name = format!("{side} of {:?}", book.locate());
    let levels = plain.levels(side);
    assert!(book.levels(side).eq(levels.iter().copied()), "levels of {name}");
    assert!(book.levels(side).rev().eq(levels.iter().rev().copied()), "levels of {name}");
    assert_eq!(book.levels(side).len(), levels.len(), "{name}");
    assert_eq!(book.depth(side) as usize, levels.len(), "{name}");
    assert_eq!(book.best(side), levels.first().copied(), "{name}");
    for (&price, level) in plain.side(side) {
        assert!(book.queue(side, price).eq(level.queue.iter().copied()), "{price} of {name}");
        compare_level(book, plain, side, price);
        compare_level(book, plain, side, price + Price::from_units(1));
    }
    for price in [Price::ZERO, Price::MAX_BOOK, Price::from_units(-1)] {
        compare_level(book, plain, side, price);
    }
}

fn compare_level(book: Book<'_>, plain: &PlainBook, side: Side, price: Price) {
    let expected = plain.side(side).get(&price).map(|level| level.seen_at(price));
    assert_eq!(book.level(side, price), expected, "{side} of {:?}", book.locate());
    let orders = expected.map_or(0, |level| level.orders as usize);
    assert_eq!(book.queue(side, price).count(), orders, "{side} at {price}");
}
