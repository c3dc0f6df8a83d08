//! The simulated venue on books that the tests keep by hand, and on a recording.

mod desks;
mod entry;
mod floor;
mod flow;
mod marketable;
mod naive;
mod property;
mod recording;
mod resting;
mod states;
mod time;
