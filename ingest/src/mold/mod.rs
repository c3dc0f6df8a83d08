//! MoldUDP64: numbered messages in UDP datagrams.
//!
//! Source: "MoldUDP64 Protocol Specification", V 1.00 (NASDAQ). All numbers are big-endian. A
//! downstream packet is one UDP payload:
//!
//! | bytes | field |
//! |---|---|
//! | 0..10 | session |
//! | 10..18 | sequence: the number of the first message, from 1 |
//! | 18..20 | count of messages; 0 is a heartbeat, 0xFFFF the end of the session |
//! | 20.. | `count` blocks of a 2-byte length and so many bytes of message |
//!
//! A heartbeat and an end of session carry the number that the next message will have. A message
//! of no bytes is legal and uses up a number.
//!
//! A packet is accepted or refused *as a whole*: [`Packet::check`] walks every block once, and a
//! packet that does not add up to the byte gives no message at all. Half a packet is never
//! applied, so the same messages can still come whole from the other line. Behind the check
//! nothing can fail.

mod block;
mod messages;
mod packet;
mod request;
mod writer;

use core::fmt;

pub use block::Block;
pub use messages::{FramingError, Messages};
pub(crate) use packet::Header;
pub use packet::{HEADER_BYTES, Packet, PacketError, PacketKind};
pub use request::Request;
pub use writer::{PAYLOAD_BYTES_DEFAULT, PacketWriter, WriteError, end_of_session, heartbeat};

/// The name of a session: ten bytes, as a rule letters and digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct SessionId([u8; 10]);

impl SessionId {
    /// From the bytes on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 10]) -> SessionId {
        SessionId(bytes)
    }

    /// From text of at most ten bytes, padded on the right with spaces; `None` where it is longer.
    #[must_use]
    pub fn new(text: &str) -> Option<SessionId> {
        let mut bytes = [b' '; 10];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(SessionId(bytes))
    }

    /// The bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }
}

/// The text without padding; bytes that are no printable ASCII are escaped (`\x00`).
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.trim_ascii_end().escape_ascii())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_names_are_padded_and_shown_readably() {
        let short = SessionId::new("DAY1").unwrap();
        assert_eq!(short.as_bytes(), b"DAY1      ");
        assert_eq!(short.to_string(), "DAY1");
        assert_eq!(SessionId::new("ELEVENBYTES"), None);
        assert_eq!(SessionId::from_bytes([0; 10]).to_string(), "\\x00".repeat(10));
    }
}
