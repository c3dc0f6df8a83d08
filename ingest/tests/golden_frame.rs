//! Frames of every link type, sound, foreign and broken, against bytes written by hand from the
//! standards.
#![allow(clippy::unwrap_used)] // in functions that only tests call

use std::net::{Ipv4Addr, SocketAddrV4};

use wirebook_ingest::frame::{
    self, FrameError, FrameWriteError, LinkType, MAX_PAYLOAD_LEN, Tagging, UdpFrame, VlanProtocol,
    VlanTag, multicast_mac,
};

mod golden;

const GROUP: Ipv4Addr = Ipv4Addr::new(233, 54, 12, 111);

/// The writer's half of the golden frames.
const FRAME: UdpFrame = UdpFrame {
    source_mac: [2, 0, 0, 0, 0, 1],
    destination_mac: multicast_mac(GROUP),
    tagging: Tagging::Untagged,
    source: SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 10), 31001),
    destination: SocketAddrV4::new(GROUP, 26477),
    identification: 0x1234,
    time_to_live: 16,
};

fn link_and_name(title: &str) -> (LinkType, &str) {
    let (number, name) = title.split_once(' ').unwrap();
    (LinkType::from_dlt(number.parse().unwrap()).unwrap(), name)
}

fn outcome(link: LinkType, bytes: &[u8]) -> String {
    match frame::datagram(link, bytes) {
        Ok(datagram) => format!(
            "{} > {} \"{}\"",
            datagram.source,
            datagram.destination,
            datagram.payload.escape_ascii()
        ),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn every_frame_gives_what_is_written_beside_it() {
    for vector in golden::vectors(include_str!("golden/frame.txt")) {
        let (link, name) = link_and_name(&vector.title);
        assert_eq!(outcome(link, &vector.bytes), vector.dump, "{name}");
    }
}

#[test]
fn foreign_frames_are_told_from_broken_ones() {
    let foreign: Vec<String> = golden::vectors(include_str!("golden/frame.txt"))
        .into_iter()
        .filter(|vector| {
            let (link, _) = link_and_name(&vector.title);
            frame::datagram(link, &vector.bytes).is_err_and(FrameError::is_foreign)
        })
        .map(|vector| vector.title)
        .collect();
    let expected = [
        "1 arp",
        "1 ipv6",
        "1 802.3",
        "1 three-tags",
        "1 vlan-arp",
        "113 linux-cooked-arp",
        "276 linux-cooked-2-arp",
        "101 raw-ipv6",
        "0 null-ipv6",
        "108 loop-little-endian",
        "1 tcp",
        "1 igmp",
    ];
    assert_eq!(foreign, expected);
}

#[test]
fn every_cut_of_a_sound_frame_is_truncated() {
    for vector in golden::vectors(include_str!("golden/frame.txt")) {
        let (link, name) = link_and_name(&vector.title);
        if vector.dump.starts_with("error") || name == "padded" {
            continue;
        }
        for len in 0..vector.bytes.len() {
            let cut = frame::datagram(link, &vector.bytes[..len]);
            assert!(
                matches!(cut, Err(FrameError::Truncated { .. })),
                "{name}, cut to {len} bytes: {cut:?}"
            );
        }
    }
}

#[test]
fn the_writer_makes_the_golden_frames() {
    let tag = |protocol, control| VlanTag { protocol, control };
    let provider = tag(VlanProtocol::Provider, 0x0001);
    let tagged = [
        ("1 ethernet", Tagging::Untagged),
        ("1 vlan", Tagging::Single(tag(VlanProtocol::Customer, 0xa064))),
        ("1 qinq", Tagging::Double { outer: provider, inner: tag(VlanProtocol::Customer, 0x0ffe) }),
        (
            "1 qinq-legacy",
            Tagging::Double {
                outer: tag(VlanProtocol::Legacy, 0x0001),
                inner: tag(VlanProtocol::Legacy, 0x0002),
            },
        ),
    ];
    let vectors = golden::vectors(include_str!("golden/frame.txt"));
    for (title, tagging) in tagged {
        let golden = vectors.iter().find(|vector| vector.title == title).unwrap();
        let mut out = [0xaa; 100];
        let len = UdpFrame { tagging, ..FRAME }.write(b"wirebook!", &mut out).unwrap();
        assert_eq!(out[..len], golden.bytes, "{title}");
        assert_eq!(out[len..], [0xaa; 100][len..], "{title}");
    }
}

#[test]
fn a_frame_that_does_not_fit_is_not_written() {
    let payload = vec![0x5a; MAX_PAYLOAD_LEN + 1];
    let mut out = vec![0xaa; 70_000];
    let found = payload.len();
    assert_eq!(FRAME.write(&payload, &mut out), Err(FrameWriteError::Payload { found }));

    let expected = FRAME.header_len() + 9;
    let small = &mut out[..expected - 1];
    let error = FrameWriteError::Buffer { expected, found: expected - 1 };
    assert_eq!(FRAME.write(b"wirebook!", small), Err(error));
    assert!(out.iter().all(|byte| *byte == 0xaa));

    let longest = &payload[..MAX_PAYLOAD_LEN];
    let len = FRAME.write(longest, &mut out).unwrap();
    assert_eq!(frame::datagram(LinkType::Ethernet, &out[..len]).unwrap().payload, longest);
}

#[test]
fn a_checksum_of_zero_is_written_as_its_other_form() {
    // RFC 768: a sum of zero is sent as all ones, for zero means that there is none.
    let mut out = [0; 100];
    let len = FRAME.write(&[0, 0], &mut out).unwrap();
    let sum = u16::from_be_bytes([out[40], out[41]]);
    // The payload that brings the sum to zero is the checksum of the same datagram without it.
    let len_again = FRAME.write(&sum.to_be_bytes(), &mut out).unwrap();
    assert_eq!((len, out[40], out[41]), (len_again, 0xff, 0xff));
}
