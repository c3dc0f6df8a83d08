//! Frames around payloads, for recordings, tests and links without a network stack.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{FrameWriteError, VlanTag, ipv4, link, udp};

/// The longest payload of a datagram: what 16 bits of IPv4 total length leave.
pub const MAX_PAYLOAD_LEN: usize = u16::MAX as usize - ipv4::HEADER_LEN - udp::HEADER_LEN;

/// The flag "don't fragment", and position zero.
const DONT_FRAGMENT: u16 = 0x4000;

/// The VLAN tags of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tagging {
    /// None.
    #[default]
    Untagged,
    /// One.
    Single(VlanTag),
    /// Two; the outer one comes first.
    Double {
        /// The provider's.
        outer: VlanTag,
        /// The customer's.
        inner: VlanTag,
    },
}

/// Everything of an Ethernet, IPv4 and UDP frame but its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UdpFrame {
    /// The sender's hardware address.
    pub source_mac: [u8; 6],
    /// The receiver's; of a multicast group, [`multicast_mac`].
    pub destination_mac: [u8; 6],
    /// The VLAN tags.
    pub tagging: Tagging,
    /// The sender's address and port.
    pub source: SocketAddrV4,
    /// The receiver's address and port.
    pub destination: SocketAddrV4,
    /// IPv4 identification.
    pub identification: u16,
    /// Routers that the packet may pass.
    pub time_to_live: u8,
}

/// The hardware address that Ethernet gives an IPv4 multicast group (RFC 1112, section 6.4).
#[must_use]
pub const fn multicast_mac(group: Ipv4Addr) -> [u8; 6] {
    let [_, b, c, d] = group.octets();
    [0x01, 0x00, 0x5e, b & 0x7f, c, d]
}

impl UdpFrame {
    /// Bytes that come before the payload.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        let tags = match self.tagging {
            Tagging::Untagged => 0,
            Tagging::Single(_) => 1,
            Tagging::Double { .. } => 2,
        };
        14 + 4 * tags + ipv4::HEADER_LEN + udp::HEADER_LEN
    }

    /// Writes the frame around `payload` to the beginning of `out`, with correct checksums and
    /// without padding to Ethernet's minimum, and returns its length.
    ///
    /// # Errors
    /// [`FrameWriteError`]: the payload is longer than [`MAX_PAYLOAD_LEN`], or the buffer shorter
    /// than [`UdpFrame::header_len`] and the payload.
    pub fn write(&self, payload: &[u8], out: &mut [u8]) -> Result<usize, FrameWriteError> {
        let too_long = FrameWriteError::Payload { found: payload.len() };
        let udp_len = u16::try_from(udp::HEADER_LEN + payload.len()).map_err(|_| too_long)?;
        let ip_len =
            u16::try_from(ipv4::HEADER_LEN + usize::from(udp_len)).map_err(|_| too_long)?;
        let expected = self.header_len() + payload.len();
        let found = out.len();
        out.get_mut(..expected)
            .and_then(|frame| self.fill(udp_len, ip_len, payload, frame))
            .ok_or(FrameWriteError::Buffer { expected, found })?;
        Ok(expected)
    }

    /// Puts the parts of the frame one after the other; `None` where `frame` is too short.
    fn fill(&self, udp_len: u16, ip_len: u16, payload: &[u8], frame: &mut [u8]) -> Option<()> {
        let mut rest = put(frame, &self.destination_mac)?;
        rest = put(rest, &self.source_mac)?;
        match self.tagging {
            Tagging::Untagged => {}
            Tagging::Single(tag) => rest = put(rest, &tag_bytes(tag))?,
            Tagging::Double { outer, inner } => {
                rest = put(rest, &tag_bytes(outer))?;
                rest = put(rest, &tag_bytes(inner))?;
            }
        }
        rest = put(rest, &link::IPV4.to_be_bytes())?;
        rest = put(rest, &self.ipv4_header(ip_len))?;
        rest = put(rest, &self.udp_header(udp_len, payload))?;
        put(rest, payload)?;
        Some(())
    }

    fn ipv4_header(&self, ip_len: u16) -> [u8; ipv4::HEADER_LEN] {
        let mut header = [0; ipv4::HEADER_LEN];
        header[0] = 0x45; // version 4, five words
        header[2..4].copy_from_slice(&ip_len.to_be_bytes());
        header[4..6].copy_from_slice(&self.identification.to_be_bytes());
        header[6..8].copy_from_slice(&DONT_FRAGMENT.to_be_bytes());
        header[8] = self.time_to_live;
        header[9] = ipv4::UDP;
        header[12..16].copy_from_slice(&self.source.ip().octets());
        header[16..20].copy_from_slice(&self.destination.ip().octets());
        let checksum = checksum(&[&header]);
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        header
    }

    fn udp_header(&self, udp_len: u16, payload: &[u8]) -> [u8; udp::HEADER_LEN] {
        let mut header = [0; udp::HEADER_LEN];
        header[0..2].copy_from_slice(&self.source.port().to_be_bytes());
        header[2..4].copy_from_slice(&self.destination.port().to_be_bytes());
        header[4..6].copy_from_slice(&udp_len.to_be_bytes());
        let sum = checksum(&[
            &self.source.ip().octets(),
            &self.destination.ip().octets(),
            &u16::from(ipv4::UDP).to_be_bytes(),
            &udp_len.to_be_bytes(),
            &header,
            payload,
        ]);
        // Zero would say that there is no checksum.
        let sum = if sum == 0 { u16::MAX } else { sum };
        header[6..8].copy_from_slice(&sum.to_be_bytes());
        header
    }
}

/// Puts `part` at the beginning of `out` and returns what comes after it.
fn put<'a>(out: &'a mut [u8], part: &[u8]) -> Option<&'a mut [u8]> {
    let (head, tail) = out.split_at_mut_checked(part.len())?;
    head.copy_from_slice(part);
    Some(tail)
}

fn tag_bytes(tag: VlanTag) -> [u8; 4] {
    let [a, b] = tag.protocol.ether_type().to_be_bytes();
    let [c, d] = tag.control.to_be_bytes();
    [a, b, c, d]
}

/// The internet checksum (RFC 1071) of parts that follow each other. All but the last have an even
/// length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        let (words, odd) = part.as_chunks::<2>();
        sum += words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum::<u64>();
        sum += odd.iter().map(|byte| u64::from(*byte) << 8).sum::<u64>();
    }
    while sum > u64::from(u16::MAX) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    #[allow(clippy::cast_possible_truncation)] // folded above
    let folded = sum as u16;
    !folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 1071, section 3: the numeric example's sum is ddf2.
        let example = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(checksum(&[&example]), !0xddf2);
        assert_eq!(checksum(&[&example[..4], &example[4..]]), !0xddf2);
        assert_eq!(checksum(&[&[0xab]]), !0xab00);
    }

    #[test]
    fn a_group_keeps_its_low_23_bits() {
        let mac = multicast_mac(Ipv4Addr::new(233, 200, 79, 3));
        assert_eq!(mac, [0x01, 0x00, 0x5e, 0x48, 0x4f, 0x03]);
    }
}
