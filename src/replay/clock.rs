//! The time a thread has worked.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Adds up the processor time of this thread over several stretches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WorkTime {
    total: Duration,
}

impl WorkTime {
    /// Does `work` and counts the time it takes. Asking for the time costs a few hundred
    /// nanoseconds: worth it for a batch of messages, not for one.
    pub(super) fn count<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = thread_time();
        let result = work();
        self.total += thread_time().saturating_sub(before);
        result
    }

    pub(super) fn total(self) -> Duration {
        self.total
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
