//! A price-time-priority matching engine for one exchange with many symbols.
//!
//! Orders come from participants through [`Exchange::submit`], [`Exchange::reduce`],
//! [`Exchange::cancel`] and [`Exchange::replace`]; what happens is told to a [`Sink`] as
//! [`Event`]s, in the order in which a feed publishes them. The exchange has no clock, no
//! randomness and no input or output: the caller stamps the events.
//!
//! # Rules
//!
//! - **Continuous trading.** An incoming order trades against the best contra price first. At one
//!   price the displayed orders stand ahead of the hidden ones (Nasdaq Equity 4, Rule 4757:
//!   price, display, time), and among equals the earlier stands ahead. A trade prints at the price
//!   at which the resting order works. So a displayed book is never locked or crossed while its
//!   symbol trades.
//! - **Hidden orders** rest without being told to the feed. An order may also be shown at a worse
//!   price than it works at ([`Visibility::ShownAt`], as price-to-comply orders are, Rule
//!   4702(b)(1)): its executions carry a price that differs from the one shown.
//! - **Replacing** gives an order a new reference and the last place in its queue. Only a
//!   reduction keeps the place.
//! - **Auctions.** Orders for the opening, the closing or a halt cross wait unseen until
//!   [`Exchange::cross`], which trades them and the whole book at the one price that trades the
//!   most ([`clearing`]). Afterwards the book is not crossed.
//! - **Halts.** While a symbol is halted or paused it takes cancellations only. In the
//!   quotation-only period orders are collected and shown without being matched, so the book may
//!   be crossed; trading can only resume once it no longer is, that is, after a cross.
//!
//! # Storage and cost
//!
//! Orders live in one slab of slots, linked into a queue a price; a hash table leads from an order
//! reference to its slot; each side of a book is a sorted vector of levels with the best at its
//! end. Finding a level is O(log levels), a level that comes or goes moves those that are better,
//! and everything else is O(1) beside the executions made. Memory follows the number of live
//! orders. This engine makes data and takes simulated orders; it is built to be
//! plainly right, not to be the fast path of anything.

mod book;
mod clearing;
mod cross;
mod event;
mod exchange;
mod ladder;
mod listing;
mod order;
mod refusal;
mod slots;

pub use clearing::{Clearing, Interest, clearing};
pub use event::{
    Added, CrossKind, Crossed, Deleted, Event, Execution, Imbalance, Reduced, Replaced, Sink,
};
pub use exchange::{Exchange, ExchangeConfig};
pub use listing::{
    AuctionCollar, HaltReason, Listing, ListingMarket, MarketPosition, ShortSale, SystemEvent,
    TradingAction,
};
pub use order::{LevelView, Mpid, NewOrder, OrderView, ParticipantId, Receipt, Terms, Visibility};
pub use refusal::Refusal;
