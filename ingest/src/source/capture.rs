use core::fmt;
use std::io::Read;

use pcap_parser::nom::Offset;

use super::burst::{Burst, Place};
use super::chunk::{CHUNK_BYTES, Chunk};
use super::error::FirstBytes;
use super::format::CaptureKind;
use super::record::{Frame, Layout, Record};
use super::{Fault, Format, SourceError};
use crate::frame::{self, FrameError};
use crate::session::Line;

/// The smallest buffer: any header fits.
const CHUNK_BYTES_MIN: usize = 64;

/// Datagrams that are found before they are handed on.
pub(super) const BURST_DATAGRAMS: usize = 4096;

/// What a capture holds. Every frame is counted in `frames` and in exactly one of the six
/// counters that follow it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CaptureStats {
    /// Frames of any kind.
    pub frames: u64,
    /// UDP datagrams, whole: what bursts consist of.
    pub datagrams: u64,
    /// Frames that are sound and no UDP over IPv4, or of an interface whose link type is not
    /// read.
    pub foreign: u64,
    /// Frames whose headers contradict themselves.
    pub malformed: u64,
    /// Fragments of datagrams, which are not put together.
    pub fragments: u64,
    /// Frames of which the capture kept too little to hold their datagram.
    pub snapped: u64,
    /// Frames in pcapng's obsolete Packet Block, which is not read.
    pub obsolete: u64,
}

/// Reads one pcap or pcapng file.
///
/// Finding datagrams allocates nothing, but where pcapng packets have options: those the parser
/// collects, packet by packet.
pub struct CaptureReader<R> {
    name: String,
    line: Line,
    chunk: Chunk<R>,
    layout: Layout,
    stats: CaptureStats,
    /// The datagrams found in the chunk.
    places: Vec<Place>,
    /// Bytes at the beginning of the chunk that they were found in.
    walked: usize,
    failed: bool,
}

/// How far a walk through the chunk came.
enum Walk {
    /// There is a burst of datagrams.
    Full,
    /// The bytes end in a record of which this many are needed.
    Cut { expected: usize },
}

impl<R: Read> CaptureReader<R> {
    /// A reader of `input`, which errors call `name`.
    ///
    /// # Errors
    /// [`SourceError`] where the input does not begin as a pcap or pcapng file.
    pub fn new(name: &str, input: R) -> Result<CaptureReader<R>, SourceError> {
        CaptureReader::with_chunk_bytes(name, input, CHUNK_BYTES)
    }

    /// A reader with a buffer of `chunk_bytes`; longer records are refused.
    ///
    /// # Errors
    /// As [`CaptureReader::new`].
    pub fn with_chunk_bytes(
        name: &str,
        input: R,
        chunk_bytes: usize,
    ) -> Result<CaptureReader<R>, SourceError> {
        let mut chunk = Chunk::new(input, chunk_bytes.max(CHUNK_BYTES_MIN));
        chunk.fill();
        CaptureReader::from_chunk(name, Format::Pcap, chunk)
    }

    /// A reader of a chunk that was filled once.
    pub(super) fn from_chunk(
        name: &str,
        format: Format,
        mut chunk: Chunk<R>,
    ) -> Result<CaptureReader<R>, SourceError> {
        let begun = Self::begin(format, &mut chunk);
        let (layout, length) = begun.map_err(|fault| SourceError::new(name, fault))?;
        chunk.consume(length);
        Ok(CaptureReader {
            name: name.into(),
            line: Line::A,
            chunk,
            layout,
            stats: CaptureStats::default(),
            places: Vec::with_capacity(BURST_DATAGRAMS),
            walked: 0,
            failed: false,
        })
    }

    fn begin(format: Format, chunk: &mut Chunk<R>) -> Result<(Layout, usize), Fault> {
        let start = chunk.unread();
        let begun = match CaptureKind::detect(start) {
            Some(kind) => Layout::detect(kind, start),
            None if start.is_empty() => Err(Fault::Empty),
            None => Err(Fault::NoCapture { format, found: FirstBytes::of(start) }),
        };
        // Too little to begin with may be all that could be read.
        begun.map_err(|fault| match chunk.take_failure() {
            Some(error) => Fault::Read { offset: chunk.unread().len() as u64, error },
            None => fault,
        })
    }

    /// What was found so far.
    #[must_use]
    pub fn stats(&self) -> &CaptureStats {
        &self.stats
    }

    /// The next datagrams; `None` at the end.
    ///
    /// # Errors
    /// [`SourceError`] where the input cannot be read, is damaged, or ends in the middle of a
    /// record. Everything before was given; afterwards the input counts as ended.
    pub fn next_burst(&mut self) -> Result<Option<Burst<'_>>, SourceError> {
        self.read()?;
        let bytes = self.chunk.unread();
        Ok((!self.places.is_empty()).then(|| Burst::new(&self.places, bytes, bytes)))
    }

    /// Says which line this is the capture of.
    pub(super) fn set_line(&mut self, line: Line) {
        self.line = line;
    }

    /// The datagrams of the last [`CaptureReader::read`].
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    /// The bytes that they lie in.
    pub(super) fn bytes(&self) -> &[u8] {
        self.chunk.unread()
    }

    /// Finds the next datagrams, in place of those found last; none at the end.
    pub(super) fn read(&mut self) -> Result<(), SourceError> {
        self.places.clear();
        self.chunk.consume(self.walked);
        self.walked = 0;
        if self.failed {
            return Ok(());
        }
        self.find().map_err(|fault| {
            self.failed = true;
            SourceError::new(&self.name, fault)
        })
    }

    fn find(&mut self) -> Result<(), Fault> {
        loop {
            let walk = self.walk();
            // What is whole before a fault is given first; the fault will be met again.
            if !self.places.is_empty() {
                return Ok(());
            }
            let Walk::Cut { expected } = walk? else {
                return Ok(());
            };
            self.chunk.consume(self.walked);
            self.walked = 0;
            let (offset, most) = (self.chunk.offset(), self.chunk.capacity());
            if expected > most {
                let found = expected as u64;
                return Err(Fault::RecordLength { offset, least: 0, most, found });
            }
            if !self.chunk.fill() {
                return self.end(expected);
            }
        }
    }

    /// Nothing more comes, and what is there is no whole record.
    fn end(&mut self, expected: usize) -> Result<(), Fault> {
        let (offset, found) = (self.chunk.offset(), self.chunk.unread().len());
        match self.chunk.take_failure() {
            Some(error) => Err(Fault::Read { offset: offset + found as u64, error }),
            None if found == 0 => Ok(()),
            None => Err(Fault::CutRecord { offset, expected, found }),
        }
    }

    /// Goes through the records of the chunk.
    fn walk(&mut self) -> Result<Walk, Fault> {
        let unread = self.chunk.unread();
        while self.places.len() < BURST_DATAGRAMS {
            let rest = unread.get(self.walked..).unwrap_or_default();
            let offset = self.chunk.offset() + self.walked as u64;
            match self.layout.record(rest, offset)? {
                Record::Cut { expected } => return Ok(Walk::Cut { expected }),
                Record::Other { length } => self.walked += length,
                Record::Obsolete { length } => {
                    self.stats.frames += 1;
                    self.stats.obsolete += 1;
                    self.walked += length;
                }
                Record::Frame { length, frame } => {
                    self.places.extend(self.stats.place(self.line, unread, &frame));
                    self.walked += length;
                }
            }
        }
        Ok(Walk::Full)
    }
}

impl<R> fmt::Debug for CaptureReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureReader")
            .field("name", &self.name)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl CaptureStats {
    /// Counts a frame that lies in `unread`, and finds the datagram in it.
    fn place(&mut self, line: Line, unread: &[u8], frame: &Frame<'_>) -> Option<Place> {
        self.frames += 1;
        let Some(link) = frame.link else {
            self.foreign += 1;
            return None;
        };
        match frame::datagram(link, frame.bytes) {
            Ok(datagram) => {
                self.datagrams += 1;
                Some(Place {
                    line,
                    at: frame.at,
                    source: datagram.source,
                    destination: datagram.destination,
                    start: unread.offset(datagram.payload),
                    length: datagram.payload.len(),
                })
            }
            Err(error) => {
                match error {
                    FrameError::Fragment { .. } => self.fragments += 1,
                    _ if error.is_foreign() => self.foreign += 1,
                    _ if frame.is_snapped => self.snapped += 1,
                    _ => self.malformed += 1,
                }
                None
            }
        }
    }
}
