//! An embeddable limit order book engine: market data in, books of every symbol, order by order,
//! and strategies called on their changes.
//!
//! - [`Engine`] runs strategies on a recording or on the embedded day, with a simulated venue.
//! - [`live`] receives a feed, and [`publish`] puts a recording on the wire.
//! - [`replay`] rebuilds books from a recording and says how far they can be trusted.
//! - [`book`], [`strategy_api`], [`ingest`] and [`exchange`] are the crates it is made of.
//!
//! ```
//! use wirebook::strategy_api::{BookUpdate, Context, Interest, Strategy};
//! use wirebook::{DayConfig, Engine, EngineConfig, Input};
//!
//! /// Counts how often the touch changes.
//! #[derive(Default)]
//! struct Watcher(u64);
//!
//! impl Strategy for Watcher {
//!     fn on_start(&mut self, ctx: &mut Context<'_>) {
//!         ctx.subscribe_all(Interest::TOUCH);
//!     }
//!     fn on_book(&mut self, _: &mut Context<'_>, _: &BookUpdate<'_>) {
//!         self.0 += 1;
//!     }
//! }
//!
//! let mut engine = Engine::new(EngineConfig::default());
//! let seat = engine.add(Watcher::default());
//! let day = DayConfig { symbols: 50, messages: 20_000, seed: 1 };
//! engine.replay(Input::day(day)?, |_| {})?;
//! assert!(engine.strategy(seat).is_some_and(|watcher| watcher.0 > 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod engine;
mod input;
pub mod live;
pub mod publish;
pub mod replay;

pub use engine::{
    Engine, EngineConfig, EngineError, FollowReport, LiveConfig, Report, Run, SeatReport,
    follow_writer,
};
pub use input::{Input, InputError};
pub use strategy_api;
pub use wirebook_book as book;
pub use wirebook_book::attach;
pub use wirebook_exchange as exchange;
pub use wirebook_exchange::flow::FlowConfig as DayConfig;
pub use wirebook_exchange::venue::{Seat, VenueConfig};
pub use wirebook_ingest as ingest;
