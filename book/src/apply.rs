//! Applying messages to books.
//!
//! Every method checks all there is to check before it changes anything: a message is applied
//! whole or refused whole, and a refusal marks the symbol. The exceptions concern dead books
//! alone: a replacement that runs out of room has lost its old order, in a book that is dead from
//! then on, and a replacement in a dead book takes its old order off.

use crate::header::{Best, Header};
use crate::ladder::{Became, LevelNow, rank};
use crate::near::Ring;
use crate::orders::{Resting, Slot, Vacancy};
use crate::record::LastTrade;
use crate::region::seqlock::Version;
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

/// An order that was checked and will join the book.
#[derive(Clone, Copy)]
pub(crate) struct Joins {
    pub(crate) slot: Slot,
    pub(crate) locate: Locate,
    pub(crate) order_ref: OrderRef,
    pub(crate) side: Side,
    pub(crate) price: u32,
    pub(crate) qty: u32,
}

/// A live order that a message concerns.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    pub(crate) order: Resting,
    pub(crate) level: u32,
    pub(crate) side: Side,
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
    fn try_add(&self, at: Stamp, locate: Locate, order: NewOrder) -> Result<Change, Reject> {
        let NewOrder { order_ref, side, .. } = order;
        let (price, qty) = self.check_new(locate, order.price, order.qty)?;
        let slot = self.check_fresh(order_ref)?;
        let page = self.page(locate, side);
        let joins = Joins { slot, locate, order_ref, side, price, qty };
        page.book.begin();
        match self.insert(page.ring, &joins) {
            Ok((step, now)) => Ok(self.settle(page, (at, locate), Action::Added, step, now)),
            Err(reject) => {
                page.book.end();
                Err(reject)
            }
        }
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
        &self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Option<Qty>,
        action: Action,
    ) -> Result<Change, Reject> {
        let found = self.check_live(locate, order_ref)?;
        let Found { order, side, .. } = found;
        let taken = match qty {
            None => order.qty,
            Some(qty) if qty.is_zero() => return Err(Reject::ZeroQty),
            Some(qty) => qty
                .as_order()
                .filter(|&taken| taken <= order.qty)
                .ok_or(Reject::TooMuch { order_ref, taken: qty, left: Qty::from(order.qty) })?,
        };
        let page = self.page(locate, side);
        page.book.begin();
        let (step, now) = if taken == order.qty {
            self.take_out(page.ring, &found)
        } else {
            self.take_part(page.ring, &found, taken)
        };
        Ok(self.settle(page, (at, locate), action, step, now))
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
        &self,
        at: Stamp,
        locate: Locate,
        old: OrderRef,
        new: OrderRef,
        qty: Qty,
        price: Price,
    ) -> Result<Change, Reject> {
        let found = self.check_live(locate, old)?;
        if self.header(locate).is_dead() {
            return Err(self.take_off_dead(at, locate, old));
        }
        let (price_key, order_qty) = self.check_new(locate, price, qty)?;
        let vacant = match self.check_fresh(new) {
            Ok(slot) => Some(slot),
            // With its old order off there may be room.
            Err(Reject::OrdersFull) => None,
            Err(reject) => return Err(reject),
        };
        let side = found.side;
        let page = self.page(locate, side);
        page.book.begin();
        let (old, left) = self.leave(page.ring, &found);
        let vacant = vacant.map_or_else(|| self.check_fresh(new), Ok);
        let joins = |slot| {
            let (price, qty) = (price_key, order_qty);
            Joins { slot, locate, order_ref: new, side, price, qty }
        };
        let action = Action::Replaced { old };
        let has_vanished = left.became == Became::Vanished;
        if left.spot.rank == rank(side, price_key) {
            // It stays at its level, which is there though it has no order for a moment.
            let joined =
                vacant.and_then(|slot| self.join(&joins(slot), left.spot, Became::Changed));
            return match joined {
                Ok((step, now)) => {
                    let change = self.settle(page, (at, locate), action, step, now);
                    Ok(Change { levels_changed: has_vanished, ..change })
                }
                Err(reject) => Err(self.settle_without(page, (at, locate), old, left, reject)),
            };
        }
        if has_vanished {
            self.queues.drop_level(found.level);
        }
        // Where the new one goes is told by the ladder without the old one's level.
        let before = page.ring.header.best(side);
        page.lock.begin();
        self.ladders.settle(page.ring, &left, &self.queues);
        match vacant.and_then(|slot| self.insert(page.ring, &joins(slot))) {
            Ok((step, now)) => {
                self.ladders.settle(page.ring, &now, &self.queues);
                let change = publish(page, (at, locate), before, action, step, now);
                Ok(Change { levels_changed: has_vanished | change.levels_changed, ..change })
            }
            Err(reject) => {
                let _ = publish(page, (at, locate), before, Action::Deleted, old, left);
                Err(reject)
            }
        }
    }

    /// An order left and another one found no room in its place.
    #[cold]
    fn settle_without(
        &self,
        page: Page<'_>,
        message: (Stamp, Locate),
        old: Step,
        left: LevelNow,
        reject: Reject,
    ) -> Reject {
        if left.became == Became::Vanished {
            self.queues.drop_level(left.spot.level);
        }
        let _ = self.settle(page, message, Action::Deleted, old, left);
        reject
    }

    /// Takes an order out of a book that is not kept, and refuses what would replace it.
    #[cold]
    fn take_off_dead(&self, at: Stamp, locate: Locate, old: OrderRef) -> Reject {
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
        &self,
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
        let header = self.header(locate);
        if !header.is_bare() && Side::BOTH.iter().any(|&side| self.ladders.len(header, side) > 0) {
            return Err(Reject::MixedBook);
        }
        self.write(locate, Header::mark_bare);
        let page = self.page(locate, side);
        let spot = self.ladders.find(page.ring, rank(side, key));
        page.book.begin();
        let now = if qty.is_zero() {
            if spot.level != 0 {
                self.queues.drop_level(spot.level);
            }
            LevelNow { became: Became::Vanished, spot, orders: 0, qty: 0 }
        } else {
            match self.put_bare(page.ring, locate, key, qty) {
                Ok(now) => now,
                Err(reject) => {
                    page.book.end();
                    return Err(reject);
                }
            }
        };
        let step = Step {
            order_ref: OrderRef::default(),
            price,
            qty,
            left: qty,
            arrival: Arrival::default(),
            at_head: false,
        };
        if spot.level == 0 && qty.is_zero() {
            // Nothing was there and nothing is.
            let before = header.best(side);
            page.lock.begin();
            let change = publish(page, (at, locate), before, Action::LevelSet, step, now);
            return Ok(Change { levels_changed: false, ..change });
        }
        Ok(self.settle(page, (at, locate), Action::LevelSet, step, now))
    }

    /// Gives the level at a price a quantity, within a change.
    pub(crate) fn put_bare(
        &self,
        ring: Ring<'_>,
        locate: Locate,
        price: u32,
        qty: Qty,
    ) -> Result<LevelNow, Reject> {
        let spot = self.ladders.find(ring, rank(ring.side, price));
        let (spot, became) = self.level_at(ring, locate, price, spot)?;
        self.queues.line(spot.level).qty.set(qty.shares());
        Ok(LevelNow { became, spot, orders: 0, qty: qty.shares() })
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
            let record = self.records.at(u32::from(trade.locate.get()));
            self.write(trade.locate, |_| record.note_trade(last, trade.printable));
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

    /// A place for an order whose reference no live order has.
    #[inline(always)]
    pub(crate) fn check_fresh(&self, order_ref: OrderRef) -> Result<Slot, Reject> {
        match self.orders.vacancy(order_ref) {
            Vacancy::At(slot) => Ok(slot),
            Vacancy::Full => Err(Reject::OrdersFull),
            Vacancy::Taken(slot) => {
                let level = self.queues.level_of(self.orders.line_of(slot));
                Err(Reject::ReusedRef { order_ref, holder: self.queues.line(level).locate() })
            }
        }
    }

    /// The order is live and of that symbol. In a dead book too: what leaves it makes room.
    #[inline(always)]
    fn check_live(&self, locate: Locate, order_ref: OrderRef) -> Result<Found, Reject> {
        if !self.holds(locate) {
            return Err(Reject::LocatesFull(locate));
        }
        let Some(slot) = self.orders.find_from(self.hint.slot, order_ref) else {
            let dead = self.header(locate).is_dead();
            return Err(if dead { Reject::DeadBook } else { Reject::UnknownRef(order_ref) });
        };
        let order = self.orders.at(slot);
        let level = self.queues.level_of(order.line);
        let line = self.queues.line(level);
        let found = line.locate();
        if found == locate {
            Ok(Found { slot, order, level, side: line.side() })
        } else {
            Err(Reject::OtherSymbol { order_ref, expected: locate, found })
        }
    }

    /// Publishes what a message made of a level, and reports.
    #[inline(always)]
    fn settle(
        &self,
        page: Page<'_>,
        message: (Stamp, Locate),
        action: Action,
        step: Step,
        now: LevelNow,
    ) -> Change {
        let before = page.ring.header.best(page.ring.side);
        if now.spot.is_near {
            page.lock.begin();
            self.ladders.settle(page.ring, &now, &self.queues);
        } else {
            // Whoever reads what is near need not wait for this.
            self.ladders.settle(page.ring, &now, &self.queues);
            page.lock.begin();
        }
        publish(page, message, before, action, step, now)
    }

    /// What a message on one side of a symbol writes to, looked up once.
    #[inline(always)]
    fn page(&self, locate: Locate, side: Side) -> Page<'_> {
        let header = self.header(locate);
        Page {
            ring: self.ladders.ring(header, locate, side),
            book: self.change(locate),
            lock: header.line(),
        }
    }
}

/// What a message on one side of a symbol writes to.
#[derive(Clone, Copy)]
struct Page<'a> {
    /// The near levels, and the header.
    ring: Ring<'a>,
    book: &'a Version,
    lock: &'a Version,
}

/// Publishes what a message made of the best level, and reports: the ladder shows it already, the line
/// is open, and `before` is what it said of that level before.
#[inline(always)]
fn publish(
    page: Page<'_>,
    (at, locate): (Stamp, Locate),
    before: Best,
    action: Action,
    step: Step,
    now: LevelNow,
) -> Change {
    let Page { ring, book, lock } = page;
    let best = ring.best();
    ring.header.note(ring.side, best, at);
    lock.end();
    book.end();
    Change {
        locate,
        side: ring.side,
        action,
        step,
        touch_changed: best != before,
        levels_changed: now.became != Became::Changed,
        crossed: ring.header.is_crossed(),
    }
}
