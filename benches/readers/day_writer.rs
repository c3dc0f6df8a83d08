//! What readers cost the writer of a whole day.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use wirebook::book::{BookReader, Locate};

use crate::cost::pin;
use crate::day::{Day, Pass, feed_of_a_day};

/// Plays the day with so many readers that take ten levels of one symbol after the other, without a
/// pause, on the other core; and how many they read.
pub(crate) fn play(day: &Day, symbols: u16, readers: usize) -> Result<(Pass, u64), String> {
    let feed = feed_of_a_day().map_err(|error| error.to_string())?;
    let readers: Vec<BookReader> = (0..readers).map(|_| feed.books().reader()).collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading: Vec<_> = readers
            .iter()
            .map(|reader| scope.spawn(|| read_until(reader, symbols, &done)))
            .collect();
        let pass = day.play(feed);
        done.store(true, Ordering::Relaxed);
        let reads = reading.into_iter().map(|reader| reader.join().unwrap_or_default());
        Ok((pass?, reads.sum()))
    })
}

fn read_until(reader: &BookReader, symbols: u16, done: &AtomicBool) -> u64 {
    pin(1);
    let mut reads = 0;
    while !done.load(Ordering::Relaxed) {
        for locate in (1..=symbols).map(Locate::new) {
            reads += u64::from(reader.depth::<10>(locate).is_ok());
        }
    }
    reads
}
