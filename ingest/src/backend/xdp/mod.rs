//! `AF_XDP`: a program that runs where the driver hands frames to the kernel puts ours into our memory.
//!
//! | module | what is in it |
//! |---|---|
//! | `filter.bpf.c` | the program: what is ours, what the kernel gets, what nobody can read |
//! | `filter` | loading it, attaching it, its counters |
//! | `queue` | one socket, its memory and its rings, for one receive queue of the interface |
//!
//! The program hangs on a link that the kernel drops with this process, however it ends, and the interface goes
//! on as before. Root is not needed: `CAP_NET_RAW`, `CAP_NET_ADMIN` and `CAP_BPF` are.

mod filter;
mod queue;
mod ring;

use core::fmt;
use core::time::Duration;
use std::error::Error;
use std::io;

use socket2::Socket;

use super::socket::membership;
use super::{
    Backend, BackendCounts, BackendError, Burst, Carried, DropCause, Interface, Obtained, Received,
    Subscription,
};
use filter::Filter;
use queue::Queue;

/// How frames come from the driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum XdpMode {
    /// The driver puts them into our memory.
    ZeroCopy,
    /// The driver runs the program, the kernel copies.
    Native,
    /// The kernel runs the program on its own packets, and copies: any interface can.
    Generic,
}

impl XdpMode {
    /// From the fastest on.
    pub const ALL: [XdpMode; 3] = [XdpMode::ZeroCopy, XdpMode::Native, XdpMode::Generic];
}

impl fmt::Display for XdpMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            XdpMode::ZeroCopy => "native, zero_copy",
            XdpMode::Native => "native, copy",
            XdpMode::Generic => "generic, copy",
        })
    }
}

/// What is asked of `AF_XDP`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct XdpOptions {
    /// How frames are to come; the fastest that is to be had where it is `None`.
    pub mode: Option<XdpMode>,
    /// How many receive queues the interface has to have; all of them are bound.
    pub queues: Option<u16>,
    /// Frames of memory for each queue; a power of two. Where the kernel copies, no more of them are used than `ring` and two
    /// bursts.
    pub frames: u32,
    /// Frames that wait to be polled, at most; a power of two. Half of `frames` where it is zero.
    pub ring: u32,
    /// Microseconds for which a poll drives the network card itself; 0 is never.
    pub busy_poll_us: u32,
    /// Whether the rings are used in place, where the kernel allows it (from Linux 6.4); else `xsk-rs` is called for each
    /// frame, which costs some nanoseconds.
    pub in_place: bool,
}

impl Default for XdpOptions {
    fn default() -> XdpOptions {
        XdpOptions {
            mode: None,
            queues: None,
            frames: 4096,
            ring: 0,
            busy_poll_us: 0,
            in_place: true,
        }
    }
}

/// One socket for each receive queue of an interface.
///
/// The order of the fields is that of their end: the program goes before the sockets that it names.
pub struct XdpBackend {
    filter: Filter,
    queues: Vec<Queue>,
    /// The queue that is looked at first in the next poll: they take turns.
    first: usize,
    subscription: Subscription,
    /// Has the kernel tell switches that the groups are wanted here.
    _membership: Socket,
    counts: BackendCounts,
    interface: Interface,
    obtained: Obtained,
}

impl XdpBackend {
    /// Binds a socket to each queue of the interface and attaches the program.
    ///
    /// # Errors
    /// [`BackendError`] says what was tried and what to do.
    pub fn open(
        subscription: &Subscription,
        options: &XdpOptions,
    ) -> Result<XdpBackend, BackendError> {
        let interface = Interface::find(&subscription.interface)?;
        if subscription.lines.is_empty() {
            return Err(BackendError::Lines);
        }
        let there_are = interface.receive_queues();
        if let Some(wanted) = options.queues
            && usize::from(wanted) != there_are
        {
            return Err(BackendError::Library {
                what: format!("receiving from {wanted} queues of {}", interface.name()),
                reason: format!("it has {there_are}, and packets can come by any of them"),
                remedy: "set their number with ethtool -L, or leave --queues out",
            });
        }
        let membership = membership(&interface, &subscription.lines)?;
        let modes: &[XdpMode] = match &options.mode {
            Some(mode) => std::slice::from_ref(mode),
            None => &XdpMode::ALL,
        };
        let mut refused = None;
        for &mode in modes {
            match bind(&interface, subscription, options, mode) {
                Ok((filter, queues)) => {
                    let mut obtained = Obtained::new("xdp");
                    obtained.note("mode", mode);
                    obtained.note("queues", queues.len());
                    obtained.note("frames", queues.first().map_or(0, Queue::frame_count));
                    obtained.note("umem_pages", queues.first().map_or("", Queue::pages));
                    let in_place = queues.iter().all(Queue::is_in_place);
                    obtained.note("rings", if in_place { "in place" } else { "by xsk-rs" });
                    obtained.note("timestamps", "poll");
                    if options.busy_poll_us > 0 {
                        obtained.note("busy_poll_us", options.busy_poll_us);
                    }
                    return Ok(XdpBackend {
                        filter,
                        queues,
                        first: 0,
                        subscription: subscription.clone(),
                        _membership: membership,
                        counts: BackendCounts::default(),
                        interface,
                        obtained,
                    });
                }
                // What is not permitted in one mode is in none.
                Err(error @ BackendError::NotPermitted { .. }) => return Err(error),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or(BackendError::Lines))
    }
}

fn bind(
    interface: &Interface,
    subscription: &Subscription,
    options: &XdpOptions,
    mode: XdpMode,
) -> Result<(Filter, Vec<Queue>), BackendError> {
    let queues = bind_queues(interface, options, mode)?;
    let mut filter = Filter::load(subscription)?;
    for (number, queue) in (0..).zip(&queues) {
        filter.direct(number, queue)?;
    }
    filter.attach(interface, mode)?;
    Ok((filter, queues))
}

/// A socket for each queue. Where the limit of locked memory does not allow so many frames, fewer do: that limit is
/// 8 MiB on many systems, which is what two thousand times two frames take.
fn bind_queues(
    interface: &Interface,
    options: &XdpOptions,
    mode: XdpMode,
) -> Result<Vec<Queue>, BackendError> {
    let count = u32::try_from(interface.receive_queues()).unwrap_or(u32::MAX);
    let mut options = options.clone();
    loop {
        let queues = (0..count).map(|queue| Queue::bind(interface, queue, &options, mode));
        match queues.collect::<Result<Vec<Queue>, BackendError>>() {
            Err(BackendError::LockedMemory { .. }) if options.frames > FRAMES_MIN => {
                options.frames /= 2;
            }
            bound => return bound,
        }
    }
}

/// Fewer frames than this would not hold a burst of the market.
const FRAMES_MIN: u32 = 512;

impl Backend for XdpBackend {
    fn poll<'a>(&'a mut self, burst: &mut Burst<'a>) -> Result<(), BackendError> {
        let count = self.queues.len();
        let mut found = None;
        for turn in 0..count {
            let index = (self.first + turn) % count;
            let Some(queue) = self.queues.get_mut(index) else { continue };
            if queue.receive() > 0 {
                found = Some(index);
                break;
            }
        }
        let Some(index) = found else { return Ok(()) };
        self.first = index + 1;
        let Some(queue) = self.queues.get(index) else { return Ok(()) };
        self.counts.bursts += 1;
        let mut bytes = 0;
        // There is room for all of them: a queue receives no more at a time.
        burst.extend(queue.frames().map(|frame| {
            bytes += frame.len() as u64;
            Received::new(None, Carried::Frame(frame))
        }));
        self.counts.packets += burst.len() as u64;
        self.counts.bytes += bytes;
        Ok(())
    }

    fn wait(&mut self, timeout: Duration) -> Result<(), BackendError> {
        queue::wait(&mut self.queues, timeout)
    }

    fn counts(&mut self) -> BackendCounts {
        let (mut ring_full, mut no_frame, mut too_long) = (0, 0, 0);
        for queue in &self.queues {
            let lost = queue.lost();
            ring_full += lost.ring_full;
            no_frame += lost.no_frame;
            too_long += lost.too_long;
        }
        let verdicts = self.filter.verdicts();
        let mut counts = self.counts;
        counts.foreign += verdicts.passed;
        counts.set_dropped(DropCause::RingFull, ring_full);
        counts.set_dropped(DropCause::NoFrame, no_frame);
        counts.set_dropped(DropCause::TooLong, too_long);
        counts.set_dropped(DropCause::Malformed, verdicts.malformed);
        counts.set_dropped(DropCause::Fragment, verdicts.fragments);
        // The driver counts what the program and the socket refused as its own drops, too.
        let known = ring_full + no_frame + too_long + verdicts.malformed;
        let interface = self.interface.dropped().saturating_sub(known);
        counts.set_dropped(DropCause::Interface, interface);
        counts
    }

    /// What the program has decided, by verdict and processor.
    fn details(&self) -> Vec<(String, u64)> {
        self.filter.details()
    }

    fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    fn obtained(&self) -> &Obtained {
        &self.obtained
    }
}

impl fmt::Debug for XdpBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XdpBackend").field("obtained", &self.obtained).finish_non_exhaustive()
    }
}

/// The system's error behind a library's.
fn system_code(error: &(dyn Error + 'static)) -> Option<i32> {
    let code = |error: &(dyn Error + 'static)| error.downcast_ref::<io::Error>()?.raw_os_error();
    std::iter::successors(Some(error), |&error| error.source()).find_map(code)
}

/// What a library's error means: the system's error is somewhere behind it.
fn explain(what: String, error: &(dyn Error + 'static)) -> BackendError {
    let code = system_code(error);
    let reason = match code {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error.to_string(),
    };
    let remedy = match code {
        Some(libc::EPERM | libc::EACCES) => {
            return BackendError::NotPermitted {
                what,
                remedy: "AF_XDP needs three capabilities: sudo setcap \
                         cap_net_raw,cap_net_admin,cap_bpf=ep PROGRAM, or run it as root",
            };
        }
        Some(libc::ENOBUFS | libc::ENOMEM) => return BackendError::LockedMemory { what },
        Some(libc::EBUSY | libc::EEXIST) => {
            "another program has the queue or the interface: ip link show shows it; end it, or: ip link set dev IF \
             xdp off"
        }
        Some(libc::EOPNOTSUPP | libc::EINVAL) => {
            "the driver cannot do that: leave --xdp-mode out for the fastest that it can (ethtool -i IF names it)"
        }
        Some(libc::ERANGE) => {
            "packets of the interface are too long for its driver: ip link set dev IF mtu 1500, or --xdp-mode generic"
        }
        _ => "dmesg may say more",
    };
    BackendError::Library { what, reason, remedy }
}
