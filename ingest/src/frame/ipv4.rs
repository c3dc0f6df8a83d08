//! IPv4 (RFC 791).

use std::net::Ipv4Addr;

use super::unread::Unread;
use super::{FrameError, Layer};

/// Bytes of a header without options.
pub(super) const HEADER_LEN: usize = 20;
/// The protocol number of UDP.
pub(super) const UDP: u8 = 17;

/// From whom to whom.
pub(super) struct Addresses {
    pub(super) source: Ipv4Addr,
    pub(super) destination: Ipv4Addr,
}

/// The fixed part of a header.
#[derive(Clone, Copy)]
struct Header<'a>(&'a [u8; HEADER_LEN]);

impl Header<'_> {
    const fn version(self) -> u8 {
        self.0[0] >> 4
    }

    /// In bytes, options included.
    const fn header_len(self) -> usize {
        (self.0[0] & 0x0f) as usize * 4
    }

    /// In bytes, header included.
    const fn total_len(self) -> usize {
        u16::from_be_bytes([self.0[2], self.0[3]]) as usize
    }

    /// The flag "more fragments" with the 13 bits of the fragment's position.
    const fn fragmentation(self) -> u16 {
        u16::from_be_bytes([self.0[6], self.0[7]]) & 0x3fff
    }

    const fn protocol(self) -> u8 {
        self.0[9]
    }

    const fn addresses(self) -> Addresses {
        let [.., a, b, c, d, e, f, g, h] = *self.0;
        Addresses { source: Ipv4Addr::new(a, b, c, d), destination: Ipv4Addr::new(e, f, g, h) }
    }
}

/// The UDP part of a packet; options are skipped, and bytes after the packet left out.
///
/// Whether the packet is ours at all is asked before whether it is sound.
#[inline]
pub(super) fn segment(packet: Unread<'_>) -> Result<(Addresses, Unread<'_>), FrameError> {
    let offset = packet.offset;
    let (header, _) = packet.header(Layer::Ipv4)?;
    let header = Header(header);
    if header.version() != 4 {
        return Err(FrameError::Version { offset, found: header.version() });
    }
    if header.protocol() != UDP {
        return Err(FrameError::Protocol { offset: offset + 9, found: header.protocol() });
    }
    if header.fragmentation() != 0 {
        let position = (header.fragmentation() & 0x1fff) * 8;
        let more = header.fragmentation() & 0x2000 != 0;
        return Err(FrameError::Fragment { offset: offset + 6, position, more });
    }
    let (header_len, total_len) = (header.header_len(), header.total_len());
    if header_len < HEADER_LEN {
        return Err(FrameError::HeaderLength { offset, found: header_len });
    }
    if total_len < header_len {
        let offset = offset + 2;
        return Err(FrameError::TotalLength { offset, expected: header_len, found: total_len });
    }
    match packet.bytes.get(header_len..total_len) {
        Some(bytes) => Ok((header.addresses(), Unread { bytes, offset: offset + header_len })),
        None => Err(packet.truncated(Layer::Ipv4, total_len)),
    }
}
