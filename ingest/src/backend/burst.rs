use core::fmt;

use arrayvec::ArrayVec;
use wirebook_book::Nanos;

use crate::session::Line;

/// How many packets a poll lends at most. The more there are, the less often messages run out while those behind them are
/// waited for; the first are applied long before the last is read. Paths but AF_XDP lend fewer.
pub const BURST: usize = 256;

/// What came in, as its path shows it, borrowed from the memory of its backend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried<'a> {
    /// The payload of a datagram, and the line it came on.
    Datagram(Line, &'a [u8]),
    /// A whole Ethernet frame, which nobody has looked at yet: its first byte is as far away as the network card
    /// has put it.
    Frame(&'a [u8]),
}

/// A packet that came in. Small, since a burst of them is written and read for each poll.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    bytes: &'a [u8],
    /// The stamp, or 0 where there is none, above the bits that say what the bytes are.
    stamp_and_kind: u64,
}

/// Stamps have the other bits, until the year 2116.
const KIND_BITS: u32 = 2;
const FRAME: u64 = 0;
const LINE_A: u64 = 1;
const LINE_B: u64 = 2;

impl<'a> Received<'a> {
    /// A packet with the kernel's stamp, if there is one.
    #[inline]
    #[must_use]
    pub fn new(at: Option<Nanos>, carried: Carried<'a>) -> Received<'a> {
        let (kind, bytes) = match carried {
            Carried::Frame(frame) => (FRAME, frame),
            Carried::Datagram(Line::A, payload) => (LINE_A, payload),
            Carried::Datagram(Line::B, payload) => (LINE_B, payload),
        };
        let stamp = at.unwrap_or(Nanos::new(0)).get();
        Received { bytes, stamp_and_kind: stamp << KIND_BITS | kind }
    }

    /// When it came in, in nanoseconds since 1970, as the kernel stamped it. `None` on a path without stamps
    /// ([`Obtained`](super::Obtained) says which it is): then it came in before the poll, and who wants to
    /// know when reads a clock, which costs as much as some packets do.
    #[inline]
    #[must_use]
    pub fn at(&self) -> Option<Nanos> {
        let stamp = self.stamp_and_kind >> KIND_BITS;
        (stamp != 0).then_some(Nanos::new(stamp))
    }

    /// What it is.
    #[inline]
    #[must_use]
    pub fn carried(&self) -> Carried<'a> {
        match self.stamp_and_kind & ((1 << KIND_BITS) - 1) {
            LINE_A => Carried::Datagram(Line::A, self.bytes),
            LINE_B => Carried::Datagram(Line::B, self.bytes),
            _ => Carried::Frame(self.bytes),
        }
    }

    /// The bytes, of whichever kind.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The whole frame, where the path shows it.
    #[inline]
    #[must_use]
    pub fn frame(&self) -> Option<&'a [u8]> {
        match self.carried() {
            Carried::Frame(frame) => Some(frame),
            Carried::Datagram(..) => None,
        }
    }
}

impl fmt::Debug for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("at", &self.at())
            .field("carried", &self.carried())
            .finish()
    }
}

/// The packets of one poll.
pub type Burst<'a> = ArrayVec<Received<'a>, BURST>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_what_it_was_made_of() {
        let kinds = [
            Carried::Frame(b"frame"),
            Carried::Datagram(Line::A, b""),
            Carried::Datagram(Line::B, b"payload"),
        ];
        // Now, and a second before the last that there is room for.
        let stamps = [1_795_000_000_123_456_789, (1 << 62) - 1_000_000_000].map(Nanos::new);
        for carried in kinds {
            for at in [None, Some(stamps[0]), Some(stamps[1])] {
                let received = Received::new(at, carried);
                assert_eq!((received.at(), received.carried()), (at, carried));
            }
        }
    }
}
