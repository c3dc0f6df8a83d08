use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wirebook_book::Nanos;

use super::PublishError;

/// How fast packets are sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rate {
    /// So many packets of the feed a second.
    PerSecond(f64),
    /// With the times between them that the recording has.
    Recorded,
    /// As fast as they go.
    Max,
}

/// When the next packet is due.
pub(super) struct Schedule {
    rate: Rate,
    start: Instant,
    packets: u64,
    /// The time of the first packet, by the recording's clock.
    first: Option<Nanos>,
}

/// Below this it is not slept but yielded: the system's sleep is not more exact.
const SLEEP_MIN: Duration = Duration::from_micros(300);
/// After so much silence a heartbeat is due.
const HEARTBEAT: Duration = Duration::from_secs(1);

impl Schedule {
    pub(super) fn new(rate: Rate) -> Schedule {
        Schedule { rate, start: Instant::now(), packets: 0, first: None }
    }

    /// Waits until the packet that the recording has at `at` is due; false where it is time to stop. In longer
    /// silences `keep_alive` is called once a second.
    pub(super) fn wait(
        &mut self,
        at: Nanos,
        stop: &AtomicBool,
        mut keep_alive: impl FnMut() -> Result<(), PublishError>,
    ) -> Result<bool, PublishError> {
        let first = *self.first.get_or_insert(at);
        #[allow(clippy::cast_precision_loss)] // off by a nanosecond after 52 days
        let due = match self.rate {
            Rate::PerSecond(rate) => Duration::from_secs_f64(self.packets as f64 / rate),
            Rate::Recorded => Duration::from_nanos(at.since(first)),
            Rate::Max => Duration::ZERO,
        };
        self.packets += 1;
        let mut heartbeat_due = self.start.elapsed() + HEARTBEAT;
        loop {
            // It orders nothing but itself.
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let now = if self.rate == Rate::Max { Duration::ZERO } else { self.start.elapsed() };
            let left = due.saturating_sub(now);
            if left.is_zero() {
                return Ok(true);
            }
            if now >= heartbeat_due {
                keep_alive()?;
                heartbeat_due = now + HEARTBEAT;
            }
            if left > SLEEP_MIN {
                std::thread::sleep((left - SLEEP_MIN / 2).min(Duration::from_millis(20)));
            } else {
                std::thread::yield_now();
            }
        }
    }
}
