//! Recordings: files made here in every layout, damaged ones, and the real ones where they are.
#![allow(clippy::unwrap_used)]

mod capture_file;
mod captures;
mod damage;
mod framed;
mod lines;
mod pcapng;
mod real_data;
mod recording;
mod writer;
