//! The frame that nearly all are: Ethernet without tags, IPv4 without options and not a fragment, UDP.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Datagram, ipv4, udp};

/// Bytes of the three headers.
const HEADERS_LEN: usize = LINK_LEN + ipv4::HEADER_LEN + udp::HEADER_LEN;
const LINK_LEN: usize = 14;

/// The datagram of such a frame; `None` of every other, and of one that contradicts itself: those are for the general
/// way, which says why. Costs a few comparisons of whole words.
#[inline(always)]
pub(crate) fn datagram(frame: &[u8]) -> Option<Datagram<'_>> {
    let (headers, behind) = frame.split_first_chunk::<HEADERS_LEN>()?;
    let [_, _, _, _, _, _, _, _, _, _, _, _, headers @ ..] = headers;
    let [ether_a, ether_b, version, _, total_a, total_b, _, _, rest @ ..] = *headers;
    let [fragment_a, fragment_b, _, protocol, _, _, rest @ ..] = rest;
    let [a, b, c, d, e, f, g, h, rest @ ..] = rest;
    let [from_a, from_b, to_a, to_b, len_a, len_b, _, _] = rest;
    let kind = u32::from_be_bytes([ether_a, ether_b, version, protocol]);
    let fragmentation = u16::from_be_bytes([fragment_a, fragment_b]) & 0x3fff;
    let total_len = usize::from(u16::from_be_bytes([total_a, total_b]));
    let len = usize::from(u16::from_be_bytes([len_a, len_b]));
    let is_plain = (kind == PLAIN) & (fragmentation == 0);
    let fits = (len + ipv4::HEADER_LEN <= total_len) & (LINK_LEN + total_len <= frame.len());
    if !(is_plain & fits) {
        return None;
    }
    Some(Datagram {
        source: SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([from_a, from_b])),
        destination: SocketAddrV4::new(Ipv4Addr::new(e, f, g, h), u16::from_be_bytes([to_a, to_b])),
        payload: behind.get(..len.checked_sub(udp::HEADER_LEN)?)?,
    })
}

/// EtherType of IPv4, version 4 with a header of five words, and the protocol UDP.
const PLAIN: u32 = 0x0800_4511;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{LinkType, Tagging, UdpFrame, any_datagram, multicast_mac};

    #[test]
    fn what_is_read_at_once_is_what_the_general_way_reads() {
        let destination = SocketAddrV4::new(Ipv4Addr::new(239, 1, 2, 3), 26_400);
        let udp = UdpFrame {
            source_mac: [2; 6],
            destination_mac: multicast_mac(*destination.ip()),
            tagging: Tagging::Untagged,
            source: SocketAddrV4::new(Ipv4Addr::new(10, 4, 5, 6), 7),
            destination,
            identification: 8,
            time_to_live: 9,
        };
        let mut whole = vec![0; 100];
        let len = udp.write(b"what it carries", &mut whole).unwrap();
        whole.truncate(len.max(60));
        assert_eq!(datagram(&whole).unwrap().payload, b"what it carries");
        let (mut read, mut left) = (0, 0);
        for len in 0..=whole.len() {
            // Each byte of the headers with each bit turned over: lengths, kinds, flags.
            for at in 0..HEADERS_LEN.min(len) {
                for bit in 0..8 {
                    let mut frame = whole[..len].to_vec();
                    frame[at] ^= 1 << bit;
                    match datagram(&frame) {
                        Some(at_once) => {
                            assert_eq!(any_datagram(LinkType::Ethernet, &frame), Ok(at_once));
                            read += 1;
                        }
                        None => left += 1,
                    }
                }
            }
        }
        assert!(read > 500 && left > 500, "{read} {left}");
    }
}
