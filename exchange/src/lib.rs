//! A small matching exchange that publishes ITCH, and a simulated venue for strategies.
//!
//! ```text
//! flow ──orders──▶ matching ──events──▶ feed ──▶ messages, a file, a capture
//! ```
//!
//! - [`matching`]: price-time priority, auctions and halts for many symbols.
//! - [`flow`]: simulated traders that send a realistic, seeded day of orders to it.
//! - [`feed`]: what the exchange says, as ITCH 5.0 in NASDAQ's file framing or in MoldUDP64.
//! - [`venue`]: simulated fills for the orders of a strategy.
#![forbid(unsafe_code)]

pub mod feed;
pub mod flow;
pub mod matching;
pub mod venue;

pub use feed::Day;
pub use flow::FlowConfig;
