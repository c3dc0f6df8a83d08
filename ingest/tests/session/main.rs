//! A session of two lines: each rule by itself, each fault it must survive, and seeded
//! simulations that compare it with what was really sent.
#![allow(clippy::unwrap_used)]

mod faults;
mod feed;
mod line_simulation;
mod recorder;
mod rules;
mod simulation;
