//! Polling a backend and keeping what came in.

use std::time::{Duration, Instant};

use wirebook_ingest::backend::{Backend, BackendCounts, Burst, DropCause, Sorter, wall_clock};
use wirebook_ingest::session::Line;

/// What came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) line: Line,
    pub(crate) payload: Vec<u8>,
}

/// A backend with the sorter behind it.
pub(crate) struct Receiving {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) sorter: Sorter,
}

impl Receiving {
    pub(crate) fn new(backend: Box<dyn Backend>) -> Receiving {
        let sorter = Sorter::new(backend.subscription().clone());
        Receiving { backend, sorter }
    }

    pub(crate) fn counts(&mut self) -> BackendCounts {
        self.sorter.account(self.backend.counts())
    }

    /// One poll.
    pub(crate) fn poll(&mut self) -> (usize, Vec<Kept>) {
        let mut burst = Burst::new();
        self.backend.poll(&mut burst).unwrap();
        let mut kept = Vec::new();
        for received in &burst {
            let age_ns = received.at().map_or(0, |at| wall_clock().since(at));
            assert!(age_ns < 60_000_000_000, "stamped {age_ns} ns ago");
            if let Some((line, payload)) = self.sorter.sort(received) {
                kept.push(Kept { line, payload: payload.to_vec() });
            }
        }
        (burst.len(), kept)
    }
}

/// Nothing comes in any more after so long.
const QUIET: Duration = Duration::from_millis(150);

/// Polls until nothing comes in.
pub(crate) fn drain(receiving: &mut Receiving) -> Vec<Kept> {
    let (mut kept, mut heard) = (Vec::new(), Instant::now());
    while heard.elapsed() < QUIET {
        let (count, more) = receiving.poll();
        if count > 0 {
            heard = Instant::now();
        }
        kept.extend(more);
    }
    kept
}

/// Everything that was sent on the lines is there once: as received or as dropped.
pub(crate) fn accounts_for(counts: &BackendCounts, sent: u64) {
    assert_eq!(counts.packets + counts.dropped_total(), sent, "{counts:?}");
}

/// Nothing was dropped.
pub(crate) fn dropped_nothing(counts: &BackendCounts) {
    for cause in DropCause::ALL {
        assert_eq!(counts.dropped(cause), 0, "{cause}: {counts:?}");
    }
}
