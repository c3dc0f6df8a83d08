//! What participants send, and what they may look at.

use core::fmt;

use wirebook_book::{Locate, OrderRef, Price, Qty, Side};

use super::CrossKind;

/// A participant of the exchange. Orders can be reduced, cancelled and replaced only by whoever
/// sent them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct ParticipantId(u32);

impl ParticipantId {
    /// From the bare number.
    #[must_use]
    pub const fn new(number: u32) -> ParticipantId {
        ParticipantId(number)
    }

    /// The bare number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A market participant identifier: four letters under which a firm shows its quotes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Mpid([u8; 4]);

impl Mpid {
    /// From the four bytes on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Mpid {
        Mpid(bytes)
    }

    /// The four bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Debug for Mpid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(core::str::from_utf8(&self.0).unwrap_or("?"))
    }
}

/// How a resting order is shown to the market.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// At the price it works at.
    Shown,
    /// At this price, worse than the one it works at. At its working price it ranks as a hidden
    /// order. It stops working there when the symbol leaves continuous trading or crosses.
    ShownAt(Price),
    /// Not at all.
    Hidden,
}

/// What an order asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Terms {
    /// Trade at the limit or better; what is left rests.
    Rest {
        /// The worst price at which it trades.
        limit: Price,
        /// How the rest is shown.
        visibility: Visibility,
        /// The identifier shown with it; without one the order is anonymous.
        attribution: Option<Mpid>,
    },
    /// Trade at the limit or better (at any price without one); what is left is cancelled.
    Immediate {
        /// The worst price at which it trades.
        limit: Option<Price>,
    },
    /// Wait unseen for a cross; what is left after it is cancelled.
    Auction {
        /// Which cross.
        cross: CrossKind,
        /// The worst price at which it trades; without one it takes any.
        limit: Option<Price>,
    },
}

impl Terms {
    /// A displayed, anonymous limit order.
    #[must_use]
    pub const fn shown(limit: Price) -> Terms {
        Terms::Rest { limit, visibility: Visibility::Shown, attribution: None }
    }

    /// A hidden limit order.
    #[must_use]
    pub const fn hidden(limit: Price) -> Terms {
        Terms::Rest { limit, visibility: Visibility::Hidden, attribution: None }
    }

    /// The worst price at which an order of these terms trades; `None` takes any.
    #[must_use]
    pub const fn limit(&self) -> Option<Price> {
        match *self {
            Terms::Rest { limit, .. } => Some(limit),
            Terms::Immediate { limit } | Terms::Auction { limit, .. } => limit,
        }
    }
}

/// An order as it comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOrder {
    /// Who sends it.
    pub participant: ParticipantId,
    /// The symbol.
    pub locate: Locate,
    /// To buy ([`Side::Bid`]) or to sell.
    pub side: Side,
    /// How much.
    pub qty: Qty,
    /// On which terms.
    pub terms: Terms,
}

/// What became of an order when it came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The reference it got.
    pub order_ref: OrderRef,
    /// How much of it traded at once.
    pub executed: Qty,
    /// How much of it rests, or waits for its cross. The remainder was cancelled.
    pub resting: Qty,
}

/// A live order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderView {
    /// Its reference.
    pub order_ref: OrderRef,
    /// Who sent it.
    pub participant: ParticipantId,
    /// Its symbol.
    pub locate: Locate,
    /// Its side.
    pub side: Side,
    /// The price it is shown at; for one that is not shown, the price it works at.
    pub price: Price,
    /// What is left of it.
    pub qty: Qty,
    /// Whether the feed shows it.
    pub shown: bool,
}

/// One price of the displayed book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LevelView {
    /// The price.
    pub price: Price,
    /// The displayed quantity of all its orders.
    pub qty: Qty,
    /// How many orders.
    pub orders: u32,
}
