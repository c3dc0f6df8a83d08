//! Order books as plainly as they can be written, and a pair that holds [`Books`] to them.
//!
//! The rules are those that the documentation of [`Books`] states. There is a sorted map of
//! prices for each side, a deque of orders for each price, a map from references to where the
//! order stands; everything else is searched and summed afresh. Nothing is shared with the
//! crate but its public types.

#![allow(dead_code)] // each test uses its own part

mod book;
mod books;
mod operation;
mod pair;
mod rules;

pub(crate) use book::{PlainBook, PlainLevel};
pub(crate) use books::PlainBooks;
pub(crate) use operation::{Operation, Outcome};
pub(crate) use pair::Pair;

#[allow(unused_imports)] // for the links above
use wirebook_book::Books;
