//! From bytes to books: wire views, feed sessions, sources of market data, and the feed that
//! applies messages.
//!
//! A packet walks through in one direction: [`frame`] → [`session`] (over [`mold`] packets) →
//! [`feed`] (which decodes [`itch`] and changes books). A recording comes in through
//! [`source`]. Nothing here but `source` does I/O, and nothing reads a clock.
#![forbid(unsafe_code)]

pub mod feed;
pub mod frame;
pub mod itch;
pub mod level_set;
pub mod mold;
pub mod session;
pub mod source;
