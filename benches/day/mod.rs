//! A generated day in memory, and what it costs to play it into the books.
#![allow(dead_code)] // each benchmark takes a part of it

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wirebook::DayConfig;
use wirebook::book::{Books, BooksError, Capacity, SeqNo};
use wirebook::exchange::feed::{self, Day as Exchange};
use wirebook::ingest::feed::{Feed, FeedConfig};
use wirebook::ingest::mold::{Block, Messages};
use wirebook::replay::touch_checksum;

/// All messages of a day behind their lengths.
pub(crate) struct Day {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) messages_total: u64,
}

/// What a pass cost and led to.
pub(crate) struct Pass {
    pub(crate) ns_per_message: f64,
    pub(crate) checksum: u64,
    pub(crate) orders_live: u32,
}

impl Day {
    pub(crate) fn generate(symbols: u16, messages: u64) -> Result<Day, String> {
        let config = DayConfig { symbols, messages, seed: 1 };
        let mut exchange = Exchange::new(config).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        feed::write_itch(&mut exchange, &mut bytes, |_| {}).map_err(|error| error.to_string())?;
        let name = format!("{symbols} symbols, {messages} messages");
        Ok(Day { name, bytes, messages_total: messages })
    }

    pub(crate) fn messages(&self) -> Messages<'_> {
        Messages::prefix(&self.bytes).0
    }

    /// Decodes every message and applies it to the books of `feed`, which are empty.
    pub(crate) fn play(&self, mut feed: Feed<()>) -> Result<Pass, String> {
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

    #[allow(clippy::cast_precision_loss)] // a figure to be read
    pub(crate) fn per_message(&self, time: Duration) -> f64 {
        time.as_nanos() as f64 / self.messages_total as f64
    }
}

/// A feed over books for a whole day.
pub(crate) fn feed_of_a_day() -> Result<Feed<()>, BooksError> {
    let capacity = Capacity { orders: 1 << 21, ..Capacity::WHOLE_DAY };
    let mut books = Books::new(capacity)?;
    books.prefault();
    Ok(Feed::new(books, (), FeedConfig::default()))
}

/// What this thread has worked: other processes on the machine do not count, except for what
/// they do to the caches.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
