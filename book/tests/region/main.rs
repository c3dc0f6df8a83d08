//! Regions: which pages they get, what is refused and in which words, and who may write.
//!
//! What needs root (reserved pages, mounts, control groups) is left out without it, and says so.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod file;
mod numa;
mod pages;
mod process;
mod scratch;
