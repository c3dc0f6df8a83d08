//! Polling a backend and keeping what came in.

use std::time::{Duration, Instant};

use wirebook_ingest::backend::{Backend, BackendCounts, Burst, DropCause, wall_clock};
use wirebook_ingest::session::Line;

/// What came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) line: Line,
    pub(crate) payload: Vec<u8>,
}

/// Nothing comes in any more after so long.
const QUIET: Duration = Duration::from_millis(150);

/// Polls until nothing comes in.
pub(crate) fn drain(backend: &mut dyn Backend) -> Vec<Kept> {
    let (mut kept, mut heard) = (Vec::new(), Instant::now());
    while heard.elapsed() < QUIET {
        let mut burst = Burst::new();
        backend.poll(&mut burst).unwrap();
        if !burst.is_empty() {
            heard = Instant::now();
        }
        for received in &burst {
            let age_ns = wall_clock().since(received.at);
            assert!(age_ns < 60_000_000_000, "stamped {age_ns} ns ago");
            kept.push(Kept { line: received.line, payload: received.payload.to_vec() });
        }
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
