//! The ring itself: set up, armed, entered only when there is a reason.

use core::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use io_uring::types::{CancelBuilder, Fixed, Napi, SubmitArgs, Timespec};
use io_uring::{IoUring, Probe, cqueue, opcode};
use socket2::Socket;

use super::buffers::Buffers;
use crate::backend::BackendError;

/// The group of our provided buffers.
const GROUP: u16 = 0;
/// Milliseconds for which the kernel's thread looks for work before it sleeps.
const SQPOLL_IDLE_MS: u32 = 2000;
const NEEDED: &str = "Linux 6.1 or later is needed (uname -r); use --backend socket here";

/// Who does the kernel's part of the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TaskMode {
    /// This thread, and only when it asks for completions (`DEFER_TASKRUN`): no interruptions.
    Deferred,
    /// A thread of the kernel (`SQPOLL`), on a core of its own: this thread makes no system call.
    KernelThread,
}

impl fmt::Display for TaskMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            TaskMode::Deferred => "deferred",
            TaskMode::KernelThread => "kernel_thread",
        })
    }
}

/// A datagram that came in.
pub(super) struct Completion {
    /// The place of its socket.
    pub(super) line: usize,
    /// Where it lies; a datagram without a payload takes no buffer.
    pub(super) buffer: Option<u16>,
    pub(super) length: usize,
}

pub(super) struct Ring {
    ring: IoUring,
    /// Which receives have ended and must be begun again, a bit each.
    unarmed: u32,
    /// Whether the thread that polls has taken it.
    is_enabled: bool,
    tasks: TaskMode,
}

impl Ring {
    /// A ring that no thread owns yet.
    pub(super) fn new(tasks: TaskMode, completions: u16) -> Result<Ring, BackendError> {
        let mut builder = IoUring::builder();
        builder.setup_single_issuer().setup_r_disabled().setup_clamp();
        builder.setup_cqsize(u32::from(completions).max(64) * 2);
        match tasks {
            TaskMode::Deferred => builder.setup_defer_taskrun().setup_taskrun_flag(),
            TaskMode::KernelThread => builder.setup_sqpoll(SQPOLL_IDLE_MS),
        };
        let ring = builder.build(8).map_err(refused)?;
        let mut probe = Probe::new();
        ring.submitter().register_probe(&mut probe).map_err(refused)?;
        // Multishot receive came with the same kernel as this operation, and cannot be asked for itself.
        if !probe.is_supported(opcode::SendZc::CODE) || !ring.params().is_feature_ext_arg() {
            return Err(refused(io::Error::from_raw_os_error(libc::EINVAL)));
        }
        Ok(Ring { ring, unarmed: 0, is_enabled: false, tasks })
    }

    /// Asks that waiting polls the card; what became of it.
    pub(super) fn busy_poll(&mut self, timeout_us: u32) -> String {
        let mut napi = Napi::new().set_busy_poll_timeout(timeout_us).set_prefer_busy_poll(true);
        match self.ring.submitter().register_napi(&mut napi) {
            Ok(()) => timeout_us.to_string(),
            Err(error) => format!("0 (the kernel says: {error})"),
        }
    }

    /// Registers the sockets; each has its place, from 0, as its number.
    pub(super) fn register<'a>(
        &mut self,
        sockets: impl Iterator<Item = &'a Socket>,
    ) -> Result<(), BackendError> {
        let descriptors: Vec<_> = sockets.map(AsRawFd::as_raw_fd).collect();
        self.unarmed = (1 << descriptors.len()) - 1;
        let registered = self.ring.submitter().register_files(&descriptors);
        registered.map_err(BackendError::system("registering sockets with io_uring"))
    }

    /// Gives the kernel the buffers.
    pub(super) fn provide(&mut self, buffers: &Buffers) -> Result<(), BackendError> {
        // SAFETY: the ring and its buffers are mappings of `buffers`, which the backend keeps until `end` has unregistered
        // them.
        let registered = unsafe {
            self.ring.submitter().register_buf_ring_with_flags(
                buffers.address(),
                buffers.count(),
                GROUP,
                0,
            )
        };
        registered.map_err(refused)
    }

    /// Begins what has to be begun, and lets the kernel do what it has put off.
    pub(super) fn advance(&mut self, sockets: usize) -> Result<(), BackendError> {
        if self.unarmed != 0 {
            self.arm(sockets)?;
        }
        let queue = self.ring.submission();
        let has_work = queue.taskrun() || queue.cq_overflow();
        drop(queue);
        if has_work { self.enter_for_events() } else { Ok(()) }
    }

    /// Lets the kernel do its work for this thread without waiting for anything.
    fn enter_for_events(&mut self) -> Result<(), BackendError> {
        const GETEVENTS: u32 = 1;
        // SAFETY: nothing is submitted and no argument passed, so the kernel touches no memory but the rings.
        let entered =
            unsafe { self.ring.submitter().enter::<libc::sigset_t>(0, 0, GETEVENTS, None) };
        entered.map(drop).or_else(harmless)
    }

    #[cold]
    fn arm(&mut self, sockets: usize) -> Result<(), BackendError> {
        if !self.is_enabled {
            let enabled = self.ring.submitter().register_enable_rings();
            enabled.map_err(BackendError::system("enabling the ring"))?;
            self.is_enabled = true;
        }
        for socket in 0..u32::try_from(sockets).unwrap_or(0) {
            if self.unarmed & (1 << socket) == 0 {
                continue;
            }
            let receive = opcode::RecvMulti::new(Fixed(socket), GROUP).build();
            // SAFETY: the entry names a registered socket and the group of provided buffers, both of which stay
            // registered until the ring is dropped; it points to no memory.
            let pushed =
                unsafe { self.ring.submission().push(&receive.user_data(u64::from(socket))) };
            if pushed.is_ok() {
                self.unarmed &= !(1 << socket);
            }
        }
        self.ring.submit().map(drop).or_else(harmless)
    }

    /// The next datagram that the kernel has told of.
    pub(super) fn next_completion(&mut self) -> Result<Option<Completion>, BackendError> {
        loop {
            let Some(entry) = self.ring.completion().next() else { return Ok(None) };
            let line = usize::try_from(entry.user_data()).unwrap_or(usize::MAX);
            if !cqueue::more(entry.flags()) {
                self.unarmed |= 1_u32.checked_shl(u32::try_from(line).unwrap_or(32)).unwrap_or(0);
            }
            let buffer = cqueue::buffer_select(entry.flags());
            match usize::try_from(entry.result()) {
                Ok(length) => return Ok(Some(Completion { line, buffer, length })),
                Err(_) => match -entry.result() {
                    // No buffer was free: packets wait in the socket meanwhile.
                    libc::ENOBUFS | libc::EAGAIN | libc::EINTR => {}
                    code => {
                        let error = io::Error::from_raw_os_error(code);
                        let what = "receiving by io_uring".into();
                        return Err(BackendError::System { what, error });
                    }
                },
            }
        }
    }

    /// Ends it here and now, and not some time after its descriptor is closed: who takes the port next must find
    /// it free. True if the kernel will not touch the buffers any more, which only the thread that polls can
    /// bring about.
    pub(super) fn end(&mut self) -> bool {
        let submitter = self.ring.submitter();
        if self.is_enabled {
            let cancelled = submitter.register_sync_cancel(None, CancelBuilder::any());
            // What was not under way need not be cancelled.
            if cancelled.is_err_and(|error| error.raw_os_error() != Some(libc::ENOENT)) {
                return false;
            }
        }
        // What fails here is undone when the descriptor is closed, a little later.
        let _ = submitter.unregister_files();
        submitter.unregister_buf_ring(GROUP).is_ok()
    }

    pub(super) fn wait(&mut self, sockets: usize, timeout: Duration) -> Result<(), BackendError> {
        if self.unarmed != 0 {
            self.arm(sockets)?;
        }
        if !self.ring.completion().is_empty() {
            return Ok(());
        }
        let timeout = Timespec::from(timeout);
        let arguments = SubmitArgs::new().timespec(&timeout);
        self.ring.submitter().submit_with_args(1, &arguments).map(drop).or_else(harmless)
    }
}

fn refused(error: io::Error) -> BackendError {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => BackendError::NotPermitted {
            what: "setting up io_uring".into(),
            remedy: "it is switched off here: sysctl -w kernel.io_uring_disabled=0, or use --backend socket",
        },
        Some(libc::ENOMEM) => BackendError::Unsupported {
            what: "setting up io_uring".into(),
            error,
            remedy: "allow more locked memory: ulimit -l unlimited",
        },
        _ => {
            BackendError::Unsupported { what: "setting up io_uring".into(), error, remedy: NEEDED }
        }
    }
}

/// What the kernel answers when there was nothing to do, or a signal came.
fn harmless(error: io::Error) -> Result<(), BackendError> {
    match error.raw_os_error() {
        Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN) => Ok(()),
        _ => Err(BackendError::System { what: "entering io_uring".into(), error }),
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}
