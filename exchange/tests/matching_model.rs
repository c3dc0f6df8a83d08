//! The matching engine against a model that does everything by looking at all orders.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use proptest::prelude::*;
use wirebook_book::{Locate, OrderRef, Price, Qty, Side, Symbol, TradingState};
use wirebook_exchange::matching::{
    CrossKind, Event, Exchange, ExchangeConfig, HaltReason, Listing, ListingMarket, NewOrder,
    ParticipantId, Terms, Visibility,
};

const SYMBOL: Locate = Locate::new(1);
const TRADER: ParticipantId = ParticipantId::new(1);
/// Orders are placed in this many ticks, few enough that they meet all the time.
const TICKS: i64 = 12;

fn tick(ticks: i64) -> Price {
    Price::from_units(ticks * 100)
}

#[derive(Clone, Debug)]
enum Step {
    Rest { buy: bool, at: i64, qty: u64, how: u8 },
    Immediate { buy: bool, at: Option<i64>, qty: u64 },
    Cancel(usize),
    Reduce(usize, u64),
    Replace { which: usize, at: i64, qty: u64 },
    Auction { buy: bool, at: Option<i64>, qty: u64 },
    Cross { reference: i64 },
    Quote(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let (at, qty) = (1..=TICKS, 1..30_u64);
    let maybe_at = proptest::option::of(at.clone());
    prop_oneof![
        8 => (any::<bool>(), at.clone(), qty.clone(), 0..8_u8)
            .prop_map(|(buy, at, qty, how)| Step::Rest { buy, at, qty, how }),
        2 => (any::<bool>(), maybe_at.clone(), qty.clone())
            .prop_map(|(buy, at, qty)| Step::Immediate { buy, at, qty }),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => (any::<usize>(), qty.clone()).prop_map(|(which, by)| Step::Reduce(which, by)),
        2 => (any::<usize>(), at.clone(), qty.clone())
            .prop_map(|(which, at, qty)| Step::Replace { which, at, qty }),
        2 => (any::<bool>(), maybe_at, qty)
            .prop_map(|(buy, at, qty)| Step::Auction { buy, at, qty }),
        1 => at.prop_map(|reference| Step::Cross { reference }),
        1 => any::<bool>().prop_map(Step::Quote),
    ]
}

/// An order of the model. It is filed under the price it works at; hidden rank at that price is
/// also that of orders shown elsewhere.
#[derive(Clone, Copy, Debug)]
struct Order {
    order_ref: u64,
    buy: bool,
    works_at: i64,
    shown_at: Option<i64>,
    qty: u64,
    waits: bool,
}

impl Order {
    fn ranks_hidden(&self) -> bool {
        self.shown_at != Some(self.works_at)
    }

    /// Smaller trades earlier.
    fn rank(&self) -> (i64, bool, u64) {
        let price = if self.buy { -self.works_at } else { self.works_at };
        (price, self.ranks_hidden() && !self.waits, self.order_ref)
    }

    fn accepts(&self, price: i64) -> bool {
        if self.buy { self.works_at >= price } else { self.works_at <= price }
    }
}

#[derive(Default)]
struct Model {
    orders: Vec<Order>,
    /// Reference, price and shares.
    trades: Vec<(u64, i64, u64)>,
}

impl Model {
    fn fill(&mut self, order_ref: u64, price: i64, qty: u64) {
        self.trades.push((order_ref, price, qty));
        for order in &mut self.orders {
            if order.order_ref == order_ref {
                order.qty -= qty;
            }
        }
        self.orders.retain(|order| order.qty > 0);
    }

    fn take(&mut self, buy: bool, limit: Option<i64>, mut qty: u64) -> u64 {
        while qty > 0 {
            let contra = self.orders.iter().filter(|order| order.buy != buy && !order.waits);
            let Some(best) = contra.min_by_key(|order| order.rank()).copied() else { break };
            if limit.is_some_and(|limit| !best.accepts(limit)) {
                break;
            }
            let traded = qty.min(best.qty);
            qty -= traded;
            self.fill(best.order_ref, best.works_at, traded);
        }
        qty
    }

    fn slide_no_more(&mut self) {
        for order in &mut self.orders {
            order.works_at = order.shown_at.unwrap_or(order.works_at);
        }
    }

    fn volume_at(&self, price: i64) -> (u64, u64) {
        let sum = |buy: bool| {
            let willing = self.orders.iter().filter(|at| at.buy == buy && at.accepts(price));
            willing.map(|at| at.qty).sum::<u64>()
        };
        (sum(true), sum(false))
    }

    /// Tries every price there is.
    fn cross(&mut self, reference: i64) -> (i64, u64) {
        self.slide_no_more();
        let key = |price: &i64| {
            let (demand, supply) = self.volume_at(*price);
            let traded = demand.min(supply);
            (std::cmp::Reverse(traded), demand.abs_diff(supply), (price - reference).abs(), *price)
        };
        // An order to sell in the last tick may be shown one tick beyond it.
        let price = (1..=TICKS + 1).min_by_key(key).unwrap();
        let (demand, supply) = self.volume_at(price);
        let volume = demand.min(supply);
        for buy in [true, false] {
            let mut left = volume;
            let mut turn: Vec<Order> =
                self.orders.iter().copied().filter(|at| at.buy == buy).collect();
            turn.sort_by_key(Order::rank);
            for order in turn {
                let traded = left.min(order.qty);
                if traded > 0 {
                    left -= traded;
                    self.fill(order.order_ref, price, traded);
                }
            }
            assert_eq!(left, 0);
        }
        self.orders.retain(|order| !order.waits);
        (if volume == 0 { 0 } else { price }, volume)
    }

    /// References in the order of price and arrival, for one side of the displayed book.
    fn displayed(&self, buy: bool) -> Vec<(i64, u64, u64)> {
        let mut shown: Vec<(i64, u64, u64)> = self
            .orders
            .iter()
            .filter(|order| order.buy == buy)
            .filter_map(|order| Some((order.shown_at?, order.order_ref, order.qty)))
            .collect();
        shown.sort_by_key(|(price, order_ref, _)| (if buy { -price } else { *price }, *order_ref));
        shown
    }
}

struct Pair {
    exchange: Exchange,
    said: Vec<Event>,
    model: Model,
    quoting: bool,
}

fn side(buy: bool) -> Side {
    if buy { Side::Bid } else { Side::Ask }
}

/// The price that files an auction order without a limit first, in the model.
fn beyond(buy: bool) -> i64 {
    if buy { TICKS + 2 } else { 0 }
}

impl Pair {
    fn new() -> Pair {
        let mut exchange = Exchange::new(ExchangeConfig::default());
        let mut said = Vec::new();
        let listing = Listing {
            locate: SYMBOL,
            symbol: Symbol::new("TEST").unwrap(),
            market: ListingMarket::Nyse,
            fund: false,
            tier_one: false,
            round_lot: 100,
            tick: tick(1),
        };
        exchange.list(listing, &mut said).unwrap();
        let mut pair = Pair { exchange, said, model: Model::default(), quoting: false };
        pair.state(TradingState::Trading);
        pair
    }

    fn state(&mut self, state: TradingState) {
        let reason = HaltReason::NONE;
        self.exchange.set_trading_state(SYMBOL, state, reason, &mut self.said).unwrap();
    }

    fn submit(&mut self, buy: bool, qty: u64, terms: Terms) -> u64 {
        let qty = Qty::new(qty);
        let order = NewOrder { participant: TRADER, locate: SYMBOL, side: side(buy), qty, terms };
        self.exchange.submit(&order, &mut self.said).unwrap().order_ref.get()
    }

    fn rest(&mut self, buy: bool, at: i64, qty: u64, how: u8) {
        let slid = if buy { at - 1 } else { at + 1 };
        let (visibility, shown_at) = match how {
            0 | 1 => (Visibility::Hidden, None),
            2 | 3 if slid > 0 => (Visibility::ShownAt(tick(slid)), Some(slid)),
            _ => (Visibility::Shown, Some(at)),
        };
        let terms = Terms::Rest { limit: tick(at), visibility, attribution: None };
        let order_ref = self.submit(buy, qty, terms);
        let left = if self.quoting { qty } else { self.model.take(buy, Some(at), qty) };
        let works_at = if self.quoting { shown_at.unwrap_or(at) } else { at };
        if left > 0 {
            let order = Order { order_ref, buy, works_at, shown_at, qty: left, waits: false };
            self.model.orders.push(order);
        }
    }

    /// An order of the model by an arbitrary number.
    fn pick(&self, which: usize) -> Option<Order> {
        let orders = &self.model.orders;
        orders.get(which.checked_rem(orders.len())?).copied()
    }

    fn replace(&mut self, old: Order, at: i64, qty: u64) {
        let (old_ref, said) = (OrderRef::new(old.order_ref), &mut self.said);
        let receipt =
            self.exchange.replace(TRADER, old_ref, tick(at), Qty::new(qty), said).unwrap();
        self.model.orders.retain(|order| order.order_ref != old.order_ref);
        let left = if self.quoting { qty } else { self.model.take(old.buy, Some(at), qty) };
        if left > 0 {
            self.model.orders.push(Order {
                order_ref: receipt.order_ref.get(),
                works_at: at,
                shown_at: old.shown_at.map(|_| at),
                qty: left,
                ..old
            });
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Rest { buy, at, qty, how } => self.rest(buy, at, qty, how),
            Step::Immediate { buy, at, qty } if !self.quoting => {
                self.submit(buy, qty, Terms::Immediate { limit: at.map(tick) });
                self.model.take(buy, at, qty);
            }
            Step::Immediate { .. } => {}
            Step::Cancel(which) => {
                let Some(order) = self.pick(which) else { return };
                let order_ref = OrderRef::new(order.order_ref);
                let left = self.exchange.cancel(TRADER, order_ref, &mut self.said);
                assert_eq!(left, Ok(Qty::new(order.qty)));
                self.model.orders.retain(|at| at.order_ref != order.order_ref);
            }
            Step::Reduce(which, by) => {
                let Some(order) = self.pick(which).filter(|order| order.qty > by) else { return };
                let (order_ref, by_qty) = (OrderRef::new(order.order_ref), Qty::new(by));
                self.exchange.reduce(TRADER, order_ref, by_qty, &mut self.said).unwrap();
                for at in &mut self.model.orders {
                    at.qty -= if at.order_ref == order.order_ref { by } else { 0 };
                }
            }
            Step::Replace { which, at, qty } => match self.pick(which) {
                Some(order) if !order.waits => self.replace(order, at, qty),
                _ => {}
            },
            Step::Auction { buy, at, qty } => {
                let cross = CrossKind::Halt;
                let order_ref =
                    self.submit(buy, qty, Terms::Auction { cross, limit: at.map(tick) });
                let works_at = at.unwrap_or(beyond(buy));
                let order = Order { order_ref, buy, works_at, shown_at: None, qty, waits: true };
                self.model.orders.push(order);
            }
            Step::Cross { reference } => self.cross(reference),
            Step::Quote(true) => {
                self.state(TradingState::QuotationOnly);
                self.model.slide_no_more();
                self.quoting = true;
            }
            Step::Quote(false) => {
                self.cross(1);
                self.state(TradingState::Trading);
                self.quoting = false;
            }
        }
    }

    fn cross(&mut self, reference: i64) {
        let at = Some(tick(reference));
        let crossed = self.exchange.cross(SYMBOL, CrossKind::Halt, at, &mut self.said).unwrap();
        let expected = self.model.cross(reference);
        assert_eq!((crossed.price.units() / 100, crossed.qty.shares()), expected);
        self.assert_uncrossed();
    }

    fn assert_uncrossed(&self) {
        let [bid, ask] = Side::BOTH.map(|side| self.exchange.touch(SYMBOL, side));
        if let (Some(bid), Some(ask)) = (bid, ask) {
            assert!(bid.price < ask.price, "{bid:?} {ask:?}");
        }
    }

    fn compare(&self) {
        let trades: Vec<(u64, i64, u64)> = self
            .said
            .iter()
            .filter_map(|event| match event {
                Event::Executed(at) => {
                    Some((at.order_ref.get(), at.price.units() / 100, at.qty.shares()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(trades, self.model.trades);
        for buy in [true, false] {
            let levels: Vec<_> = self.exchange.levels(SYMBOL, side(buy)).collect();
            let mut orders = Vec::new();
            for level in &levels {
                let queue: Vec<_> = self.exchange.queue(SYMBOL, side(buy), level.price).collect();
                assert_eq!(queue.len(), level.orders as usize);
                assert_eq!(queue.iter().map(|order| order.qty).sum::<Qty>(), level.qty);
                let last = self.exchange.last_in_queue(SYMBOL, side(buy), level.price);
                assert_eq!(queue.last(), last.as_ref());
                orders.extend(queue);
            }
            let displayed: Vec<(i64, u64, u64)> = orders
                .iter()
                .map(|at| (at.price.units() / 100, at.order_ref.get(), at.qty.shares()))
                .collect();
            assert_eq!(displayed, self.model.displayed(buy));
        }
        assert_eq!(self.exchange.live_orders(), self.model.orders.len());
        if !self.quoting {
            self.assert_uncrossed();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Same trades in the same order, same queues, and nothing crossed while trading.
    #[test]
    fn the_engine_agrees_with_the_model(steps in prop::collection::vec(step(), 1..120)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.apply(step);
            pair.compare();
        }
    }

    /// What is bought is sold: the quantity that came in is the quantity that traded on either
    /// side, was taken off, or still rests.
    #[test]
    fn a_cross_trades_as_much_on_either_side(steps in prop::collection::vec(step(), 1..80)) {
        let mut pair = Pair::new();
        pair.apply(&Step::Quote(true));
        let collects = |step: &&Step| !matches!(step, Step::Quote(_) | Step::Cross { .. });
        for step in steps.iter().filter(collects) {
            pair.apply(step);
        }
        pair.said.clear();
        let at = Some(tick(5));
        let crossed = pair.exchange.cross(SYMBOL, CrossKind::Halt, at, &mut pair.said).unwrap();
        for wanted in Side::BOTH {
            let traded: Qty = pair.said.iter().filter_map(|event| match event {
                Event::Executed(at) if at.side == wanted => Some(at.qty),
                _ => None,
            }).sum();
            prop_assert_eq!(traded, crossed.qty);
        }
        pair.state(TradingState::Trading);
    }
}
