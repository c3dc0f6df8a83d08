use wirebook_book::SeqNo;

use super::packet::Header;
use super::{HEADER_BYTES, PacketError, SessionId};

/// Asks a re-request server for messages ("Request Packet").
///
/// The answer is a downstream packet to the asking socket, with as many of the messages as fit
/// one datagram: the rest is asked for again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The session they belong to.
    pub session: SessionId,
    /// The number of the first message wanted.
    pub first: SeqNo,
    /// How many are wanted.
    pub count: u16,
}

impl Request {
    /// Reads a UDP payload.
    ///
    /// # Errors
    /// [`PacketError::NoRequest`] where it does not have exactly the bytes of a request.
    pub fn check(payload: &[u8]) -> Result<Request, PacketError> {
        if payload.len() != HEADER_BYTES {
            return Err(PacketError::NoRequest { expected: HEADER_BYTES, found: payload.len() });
        }
        let (Header { session, sequence, count }, _) = Header::read(payload)?;
        Ok(Request { session, first: sequence, count })
    }

    /// The UDP payload.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        Header { session: self.session, sequence: self.first, count: self.count }.to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_wire_and_nothing_else_is_one() {
        let session = SessionId::new("WIREBOOK01").unwrap();
        let request = Request { session, first: SeqNo::new(1 << 40), count: 513 };
        let bytes = request.to_bytes();
        assert_eq!(Request::check(&bytes), Ok(request));
        for payload in [&bytes[..19], &[&bytes[..], &[0]].concat()] {
            let error = PacketError::NoRequest { expected: 20, found: payload.len() };
            assert_eq!(Request::check(payload), Err(error));
        }
    }
}
