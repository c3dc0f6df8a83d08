use core::fmt;
use std::io::{self, Write};

use thiserror::Error;
use wirebook_book::Nanos;

use super::record::FRAME_BYTES_MAX;
use crate::frame::{FrameWriteError, LinkType, MAX_PAYLOAD_LEN, UdpFrame};

/// The magic number of a pcap file with nanoseconds, in the byte order of the rest.
const MAGIC_NANOSECONDS: u32 = 0xa1b2_3c4d;

/// Writes a pcap file with times in nanoseconds (draft-ietf-opsawg-pcap, little-endian).
///
/// It writes every frame by itself: give it a [`BufWriter`](io::BufWriter).
pub struct PcapWriter<W> {
    out: W,
    link: LinkType,
    /// Where frames are made around payloads.
    frame: Box<[u8]>,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the header of a file whose frames begin as `link` says.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(mut out: W, link: LinkType) -> io::Result<PcapWriter<W>> {
        let snap_bytes: u32 = 262_144;
        for number in [MAGIC_NANOSECONDS, 2 | 4 << 16, 0, 0, snap_bytes, link.dlt()] {
            out.write_all(&number.to_le_bytes())?;
        }
        let longest_header = 64;
        let frame = vec![0; longest_header + MAX_PAYLOAD_LEN].into_boxed_slice();
        Ok(PcapWriter { out, link, frame })
    }

    /// Writes a frame that was captured `at` nanoseconds after 1970.
    ///
    /// # Errors
    /// [`CaptureWriteError`]: what the output says, or a time or frame that the format cannot
    /// hold.
    pub fn write_frame(&mut self, at: Nanos, frame: &[u8]) -> Result<(), CaptureWriteError> {
        write_record(&mut self.out, at, frame)
    }

    /// Writes `payload` in the frame that `udp` describes.
    ///
    /// # Errors
    /// As [`PcapWriter::write_frame`]; and where the payload is too long for a datagram, or the
    /// file's link type is not Ethernet.
    pub fn write_datagram(
        &mut self,
        at: Nanos,
        udp: &UdpFrame,
        payload: &[u8],
    ) -> Result<(), CaptureWriteError> {
        if self.link != LinkType::Ethernet {
            return Err(CaptureWriteError::Link { found: self.link });
        }
        let length = udp.write(payload, &mut self.frame)?;
        let frame = self.frame.get(..length).unwrap_or_default();
        write_record(&mut self.out, at, frame)
    }

    /// The output, with everything handed to the system.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W> fmt::Debug for PcapWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PcapWriter").field("link", &self.link).finish_non_exhaustive()
    }
}

fn write_record(out: &mut impl Write, at: Nanos, frame: &[u8]) -> Result<(), CaptureWriteError> {
    let too_long = CaptureWriteError::Frame { found: frame.len() };
    let length = match u32::try_from(frame.len()) {
        Ok(length) if frame.len() <= FRAME_BYTES_MAX => length,
        _ => return Err(too_long),
    };
    let (seconds, nanos) = (at.get() / Nanos::PER_SECOND, at.get() % Nanos::PER_SECOND);
    let (Ok(seconds), Ok(nanos)) = (u32::try_from(seconds), u32::try_from(nanos)) else {
        return Err(CaptureWriteError::Time { at });
    };
    let [a, b, c, d] = [seconds, nanos, length, length].map(u32::to_le_bytes);
    for part in [&a[..], &b, &c, &d, frame] {
        out.write_all(part)?;
    }
    Ok(())
}

/// A frame that was not written.
#[derive(Debug, Error)]
pub enum CaptureWriteError {
    /// The output failed.
    #[error("the capture cannot be written: {0}")]
    Output(#[from] io::Error),
    /// No frame could be made around the payload.
    #[error(transparent)]
    Datagram(#[from] FrameWriteError),
    /// The frame is longer than readers of captures take.
    #[error("a frame of {found} bytes, expected at most {FRAME_BYTES_MAX}")]
    Frame {
        /// Bytes of the frame.
        found: usize,
    },
    /// Seconds since 1970 have 32 bits in a pcap file.
    #[error("time {at} ns is beyond what a pcap file holds")]
    Time {
        /// The time.
        at: Nanos,
    },
    /// Datagrams are put into Ethernet frames.
    #[error("a datagram was to be written, but the frames of the file are {found:?}")]
    Link {
        /// The file's link type.
        found: LinkType,
    },
}
