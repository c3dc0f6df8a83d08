//! Applying messages to books.
//!
//! Every method checks all there is to check before it changes anything: a message is applied
//! whole or refused whole, and a refusal marks the symbol. The exceptions concern dead books
//! alone: a replacement that runs out of room has lost its old order, in a book that is dead from
//! then on, and a replacement in a dead book takes its old order off.

use crate::header::LastTrade;
use crate::ladder::{Place, rank};
use crate::order_index::Entry;
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
pub(crate) struct Before {
    best: (u32, u64),
    pub(crate) levels_changed: bool,
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
            self.take_part(locate, entry.slot, &slot, taken)
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
        if self.header(locate).is_dead() {
            return Err(self.take_off_dead(at, locate, old));
        }
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
                self.finish(at, locate, side, Action::Deleted, old, &before);
                return Err(reject);
            }
        };
        Ok(self.finish(at, locate, side, Action::Replaced { old }, step, &before))
    }

    /// Takes an order out of a book that is not kept, and refuses what would replace it.
    #[cold]
    fn take_off_dead(&mut self, at: Stamp, locate: Locate, old: OrderRef) -> Reject {
        match self.try_reduce(at, locate, old, None, Action::Deleted) {
            Ok(_) => Reject::DeadBook,
            Err(reject) => reject,
        }
    }

    /// Sets the quantity of a level in a book without orders; zero removes it. The book is one
    /// of bare levels from then on until [`Books::clear`], though it be empty.
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
        match self.check_kept(locate) {
            // What leaves a dead book makes room.
            Err(Reject::DeadBook) if qty.is_zero() => {}
            kept => kept?,
        }
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
            self.raise_best(locate, side, key, qty.shares());
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

    /// Notes a trade as the symbol's last. One of a symbol beyond the capacity is passed over.
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

    /// Stamps the book and reports.
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
        let header = self.headers.at_mut(u32::from(locate.get()));
        header.note_change(at.seq, at.time);
        Change {
            locate,
            side,
            action,
            step,
            touch_changed: header.best(side) != before.best,
            levels_changed: before.levels_changed,
            crossed: header.is_crossed(),
        }
    }
}
