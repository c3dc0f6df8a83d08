//! Orders joining and leaving their queues, levels appearing and vanishing.
//!
//! What is done here was checked before: it cannot fail, but for want of room.

use core::hint::select_unpredictable;

use crate::apply::{Effect, Found, Joins};
use crate::depths::{Became, LevelNow};
use crate::header::{Best, Header};
use crate::ladder::{Place, rank};
use crate::orders::Resting;
use crate::{Arrival, Books, Locate, Price, Qty, Reject, Side, Step};

impl Books {
    /// Puts an order that was checked at the end of its queue: what that did beside the effects of
    /// the message before it.
    #[inline(always)]
    pub(crate) fn insert(
        &self,
        header: &Header,
        joins: &Joins,
        before: Effect,
    ) -> Result<(Step, Effect), Reject> {
        let Books { orders, queues, rungs, .. } = self;
        let Joins { slot, locate, order_ref, side, price, qty } = *joins;
        let rank = rank(side, price);
        let place = rungs.place_from(self.hint.not_better, header.ladder(side), rank);
        let (level, appeared) = self.level_at(header, locate, side, price, place)?;
        // A level has a line, and there is one more for every two orders: this finds one.
        let line = queues.append(level, slot, orders).ok_or(Reject::OrdersFull)?;
        let arrival = self.arrivals.get();
        self.arrivals.set(arrival.wrapping_add(1));
        orders.put(slot, Resting { order_ref, line, qty, arrival });
        let level = queues.line(level);
        let count = level.orders.get() + 1;
        let total = level.qty.get() + u64::from(qty);
        level.orders.set(count);
        level.qty.set(total);
        let best = raised(before.best, Best { rank, qty: total });
        let step = Step {
            order_ref,
            price: Price::from_key(price),
            qty: Qty::from(qty),
            left: Qty::from(qty),
            arrival: Arrival::new(arrival),
            at_head: count == 1,
        };
        let became = if appeared { Became::Appeared } else { Became::Changed };
        let now = Some(LevelNow { became, rank, orders: count, qty: total });
        Ok((step, Effect { best, levels_changed: before.levels_changed | appeared, now }))
    }

    /// The level at a place, made where it is missing; whether it was.
    #[inline(always)]
    pub(crate) fn level_at(
        &self,
        header: &Header,
        locate: Locate,
        side: Side,
        price: u32,
        place: Place,
    ) -> Result<(u32, bool), Reject> {
        let below = match place {
            Place::Level(level) => return Ok((level, false)),
            Place::Missing(below) => below,
        };
        let level = self.queues.new_level(locate, side, price).ok_or(Reject::LevelsFull)?;
        let mut ladder = header.ladder(side);
        if !self.rungs.insert(&mut ladder, below, rank(side, price), level) {
            self.queues.drop_level(level);
            return Err(Reject::LevelsFull);
        }
        header.set_ladder(side, ladder);
        Ok((level, true))
    }

    /// Reduces an order that keeps something.
    #[inline(always)]
    pub(crate) fn take_part(&self, found: &Found, taken: u32, best: Best) -> (Step, Effect) {
        let left = found.order.qty - taken;
        self.orders.set_qty(found.slot, left);
        let level = self.queues.line(found.level);
        let (price, total) = (level.price.get(), level.qty.get() - u64::from(taken));
        level.qty.set(total);
        let rank = rank(found.side, price);
        let best = raised(best, Best { rank, qty: total });
        let now =
            LevelNow { became: Became::Changed, rank, orders: level.orders.get(), qty: total };
        let at_head = self.queues.slots(found.level).next() == Some(found.slot);
        let step = step(found, price, taken, left, at_head);
        (step, Effect { best, levels_changed: false, now: Some(now) })
    }

    /// Takes an order out of its queue, and its level away if it was the last one there.
    #[inline(always)]
    pub(crate) fn take_out(&self, header: &Header, found: &Found, best: Best) -> (Step, Effect) {
        let Books { orders, queues, .. } = self;
        let Found { slot, order, level: number, side } = *found;
        let at_head = queues.remove(order.line, slot, orders);
        orders.remove(slot, order.order_ref);
        let level = queues.line(number);
        let (price, count) = (level.price.get(), level.orders.get() - 1);
        let total = level.qty.get() - u64::from(order.qty);
        level.orders.set(count);
        level.qty.set(total);
        let rank = rank(side, price);
        let effect = if count == 0 {
            self.drop_level(header, side, number, rank, best)
        } else {
            let best = raised(best, Best { rank, qty: total });
            let now = LevelNow { became: Became::Changed, rank, orders: count, qty: total };
            Effect { best, levels_changed: false, now: Some(now) }
        };
        (step(found, price, order.qty, 0, at_head), effect)
    }

    #[inline(always)]
    pub(crate) fn drop_level(
        &self,
        header: &Header,
        side: Side,
        level: u32,
        rank: u32,
        best: Best,
    ) -> Effect {
        let mut ladder = header.ladder(side);
        self.rungs.remove(&mut ladder, rank);
        header.set_ladder(side, ladder);
        let best = if best.rank == rank {
            self.rungs.best(ladder).map_or(Best::NONE, |(rank, level)| Best {
                rank,
                qty: self.queues.line(level).qty.get(),
            })
        } else {
            best
        };
        self.queues.drop_level(level);
        let now = LevelNow { became: Became::Vanished, rank, orders: 0, qty: 0 };
        Effect { best, levels_changed: true, now: Some(now) }
    }
}

/// The best level, once another is so: that one, if it is as good or better. The best level
/// itself, which may be far from any cache, need not be looked at.
#[inline(always)]
pub(crate) fn raised(best: Best, level: Best) -> Best {
    // Whether a message is at the touch cannot be foreseen.
    select_unpredictable(level.rank >= best.rank, level, best)
}

#[inline(always)]
fn step(found: &Found, price: u32, qty: u32, left: u32, at_head: bool) -> Step {
    Step {
        order_ref: found.order.order_ref,
        price: Price::from_key(price),
        qty: Qty::from(qty),
        left: Qty::from(left),
        arrival: Arrival::new(found.order.arrival),
        at_head,
    }
}
