//! What holds for any message, frame and level-set datagram, not only for the golden ones.

#![allow(clippy::unwrap_used)] // in functions that only tests call

use std::net::{Ipv4Addr, SocketAddrV4};

use proptest::prelude::*;
use wirebook_book::{Nanos, Price, Qty, SeqNo, Side, Symbol};
use wirebook_ingest::frame::{self, LinkType, Tagging, UdpFrame, VlanProtocol, VlanTag};
use wirebook_ingest::itch::{self, LENGTHS};
use wirebook_ingest::level_set::{self, LEN, LevelSetFields};

#[path = "golden/rewrite.rs"]
mod rewrite;

/// Any bytes of a message of any kind, but for a side that is one and symbols without NULs, which
/// are read as spaces.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let kinds: Vec<u8> = (0..=u8::MAX).filter(|kind| LENGTHS[usize::from(*kind)] != 0).collect();
    (prop::sample::select(kinds), prop::collection::vec(any::<u8>(), 50), any::<bool>()).prop_map(
        |(kind, mut bytes, buy)| {
            bytes.truncate(usize::from(LENGTHS[usize::from(kind)]));
            bytes[0] = kind;
            if matches!(kind, b'A' | b'F' | b'P') {
                bytes[19] = if buy { b'B' } else { b'S' };
            }
            let symbol = match kind {
                b'R' | b'H' | b'Y' | b'K' | b'J' | b'h' | b'N' | b'O' => 11,
                b'L' => 15,
                b'Q' => 19,
                b'A' | b'F' | b'P' => 24,
                b'I' => 28,
                _ => return bytes,
            };
            bytes[symbol + 7] |= 1;
            bytes
        },
    )
}

fn address() -> impl Strategy<Value = SocketAddrV4> {
    (any::<[u8; 4]>(), any::<u16>())
        .prop_map(|(octets, port)| SocketAddrV4::new(Ipv4Addr::from(octets), port))
}

fn tagging() -> impl Strategy<Value = Tagging> {
    let protocols = [VlanProtocol::Customer, VlanProtocol::Provider, VlanProtocol::Legacy];
    let tag = (prop::sample::select(protocols.to_vec()), any::<u16>())
        .prop_map(|(protocol, control)| VlanTag { protocol, control });
    prop_oneof![
        Just(Tagging::Untagged),
        tag.clone().prop_map(Tagging::Single),
        (tag.clone(), tag).prop_map(|(outer, inner)| Tagging::Double { outer, inner }),
    ]
}

prop_compose! {
    fn udp_frame()(
        source_mac in any::<[u8; 6]>(),
        destination_mac in any::<[u8; 6]>(),
        tagging in tagging(),
        source in address(),
        destination in address(),
        identification in any::<u16>(),
        time_to_live in any::<u8>(),
    ) -> UdpFrame {
        UdpFrame {
            source_mac,
            destination_mac,
            tagging,
            source,
            destination,
            identification,
            time_to_live,
        }
    }
}

prop_compose! {
    fn level_set()(
        sequence in any::<u32>(),
        timestamp in any::<u64>(),
        symbol in "[A-Z.]{0,8}",
        units in 0..=i64::MAX,
        shares in any::<u64>(),
        side in prop::sample::select(Side::BOTH.to_vec()),
    ) -> LevelSetFields {
        LevelSetFields {
            sequence: SeqNo::new(u64::from(sequence)),
            timestamp: Nanos::new(timestamp),
            symbol: Symbol::new(&symbol).expect("at most eight bytes"),
            price: Price::from_units(units),
            qty: Qty::new(shares),
            side,
        }
    }
}

proptest! {
    #[test]
    fn a_message_writes_as_the_bytes_it_was_read_from(bytes in message(), more in 0..20_usize) {
        let mut long = bytes.clone();
        long.extend(std::iter::repeat_n(0xee, more));
        let message = itch::parse(&long).unwrap();
        prop_assert_eq!(message.as_bytes(), &bytes);
        let dump = message.to_string();
        prop_assert!(dump.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{:?}", dump);
        prop_assert_eq!(rewrite::rewritten(message), bytes);
    }

    #[test]
    fn a_frame_gives_back_its_payload(
        header in udp_frame(),
        payload in prop::collection::vec(any::<u8>(), 0..1500),
        padding in 0..50_usize,
    ) {
        let mut bytes = vec![0; header.header_len() + payload.len() + padding];
        let len = header.write(&payload, &mut bytes).unwrap();
        prop_assert_eq!(len + padding, bytes.len());
        let datagram = frame::datagram(LinkType::Ethernet, &bytes).unwrap();
        prop_assert_eq!(datagram.source, header.source);
        prop_assert_eq!(datagram.destination, header.destination);
        prop_assert_eq!(datagram.payload, payload);
        prop_assert!(frame::datagram(LinkType::Ethernet, &bytes[..len - 1]).is_err());
    }

    #[test]
    fn level_sets_read_as_they_were_written(messages in prop::collection::vec(level_set(), 1..40)) {
        let mut datagram = Vec::new();
        for message in &messages {
            let mut bytes = [0; LEN];
            message.write(&mut bytes).unwrap();
            datagram.extend(bytes);
        }
        let read = level_set::messages(&datagram).unwrap();
        prop_assert_eq!(read.len(), messages.len());
        let read: Result<Vec<_>, _> = read.map(level_set::LevelSet::fields).collect();
        prop_assert_eq!(read.unwrap(), messages);
        prop_assert!(level_set::messages(&datagram[1..]).is_err());
    }
}
