//! Capture files, byte by byte.

use std::net::{Ipv4Addr, SocketAddrV4};

use wirebook_ingest::frame::{Tagging, UdpFrame, VlanProtocol, VlanTag, multicast_mac};
use wirebook_ingest::source::{CaptureReader, Captured};

pub(crate) const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(233, 54, 12, 111), 26477);
pub(crate) const SENDER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 4000);

pub(crate) const ETHERNET: u32 = 1;
pub(crate) const RAW_IP: u32 = 101;
pub(crate) const LINUX_COOKED: u32 = 113;

/// The order of bytes in a file's headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    pub(crate) const BOTH: [Order; 2] = [Order::Little, Order::Big];

    pub(crate) fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }

    pub(crate) fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }
}

pub(crate) fn udp(tagging: Tagging) -> UdpFrame {
    UdpFrame {
        source_mac: [2, 0, 0, 0, 0, 1],
        destination_mac: multicast_mac(*GROUP.ip()),
        tagging,
        source: SENDER,
        destination: GROUP,
        identification: 7,
        time_to_live: 1,
    }
}

pub(crate) fn tagged() -> Tagging {
    Tagging::Single(VlanTag { protocol: VlanProtocol::Customer, control: 141 })
}

/// An Ethernet frame around `payload`.
pub(crate) fn ethernet(tagging: Tagging, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 70_000];
    let length = udp(tagging).write(payload, &mut frame).unwrap();
    frame.truncate(length);
    frame
}

/// The IPv4 packet around `payload`.
pub(crate) fn raw_ip(payload: &[u8]) -> Vec<u8> {
    ethernet(Tagging::Untagged, payload).split_off(14)
}

/// A frame of Linux cooked capture around `payload`.
pub(crate) fn linux_cooked(payload: &[u8]) -> Vec<u8> {
    let header = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
    [&header[..], &raw_ip(payload)].concat()
}

/// The header of a pcap file.
pub(crate) fn pcap_header(order: Order, nanoseconds: bool, link: u32) -> Vec<u8> {
    let magic = if nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let mut file = order.u32(magic).to_vec();
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    for number in [0, 0, 65_535, link] {
        file.extend(order.u32(number));
    }
    file
}

/// A record of a pcap file; `units` are micro- or nanoseconds.
pub(crate) fn pcap_record(order: Order, seconds: u32, units: u32, frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap();
    let header = [seconds, units, length, length].map(|number| order.u32(number)).concat();
    [&header[..], frame].concat()
}

/// A little-endian pcap file of Ethernet frames, 1 ns apart from the time `from_ns` on.
pub(crate) fn pcap(from_ns: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = pcap_header(Order::Little, true, ETHERNET);
    for (at, frame) in (from_ns..).zip(frames) {
        file.extend(pcap_record(Order::Little, 1, at, frame));
    }
    file
}

/// Everything in a capture: nanoseconds and payloads, or the error's text behind them.
pub(crate) fn read(file: &[u8], chunk_bytes: usize) -> (Vec<(u64, Vec<u8>)>, Option<String>) {
    let mut found = Vec::new();
    let mut reader = match CaptureReader::with_chunk_bytes("test", file, chunk_bytes) {
        Ok(reader) => reader,
        Err(error) => return (found, Some(error.to_string())),
    };
    loop {
        match reader.next_burst() {
            Ok(Some(burst)) => found.extend(burst.map(at_and_payload)),
            Ok(None) => return (found, None),
            Err(error) => {
                assert!(reader.next_burst().unwrap().is_none(), "an error is the end");
                return (found, Some(error.to_string()));
            }
        }
    }
}

pub(crate) fn at_and_payload(captured: Captured<'_>) -> (u64, Vec<u8>) {
    (captured.at.get(), captured.payload.to_vec())
}
