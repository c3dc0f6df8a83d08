//! What the exchange says, in the order in which it happened.

use wirebook_book::{Locate, MatchNo, OrderRef, Price, Qty, Side};

use super::{
    AuctionCollar, Listing, MarketPosition, Mpid, ParticipantId, ShortSale, SystemEvent,
    TradingAction,
};

/// An auction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CrossKind {
    /// At the start of market hours.
    Opening,
    /// At the end of market hours.
    Closing,
    /// When a halted symbol resumes.
    Halt,
}

/// A displayed order joined the end of its queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Added {
    /// The symbol.
    pub locate: Locate,
    /// The order.
    pub order_ref: OrderRef,
    /// Who sent it.
    pub participant: ParticipantId,
    /// Its side.
    pub side: Side,
    /// The price it is shown at.
    pub price: Price,
    /// Its quantity.
    pub qty: Qty,
    /// The identifier shown with it.
    pub attribution: Option<Mpid>,
}

/// An order that rested (or waited for a cross) traded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Execution {
    /// The symbol.
    pub locate: Locate,
    /// The order that traded.
    pub order_ref: OrderRef,
    /// Who sent it.
    pub participant: ParticipantId,
    /// Its side.
    pub side: Side,
    /// The price of the trade.
    pub price: Price,
    /// The price the order is shown at; `None` where it is not shown.
    pub shown: Option<Price>,
    /// How much traded.
    pub qty: Qty,
    /// What is left of the order; at zero it is gone.
    pub left: Qty,
    /// The number of the trade.
    pub match_no: MatchNo,
    /// Who sent the order that it traded with, in continuous trading.
    pub taker: Option<ParticipantId>,
    /// The cross in which it traded. Its volume is printed in bulk with [`Event::Crossed`].
    pub cross: Option<CrossKind>,
}

/// An order lost part of its quantity and kept its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reduced {
    /// The symbol.
    pub locate: Locate,
    /// The order.
    pub order_ref: OrderRef,
    /// What was taken away.
    pub by: Qty,
    /// What is left of it.
    pub left: Qty,
    /// Whether the feed shows the order.
    pub shown: bool,
}

/// An order was taken off without trading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deleted {
    /// The symbol.
    pub locate: Locate,
    /// The order.
    pub order_ref: OrderRef,
    /// Who sent it.
    pub participant: ParticipantId,
    /// Whether the feed showed the order.
    pub shown: bool,
}

/// An order left its queue and joined the end of one under a new reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replaced {
    /// The symbol.
    pub locate: Locate,
    /// The reference that is gone.
    pub old: OrderRef,
    /// The reference that came.
    pub new: OrderRef,
    /// Who sent it.
    pub participant: ParticipantId,
    /// Its side, as before.
    pub side: Side,
    /// Its new price.
    pub price: Price,
    /// Its new quantity.
    pub qty: Qty,
    /// Whether the feed shows the order.
    pub shown: bool,
}

/// A cross was held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crossed {
    /// The symbol.
    pub locate: Locate,
    /// Which cross.
    pub cross: CrossKind,
    /// The one price of all its trades; zero where nothing traded.
    pub price: Price,
    /// How much was bought, which is as much as was sold.
    pub qty: Qty,
    /// The number of the bulk trade.
    pub match_no: MatchNo,
}

/// How a cross would come out now (ITCH 5.0, section 1.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Imbalance {
    /// The symbol.
    pub locate: Locate,
    /// Which cross.
    pub cross: CrossKind,
    /// How much would trade at the reference price.
    pub paired: Qty,
    /// How much would be left over at the reference price.
    pub imbalance: Qty,
    /// The side that is left over, if one is.
    pub direction: Option<Side>,
    /// Whether there are orders on both sides to compute it from.
    pub sufficient: bool,
    /// The clearing price of the cross orders alone; zero where nothing would trade.
    pub far: Price,
    /// The clearing price of the cross orders and the book; zero where nothing would trade.
    pub near: Price,
    /// The price within the touch at which the shares are counted.
    pub reference: Price,
}

/// Something that the exchange says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A step of the day.
    System(SystemEvent),
    /// A symbol was listed.
    Listed(Listing),
    /// A symbol's trading state changed.
    TradingAction(TradingAction),
    /// A symbol's short-sale restriction.
    ShortSale {
        /// The symbol.
        locate: Locate,
        /// The restriction.
        restriction: ShortSale,
    },
    /// A market maker's position.
    MarketPosition(MarketPosition),
    /// The index levels that would halt the whole market, in 10⁻⁸ of a point (ITCH 5.0,
    /// section 1.2.5.1).
    CircuitBreakers {
        /// Levels 1, 2 and 3.
        levels: [u64; 3],
    },
    /// The prices between which a paused symbol may reopen.
    AuctionCollar(AuctionCollar),
    /// A displayed order joined the end of its queue.
    Added(Added),
    /// An order traded.
    Executed(Execution),
    /// An order lost part of its quantity.
    Reduced(Reduced),
    /// An order was taken off.
    Deleted(Deleted),
    /// An order was replaced.
    Replaced(Replaced),
    /// A cross was held.
    Crossed(Crossed),
    /// How a cross would come out now.
    Imbalance(Imbalance),
    /// A trade was declared void. Books are not affected.
    Broken {
        /// The symbol.
        locate: Locate,
        /// The trade.
        match_no: MatchNo,
    },
}

impl Event {
    /// Whether a feed of displayed orders tells of it. What happens to orders that are not shown
    /// is for their owners alone, but for their trades outside of a cross.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        match self {
            Event::Executed(at) => at.shown.is_some() || at.cross.is_none(),
            Event::Reduced(at) => at.shown,
            Event::Deleted(at) => at.shown,
            Event::Replaced(at) => at.shown,
            _ => true,
        }
    }
}

/// Whoever listens to the exchange.
pub trait Sink {
    /// Called for each event, in order.
    fn publish(&mut self, event: Event);
}

impl Sink for Vec<Event> {
    fn publish(&mut self, event: Event) {
        self.push(event);
    }
}
