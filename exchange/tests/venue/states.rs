//! Halts, and books that cannot be trusted.

use strategy_api::Side::{Ask, Bid};
use strategy_api::{FeedState, OrderUpdate, Qty, RejectReason, TradeKind, TradingState};
use wirebook_exchange::venue::{HiddenTrades, VenueConfig};

use crate::floor::{A, Floor, SYMBOL, buy, capacity, config, made, sell};

const NOT_TRADING: [TradingState; 4] = [
    TradingState::Halted,
    TradingState::Paused,
    TradingState::QuotationOnly,
    TradingState::OperationalHalt,
];

#[test]
fn nothing_is_filled_or_accepted_while_a_symbol_does_not_trade() {
    for state in NOT_TRADING {
        let rule = VenueConfig { hidden_trades: HiddenTrades::Fill, ..config() };
        let mut floor = Floor::with(rule, capacity());
        let id = floor.rest(A, buy(100, 1000));
        floor.add(1, Bid, 500, 1000);
        floor.trading(state);
        floor.execute(1, 10);
        floor.add(2, Ask, 10, 999);
        floor.trade(TradeKind::Hidden, 10, 999);
        assert_eq!(floor.fills(), [], "{state}");
        let refused = floor.submit(A, sell(1, 1000));
        assert_eq!(floor.updates(), [(refused, OrderUpdate::Rejected(RejectReason::Halted))]);
        floor.change(A, id, (90, 1000), 100);
        let rejected = OrderUpdate::ReplaceRejected(RejectReason::Halted);
        assert_eq!(floor.updates(), [(id, rejected)]);
        if state == TradingState::OperationalHalt {
            floor.books.end_operational_halt(SYMBOL).unwrap();
        }
        floor.trading(TradingState::Trading);
        assert_eq!(floor.fills(), []);
        floor.execute(1, 10);
        assert_eq!(floor.fills(), [made(id, 10, 1000)]);
    }
}

#[test]
fn an_order_can_be_cancelled_in_a_halt() {
    let mut floor = Floor::new();
    let id = floor.rest(A, buy(100, 1000));
    floor.trading(TradingState::Halted);
    floor.withdraw(A, id);
    assert!(matches!(floor.updates()[..], [(_, OrderUpdate::Cancelled { .. })]));
}

#[test]
fn positions_in_the_queue_go_on_in_a_halt() {
    let mut floor = Floor::new();
    floor.add(1, Bid, 100, 1000);
    let id = floor.rest(A, buy(100, 1000));
    floor.trading(TradingState::Halted);
    floor.execute(1, 40);
    floor.add(2, Bid, 100, 1000);
    assert_eq!(floor.ahead(A, id), (60, 0));
}

#[test]
fn a_symbol_of_which_nothing_was_said_trades_if_configured() {
    for trades in [true, false] {
        let rule = VenueConfig { unknown_trades: trades, ..config() };
        let mut floor = Floor::with(rule, capacity());
        floor.trading(TradingState::Unknown);
        let id = floor.submit(A, buy(1, 1000));
        let expected = if trades {
            OrderUpdate::Accepted
        } else {
            OrderUpdate::Rejected(RejectReason::Halted)
        };
        assert_eq!(floor.updates(), [(id, expected)]);
    }
}

#[test]
fn nothing_is_filled_or_accepted_unless_the_book_is_live() {
    for state in FeedState::ALL.into_iter().filter(|state| !state.is_live()) {
        let mut floor = Floor::new();
        let id = floor.rest(A, buy(100, 1000));
        floor.add(1, Bid, 500, 1000);
        floor.books.set_feed_state(state);
        floor.execute(1, 10);
        floor.add(2, Ask, 10, 1000);
        assert_eq!(floor.fills(), [], "{state}");
        let refused = floor.submit(A, buy(1, 1000));
        assert_eq!(floor.updates(), [(refused, OrderUpdate::Rejected(RejectReason::NotLive))]);
        floor.books.set_feed_state(FeedState::Live);
        floor.execute(1, 10);
        assert_eq!(floor.fills(), [made(id, 10, 1000)]);
    }
}

#[test]
fn after_the_books_were_emptied_orders_join_their_queues_anew() {
    let mut floor = Floor::new();
    for order_ref in 1..6 {
        floor.add(order_ref, Bid, 100, 1000);
    }
    let id = floor.rest(A, buy(100, 1000));
    floor.add(9, Ask, 50, 1001);
    let taker = floor.submit(A, buy(50, 1001).immediate_or_cancel());
    assert_eq!(floor.fills().len(), 1, "{taker:?}");

    floor.books.clear();
    floor.books.set_feed_state(FeedState::Recovering);
    floor.venue.on_clear();
    floor.add(1, Bid, 100, 1000);
    floor.add(2, Bid, 70, 1000);
    floor.add(9, Ask, 50, 1001);
    floor.execute(1, 30);
    assert_eq!(floor.fills(), []);
    floor.books.set_feed_state(FeedState::Live);
    floor.add(3, Bid, 100, 1000);
    assert_eq!(floor.ahead(A, id), (140, 0), "it stands behind the whole snapshot");
    floor.execute(1, 70);
    floor.execute(2, 70);
    assert_eq!(floor.fills(), []);
    floor.execute(3, 10);
    assert_eq!(floor.fills(), [made(id, 10, 1000)]);
    let taker = floor.submit(A, buy(50, 1001).immediate_or_cancel());
    let fills = floor.fills();
    assert_eq!((fills.len(), fills[0].id, fills[0].qty), (1, taker, 50), "a new order 9");
    assert_eq!(floor.working(A, id).leaves, Qty::new(90));
}
