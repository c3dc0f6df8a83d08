//! The paths by which packets come in, and receivers on them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use wirebook::DayConfig;
use wirebook::exchange::feed::{Day, Multicast, write_pcap};
use wirebook::ingest::backend::socket::SocketOptions;
use wirebook::ingest::backend::uring::UringOptions;
use wirebook::ingest::backend::{Backend, BackendConfig, Burst, Interface, Subscription, WireLine};
use wirebook::ingest::frame::{Tagging, UdpFrame, multicast_mac};
use wirebook::ingest::mold::{Packet, PacketKind, PacketWriter};
use wirebook::ingest::receiver::{Pace, Protocol, Receiver};
use wirebook::ingest::session::SessionConfig;
use wirebook::ingest::source::CaptureReader;
use wirebook::replay::touch_checksum;

use crate::bare::{self, Bare};
use crate::day::{feed_of_a_day, thread_time};
use crate::net::Wire;

const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 97, 1, 1), 26_477);

/// A capture of a day of more than `packets`.
pub(crate) fn generated(packets: usize) -> Result<Vec<u8>, String> {
    let messages = packets as u64 * 3 + 100_000;
    let config = DayConfig { symbols: 500, messages, seed: 1 };
    let mut day = Day::new(config).map_err(|error| error.to_string())?;
    let mut capture = Vec::new();
    write_pcap(&mut day, &Multicast::default(), &mut capture, |_| {})
        .map_err(|error| error.to_string())?;
    Ok(capture)
}

/// Frames with the first packets that some captures have together, each once and in order. With `messages`, as many of these
/// are in each packet, or as many as its sender put together if they are fewer.
pub(crate) fn frames(
    captures: &[Vec<u8>],
    messages: Option<usize>,
    count: usize,
) -> Result<Vec<Vec<u8>>, String> {
    let mut packets = BTreeMap::new();
    for capture in captures {
        let mut reader =
            CaptureReader::new("the capture", &capture[..]).map_err(|error| error.to_string())?;
        while let Some(burst) = reader.next_burst().map_err(|error| error.to_string())? {
            for datagram in burst {
                let packet = Packet::check(datagram.payload).map_err(|error| error.to_string())?;
                if packet.kind() != PacketKind::Data {
                    continue;
                }
                for payload in parts(&packet, messages.unwrap_or(usize::MAX))? {
                    let packet = Packet::check(&payload).map_err(|error| error.to_string())?;
                    packets.entry(packet.sequence()).or_insert(frame(&payload)?);
                }
            }
        }
    }
    Ok(packets.into_values().take(count).collect())
}

/// The payloads of packets with the messages of one, so many in each.
fn parts(packet: &Packet<'_>, messages: usize) -> Result<Vec<Vec<u8>>, String> {
    let mut buffer = [0; 1 << 16];
    let mut writer = PacketWriter::new(&mut buffer, packet.session(), packet.sequence())
        .map_err(|error| error.to_string())?;
    let (mut parts, mut left) = (Vec::new(), packet.messages());
    while !left.is_empty() {
        for message in left.by_ref().take(messages.max(1)) {
            writer.push(message).map_err(|error| error.to_string())?;
        }
        parts.extend(writer.take().map(<[u8]>::to_vec));
    }
    Ok(parts)
}

fn frame(payload: &[u8]) -> Result<Vec<u8>, String> {
    let udp = UdpFrame {
        source_mac: [0x02, 0, 0, 0, 0, 1],
        destination_mac: multicast_mac(*GROUP.ip()),
        tagging: Tagging::Untagged,
        source: SocketAddrV4::new(Ipv4Addr::new(10, 99, 0, 77), 7),
        destination: GROUP,
        identification: 0,
        time_to_live: 1,
    };
    let mut frame = vec![0; payload.len() + 64];
    let length = udp.write(payload, &mut frame).map_err(|error| error.to_string())?;
    frame.truncate(length.max(60));
    Ok(frame)
}

/// A way to receive.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    config: fn(&str) -> BackendConfig,
    /// The same without what the plainest program has not.
    plain: fn(&str) -> BackendConfig,
    bare: fn(&str) -> Option<Box<dyn Bare>>,
}

impl Kind {
    /// The first one is what the others are compared with.
    pub(crate) fn all() -> impl Iterator<Item = Kind> {
        let kinds = [
            Kind {
                name: "socket (recvmmsg)",
                config: |_| BackendConfig::Socket(SocketOptions::default()),
                plain: |_| {
                    let options = SocketOptions { timestamps: false, ..SocketOptions::default() };
                    BackendConfig::Socket(options)
                },
                bare: |interface| {
                    Some(Box::new(bare::recvmmsg::Loop::new(index(interface), GROUP)))
                },
            },
            Kind {
                name: "io_uring",
                config: |_| BackendConfig::Uring(UringOptions::default()),
                plain: |_| BackendConfig::Uring(UringOptions::default()),
                bare: |interface| {
                    Some(Box::new(bare::io_uring::Loop::new(index(interface), GROUP)))
                },
            },
            #[cfg(feature = "xdp")]
            Kind {
                name: "xdp",
                config: |_| BackendConfig::Xdp(Default::default()),
                plain: |_| BackendConfig::Xdp(Default::default()),
                bare: |interface| Some(Box::new(bare::xsk::Loop::new(interface))),
            },
            #[cfg(feature = "dpdk")]
            Kind {
                name: "dpdk, net_af_packet",
                config: |interface| dpdk("af_packet", interface),
                plain: |interface| dpdk("af_packet", interface),
                bare: |interface| {
                    let arguments = arguments("af_packet", interface);
                    Some(Box::new(bare::dpdk::Loop::new("af_packet", &arguments)))
                },
            },
            #[cfg(feature = "dpdk")]
            Kind {
                name: "dpdk, net_af_xdp",
                config: |interface| dpdk("af_xdp", interface),
                plain: |interface| dpdk("af_xdp", interface),
                bare: |interface| {
                    let arguments = arguments("af_xdp", interface);
                    Some(Box::new(bare::dpdk::Loop::new("af_xdp", &arguments)))
                },
            },
        ];
        kinds.into_iter()
    }

    pub(crate) fn bare(&self, interface: &str) -> Option<Box<dyn Bare>> {
        (self.bare)(interface)
    }

    fn open(&self, wire: &Wire, config: &BackendConfig) -> Result<Box<dyn Backend>, String> {
        let line = WireLine { group: GROUP, source: None };
        let lines = std::iter::once(line).collect();
        let subscription = Subscription { interface: wire.here.clone(), lines };
        config.open(&subscription).map_err(|error| format!("{}: {error}", self.name))
    }
}

fn index(interface: &str) -> u32 {
    Interface::find(interface).map_or(0, |interface| interface.index())
}

#[cfg(feature = "dpdk")]
fn arguments(driver: &str, interface: &str) -> String {
    let ring = if driver == "af_packet" { ",blocksz=4096,framesz=2048,framecnt=8192" } else { "" };
    format!("iface={interface}{ring}")
}

#[cfg(feature = "dpdk")]
fn dpdk(driver: &str, interface: &str) -> BackendConfig {
    use std::sync::atomic::{AtomicU32, Ordering};
    use wirebook::ingest::backend::dpdk::DpdkOptions;
    /// Each device that is made has a number of its own. It pairs with nothing: one thread makes all.
    static DEVICES: AtomicU32 = AtomicU32::new(0);
    let number = DEVICES.fetch_add(1, Ordering::Relaxed);
    let device = format!("net_{driver}{number},{}", arguments(driver, interface));
    BackendConfig::Dpdk(DpdkOptions {
        device: Some(device),
        descriptors: 2048,
        eal: "--no-huge -m 512".to_owned(),
        ..DpdkOptions::default()
    })
}

/// A receiver with books.
pub(crate) struct Full {
    pub(crate) kind: Kind,
    pub(crate) wire: Wire,
    receiver: Receiver<()>,
}

impl Full {
    pub(crate) fn open(kind: Kind) -> Result<Full, String> {
        let wire = Wire::new(1);
        let backend = kind.open(&wire, &(kind.config)(&wire.here))?;
        let feed = feed_of_a_day().map_err(|error| error.to_string())?;
        let session = SessionConfig::default();
        let mut receiver = Receiver::new(backend, feed, session, Protocol::Mold, Pace::Busy);
        // It begins to receive when it is first asked.
        receiver.step().map_err(|error| error.to_string())?;
        Ok(Full { kind, wire, receiver })
    }

    /// Takes `packets` that wait all the way into the books; the processor time of each.
    pub(crate) fn drain(&mut self, packets: usize) -> Result<f64, String> {
        let start = thread_time();
        let (mut taken, mut empty) = (0, 0);
        while taken < packets {
            let count = self.receiver.step().map_err(|error| error.to_string())?;
            taken += count;
            empty = if count == 0 { empty + 1 } else { 0 };
            if empty > 1_000_000 {
                return Err(format!("{}: {taken} of {packets} packets came in", self.kind.name));
            }
        }
        Ok(per_packet(thread_time().saturating_sub(start), packets))
    }

    /// A checksum of the books, and how many messages led to them.
    pub(crate) fn books(&self) -> (u64, u64) {
        let feed = self.receiver.feed();
        (touch_checksum(feed.books()), feed.counts().messages)
    }
}

/// A backend whose packets are only counted.
pub(crate) struct Counting {
    pub(crate) wire: Wire,
    backend: Box<dyn Backend>,
}

impl Counting {
    pub(crate) fn open(kind: Kind) -> Result<Counting, String> {
        let wire = Wire::new(1);
        let mut backend = kind.open(&wire, &(kind.plain)(&wire.here))?;
        let mut burst = Burst::new();
        backend.poll(&mut burst).map_err(|error| error.to_string())?;
        drop(burst);
        Ok(Counting { wire, backend })
    }

    pub(crate) fn drain(&mut self, packets: usize) -> Result<f64, String> {
        let start = thread_time();
        let (mut taken, mut empty) = (0, 0);
        while taken < packets {
            let mut burst = Burst::new();
            self.backend.poll(&mut burst).map_err(|error| error.to_string())?;
            taken += burst.len();
            empty = if burst.is_empty() { empty + 1 } else { 0 };
            if empty > 1_000_000 {
                return Err(format!("{taken} of {packets} packets came in"));
            }
        }
        Ok(per_packet(thread_time().saturating_sub(start), packets))
    }
}

pub(crate) fn per_packet(time: Duration, packets: usize) -> f64 {
    time.as_nanos() as f64 / packets as f64
}
