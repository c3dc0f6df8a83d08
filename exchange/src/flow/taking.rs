//! What takers do: trade with the orders that rest, because they know more or because they must.

use wirebook_book::{Price, Qty, Side};

use super::desk::Trader;
use super::floor::{Floor, Touch, price_of, ticks_of};
use super::latent::ONE_TICK;
use crate::matching::{LevelView, Terms};

impl Floor {
    /// How many of 1,024 actions are those of takers: more when a side of the touch is wrong.
    pub(super) fn taker_share(&self, symbol: usize, touch: Touch, market_hours: bool) -> u64 {
        let usual = if market_hours { 17 } else { 5 };
        if self.informed_side(symbol, touch).is_some() { usual * 3 } else { usual }
    }

    /// The side that someone takes who knows what the symbol is worth.
    fn informed_side(&self, symbol: usize, touch: Touch) -> Option<Side> {
        let value = self.desks[symbol].latent.value();
        let beyond = |level: LevelView| value - ticks_of(level.price) * ONE_TICK;
        match (touch.bid, touch.ask) {
            (_, Some(ask)) if beyond(ask) > ONE_TICK / 8 => Some(Side::Ask),
            (Some(bid), _) if beyond(bid) < -ONE_TICK / 8 => Some(Side::Bid),
            _ => None,
        }
    }

    /// Trades with one side of the book.
    pub(super) fn take(&mut self, symbol: usize, touch: Touch) {
        let informed = self.informed_side(symbol, touch).filter(|_| self.chance.happens(760));
        let taken = informed.unwrap_or_else(|| self.uninformed_side(symbol));
        let Some(level) = touch.of(taken).filter(|level| {
            // Nobody pays much more than a symbol is believed to be worth for no reason.
            let belief = self.desks[symbol].latent.belief();
            let worse = (ticks_of(level.price) * ONE_TICK - belief).abs();
            worse <= self.desks[symbol].instrument.half_spread * 4 + 3 * ONE_TICK
        }) else {
            return self.add_quote(symbol, touch);
        };
        let locate = self.desks[symbol].instrument.locate();
        let head = self.exchange.queue(locate, taken, level.price).next();
        let head = head.map_or(Qty::new(100), |order| order.qty);
        let qty = self.taken_size(level, head);
        let side = taken.opposite();
        let style = self.chance.below(1024);
        let limit = match style {
            // Sweeps through more than one level.
            0..90 => self.through(symbol, taken, level.price),
            _ => level.price,
        };
        let terms = match style {
            // The rest stays and becomes the touch.
            90..200 => Terms::shown(limit),
            _ => Terms::Immediate { limit: Some(limit) },
        };
        if let Some(receipt) = self.submit(symbol, Trader::Taker, side, qty, terms)
            && !receipt.executed.is_zero()
        {
            self.desks[symbol].saw_trade(side == Side::Bid);
        }
    }

    /// The side that the present large order takes; it comes in many small ones of one sign, so
    /// that signs are correlated for long (Lillo, Mike and Farmer 2005).
    fn uninformed_side(&mut self, symbol: usize) -> Side {
        let desk = &mut self.desks[symbol];
        if desk.worked_left == 0 {
            desk.worked_left = 1 + self.chance.heavy(2, 60);
            desk.worked_buy = self.chance.happens(512);
        }
        desk.worked_left -= 1;
        if desk.worked_buy { Side::Ask } else { Side::Bid }
    }

    /// How much is taken: the first order or part of it, a few lots, the level, or more.
    fn taken_size(&mut self, level: LevelView, head: Qty) -> Qty {
        let shares = match self.chance.below(1024) {
            0..380 => head.shares(),
            380..600 => self.chance.between(1, head.shares()),
            600..860 => 100 * (1 + self.chance.heavy(1, 40)),
            860..960 => level.qty.shares(),
            _ => level.qty.shares() * 3 / 2 + 100,
        };
        Qty::new(shares.max(1)).min(Qty::new(1_000_000))
    }

    fn through(&mut self, symbol: usize, taken: Side, price: Price) -> Price {
        let step = (self.desks[symbol].instrument.half_spread / ONE_TICK).max(1);
        let beyond = step * i64::try_from(self.chance.between(1, 3)).unwrap_or(1);
        price_of(ticks_of(price) - beyond * taken.sign())
    }
}
