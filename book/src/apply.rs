//! Applying messages to books.
//!
//! Every method checks all there is to check before it changes anything: a message is applied
//! whole or refused whole, and a refusal marks the symbol. The one exception is a replacement
//! that runs out of room: its old order is gone, in a book that is dead from then on.

use crate::header::LastTrade;
use crate::ladder::{Place, rank};
use crate::levels::LevelSlot;
use crate::order_index::Entry;
use crate::orders::{Index, NIL, OrderSlot};
use crate::{
    Action, Arrival, Books, Change, Locate, Nanos, OrderRef, Price, Qty, Reject, SeqNo, Side, Step,
    Trade,
};

/// Which message a change comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stamp {
    /// Its number in the session.
    pub seq: SeqNo,
    /// The exchange's time in it.
    pub time: Nanos,
}

/// An order as a message announces it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOrder {
    /// Its reference.
    pub order_ref: OrderRef,
    /// Its side.
    pub side: Side,
    /// Its quantity.
    pub qty: Qty,
    /// Its price.
    pub price: Price,
}

/// The touch of a side before a message and whether levels came or went: what [`Books::finish`]
/// compares with.
struct Before {
    best: (u32, u64),
    levels_changed: bool,
}

impl Books {
    /// An order joins the end of its queue (ITCH A, F).
    #[inline]
    pub fn add(&mut self, at: Stamp, locate: Locate, order: NewOrder) -> Result<Change, Reject> {
        match self.try_add(at, locate, order) {
            Ok(change) => Ok(change),
            Err(reject) => Err(self.refuse(locate, reject)),
        }
    }

    #[inline(always)]
    fn try_add(&mut self, at: Stamp, locate: Locate, order: NewOrder) -> Result<Change, Reject> {
        let (price, qty) = self.check_new(locate, order.price, order.qty)?;
        if let Some(entry) = self.index.find(order.order_ref, &self.orders) {
            let holder = self.orders.at(entry.slot).locate();
            return Err(Reject::ReusedRef { order_ref: order.order_ref, holder });
        }
        let mut before = self.before(locate, order.side);
        let step = self.insert(locate, order, (price, qty), &mut before)?;
        Ok(self.finish(at, locate, order.side, Action::Added, step, &before))
    }

    /// An order is executed against, in part or whole (ITCH E, C).
    #[inline]
    pub fn execute(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Qty,
    ) -> Result<Change, Reject> {
        match self.try_reduce(at, locate, order_ref, Some(qty), Action::Executed) {
            Ok(change) => Ok(change),
            Err(reject) => Err(self.refuse(locate, reject)),
        }
    }

    /// An order is reduced without an execution (ITCH X). Reduced by all it has, it is gone.
    #[inline]
    pub fn cancel(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Qty,
    ) -> Result<Change, Reject> {
        match self.try_reduce(at, locate, order_ref, Some(qty), Action::Cancelled) {
            Ok(change) => Ok(change),
            Err(reject) => Err(self.refuse(locate, reject)),
        }
    }

    /// An order is taken off (ITCH D).
    #[inline]
    pub fn delete(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
    ) -> Result<Change, Reject> {
        match self.try_reduce(at, locate, order_ref, None, Action::Deleted) {
            Ok(change) => Ok(change),
            Err(reject) => Err(self.refuse(locate, reject)),
        }
    }

    /// `qty` of `None` takes all.
    #[inline(always)]
    fn try_reduce(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Option<Qty>,
        action: Action,
    ) -> Result<Change, Reject> {
        let entry = self.check_live(locate, order_ref)?;
        let slot = *self.orders.at(entry.slot);
        let taken = match qty {
            None => slot.qty,
            Some(qty) if qty.is_zero() => return Err(Reject::ZeroQty),
            Some(qty) => qty
                .as_order()
                .filter(|&taken| taken <= slot.qty)
                .ok_or(Reject::TooMuch { order_ref, taken: qty, left: Qty::from(slot.qty) })?,
        };
        let side = slot.side();
        let mut before = self.before(locate, side);
        let step = if taken == slot.qty {
            self.take_out(locate, entry, &slot, &mut before)
        } else {
            self.take_part(entry.slot, &slot, taken)
        };
        Ok(self.finish(at, locate, side, action, step, &before))
    }

    /// An order leaves its queue and comes back under a new reference, with a new price and
    /// quantity, at the end of the queue there; side and symbol stay (ITCH U).
    #[inline]
    pub fn replace(
        &mut self,
        at: Stamp,
        locate: Locate,
        old: OrderRef,
        new: OrderRef,
        qty: Qty,
        price: Price,
    ) -> Result<Change, Reject> {
        match self.try_replace(at, locate, old, new, qty, price) {
            Ok(change) => Ok(change),
            Err(reject) => Err(self.refuse(locate, reject)),
        }
    }

    #[inline(always)]
    fn try_replace(
        &mut self,
        at: Stamp,
        locate: Locate,
        old: OrderRef,
        new: OrderRef,
        qty: Qty,
        price: Price,
    ) -> Result<Change, Reject> {
        let entry = self.check_live(locate, old)?;
        let (price_key, order_qty) = self.check_new(locate, price, qty)?;
        if let Some(holding) = self.index.find(new, &self.orders) {
            let holder = self.orders.at(holding.slot).locate();
            return Err(Reject::ReusedRef { order_ref: new, holder });
        }
        let slot = *self.orders.at(entry.slot);
        let side = slot.side();
        let mut before = self.before(locate, side);
        let old = self.take_out(locate, entry, &slot, &mut before);
        let order = NewOrder { order_ref: new, side, qty, price };
        let step = match self.insert(locate, order, (price_key, order_qty), &mut before) {
            Ok(step) => step,
            Err(reject) => {
                self.refresh_best(locate, side);
                return Err(reject);
            }
        };
        Ok(self.finish(at, locate, side, Action::Replaced { old }, step, &before))
    }

    /// Sets the quantity of a level in a book without orders; zero removes it.
    pub fn set_level(
        &mut self,
        at: Stamp,
        locate: Locate,
        side: Side,
        price: Price,
        qty: Qty,
    ) -> Result<Change, Reject> {
        match self.try_set_level(at, locate, side, price, qty) {
            Ok(change) => Ok(change),
            Err(reject) => Err(self.refuse(locate, reject)),
        }
    }

    fn try_set_level(
        &mut self,
        at: Stamp,
        locate: Locate,
        side: Side,
        price: Price,
        qty: Qty,
    ) -> Result<Change, Reject> {
        self.check_kept(locate)?;
        let key = price.key().ok_or(Reject::PriceRange(price))?;
        if self.header(locate).orders > 0 {
            return Err(Reject::MixedBook);
        }
        self.header_mut(locate).mark_bare();
        let mut before = self.before(locate, side);
        let ladder = self.header(locate).ladders[side.index()];
        let place = self.rungs.place(ladder, rank(side, key));
        if qty.is_zero() {
            if let Place::Level(level) = place {
                self.drop_level(locate, side, level, &mut before);
            }
        } else {
            let level = self.level_at(locate, side, key, place, &mut before)?;
            self.levels.at_mut(level).qty = qty.shares();
        }
        let step = Step {
            order_ref: OrderRef::default(),
            price,
            qty,
            left: qty,
            arrival: Arrival::default(),
            at_head: false,
        };
        Ok(self.finish(at, locate, side, Action::LevelSet, step, &before))
    }

    /// Notes a trade as the symbol's last.
    #[inline]
    pub fn note_trade(&mut self, at: Stamp, trade: &Trade) {
        if self.holds(trade.locate) {
            let last = LastTrade {
                price: trade.price,
                qty: trade.qty,
                match_no: trade.match_no,
                time: at.time,
                seq: at.seq,
            };
            self.records.at_mut(u32::from(trade.locate.get())).note_trade(last, trade.printable);
        }
    }

    /// The locate is held and its book was not given up.
    #[inline(always)]
    fn check_kept(&self, locate: Locate) -> Result<(), Reject> {
        if !self.holds(locate) {
            return Err(Reject::LocatesFull(locate));
        }
        if self.header(locate).is_dead() {
            return Err(Reject::DeadBook);
        }
        Ok(())
    }

    #[inline(always)]
    fn check_new(&self, locate: Locate, price: Price, qty: Qty) -> Result<(u32, u32), Reject> {
        self.check_kept(locate)?;
        if qty.is_zero() {
            return Err(Reject::ZeroQty);
        }
        let order_qty = qty.as_order().ok_or(Reject::QtyRange(qty))?;
        let key = price.key().ok_or(Reject::PriceRange(price))?;
        if self.header(locate).is_bare() {
            return Err(Reject::MixedBook);
        }
        Ok((key, order_qty))
    }

    /// The order is live and of that symbol. In a dead book too: what leaves it makes room.
    #[inline(always)]
    fn check_live(&self, locate: Locate, order_ref: OrderRef) -> Result<Entry, Reject> {
        if !self.holds(locate) {
            return Err(Reject::LocatesFull(locate));
        }
        match self.index.find(order_ref, &self.orders) {
            Some(entry) => {
                let found = self.orders.at(entry.slot).locate();
                if found == locate {
                    Ok(entry)
                } else {
                    Err(Reject::OtherSymbol { order_ref, expected: locate, found })
                }
            }
            None if self.header(locate).is_dead() => Err(Reject::DeadBook),
            None => Err(Reject::UnknownRef(order_ref)),
        }
    }

    #[inline(always)]
    fn before(&self, locate: Locate, side: Side) -> Before {
        Before { best: self.header(locate).best(side), levels_changed: false }
    }

    /// Puts an order that was checked at the end of its queue.
    #[inline(always)]
    fn insert(
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
        queue.orders += 1;
        queue.tail = index;
        if slot.ahead == NIL {
            queue.head = index;
        }
        self.index.insert(order.order_ref, index);
        self.header_mut(locate).orders += 1;
        Ok(step(&slot, order.price, qty, qty))
    }

    /// The level at a place, made where it is missing.
    #[inline(always)]
    fn level_at(
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
    fn take_part(&mut self, index: Index, slot: &OrderSlot, taken: u32) -> Step {
        let left = slot.qty - taken;
        self.orders.at_mut(index).qty = left;
        let level = self.levels.at_mut(slot.level);
        level.qty -= u64::from(taken);
        step(slot, Price::from_key(level.price), taken, left)
    }

    /// Takes an order out of its queue, and its level away if it was the last one there.
    #[inline(always)]
    fn take_out(
        &mut self,
        locate: Locate,
        entry: Entry,
        slot: &OrderSlot,
        before: &mut Before,
    ) -> Step {
        let level = self.levels.at_mut(slot.level);
        level.qty -= u64::from(slot.qty);
        level.orders -= 1;
        let price = Price::from_key(level.price);
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
        if level.orders == 0 {
            self.drop_level(locate, slot.side(), slot.level, before);
        }
        self.index.remove(entry);
        self.orders.give_back(entry.slot);
        self.header_mut(locate).orders -= 1;
        step(slot, price, slot.qty, 0)
    }

    #[inline(always)]
    fn drop_level(&mut self, locate: Locate, side: Side, level: Index, before: &mut Before) {
        let price = self.levels.at(level).price;
        let header = self.headers.at_mut(u32::from(locate.get()));
        self.rungs.remove(&mut header.ladders[side.index()], rank(side, price));
        self.levels.give_back(level);
        before.levels_changed = true;
    }

    /// Brings the touch in the header up to date and reports.
    #[inline(always)]
    fn finish(
        &mut self,
        at: Stamp,
        locate: Locate,
        side: Side,
        action: Action,
        step: Step,
        before: &Before,
    ) -> Change {
        let best = self.refresh_best(locate, side);
        let header = self.headers.at_mut(u32::from(locate.get()));
        header.seq = at.seq.get();
        header.time = at.time.get();
        Change {
            locate,
            side,
            action,
            step,
            touch_changed: best != before.best,
            levels_changed: before.levels_changed,
            crossed: header.is_crossed(),
        }
    }

    #[inline(always)]
    fn refresh_best(&mut self, locate: Locate, side: Side) -> (u32, u64) {
        let header = self.headers.at_mut(u32::from(locate.get()));
        let best = match self.rungs.best(header.ladders[side.index()]) {
            None => (0, 0),
            Some(level) => {
                let LevelSlot { price, qty, .. } = *self.levels.at(level);
                (price, qty)
            }
        };
        header.set_best(side, best);
        best
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
