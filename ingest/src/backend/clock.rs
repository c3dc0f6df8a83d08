use std::time::{SystemTime, UNIX_EPOCH};

use wirebook_book::Nanos;

/// The time of day, in nanoseconds since 1970: the clock of the kernel's stamps. No system call where the
/// kernel offers its clock in memory, as on all common machines.
#[inline]
#[must_use]
pub fn wall_clock() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Nanos::new(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
