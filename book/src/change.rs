//! What a message did to a book, and why one was refused.

use thiserror::Error;

use crate::{Locate, MatchNo, OrderRef, Price, Qty, Side};

/// When an order joined its queue, relative to every other order of the same books.
///
/// Of two orders at one price the one with the earlier arrival is ahead. The number is the count
/// of orders added before, in 32 bits that may come round: compare with [`Arrival::is_before`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Arrival(u32);

impl Arrival {
    pub(crate) const fn new(count: u32) -> Arrival {
        Arrival(count)
    }

    /// Whether an order that arrived now stands ahead of one that arrived at `other`. True as
    /// long as `other` is one of the 2³¹ − 1 orders that were added next.
    #[must_use]
    pub const fn is_before(self, other: Arrival) -> bool {
        other.0.wrapping_sub(self.0).wrapping_sub(1) < u32::MAX / 2
    }
}

/// What happened to one order (or, for [`Action::LevelSet`], to one level).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// The order's reference; zero for a level without orders.
    pub order_ref: OrderRef,
    /// The price of its level.
    pub price: Price,
    /// How much was added or taken away; for a level without orders its new quantity.
    pub qty: Qty,
    /// What is left of the order (or of the level) afterwards.
    pub left: Qty,
    /// When the order joined its queue; the default for a level without orders.
    pub arrival: Arrival,
    /// Whether the order stood at the head of its queue when it was taken from, or stands there
    /// now that it was added. False for a level without orders.
    pub at_head: bool,
}

/// The kind of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// An order joined the end of its queue.
    Added,
    /// An order was executed against, in part or whole.
    Executed,
    /// An order was reduced without an execution; in whole it is gone.
    Cancelled,
    /// An order was taken off.
    Deleted,
    /// An order left its queue and came back under a new reference at the end of a queue.
    Replaced {
        /// The order that left; [`Change::step`] is the one that came.
        old: Step,
    },
    /// A level without orders got a new quantity.
    LevelSet,
}

/// What one message did to one book. The book already shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// The symbol.
    pub locate: Locate,
    /// The side that changed; a message changes one side only.
    pub side: Side,
    /// What was done.
    pub action: Action,
    /// To what.
    pub step: Step,
    /// Whether the best price or its quantity differs from before the message.
    pub touch_changed: bool,
    /// Whether a level appeared or vanished; also where the only order at a price was replaced
    /// by one at the same price.
    pub levels_changed: bool,
    /// Whether the book is now locked or crossed (best bid at or above best ask).
    pub crossed: bool,
}

/// How a trade came about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TradeKind {
    /// A displayed order was executed at its own price (ITCH E).
    Execution,
    /// A displayed order was executed at another price (ITCH C).
    ExecutionWithPrice,
    /// An order that is not displayed was executed (ITCH P); the book did not change.
    Hidden,
    /// An auction (ITCH Q); the executions in it come as messages of their own.
    Cross,
}

/// One trade as the feed reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trade {
    /// The symbol.
    pub locate: Locate,
    /// How it came about.
    pub kind: TradeKind,
    /// The side of the resting order, where the feed tells it.
    pub resting: Option<Side>,
    /// The resting order, where the feed tells it.
    pub order_ref: Option<OrderRef>,
    /// The price of the trade.
    pub price: Price,
    /// How much was traded.
    pub qty: Qty,
    /// The exchange's number of it.
    pub match_no: MatchNo,
    /// Whether it counts in the tape's volume.
    pub printable: bool,
}

/// Why a message was not applied. The book is as it was, but for its state.
///
/// All but the capacity refusals make a book [`crate::FeedState::Suspect`]: the exchange's book and ours
/// can no longer be the same. A capacity refusal makes it [`crate::FeedState::Dead`].
///
/// Of several things wrong with one message the refusal is the first of these: `LocatesFull`;
/// for a message on a live order `OtherSymbol` and `UnknownRef`; `DeadBook`; `ZeroQty`;
/// `TooMuch`; `QtyRange`; `PriceRange`; `MixedBook`; `ReusedRef`; `OrdersFull`; `LevelsFull`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
pub enum Reject {
    /// No live order has this reference.
    #[error("{0:?} is not a live order")]
    UnknownRef(OrderRef),
    /// An order with this reference is live already. It stays; the new one is refused, and
    /// the symbols of both are suspect. A replacement must bring a reference of its own, too.
    #[error("{order_ref:?} is live already, in {holder:?}")]
    ReusedRef {
        /// The reference.
        order_ref: OrderRef,
        /// The symbol of the order that has it.
        holder: Locate,
    },
    /// The order belongs to another symbol than the message says.
    #[error("{order_ref:?} belongs to {found:?}, not to {expected:?}")]
    OtherSymbol {
        /// The order.
        order_ref: OrderRef,
        /// The symbol that the message names.
        expected: Locate,
        /// The symbol of the order.
        found: Locate,
    },
    /// More was executed or cancelled than the order has left.
    #[error("{taken} taken from {order_ref:?}, which has {left}")]
    TooMuch {
        /// The order.
        order_ref: OrderRef,
        /// What the message takes.
        taken: Qty,
        /// What the order has.
        left: Qty,
    },
    /// A quantity of nothing where something must be.
    #[error("a quantity of zero")]
    ZeroQty,
    /// A quantity that no order (or level) can have.
    #[error("a quantity of {0}")]
    QtyRange(Qty),
    /// A price that no book can hold.
    #[error("a price of {0}")]
    PriceRange(Price),
    /// A level set in a book that has orders, or an order in a book of levels. What had a level
    /// set is a book of levels until [`crate::Books::clear`].
    #[error("orders and bare levels in one book")]
    MixedBook,
    /// The order table is full, or so crowded around this reference as takes references that
    /// were made for the purpose.
    #[error("no room for another order")]
    OrdersFull,
    /// The level table is full, or the side has 16,384 levels; or, after most levels were in use
    /// and sides grew and shrank by turns, no free memory is in one piece as long as the side.
    #[error("no room for another level")]
    LevelsFull,
    /// The locate is beyond the configured number of symbols.
    #[error("{0:?} is beyond the configured number of symbols")]
    LocatesFull(Locate),
    /// The book ran out of a capacity earlier and is no longer kept. What it still has can leave
    /// it, so that there is room for others: orders can be executed, cancelled and deleted, and
    /// bare levels removed. A replacement takes its old order off and is refused, as is anything
    /// on an order that the book does not have.
    #[error("the book is dead")]
    DeadBook,
}

impl Reject {
    /// Whether a capacity ran out (the book is then dead), rather than a message being wrong.
    #[must_use]
    pub const fn is_capacity(self) -> bool {
        matches!(self, Reject::OrdersFull | Reject::LevelsFull | Reject::LocatesFull(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_compare_around_the_end_of_the_count() {
        let (a, b) = (Arrival::new(u32::MAX), Arrival::new(3));
        assert!(a.is_before(b));
        assert!(!b.is_before(a));
        assert!(!a.is_before(a));
        assert!(a.is_before(Arrival::new(u32::MAX.wrapping_add(i32::MAX.unsigned_abs()))));
        assert!(!a.is_before(Arrival::new(u32::MAX.wrapping_add(1 << 31))));
    }
}
