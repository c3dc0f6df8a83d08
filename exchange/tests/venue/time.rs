//! Latencies: when commands arrive, when answers do, and what happens in between.

use strategy_api::Side::Bid;
use strategy_api::{CancelReason, Command, Nanos, OrderId, OrderUpdate, RejectReason};
use wirebook_exchange::venue::{Latency, LatencyCurve, VenueConfig};

use crate::floor::{A, B, Floor, INBOUND_NS, OUTBOUND_NS, SYMBOL, buy, capacity, config};

#[test]
fn commands_and_answers_take_their_time() {
    let mut floor = Floor::new();
    let sent = floor.now;
    floor.venue.send(A, Command::Submit(OrderId(1), buy(10, 1000)), sent).unwrap();
    let arrival = sent.after(OUTBOUND_NS);
    assert_eq!(floor.venue.next_due(), Some(arrival));
    floor.venue.advance(Nanos::new(arrival.get() - 1), &floor.books);
    assert_eq!(floor.venue.working_order(A, OrderId(1)), None);
    floor.venue.advance(arrival, &floor.books);
    let delivery = arrival.after(INBOUND_NS);
    assert_eq!(floor.venue.next_due(), Some(delivery));
    assert_eq!(floor.venue.take_answer(arrival), None);
    let (seat, event) = floor.venue.take_answer(delivery).unwrap();
    assert_eq!((seat, event.update, event.time), (A, OrderUpdate::Accepted, arrival));
    assert_eq!(floor.venue.next_due(), None);
}

#[test]
fn an_order_joins_the_queue_when_it_arrives_not_when_it_is_sent() {
    let mut floor = Floor::new();
    floor.add(1, Bid, 100, 1000);
    let arrival = floor.now.after(1_000);
    let sent = Nanos::new(arrival.get() - OUTBOUND_NS + 1);
    floor.venue.send(A, Command::Submit(OrderId(1), buy(10, 1000)), sent).unwrap();
    floor.add(2, Bid, 30, 1000);
    floor.add(3, Bid, 50, 1000);
    assert_eq!(floor.ahead(A, OrderId(1)), (130, 0), "it came after 2 and before 3");
}

#[test]
fn an_order_is_filled_while_its_cancellation_is_under_way() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(10, 1000));
    floor.add(1, Bid, 100, 1000);
    let late = floor.now.after(1_000);
    floor.venue.send(A, Command::Cancel { id, locate: SYMBOL, side: Bid }, late).unwrap();
    floor.execute(1, 4);
    floor.stamp();
    let updates = floor.updates();
    assert!(matches!(updates[0].1, OrderUpdate::Filled { qty, .. } if qty.shares() == 4));
    let rest = OrderUpdate::Cancelled { qty: 6.into(), reason: CancelReason::Requested };
    assert_eq!(updates[1..], [(id, rest)]);

    let id = floor.rest(A, buy(10, 1000));
    floor.add(2, Bid, 100, 1000);
    let late = floor.now.after(1_000);
    floor.venue.send(A, Command::Cancel { id, locate: SYMBOL, side: Bid }, late).unwrap();
    floor.execute(2, 50);
    floor.stamp();
    let too_late = OrderUpdate::CancelRejected(RejectReason::TooLate);
    assert_eq!(floor.updates()[1..], [(id, too_late)]);
}

#[test]
fn commands_of_one_seat_arrive_in_order_whatever_their_latencies() {
    let curve = Latency::Curve(LatencyCurve::log_normal(100, 10_000));
    let random = VenueConfig { outbound: curve, inbound: curve, seed: 3, ..config() };
    let mut floor = Floor::with(random, capacity());
    for id in (0..20).map(OrderId) {
        floor.venue.send(A, Command::Submit(id, buy(1, 1000)), floor.now).unwrap();
        floor.venue.send(B, Command::Submit(id, buy(1, 1000)), floor.now).unwrap();
    }
    let mut arrived = [Vec::new(), Vec::new()];
    let mut delivered = Nanos::default();
    while let Some(due) = floor.venue.next_due() {
        assert!(due >= delivered);
        delivered = due;
        floor.venue.advance(due, &floor.books);
        while let Some((seat, event)) = floor.venue.take_answer(due) {
            assert_eq!(event.update, OrderUpdate::Accepted);
            assert!(event.time.after(100) <= due);
            arrived[seat.index()].push((event.id.0, event.time));
        }
    }
    for seat in &arrived {
        assert_eq!(seat.len(), 20);
        assert!(seat.is_sorted(), "in the order sent, and in time");
    }
    assert_ne!(arrived[0], arrived[1], "each seat has latencies of its own");
}
