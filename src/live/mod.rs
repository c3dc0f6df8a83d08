//! Live ingest: the thread that receives, and what it tells of itself.

mod cores;
mod figures;
mod summary;
mod tape;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;
use wirebook_book::region::RegionError;
use wirebook_ingest::backend::BackendError;
use wirebook_ingest::feed::Listener;
use wirebook_ingest::receiver::Receiver;

pub use cores::{CoreError, pin_to};
pub use figures::LiveFigures;
pub use summary::{LatencySummary, LiveSummary};
pub use tape::{LiveTape, TapeWriter, live_tape};

/// A live feed that cannot be received, or not any more.
#[derive(Debug, Error)]
pub enum LiveError {
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The thread cannot run where it was told to.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// Readers of the books cannot be told that no more will come.
    #[error(transparent)]
    Region(#[from] RegionError),
}

/// When to stop, besides being told to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StopWhen {
    /// The sender has said that its session ends. What still comes in shortly after is taken, too.
    pub at_end: bool,
    /// Nothing has come in for so long.
    pub idle: Option<Duration>,
}

/// How long nothing may come in after the end of a session before it is believed that nothing will: the other
/// line may lag behind, and each packet counts.
pub const QUIET_AFTER_END: Duration = Duration::from_millis(500);
/// How often readers in other processes are told that the writer is alive.
const BEAT: Duration = Duration::from_millis(100);
/// Bursts between two looks at anything but packets, while they keep coming.
const BURSTS: u32 = 256;
/// How long after it is due a report waits for a moment in which nothing comes in.
const PATIENCE: Duration = Duration::from_secs(1);

/// Receives until it is time to stop, on the calling thread; then ends the feed. Every `interval` `tell` is told how
/// things stand: preferably when nothing comes in, because to sum up takes some ten microseconds.
///
/// # Errors
/// [`LiveError`] where the backend failed. The feed has been ended all the same.
pub fn receive<L: Listener>(
    receiver: &mut Receiver<L>,
    stop: &AtomicBool,
    when: StopWhen,
    interval: Option<Duration>,
    mut tell: impl FnMut(LiveFigures),
) -> Result<(), LiveError> {
    let received = receive_until(receiver, stop, when, interval, &mut tell);
    let finished = receiver.finish();
    received?;
    Ok(finished?)
}

fn receive_until<L: Listener>(
    receiver: &mut Receiver<L>,
    stop: &AtomicBool,
    when: StopWhen,
    interval: Option<Duration>,
    tell: &mut impl FnMut(LiveFigures),
) -> Result<(), BackendError> {
    let start = Instant::now();
    let (mut bursts, mut beat_due) = (0, Duration::ZERO);
    let mut report_due = interval;
    // It orders nothing but itself: whoever sets it says nothing else by it.
    while !stop.load(Ordering::Relaxed) {
        let is_idle = receiver.step()? == 0;
        bursts += 1;
        if !is_idle && bursts < BURSTS {
            continue;
        }
        bursts = 0;
        let now = start.elapsed();
        if now >= beat_due {
            receiver.beat();
            beat_due = now + BEAT;
        }
        if let (Some(due), Some(interval)) = (report_due, interval)
            && (now >= due && is_idle || now >= due + PATIENCE)
        {
            tell(LiveFigures::take(receiver, interval + now.saturating_sub(due)));
            report_due = Some(now + interval);
        }
        if is_idle && is_over(receiver, when) {
            break;
        }
    }
    Ok(())
}

fn is_over<L: Listener>(receiver: &Receiver<L>, when: StopWhen) -> bool {
    let silence = receiver.silence();
    let has_ended = when.at_end && receiver.has_ended() && silence >= QUIET_AFTER_END;
    has_ended || when.idle.is_some_and(|idle| silence >= idle)
}
