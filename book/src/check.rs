//! What must be true of a message before it changes anything.

use crate::orders::{OrderAt, Slot, Vacancy};
use crate::queues::LineAt;
use crate::{Books, Locate, OrderRef, Price, Qty, Reject, Side};

/// A live order that a message concerns.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) place: OrderAt<'a>,
    pub(crate) qty: u32,
    /// The line of its queue in which it stands.
    pub(crate) line: LineAt<'a>,
    pub(crate) level: LineAt<'a>,
}

impl Found<'_> {
    #[inline(always)]
    pub(crate) fn side(&self) -> Side {
        self.level.line.side()
    }
}

impl Books {
    /// The locate is held and its book was not given up.
    #[inline(always)]
    pub(crate) fn check_kept(&self, locate: Locate) -> Result<(), Reject> {
        if !self.holds(locate) {
            return Err(Reject::LocatesFull(locate));
        }
        if self.header(locate).is_dead() {
            return Err(Reject::DeadBook);
        }
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn check_new(
        &self,
        locate: Locate,
        price: Price,
        qty: Qty,
    ) -> Result<(u32, u32), Reject> {
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
    pub(crate) fn check_fresh(&self, order_ref: OrderRef) -> Result<OrderAt<'_>, Reject> {
        match self.orders.vacancy(order_ref) {
            Vacancy::At(slot) => Ok(self.orders.order_at(slot, order_ref)),
            Vacancy::Full => Err(Reject::OrdersFull),
            Vacancy::Taken(slot) => {
                let level = self.queues.level_of(self.orders.line_of(slot));
                Err(Reject::ReusedRef { order_ref, holder: self.queues.line(level).locate() })
            }
        }
    }

    /// The order is live. In a dead book too: what leaves it makes room.
    #[inline(always)]
    pub(crate) fn check_live(&self, locate: Locate, order_ref: OrderRef) -> Result<Slot, Reject> {
        if !self.holds(locate) {
            return Err(Reject::LocatesFull(locate));
        }
        self.orders.find_from(self.hint.slot, order_ref).ok_or_else(|| {
            let dead = self.header(locate).is_dead();
            if dead { Reject::DeadBook } else { Reject::UnknownRef(order_ref) }
        })
    }

    /// The order is of that symbol. Asked apart, so that what was found of it needs no place in memory.
    #[inline(always)]
    pub(crate) fn check_holder(&self, locate: Locate, found: &Found<'_>) -> Result<(), Reject> {
        let holder = found.level.line.locate();
        if holder == locate {
            return Ok(());
        }
        let order_ref = found.place.order_ref();
        Err(Reject::OtherSymbol { order_ref, expected: locate, found: holder })
    }

    /// The order in a place, with its queue.
    #[inline(always)]
    pub(crate) fn found<'a>(&'a self, place: OrderAt<'a>) -> Found<'a> {
        let line = self.queues.line_at(place.line());
        Found { place, qty: place.qty(), line, level: self.queues.level_at(line) }
    }
}
