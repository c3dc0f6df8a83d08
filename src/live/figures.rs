use core::fmt;
use core::time::Duration;

use wirebook_book::FeedState;
use wirebook_ingest::backend::BackendCounts;
use wirebook_ingest::feed::Listener;
use wirebook_ingest::receiver::{LatencyFigures, Receiver};

/// How things stand with a live feed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LiveFigures {
    /// What has come in since the start.
    pub counts: BackendCounts,
    /// From when packets came in to when they were in the books, since the last report.
    pub latency: LatencyFigures,
    /// How long that was.
    pub interval: Duration,
    /// Messages applied since the start.
    pub messages: u64,
    /// Messages known to be missing.
    pub gap_messages: u64,
    /// How far the books can be trusted.
    pub feed_state: FeedState,
}

impl LiveFigures {
    /// The figures now; those of latency begin anew.
    pub(super) fn take<L: Listener>(receiver: &mut Receiver<L>, interval: Duration) -> LiveFigures {
        let counts = receiver.counts();
        let latency = receiver.latency().take_recent();
        let feed = receiver.feed();
        LiveFigures {
            counts,
            latency,
            interval,
            messages: feed.counts().messages,
            gap_messages: feed.counts().gap_messages,
            feed_state: feed.books().feed_state(),
        }
    }

    /// Packets a second since the last report.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a figure to be read
    pub fn rate(&self) -> f64 {
        self.latency.packets as f64 / self.interval.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl fmt::Display for LiveFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (counts, latency) = (&self.counts, &self.latency);
        write!(
            f,
            "{} packets, {} bytes, {} messages, {} missing, feed {}, {:.0} packets/s",
            counts.packets,
            counts.bytes,
            self.messages,
            self.gap_messages,
            self.feed_state,
            self.rate()
        )?;
        write!(f, "; dropped {}", counts.dropped_total())?;
        for (cause, count) in counts.drops().filter(|(_, count)| *count > 0) {
            write!(f, " {cause} {count}")?;
        }
        if latency.packets > 0 {
            write!(
                f,
                "; latency ns: min {} mean {:.0} p50 {} p99 {} p99.9 {} max {}",
                latency.min_ns,
                latency.mean_ns,
                latency.p50_ns,
                latency.p99_ns,
                latency.p999_ns,
                latency.max_ns
            )?;
        }
        Ok(())
    }
}
