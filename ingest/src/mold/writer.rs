use thiserror::Error;
use wirebook_book::SeqNo;

use super::packet::{END_OF_SESSION, Header};
use super::{HEADER_BYTES, SessionId};

/// UDP payload bytes that fit an Ethernet frame with room for tunnels; what senders of market
/// data keep to.
pub const PAYLOAD_BYTES_DEFAULT: usize = 1400;

/// Packs messages into packets, in the caller's buffer: the buffer's length is the largest
/// payload.
///
/// ```
/// use wirebook_book::SeqNo;
/// use wirebook_ingest::mold::{PAYLOAD_BYTES_DEFAULT, PacketWriter, SessionId, WriteError};
///
/// # fn main() -> Result<(), WriteError> {
/// let send = |payload: &[u8]| assert!(payload.len() <= PAYLOAD_BYTES_DEFAULT);
/// let mut buffer = [0; PAYLOAD_BYTES_DEFAULT];
/// let session = SessionId::from_bytes(*b"WIREBOOK01");
/// let mut writer = PacketWriter::new(&mut buffer, session, SeqNo::new(1))?;
/// for message in [&[b'x'; 900][..], &[b'y'; 900]] {
///     if !writer.fits(message) {
///         writer.take().map(send);
///     }
///     writer.push(message)?;
/// }
/// writer.take().map(send);
/// send(&writer.heartbeat());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PacketWriter<'b> {
    buffer: &'b mut [u8],
    session: SessionId,
    /// The number of the first message of the packet being packed.
    first: SeqNo,
    count: u16,
    used: usize,
}

impl<'b> PacketWriter<'b> {
    /// A writer whose first message gets the number `first`.
    ///
    /// # Errors
    /// [`WriteError::Buffer`] where the buffer does not hold a header.
    pub fn new(
        buffer: &'b mut [u8],
        session: SessionId,
        first: SeqNo,
    ) -> Result<PacketWriter<'b>, WriteError> {
        if buffer.len() < HEADER_BYTES {
            return Err(WriteError::Buffer { expected: HEADER_BYTES, found: buffer.len() });
        }
        Ok(PacketWriter { buffer, session, first, count: 0, used: HEADER_BYTES })
    }

    /// Whether [`PacketWriter::push`] would take the message into this packet.
    #[must_use]
    pub fn fits(&self, message: &[u8]) -> bool {
        self.place(message).is_ok()
    }

    /// Puts a message behind those already in the packet.
    ///
    /// # Errors
    /// [`WriteError::Full`] where the packet has to be taken first; [`WriteError::TooLong`] where
    /// no packet holds the message; [`WriteError::Exhausted`] where no number is left for it. The
    /// packet is unchanged then.
    pub fn push(&mut self, message: &[u8]) -> Result<(), WriteError> {
        let (length, end) = self.place(message)?;
        if let Some(block) = self.buffer.get_mut(self.used..end)
            && let Some((prefix, body)) = block.split_at_mut_checked(length.len())
        {
            prefix.copy_from_slice(&length);
            body.copy_from_slice(message);
        }
        self.used = end;
        self.count += 1;
        Ok(())
    }

    /// The packet as it is to be sent, after which the next one is begun; `None` where it holds
    /// no message.
    pub fn take(&mut self) -> Option<&[u8]> {
        if self.count == 0 {
            return None;
        }
        let header = Header { session: self.session, sequence: self.first, count: self.count };
        if let Some(place) = self.buffer.first_chunk_mut::<HEADER_BYTES>() {
            *place = header.to_bytes();
        }
        let end = self.used;
        self.first = self.next_sequence();
        self.count = 0;
        self.used = HEADER_BYTES;
        self.buffer.get(..end)
    }

    /// The number that the next message will get.
    #[must_use]
    pub fn next_sequence(&self) -> SeqNo {
        // `place` lets no message past the last number.
        SeqNo::new(self.first.get() + u64::from(self.count))
    }

    /// A heartbeat that belongs behind the packets taken so far.
    #[must_use]
    pub fn heartbeat(&self) -> [u8; HEADER_BYTES] {
        heartbeat(self.session, self.first)
    }

    /// An end of session that belongs behind the packets taken so far.
    #[must_use]
    pub fn end_of_session(&self) -> [u8; HEADER_BYTES] {
        end_of_session(self.session, self.first)
    }

    /// The length as it is written, and where the message would end.
    fn place(&self, message: &[u8]) -> Result<([u8; 2], usize), WriteError> {
        let found = message.len();
        let bytes_max = (self.buffer.len() - HEADER_BYTES).saturating_sub(2).min(65_535);
        let length = match u16::try_from(found) {
            Ok(length) if found <= bytes_max => length.to_be_bytes(),
            _ => return Err(WriteError::TooLong { bytes_max, found }),
        };
        if self.next_sequence().checked_add(1).is_none() {
            return Err(WriteError::Exhausted);
        }
        let end = self.used + length.len() + found;
        if end > self.buffer.len() || self.count == END_OF_SESSION - 1 {
            return Err(WriteError::Full { free: self.buffer.len() - self.used, found });
        }
        Ok((length, end))
    }
}

/// A heartbeat: the next message of the session will have the number `next`.
#[must_use]
pub fn heartbeat(session: SessionId, next: SeqNo) -> [u8; HEADER_BYTES] {
    Header { session, sequence: next, count: 0 }.to_bytes()
}

/// An end of session: a further message would have had the number `next`.
#[must_use]
pub fn end_of_session(session: SessionId, next: SeqNo) -> [u8; HEADER_BYTES] {
    Header { session, sequence: next, count: END_OF_SESSION }.to_bytes()
}

/// A message or buffer that [`PacketWriter`] cannot use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WriteError {
    /// The buffer does not hold a header.
    #[error("a packet needs a buffer of at least {expected} bytes, found {found}")]
    Buffer {
        /// Bytes of a header.
        expected: usize,
        /// Bytes of the buffer.
        found: usize,
    },
    /// The packet has no room for the message; an empty one has.
    #[error("a message of {found} bytes and its length do not fit the {free} bytes left")]
    Full {
        /// Bytes left in the packet.
        free: usize,
        /// Bytes of the message.
        found: usize,
    },
    /// No packet of this size, or no length of 16 bits, holds the message.
    #[error("a message of {found} bytes is longer than a packet holds ({bytes_max})")]
    TooLong {
        /// Bytes of the longest message that fits.
        bytes_max: usize,
        /// Bytes of the message.
        found: usize,
    },
    /// All numbers of 64 bits are used up.
    #[error("the session has no sequence number left")]
    Exhausted,
}

#[cfg(test)]
mod tests {
    use super::super::{Packet, PacketKind};
    use super::*;

    fn session() -> SessionId {
        SessionId::new("WIREBOOK01").unwrap()
    }

    #[test]
    fn packets_are_filled_to_the_byte_and_numbered_on() {
        let mut buffer = [0; HEADER_BYTES + 10];
        let mut writer = PacketWriter::new(&mut buffer, session(), SeqNo::new(5)).unwrap();
        assert_eq!(writer.take(), None);
        writer.push(b"abc").unwrap();
        writer.push(b"def").unwrap();
        assert_eq!(writer.push(b""), Err(WriteError::Full { free: 0, found: 0 }));
        let packet = Packet::check(writer.take().unwrap()).unwrap();
        assert_eq!(packet.messages().collect::<Vec<_>>(), [b"abc", b"def"]);
        assert_eq!((packet.sequence(), packet.next_sequence()), (SeqNo::new(5), SeqNo::new(7)));

        writer.push(b"").unwrap();
        assert_eq!(Packet::check(writer.take().unwrap()).unwrap().sequence(), SeqNo::new(7));
        let heartbeat = writer.heartbeat();
        assert_eq!(Packet::check(&heartbeat).unwrap().next_sequence(), SeqNo::new(8));
        let end = writer.end_of_session();
        assert_eq!(Packet::check(&end).unwrap().kind(), PacketKind::EndOfSession);
    }

    #[test]
    fn what_no_packet_holds_is_refused_and_changes_nothing() {
        let mut buffer = [0; HEADER_BYTES + 10];
        let mut writer = PacketWriter::new(&mut buffer, session(), SeqNo::new(1)).unwrap();
        writer.push(b"abc").unwrap();
        assert_eq!(writer.push(&[0; 9]), Err(WriteError::TooLong { bytes_max: 8, found: 9 }));
        assert_eq!(writer.push(&[0; 8]), Err(WriteError::Full { free: 5, found: 8 }));
        assert_eq!(Packet::check(writer.take().unwrap()).unwrap().messages().len(), 1);
        let mut buffer = [0; HEADER_BYTES - 1];
        let error = PacketWriter::new(&mut buffer, session(), SeqNo::new(1)).unwrap_err();
        assert_eq!(error, WriteError::Buffer { expected: 20, found: 19 });
    }

    #[test]
    fn the_count_never_becomes_the_end_of_session() {
        let mut buffer = vec![0; HEADER_BYTES + 2 * 70_000];
        let mut writer = PacketWriter::new(&mut buffer, session(), SeqNo::new(1)).unwrap();
        let mut pushed = 0;
        while writer.fits(b"") {
            writer.push(b"").unwrap();
            pushed += 1;
        }
        assert_eq!(pushed, 0xFFFE);
        let packet = Packet::check(writer.take().unwrap()).unwrap();
        assert_eq!((packet.kind(), packet.messages().len()), (PacketKind::Data, 0xFFFE));
        assert_eq!(
            writer.push(&vec![0; 65_536]),
            Err(WriteError::TooLong { bytes_max: 65_535, found: 65_536 })
        );
    }

    #[test]
    fn numbers_run_out_before_they_wrap() {
        let mut buffer = [0; HEADER_BYTES + 10];
        let first = SeqNo::new(u64::MAX - 1);
        let mut writer = PacketWriter::new(&mut buffer, session(), first).unwrap();
        writer.push(b"").unwrap();
        assert_eq!(writer.push(b""), Err(WriteError::Exhausted));
        assert!(Packet::check(writer.take().unwrap()).is_ok());
    }
}
