//! What the venue accepts, and what becomes of orders that rest.

use strategy_api::Side::{Ask, Bid};
use strategy_api::{
    CancelReason, Command, Locate, NewOrder, OrderId, OrderUpdate, Price, Qty, RejectReason, Side,
};
use wirebook_exchange::venue::{Seat, SendError, VenueCapacity, VenueConfig};

use crate::floor::{A, B, Floor, SYMBOL, buy, capacity, cents, config, made, sell};

fn refused(floor: &mut Floor, order: NewOrder) -> RejectReason {
    let id = floor.submit(A, order);
    match floor.updates()[..] {
        [(refused, OrderUpdate::Rejected(reason))] if refused == id => reason,
        ref other => panic!("{other:?}"),
    }
}

fn cancelled(qty: u64, reason: CancelReason) -> OrderUpdate {
    OrderUpdate::Cancelled { qty: Qty::new(qty), reason }
}

#[test]
fn prices_off_the_tick_and_quantities_off_the_lot_are_refused() {
    let lots = VenueConfig { lot: Qty::new(10), ..config() };
    let mut floor = Floor::with(lots, capacity());
    let off_tick = NewOrder { price: Price::from_units(100_050), ..buy(10, 0) };
    assert_eq!(refused(&mut floor, off_tick), RejectReason::Tick);
    let below_one = NewOrder { price: Price::from_units(9_999), ..buy(10, 0) };
    floor.rest(A, below_one);
    let beyond = NewOrder { price: Price::MAX_BOOK + Price::from_units(5), ..buy(10, 0) };
    assert_eq!(refused(&mut floor, beyond), RejectReason::Tick);
    let negative = NewOrder { price: cents(-100), ..buy(10, 0) };
    assert_eq!(refused(&mut floor, negative), RejectReason::Tick);
    for qty in [0, 5, 1 << 33] {
        assert_eq!(refused(&mut floor, buy(qty, 1000)), RejectReason::Lot, "{qty}");
    }
    floor.rest(A, buy(20, 1000));
}

#[test]
fn symbols_beyond_the_books_or_the_venue_are_refused() {
    let mut floor = Floor::new();
    let beyond_books = NewOrder { locate: Locate::new(u16::MAX), ..buy(10, 1000) };
    assert_eq!(refused(&mut floor, beyond_books), RejectReason::NotLive);
    let beyond_venue = NewOrder { locate: Locate::new(16), ..buy(10, 1000) };
    assert_eq!(refused(&mut floor, beyond_venue), RejectReason::Full);
}

#[test]
fn a_book_of_bare_levels_is_refused() {
    let mut floor = Floor::new();
    let stamp = floor.stamp();
    floor.books.set_level(stamp, SYMBOL, Ask, cents(1001), Qty::new(5)).unwrap();
    assert_eq!(refused(&mut floor, buy(1, 1000)), RejectReason::LevelsOnly);
}

#[test]
fn a_number_that_is_in_use_is_refused_and_its_order_goes_on() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(10, 1000));
    floor.send(A, Command::Submit(id, buy(20, 1000)));
    assert_eq!(floor.updates(), [(id, OrderUpdate::Rejected(RejectReason::ReusedId))]);
    assert_eq!(floor.working(A, id).leaves, Qty::new(10));
    floor.send(B, Command::Submit(id, buy(20, 1000)));
    assert_eq!(floor.working(B, id).leaves, Qty::new(20), "another seat numbers its own");
}

#[test]
fn orders_beyond_the_room_are_refused_as_full() {
    let mut floor = Floor::with(config(), VenueCapacity { orders: 2, ..capacity() });
    let first = floor.rest(A, buy(10, 1000));
    floor.rest(A, buy(10, 1000));
    assert_eq!(refused(&mut floor, buy(10, 1000)), RejectReason::Full);
    floor.withdraw(A, first);
    floor.events();
    floor.rest(A, buy(10, 1000));
}

#[test]
fn more_commands_than_there_is_room_for_are_not_sent() {
    let mut floor = Floor::with(config(), VenueCapacity { orders: 1, ..capacity() });
    let cancel = Command::Cancel { id: OrderId(1), locate: SYMBOL, side: Bid };
    let sent = (0..9).map(|_| floor.venue.send(A, cancel, floor.now)).filter(Result::is_ok);
    assert_eq!(sent.count(), 5);
    assert_eq!(floor.venue.send(A, cancel, floor.now), Err(SendError::Full));
    assert_eq!(floor.venue.counts().commands_refused, 5);
    let nobody = Seat(9);
    assert_eq!(floor.venue.send(nobody, cancel, floor.now), Err(SendError::UnknownSeat(nobody)));
    floor.stamp();
    assert_eq!(floor.events().len(), 5);
    assert_eq!(floor.venue.send(A, cancel, floor.now), Ok(()));
}

#[test]
fn cancelling_ends_an_order_and_comes_too_late_for_one_that_is_gone() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(10, 1000));
    floor.withdraw(B, id);
    let too_late = OrderUpdate::CancelRejected(RejectReason::TooLate);
    assert_eq!(floor.updates(), [(id, too_late)], "it is not an order of that seat");
    floor.withdraw(A, id);
    let events = floor.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].update, cancelled(10, CancelReason::Requested));
    assert_eq!(events[0].leaves, Qty::ZERO);
    floor.send(A, Command::Cancel { id, locate: SYMBOL, side: Ask });
    let event = floor.events()[0];
    assert_eq!((event.update, event.leaves), (too_late, Qty::ZERO));
    assert_eq!((event.locate, event.side), (SYMBOL, Side::Ask), "as the command says");
}

#[test]
fn a_replaced_order_goes_to_the_end_of_its_queue() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(10, 1000));
    let other = floor.rest(B, buy(10, 1000));
    floor.add(1, Bid, 100, 1000);
    assert_eq!(floor.ahead(A, id), (0, 0));
    floor.change(A, id, (8, 1000), 10);
    let replaced = OrderUpdate::Replaced { price: cents(1000), leaves: Qty::new(8) };
    assert_eq!(floor.updates(), [(id, replaced)]);
    assert_eq!(floor.ahead(A, id), (100, 10));
    assert_eq!(floor.ahead(B, other), (0, 0));
    floor.execute(1, 100);
    assert_eq!(floor.fills(), [made(other, 10, 1000)]);
}

#[test]
fn what_was_filled_meanwhile_comes_off_a_replacement() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(100, 1000));
    floor.add(1, Bid, 500, 1000);
    floor.execute(1, 30);
    floor.events();
    floor.change(A, id, (80, 999), 100);
    let replaced = OrderUpdate::Replaced { price: cents(999), leaves: Qty::new(50) };
    assert_eq!(floor.updates(), [(id, replaced)], "80 were wanted, of which 30 were had");
    floor.change(A, id, (40, 1000), 100);
    let ended = cancelled(50, CancelReason::Requested);
    assert_eq!(floor.updates(), [(id, ended)], "of the 40 wanted, 50 were had");
    floor.change(A, id, (40, 1000), 100);
    let too_late = OrderUpdate::ReplaceRejected(RejectReason::TooLate);
    assert_eq!(floor.updates(), [(id, too_late)]);
}

#[test]
fn a_replacement_that_is_refused_changes_nothing() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(100, 1000));
    floor.add(1, Bid, 500, 1000);
    let (locate, side) = (SYMBOL, Side::Bid);
    let (price, qty, leaves) = (Price::from_units(100_050), Qty::new(10), Qty::new(100));
    floor.send(A, Command::Replace { id, locate, side, price, qty, leaves });
    let events = floor.events();
    assert_eq!(events[0].update, OrderUpdate::ReplaceRejected(RejectReason::Tick));
    assert_eq!(events[0].leaves, Qty::new(100));
    assert_eq!(floor.ahead(A, id), (0, 0));
}

#[test]
fn the_end_of_the_day_cancels_orders_and_refuses_commands() {
    let mut floor = Floor::new();
    let resting = floor.rest(A, buy(100, 1000));
    let late = OrderId(100);
    floor.venue.send(A, Command::Submit(late, sell(5, 1010)), floor.now).unwrap();
    floor.venue.close(floor.now);
    let closed = OrderUpdate::Rejected(RejectReason::Closed);
    let expected = [(resting, cancelled(100, CancelReason::EndOfDay)), (late, closed)];
    assert_eq!(floor.updates(), expected);
    assert_eq!(floor.venue.next_due(), None);
    let one_more = Command::Submit(OrderId(101), buy(1, 1000));
    assert_eq!(floor.venue.send(A, one_more, floor.now), Err(SendError::Closed));
    assert_eq!(floor.venue.next_due(), None);
}

#[test]
fn a_detached_strategy_loses_its_orders_and_others_do_not() {
    let mut floor = Floor::new();
    let gone = floor.rest(A, buy(100, 1000));
    let stays = floor.rest(B, buy(100, 1000));
    floor.venue.send(A, Command::Submit(OrderId(50), buy(5, 1000)), floor.now).unwrap();
    floor.venue.detach(A, floor.now);
    floor.stamp();
    let expected = [
        (gone, cancelled(100, CancelReason::Detached)),
        (OrderId(50), OrderUpdate::Rejected(RejectReason::Closed)),
    ];
    assert_eq!(floor.updates(), expected);
    floor.add(1, Bid, 10, 1000);
    floor.execute(1, 10);
    assert_eq!(floor.fills(), [made(stays, 10, 1000)]);
}
