//! Orders joining and leaving their queues, levels appearing and vanishing.
//!
//! What is done here was checked before: it cannot fail, but for want of room. The ladders are not
//! touched, but for room to come: what a message made of a level is returned, to be settled at its
//! end.

use crate::apply::{Found, Joins};
use crate::ladder::{Became, Ladders, LevelNow, Spot, rank};
use crate::near::Ring;
use crate::orders::Resting;
use crate::queues::QueueLine;
use crate::{Arrival, Books, Locate, Price, Qty, Reject, Step};

impl Books {
    /// Puts an order that was checked at the end of its queue.
    #[inline(always)]
    pub(crate) fn insert(&self, ring: Ring<'_>, joins: &Joins) -> Result<(Step, LevelNow), Reject> {
        let Joins { locate, side, price, .. } = *joins;
        let spot = self.ladders.find(ring, rank(side, price));
        Ladders::prefetch_to_write(ring, &spot);
        let (spot, became) = self.level_at(ring, locate, price, spot)?;
        self.join(joins, spot, became)
    }

    /// The level at a spot, made where there is none.
    #[inline(always)]
    pub(crate) fn level_at(
        &self,
        ring: Ring<'_>,
        locate: Locate,
        price: u32,
        spot: Spot,
    ) -> Result<(Spot, Became), Reject> {
        if spot.level != 0 {
            return Ok((spot, Became::Changed));
        }
        self.ladders.reserve(ring, &spot)?;
        let level = self.queues.new_level(locate, ring.side, price).ok_or(Reject::LevelsFull)?;
        Ok((spot.with(level), Became::Appeared))
    }

    /// Puts an order at the end of the queue of a level that is there.
    #[inline(always)]
    pub(crate) fn join(
        &self,
        joins: &Joins,
        spot: Spot,
        became: Became,
    ) -> Result<(Step, LevelNow), Reject> {
        let Books { orders, queues, .. } = self;
        let Joins { slot, order_ref, price, qty, .. } = *joins;
        // A level has a line, and there is one more for every two orders: this finds one.
        let line = queues.append(spot.level, slot, orders).ok_or(Reject::OrdersFull)?;
        let arrival = self.arrivals.get();
        self.arrivals.set(arrival.wrapping_add(1));
        orders.put(slot, Resting { order_ref, line, qty, arrival });
        let level = queues.line(spot.level);
        let (orders, qty_total) = (level.orders.get() + 1, level.qty.get() + u64::from(qty));
        level.orders.set(orders);
        level.qty.set(qty_total);
        let step = Step {
            order_ref,
            price: Price::from_key(price),
            qty: Qty::from(qty),
            left: Qty::from(qty),
            arrival: Arrival::new(arrival),
            at_head: orders == 1,
        };
        Ok((step, LevelNow { became, spot, orders, qty: qty_total }))
    }

    /// Reduces an order that keeps something.
    #[inline(always)]
    pub(crate) fn take_part(&self, ring: Ring<'_>, found: &Found, taken: u32) -> (Step, LevelNow) {
        let level = self.queues.line(found.level);
        let spot = spot(ring, found, level);
        let left = found.order.qty - taken;
        self.orders.set_qty(found.slot, left);
        level.qty.set(level.qty.get() - u64::from(taken));
        let at_head = self.queues.slots(found.level).next() == Some(found.slot);
        let step = step(found, level.price.get(), taken, left, at_head);
        (step, level_now(spot, level))
    }

    /// Takes an order out of its queue, and its level away if it was the last one there.
    #[inline(always)]
    pub(crate) fn take_out(&self, ring: Ring<'_>, found: &Found) -> (Step, LevelNow) {
        let (step, now) = self.leave(ring, found);
        if now.became == Became::Vanished {
            self.queues.drop_level(found.level);
        }
        (step, now)
    }

    /// Takes an order out of its queue. Where it was the last one, its level is left without any,
    /// and has vanished unless another order joins it.
    #[inline(always)]
    pub(crate) fn leave(&self, ring: Ring<'_>, found: &Found) -> (Step, LevelNow) {
        let Found { slot, order, level, .. } = *found;
        let level = self.queues.line(level);
        let spot = spot(ring, found, level);
        let at_head = self.queues.remove(order.line, slot, &self.orders);
        self.orders.remove(slot, order.order_ref);
        level.orders.set(level.orders.get() - 1);
        level.qty.set(level.qty.get() - u64::from(order.qty));
        let step = step(found, level.price.get(), order.qty, 0, at_head);
        (step, level_now(spot, level))
    }
}

/// Where the level of an order is that will be taken from.
#[inline(always)]
fn spot(ring: Ring<'_>, found: &Found, level: &QueueLine) -> Spot {
    let spot = Ladders::spot(ring, rank(found.side, level.price.get()), found.level);
    Ladders::prefetch_to_write(ring, &spot);
    spot
}

/// What became of the level of an order that was taken from.
#[inline(always)]
fn level_now(spot: Spot, level: &QueueLine) -> LevelNow {
    let orders = level.orders.get();
    let became = if orders == 0 { Became::Vanished } else { Became::Changed };
    LevelNow { became, spot, orders, qty: level.qty.get() }
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
