//! Orders joining and leaving their queues, levels appearing and vanishing.
//!
//! What is done here was checked before: it cannot fail, but for want of room. The ladders are not
//! touched, but for room to come: what a message made of a level is returned, to be settled at its
//! end.

use crate::apply::Joins;
use crate::check::Found;
use crate::ladder::{Became, Ladders, LevelNow, Spot, rank};
use crate::near::NearSide;
use crate::orders::{OrderAt, Resting};
use crate::queues::LineAt;
use crate::{Arrival, Books, Locate, Price, Qty, Reject, Step};

impl Books {
    /// Puts an order that was checked at the end of its queue.
    #[inline(always)]
    pub(crate) fn insert(
        &self,
        near: NearSide<'_>,
        place: OrderAt<'_>,
        joins: &Joins,
    ) -> Result<(Step, LevelNow), Reject> {
        let Joins { locate, price, .. } = *joins;
        let rank = rank(near.side, price);
        let (level, spot) = match self.queues.level_if(self.hint.level, locate, near.side, price) {
            Some(level) => (level, Ladders::spot(rank, level)),
            None => {
                let spot = self.ladders.find(near, rank);
                (self.level_for(near, locate, price, &spot)?, spot)
            }
        };
        Ladders::prefetch_to_write(near, &spot);
        self.join(level, place, joins, spot)
    }

    /// The level at a spot, made where there is none.
    #[inline(always)]
    pub(crate) fn level_for(
        &self,
        near: NearSide<'_>,
        locate: Locate,
        price: u32,
        spot: &Spot,
    ) -> Result<LineAt<'_>, Reject> {
        if spot.level != 0 {
            return Ok(self.queues.line_at(spot.level));
        }
        self.ladders.reserve(near, spot)?;
        self.queues.new_level(locate, near.side, price).ok_or(Reject::LevelsFull)
    }

    /// Puts an order at the end of the queue of a level that is there; if its spot has none, the level
    /// is new.
    #[inline(always)]
    pub(crate) fn join(
        &self,
        level: LineAt<'_>,
        place: OrderAt<'_>,
        joins: &Joins,
        spot: Spot,
    ) -> Result<(Step, LevelNow), Reject> {
        let Books { orders, queues, .. } = self;
        let Joins { order_ref, price, qty, .. } = *joins;
        let line = if spot.level == 0 {
            queues.begin(level, place.slot)
        } else {
            // A level has a line, and there is one more for every two orders: this finds one.
            queues.append(level, place.slot, orders).ok_or(Reject::OrdersFull)?
        };
        let arrival = self.arrivals.get();
        self.arrivals.set(arrival.wrapping_add(1));
        orders.put(place, Resting { order_ref, line, qty, arrival });
        let (orders, qty_total) =
            (level.line.orders.get() + 1, level.line.qty.get() + u64::from(qty));
        level.line.orders.set(orders);
        level.line.qty.set(qty_total);
        let step = Step {
            order_ref,
            price: Price::from_key(price),
            qty: Qty::from(qty),
            left: Qty::from(qty),
            arrival: Arrival::new(arrival),
            at_head: orders == 1,
        };
        let became = if spot.level == 0 { Became::Appeared } else { Became::Changed };
        let spot = spot.with(level.number);
        Ok((step, LevelNow { became, spot, orders, qty: qty_total }))
    }

    /// Reduces an order that keeps something.
    #[inline(always)]
    pub(crate) fn take_part(
        &self,
        near: NearSide<'_>,
        found: &Found<'_>,
        taken: u32,
    ) -> (Step, LevelNow) {
        let Found { place, level, .. } = *found;
        let spot = spot(near, found);
        let left = found.qty - taken;
        place.set_qty(left);
        level.line.qty.set(level.line.qty.get() - u64::from(taken));
        let at_head = self.queues.slots(level.number).next() == Some(place.slot);
        let step = step(found, taken, left, at_head);
        (step, level_now(spot, level))
    }

    /// Takes an order out of its queue, and its level away if it was the last one there.
    #[inline(always)]
    pub(crate) fn take_out(&self, near: NearSide<'_>, found: &Found<'_>) -> (Step, LevelNow) {
        let (step, now) = self.leave(near, found);
        if now.became == Became::Vanished {
            self.queues.drop_level(found.level);
        }
        (step, now)
    }

    /// Takes an order out of its queue. Where it was the last one, its level is left without any,
    /// and has vanished unless another order joins it.
    #[inline(always)]
    pub(crate) fn leave(&self, near: NearSide<'_>, found: &Found<'_>) -> (Step, LevelNow) {
        let Found { place, line, level, qty, .. } = *found;
        let spot = spot(near, found);
        let step = step(found, qty, 0, false);
        let at_head = self.queues.remove(line, level.number, place.slot, &self.orders);
        self.orders.remove(place);
        level.line.orders.set(level.line.orders.get() - 1);
        level.line.qty.set(level.line.qty.get() - u64::from(qty));
        (Step { at_head, ..step }, level_now(spot, level))
    }
}

/// Where the level of an order is that will be taken from.
#[inline(always)]
fn spot(near: NearSide<'_>, found: &Found<'_>) -> Spot {
    let rank = rank(near.side, found.level.line.price.get());
    let spot = Ladders::spot(rank, found.level);
    Ladders::prefetch_to_write(near, &spot);
    spot
}

/// What became of the level of an order that was taken from.
#[inline(always)]
fn level_now(spot: Spot, level: LineAt<'_>) -> LevelNow {
    let orders = level.line.orders.get();
    let became = if orders == 0 { Became::Vanished } else { Became::Changed };
    LevelNow { became, spot, orders, qty: level.line.qty.get() }
}

#[inline(always)]
fn step(found: &Found<'_>, qty: u32, left: u32, at_head: bool) -> Step {
    Step {
        order_ref: found.place.order_ref(),
        price: Price::from_key(found.level.line.price.get()),
        qty: Qty::from(qty),
        left: Qty::from(left),
        arrival: Arrival::new(found.place.arrival()),
        at_head,
    }
}
