use wirebook_book::Nanos;

use super::Fault;
use super::format::CaptureKind;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use crate::frame::LinkType;

/// The longest frame that is read: what capturing programs take as the longest there is.
pub(super) const FRAME_BYTES_MAX: usize = 262_144;

/// What the unread bytes of a capture begin with.
pub(super) enum Record<'a> {
    /// A frame, in a record of `length` bytes.
    Frame { length: usize, frame: Frame<'a> },
    /// A record of `length` bytes without a frame.
    Other { length: usize },
    /// A record in a layout so old that it is not read, but known to hold a frame.
    Obsolete { length: usize },
    /// A record (or its header) of which not all bytes are there. At least this many are needed.
    Cut { expected: usize },
}

/// A captured frame.
pub(super) struct Frame<'a> {
    /// Since 1970, as far as the capture says.
    pub(super) at: Nanos,
    /// How it begins; `None` where that is not read.
    pub(super) link: Option<LinkType>,
    pub(super) bytes: &'a [u8],
    /// Whether the capture kept less of it than there was.
    pub(super) is_snapped: bool,
}

/// The layout of a capture file.
pub(super) enum Layout {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Layout {
    /// The layout of a capture that begins with `unread`, and how many bytes tell it.
    pub(super) fn detect(kind: CaptureKind, unread: &[u8]) -> Result<(Layout, usize), Fault> {
        match kind {
            CaptureKind::Pcap => {
                Pcap::read_header(unread).map(|(pcap, length)| (Layout::Pcap(pcap), length))
            }
            // Its header is a block like the others.
            CaptureKind::Pcapng => Ok((Layout::Pcapng(Pcapng::new()), 0)),
        }
    }

    /// The first record of `unread`, which lies at `offset` of the file.
    pub(super) fn record<'a>(
        &mut self,
        unread: &'a [u8],
        offset: u64,
    ) -> Result<Record<'a>, Fault> {
        match self {
            Layout::Pcap(pcap) => pcap.record(unread, offset),
            Layout::Pcapng(pcapng) => pcapng.block(unread, offset),
        }
    }
}
