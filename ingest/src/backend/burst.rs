use arrayvec::ArrayVec;
use wirebook_book::Nanos;

use crate::session::Line;

/// How many packets a poll lends at most: enough that the memory which their messages need is fetched while those before
/// them are applied, few enough that the caller is soon asked again.
pub const BURST: usize = 64;

/// What came in, as its path shows it, borrowed from the memory of its backend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried<'a> {
    /// The payload of a datagram, and the line it came on.
    Datagram(Line, &'a [u8]),
    /// A whole Ethernet frame, which nobody has looked at yet: its first byte is as far away as the network card
    /// has put it.
    Frame(&'a [u8]),
}

/// A packet that came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received<'a> {
    /// Zero where it has no stamp: half a line for each packet of a burst, with the rest.
    stamp: Nanos,
    /// What it is.
    pub carried: Carried<'a>,
}

impl<'a> Received<'a> {
    /// A packet with the kernel's stamp, if there is one.
    #[inline]
    #[must_use]
    pub fn new(at: Option<Nanos>, carried: Carried<'a>) -> Received<'a> {
        Received { stamp: at.unwrap_or(Nanos::new(0)), carried }
    }

    /// When it came in, in nanoseconds since 1970, as the kernel stamped it. `None` on a path without stamps
    /// ([`Obtained`](super::Obtained) says which it is): then it came in before the poll, and who wants to
    /// know when reads a clock, which costs as much as some packets do.
    #[inline]
    #[must_use]
    pub fn at(&self) -> Option<Nanos> {
        (self.stamp.get() != 0).then_some(self.stamp)
    }

    /// The bytes, of whichever kind.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        let (Carried::Datagram(_, bytes) | Carried::Frame(bytes)) = self.carried;
        bytes
    }

    /// The whole frame, where the path shows it.
    #[inline]
    #[must_use]
    pub fn frame(&self) -> Option<&'a [u8]> {
        match self.carried {
            Carried::Frame(frame) => Some(frame),
            Carried::Datagram(..) => None,
        }
    }
}

/// The packets of one poll.
pub type Burst<'a> = ArrayVec<Received<'a>, BURST>;
