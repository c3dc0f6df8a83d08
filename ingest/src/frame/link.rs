//! Link headers: what comes before the IPv4 packet.

use super::unread::Unread;
use super::{FrameError, Layer};

/// EtherType of IPv4.
pub(super) const IPV4: u16 = 0x0800;
/// EtherType of IPv6.
const IPV6: u16 = 0x86dd;
/// Address family of IPv4, the same number on every system.
const AF_INET: u32 = 2;
/// VLAN tags that a frame may have.
const TAGS_MAX: usize = 2;

/// How frames begin, as recordings name it (the "link-layer header types" of tcpdump.org).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// Ethernet II with at most two VLAN tags.
    Ethernet,
    /// Linux cooked capture ("SLL"), as of the interface `any`.
    LinuxCooked,
    /// Linux cooked capture, version 2.
    LinuxCooked2,
    /// No link header: the frame is the IP packet.
    RawIp,
    /// BSD loopback: the address family in the byte order of the host that captured.
    Null,
    /// OpenBSD loopback: the address family in network byte order.
    Loop,
}

impl LinkType {
    /// The link type that a recording's number stands for; `None` where we do not read it.
    ///
    /// Raw IP has had four numbers: 101 in files, 12 and 14 where a system's own value was written,
    /// and 228 for IPv4 alone.
    #[must_use]
    pub const fn from_dlt(number: u32) -> Option<LinkType> {
        match number {
            0 => Some(LinkType::Null),
            1 => Some(LinkType::Ethernet),
            12 | 14 | 101 | 228 => Some(LinkType::RawIp),
            108 => Some(LinkType::Loop),
            113 => Some(LinkType::LinuxCooked),
            276 => Some(LinkType::LinuxCooked2),
            _ => None,
        }
    }

    /// The number to write into a recording.
    #[must_use]
    pub const fn dlt(self) -> u32 {
        match self {
            LinkType::Null => 0,
            LinkType::Ethernet => 1,
            LinkType::RawIp => 101,
            LinkType::Loop => 108,
            LinkType::LinuxCooked => 113,
            LinkType::LinuxCooked2 => 276,
        }
    }
}

/// Which EtherType a VLAN tag goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum VlanProtocol {
    /// IEEE 802.1Q, a customer's tag.
    Customer = 0x8100,
    /// IEEE 802.1ad, a provider's tag, the outer one of two.
    Provider = 0x88a8,
    /// The outer tag of equipment older than IEEE 802.1ad.
    Legacy = 0x9100,
}

impl VlanProtocol {
    /// The protocol with this EtherType; `None` where it announces no tag.
    #[inline]
    #[must_use]
    pub const fn from_ether_type(ether_type: u16) -> Option<VlanProtocol> {
        match ether_type {
            0x8100 => Some(VlanProtocol::Customer),
            0x88a8 => Some(VlanProtocol::Provider),
            0x9100 => Some(VlanProtocol::Legacy),
            _ => None,
        }
    }

    /// The EtherType.
    #[must_use]
    pub const fn ether_type(self) -> u16 {
        self as u16
    }
}

/// One VLAN tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VlanTag {
    /// The EtherType that announces it.
    pub protocol: VlanProtocol,
    /// Priority (3 bits), drop eligibility (1 bit) and VLAN number (12 bits).
    pub control: u16,
}

/// The IPv4 packet of a frame, with whatever follows it.
#[inline]
pub(super) fn packet(link: LinkType, frame: &[u8]) -> Result<Unread<'_>, FrameError> {
    let frame = Unread::whole(frame);
    match link {
        LinkType::Ethernet => {
            let (header, rest) = frame.header::<14>(Layer::Link)?;
            tagged(u16::from_be_bytes([header[12], header[13]]), 12, rest)
        }
        LinkType::LinuxCooked => {
            let (header, rest) = frame.header::<16>(Layer::Link)?;
            tagged(u16::from_be_bytes([header[14], header[15]]), 14, rest)
        }
        LinkType::LinuxCooked2 => {
            let (header, rest) = frame.header::<20>(Layer::Link)?;
            tagged(u16::from_be_bytes([header[0], header[1]]), 0, rest)
        }
        LinkType::RawIp => match frame.bytes.first() {
            Some(first) if first >> 4 == 6 => Err(FrameError::EtherType { offset: 0, found: IPV6 }),
            _ => Ok(frame),
        },
        LinkType::Null => {
            let (header, rest) = frame.header::<4>(Layer::Link)?;
            // The capturing host's order is not told, and no family's number is above 255.
            let family = u32::from_le_bytes(*header);
            of_family(family.min(family.swap_bytes()), rest)
        }
        LinkType::Loop => {
            let (header, rest) = frame.header::<4>(Layer::Link)?;
            of_family(u32::from_be_bytes(*header), rest)
        }
    }
}

/// What follows the EtherType found at `offset` and the tags it announces. `rest` begins where the
/// first tag or the packet does.
#[inline]
fn tagged(
    mut ether_type: u16,
    mut offset: usize,
    mut rest: Unread<'_>,
) -> Result<Unread<'_>, FrameError> {
    for _ in 0..TAGS_MAX {
        if ether_type == IPV4 || VlanProtocol::from_ether_type(ether_type).is_none() {
            break;
        }
        let (tag, after) = rest.header::<4>(Layer::Link)?;
        ether_type = u16::from_be_bytes([tag[2], tag[3]]);
        offset = rest.offset + 2;
        rest = after;
    }
    if ether_type == IPV4 {
        Ok(rest)
    } else {
        Err(FrameError::EtherType { offset, found: ether_type })
    }
}

fn of_family(family: u32, rest: Unread<'_>) -> Result<Unread<'_>, FrameError> {
    if family == AF_INET { Ok(rest) } else { Err(FrameError::Family { found: family }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_type_has_the_number_it_is_read_by() {
        let links: Vec<LinkType> = (0..=300).filter_map(LinkType::from_dlt).collect();
        assert_eq!(links.len(), 9, "{links:?}");
        for link in links {
            assert_eq!(LinkType::from_dlt(link.dlt()), Some(link));
        }
        assert_eq!(LinkType::from_dlt(127), None); // IEEE 802.11 with radiotap
    }
}
