use thiserror::Error;
use wirebook_book::SeqNo;

use super::{Block, FramingError, Messages, SessionId};

/// Bytes of the header, and of a packet without messages.
pub const HEADER_BYTES: usize = 20;

/// The count that marks the end of the session.
pub(super) const END_OF_SESSION: u16 = 0xFFFF;

/// What a packet is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketKind {
    /// It carries messages.
    Data,
    /// It says which number comes next, so that a loss is noticed when little is sent.
    Heartbeat,
    /// As a heartbeat; no message will follow in this session.
    EndOfSession,
}

/// A downstream packet, checked to its last byte.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    session: SessionId,
    sequence: SeqNo,
    kind: PacketKind,
    messages: Messages<'a>,
}

impl<'a> Packet<'a> {
    /// Reads a UDP payload. Costs a few loads, and two for each message.
    ///
    /// # Errors
    /// [`PacketError`] where the payload is no whole MoldUDP64 packet. It is then refused whole:
    /// none of its messages counts as received.
    #[inline]
    pub fn check(payload: &'a [u8]) -> Result<Packet<'a>, PacketError> {
        let (header, body) = Header::read(payload)?;
        Packet::check_and_show(header, body, |_| {})
    }

    /// Reads what follows a header, and shows each message when it is found.
    #[inline(always)]
    pub(crate) fn check_and_show(
        Header { session, sequence, count }: Header,
        body: &'a [u8],
        show: impl FnMut(&'a [u8]),
    ) -> Result<Packet<'a>, PacketError> {
        let (kind, count) = match count {
            0 => (PacketKind::Heartbeat, 0),
            END_OF_SESSION => (PacketKind::EndOfSession, 0),
            count => (PacketKind::Data, count),
        };
        if sequence.checked_add(count.into()).is_none() {
            return Err(PacketError::SequenceOverflow { sequence, count });
        }
        let messages = Messages::check_and_show(body, count.into(), HEADER_BYTES, show)?;
        Ok(Packet { session, sequence, kind, messages })
    }

    /// The session it belongs to.
    #[inline]
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The number of its first message; without messages, the number that the next message of
    /// the session will have.
    #[inline]
    #[must_use]
    pub fn sequence(&self) -> SeqNo {
        self.sequence
    }

    /// The number after its last message.
    #[inline]
    #[must_use]
    pub fn next_sequence(&self) -> SeqNo {
        // The sum was checked.
        SeqNo::new(self.sequence.get() + self.messages.len() as u64)
    }

    /// What it is for.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.kind
    }

    /// Its messages; none unless it is [`PacketKind::Data`].
    #[inline]
    #[must_use]
    pub fn messages(&self) -> Messages<'a> {
        self.messages.clone()
    }

    /// Its messages with the number of the first; `None` where it has none.
    #[inline]
    #[must_use]
    pub fn block(&self) -> Option<Block<'a>> {
        match self.kind {
            PacketKind::Data => Some(Block { first: self.sequence, messages: self.messages() }),
            PacketKind::Heartbeat | PacketKind::EndOfSession => None,
        }
    }
}

/// The fields that downstream packets and requests have alike.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) session: SessionId,
    pub(crate) sequence: SeqNo,
    pub(super) count: u16,
}

impl Header {
    /// The header, and what follows it.
    #[inline]
    pub(crate) fn read(payload: &[u8]) -> Result<(Header, &[u8]), PacketError> {
        if let Some((header, body)) = payload.split_first_chunk::<HEADER_BYTES>()
            && let Some((session, rest)) = header.split_first_chunk::<10>()
            && let Some((sequence, rest)) = rest.split_first_chunk::<8>()
            && let Some(count) = rest.first_chunk::<2>()
        {
            let header = Header {
                session: SessionId::from_bytes(*session),
                sequence: SeqNo::new(u64::from_be_bytes(*sequence)),
                count: u16::from_be_bytes(*count),
            };
            return Ok((header, body));
        }
        Err(PacketError::Short { expected: HEADER_BYTES, found: payload.len() })
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let (session, numbers) = bytes.split_at_mut(10);
        let (sequence, count) = numbers.split_at_mut(8);
        session.copy_from_slice(self.session.as_bytes());
        sequence.copy_from_slice(&self.sequence.get().to_be_bytes());
        count.copy_from_slice(&self.count.to_be_bytes());
        bytes
    }
}

/// A UDP payload that is no MoldUDP64 packet. Offsets count from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PacketError {
    /// It does not hold a header.
    #[error("a MoldUDP64 header has {expected} bytes, found {found}")]
    Short {
        /// Bytes of a header.
        expected: usize,
        /// Bytes of the payload.
        found: usize,
    },
    /// Its messages are not those that the header counts.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// The numbers of its messages pass the last number there is.
    #[error("{count} messages from sequence {sequence} pass the last number of 64 bits")]
    SequenceOverflow {
        /// The number of the first message.
        sequence: SeqNo,
        /// How many messages the header counts.
        count: u16,
    },
    /// A request has bytes behind its header.
    #[error("a MoldUDP64 request has {expected} bytes, found {found}")]
    NoRequest {
        /// Bytes of a request.
        expected: usize,
        /// Bytes of the payload.
        found: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u64, count: u16, body: &[u8]) -> Vec<u8> {
        let session = SessionId::new("WIREBOOK01").unwrap();
        let header = Header { session, sequence: SeqNo::new(sequence), count };
        [&header.to_bytes()[..], body].concat()
    }

    #[test]
    fn messages_are_numbered_from_the_header() {
        let payload = packet(41, 2, &[0, 1, b'a', 0, 0]);
        let packet = Packet::check(&payload).unwrap();
        assert_eq!(packet.kind(), PacketKind::Data);
        assert_eq!(packet.session().to_string(), "WIREBOOK01");
        assert_eq!(packet.sequence(), SeqNo::new(41));
        assert_eq!(packet.next_sequence(), SeqNo::new(43));
        assert_eq!(packet.messages().collect::<Vec<_>>(), [&b"a"[..], b""]);
    }

    #[test]
    fn heartbeat_and_end_of_session_have_no_messages() {
        for (count, kind) in [(0, PacketKind::Heartbeat), (0xFFFF, PacketKind::EndOfSession)] {
            let payload = packet(u64::MAX, count, &[]);
            let packet = Packet::check(&payload).unwrap();
            assert_eq!(packet.kind(), kind);
            assert_eq!(packet.next_sequence(), SeqNo::new(u64::MAX));
            assert!(packet.block().is_none());
        }
    }

    #[test]
    fn a_short_header_is_refused() {
        let payload = packet(1, 0, &[]);
        let error = Packet::check(&payload[..19]).unwrap_err();
        assert_eq!(error, PacketError::Short { expected: 20, found: 19 });
        assert_eq!(error.to_string(), "a MoldUDP64 header has 20 bytes, found 19");
    }

    #[test]
    fn a_body_that_does_not_add_up_is_refused_with_offsets_in_the_packet() {
        let check = |count, body: &[u8]| Packet::check(&packet(1, count, body)).unwrap_err();
        assert_eq!(
            check(1, &[0, 2, b'a']),
            FramingError::Truncated { index: 0, offset: 20, expected: 4, found: 3 }.into()
        );
        assert_eq!(
            check(2, &[0, 1, b'a']),
            FramingError::Missing { index: 1, count: 2, offset: 23 }.into()
        );
        assert_eq!(
            check(1, &[0, 1, b'a', 0]),
            FramingError::Trailing { count: 1, offset: 23, found: 1 }.into()
        );
        // A heartbeat with a body is none.
        assert_eq!(
            check(0, &[0]),
            FramingError::Trailing { count: 0, offset: 20, found: 1 }.into()
        );
    }

    #[test]
    fn numbers_do_not_wrap() {
        let payload = packet(u64::MAX - 1, 2, &[0, 0, 0, 0]);
        let sequence = SeqNo::new(u64::MAX - 1);
        assert_eq!(
            Packet::check(&payload).unwrap_err(),
            PacketError::SequenceOverflow { sequence, count: 2 }
        );
        let payload = packet(u64::MAX - 1, 1, &[0, 0]);
        assert!(Packet::check(&payload).is_ok());
    }
}
