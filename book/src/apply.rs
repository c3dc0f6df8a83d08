//! Applying messages to books.
//!
//! Every method checks all there is to check before it changes anything: a message is applied
//! whole or refused whole, and a refusal marks the symbol. The exceptions concern dead books
//! alone: a replacement that runs out of room has lost its old order, in a book that is dead from
//! then on, and a replacement in a dead book takes its old order off.

use crate::header::{Best, Header};
use crate::ladder::{Became, Ladders, LevelNow, rank};
use crate::near::NearSide;
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
    pub(crate) locate: Locate,
    pub(crate) order_ref: OrderRef,
    pub(crate) price: u32,
    pub(crate) qty: u32,
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
        let place = self.check_fresh(order_ref)?;
        let page = self.page(locate, side);
        let joins = Joins { locate, order_ref, price, qty };
        page.book.begin();
        match self.insert(page.near, place, &joins) {
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
        let slot = self.check_live(locate, order_ref)?;
        let found = self.found(self.orders.order_at(slot, order_ref));
        self.check_holder(locate, &found)?;
        let taken = match qty {
            None => found.qty,
            Some(qty) if qty.is_zero() => return Err(Reject::ZeroQty),
            Some(qty) => qty
                .as_order()
                .filter(|&taken| taken <= found.qty)
                .ok_or(Reject::TooMuch { order_ref, taken: qty, left: Qty::from(found.qty) })?,
        };
        let page = self.page(locate, found.side());
        page.book.begin();
        let (step, now) = if taken == found.qty {
            self.take_out(page.near, &found)
        } else {
            self.take_part(page.near, &found, taken)
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
        let slot = self.check_live(locate, old)?;
        let found = self.found(self.orders.order_at(slot, old));
        self.check_holder(locate, &found)?;
        if self.header(locate).is_dead() {
            return Err(self.take_off_dead(at, locate, old));
        }
        let (price_key, order_qty) = self.check_new(locate, price, qty)?;
        let vacant = match self.check_fresh(new) {
            Ok(place) => Some(place),
            // With its old order off there may be room.
            Err(Reject::OrdersFull) => None,
            Err(reject) => return Err(reject),
        };
        let side = found.side();
        let page = self.page(locate, side);
        page.book.begin();
        let (old, left) = self.leave(page.near, &found);
        let vacant = vacant.map_or_else(|| self.check_fresh(new), Ok);
        let joins = Joins { locate, order_ref: new, price: price_key, qty: order_qty };
        let action = Action::Replaced { old };
        let has_vanished = left.became == Became::Vanished;
        if left.spot.rank == rank(side, price_key) {
            // It stays at its level, which is there though it has no order for a moment.
            let joined = vacant.and_then(|place| self.join(found.level, place, &joins, left.spot));
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
        let before = page.near.header.best(side);
        page.lock.begin();
        let best = self.ladders.settle(page.near, before, &left, &self.queues);
        match vacant.and_then(|place| self.insert(page.near, place, &joins)) {
            Ok((step, now)) => {
                let best = self.ladders.settle(page.near, best, &now, &self.queues);
                let change = publish(page, (at, locate), (before, best), action, step, now);
                Ok(Change { levels_changed: has_vanished | change.levels_changed, ..change })
            }
            Err(reject) => {
                let _ = publish(page, (at, locate), (before, best), Action::Deleted, old, left);
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
            self.queues.drop_level(self.queues.line_at(left.spot.level));
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
        let has_levels = |side| Ladders::len(self.ladders.side(header, locate, side)) > 0;
        if !header.is_bare() && Side::BOTH.into_iter().any(has_levels) {
            return Err(Reject::MixedBook);
        }
        self.write(locate, Header::mark_bare);
        let page = self.page(locate, side);
        let spot = self.ladders.find(page.near, rank(side, key));
        page.book.begin();
        let now = if qty.is_zero() {
            if spot.level != 0 {
                self.queues.drop_level(self.queues.line_at(spot.level));
            }
            LevelNow { became: Became::Vanished, spot, orders: 0, qty: 0 }
        } else {
            match self.put_bare(page.near, locate, key, qty) {
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
            let change = publish(page, (at, locate), (before, before), Action::LevelSet, step, now);
            return Ok(Change { levels_changed: false, ..change });
        }
        Ok(self.settle(page, (at, locate), Action::LevelSet, step, now))
    }

    /// Gives the level at a price a quantity, within a change.
    pub(crate) fn put_bare(
        &self,
        near: NearSide<'_>,
        locate: Locate,
        price: u32,
        qty: Qty,
    ) -> Result<LevelNow, Reject> {
        let spot = self.ladders.find(near, rank(near.side, price));
        let level = self.level_for(near, locate, price, &spot)?;
        level.line.qty.set(qty.shares());
        let became = if spot.level == 0 { Became::Appeared } else { Became::Changed };
        Ok(LevelNow { became, spot: spot.with(level.number), orders: 0, qty: qty.shares() })
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
        let before = page.near.header.best(page.near.side);
        let settle = || self.ladders.settle(page.near, before, &now, &self.queues);
        let best = if now.spot.is_near {
            page.lock.begin();
            settle()
        } else {
            // Whoever reads what is near need not wait for this.
            let best = settle();
            page.lock.begin();
            best
        };
        publish(page, message, (before, best), action, step, now)
    }

    /// What a message on one side of a symbol writes to, looked up once.
    #[inline(always)]
    fn page(&self, locate: Locate, side: Side) -> Page<'_> {
        let header = self.header(locate);
        Page {
            near: self.ladders.side(header, locate, side),
            book: self.change(locate),
            lock: header.line(),
        }
    }
}

/// What a message on one side of a symbol writes to.
#[derive(Clone, Copy)]
struct Page<'a> {
    /// The near levels, and the header.
    near: NearSide<'a>,
    book: &'a Version,
    lock: &'a Version,
}

/// Publishes what a message made of the best level of `before`, and reports: the ladder shows it already,
/// and the line is open.
#[inline(always)]
fn publish(
    page: Page<'_>,
    (at, locate): (Stamp, Locate),
    (before, best): (Best, Best),
    action: Action,
    step: Step,
    now: LevelNow,
) -> Change {
    let Page { near, book, lock } = page;
    near.header.note(near.side, best, at);
    lock.end();
    book.end();
    Change {
        locate,
        side: near.side,
        action,
        step,
        touch_changed: best != before,
        levels_changed: now.became != Became::Changed,
        crossed: near.header.is_crossed(),
    }
}
