//! Frames as the wire has them.

use std::net::{Ipv4Addr, SocketAddrV4};

use wirebook_ingest::backend::{Subscription, WireLine};
use wirebook_ingest::frame::{Tagging, UdpFrame, multicast_mac};

pub(crate) const SENDER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 77);

pub(crate) fn group(last: u8, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(239, 99, 1, last), port)
}

/// Lines A and B, each with a group and port of its own.
pub(crate) fn subscription(interface: &str) -> Subscription {
    let line = |last, port| WireLine { group: group(last, port), source: None };
    Subscription {
        interface: interface.to_owned(),
        lines: [line(1, 26_001), line(2, 26_002)].into(),
    }
}

/// A frame to `destination` around `payload`.
pub(crate) fn frame(destination: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    tagged(destination, payload, Tagging::Untagged, SENDER)
}

pub(crate) fn tagged(
    destination: SocketAddrV4,
    payload: &[u8],
    tagging: Tagging,
    sender: Ipv4Addr,
) -> Vec<u8> {
    let udp = UdpFrame {
        source_mac: [0x02, 0, 0, 0, 0, 0x77],
        destination_mac: multicast_mac(*destination.ip()),
        tagging,
        source: SocketAddrV4::new(sender, 7777),
        destination,
        identification: 1,
        time_to_live: 1,
    };
    let mut bytes = vec![0; payload.len() + 64];
    let length = udp.write(payload, &mut bytes).unwrap();
    bytes.truncate(length.max(60));
    bytes
}

/// A payload that says which it is: its number, then bytes that follow from it.
pub(crate) fn numbered(number: u32, length: usize) -> Vec<u8> {
    let mut payload = vec![0; length.max(4)];
    for (at, byte) in (0_u32..).zip(payload.iter_mut()) {
        *byte = number.wrapping_mul(31).wrapping_add(at).to_le_bytes()[0];
    }
    payload[..4].copy_from_slice(&number.to_be_bytes());
    payload
}

pub(crate) fn number_of(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload[..4].try_into().unwrap())
}
