use arrayvec::ArrayVec;
use wirebook_book::Nanos;

use crate::session::Line;

/// How many datagrams a poll lends at most: enough to share its cost, few enough to stay in the first cache.
pub const BURST: usize = 32;

/// A datagram that came in, borrowed from the memory of its backend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received<'a> {
    /// The line it came on.
    pub line: Line,
    /// When it came in, in nanoseconds since 1970: as the kernel stamped it, or else when it was polled
    /// ([`Obtained`](super::Obtained) says which).
    pub at: Nanos,
    /// What it carries.
    pub payload: &'a [u8],
    /// The whole Ethernet frame, where the path shows it.
    pub frame: Option<&'a [u8]>,
}

/// The datagrams of one poll.
pub type Burst<'a> = ArrayVec<Received<'a>, BURST>;
