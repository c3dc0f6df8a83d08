//! The whole way, as users go it: `wirebook publish` at one end, `wirebook run` at the other, by every backend.
//!
//! Sockets and io_uring are tried on the loopback interface, without any privilege. AF_XDP and DPDK take root, a wire
//! that the test makes, and their features; without them the test says that it was skipped.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

#[path = "../../ingest/tests/conformance/net.rs"]
#[allow(dead_code)] // the ends are used by commands here
mod net;
mod path;
mod programs;
#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod foreign;
mod privileges;
mod refusals;
mod tapes;
