//! Orders of a strategy, and what becomes of them.

use thiserror::Error;
use wirebook_book::{Locate, Nanos, Price, Qty, Side};

use crate::{Breach, Money};

/// The number of an order of one strategy, given at [submission](crate::Context::submit).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderId(pub u64);

/// How long an order works.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum TimeInForce {
    /// Until it is filled or cancelled, or the day ends.
    #[default]
    Day,
    /// What is not filled at once is cancelled.
    ImmediateOrCancel,
}

/// An order to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOrder {
    /// The symbol.
    pub locate: Locate,
    /// To buy is [`Side::Bid`], to sell is [`Side::Ask`].
    pub side: Side,
    /// The worst price it may be filled at.
    pub price: Price,
    /// How much.
    pub qty: Qty,
    /// How long it works.
    pub time_in_force: TimeInForce,
    /// Refused by the venue, rather than filled, if it could be filled at once.
    pub post_only: bool,
}

impl NewOrder {
    /// A limit order for the day.
    #[must_use]
    pub const fn limit(locate: Locate, side: Side, price: Price, qty: Qty) -> NewOrder {
        let time_in_force = TimeInForce::Day;
        NewOrder { locate, side, price, qty, time_in_force, post_only: false }
    }

    /// The same, refused rather than filled at once.
    #[must_use]
    pub const fn post_only(self) -> NewOrder {
        NewOrder { post_only: true, ..self }
    }

    /// The same, cancelled rather than resting.
    #[must_use]
    pub const fn immediate_or_cancel(self) -> NewOrder {
        NewOrder { time_in_force: TimeInForce::ImmediateOrCancel, ..self }
    }
}

/// Why an order, a cancellation or a replacement was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum OrderError {
    /// A limit would be broken.
    #[error(transparent)]
    Limit(#[from] Breach),
    /// A quantity of nothing, or more than an order can have.
    #[error("a quantity of {0}")]
    Quantity(Qty),
    /// A price that no book can hold.
    #[error("a price of {0}")]
    Price(Price),
    /// No open order has this number.
    #[error("{0:?} is not open")]
    NotOpen(OrderId),
    /// The order already waits for an answer: to a cancellation, or (where another replacement
    /// was asked for) to a replacement.
    #[error("{0:?} waits for an answer")]
    Pending(OrderId),
    /// As many orders are open as there is room for.
    #[error("no room for another open order")]
    OrdersFull,
    /// As many commands were given in this callback as there is room for.
    #[error("no room for another command in this callback")]
    CommandsFull,
    /// The kill switch was pulled.
    #[error("the kill switch was pulled")]
    Killed,
}

/// Whether an open order is known to the venue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OrderState {
    /// Sent, no answer yet.
    Sent,
    /// Accepted.
    Working,
    /// A cancellation was sent.
    CancelSent,
    /// A replacement was sent, no cancellation.
    ReplaceSent,
}

/// An order of a strategy that may still be filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenOrder {
    /// Its number.
    pub id: OrderId,
    /// The symbol.
    pub locate: Locate,
    /// The side.
    pub side: Side,
    /// The price.
    pub price: Price,
    /// What is not filled yet.
    pub leaves: Qty,
    /// What the venue knows of it.
    pub state: OrderState,
    /// When it was sent.
    pub sent_at: Nanos,
}

/// Whether a fill took liquidity or made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Liquidity {
    /// The order rested.
    Maker,
    /// The order was filled on arrival.
    Taker,
}

/// Why the venue refused something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
pub enum RejectReason {
    /// The symbol is halted.
    #[error("the symbol is halted")]
    Halted,
    /// The price is no multiple of the tick.
    #[error("the price is off the tick")]
    Tick,
    /// The quantity is no multiple of the lot.
    #[error("the quantity is off the lot")]
    Lot,
    /// A post-only order could be filled at once.
    #[error("a post-only order would have been filled at once")]
    WouldTake,
    /// It could be filled against an order of the same owner.
    #[error("it would have traded with an order of the same owner")]
    SelfTrade,
    /// The order is gone (filled or cancelled meanwhile).
    #[error("the order is gone")]
    TooLate,
    /// The book cannot be trusted, so that nothing can be filled from it.
    #[error("the book is not live")]
    NotLive,
    /// The feed tells quantities of levels only, so that no order has a place in a queue.
    #[error("the book has no orders, only levels")]
    LevelsOnly,
    /// An order with this number is working already.
    #[error("the number is in use")]
    ReusedId,
    /// The day ended, or the strategy was detached.
    #[error("the venue takes no more orders")]
    Closed,
    /// The venue has no room.
    #[error("the venue is full")]
    Full,
}

/// Why an order was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CancelReason {
    /// The strategy asked for it.
    Requested,
    /// It was immediate-or-cancel and there was nothing more to fill.
    Immediate,
    /// An order of the same owner would have traded with it.
    SelfTrade,
    /// The day ended.
    EndOfDay,
    /// Its strategy was detached or its kill switch pulled.
    Detached,
    /// The venue has no room to go on with it.
    Full,
}

/// What became of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderUpdate {
    /// The venue has it.
    Accepted,
    /// The venue refused it. It is no longer open.
    Rejected(RejectReason),
    /// It was filled, in part or whole.
    Filled {
        /// At this price.
        price: Price,
        /// This much.
        qty: Qty,
        /// As maker or taker.
        liquidity: Liquidity,
        /// What the venue charges; negative for a rebate.
        fee: Money,
    },
    /// The rest of it was cancelled. It is no longer open.
    Cancelled {
        /// How much was cancelled.
        qty: Qty,
        /// Why.
        reason: CancelReason,
    },
    /// A cancellation was refused; the order goes on, if it is not gone ([`OrderEvent::leaves`]
    /// says which).
    CancelRejected(RejectReason),
    /// Price and quantity were replaced; it is at the end of its new queue.
    Replaced {
        /// The new price.
        price: Price,
        /// What is now not filled yet.
        leaves: Qty,
    },
    /// A replacement was refused; the order goes on as it was, if it is not gone.
    ReplaceRejected(RejectReason),
}

/// An answer of the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderEvent {
    /// The order.
    pub id: OrderId,
    /// Its symbol.
    pub locate: Locate,
    /// Its side.
    pub side: Side,
    /// What became of it.
    pub update: OrderUpdate,
    /// What is not filled yet; zero where it is no longer open.
    pub leaves: Qty,
    /// When it happened at the venue. The strategy learns of it later.
    pub time: Nanos,
}
