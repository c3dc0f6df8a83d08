//! UDP (RFC 768).

use super::unread::Unread;
use super::{FrameError, Layer};

/// Bytes of the header.
pub(super) const HEADER_LEN: usize = 8;

/// From which port to which.
pub(super) struct Ports {
    pub(super) source: u16,
    pub(super) destination: u16,
}

/// The payload of the datagram; bytes that IPv4 has beyond it are left out.
#[inline]
pub(super) fn payload(segment: Unread<'_>) -> Result<(Ports, &[u8]), FrameError> {
    let (header, rest) = segment.header::<HEADER_LEN>(Layer::Udp)?;
    let ports = Ports {
        source: u16::from_be_bytes([header[0], header[1]]),
        destination: u16::from_be_bytes([header[2], header[3]]),
    };
    let len = usize::from(u16::from_be_bytes([header[4], header[5]]));
    match len.checked_sub(HEADER_LEN).and_then(|payload_len| rest.bytes.get(..payload_len)) {
        Some(payload) => Ok((ports, payload)),
        None => Err(FrameError::UdpLength {
            offset: segment.offset + 4,
            available: segment.bytes.len(),
            found: len,
        }),
    }
}
