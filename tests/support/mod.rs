//! What the tests of the whole share: the command, files and captures made here, a plain market
//! to compare with, and the recordings beside the project.
#![allow(dead_code)] // each test takes a part of it
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

pub(crate) mod capture;
pub(crate) mod command;
pub(crate) mod data;
pub(crate) mod generated;
pub(crate) mod itch;
pub(crate) mod plain;
pub(crate) mod published;
