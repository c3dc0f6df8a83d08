//! The frame that nearly all are: Ethernet without tags, IPv4 without options and not a fragment, UDP.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Datagram, ipv4, udp};

/// Bytes of the three headers.
const HEADERS_LEN: usize = LINK_LEN + ipv4::HEADER_LEN + udp::HEADER_LEN;
const LINK_LEN: usize = 14;

/// What such frames with certain addresses have alike in their headers, in words of eight bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainFrame {
    alike: [u64; WORDS],
    /// Which bits these are.
    masks: [u64; WORDS],
}

const WORDS: usize = 4;

impl PlainFrame {
    /// To one destination, or any, and from one sender, or any.
    pub(crate) const fn new(
        destination: Option<SocketAddrV4>,
        source: Option<Ipv4Addr>,
    ) -> PlainFrame {
        let ([a, b, c, d], from) = match source {
            Some(source) => (source.octets(), 0xff),
            None => ([0; 4], 0),
        };
        let ([e, f, g, h], [i, j], to) = match destination {
            Some(group) => (group.ip().octets(), group.port().to_be_bytes(), 0xff),
            None => ([0; 4], [0; 2], 0),
        };
        PlainFrame {
            alike: words([
                [0x08, 0x00, 0x45, 0, 0, 0, 0, 0],
                [0, 0, 0, 17, 0, 0, 0, 0],
                [a, b, c, d, e, f, g, h],
                [0, 0, i, j, 0, 0, 0, 0],
            ]),
            masks: words([
                [0xff, 0xff, 0xff, 0, 0, 0, 0, 0],
                // Neither an offset nor the flag that more fragments follow.
                [0x3f, 0xff, 0, 0xff, 0, 0, 0, 0],
                [from, from, from, from, to, to, to, to],
                [0, 0, to, to, 0, 0, 0, 0],
            ]),
        }
    }

    /// The payload of a frame that is such a one; `None` of every other, and of one that contradicts itself: those are for
    /// the general way, which says why. Costs a few comparisons of whole words.
    #[inline(always)]
    pub(crate) fn payload<'a>(&self, frame: &'a [u8]) -> Option<&'a [u8]> {
        let (headers, behind) = frame.split_first_chunk::<HEADERS_LEN>()?;
        let found = words([at(headers, 12), at(headers, 20), at(headers, 26), at(headers, 34)]);
        let alike = found.iter().zip(&self.alike).zip(&self.masks);
        let other = alike.fold(0, |other, ((found, alike), mask)| other | (found ^ alike) & mask);
        let total_len = usize::from(u16::from_be_bytes(at(headers, 16)));
        let len = usize::from(u16::from_be_bytes(at(headers, 38)));
        let fits = (len + ipv4::HEADER_LEN <= total_len) & (LINK_LEN + total_len <= frame.len());
        if !((other == 0) & fits) {
            return None;
        }
        behind.get(..len.checked_sub(udp::HEADER_LEN)?)
    }
}

/// From EtherType and version on, fragmentation and protocol, addresses, ports: bytes 12, 20, 26 and 34.
const fn words([a, b, c, d]: [[u8; 8]; WORDS]) -> [u64; WORDS] {
    [u64::from_ne_bytes(a), u64::from_ne_bytes(b), u64::from_ne_bytes(c), u64::from_ne_bytes(d)]
}

/// The bytes of the headers from an offset on.
#[inline(always)]
fn at<const N: usize>(headers: &[u8; HEADERS_LEN], offset: usize) -> [u8; N] {
    headers.get(offset..offset + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
}

/// The datagram of such a frame between whomever.
#[inline]
pub(crate) fn datagram(frame: &[u8]) -> Option<Datagram<'_>> {
    const ANY: PlainFrame = PlainFrame::new(None, None);
    let payload = ANY.payload(frame)?;
    let headers = frame.first_chunk()?;
    let address = |address: [u8; 4], port| {
        SocketAddrV4::new(Ipv4Addr::from_octets(address), u16::from_be_bytes(port))
    };
    Some(Datagram {
        source: address(at(headers, 26), at(headers, 34)),
        destination: address(at(headers, 30), at(headers, 36)),
        payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{LinkType, Tagging, UdpFrame, any_datagram, multicast_mac};

    #[test]
    fn what_is_read_at_once_is_what_the_general_way_reads() {
        let destination = SocketAddrV4::new(Ipv4Addr::new(239, 1, 2, 3), 26_400);
        let source = Ipv4Addr::new(10, 4, 5, 6);
        let both = (Some(destination), Some(source));
        let udp = UdpFrame {
            source_mac: [2; 6],
            destination_mac: multicast_mac(*destination.ip()),
            tagging: Tagging::Untagged,
            source: SocketAddrV4::new(source, 7),
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
                    // With addresses it takes those of the others that have them.
                    for (to, from) in [(Some(destination), None), (None, Some(source)), both] {
                        let expected = datagram(&frame).filter(|datagram| {
                            to.is_none_or(|to| to == datagram.destination)
                                && from.is_none_or(|from| from == *datagram.source.ip())
                        });
                        let found = PlainFrame::new(to, from).payload(&frame);
                        assert_eq!(found, expected.map(|datagram| datagram.payload));
                    }
                }
            }
        }
        assert!(read > 500 && left > 500, "{read} {left}");
    }
}
