//! Orders joining and leaving their queues, levels appearing and vanishing.
//!
//! What is done here was checked before: it cannot fail, but for want of room.

use crate::apply::Before;
use crate::ladder::{Place, rank};
use crate::levels::LevelSlot;
use crate::order_index::Entry;
use crate::orders::{Index, NIL, OrderSlot};
use crate::{Books, Locate, NewOrder, Price, Qty, Reject, Side, Step};

impl Books {
    /// Puts an order that was checked at the end of its queue.
    #[inline(always)]
    pub(crate) fn insert(
        &mut self,
        locate: Locate,
        order: NewOrder,
        (price, qty): (u32, u32),
        before: &mut Before,
    ) -> Result<Step, Reject> {
        if self.orders.is_full() || !self.index.has_room(order.order_ref) {
            return Err(Reject::OrdersFull);
        }
        let ladder = self.header(locate).ladders[order.side.index()];
        let place = self.rungs.place(ladder, rank(order.side, price));
        let level = self.level_at(locate, order.side, price, place, before)?;
        let slot = OrderSlot {
            order_ref: order.order_ref.get(),
            level,
            qty,
            ahead: self.levels.at(level).tail,
            behind: NIL,
            arrival: self.arrivals,
            locate: locate.get(),
            side: order.side as u8,
            live: 1,
        };
        self.arrivals = self.arrivals.wrapping_add(1);
        let index = self.orders.take(slot).ok_or(Reject::OrdersFull)?;
        if slot.ahead != NIL {
            self.orders.at_mut(slot.ahead).behind = index;
        }
        let queue = self.levels.at_mut(level);
        queue.qty += u64::from(qty);
        let total = queue.qty;
        queue.orders += 1;
        queue.tail = index;
        if slot.ahead == NIL {
            queue.head = index;
        }
        self.raise_best(locate, order.side, price, total);
        self.index.insert(order.order_ref, index);
        self.header_mut(locate).orders += 1;
        Ok(step(&slot, order.price, qty, qty))
    }

    /// The level at a place, made where it is missing.
    #[inline(always)]
    pub(crate) fn level_at(
        &mut self,
        locate: Locate,
        side: Side,
        price: u32,
        place: Place,
        before: &mut Before,
    ) -> Result<Index, Reject> {
        let below = match place {
            Place::Level(level) => return Ok(level),
            Place::Missing(below) => below,
        };
        let level = self.levels.take(price).ok_or(Reject::LevelsFull)?;
        let header = self.headers.at_mut(u32::from(locate.get()));
        let ladder = &mut header.ladders[side.index()];
        if !self.rungs.insert(ladder, below, rank(side, price), level) {
            self.levels.give_back(level);
            return Err(Reject::LevelsFull);
        }
        before.levels_changed = true;
        Ok(level)
    }

    /// Reduces an order that keeps something.
    #[inline(always)]
    pub(crate) fn take_part(
        &mut self,
        locate: Locate,
        index: Index,
        slot: &OrderSlot,
        taken: u32,
    ) -> Step {
        let left = slot.qty - taken;
        self.orders.at_mut(index).qty = left;
        let level = self.levels.at_mut(slot.level);
        level.qty -= u64::from(taken);
        let LevelSlot { price, qty, .. } = *level;
        self.raise_best(locate, slot.side(), price, qty);
        step(slot, Price::from_key(price), taken, left)
    }

    /// Takes an order out of its queue, and its level away if it was the last one there.
    #[inline(always)]
    pub(crate) fn take_out(
        &mut self,
        locate: Locate,
        entry: Entry,
        slot: &OrderSlot,
        before: &mut Before,
    ) -> Step {
        let level = self.levels.at_mut(slot.level);
        level.qty -= u64::from(slot.qty);
        level.orders -= 1;
        let LevelSlot { price, qty, orders, .. } = *level;
        if slot.ahead == NIL {
            level.head = slot.behind;
        } else {
            self.orders.at_mut(slot.ahead).behind = slot.behind;
        }
        if slot.behind == NIL {
            level.tail = slot.ahead;
        } else {
            self.orders.at_mut(slot.behind).ahead = slot.ahead;
        }
        if orders == 0 {
            self.drop_level(locate, slot.side(), slot.level, before);
        } else {
            self.raise_best(locate, slot.side(), price, qty);
        }
        self.index.remove(entry);
        self.orders.give_back(entry.slot);
        self.header_mut(locate).orders -= 1;
        step(slot, Price::from_key(price), slot.qty, 0)
    }

    #[inline(always)]
    pub(crate) fn drop_level(
        &mut self,
        locate: Locate,
        side: Side,
        level: Index,
        before: &mut Before,
    ) {
        let price = self.levels.at(level).price;
        let header = self.headers.at_mut(u32::from(locate.get()));
        let ladder = &mut header.ladders[side.index()];
        self.rungs.remove(ladder, rank(side, price));
        let ladder = *ladder;
        if header.best(side).0 == price {
            let best = self.rungs.best(ladder).map(|best| *self.levels.at(best));
            header.set_best(side, best.map_or((0, 0), |best| (best.price, best.qty)));
        }
        self.levels.give_back(level);
        before.levels_changed = true;
    }

    /// A level now has this quantity: if it is the best one, or better, the touch shows it. The
    /// best level itself, which may be far from any cache, need not be looked at.
    #[inline(always)]
    pub(crate) fn raise_best(&mut self, locate: Locate, side: Side, price: u32, qty: u64) {
        let header = self.header_mut(locate);
        let (best, best_qty) = header.best(side);
        if best_qty == 0 || rank(side, price) >= rank(side, best) {
            header.set_best(side, (price, qty));
        }
    }
}

#[inline(always)]
fn step(slot: &OrderSlot, price: Price, qty: u32, left: u32) -> Step {
    Step {
        order_ref: slot.order_ref(),
        price,
        qty: Qty::from(qty),
        left: Qty::from(left),
        arrival: slot.arrival(),
        at_head: slot.ahead == NIL,
    }
}
