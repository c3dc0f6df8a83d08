//! From a captured frame to the payload of its UDP datagram.
//!
//! [`datagram`] reads the link header ([`LinkType`]), up to two VLAN tags, IPv4 (RFC 791) and UDP
//! (RFC 768), and borrows the payload from the frame. It allocates nothing and does not fail on
//! anything but what [`FrameError`] lists.
//!
//! What is *not* checked: the checksums of IPv4 and UDP. A frame that a network card received was
//! checked by the card; a frame that was captured where it was sent has no checksums yet, because
//! the card fills them in; and recordings are published with zeros in their place. Refusing those
//! would lose good data, and the sequence numbers inside tell of what is lost.
//!
//! [`UdpFrame`] writes the frames that [`datagram`] reads, with correct checksums.

mod error;
mod ipv4;
mod link;
mod plain;
mod udp;
mod unread;
mod write;

use std::net::SocketAddrV4;

pub use error::{FrameError, FrameWriteError, Layer};
pub use link::{LinkType, VlanProtocol, VlanTag};
pub(crate) use plain::PlainFrame;
pub use write::{MAX_PAYLOAD_LEN, Tagging, UdpFrame, multicast_mac};

/// One UDP datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: SocketAddrV4,
    /// To whom: for market data a multicast group and its port.
    pub destination: SocketAddrV4,
    /// What it carries, without the padding that Ethernet appends to short frames.
    pub payload: &'a [u8],
}

/// The datagram inside `frame`.
///
/// # Errors
/// A [`FrameError`]. It is [foreign](FrameError::is_foreign) where the frame is sound but carries
/// something else than UDP over IPv4, [`FrameError::Fragment`] where it carries a part of a
/// datagram (market data is never fragmented, so nothing is put together here), and otherwise
/// says what contradicts what, and where.
#[inline]
pub fn datagram(link: LinkType, frame: &[u8]) -> Result<Datagram<'_>, FrameError> {
    if link == LinkType::Ethernet
        && let Some(datagram) = plain::datagram(frame)
    {
        return Ok(datagram);
    }
    any_datagram(link, frame)
}

/// [`datagram`] of whatever may come.
#[inline(never)]
fn any_datagram(link: LinkType, frame: &[u8]) -> Result<Datagram<'_>, FrameError> {
    let packet = link::packet(link, frame)?;
    let (addresses, segment) = ipv4::segment(packet)?;
    let (ports, payload) = udp::payload(segment)?;
    Ok(Datagram {
        source: SocketAddrV4::new(addresses.source, ports.source),
        destination: SocketAddrV4::new(addresses.destination, ports.destination),
        payload,
    })
}
