use core::time::Duration;

use crossbeam_utils::Backoff;

use crate::backend::{Backend, BackendError};

/// What the ingest thread does when nothing has come in.
#[derive(Debug)]
pub enum Pace {
    /// It polls again: the lowest latency, and a core of its own.
    Busy,
    /// It polls for a while, yields to others for a while, then sleeps until something comes in.
    Adaptive(Backoff),
    /// It sleeps until something comes in.
    Blocking,
}

/// How long a wait may last: so long may a stop or a look at the clock be late.
const WAIT_MAX: Duration = Duration::from_millis(5);

impl Pace {
    /// Adaptive, and awake.
    #[must_use]
    pub fn adaptive() -> Pace {
        Pace::Adaptive(Backoff::new())
    }

    /// The name that configurations and reports use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Pace::Busy => "busy",
            Pace::Adaptive(_) => "adaptive",
            Pace::Blocking => "blocking",
        }
    }

    /// Something came in.
    #[inline]
    pub fn heard(&mut self) {
        if let Pace::Adaptive(backoff) = self {
            backoff.reset();
        }
    }

    /// Nothing did.
    ///
    /// # Errors
    /// [`BackendError`] where the path itself has failed.
    #[inline]
    pub fn wait(&mut self, backend: &mut dyn Backend) -> Result<(), BackendError> {
        match self {
            Pace::Busy => core::hint::spin_loop(),
            Pace::Adaptive(backoff) if !backoff.is_completed() => backoff.snooze(),
            Pace::Adaptive(_) | Pace::Blocking => return backend.wait(WAIT_MAX),
        }
        Ok(())
    }
}
