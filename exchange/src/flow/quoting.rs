//! What market makers and investors do: add, cancel, replace and reduce orders that rest.

use wirebook_book::{Price, Qty, Side};

use super::desk::{Pool, Trader};
use super::floor::{Floor, Touch, price_of, quote_terms, ticks_of};
use super::latent::ONE_TICK;
use super::universe::{MARKET_MAKERS, TICK};
use crate::matching::{OrderView, Terms, Visibility};

impl Floor {
    /// A market maker quotes near the touch.
    pub(super) fn add_quote(&mut self, symbol: usize, touch: Touch) {
        let side = self.side_to_quote(symbol, touch);
        let trader = Trader::MarketMaker(self.chance.index(MARKET_MAKERS.len()));
        let qty = self.order_size(symbol);
        let price = self.quote_price(symbol, side, touch);
        if let (Some(own), Some(contra)) = (touch.of(side), touch.of(side.opposite()))
            && price == own.price
            && ticks_of(contra.price).abs_diff(ticks_of(price)) > 1
            && self.chance.happens(30)
        {
            // Works one tick better than it is shown.
            let better = price + Price::from_units(TICK.units() * side.sign());
            let visibility = Visibility::ShownAt(price);
            let terms = Terms::Rest { limit: better, visibility, attribution: None };
            self.submit(symbol, trader, side, qty, terms);
            return;
        }
        let named = self.chance.happens(36);
        self.submit(symbol, trader, side, qty, quote_terms(price, trader, named));
    }

    /// The side whose touch is farther from where market makers would quote, most of the time
    /// (resiliency: Biais, Hillion and Spatt 1995).
    fn side_to_quote(&mut self, symbol: usize, touch: Touch) -> Side {
        let either = if self.chance.happens(512) { Side::Bid } else { Side::Ask };
        let (Some(bid), Some(ask)) = (touch.bid, touch.ask) else {
            return match (touch.bid, touch.ask) {
                (None, Some(_)) => Side::Bid,
                (Some(_), None) => Side::Ask,
                _ => either,
            };
        };
        let below = self.quote_ticks(symbol, Side::Bid) - ticks_of(bid.price);
        let above = ticks_of(ask.price) - self.quote_ticks(symbol, Side::Ask);
        if below.max(above) <= 0 || below == above || self.chance.happens(400) {
            either
        } else if below > above {
            Side::Bid
        } else {
            Side::Ask
        }
    }

    /// A price near the touch: half at or next to the quote that market makers agree on, the
    /// others farther away with a tail as 1 / distance (Bouchaud, Mézard and Potters 2002 find
    /// exponents of 0.6 to 1 for the distance of new orders).
    fn quote_price(&mut self, symbol: usize, side: Side, touch: Touch) -> Price {
        let step = (self.desks[symbol].instrument.half_spread / ONE_TICK / 2).max(1).unsigned_abs();
        let scale = if self.chance.happens(720) { 1 } else { 5 };
        let away = self.chance.heavy(scale, 300) * step + self.chance.below(step);
        let away = i64::try_from(away).unwrap_or(0);
        let wanted = self.quote_ticks(symbol, side) - away * side.sign();
        match touch.of(side.opposite()) {
            Some(contra) if !self.chance.happens(24) => {
                Floor::not_beyond(wanted, side, ticks_of(contra.price))
            }
            _ => price_of(wanted),
        }
    }

    /// `wanted`, or the price next to the other side where that would be traded with.
    fn not_beyond(wanted: i64, side: Side, contra: i64) -> Price {
        price_of(match side {
            Side::Bid => wanted.min(contra - 1),
            Side::Ask => wanted.max(contra + 1),
        })
    }

    /// An investor leaves an order away from the touch, likely at a round price.
    pub(super) fn add_core(&mut self, symbol: usize, touch: Touch) {
        let side = if self.chance.happens(512) { Side::Bid } else { Side::Ask };
        let quote = self.quote_ticks(symbol, side);
        let farthest = u64::try_from(quote * 3 / 10).unwrap_or(0);
        let scale = u64::try_from(quote / 800).unwrap_or(0) + 2;
        let away = self.chance.very_heavy(scale, farthest);
        let grain = self.round_to(away);
        let ticks = quote - i64::try_from(away).unwrap_or(0) * side.sign();
        let ticks = ticks.div_euclid(grain) * grain;
        let price = match touch.of(side.opposite()) {
            Some(contra) => Floor::not_beyond(ticks, side, ticks_of(contra.price)),
            None => price_of(ticks),
        };
        let qty = self.order_size(symbol);
        self.submit(symbol, Trader::Investor, side, qty, Terms::shown(price));
    }

    /// What an investor's price is a multiple of: the farther away, the rounder.
    fn round_to(&mut self, away: u64) -> i64 {
        let mut coarsest_first = [100, 50, 25, 10, 5].into_iter();
        coarsest_first
            .find(|grain| *grain <= away && self.chance.happens(640))
            .map_or(1, |grain| i64::try_from(grain).unwrap_or(1))
    }

    /// An order that cannot trade, where only one message is left for the action.
    pub(super) fn cancel_or_add_behind(&mut self, symbol: usize) {
        if self.desks[symbol].live() > 2 && self.chance.happens(600) {
            let told = self.said.len();
            self.cancel(symbol, Pool::Fleeting);
            if self.said.len() > told {
                return;
            }
        }
        let touch = self.touch(symbol);
        let side = if touch.bid.is_some() { Side::Bid } else { Side::Ask };
        let away = i64::try_from(self.chance.heavy(8, 200)).unwrap_or(0);
        let (side, price) = match touch.of(side) {
            Some(own) => (side, price_of(ticks_of(own.price) - away * side.sign())),
            // Nothing can be offered at so little.
            None => (Side::Bid, price_of(1)),
        };
        let qty = self.order_size(symbol);
        self.submit(symbol, Trader::Investor, side, qty, Terms::shown(price));
    }

    /// Takes off an order: of the short-lived ones often the newest, so that many live for
    /// moments only.
    pub(super) fn cancel(&mut self, symbol: usize, pool: Pool) {
        if let Some(order) = self.draw_order(symbol, pool) {
            self.cancel_order(symbol, &order);
        }
    }

    /// Gives a short-lived order a new place and, at times, a new size.
    pub(super) fn replace(&mut self, symbol: usize, touch: Touch) {
        if let Some(order) = self.draw_order(symbol, Pool::Fleeting) {
            let price = self.quote_price(symbol, order.side, touch);
            let qty = if self.chance.happens(256) { self.order_size(symbol) } else { order.qty };
            let replaced = self.replace_order(symbol, &order, price, qty);
            debug_assert!(replaced.is_ok(), "{replaced:?}");
        }
    }

    /// Takes part of an order off.
    pub(super) fn reduce(&mut self, symbol: usize) {
        let pool = if self.chance.happens(700) { Pool::Fleeting } else { Pool::Core };
        let Some(order) = self.draw_order(symbol, pool) else { return };
        let shares = order.qty.shares();
        if shares < 2 {
            return;
        }
        let by = match (shares - 1) / 100 {
            0 => self.chance.between(1, shares - 1),
            lots => self.chance.between(1, lots) * 100,
        };
        let (participant, order_ref) = (order.participant, order.order_ref);
        let left = self.exchange.reduce(participant, order_ref, Qty::new(by), &mut self.said);
        debug_assert!(left.is_ok(), "{left:?}");
    }

    /// Hides an order at or inside the touch, or gives one up.
    pub(super) fn hide(&mut self, symbol: usize, touch: Touch) {
        if self.desks[symbol].pool(Pool::Hidden).live() >= 3 {
            return self.cancel(symbol, Pool::Hidden);
        }
        let (Some(bid), Some(ask)) = (touch.bid, touch.ask) else { return };
        let side = if self.chance.happens(512) { Side::Bid } else { Side::Ask };
        let spread = ticks_of(ask.price).saturating_sub(ticks_of(bid.price)).unsigned_abs();
        let inside = i64::try_from(self.chance.below(spread / 2 + 1)).unwrap_or(0);
        let price = match side {
            Side::Bid => price_of(ticks_of(bid.price) + inside),
            Side::Ask => price_of(ticks_of(ask.price) - inside),
        };
        let qty = self.order_size(symbol);
        let receipt = self.submit(symbol, Trader::Hidden, side, qty, Terms::hidden(price));
        if let Some(receipt) = receipt.filter(|receipt| !receipt.resting.is_zero()) {
            self.desks[symbol].hide(receipt.order_ref);
        }
    }

    /// Takes off, or moves, an order of a touch that market makers no longer believe in. Quotes
    /// follow what a symbol is worth in this way, order by order, while others trade with them.
    pub(super) fn withdraw_stale_quote(&mut self, symbol: usize, touch: Touch) -> bool {
        let belief = self.desks[symbol].latent.belief();
        let half = self.desks[symbol].instrument.half_spread / 2;
        let margin = half - half.min(ONE_TICK / 3);
        let too_high = |level: Price| ticks_of(level) * ONE_TICK > belief - margin;
        let too_low = |level: Price| ticks_of(level) * ONE_TICK < belief + margin;
        let stale = match (touch.bid, touch.ask) {
            (Some(bid), _) if too_high(bid.price) => Some((Side::Bid, bid.price)),
            (_, Some(ask)) if too_low(ask.price) => Some((Side::Ask, ask.price)),
            _ => None,
        };
        let Some((side, price)) = stale else { return false };
        if !self.chance.happens(840) {
            return false;
        }
        let locate = self.desks[symbol].instrument.locate();
        let order: Option<OrderView> = if self.chance.happens(700) {
            self.exchange.last_in_queue(locate, side, price)
        } else {
            self.exchange.queue(locate, side, price).next()
        };
        let Some(order) = order else { return false };
        if self.chance.happens(240) {
            let price = self.quote_price(symbol, side, touch);
            let replaced = self.replace_order(symbol, &order, price, order.qty);
            debug_assert!(replaced.is_ok(), "{replaced:?}");
        } else {
            self.cancel_order(symbol, &order);
        }
        true
    }

    /// In the quotation-only period orders come in on both sides of what is believed and beyond,
    /// so that the book crosses.
    pub(super) fn quote_while_halted(&mut self, symbol: usize) {
        let crowded = self.desks[symbol].live() >= self.desks[symbol].crowd_max;
        if crowded || self.chance.happens(300) {
            return self.cancel(symbol, Pool::Fleeting);
        }
        let side = if self.chance.happens(512) { Side::Bid } else { Side::Ask };
        let step = (self.desks[symbol].instrument.half_spread / ONE_TICK).max(1);
        let ticks = self.quote_ticks(symbol, side) + self.chance.bell() * step / 2;
        let trader = Trader::MarketMaker(self.chance.index(MARKET_MAKERS.len()));
        let qty = self.order_size(symbol);
        self.submit(symbol, trader, side, qty, Terms::shown(price_of(ticks)));
    }

    /// Mostly a round lot, then odd lots and a few large ones; more shares where they are cheap,
    /// fewer where they are dear.
    pub(super) fn order_size(&mut self, symbol: usize) -> Qty {
        let price_ticks = self.desks[symbol].instrument.open_ticks;
        let odd = if price_ticks > 30_000 { 480 } else { 150 };
        let draw = self.chance.below(1024);
        if draw < odd {
            return Qty::new(self.chance.between(1, 99));
        }
        let lots = match draw - odd {
            0..420 => 1,
            420..640 => self.chance.between(2, 5),
            640..780 => 1 + self.chance.heavy(4, 40),
            _ => 1 + self.chance.heavy(1, 100),
        };
        let cheap = if price_ticks < 1_000 { self.chance.between(1, 5) } else { 1 };
        Qty::new(lots * cheap * 100)
    }
}
