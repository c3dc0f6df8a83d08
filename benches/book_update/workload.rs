//! A generated day in memory, and one pass over it by either side.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wirebook::DayConfig;
use wirebook::book::{Books, BooksError, Capacity, SeqNo};
use wirebook::exchange::feed::{self, Day};
use wirebook::ingest::feed::{Feed, FeedConfig};
use wirebook::ingest::mold::{Block, Messages};
use wirebook::replay::touch_checksum;

use crate::baseline::{Baseline, Operation, operations};

/// A day as bytes and as operations.
pub(crate) struct Workload {
    pub(crate) name: String,
    bytes: Vec<u8>,
    operations: Vec<Operation>,
    pub(crate) messages: u64,
}

/// What a pass cost and led to.
pub(crate) struct Pass {
    pub(crate) ns_per_message: f64,
    pub(crate) checksum: u64,
    pub(crate) orders_live: u32,
}

impl Workload {
    pub(crate) fn generate(symbols: u16, messages: u64) -> Result<Workload, String> {
        let config = DayConfig { symbols, messages, seed: 1 };
        let mut day = Day::new(config).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        feed::write_itch(&mut day, &mut bytes, |_| {}).map_err(|error| error.to_string())?;
        let operations = operations(Messages::prefix(&bytes).0);
        let name = format!("{symbols} symbols, {messages} messages");
        Ok(Workload { name, bytes, operations, messages })
    }

    pub(crate) fn messages(&self) -> Messages<'_> {
        Messages::prefix(&self.bytes).0
    }

    /// Decodes every message and applies it to the books.
    pub(crate) fn engine(&self) -> Result<Pass, String> {
        let mut feed = feed_of_a_day().map_err(|error| error.to_string())?;
        let block = Block { first: SeqNo::new(1), messages: self.messages() };
        let time = thread_time();
        feed.on_file_block(block);
        let time = thread_time().saturating_sub(time);
        let books = feed.books();
        if books.rejects().total() > 0 || !books.feed_state().is_live() {
            return Err(format!("{}: the books are not whole: {:?}", self.name, books.rejects()));
        }
        Ok(Pass {
            ns_per_message: self.per_message(time),
            checksum: touch_checksum(books),
            orders_live: books.orders_live(),
        })
    }

    /// Applies every operation to the baseline.
    pub(crate) fn baseline(&self) -> Pass {
        let mut baseline = Baseline::new();
        let time = thread_time();
        baseline.run(&self.operations);
        let time = thread_time().saturating_sub(time);
        Pass {
            ns_per_message: self.per_message(time),
            checksum: baseline.checksum(),
            orders_live: 0,
        }
    }

    #[allow(clippy::cast_precision_loss)] // a figure to be read
    fn per_message(&self, time: Duration) -> f64 {
        time.as_nanos() as f64 / self.messages as f64
    }
}

pub(crate) fn feed_of_a_day() -> Result<Feed<()>, BooksError> {
    let capacity =
        Capacity { orders: 1 << 21, levels: 1 << 20, locates: 1 << 16, ..Capacity::SMALL };
    let mut books = Books::new(capacity)?;
    books.prefault();
    Ok(Feed::new(books, (), FeedConfig::default()))
}

/// What this thread has worked: other processes on the machine do not count, except for what
/// they do to the caches.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
