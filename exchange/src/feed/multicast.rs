//! A capture of the line: MoldUDP64 in UDP multicast datagrams.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};

use wirebook_book::{Nanos, SeqNo};
use wirebook_ingest::frame::{LinkType, Tagging, UdpFrame, multicast_mac};
use wirebook_ingest::mold::{PAYLOAD_BYTES_DEFAULT, PacketWriter, SessionId};
use wirebook_ingest::source::PcapWriter;

use super::{Day, FeedError, PROGRESS_MESSAGES, Written};

/// How a line sends its messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Multicast {
    /// The session that all packets name.
    pub session: SessionId,
    /// Where packets go.
    pub group: SocketAddrV4,
    /// Where they come from.
    pub source: SocketAddrV4,
    /// The hardware address that they come from.
    pub source_mac: [u8; 6],
    /// The exchange's midnight, in nanoseconds since 1970.
    pub midnight: Nanos,
    /// Messages that come within this time of the first one share its packet.
    pub window_ns: u64,
    /// The longest payload; a packet is sent when the next message does not fit.
    pub payload_bytes_max: usize,
    /// After so much silence a heartbeat is sent, and again; none where it is zero.
    pub heartbeat_ns: u64,
}

/// As NASDAQ sends its line A, on 2026-01-02 in New York, without heartbeats.
impl Default for Multicast {
    fn default() -> Multicast {
        Multicast {
            session: SessionId::from_bytes(*b"WIREBOOK01"),
            group: SocketAddrV4::new(Ipv4Addr::new(233, 54, 12, 111), 26_477),
            source: SocketAddrV4::new(Ipv4Addr::new(10, 54, 12, 1), 26_477),
            source_mac: [0x02, 0x57, 0x42, 0x00, 0x00, 0x01],
            midnight: Nanos::new(1_767_330_000 * Nanos::PER_SECOND),
            window_ns: 5_000,
            payload_bytes_max: PAYLOAD_BYTES_DEFAULT,
            heartbeat_ns: 0,
        }
    }
}

/// End-of-session packets, a second apart.
const ENDS_OF_SESSION: u64 = 3;

/// Writes the rest of the day as a pcap file with nanoseconds: Ethernet, IPv4, UDP and MoldUDP64,
/// with end-of-session packets behind the last message. `progress` is told the number of messages
/// written from time to time.
///
/// A packet is captured when its last message is sent. It writes every packet by itself: give it
/// a [`BufWriter`](std::io::BufWriter).
///
/// # Errors
/// What the output says; a payload that does not hold a message; a session or time that the
/// format does not hold. The capture is incomplete then.
pub fn write_pcap(
    day: &mut Day,
    line: &Multicast,
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Written, FeedError> {
    let mut buffer = vec![0; line.payload_bytes_max];
    let mut packet = PacketWriter::new(&mut buffer, line.session, SeqNo::new(1))?;
    let mut wire = Wire::new(line, out)?;
    // The first message of the packet being packed.
    let mut first: Option<Nanos> = None;
    let (mut messages, mut last) = (0, Nanos::new(0));
    while let Some(message) = day.next_message()? {
        let is_late = first.is_some_and(|first| message.at.since(first) > line.window_ns);
        if (is_late || !packet.fits(message.bytes))
            && let Some(payload) = packet.take()
        {
            wire.send(last, payload)?;
            first = None;
        }
        if first.is_none() {
            first = Some(message.at);
            wire.keep_alive(message.at, &packet.heartbeat())?;
        }
        packet.push(message.bytes)?;
        last = message.at;
        messages += 1;
        if messages % PROGRESS_MESSAGES == 0 {
            progress(messages);
        }
    }
    if let Some(payload) = packet.take() {
        wire.send(last, payload)?;
    }
    for second in 1..=ENDS_OF_SESSION {
        let at = last.after(second * Nanos::PER_SECOND);
        wire.send(at, &packet.end_of_session())?;
    }
    progress(messages);
    Ok(Written { messages, packets: wire.finish()? })
}

/// The capture, and what its frames have in common.
struct Wire<W> {
    capture: PcapWriter<W>,
    frame: UdpFrame,
    midnight: Nanos,
    heartbeat_ns: u64,
    last: Option<Nanos>,
    packets: u64,
}

impl<W: Write> Wire<W> {
    fn new(line: &Multicast, out: W) -> Result<Wire<W>, FeedError> {
        Ok(Wire {
            capture: PcapWriter::new(out, LinkType::Ethernet)?,
            frame: UdpFrame {
                source_mac: line.source_mac,
                destination_mac: multicast_mac(*line.group.ip()),
                tagging: Tagging::Untagged,
                source: line.source,
                destination: line.group,
                identification: 0,
                time_to_live: 16,
            },
            midnight: line.midnight,
            heartbeat_ns: line.heartbeat_ns,
            last: None,
            packets: 0,
        })
    }

    fn send(&mut self, at: Nanos, payload: &[u8]) -> Result<(), FeedError> {
        self.capture.write_datagram(self.midnight.after(at.get()), &self.frame, payload)?;
        self.frame.identification = self.frame.identification.wrapping_add(1);
        self.last = Some(at);
        self.packets += 1;
        Ok(())
    }

    /// Heartbeats for the silence before a packet that is sent at `until`.
    fn keep_alive(&mut self, until: Nanos, heartbeat: &[u8]) -> Result<(), FeedError> {
        if self.heartbeat_ns == 0 {
            return Ok(());
        }
        while let Some(last) = self.last
            && until.since(last) > self.heartbeat_ns
        {
            self.send(last.after(self.heartbeat_ns), heartbeat)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<u64, FeedError> {
        self.capture.finish()?;
        Ok(self.packets)
    }
}
