//! From bytes to books: wire views, feed sessions, sources of market data, and the feed that
//! applies messages.
//!
//! A packet walks through in one direction: [`frame`] → [`session`] (over [`mold`] packets) →
//! [`feed`] (which decodes [`itch`] and changes books). A recording comes in through
//! [`source`], live packets through a [`backend`]. Nothing here but these two does I/O, and nothing else
//! reads a clock.
#![deny(unsafe_code)]

#[allow(unsafe_code)]
pub mod backend;
pub mod feed;
pub mod frame;
pub mod itch;
pub mod level_set;
pub mod mold;
pub mod receiver;
pub mod session;
pub mod source;
