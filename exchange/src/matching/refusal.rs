//! Why the exchange did not take an order or an instruction.

use thiserror::Error;
use wirebook_book::{Locate, OrderRef, Price, Qty, TradingState};

/// Why an instruction was refused. Nothing changed and nothing was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Refusal {
    /// No symbol is listed under this locate.
    #[error("no symbol is listed under {0:?}")]
    UnknownSymbol(Locate),
    /// A symbol is listed under this locate already.
    #[error("{0:?} is taken")]
    LocateTaken(Locate),
    /// The listing has a tick of zero or less, or a round lot of nothing.
    #[error("the listing of {0:?} has no usable tick or round lot")]
    BadListing(Locate),
    /// The symbol takes no such instruction in its present state.
    #[error("{locate:?} is {state}")]
    NotTrading {
        /// The symbol.
        locate: Locate,
        /// What it is instead.
        state: TradingState,
    },
    /// The price is zero, negative or beyond [`super::Exchange::MAX_PRICE`].
    #[error("a price of {0}")]
    PriceRange(Price),
    /// The price is no multiple of the tick.
    #[error("{price} is no multiple of the tick {tick}")]
    OffTick {
        /// The price.
        price: Price,
        /// The tick of the symbol.
        tick: Price,
    },
    /// An order shown at a price that is not worse than the one it works at.
    #[error("shown at {shown}, which is not worse than {limit}")]
    ShownPrice {
        /// The price it would be shown at.
        shown: Price,
        /// The price it would work at.
        limit: Price,
    },
    /// The quantity is zero or more than one order can have.
    #[error("a quantity of {0}")]
    QtyRange(Qty),
    /// No live order of this participant has this reference.
    #[error("no live order of the participant is {0:?}")]
    UnknownOrder(OrderRef),
    /// A reduction by as much as is left, or more: cancel the order instead.
    #[error("{by} off {order_ref:?}, which has {left}")]
    NotAReduction {
        /// The order.
        order_ref: OrderRef,
        /// The reduction.
        by: Qty,
        /// What is left of the order.
        left: Qty,
    },
    /// An order that waits for a cross cannot be replaced.
    #[error("{0:?} waits for a cross")]
    WaitsForCross(OrderRef),
    /// Trading cannot resume in a book that is locked or crossed: hold a cross first.
    #[error("bid {bid} and ask {ask} would trade: a cross must come first")]
    Crossed {
        /// The best bid, hidden orders included.
        bid: Price,
        /// The best ask, hidden orders included.
        ask: Price,
    },
    /// More orders are live than slots can be numbered.
    #[error("no room for another order")]
    OrdersFull,
}
