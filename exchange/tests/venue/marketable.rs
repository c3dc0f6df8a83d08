//! Orders that trade on arrival.

use strategy_api::Side::{Ask, Bid};
use strategy_api::{CancelReason, OrderUpdate, Qty, RejectReason};
use wirebook_exchange::venue::{SelfTrade, VenueCapacity, VenueConfig};

use crate::floor::{A, A2, B, Floor, buy, capacity, cents, config, made, sell, took};

/// Asks of 100 and 50 at 10.01 and of 200 at 10.03.
fn asks(floor: &mut Floor) {
    floor.add(1, Ask, 100, 1001);
    floor.add(2, Ask, 50, 1001);
    floor.add(3, Ask, 200, 1003);
}

fn cancelled(qty: u64, reason: CancelReason) -> OrderUpdate {
    OrderUpdate::Cancelled { qty: Qty::new(qty), reason }
}

#[test]
fn a_marketable_order_walks_the_book_and_the_rest_rests() {
    let mut floor = Floor::new();
    asks(&mut floor);
    let id = floor.submit(A, buy(180, 1002));
    assert_eq!(floor.fills(), [took(id, 100, 1001), took(id, 50, 1001)]);
    assert_eq!(floor.working(A, id).leaves, Qty::new(30));
    floor.add(4, Bid, 10, 1002);
    floor.execute(4, 10);
    assert_eq!(floor.fills(), [made(id, 10, 1002)]);
}

#[test]
fn the_rest_of_an_immediate_order_is_cancelled() {
    let mut floor = Floor::new();
    asks(&mut floor);
    let id = floor.submit(A, buy(180, 1001).immediate_or_cancel());
    let updates = floor.updates();
    assert_eq!(updates.first(), Some(&(id, OrderUpdate::Accepted)));
    assert_eq!(updates.last(), Some(&(id, cancelled(30, CancelReason::Immediate))));
    assert_eq!(floor.venue.working_order(A, id), None);
    let id = floor.submit(A, buy(10, 1000).immediate_or_cancel());
    let expected = [(id, OrderUpdate::Accepted), (id, cancelled(10, CancelReason::Immediate))];
    assert_eq!(floor.updates(), expected);
}

#[test]
fn what_is_displayed_can_be_taken_once() {
    let mut floor = Floor::new();
    asks(&mut floor);
    let first = floor.submit(A, buy(120, 1001).immediate_or_cancel());
    assert_eq!(floor.fills(), [took(first, 100, 1001), took(first, 20, 1001)]);
    let second = floor.submit(B, buy(120, 1003).immediate_or_cancel());
    assert_eq!(floor.fills(), [took(second, 30, 1001), took(second, 90, 1003)]);
    floor.execute(3, 150);
    let third = floor.submit(B, buy(120, 1003).immediate_or_cancel());
    assert_eq!(floor.fills(), [], "of the 50 left, up to 90 were taken: {third:?}");
    floor.add(4, Ask, 5, 1003);
    let fourth = floor.submit(B, buy(120, 1003).immediate_or_cancel());
    assert_eq!(floor.fills(), [took(fourth, 5, 1003)]);
}

#[test]
fn a_post_only_order_is_refused_if_it_would_take() {
    let mut floor = Floor::new();
    asks(&mut floor);
    let id = floor.submit(A, buy(10, 1001).post_only());
    assert_eq!(floor.updates(), [(id, OrderUpdate::Rejected(RejectReason::WouldTake))]);
    let id = floor.rest(A, buy(10, 1000).post_only());
    floor.change(A, id, (10, 1001), 10);
    let refused = OrderUpdate::ReplaceRejected(RejectReason::WouldTake);
    assert_eq!(floor.updates(), [(id, refused)]);
    assert_eq!(floor.working(A, id).price, cents(1000), "it goes on as it was");
    floor.submit(B, buy(150, 1001).immediate_or_cancel());
    floor.events();
    floor.rest(A, buy(10, 1001).post_only());
}

#[test]
fn orders_of_other_owners_are_met_in_their_turn() {
    let mut floor = Floor::new();
    floor.add(1, Ask, 100, 1001);
    let between = floor.rest(B, sell(40, 1001));
    floor.add(2, Ask, 50, 1001);
    let better = floor.rest(B, sell(7, 1000));
    let last = floor.rest(B, sell(30, 1002));
    let id = floor.submit(A, buy(205, 1002));
    let expected = [
        made(better, 7, 1000),
        took(id, 7, 1000),
        took(id, 100, 1001),
        made(between, 40, 1001),
        took(id, 40, 1001),
        took(id, 50, 1001),
        made(last, 8, 1002),
        took(id, 8, 1002),
    ];
    assert_eq!(floor.fills(), expected);
    assert_eq!(floor.working(B, last).leaves, Qty::new(22));
}

#[test]
fn an_own_resting_order_in_the_way_is_cancelled() {
    let mut floor = Floor::new();
    floor.add(1, Ask, 100, 1001);
    let own = floor.rest(A2, sell(40, 1001));
    floor.add(2, Ask, 50, 1001);
    let id = floor.submit(A, buy(120, 1001));
    let updates = floor.updates();
    assert_eq!(updates[2], (own, cancelled(40, CancelReason::SelfTrade)));
    assert_eq!(floor.venue.counts().self_trades_prevented, 1);
    assert_eq!(floor.venue.working_order(A, id), None, "100 and 20 of the next were taken");
}

#[test]
fn or_the_incoming_order_is_refused_or_ends_there() {
    let rule = VenueConfig { self_trade: SelfTrade::CancelIncoming, ..config() };
    let mut floor = Floor::with(rule, capacity());
    floor.add(1, Ask, 100, 1001);
    let own = floor.rest(A2, sell(40, 1001));
    let id = floor.submit(A, buy(120, 1001));
    let updates = floor.updates();
    assert_eq!(updates.len(), 3);
    assert_eq!(updates[2], (id, cancelled(20, CancelReason::SelfTrade)));
    let refused = floor.submit(A, buy(10, 1001));
    let reason = OrderUpdate::Rejected(RejectReason::SelfTrade);
    assert_eq!(floor.updates(), [(refused, reason)], "all that is ahead of it was taken");
    assert_eq!(floor.working(A2, own).leaves, Qty::new(40));
    let other = floor.submit(B, buy(10, 1001));
    assert_eq!(floor.fills(), [made(own, 10, 1001), took(other, 10, 1001)]);
}

#[test]
fn a_replacement_may_take_too() {
    let mut floor = Floor::new();
    asks(&mut floor);
    let id = floor.rest(A, buy(100, 1000));
    floor.change(A, id, (120, 1001), 100);
    let replaced = OrderUpdate::Replaced { price: cents(1001), leaves: Qty::new(120) };
    let events = floor.events();
    assert_eq!((events[0].update, events[0].leaves), (replaced, Qty::new(120)));
    let leaves: Vec<u64> = events.iter().map(|event| event.leaves.shares()).collect();
    assert_eq!(leaves, [120, 20, 0]);
}

#[test]
fn without_room_to_remember_an_order_stops_and_is_cancelled() {
    let small = VenueCapacity { taken: 1, ..capacity() };
    let mut floor = Floor::with(config(), small);
    asks(&mut floor);
    let id = floor.submit(A, buy(180, 1003));
    let updates = floor.updates();
    assert_eq!(updates.len(), 3);
    assert_eq!(updates[2], (id, cancelled(80, CancelReason::Full)));
    assert_eq!(floor.venue.counts().fills_refused, 1);
    floor.delete(1);
    let id = floor.submit(A, buy(50, 1001));
    assert_eq!(floor.fills(), [took(id, 50, 1001)], "there is room again");
}

#[test]
fn without_room_to_tell_a_fill_that_leaves_something_is_not_made() {
    let small = VenueCapacity { fills: 1, ..capacity() };
    let mut floor = Floor::with(config(), small);
    let id = floor.rest(A, buy(100, 1000));
    floor.add(1, Bid, 500, 1000);
    floor.execute(1, 10);
    floor.execute(1, 20);
    assert_eq!(floor.venue.counts().fills_refused, 1);
    assert_eq!(floor.working(A, id).leaves, Qty::new(90));
    floor.execute(1, 90);
    let fills = [made(id, 10, 1000), made(id, 90, 1000)];
    assert_eq!(floor.fills(), fills, "what ends the order always has room");
}

#[test]
fn without_room_to_tell_two_simulated_orders_do_not_trade() {
    let small = VenueCapacity { fills: 1, ..capacity() };
    let mut floor = Floor::with(config(), small);
    let resting = floor.rest(B, sell(100, 1001));
    let first = floor.submit(A, buy(10, 1001));
    let second = floor.submit(A, buy(10, 1001));
    assert_eq!(floor.venue.counts().fills_refused, 1);
    assert_eq!(floor.working(B, resting).leaves, Qty::new(90));
    let updates = floor.updates();
    assert_eq!(updates.last(), Some(&(second, cancelled(10, CancelReason::Full))));
    let third = floor.submit(A, buy(10, 1001));
    assert_eq!(floor.fills(), [made(resting, 10, 1001), took(third, 10, 1001)]);
    assert!(first < third);
}
