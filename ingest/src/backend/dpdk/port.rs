//! One port of DPDK: its device, its frames, its queues.

use std::ffi::CString;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dpdk_sys::{Stats, rte_mbuf, rte_mempool};

use super::{DpdkOptions, eal, failed};
use crate::backend::{BackendError, Obtained};

/// How many frames a poll lends at most: a driver that copies does so into those that were freed last, and the more of them
/// are out, the longer ago that was.
const LENT: usize = 64;

/// A port that was started.
///
/// A frame is ours from when a receive queue gave it until it is freed. `frames` holds those that are ours; they are
/// freed by `receive`, `give_back` and the end, which take the port mutably and so end every borrow of them.
pub(super) struct Port {
    number: u16,
    given: dpdk_sys::Port,
    multicast: &'static str,
    pool: *mut rte_mempool,
    frames: [*mut rte_mbuf; LENT],
    held: usize,
    /// The queue that is looked at first in the next poll: they take turns.
    first: u16,
    /// The device was added by us, by this name on the bus of virtual devices.
    added: Option<CString>,
    /// Whether the thread that polls is known to DPDK.
    is_registered: bool,
}

// SAFETY: a port is used by one thread at a time, which `&mut` enforces; none of its pointers refers to a thread. The
// thread that polls first is made known to DPDK then.
unsafe impl Send for Port {}

/// What came in.
pub(super) enum Frame<'a> {
    Whole(&'a [u8]),
    /// The card found its checksum wrong.
    BadChecksum(&'a [u8]),
    /// It did not fit one frame.
    InPieces,
}

/// How long an interface may be busy with a socket that has gone.
const BUSY_MAX: Duration = Duration::from_secs(1);
/// How long a card may take to bring its link up. One that takes longer receives when it is.
const LINK_MAX: Duration = Duration::from_secs(5);
/// Frames need a place for a link header with two tags, and IP and UDP headers.
const HEADER_BYTES_MAX: usize = 64;

impl Port {
    pub(super) fn open(options: &DpdkOptions, groups: &[[u8; 6]]) -> Result<Port, BackendError> {
        let is_af_xdp =
            options.device.as_deref().is_some_and(|device| device.starts_with("net_af_xdp"));
        let start = Instant::now();
        loop {
            match Port::try_open(options, groups) {
                // The kernel lets go of an AF_XDP socket that was closed a little later; the driver does not say why
                // it fails, and cannot try again itself.
                Err(_) if is_af_xdp && start.elapsed() < BUSY_MAX => {
                    thread::sleep(Duration::from_millis(100));
                }
                opened => return opened,
            }
        }
    }

    fn try_open(options: &DpdkOptions, groups: &[[u8; 6]]) -> Result<Port, BackendError> {
        let (number, added) = find(options.device.as_deref())?;
        let name = options.device.as_deref().unwrap_or("the first port");
        let mut port = Port {
            number,
            given: asked(options),
            multicast: "none",
            pool: ptr::null_mut(),
            frames: [ptr::null_mut(); LENT],
            held: 0,
            first: 0,
            added,
            is_registered: false,
        };
        // The port is whole from here on: what fails now is undone when it is dropped.
        port.pool = pool(options, name)?;
        // SAFETY: `given` lives until it returns; the pool is there, and freed after the port is stopped.
        let status =
            unsafe { dpdk_sys::wirebook_dpdk_start(number, &raw mut port.given, port.pool) };
        if status != 0 {
            let what = format!("starting {name} with {} queues", options.queues);
            return Err(failed(what, eal::error_text(status), "what DPDK wrote above says more"));
        }
        if port.given.queues < options.queues {
            let reason = format!("it has {}", port.given.queues);
            let what = format!("receiving from {} queues of {name}", options.queues);
            return Err(failed(what, reason, "ask for fewer --queues, or give the device more"));
        }
        port.join(groups);
        if options.device.as_deref().is_none_or(eal::is_pci) {
            port.wait_for_link();
        }
        Ok(port)
    }

    /// A card that was started agrees with its peer first, and receives nothing until then.
    fn wait_for_link(&self) {
        let start = Instant::now();
        while self.link().is_none() && start.elapsed() < LINK_MAX {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The speed of the link in Mbit/s; `None` where it is down.
    fn link(&self) -> Option<u32> {
        let mut speed = 0;
        // SAFETY: `speed` lives until it returns.
        let status = unsafe { dpdk_sys::wirebook_dpdk_link(self.number, &raw mut speed) };
        (status == 1).then_some(speed)
    }

    /// Has the card take frames to the groups.
    fn join(&mut self, groups: &[[u8; 6]]) {
        if groups.is_empty() {
            return;
        }
        let count = u32::try_from(groups.len()).unwrap_or(0);
        // SAFETY: `groups` holds `count` addresses of six bytes, one after the other, and lives until it returns.
        let status = unsafe {
            dpdk_sys::wirebook_dpdk_multicast(self.number, groups.as_ptr().cast(), count)
        };
        self.multicast = match status {
            0 => "groups",
            1 => "all",
            _ => "unfiltered by the driver",
        };
    }

    /// The name of its driver.
    pub(super) fn driver(&self) -> &str {
        let name = self.given.driver.split(|&byte| byte == 0).next().unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// Says what was given.
    pub(super) fn note(&self, obtained: &mut Obtained) {
        let given = &self.given;
        obtained.note("driver", self.driver());
        obtained.note("queues", given.queues);
        obtained.note("descriptors", given.descriptors);
        obtained.note("rss", given.rss != 0);
        obtained.note("checksum_offload", given.checksums != 0);
        obtained.note("promiscuous", given.promiscuous != 0);
        obtained.note("multicast", self.multicast);
        let link = match self.link() {
            None => "down".to_owned(),
            // What has no wire has no speed.
            Some(0 | u32::MAX) => "up".to_owned(),
            Some(speed) => format!("up, {speed} Mbit/s"),
        };
        obtained.note("link", link);
    }

    /// Gives back what it holds and takes what has come in; how many frames.
    pub(super) fn receive(&mut self) -> usize {
        if !self.is_registered {
            self.register();
        }
        self.give_back();
        let queues = self.given.queues;
        for turn in 0..queues {
            let queue = (self.first + turn) % queues;
            self.receive_from(queue);
            if self.held > 0 {
                self.first = queue + 1;
                break;
            }
        }
        self.held
    }

    /// Takes what one queue has, by bursts of the length that drivers are made for.
    fn receive_from(&mut self, queue: u16) {
        const MOST: u16 = 32;
        while let Some(places) = self.frames.get_mut(self.held..self.held + usize::from(MOST)) {
            // SAFETY: the port is started and has this queue; `places` has room for `MOST` pointers.
            let count = unsafe {
                dpdk_sys::wirebook_dpdk_receive(self.number, queue, places.as_mut_ptr(), MOST)
            };
            self.held += usize::from(count);
            if count < MOST {
                break;
            }
        }
    }

    /// Without it every frame would go through the pool's ring, which all threads share.
    #[cold]
    fn register(&mut self) {
        // SAFETY: DPDK is started. A thread that it knows already, or has no place for, is told so and goes on.
        unsafe { dpdk_sys::rte_thread_register() };
        self.is_registered = true;
    }

    pub(super) fn give_back(&mut self) {
        if self.held > 0 {
            let count = u32::try_from(self.held).unwrap_or(0);
            // SAFETY: the first `held` pointers are frames that a queue gave and that were not freed since; `&mut self`
            // says that nobody reads them.
            unsafe { dpdk_sys::wirebook_dpdk_free(self.pool, self.frames.as_mut_ptr(), count) };
            self.held = 0;
        }
    }

    /// The frames that were received last.
    pub(super) fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.frames.iter().take(self.held).map(|&frame| {
            // SAFETY: a queue gave it and it was not freed since, so it is ours and nobody writes it.
            let frame = unsafe { &*frame };
            if frame.nb_segs != 1 {
                return Frame::InPieces;
            }
            let (start, length) = (usize::from(frame.data_off), usize::from(frame.data_len));
            // SAFETY: the bytes of a frame of one piece lie there, in memory that is its own as long as it is.
            let bytes = unsafe {
                std::slice::from_raw_parts(frame.buf_addr.cast::<u8>().add(start), length)
            };
            let flags = frame.ol_flags;
            let is_bad = flags & dpdk_sys::RX_IP_CKSUM_MASK == dpdk_sys::RX_IP_CKSUM_BAD
                || flags & dpdk_sys::RX_L4_CKSUM_MASK == dpdk_sys::RX_L4_CKSUM_BAD;
            if is_bad { Frame::BadChecksum(bytes) } else { Frame::Whole(bytes) }
        })
    }

    /// The driver's own counters that are not zero.
    pub(super) fn xstats(&self) -> Vec<(String, u64)> {
        let mut counters = Vec::new();
        for index in 0.. {
            let (mut name, mut value) = ([0_u8; 64], 0);
            // SAFETY: there is room for a name of 64 bytes and a number, and both live until it returns.
            let count = unsafe {
                dpdk_sys::wirebook_dpdk_xstat(self.number, index, name.as_mut_ptr(), &raw mut value)
            };
            if u64::try_from(count).unwrap_or(0) <= index {
                break;
            }
            if value > 0 {
                let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
                counters.push((String::from_utf8_lossy(name).into_owned(), value));
            }
        }
        counters
    }

    /// What the port has counted.
    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        // SAFETY: `stats` lives until it returns. Where it fails it writes nothing.
        unsafe { dpdk_sys::wirebook_dpdk_stats(self.number, &raw mut stats) };
        stats
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.give_back();
        // SAFETY: nobody polls the port any more, and all its frames were given back.
        unsafe { dpdk_sys::wirebook_dpdk_stop(self.number) };
        if let Some(name) = &self.added {
            // SAFETY: both names end with zero; the device was added by us.
            unsafe { dpdk_sys::rte_eal_hotplug_remove(c"vdev".as_ptr(), name.as_ptr()) };
        }
        if self.is_registered {
            // SAFETY: DPDK is started; a thread that it does not know is left alone. It has a cache of frames in the
            // pool, which is given back by this.
            unsafe { dpdk_sys::rte_thread_unregister() };
        }
        // SAFETY: the port that used it is closed. Null is no pool, and left alone.
        unsafe { dpdk_sys::rte_mempool_free(self.pool) };
    }
}

fn asked(options: &DpdkOptions) -> dpdk_sys::Port {
    // Beyond the header of the link, which an MTU does not count.
    let mtu = options.packet_bytes_max.saturating_add(28).min(9000);
    dpdk_sys::Port {
        queues: options.queues.max(1),
        descriptors: options.descriptors,
        mtu: if options.packet_bytes_max > 2048 {
            u16::try_from(mtu).unwrap_or(1500)
        } else {
            1500
        },
        checksums: 0,
        rss: 0,
        promiscuous: u8::from(options.promiscuous),
        driver: [0; 64],
    }
}

/// The port of the device, which is added where it is a virtual one.
fn find(device: Option<&str>) -> Result<(u16, Option<CString>), BackendError> {
    let remedy =
        "dpdk-devbind.py --status shows cards, and --device net_af_packet0,iface=IF needs none";
    let Some(device) = device else {
        let port = dpdk_sys::wirebook_dpdk_port_first();
        let none = || failed("finding a port", "DPDK has found none".to_owned(), remedy);
        return u16::try_from(port).map(|port| (port, None)).map_err(|_| none());
    };
    let what = || format!("opening device {device:?}");
    let text =
        |text: &str| CString::new(text).map_err(|error| failed(what(), error.to_string(), remedy));
    let (name, arguments) = device.split_once(',').unwrap_or((device, ""));
    let (name, arguments) = (text(name)?, text(arguments)?);
    let mut added = None;
    if !eal::is_pci(device) {
        // SAFETY: three texts that end with zero and live until it returns; DPDK is started.
        let status = unsafe {
            dpdk_sys::rte_eal_hotplug_add(c"vdev".as_ptr(), name.as_ptr(), arguments.as_ptr())
        };
        if status != 0 {
            return Err(failed(what(), eal::error_text(status), remedy));
        }
        added = Some(name.clone());
    }
    // SAFETY: the name ends with zero and lives until it returns.
    let port = unsafe { dpdk_sys::wirebook_dpdk_port_named(name.as_ptr()) };
    match u16::try_from(port) {
        Ok(port) => Ok((port, added)),
        Err(_) => Err(failed(what(), "DPDK knows no such device".to_owned(), remedy)),
    }
}

fn pool(options: &DpdkOptions, device: &str) -> Result<*mut rte_mempool, BackendError> {
    /// Pools have names, and a process may have several.
    static POOLS: AtomicU32 = AtomicU32::new(0);
    let number = POOLS.fetch_add(1, Ordering::Relaxed);
    let name = CString::new(format!("wirebook{number}")).unwrap_or_default();
    let frame_bytes = (options.packet_bytes_max + HEADER_BYTES_MAX).max(2048);
    let frame_bytes = u16::try_from(frame_bytes).unwrap_or(u16::MAX - 256).min(u16::MAX - 256);
    let frames = options.frames.saturating_mul(u32::from(options.queues.max(1)));
    let any_node = -1;
    // SAFETY: the name ends with zero and lives until it returns; DPDK is started.
    let pool =
        unsafe { dpdk_sys::wirebook_dpdk_pool(name.as_ptr(), frames, frame_bytes, any_node) };
    if pool.is_null() {
        let what = format!("{frames} frames of {frame_bytes} bytes for {device}");
        let reason = eal::error_text(dpdk_sys::wirebook_dpdk_errno());
        return Err(failed(
            what,
            reason,
            "reserve more hugepages (hugepages.sh), or ask for fewer --frames",
        ));
    }
    Ok(pool)
}
