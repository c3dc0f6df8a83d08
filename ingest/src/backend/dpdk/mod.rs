//! DPDK: a driver in user space puts frames into our memory, and the kernel has no part in it.
//!
//! The device is a network card that was taken from the kernel, by its PCI address, or a virtual device: `net_memif` from
//! another process, `net_af_packet` and `net_af_xdp` on an interface of the kernel, and others (`--device`). DPDK
//! itself is started once in a process, by the first backend; devices are added to it and taken away.

mod eal;
mod port;

use core::fmt;
use core::time::Duration;
use std::thread;

use arrayvec::ArrayVec;
use socket2::Socket;

use super::socket::membership;
use super::{
    Backend, BackendCounts, BackendError, Burst, Carried, DropCause, Interface, Obtained, Received,
    Sorted, Subscription,
};
use crate::frame::multicast_mac;
use port::{Frame, Port};

/// What is asked of DPDK.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DpdkOptions {
    /// Arguments of its environment, as its programs take them before `--`.
    pub eal: String,
    /// The device: a PCI address, or a virtual device with its arguments. The first one that the environment has
    /// where it is `None`.
    pub device: Option<String>,
    /// Receive queues; the card spreads flows over them.
    pub queues: u16,
    /// Frames that each queue can hold.
    pub descriptors: u16,
    /// Frames of memory for each queue; one less than a power of two is best.
    pub frames: u32,
    /// Bytes of the longest payload.
    pub packet_bytes_max: usize,
    /// Take frames to anybody.
    pub promiscuous: bool,
}

impl Default for DpdkOptions {
    fn default() -> DpdkOptions {
        DpdkOptions {
            eal: String::new(),
            device: None,
            queues: 1,
            descriptors: 1024,
            frames: 8191,
            packet_bytes_max: 2048,
            promiscuous: false,
        }
    }
}

/// One port with its receive queues.
pub struct DpdkBackend {
    port: Port,
    subscription: Subscription,
    /// The interface of the kernel under a virtual device, and the membership of its groups.
    kernel: Option<Kernel>,
    counts: BackendCounts,
    /// Frames that this machine sends by the interface come in, too.
    sees_what_is_sent: bool,
    checksum: u64,
    too_long: u64,
    obtained: Obtained,
}

struct Kernel {
    interface: Interface,
    /// What it had received when the port was started.
    received: u64,
    address: Option<[u8; 6]>,
    /// Frames that this machine sent by it, which a packet socket sees, too.
    sent: u64,
    _membership: Socket,
}

impl DpdkBackend {
    /// Starts DPDK where it is not yet, adds the device and starts its port.
    ///
    /// # Errors
    /// [`BackendError`] says what was tried and what to do.
    pub fn open(
        subscription: &Subscription,
        options: &DpdkOptions,
    ) -> Result<DpdkBackend, BackendError> {
        if subscription.lines.is_empty() {
            return Err(BackendError::Lines);
        }
        let mut kernel = Kernel::under(subscription, options)?;
        let memory = eal::start(&options.eal, options.device.as_deref())?;
        let groups: ArrayVec<[u8; 6], 2> = subscription
            .lines()
            .filter(|(_, line)| line.group.ip().is_multicast())
            .map(|(_, line)| multicast_mac(*line.group.ip()))
            .collect();
        let port = Port::open(options, &groups)?;
        if let Some(kernel) = &mut kernel {
            kernel.received = kernel.interface.received();
        }
        let sees_what_is_sent = port.driver() == "net_af_packet";
        let mut obtained = Obtained::new("dpdk");
        obtained.note("version", eal::version());
        obtained.note("memory", memory);
        port.note(&mut obtained);
        obtained.note("timestamps", "poll");
        Ok(DpdkBackend {
            port,
            subscription: subscription.clone(),
            kernel,
            counts: BackendCounts::default(),
            sees_what_is_sent,
            checksum: 0,
            too_long: 0,
            obtained,
        })
    }
}

impl Kernel {
    /// The interface under a virtual device, which is named in its arguments or as the subscription's.
    fn under(
        subscription: &Subscription,
        options: &DpdkOptions,
    ) -> Result<Option<Kernel>, BackendError> {
        let arguments = options.device.as_deref().unwrap_or("").split(',');
        let named = arguments.filter_map(|argument| argument.strip_prefix("iface=")).next();
        let name = match (named, subscription.interface.as_str()) {
            (Some(name), _) => name,
            (None, "") => return Ok(None),
            (None, name) => name,
        };
        let interface = Interface::find(name)?;
        let membership = membership(&interface, &subscription.lines)?;
        let address = interface.hardware_address();
        let (received, sent) = (0, 0);
        Ok(Some(Kernel { interface, received, address, sent, _membership: membership }))
    }

    /// Whether this machine sent a frame, which is counted.
    fn is_sent(&mut self, frame: &[u8]) -> bool {
        let is_sent = frame.get(6..12) == self.address.as_ref().map(|address| &address[..]);
        self.sent += u64::from(is_sent);
        is_sent
    }
}

impl DpdkBackend {
    /// What a driver lost without counting it: `net_af_packet` says nothing of frames that found its ring full, but the
    /// interface says how many it took in.
    fn missed_silently(&self, stats: &dpdk_sys::Stats) -> u64 {
        match &self.kernel {
            Some(kernel) if self.sees_what_is_sent => {
                let taken_in = kernel.interface.received().saturating_sub(kernel.received);
                taken_in.saturating_sub(stats.packets.saturating_sub(kernel.sent))
            }
            _ => 0,
        }
    }
}

impl Backend for DpdkBackend {
    fn poll<'a>(&'a mut self, burst: &mut Burst<'a>) -> Result<(), BackendError> {
        if self.port.receive() == 0 {
            return Ok(());
        }
        self.counts.bursts += 1;
        for frame in self.port.frames() {
            let bytes = match frame {
                Frame::Whole(bytes) => bytes,
                Frame::InPieces => {
                    self.too_long += 1;
                    continue;
                }
                Frame::BadChecksum(bytes) => {
                    // Only what would have been ours is ours to lose.
                    if let Sorted::Ours(..) = self.subscription.sort(bytes) {
                        self.checksum += 1;
                    } else {
                        self.counts.foreign += 1;
                    }
                    continue;
                }
            };
            if let Some(kernel) = self.kernel.as_mut().filter(|_| self.sees_what_is_sent)
                && kernel.is_sent(bytes)
            {
                continue;
            }
            self.counts.receive(bytes);
            burst.push(Received::new(None, Carried::Frame(bytes)));
        }
        Ok(())
    }

    /// Drivers of user space have no way to be waited for that all of them share: it sleeps a little.
    fn wait(&mut self, timeout: Duration) -> Result<(), BackendError> {
        self.port.give_back();
        thread::sleep(timeout.min(Duration::from_micros(50)));
        Ok(())
    }

    fn counts(&mut self) -> BackendCounts {
        let stats = self.port.stats();
        let mut counts = self.counts;
        counts.set_dropped(DropCause::RingFull, stats.missed + self.missed_silently(&stats));
        counts.set_dropped(DropCause::Checksum, self.checksum);
        counts.set_dropped(DropCause::Malformed, stats.errors);
        counts.set_dropped(DropCause::TooLong, self.too_long);
        if let Some(kernel) = &self.kernel {
            counts.set_dropped(DropCause::Interface, kernel.interface.dropped());
        }
        counts
    }

    fn details(&self) -> Vec<(String, u64)> {
        self.port.xstats()
    }

    fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    fn obtained(&self) -> &Obtained {
        &self.obtained
    }
}

impl fmt::Debug for DpdkBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpdkBackend").field("obtained", &self.obtained).finish_non_exhaustive()
    }
}

fn failed(what: impl Into<String>, reason: String, remedy: &'static str) -> BackendError {
    BackendError::Library { what: what.into(), reason, remedy }
}
