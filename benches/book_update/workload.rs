//! A day as bytes and as operations, and one pass over it by either side.

use wirebook::book::Capacity;
use wirebook::ingest::itch::OrderMessage;

use crate::baseline::{Baseline, Operation, operations};
use crate::day::{Day, Pass, feed_of_a_day, thread_time};
use crate::plainest::Plainest;

/// A day for all sides.
pub(crate) struct Workload {
    pub(crate) day: Day,
    operations: Vec<Operation>,
    /// The highest reference.
    order_refs: usize,
}

impl Workload {
    pub(crate) fn generate(symbols: u16, messages: u64) -> Result<Workload, String> {
        let day = Day::generate(symbols, messages)?;
        let operations = operations(day.messages());
        let orders = day.messages().filter_map(OrderMessage::read);
        let highest = orders.map(|order| order.order_ref.max(order.new_ref)).max();
        let order_refs = highest.map_or(0, |highest| usize::try_from(highest.get()).unwrap_or(0));
        Ok(Workload { day, operations, order_refs })
    }

    /// Decodes every message and applies it to the books.
    pub(crate) fn engine(&self) -> Result<Pass, String> {
        self.day.play(feed_of_a_day().map_err(|error| error.to_string())?)
    }

    /// Decodes every message and applies it to the plainest books.
    pub(crate) fn plainest(&self) -> Result<Pass, String> {
        let levels = Capacity::WHOLE_DAY.levels as usize;
        let mut plainest =
            Plainest::new(self.order_refs, levels).map_err(|error| error.to_string())?;
        let time = thread_time();
        plainest.run(self.day.messages());
        let time = thread_time().saturating_sub(time);
        Ok(Pass {
            ns_per_message: self.day.per_message(time),
            checksum: plainest.checksum(),
            orders_live: 0,
        })
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
