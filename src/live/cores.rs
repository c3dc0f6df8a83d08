use core_affinity::CoreId;
use rustix::thread::{CpuSet, sched_getaffinity};
use thiserror::Error;

/// A thread cannot be bound to a core.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CoreError {
    /// The core is not there, or not for this process.
    #[error("core {core} is not to be had here; cores {allowed:?} are (taskset -cp $$ shows them)")]
    NotAllowed {
        /// What was asked for.
        core: usize,
        /// What this process may use.
        allowed: Vec<usize>,
    },
}

/// Binds the calling thread to one core, and reads back that it is.
///
/// # Errors
/// [`CoreError::NotAllowed`].
pub fn pin_to(core: usize) -> Result<(), CoreError> {
    // The crate panics at a number that no set of cores has room for.
    let is_bound = core < CpuSet::MAX_CPU && core_affinity::set_for_current(CoreId { id: core });
    let bound = sched_getaffinity(None).map(|set| cores_of(&set)).unwrap_or_default();
    if is_bound && bound == [core] {
        return Ok(());
    }
    let allowed = core_affinity::get_core_ids().unwrap_or_default();
    Err(CoreError::NotAllowed { core, allowed: allowed.iter().map(|core| core.id).collect() })
}

fn cores_of(set: &CpuSet) -> Vec<usize> {
    (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_bound_to_a_core_that_there_is() {
        let bound = std::thread::spawn(|| {
            let first = core_affinity::get_core_ids().unwrap()[0].id;
            pin_to(first).unwrap();
            (first, cores_of(&sched_getaffinity(None).unwrap()))
        });
        let (first, cores) = bound.join().unwrap();
        assert_eq!(cores, [first]);
        let refused = std::thread::spawn(|| pin_to(1000)).join().unwrap();
        assert!(matches!(refused, Err(CoreError::NotAllowed { core: 1000, .. })));
        // More than a set of cores can name.
        assert!(matches!(pin_to(100_000), Err(CoreError::NotAllowed { core: 100_000, .. })));
    }
}
