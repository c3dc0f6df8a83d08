use std::net::SocketAddrV4;

use wirebook_book::Nanos;

use crate::session::Line;

/// A UDP datagram of a capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Captured<'a> {
    /// Which of the two captures it is in.
    pub line: Line,
    /// When it was captured: nanoseconds since 1970 by the capturing host's clock. A capture may
    /// go back in time a little.
    pub at: Nanos,
    /// Who sent it.
    pub source: SocketAddrV4,
    /// To whom.
    pub destination: SocketAddrV4,
    /// What it carries.
    pub payload: &'a [u8],
}

/// Where a datagram lies in its line's chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) line: Line,
    pub(super) at: Nanos,
    pub(super) source: SocketAddrV4,
    pub(super) destination: SocketAddrV4,
    /// Where in the unread bytes the payload begins, and how long it is.
    pub(super) start: usize,
    pub(super) length: usize,
}

/// Datagrams in the order of capture. All of them are in memory: going through them reads
/// nothing and allocates nothing.
#[derive(Clone, Debug)]
pub struct Burst<'a> {
    places: core::slice::Iter<'a, Place>,
    /// The bytes of lines A and B.
    a: &'a [u8],
    b: &'a [u8],
}

impl<'a> Burst<'a> {
    pub(super) fn new(places: &'a [Place], a: &'a [u8], b: &'a [u8]) -> Burst<'a> {
        Burst { places: places.iter(), a, b }
    }
}

impl<'a> Iterator for Burst<'a> {
    type Item = Captured<'a>;

    #[inline]
    fn next(&mut self) -> Option<Captured<'a>> {
        let &Place { line, at, source, destination, start, length } = self.places.next()?;
        let bytes = match line {
            Line::A => self.a,
            Line::B => self.b,
        };
        let payload = bytes.get(start..start + length)?;
        Some(Captured { line, at, source, destination, payload })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for Burst<'_> {}
