//! The strategy on books made by hand, through `strategy-api` alone.

#![allow(clippy::unwrap_used)] // what cannot be set up fails the test

use standalone_strategy::Sweeper;
use strategy_api::{
    BookUpdate, Books, Capacity, Changed, Command, Context, Desk, DeskCapacity, FeedState, Limits,
    Locate, Nanos, OrderRef, Price, Qty, Side, Stamp, Strategy, TradingState,
};

const LOCATE: Locate = Locate::new(1);

/// Books in which 150 shares are offered.
fn books(state: FeedState) -> Books {
    let mut books = Books::new(Capacity::SMALL).unwrap();
    books.set_feed_state(state);
    books.set_trading_state(LOCATE, TradingState::Trading).unwrap();
    let order = strategy_api::BookOrder {
        order_ref: OrderRef::new(1),
        side: Side::Ask,
        qty: Qty::new(150),
        price: Price::from_units(100_000),
    };
    books.add(Stamp::default(), LOCATE, order).unwrap();
    books
}

/// What the strategy sends when it is told of the book.
fn commands(books: &Books, clip: u64) -> Vec<Command> {
    let mut strategy = Sweeper::new(Qty::new(clip));
    let mut desk = Desk::new(DeskCapacity::default(), Limits::NONE);
    let mut context = Context::new(books, &mut desk, Nanos::new(1));
    let (book, at) = (books.book(LOCATE).unwrap(), Stamp::default());
    let changed = Changed { touch: true, level: true, order: true };
    strategy.on_book(&mut context, &BookUpdate { book, changed, change: None, at });
    desk.commands().collect()
}

#[test]
fn takes_a_thin_ask_whole() {
    let sent = commands(&books(FeedState::Live), 200);
    let [Command::Submit(_, order)] = sent[..] else { panic!("{sent:?}") };
    assert_eq!((order.qty, order.price), (Qty::new(150), Price::from_units(100_000)));
}

#[test]
fn leaves_a_thick_ask_and_a_book_that_cannot_be_trusted() {
    assert!(commands(&books(FeedState::Live), 100).is_empty());
    assert!(commands(&books(FeedState::Gapped), 200).is_empty());
}
