//! How long a message takes that comes alone, among others that have used the caches meanwhile.

use std::time::Instant;

use hdrhistogram::Histogram;
use wirebook::book::SeqNo;
use wirebook::ingest::mold::{Block, Messages};

use crate::day::{Day, feed_of_a_day};

/// Messages that pass between two that are measured.
const BETWEEN: usize = 10_000;
/// Passes, each with other messages measured: one alone would have few.
const PASSES: usize = 5;

/// Latencies in nanoseconds.
pub(crate) struct Latency {
    pub(crate) histogram: Histogram<u64>,
    /// What asking for the time twice takes; it is subtracted from every measurement.
    pub(crate) timer_ns: u64,
}

/// Measures one message in ten thousand, each by itself, from its bytes to the changed book.
pub(crate) fn measure(day: &Day) -> Result<Latency, String> {
    let timer_ns = timer_ns();
    let mut histogram =
        Histogram::new_with_max(1_000_000_000, 3).map_err(|error| error.to_string())?;
    for pass in 0..PASSES {
        let mut feed = feed_of_a_day().map_err(|error| error.to_string())?;
        let (first, mut rest) = split(&day.messages(), pass * BETWEEN / PASSES);
        let mut next = SeqNo::new(1 + first.len() as u64);
        feed.on_file_block(Block { first: SeqNo::new(1), messages: first });
        while rest.len() > BETWEEN {
            let (many, after) = split(&rest, BETWEEN);
            feed.on_file_block(Block { first: next, messages: many });
            let (one, after) = split(&after, 1);
            let block = Block { first: SeqNo::new(next.get() + BETWEEN as u64), messages: one };
            let start = Instant::now();
            feed.on_file_block(block);
            let taken = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            histogram.saturating_record(taken.saturating_sub(timer_ns));
            next = SeqNo::new(next.get() + BETWEEN as u64 + 1);
            rest = after;
        }
    }
    Ok(Latency { histogram, timer_ns })
}

/// The first `count` messages, and the rest.
fn split<'a>(messages: &Messages<'a>, count: usize) -> (Messages<'a>, Messages<'a>) {
    let rest = messages.clone().skip(count);
    let bytes = messages.as_bytes();
    let first = bytes.get(..bytes.len() - rest.as_bytes().len()).unwrap_or_default();
    (Messages::prefix(first).0, rest)
}

fn timer_ns() -> u64 {
    let mut taken: Vec<u64> = (0..1_001)
        .map(|_| u64::try_from(Instant::now().elapsed().as_nanos()).unwrap_or(0))
        .collect();
    taken.sort_unstable();
    taken[500]
}
