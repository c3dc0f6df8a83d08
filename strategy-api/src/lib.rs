//! What a strategy links, and all that it links.
//!
//! Implement [`Strategy`], take what you need of its callbacks, and give it to an engine. In
//! every callback a [`Context`] reads books, sends orders and sets timers.
//!
//! ```
//! use strategy_api::{BookUpdate, Context, Interest, NewOrder, Side, Strategy};
//!
//! /// Joins the best bid with one lot whenever it has nothing working.
//! struct Joiner;
//!
//! impl Strategy for Joiner {
//!     fn on_start(&mut self, ctx: &mut Context<'_>) {
//!         ctx.subscribe_all(Interest::TOUCH);
//!     }
//!
//!     fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
//!         let book = update.book;
//!         let Some((price, _)) = book.touch().side(Side::Bid) else { return };
//!         if book.feed_state().is_live() && ctx.open_orders(book.locate()).next().is_none() {
//!             // A refusal (limits, room) is an answer like any other; here there is no plan B.
//!             let _ = ctx.submit(NewOrder::limit(book.locate(), Side::Bid, price, 100.into()));
//!         }
//!     }
//! }
//! ```
//!
//! A callback runs on the thread that keeps the books, between two messages: it sees the books
//! exactly as they are after the message that caused it, and the next message waits until it
//! returns. It must not block; it should not allocate.

#![forbid(unsafe_code)]

mod context;
mod desk;
mod event;
mod interest;
mod limits;
mod money;
mod open_orders;
mod order;
mod position;
mod strategy;
mod timers;

pub use context::Context;
pub use desk::{Command, Desk, DeskCapacity};
pub use event::{BookUpdate, Changed, FeedStateChange, TimerId, TradeEvent, TradingStateChange};
pub use interest::{Cadence, Interest};
pub use limits::{Breach, Limits};
pub use money::Money;
pub use order::{
    CancelReason, Liquidity, NewOrder, OpenOrder, OrderError, OrderEvent, OrderId, OrderState,
    OrderUpdate, RejectReason, TimeInForce,
};
pub use position::Position;
pub use strategy::Strategy;

pub use rust_decimal;
pub use wirebook_book::{
    Action, Arrival, Book, Books, Capacity, Change, FeedState, LastTrade, Level, Locate, MatchNo,
    Nanos, Order, OrderRef, Price, PriceError, Qty, QueuePosition, SeqNo, Side, Stamp, Step,
    Symbol, Touch, Trade, TradeKind, TradingState,
};

/// An order as a feed announces it, for tests that make books by hand.
pub use wirebook_book::NewOrder as BookOrder;
