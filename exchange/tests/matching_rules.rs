//! The rules of the matching engine, one by one.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use wirebook_book::{Locate, MatchNo, OrderRef, Price, Qty, Side, Symbol, TradingState};
use wirebook_exchange::matching::{
    CrossKind, Crossed, Event, Exchange, ExchangeConfig, Execution, HaltReason, Listing,
    ListingMarket, NewOrder, ParticipantId, Receipt, Refusal, Terms, Visibility,
};

const SYMBOL: Locate = Locate::new(7);
const ALICE: ParticipantId = ParticipantId::new(1);
const BOB: ParticipantId = ParticipantId::new(2);

fn cents(cents: i64) -> Price {
    Price::from_units(cents * 100)
}

fn listing(locate: Locate) -> Listing {
    Listing {
        locate,
        symbol: Symbol::new("TEST").unwrap(),
        market: ListingMarket::GlobalSelect,
        fund: false,
        tier_one: true,
        round_lot: 100,
        tick: cents(1),
    }
}

/// An exchange with one symbol, and everything it said.
struct Floor {
    exchange: Exchange,
    said: Vec<Event>,
}

impl Floor {
    fn trading() -> Floor {
        let mut floor = Floor {
            exchange: Exchange::new(ExchangeConfig {
                first_order: OrderRef::new(100),
                first_match: MatchNo::new(500),
                orders: 16,
            }),
            said: Vec::new(),
        };
        floor.exchange.list(listing(SYMBOL), &mut floor.said).unwrap();
        floor.state(TradingState::Trading).unwrap();
        floor.said.clear();
        floor
    }

    fn state(&mut self, state: TradingState) -> Result<(), Refusal> {
        self.exchange.set_trading_state(SYMBOL, state, HaltReason::NONE, &mut self.said)
    }

    fn try_order(&mut self, side: Side, qty: u64, terms: Terms) -> Result<Receipt, Refusal> {
        let order =
            NewOrder { participant: ALICE, locate: SYMBOL, side, qty: Qty::new(qty), terms };
        self.exchange.submit(&order, &mut self.said)
    }

    fn order(&mut self, side: Side, qty: u64, terms: Terms) -> Receipt {
        self.try_order(side, qty, terms).unwrap()
    }

    /// A displayed order that is expected to rest in whole.
    fn rest(&mut self, side: Side, qty: u64, price: Price) -> OrderRef {
        let receipt = self.order(side, qty, Terms::shown(price));
        assert_eq!((receipt.executed, receipt.resting), (Qty::ZERO, Qty::new(qty)));
        receipt.order_ref
    }

    fn cross(&mut self, cross: CrossKind, reference: Option<Price>) -> Crossed {
        self.exchange.cross(SYMBOL, cross, reference, &mut self.said).unwrap()
    }

    fn executions(&self) -> Vec<Execution> {
        let executed = |event: &Event| match event {
            Event::Executed(execution) => Some(*execution),
            _ => None,
        };
        self.said.iter().filter_map(executed).collect()
    }

    /// Reference, cents and shares of every execution so far.
    fn trades(&self) -> Vec<(OrderRef, i64, u64)> {
        let trade = |at: &Execution| (at.order_ref, at.price.units() / 100, at.qty.shares());
        self.executions().iter().map(trade).collect()
    }

    /// Cents, shares and orders of each displayed level, best first.
    fn levels(&self, side: Side) -> Vec<(i64, u64, u32)> {
        let levels = self.exchange.levels(SYMBOL, side);
        levels.map(|at| (at.price.units() / 100, at.qty.shares(), at.orders)).collect()
    }
}

#[test]
fn the_better_price_trades_first_and_then_the_earlier_order() {
    let mut floor = Floor::trading();
    let late_price = floor.rest(Side::Ask, 100, cents(1002));
    let first = floor.rest(Side::Ask, 100, cents(1001));
    let second = floor.rest(Side::Ask, 100, cents(1001));
    let receipt = floor.order(Side::Bid, 250, Terms::Immediate { limit: Some(cents(1005)) });
    assert_eq!((receipt.executed, receipt.resting), (Qty::new(250), Qty::ZERO));
    assert_eq!(floor.trades(), [(first, 1001, 100), (second, 1001, 100), (late_price, 1002, 50)]);
    let numbers: Vec<u64> = floor.executions().iter().map(|at| at.match_no.get()).collect();
    assert_eq!(numbers, [500, 501, 502]);
    assert_eq!(floor.levels(Side::Ask), [(1002, 50, 1)]);
}

#[test]
fn a_limit_is_kept_and_the_rest_of_the_order_rests_at_it() {
    let mut floor = Floor::trading();
    floor.rest(Side::Bid, 100, cents(1000));
    floor.rest(Side::Bid, 100, cents(998));
    let receipt = floor.order(Side::Ask, 300, Terms::shown(cents(999)));
    assert_eq!((receipt.executed, receipt.resting), (Qty::new(100), Qty::new(200)));
    assert_eq!(floor.levels(Side::Bid), [(998, 100, 1)]);
    assert_eq!(floor.levels(Side::Ask), [(999, 200, 1)]);
    let last = floor.said.last().unwrap();
    assert!(matches!(last, Event::Added(added) if added.qty == Qty::new(200)), "{last:?}");
}

#[test]
fn what_an_immediate_order_does_not_trade_is_gone() {
    let mut floor = Floor::trading();
    floor.rest(Side::Ask, 100, cents(1001));
    floor.rest(Side::Ask, 100, cents(1002));
    let limited = floor.order(Side::Bid, 300, Terms::Immediate { limit: Some(cents(1001)) });
    assert_eq!((limited.executed, limited.resting), (Qty::new(100), Qty::ZERO));
    let market = floor.order(Side::Bid, 300, Terms::Immediate { limit: None });
    assert_eq!((market.executed, market.resting), (Qty::new(100), Qty::ZERO));
    assert_eq!(floor.levels(Side::Bid), []);
    assert_eq!(floor.exchange.live_orders(), 0);
}

#[test]
fn a_hidden_order_is_never_told_of_but_trades_after_displayed_ones_at_its_price() {
    let mut floor = Floor::trading();
    let hidden = floor.order(Side::Ask, 100, Terms::hidden(cents(1001))).order_ref;
    assert_eq!(floor.said, []);
    let shown = floor.rest(Side::Ask, 100, cents(1001));
    assert_eq!(floor.levels(Side::Ask), [(1001, 100, 1)]);
    floor.order(Side::Bid, 150, Terms::Immediate { limit: Some(cents(1001)) });
    assert_eq!(floor.trades(), [(shown, 1001, 100), (hidden, 1001, 50)]);
    assert_eq!(floor.executions()[1].shown, None);
    // At a better price it goes first.
    let mut floor = Floor::trading();
    let shown = floor.rest(Side::Ask, 100, cents(1001));
    let hidden = floor.order(Side::Ask, 100, Terms::hidden(cents(1000))).order_ref;
    floor.order(Side::Bid, 150, Terms::Immediate { limit: None });
    assert_eq!(floor.trades(), [(hidden, 1000, 100), (shown, 1001, 50)]);
}

#[test]
fn an_order_shown_at_a_worse_price_trades_at_the_price_it_works_at() {
    let mut floor = Floor::trading();
    let visibility = Visibility::ShownAt(cents(1000));
    let terms = Terms::Rest { limit: cents(1001), visibility, attribution: None };
    let slid = floor.order(Side::Bid, 300, terms).order_ref;
    let ahead_at_1000 = floor.rest(Side::Bid, 100, cents(1000));
    assert_eq!(floor.levels(Side::Bid), [(1000, 400, 2)]);

    floor.order(Side::Ask, 120, Terms::shown(cents(1001)));
    let [trade] = floor.executions()[..] else { panic!("{:?}", floor.said) };
    assert_eq!((trade.order_ref, trade.price), (slid, cents(1001)));
    assert_eq!((trade.shown, trade.left), (Some(cents(1000)), Qty::new(180)));
    assert_eq!(floor.levels(Side::Bid), [(1000, 280, 2)]);

    floor.exchange.reduce(ALICE, slid, Qty::new(80), &mut floor.said).unwrap();
    floor.order(Side::Ask, 150, Terms::shown(cents(1000)));
    assert_eq!(floor.trades()[1..], [(slid, 1001, 100), (ahead_at_1000, 1000, 50)]);
    assert_eq!(floor.levels(Side::Bid), [(1000, 50, 1)]);
    assert_eq!(floor.exchange.order(slid), None);
}

#[test]
fn an_order_shown_at_a_worse_price_works_there_once_trading_stops() {
    let mut floor = Floor::trading();
    let visibility = Visibility::ShownAt(cents(1000));
    let terms = Terms::Rest { limit: cents(1001), visibility, attribution: None };
    let slid = floor.order(Side::Bid, 300, terms).order_ref;
    floor.state(TradingState::Halted).unwrap();
    floor.state(TradingState::Trading).unwrap();
    floor.rest(Side::Ask, 100, cents(1001));
    let receipt = floor.order(Side::Ask, 100, Terms::shown(cents(1000)));
    assert_eq!(receipt.executed, Qty::new(100));
    assert_eq!(floor.trades(), [(slid, 1000, 100)]);
    // Shown at the working price, or at a better one, is no slide.
    let refused = floor.try_order(
        Side::Bid,
        100,
        Terms::Rest { limit: cents(1000), visibility, attribution: None },
    );
    assert_eq!(refused, Err(Refusal::ShownPrice { shown: cents(1000), limit: cents(1000) }));
}

#[test]
fn a_reduction_keeps_the_place_and_a_replacement_loses_it() {
    let mut floor = Floor::trading();
    let reduced = floor.rest(Side::Bid, 300, cents(1000));
    let replaced = floor.rest(Side::Bid, 100, cents(1000));
    let third = floor.rest(Side::Bid, 100, cents(1000));
    let left = floor.exchange.reduce(ALICE, reduced, Qty::new(200), &mut floor.said).unwrap();
    assert_eq!(left, Qty::new(100));
    let sent = (cents(1000), Qty::new(150));
    let receipt = floor.exchange.replace(ALICE, replaced, sent.0, sent.1, &mut floor.said).unwrap();
    assert!(receipt.order_ref > third);
    assert_eq!(floor.exchange.order(replaced), None);
    floor.order(Side::Ask, 350, Terms::Immediate { limit: None });
    let new = receipt.order_ref;
    assert_eq!(floor.trades(), [(reduced, 1000, 100), (third, 1000, 100), (new, 1000, 150)]);
    let replacements = floor.said.iter().filter(|at| matches!(at, Event::Replaced(_))).count();
    let additions = floor.said.iter().filter(|at| matches!(at, Event::Added(_))).count();
    assert_eq!((replacements, additions), (1, 3));
}

#[test]
fn a_replacement_that_would_trade_comes_in_as_a_new_order() {
    let mut floor = Floor::trading();
    let ask = floor.rest(Side::Ask, 100, cents(1002));
    let bid = floor.rest(Side::Bid, 300, cents(1000));
    floor.said.clear();
    let receipt =
        floor.exchange.replace(ALICE, bid, cents(1002), Qty::new(300), &mut floor.said).unwrap();
    assert_eq!((receipt.executed, receipt.resting), (Qty::new(100), Qty::new(200)));
    let [Event::Deleted(gone), Event::Executed(trade), Event::Added(rest)] = floor.said[..] else {
        panic!("{:?}", floor.said)
    };
    assert_eq!((gone.order_ref, trade.order_ref), (bid, ask));
    assert_eq!((rest.order_ref, rest.price), (receipt.order_ref, cents(1002)));
}

#[test]
fn orders_answer_to_their_owner_alone() {
    let mut floor = Floor::trading();
    let order = floor.rest(Side::Bid, 300, cents(1000));
    let unknown = Refusal::UnknownOrder(order);
    let said = &mut Vec::new();
    assert_eq!(floor.exchange.cancel(BOB, order, said), Err(unknown));
    assert_eq!(floor.exchange.reduce(BOB, order, Qty::new(1), said), Err(unknown));
    let replaced = floor.exchange.replace(BOB, order, cents(999), Qty::new(1), said);
    assert_eq!(replaced, Err(unknown));
    assert_eq!(floor.exchange.cancel(ALICE, order, said), Ok(Qty::new(300)));
    assert_eq!(floor.exchange.cancel(ALICE, order, said), Err(unknown));
    assert_eq!(said.len(), 1);
}

#[test]
fn refused_orders_change_nothing() {
    let mut floor = Floor::trading();
    let mut refuse = |qty: u64, terms: Terms, why: Refusal| {
        assert_eq!(floor.try_order(Side::Bid, qty, terms), Err(why));
    };
    refuse(0, Terms::shown(cents(1)), Refusal::QtyRange(Qty::ZERO));
    let much = 1 << 32;
    refuse(much, Terms::shown(cents(1)), Refusal::QtyRange(Qty::new(much)));
    refuse(1, Terms::shown(Price::ZERO), Refusal::PriceRange(Price::ZERO));
    let high = Exchange::MAX_PRICE + cents(1);
    refuse(1, Terms::shown(high), Refusal::PriceRange(high));
    let fine = Price::from_units(150);
    refuse(1, Terms::shown(fine), Refusal::OffTick { price: fine, tick: cents(1) });
    assert_eq!((floor.said.len(), floor.exchange.live_orders()), (0, 0));
    assert_eq!(floor.rest(Side::Bid, 1, cents(1)), OrderRef::new(100));
    let order = OrderRef::new(100);
    let too_much = floor.exchange.reduce(ALICE, order, Qty::new(1), &mut floor.said);
    let (by, left) = (Qty::new(1), Qty::new(1));
    assert_eq!(too_much, Err(Refusal::NotAReduction { order_ref: order, by, left }));
    let elsewhere = Locate::new(8);
    let nowhere = NewOrder {
        participant: ALICE,
        locate: elsewhere,
        side: Side::Bid,
        qty: Qty::new(1),
        terms: Terms::shown(cents(1)),
    };
    let refused = floor.exchange.submit(&nowhere, &mut floor.said);
    assert_eq!(refused, Err(Refusal::UnknownSymbol(elsewhere)));
    let again = floor.exchange.list(listing(SYMBOL), &mut floor.said);
    assert_eq!(again, Err(Refusal::LocateTaken(SYMBOL)));
}

#[test]
fn a_halted_symbol_takes_cancellations_only() {
    let mut floor = Floor::trading();
    let bid = floor.rest(Side::Bid, 100, cents(1000));
    floor.state(TradingState::Halted).unwrap();
    let halted = Refusal::NotTrading { locate: SYMBOL, state: TradingState::Halted };
    assert_eq!(floor.try_order(Side::Ask, 100, Terms::shown(cents(1000))), Err(halted));
    let cross = Terms::Auction { cross: CrossKind::Halt, limit: None };
    assert_eq!(floor.try_order(Side::Ask, 100, cross), Err(halted));
    let replaced = floor.exchange.replace(ALICE, bid, cents(999), Qty::new(1), &mut floor.said);
    assert_eq!(replaced, Err(halted));
    let crossed = floor.exchange.cross(SYMBOL, CrossKind::Halt, None, &mut floor.said);
    assert_eq!(crossed, Err(halted));
    floor.exchange.reduce(ALICE, bid, Qty::new(10), &mut floor.said).unwrap();
    assert_eq!(floor.exchange.cancel(ALICE, bid, &mut floor.said), Ok(Qty::new(90)));
}

#[test]
fn quotes_of_a_halted_symbol_cross_and_the_halt_cross_uncrosses_them() {
    let mut floor = Floor::trading();
    floor.state(TradingState::QuotationOnly).unwrap();
    let high_bid = floor.rest(Side::Bid, 200, cents(1003));
    let low_bid = floor.rest(Side::Bid, 300, cents(1000));
    let ask = floor.rest(Side::Ask, 250, cents(1000));
    let immediate = floor.try_order(Side::Ask, 1, Terms::Immediate { limit: None });
    assert!(matches!(immediate, Err(Refusal::NotTrading { .. })), "{immediate:?}");
    let resumed = floor.state(TradingState::Trading);
    assert_eq!(resumed, Err(Refusal::Crossed { bid: cents(1003), ask: cents(1000) }));

    let crossed = floor.cross(CrossKind::Halt, Some(cents(1001)));
    assert_eq!((crossed.price, crossed.qty), (cents(1000), Qty::new(250)));
    let trades = [(high_bid, 1000, 200), (low_bid, 1000, 50), (ask, 1000, 250)];
    assert_eq!(floor.trades(), trades);
    assert!(floor.executions().iter().all(|at| at.cross == Some(CrossKind::Halt)));
    assert_eq!(floor.levels(Side::Bid), [(1000, 250, 1)]);
    floor.state(TradingState::Trading).unwrap();
}

#[test]
fn cross_orders_wait_unseen_and_trade_with_the_book_at_one_price() {
    let mut floor = Floor::trading();
    let bid = floor.rest(Side::Bid, 100, cents(1000));
    floor.rest(Side::Ask, 100, cents(1004));
    floor.said.clear();
    let at_any = Terms::Auction { cross: CrossKind::Opening, limit: None };
    let limited = Terms::Auction { cross: CrossKind::Opening, limit: Some(cents(1002)) };
    let closing = Terms::Auction { cross: CrossKind::Closing, limit: None };
    let seller = floor.order(Side::Ask, 250, at_any).order_ref;
    let buyer = floor.order(Side::Bid, 200, limited).order_ref;
    floor.order(Side::Bid, 700, closing);
    assert_eq!(floor.said, []);

    let sent = &mut floor.said;
    let told =
        floor.exchange.publish_imbalance(SYMBOL, CrossKind::Opening, cents(1003), sent).unwrap();
    // At 10.00 all 250 sell to 200 and 50 of the 100 in the book.
    assert_eq!((told.near, told.far), (cents(1000), cents(1002)));
    assert_eq!((told.paired, told.imbalance), (Qty::new(250), Qty::new(50)));
    assert_eq!((told.direction, told.sufficient), (Some(Side::Bid), true));
    floor.said.clear();

    let crossed = floor.cross(CrossKind::Opening, Some(cents(1003)));
    assert_eq!((crossed.price, crossed.qty), (cents(1000), Qty::new(250)));
    assert_eq!(floor.trades(), [(buyer, 1000, 200), (bid, 1000, 50), (seller, 1000, 250)]);
    let shown: Vec<bool> = floor.executions().iter().map(|at| at.shown.is_some()).collect();
    assert_eq!(shown, [false, true, false]);
    // The closing order still waits.
    assert_eq!(floor.exchange.live_orders(), 3);
}

#[test]
fn what_a_cross_leaves_of_its_orders_is_cancelled() {
    let mut floor = Floor::trading();
    let limit = Some(cents(900));
    let order = floor.order(Side::Bid, 100, Terms::Auction { cross: CrossKind::Closing, limit });
    let replaced =
        floor.exchange.replace(ALICE, order.order_ref, cents(1), Qty::new(1), &mut floor.said);
    assert_eq!(replaced, Err(Refusal::WaitsForCross(order.order_ref)));
    let crossed = floor.cross(CrossKind::Closing, None);
    assert_eq!((crossed.price, crossed.qty), (Price::ZERO, Qty::ZERO));
    let last = floor.said.last().unwrap();
    assert!(matches!(last, Event::Deleted(at) if !at.shown), "{last:?}");
    assert_eq!(floor.exchange.live_orders(), 0);
}

#[test]
fn references_rise_over_all_symbols() {
    let mut floor = Floor::trading();
    let other = Locate::new(3);
    floor.exchange.list(listing(other), &mut floor.said).unwrap();
    let first = floor.rest(Side::Bid, 1, cents(1));
    floor.exchange.skip_order_refs(3);
    let second = floor.rest(Side::Bid, 1, cents(1));
    assert_eq!((first.get(), second.get()), (100, 104));
    assert_eq!(floor.exchange.trading_state(other), TradingState::Unknown);
    assert_eq!(floor.exchange.touch(other, Side::Bid), None);
    let queue: Vec<OrderRef> =
        floor.exchange.queue(SYMBOL, Side::Bid, cents(1)).map(|at| at.order_ref).collect();
    assert_eq!(queue, [first, second]);
}
