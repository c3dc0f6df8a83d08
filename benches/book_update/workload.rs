//! A day as bytes and as operations, and one pass over it by either side.

use crate::baseline::{Baseline, Operation, operations};
use crate::day::{Day, Pass, feed_of_a_day, thread_time};

/// A day for both sides.
pub(crate) struct Workload {
    pub(crate) day: Day,
    operations: Vec<Operation>,
}

impl Workload {
    pub(crate) fn generate(symbols: u16, messages: u64) -> Result<Workload, String> {
        let day = Day::generate(symbols, messages)?;
        let operations = operations(day.messages());
        Ok(Workload { day, operations })
    }

    /// Decodes every message and applies it to the books.
    pub(crate) fn engine(&self) -> Result<Pass, String> {
        self.day.play(feed_of_a_day().map_err(|error| error.to_string())?)
    }

    /// Applies every operation to the baseline.
    pub(crate) fn baseline(&self) -> Pass {
        let mut baseline = Baseline::new();
        let time = thread_time();
        baseline.run(&self.operations);
        let time = thread_time().saturating_sub(time);
        Pass {
            ns_per_message: self.day.per_message(time),
            checksum: baseline.checksum(),
            orders_live: 0,
        }
    }
}
