//! One `AF_XDP` socket: its memory, and whose each frame is.

use std::num::NonZeroU32;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use rustix::net::xdp::{XdpDesc, XdpDescOptions};
use rustix::net::{RecvFlags, recv};
use xsk_rs::config::{
    BindFlags, FrameSize, Interface as InterfaceName, LibxdpFlags, QueueSize, SocketConfig,
    UmemConfig,
};
use xsk_rs::socket::SocketCreateError;
use xsk_rs::{CompQueue, FillQueue, FrameDesc, RxQueue, Socket, TxQueue, Umem};

use super::ring::{Incoming, Returning};
use super::{XdpMode, XdpOptions, explain, system_code};
use crate::backend::{BURST, BackendError, Interface};

/// Bytes of a frame: the smallest that the kernel takes, and enough for an MTU of 1500.
const FRAME_BYTES: u32 = 2048;

/// How long a queue may be busy with a socket that has gone.
const BUSY_MAX: Duration = Duration::from_secs(1);

/// How long memory may still count as locked that was given back.
const LOCKED_MAX: Duration = Duration::from_millis(100);

/// A socket bound to one receive queue.
///
/// A frame is the kernel's while it is in the fill ring, and ours from when the receive ring named it until it is
/// put into the fill ring again. `frames` holds those that are ours; they are given back by `receive` and `wait`, which
/// take the queue mutably and so end every borrow of them.
pub(super) struct Queue {
    rings: Rings,
    receive: RxQueue,
    fill: FillQueue,
    /// Where its memory begins: frames are named by their distance from there.
    memory: *const u8,
    _umem: Umem,
    frames: [XdpDesc; BURST],
    /// How many of `frames` hold a frame of ours.
    held: usize,
    is_busy_polled: bool,
    frame_count: u32,
    pages: &'static str,
    /// Unused, but part of the socket.
    _send: (TxQueue, CompQueue),
}

/// How frames come and go.
enum Rings {
    InPlace(Incoming, Returning),
    /// By the library: with the descriptors that it has named and that are to be given back.
    Library(Box<[FrameDesc; BURST]>),
}

impl Rings {
    /// In place, if that is wanted and the kernel allows it: before Linux 6.4 it maps no ring of a socket that is bound.
    fn of(
        socket: BorrowedFd<'_>,
        incoming_len: u32,
        returning_len: u32,
        in_place: bool,
        any: FrameDesc,
    ) -> Rings {
        let map = || {
            let incoming = Incoming::map(socket, incoming_len)?;
            Ok::<_, std::io::Error>(Rings::InPlace(
                incoming,
                Returning::map(socket, returning_len)?,
            ))
        };
        let library = || Rings::Library(Box::new([any; BURST]));
        if in_place { map().unwrap_or_else(|_| library()) } else { library() }
    }
}

const NO_FRAME: XdpDesc = XdpDesc { addr: 0, len: 0, options: XdpDescOptions::empty() };

// SAFETY: `memory` points into the mapping that `_umem` owns, and refers to no thread; the rest may be sent.
unsafe impl Send for Queue {}

/// Frames that a socket could not take.
pub(super) struct Lost {
    pub(super) ring_full: u64,
    pub(super) no_frame: u64,
    pub(super) too_long: u64,
}

impl Queue {
    pub(super) fn bind(
        interface: &Interface,
        number: u32,
        options: &XdpOptions,
        mode: XdpMode,
    ) -> Result<Queue, BackendError> {
        let what = || format!("binding to queue {number} of {} ({mode})", interface.name());
        let size = |size: u32| QueueSize::new(size).map_err(|error| explain(what(), &error));
        let frames = options.frames.clamp(64, 1 << 20).next_power_of_two();
        let ring = if options.ring == 0 { frames / 2 } else { options.ring.min(frames) };
        let ring = ring.next_power_of_two();
        let (umem, mut descriptors, pages) = memory(frames, size(frames)?, &what)?;
        let copy =
            if mode == XdpMode::ZeroCopy { BindFlags::XDP_ZEROCOPY } else { BindFlags::XDP_COPY };
        let config = SocketConfig::builder()
            .rx_queue_size(size(ring)?)
            .tx_queue_size(size(64)?)
            // The program is our own.
            .libxdp_flags(LibxdpFlags::XSK_LIBXDP_FLAGS_INHIBIT_PROG_LOAD)
            .bind_flags(copy | BindFlags::XDP_USE_NEED_WAKEUP)
            .build();
        let name =
            InterfaceName::from_str(interface.name()).map_err(|error| explain(what(), &error))?;
        let start = Instant::now();
        let (send, receive, rings) = loop {
            // SAFETY: the memory is shared with no other socket.
            match unsafe { Socket::new(config, &umem, &name, number) } {
                Ok(made) => break made,
                // The kernel lets go of a socket that was closed a little later.
                Err(error) if is_busy(&error) && start.elapsed() < BUSY_MAX => {
                    thread::sleep(Duration::from_millis(10));
                }
                Err(error) => return Err(explain(what(), &error)),
            }
        };
        let Some((mut fill, done)) = rings else {
            return Err(BackendError::Library {
                what: what(),
                reason: "it got no rings".to_owned(),
                remedy: "another socket of this process is bound to it",
            });
        };
        if mode != XdpMode::ZeroCopy {
            // No driver keeps any. More than the ring has places for, and we hold, would only come round later, when
            // they are no longer near.
            descriptors.truncate(ring as usize + 2 * BURST);
        }
        // SAFETY: these are all frames of this memory, and nobody has one of them.
        let given = unsafe { fill.produce(&descriptors) };
        if given < descriptors.len() {
            descriptors.truncate(given);
        }
        let first = descriptors.first().copied();
        let Some(first) = first else { return Err(BackendError::Lines) };
        let is_busy_polled = options.busy_poll_us > 0;
        if is_busy_polled {
            busy_poll(receive.fd().as_raw_fd(), options.busy_poll_us)
                .map_err(BackendError::system("asking for SO_BUSY_POLL"))?;
        }
        let rings = Rings::of(open(&receive), ring, frames, options.in_place, first);
        let (count, frames, held) = (frames, [NO_FRAME; BURST], 0);
        // SAFETY: it is a frame of this memory, of which only the address is taken.
        let data = unsafe { umem.data(&first) }.contents().as_ptr();
        // SAFETY: the frame begins so far behind the beginning of the memory, in the same mapping.
        let memory = unsafe { data.sub(first.addr()) };
        let send = (send, done);
        Ok(Queue {
            rings,
            receive,
            fill,
            memory,
            _umem: umem,
            frames,
            held,
            is_busy_polled,
            frame_count: count,
            pages,
            _send: send,
        })
    }

    /// How many frames its memory has.
    pub(super) fn frame_count(&self) -> u32 {
        self.frame_count
    }

    /// Whether its rings are used in place.
    pub(super) fn is_in_place(&self) -> bool {
        matches!(self.rings, Rings::InPlace(..))
    }

    /// The pages of its memory.
    pub(super) fn pages(&self) -> &'static str {
        self.pages
    }

    /// Gives back what it holds and takes what has come in; how many frames.
    pub(super) fn receive(&mut self) -> usize {
        self.give_back();
        self.held = match &mut self.rings {
            Rings::InPlace(incoming, _) => incoming.take(&mut self.frames),
            Rings::Library(taken) => {
                // SAFETY: the descriptors that it writes are of this socket's memory.
                let count = unsafe { self.receive.consume(&mut **taken) };
                for (frame, taken) in self.frames.iter_mut().zip(taken.iter()).take(count) {
                    let (addr, len) = (taken.addr() as u64, taken.lengths().data());
                    // A frame has 2,048 bytes.
                    *frame = XdpDesc { addr, len: len.try_into().unwrap_or(0), ..NO_FRAME };
                }
                count
            }
        };
        if self.held == 0 {
            self.wake_driver();
        }
        self.held
    }

    /// Asks the driver for frames, where it sleeps until then; what it says is found out by the next poll.
    fn wake_driver(&mut self) {
        if self.is_busy_polled {
            // Receiving drives the driver, and `poll` does so only where `net.core.busy_poll` says it.
            let _ = recv(open(&self.receive), &mut [0; 0], RecvFlags::DONTWAIT);
        } else if self.fill.needs_wakeup() {
            let _ = self.fill.wakeup(self.receive.fd_mut(), 0);
        }
    }

    fn give_back(&mut self) {
        // Here and below it holds that the receive ring named them, that `held` says that they were not given back,
        // and that `&mut self` says that nobody reads them.
        match &mut self.rings {
            Rings::InPlace(_, returning) => {
                // SAFETY: see above.
                unsafe { returning.give(self.frames.get(..self.held).unwrap_or_default()) };
            }
            Rings::Library(taken) => {
                let mut given = 0;
                while given < self.held {
                    let frames = taken.get(given..self.held).unwrap_or_default();
                    // SAFETY: see above. There is room: the ring has a place for every frame.
                    given += unsafe { self.fill.produce(frames) };
                }
            }
        }
        self.held = 0;
    }

    /// The frames that were received last.
    #[allow(clippy::cast_possible_truncation)] // memory that is mapped has addresses for all its bytes
    pub(super) fn frames(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().take(self.held).map(|frame| {
            // SAFETY: the receive ring named it, so it lies in this memory, which is mapped as long as the queue is
            // there, and it has not been given back, so that the kernel does not write it.
            unsafe {
                std::slice::from_raw_parts(self.memory.add(frame.addr as usize), frame.len as usize)
            }
        })
    }

    /// Frames that the kernel could not put here.
    pub(super) fn lost(&self) -> Lost {
        let Ok(statistics) = self.receive.fd().xdp_statistics() else {
            return Lost { ring_full: 0, no_frame: 0, too_long: 0 };
        };
        let no_frame = statistics.rx_fill_ring_empty_descs();
        Lost {
            ring_full: statistics.rx_ring_full(),
            no_frame,
            // A frame that found no place is counted as dropped, too; the others did not fit theirs.
            too_long: statistics.rx_dropped().saturating_sub(no_frame),
        }
    }
}

/// The socket of a queue.
fn open(receive: &RxQueue) -> BorrowedFd<'_> {
    // SAFETY: it is open as long as `receive` is there.
    unsafe { BorrowedFd::borrow_raw(receive.fd().as_raw_fd()) }
}

fn is_busy(error: &SocketCreateError) -> bool {
    system_code(error) == Some(libc::EBUSY)
}

impl AsRawFd for &Queue {
    fn as_raw_fd(&self) -> RawFd {
        self.receive.fd().as_raw_fd()
    }
}

/// The memory of one queue: in huge pages where there are any left.
fn memory(
    frames: u32,
    ring: QueueSize,
    what: &impl Fn() -> String,
) -> Result<(Umem, Vec<FrameDesc>, &'static str), BackendError> {
    let size = FrameSize::new(FRAME_BYTES).map_err(|error| explain(what(), &error))?;
    let config = UmemConfig::builder().frame_size(size).fill_queue_size(ring).build();
    let config = config.map_err(|error| explain(what(), &error))?;
    let count = NonZeroU32::new(frames).unwrap_or(NonZeroU32::MIN);
    if let Ok((umem, frames)) = Umem::new(config, count, true) {
        return Ok((umem, frames, "huge"));
    }
    let start = Instant::now();
    loop {
        match Umem::new(config, count, false) {
            Ok((umem, frames)) => return Ok((umem, frames, "4K")),
            // Memory that was given back counts against the limit until the kernel has let go of it.
            Err(error)
                if system_code(&error) == Some(libc::ENOBUFS) && start.elapsed() < LOCKED_MAX =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(explain(what(), &error)),
        }
    }
}

/// Has receiving drive the driver, in place of its interrupts.
fn busy_poll(socket: RawFd, time_us: u32) -> std::io::Result<()> {
    const SO_PREFER_BUSY_POLL: libc::c_int = 69;
    const SO_BUSY_POLL_BUDGET: libc::c_int = 70;
    let budget = 64;
    for (option, value) in [
        (SO_PREFER_BUSY_POLL, 1),
        (libc::SO_BUSY_POLL, time_us.cast_signed()),
        (SO_BUSY_POLL_BUDGET, budget),
    ] {
        // SAFETY: the kernel reads four bytes of `value`, which lives until it returns.
        let status = unsafe {
            libc::setsockopt(socket, libc::SOL_SOCKET, option, (&raw const value).cast(), 4)
        };
        if status != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Waits until one of the queues has something.
pub(super) fn wait(queues: &mut [Queue], timeout: Duration) -> Result<(), BackendError> {
    /// More than an interface has queues that one thread could serve.
    const QUEUES_MAX: usize = 64;
    let polled = |queue: &mut Queue| {
        queue.give_back();
        libc::pollfd { fd: (&*queue).as_raw_fd(), events: libc::POLLIN, revents: 0 }
    };
    let mut polled: ArrayVec<libc::pollfd, QUEUES_MAX> =
        queues.iter_mut().take(QUEUES_MAX).map(polled).collect();
    let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the kernel reads and writes the entries of `polled`, whose number is passed along.
    let status =
        unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, timeout_ms) };
    let error = std::io::Error::last_os_error();
    if status < 0 && error.kind() != std::io::ErrorKind::Interrupted {
        return Err(BackendError::System { what: "waiting".into(), error });
    }
    Ok(())
}
