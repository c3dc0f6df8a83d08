use core::fmt;

/// Why a datagram of a subscribed line did not reach the session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum DropCause {
    /// The socket's receive buffer was full: the receiver did not keep up.
    SocketBuffer,
    /// It is longer than the place for it.
    TooLong,
    /// The receive ring was full: the receiver did not keep up.
    RingFull,
    /// No frame of the shared memory was free for it: the receiver did not give them back in time.
    NoFrame,
    /// A header that contradicts itself.
    Malformed,
    /// A part of a datagram; market data is never fragmented.
    Fragment,
    /// The checksum of its IP header or datagram is wrong, as the network card found.
    Checksum,
    /// The interface or its driver dropped it before this path saw it: frames of any kind are counted.
    Interface,
}

impl DropCause {
    /// All causes.
    pub const ALL: [DropCause; 8] = [
        DropCause::SocketBuffer,
        DropCause::TooLong,
        DropCause::RingFull,
        DropCause::NoFrame,
        DropCause::Malformed,
        DropCause::Fragment,
        DropCause::Checksum,
        DropCause::Interface,
    ];

    /// The name that JSON and tables use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DropCause::SocketBuffer => "socket_buffer",
            DropCause::TooLong => "too_long",
            DropCause::RingFull => "ring_full",
            DropCause::NoFrame => "no_frame",
            DropCause::Malformed => "malformed",
            DropCause::Fragment => "fragment",
            DropCause::Checksum => "checksum",
            DropCause::Interface => "interface",
        }
    }
}

impl fmt::Display for DropCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a backend has taken and dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BackendCounts {
    /// Packets handed on; behind a [`Sorter`](super::Sorter), datagrams of the lines.
    pub packets: u64,
    /// Their bytes; behind a sorter, those of the payloads.
    pub bytes: u64,
    /// Packets that were not for the subscribed lines, where the path sees such.
    pub foreign: u64,
    /// Polls that found something.
    pub bursts: u64,
    /// Datagrams lost, by cause.
    drops: [u64; DropCause::ALL.len()],
}

impl BackendCounts {
    /// Datagrams lost for one cause.
    #[must_use]
    pub const fn dropped(&self, cause: DropCause) -> u64 {
        self.drops[cause as usize]
    }

    /// Datagrams lost for any cause.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.drops.iter().sum()
    }

    /// All causes with their counts.
    pub fn drops(&self) -> impl Iterator<Item = (DropCause, u64)> + '_ {
        DropCause::ALL.into_iter().map(|cause| (cause, self.dropped(cause)))
    }

    pub(super) const fn drop_one(&mut self, cause: DropCause) {
        self.drops[cause as usize] += 1;
    }

    pub(super) const fn set_dropped(&mut self, cause: DropCause, count: u64) {
        self.drops[cause as usize] = count;
    }

    pub(super) const fn add_dropped(&mut self, cause: DropCause, count: u64) {
        self.drops[cause as usize] += count;
    }

    #[inline]
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.packets += 1;
        self.bytes += bytes.len() as u64;
    }
}
