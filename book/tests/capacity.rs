//! What happens where a capacity ends, rule by rule.

#![forbid(unsafe_code)]

mod plain;

use plain::{Operation, Outcome, Pair};
use wirebook_book::{
    Books, BooksError, Capacity, FeedState, Locate, NewOrder, OrderRef, Price, Qty, Reject, Side,
};

const FIRST: Locate = Locate::new(0);
const SECOND: Locate = Locate::new(1);

fn add(locate: Locate, order_ref: u64, side: Side, tick: i64) -> Operation {
    let (order_ref, price) = (OrderRef::new(order_ref), Price::from_units(1_000_000 + tick));
    Operation::Add { locate, order: NewOrder { order_ref, side, qty: Qty::new(100), price } }
}

fn delete(locate: Locate, order_ref: u64) -> Operation {
    Operation::Delete { locate, order_ref: OrderRef::new(order_ref) }
}

fn replace(locate: Locate, old: u64, new: u64, tick: i64) -> Operation {
    let (old, new) = (OrderRef::new(old), OrderRef::new(new));
    let price = Price::from_units(1_000_000 + tick);
    Operation::Replace { locate, old, new, qty: Qty::new(100), price }
}

/// What refused an operation, if anything did.
fn refused(outcome: Outcome) -> Option<Reject> {
    match outcome {
        Outcome::Changed(result) => result.err(),
        Outcome::Traded(result) => result.err(),
        Outcome::Named(result) => result.err(),
        Outcome::Silent => None,
    }
}

fn live_pair(orders: u32, levels: u32, locates: u32) -> Pair {
    let mut pair = Pair::new(Capacity { orders, levels, locates });
    pair.apply(Operation::SetFeedState(FeedState::Live));
    pair
}

impl Pair {
    fn refuse(&mut self, operation: Operation, expected: Reject) {
        assert_eq!(refused(self.apply(operation)), Some(expected), "{operation:?}");
        self.compare();
    }

    fn accept(&mut self, operation: Operation) {
        assert_eq!(refused(self.apply(operation)), None, "{operation:?}");
    }

    fn state(&self, locate: Locate) -> FeedState {
        self.books.book(locate).expect("within the capacity").feed_state()
    }
}

#[test]
fn a_capacity_of_nothing_or_too_much_is_an_error() {
    let good = Capacity::SMALL;
    for (bad, name) in [
        (Capacity { orders: 0, ..good }, "orders"),
        (Capacity { orders: (1 << 30) + 1, ..good }, "orders"),
        (Capacity { levels: 0, ..good }, "levels"),
        (Capacity { levels: (1 << 27) + 1, ..good }, "levels"),
        (Capacity { locates: 0, ..good }, "locates"),
        (Capacity { locates: (1 << 16) + 1, ..good }, "locates"),
    ] {
        assert!(matches!(Books::new(bad), Err(BooksError::Capacity { what, .. }) if what == name));
    }
    let every_locate = Capacity { orders: 1, levels: 1, locates: 1 << 16 };
    assert!(Books::new(every_locate).is_ok_and(|b| b.book(Locate::new(u16::MAX)).is_some()));
}

#[test]
fn a_full_order_table_kills_the_book_that_needed_it_and_no_other() {
    let mut pair = live_pair(2, 8, 2);
    pair.accept(add(FIRST, 1, Side::Bid, 0));
    pair.accept(add(SECOND, 2, Side::Bid, 0));
    pair.refuse(add(FIRST, 3, Side::Bid, 1), Reject::OrdersFull);
    assert_eq!((pair.state(FIRST), pair.state(SECOND)), (FeedState::Dead, FeedState::Live));
    // What is live can still be replaced: one leaves, one comes.
    pair.accept(replace(SECOND, 2, 4, 3));
    // What leaves the dead book makes room for others, though nothing is added to it.
    pair.accept(delete(FIRST, 1));
    pair.refuse(add(FIRST, 3, Side::Bid, 1), Reject::DeadBook);
    pair.refuse(delete(FIRST, 3), Reject::DeadBook);
    pair.accept(add(SECOND, 5, Side::Ask, 9));
    assert_eq!(pair.state(SECOND), FeedState::Live);
    pair.accept(Operation::Clear);
    assert_eq!(pair.state(FIRST), FeedState::Live);
}

#[test]
fn a_replacement_in_a_dead_book_takes_the_old_order_off() {
    let mut pair = live_pair(2, 8, 2);
    pair.accept(add(FIRST, 1, Side::Bid, 0));
    pair.accept(add(FIRST, 2, Side::Bid, 5));
    pair.refuse(add(FIRST, 3, Side::Bid, 1), Reject::OrdersFull);
    pair.refuse(replace(FIRST, 2, 4, 6), Reject::DeadBook);
    assert_eq!(pair.books.orders_live(), 1);
    assert_eq!(pair.books.book(FIRST).map(|b| b.touch().bid_price.units()), Some(1_000_000));
    // Its new reference was never filed.
    pair.refuse(delete(FIRST, 4), Reject::DeadBook);
    pair.accept(add(SECOND, 5, Side::Bid, 0));
}

#[test]
fn a_replacement_that_finds_no_level_has_lost_its_old_order() {
    let mut pair = live_pair(8, 2, 2);
    pair.accept(add(FIRST, 1, Side::Bid, 0));
    pair.accept(add(FIRST, 2, Side::Bid, 0));
    pair.accept(add(FIRST, 3, Side::Bid, 1));
    // A level that it leaves behind empty, it can have itself.
    pair.accept(replace(FIRST, 3, 4, 2));
    pair.refuse(replace(FIRST, 2, 5, 3), Reject::LevelsFull);
    assert_eq!((pair.state(FIRST), pair.books.orders_live()), (FeedState::Dead, 2));
}

#[test]
fn levels_of_a_dead_book_can_be_removed_but_not_set() {
    let mut pair = live_pair(1, 1, 2);
    let set = |locate, tick, qty| Operation::SetLevel {
        locate,
        side: Side::Ask,
        price: Price::from_units(tick),
        qty: Qty::new(qty),
    };
    pair.accept(set(FIRST, 10, 5));
    pair.refuse(set(FIRST, 11, 5), Reject::LevelsFull);
    pair.refuse(set(FIRST, 10, 6), Reject::DeadBook);
    pair.accept(set(FIRST, 10, 0));
    pair.accept(set(SECOND, 10, 5));
    assert_eq!(pair.state(FIRST), FeedState::Dead);
}

#[test]
fn a_locate_beyond_the_capacity_is_refused_and_concerns_no_book() {
    let mut pair = live_pair(4, 4, 1);
    let beyond = Locate::new(1);
    pair.accept(add(FIRST, 1, Side::Bid, 0));
    pair.refuse(add(beyond, 2, Side::Bid, 0), Reject::LocatesFull(beyond));
    pair.refuse(delete(beyond, 1), Reject::LocatesFull(beyond));
    pair.refuse(Operation::EndOperationalHalt { locate: beyond }, Reject::LocatesFull(beyond));
    assert_eq!(pair.state(FIRST), FeedState::Live);
    assert!(pair.books.book(beyond).is_none());
}

/// The sizes at which a side moves to a larger and a smaller chunk, and the most it can have.
#[test]
fn a_side_has_at_most_16_384_levels() {
    const MOST: u32 = 16_384;
    let mut pair = live_pair(1 << 16, 1 << 16, 2);
    let tick = |level: u32| i64::from(level.wrapping_mul(7_919) % 1_000_003);
    for level in 0..MOST {
        pair.accept(add(FIRST, u64::from(level), Side::Ask, tick(level)));
    }
    pair.compare();
    pair.refuse(add(FIRST, u64::MAX, Side::Ask, 1_000_004), Reject::LevelsFull);
    pair.accept(add(SECOND, u64::MAX, Side::Ask, 1_000_004));
    for level in 0..MOST {
        pair.accept(delete(FIRST, u64::from(level)));
        if level.is_multiple_of(1024) {
            pair.compare();
        }
    }
    pair.compare();
}

/// Sides that were deep one after the other, and have one level left each, leave room for
/// others: what was deep once does not count for ever.
#[test]
fn depth_that_is_gone_leaves_room_for_others() {
    const DEEP: u64 = 1000;
    const SYMBOLS: u16 = 32;
    let mut pair = live_pair(1 << 12, 1200, u32::from(SYMBOLS));
    for locate in (0..SYMBOLS).map(Locate::new) {
        for (side, first) in [(Side::Bid, 0), (Side::Ask, DEEP)] {
            for level in 0..DEEP {
                let tick = i64::try_from(level).expect("a small number");
                pair.accept(add(locate, first + level, side, tick));
            }
            for level in 1..DEEP {
                pair.accept(delete(locate, first + level));
            }
        }
        pair.accept(delete(locate, 0));
        pair.accept(delete(locate, DEEP));
        pair.accept(add(locate, u64::MAX - u64::from(locate.get()), Side::Bid, 0));
    }
    pair.compare();
}
