//! The exchange with its symbols, and the actions that traders take on one of them.

use std::collections::VecDeque;

use wirebook_book::{Price, Qty, Side};

use super::chance::Chance;
use super::desk::{Desk, Phase, Pool, Trader};
use super::latent::{ONE_TICK, Regime};
use super::sampler::Sampler;
use super::universe::{Instrument, MARKET_MAKERS, TICK};
use crate::matching::{
    Event, Exchange, LevelView, NewOrder, OrderView, Receipt, Refusal, Terms, Visibility,
};

/// Everything that trades.
#[derive(Debug)]
pub(super) struct Floor {
    pub(super) exchange: Exchange,
    pub(super) desks: Vec<Desk>,
    sampler: Sampler,
    /// Beside the desks because a draw looks at symbols that it then does not keep.
    regimes: Vec<Regime>,
    pub(super) chance: Chance,
    /// Symbols drawn for the next actions, the next one last.
    upcoming: Vec<usize>,
    /// The symbols of the last actions, the last one first.
    recent: VecDeque<usize>,
    /// A random walk that moves all symbols.
    factor: i64,
    /// What the exchange said about the present action.
    pub(super) said: Vec<Event>,
}

/// Of 1,024 actions. What is left after these and the takers' is additions and cancellations.
const REPLACEMENTS: u64 = 58;
const REDUCTIONS: u64 = 14;
const HIDDEN_ORDERS: u64 = 12;
/// Of 1,024 additions and cancellations: those of long-lived orders that change no number.
const CORE_CHURN: u64 = 20;

/// How many symbols are drawn at once.
const UPCOMING_SYMBOLS: usize = 16;

/// How many symbols something happened to of late.
const RECENT_SYMBOLS: usize = 24;

/// The best displayed prices of a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) bid: Option<LevelView>,
    pub(super) ask: Option<LevelView>,
}

impl Touch {
    pub(super) fn of(self, side: Side) -> Option<LevelView> {
        match side {
            Side::Bid => self.bid,
            Side::Ask => self.ask,
        }
    }
}

/// How much of the height of the day is wanted live, in 1,024ths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fullness {
    pub(super) core: u64,
    pub(super) fleeting: u64,
    /// Outside of market hours few trade.
    pub(super) market_hours: bool,
}

impl Floor {
    pub(super) fn new(exchange: Exchange, instruments: Vec<Instrument>, chance: Chance) -> Floor {
        let weights: Vec<u64> = instruments.iter().map(|at| at.weight).collect();
        Floor {
            exchange,
            regimes: vec![Regime::Normal; instruments.len()],
            desks: instruments.into_iter().map(Desk::new).collect(),
            sampler: Sampler::new(&weights),
            chance,
            upcoming: Vec::with_capacity(UPCOMING_SYMBOLS),
            recent: VecDeque::with_capacity(RECENT_SYMBOLS),
            factor: 0,
            said: Vec::new(),
        }
    }

    /// The symbol of the next action: the one of the last action, one of the last few, or any. In
    /// a second of a real day some symbols are busy and the others are not: of 100 messages that
    /// NASDAQ sent at 09:30 about 45 are the first of their symbol, and 18 follow one of their own.
    pub(super) fn next_symbol(&mut self) -> usize {
        let place = match self.chance.below(1024) {
            0..130 => Some(0),
            130..500 => Some(self.chance.index(RECENT_SYMBOLS)),
            _ => None,
        };
        let again = place.and_then(|place| self.recent.get(place).copied());
        let symbol = again.unwrap_or_else(|| self.draw_symbol());
        self.recent.truncate(RECENT_SYMBOLS - 1);
        self.recent.push_front(symbol);
        symbol
    }

    /// A symbol that something happens to, the busier the more often.
    fn draw_symbol(&mut self) -> usize {
        loop {
            if let Some(symbol) = self.upcoming.pop() {
                return symbol;
            }
            while self.upcoming.len() < UPCOMING_SYMBOLS {
                let symbol = self.sampler.draw(&mut self.chance);
                if self.chance.happens(self.regimes[symbol].kept_draws()) {
                    self.upcoming.push(symbol);
                }
            }
            self.glance_at_upcoming();
        }
    }

    /// Reads what an action on any of the upcoming symbols reads first. None of it is in the cache
    /// in a market of thousands; reads that do not depend on each other wait for memory at the
    /// same time, while actions would wait one after the other.
    fn glance_at_upcoming(&self) {
        let glance = self.upcoming.iter().map(|symbol| {
            let (desk, touch) = (&self.desks[*symbol], self.touch(*symbol));
            let quoted = touch.bid.into_iter().chain(touch.ask).map(|at| at.orders).sum::<u32>();
            let newest = desk.pool(Pool::Fleeting).newest();
            let newest = newest.and_then(|order_ref| self.exchange.order(order_ref));
            let believed = desk.latent.belief().unsigned_abs();
            believed ^ u64::from(quoted) ^ newest.map_or(0, |order| order.qty.shares())
        });
        core::hint::black_box(glance.fold(0, u64::wrapping_add));
    }

    /// One action on one symbol. `messages_left` is how many it may take; it takes at most one
    /// more than the symbol's live orders, and only one where even that many are not left.
    pub(super) fn act(&mut self, symbol: usize, fullness: Fullness, messages_left: u64) {
        self.factor += if self.chance.happens(512) { 1 } else { -1 };
        let desk = &mut self.desks[symbol];
        desk.step(self.factor, &mut self.chance);
        self.regimes[symbol] = desk.latent.regime();
        let freely = desk.live() + 8 <= messages_left;
        match desk.phase {
            Phase::Halted => self.cancel(symbol, Pool::Fleeting),
            Phase::Quoting => self.quote_while_halted(symbol),
            Phase::Trading if freely => self.trade(symbol, fullness),
            Phase::Trading => self.cancel_or_add_behind(symbol),
        }
    }

    fn trade(&mut self, symbol: usize, fullness: Fullness) {
        let touch = self.touch(symbol);
        if self.withdraw_stale_quote(symbol, touch) {
            return;
        }
        let takers = self.taker_share(symbol, touch, fullness.market_hours);
        let mut draw = self.chance.below(1024);
        let mut falls_within = |share: u64| {
            let within = draw < share;
            draw = draw.wrapping_sub(share);
            within
        };
        if falls_within(takers) {
            self.take(symbol, touch);
        } else if falls_within(REPLACEMENTS) {
            self.replace(symbol, touch);
        } else if falls_within(REDUCTIONS) {
            self.reduce(symbol);
        } else if falls_within(HIDDEN_ORDERS) {
            self.hide(symbol, touch);
        } else {
            self.balance(symbol, touch, fullness);
        }
    }

    /// Adds or cancels, whichever brings the number of live orders nearer to what is wanted.
    fn balance(&mut self, symbol: usize, touch: Touch, fullness: Fullness) {
        let desk = &self.desks[symbol];
        let instrument = &desk.instrument;
        let wanted = instrument.core * fullness.core / 1024;
        let live = desk.pool(Pool::Core).live();
        let change = 4096 * live.abs_diff(wanted) / (wanted + 4);
        if self.chance.happens(CORE_CHURN + change.min(620)) {
            if live < wanted || (live == wanted && self.chance.happens(512)) {
                self.add_core(symbol, touch);
            } else {
                self.cancel(symbol, Pool::Core);
            }
            return;
        }
        let wanted = (instrument.fleeting * fullness.fleeting / 1024).max(2);
        let live = desk.pool(Pool::Fleeting).live();
        // Where as many live as are wanted, a little more than half: orders also go by being
        // executed.
        let adds = (1230 * wanted).saturating_sub(700 * live) / wanted;
        if live == 0 || self.chance.happens(adds.clamp(80, 960)) {
            self.add_quote(symbol, touch);
        } else {
            self.cancel(symbol, Pool::Fleeting);
        }
    }

    pub(super) fn touch(&self, symbol: usize) -> Touch {
        let locate = self.desks[symbol].instrument.locate();
        Touch {
            bid: self.exchange.touch(locate, Side::Bid),
            ask: self.exchange.touch(locate, Side::Ask),
        }
    }

    /// The price at which market makers would quote, before they look at the other side.
    pub(super) fn quote_ticks(&self, symbol: usize, side: Side) -> i64 {
        let belief = self.desks[symbol].latent.belief();
        let half_spread = self.desks[symbol].instrument.half_spread;
        match side {
            Side::Bid => (belief - half_spread).div_euclid(ONE_TICK),
            Side::Ask => (belief + half_spread + ONE_TICK - 1).div_euclid(ONE_TICK),
        }
    }

    /// A live order of a pool; of the short-lived ones nearly half the time the newest.
    pub(super) fn draw_order(&mut self, symbol: usize, pool: Pool) -> Option<OrderView> {
        let newest = pool == Pool::Fleeting && self.chance.happens(460);
        for _ in 0..32 {
            let orders = self.desks[symbol].pool_mut(pool);
            let (place, order_ref) = orders.draw(newest, &mut self.chance)?;
            match self.exchange.order(order_ref) {
                Some(view) => return Some(view),
                None => orders.drop_at(place),
            }
        }
        None
    }

    pub(super) fn submit(
        &mut self,
        symbol: usize,
        trader: Trader,
        side: Side,
        qty: Qty,
        terms: Terms,
    ) -> Option<Receipt> {
        let order = NewOrder {
            participant: trader.id(),
            locate: self.desks[symbol].instrument.locate(),
            side,
            qty,
            terms,
        };
        // References are also used up by orders that this feed never hears of.
        let elsewhere = if self.chance.happens(300) { self.chance.below(4) } else { 0 };
        self.exchange.skip_order_refs(3 + 4 * elsewhere);
        let told = self.said.len();
        let receipt = self.exchange.submit(&order, &mut self.said);
        self.remember(symbol, told);
        receipt.ok()
    }

    pub(super) fn cancel_order(&mut self, symbol: usize, order: &OrderView) {
        let told = self.said.len();
        let cancelled = self.exchange.cancel(order.participant, order.order_ref, &mut self.said);
        debug_assert!(cancelled.is_ok(), "{cancelled:?}");
        self.remember(symbol, told);
    }

    pub(super) fn replace_order(
        &mut self,
        symbol: usize,
        order: &OrderView,
        price: Price,
        qty: Qty,
    ) -> Result<Receipt, Refusal> {
        self.exchange.skip_order_refs(3);
        let told = self.said.len();
        let (participant, order_ref) = (order.participant, order.order_ref);
        let receipt = self.exchange.replace(participant, order_ref, price, qty, &mut self.said);
        self.remember(symbol, told);
        receipt
    }

    fn remember(&mut self, symbol: usize, told: usize) {
        for event in self.said.get(told..).unwrap_or_default() {
            self.desks[symbol].saw(event);
        }
        for pool in Pool::ALL {
            let orders = self.desks[symbol].pool_mut(pool);
            orders.drop_dead(|order_ref| self.exchange.order(order_ref).is_some());
        }
    }
}

/// The terms of a quote, with or without the market maker's name.
pub(super) fn quote_terms(price: Price, trader: Trader, named: bool) -> Terms {
    let attribution = match trader {
        Trader::MarketMaker(number) if named => MARKET_MAKERS.get(number % MARKET_MAKERS.len()),
        _ => None,
    };
    Terms::Rest { limit: price, visibility: Visibility::Shown, attribution: attribution.copied() }
}

/// A price of this many ticks, but at least one.
pub(super) fn price_of(ticks: i64) -> Price {
    Price::from_units(ticks.max(1) * TICK.units())
}

pub(super) fn ticks_of(price: Price) -> i64 {
    price.units().div_euclid(TICK.units())
}
