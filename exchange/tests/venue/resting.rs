//! Orders that rest: their place in the queue, and what fills them.

use strategy_api::Side::{Ask, Bid};
use strategy_api::{OrderUpdate, TradeKind};
use wirebook_exchange::venue::{HiddenTrades, OutOfTurn, VenueCapacity, VenueConfig};

use crate::floor::{A, A2, B, Floor, buy, capacity, config, made, sell};

#[test]
fn an_order_joins_behind_what_is_there_and_moves_up_as_it_leaves() {
    let mut floor = Floor::new();
    floor.add(1, Bid, 100, 1000);
    floor.add(2, Bid, 200, 1000);
    floor.add(3, Bid, 400, 999);
    let id = floor.rest(A, buy(50, 1000));
    assert_eq!(floor.ahead(A, id), (300, 0));
    floor.add(4, Bid, 800, 1000);
    assert_eq!(floor.ahead(A, id), (300, 0), "what comes later is behind");
    floor.cancel(2, 30);
    assert_eq!(floor.ahead(A, id), (270, 0));
    floor.cancel(4, 30);
    assert_eq!(floor.ahead(A, id), (270, 0));
    floor.execute(1, 40);
    assert_eq!(floor.ahead(A, id), (230, 0));
    floor.replace(2, 5, 170, 1000);
    assert_eq!(floor.ahead(A, id), (60, 0), "a replaced order goes to the end of the queue");
    floor.delete(1);
    assert_eq!(floor.ahead(A, id), (0, 0));
    floor.delete(3);
    assert_eq!(floor.fills(), []);
}

#[test]
fn executions_ahead_move_up_and_executions_behind_fill() {
    let mut floor = Floor::new();
    floor.add(1, Bid, 100, 1000);
    let id = floor.rest(A, buy(150, 1000));
    floor.add(2, Bid, 500, 1000);
    floor.execute(1, 100);
    assert_eq!(floor.fills(), []);
    floor.execute(2, 60);
    assert_eq!(floor.fills(), [made(id, 60, 1000)]);
    assert_eq!(floor.working(A, id).leaves.shares(), 90);
    floor.execute(2, 300);
    assert_eq!(floor.fills(), [made(id, 90, 1000)]);
    assert_eq!(floor.venue.working_order(A, id), None);
    floor.execute(2, 140);
    assert_eq!(floor.fills(), []);
}

#[test]
fn an_execution_at_a_worse_price_fills_and_one_at_a_better_price_does_not() {
    let mut floor = Floor::new();
    floor.add(1, Ask, 100, 1010);
    floor.add(2, Ask, 100, 1012);
    floor.add(3, Ask, 100, 1013);
    let id = floor.rest(A, sell(70, 1012));
    floor.execute(1, 100);
    assert_eq!(floor.fills(), []);
    floor.delete(2);
    floor.execute(3, 20);
    assert_eq!(floor.fills(), [made(id, 20, 1012)], "at its own price");
}

#[test]
fn an_execution_of_the_other_side_does_not_fill() {
    let mut floor = Floor::new();
    floor.add(1, Bid, 100, 1000);
    floor.add(2, Ask, 100, 1001);
    floor.rest(A, buy(50, 1000));
    floor.execute(2, 100);
    assert_eq!(floor.fills(), []);
}

#[test]
fn one_execution_fills_no_more_than_its_quantity_by_price_then_time() {
    let mut floor = Floor::new();
    let second = floor.rest(A, buy(40, 1000));
    let third = floor.rest(B, buy(40, 1000));
    let first = floor.rest(B, buy(40, 1001));
    floor.add(1, Bid, 500, 1000);
    let behind = floor.rest(A, buy(40, 1000));
    assert_eq!(floor.ahead(B, third), (0, 40));
    assert_eq!(floor.ahead(A, behind), (500, 80));
    floor.execute(1, 90);
    let fills = floor.fills();
    assert_eq!(fills, [made(first, 40, 1001), made(second, 40, 1000), made(third, 10, 1000)]);
    assert_eq!(floor.ahead(A, behind), (410, 30), "it was ahead of this one");
}

#[test]
fn an_order_that_comes_to_rest_across_ours_trades_with_it() {
    let mut floor = Floor::new();
    let low = floor.rest(A, buy(40, 1000));
    let high = floor.rest(B, buy(40, 1002));
    floor.add(1, Ask, 100, 1003);
    assert_eq!(floor.fills(), []);
    floor.add(2, Ask, 50, 1000);
    assert_eq!(floor.fills(), [made(high, 40, 1002), made(low, 10, 1000)]);
    floor.replace(1, 3, 20, 999);
    assert_eq!(floor.fills(), [made(low, 20, 1000)], "a replacement comes to rest too");
}

#[test]
fn what_was_taken_of_an_arriving_order_cannot_be_taken_again() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(40, 1000));
    floor.add(1, Ask, 100, 1000);
    assert_eq!(floor.fills(), [made(id, 40, 1000)]);
    let taker = floor.submit(B, buy(100, 1000).immediate_or_cancel());
    let filled: u64 = floor.fills().iter().map(|fill| fill.qty).sum();
    assert_eq!(filled, 60);
    assert_ne!(taker, id);
}

#[test]
fn a_replacement_inherits_what_was_taken_of_it() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(40, 1000));
    floor.add(1, Ask, 100, 1000);
    assert_eq!(floor.fills(), [made(id, 40, 1000)]);
    let second = floor.rest(A, buy(90, 999));
    floor.replace(1, 2, 100, 999);
    assert_eq!(floor.fills(), [made(second, 60, 999)]);
}

#[test]
fn executions_of_a_cross_fill_nothing() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(50, 1000));
    floor.add(1, Bid, 300, 1000);
    floor.execute_at(1, 100, 1000, false);
    floor.trade(TradeKind::Cross, 100, 1000);
    assert_eq!(floor.fills(), []);
    floor.execute_at(1, 100, 1000, true);
    assert_eq!(floor.fills(), [made(id, 50, 1000)]);
}

#[test]
fn an_execution_at_a_better_price_than_displayed_passes_ours() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(50, 1000));
    floor.add(1, Bid, 300, 1000);
    floor.execute_at(1, 100, 1001, true);
    assert_eq!(floor.fills(), [], "what sold at 10.01 would not have sold at 10.00");
    floor.execute_at(1, 100, 999, true);
    assert_eq!(floor.fills(), [made(id, 50, 1000)]);
}

#[test]
fn hidden_trades_fill_only_if_configured() {
    let filling = VenueConfig { hidden_trades: HiddenTrades::Fill, ..config() };
    for (config, filled) in [(config(), false), (filling, true)] {
        let mut floor = Floor::with(config, capacity());
        let bid = floor.rest(A, buy(30, 1000));
        let ask = floor.rest(A, sell(30, 1010));
        floor.trade(TradeKind::Hidden, 100, 1005);
        assert_eq!(floor.fills(), [], "between both, it is better than either");
        floor.trade(TradeKind::Hidden, 10, 1000);
        let expected = if filled { vec![made(bid, 10, 1000)] } else { Vec::new() };
        assert_eq!(floor.fills(), expected);
        floor.trade(TradeKind::Hidden, 100, 1011);
        let expected = if filled { vec![made(ask, 30, 1010)] } else { Vec::new() };
        assert_eq!(floor.fills(), expected);
    }
}

#[test]
fn an_execution_out_of_turn_fills_unless_configured_otherwise() {
    let cautious = VenueConfig { out_of_turn: OutOfTurn::Ignore, ..config() };
    for (config, filled) in [(config(), true), (cautious, false)] {
        let mut floor = Floor::with(config, capacity());
        floor.add(1, Bid, 100, 1000);
        let id = floor.rest(A, buy(50, 1000));
        floor.add(2, Bid, 100, 1000);
        floor.execute(2, 20);
        let expected = if filled { vec![made(id, 20, 1000)] } else { Vec::new() };
        assert_eq!(floor.fills(), expected, "order 1 was passed over");
        floor.delete(1);
        floor.execute(2, 20);
        assert_eq!(floor.fills(), [made(id, 20, 1000)]);
    }
}

#[test]
fn a_cancelled_order_is_filled_no_more() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(50, 1000));
    floor.add(1, Bid, 300, 1000);
    floor.withdraw(A, id);
    assert!(matches!(floor.updates()[..], [(_, OrderUpdate::Cancelled { .. })]));
    floor.execute(1, 100);
    assert_eq!(floor.fills(), []);
}

#[test]
fn orders_of_one_owner_share_a_queue_like_any_others() {
    let mut floor = Floor::new();
    let first = floor.rest(A, buy(50, 1000));
    let second = floor.rest(A2, buy(50, 1000));
    floor.add(1, Bid, 300, 1000);
    floor.execute(1, 70);
    assert_eq!(floor.fills(), [made(first, 50, 1000), made(second, 20, 1000)]);
}

#[test]
fn without_room_to_remember_an_arriving_order_does_not_fill() {
    let small = VenueCapacity { taken: 1, ..capacity() };
    let mut floor = Floor::with(config(), small);
    let id = floor.rest(A, buy(50, 1000));
    floor.add(1, Ask, 20, 1000);
    floor.add(2, Ask, 20, 1000);
    assert_eq!(floor.fills(), [made(id, 20, 1000)]);
    assert_eq!(floor.venue.counts().fills_refused, 1);
    floor.delete(1);
    floor.add(3, Ask, 20, 1000);
    assert_eq!(floor.fills(), [made(id, 20, 1000)]);
}
