//! Why a frame gives no datagram, and why a datagram gives no frame.

use core::fmt;

use thiserror::Error;

/// The header that a frame ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Ethernet, Linux cooked or loopback, with the VLAN tags.
    Link,
    /// IPv4: its header, or the length it gives.
    Ipv4,
    /// UDP.
    Udp,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Layer::Link => "link",
            Layer::Ipv4 => "IPv4",
            Layer::Udp => "UDP",
        })
    }
}

/// Why a frame gives no datagram. Offsets count from the beginning of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Foreign: what follows the link header is not IPv4 (`0x0806` is ARP, `0x86dd` IPv6; below
    /// `0x0600` it is the length of an IEEE 802.3 frame; `0x8100` is a third VLAN tag).
    #[error("EtherType 0x{found:04x} at offset {offset} is not IPv4")]
    EtherType {
        /// Where the EtherType is (or, on raw IP links, where the version is).
        offset: usize,
        /// The EtherType.
        found: u16,
    },
    /// Foreign: the address family of a loopback frame is not IPv4.
    #[error("address family {found} at offset 0 is not IPv4")]
    Family {
        /// The family, as the link type orders its bytes.
        found: u32,
    },
    /// Foreign: what IPv4 carries is not UDP (1 is ICMP, 2 IGMP, 6 TCP).
    #[error("IP protocol {found} at offset {offset} is not UDP")]
    Protocol {
        /// Where the protocol number is.
        offset: usize,
        /// The protocol number.
        found: u8,
    },
    /// A part of a datagram.
    #[error("IPv4 fragment at offset {offset}: {position} bytes into its datagram, more: {more}")]
    Fragment {
        /// Where the flags are.
        offset: usize,
        /// Where in its datagram the fragment belongs, in bytes.
        position: u16,
        /// Whether others follow it.
        more: bool,
    },
    /// The frame ends before its headers say, as captures with a small snap length do.
    #[error("truncated in {layer} at offset {offset}: expected {expected} bytes, found {found}")]
    Truncated {
        /// The header that is incomplete or gives the length.
        layer: Layer,
        /// Where that header begins.
        offset: usize,
        /// Bytes that should be there.
        expected: usize,
        /// Bytes that are.
        found: usize,
    },
    /// IPv4 was announced, but the header has another version.
    #[error("IP version {found} at offset {offset}, expected 4")]
    Version {
        /// Where the version is.
        offset: usize,
        /// The version.
        found: u8,
    },
    /// The IPv4 header claims to be shorter than its fixed part.
    #[error("an IPv4 header of {found} bytes at offset {offset}, expected at least 20")]
    HeaderLength {
        /// Where the header begins.
        offset: usize,
        /// Its length in bytes.
        found: usize,
    },
    /// The whole IPv4 packet claims to be shorter than its header.
    #[error("an IPv4 packet of {found} bytes at offset {offset}, expected at least {expected}")]
    TotalLength {
        /// Where the total length is.
        offset: usize,
        /// The length of the header.
        expected: usize,
        /// The total length.
        found: usize,
    },
    /// The UDP datagram claims to be shorter than its header or longer than its packet.
    #[error("a UDP length of {found} at offset {offset}, expected 8 to {available}")]
    UdpLength {
        /// Where the length is.
        offset: usize,
        /// What the IPv4 packet has left for UDP.
        available: usize,
        /// The length.
        found: usize,
    },
}

impl FrameError {
    /// Whether the frame is sound but none of ours: not IPv4, or not UDP. Any network carries
    /// such frames, so they are counted apart from broken ones.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        matches!(
            self,
            FrameError::EtherType { .. } | FrameError::Family { .. } | FrameError::Protocol { .. }
        )
    }
}

/// Why no frame was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameWriteError {
    /// No IPv4 packet holds so much.
    #[error("a payload of {found} bytes, expected at most {}", super::MAX_PAYLOAD_LEN)]
    Payload {
        /// Bytes of the payload.
        found: usize,
    },
    /// The buffer is too small; it is as it was.
    #[error("the frame takes {expected} bytes, the buffer has {found}")]
    Buffer {
        /// Bytes of the frame.
        expected: usize,
        /// Bytes of the buffer.
        found: usize,
    },
}
