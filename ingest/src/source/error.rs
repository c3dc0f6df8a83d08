use std::io;

use thiserror::Error;
use wirebook_book::SeqNo;

use super::Format;

/// A recording that cannot be read, or not any further.
#[derive(Debug, Error)]
#[error("{name}: {fault}")]
pub struct SourceError {
    name: String,
    fault: Fault,
}

impl SourceError {
    pub(super) fn new(name: &str, fault: Fault) -> SourceError {
        SourceError { name: name.into(), fault }
    }

    /// The file, as the reader was told to call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

/// What is wrong with a recording. Offsets count the unpacked bytes from the beginning of the
/// file.
#[derive(Debug, Error)]
pub enum Fault {
    /// It could not be opened.
    #[error("cannot be opened: {error}")]
    Open {
        /// What the system said.
        error: io::Error,
    },
    /// Reading it failed: the system refused, or the compressed data are damaged.
    #[error("cannot be read beyond offset {offset}: {error}")]
    Read {
        /// How far it was read.
        offset: u64,
        /// What the system or the decompressor said.
        error: io::Error,
    },
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// Neither its first bytes nor its name tell what it is.
    #[error(
        "is of no known format: it begins with {found}, which is neither gzip, zstd, pcap nor \
         pcapng, and its name does not end in .itch or .NASDAQ_ITCH50; a file of messages behind \
         2-byte lengths is read with --format itch"
    )]
    Unrecognized {
        /// Its first bytes.
        found: FirstBytes,
    },
    /// It was said to be a capture, and is none.
    #[error("is no capture: it begins with {found}, and pcap or pcapng was expected for {format}")]
    NoCapture {
        /// The format that was asked for.
        format: Format,
        /// Its first bytes.
        found: FirstBytes,
    },
    /// It was said to hold messages behind their lengths, and is a capture.
    #[error("is a capture (it begins with {found}); --format itch reads files of messages only")]
    NotFramed {
        /// Its first bytes.
        found: FirstBytes,
    },
    /// A second line was given for a file that is no capture.
    #[error("holds messages in their order already: only a capture has a line B")]
    LineB,
    /// The last message is not there to its end.
    #[error(
        "ends in message {number} at offset {offset}: expected {expected} bytes with its length, \
         found {found}"
    )]
    CutMessage {
        /// The number of the message.
        number: SeqNo,
        /// Where its length begins.
        offset: u64,
        /// Bytes of the message and its length (of the length alone, where not even that is
        /// there).
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// The last record of a capture (or its header) is not there to its end.
    #[error("ends in a record at offset {offset}: expected {expected} bytes, found {found}")]
    CutRecord {
        /// Where the record begins.
        offset: u64,
        /// Bytes of the record, or of its header where not even that is there.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// A record of a capture claims a length that none has.
    #[error("has a record of {found} bytes at offset {offset}, expected {least} to {most}")]
    RecordLength {
        /// Where the record begins.
        offset: u64,
        /// The shortest there is.
        least: usize,
        /// The longest that is read.
        most: usize,
        /// What it claims.
        found: u64,
    },
    /// The two lengths of a pcapng block differ.
    #[error(
        "has a block at offset {offset} with two lengths, {expected} before and {found} behind"
    )]
    BlockLengths {
        /// Where the block begins.
        offset: u64,
        /// The length at its beginning.
        expected: u32,
        /// The length at its end.
        found: u32,
    },
    /// The inside of a record contradicts itself.
    #[error("has a damaged record at offset {offset} (type 0x{record_type:08x})")]
    Record {
        /// Where the record begins.
        offset: u64,
        /// The type of the pcapng block, or the magic number of the pcap file.
        record_type: u32,
    },
    /// The capture has another version of its format.
    #[error("has format version {found} at offset {offset}, expected {expected}")]
    Version {
        /// Where the header begins.
        offset: u64,
        /// The version that is read.
        expected: u16,
        /// The version it has.
        found: u16,
    },
    /// The frames of a pcap file begin with a header that is not read.
    #[error("has frames of link type {found}, which is not read")]
    LinkType {
        /// The link type's number (tcpdump.org, "link-layer header types").
        found: u32,
    },
    /// A packet of a pcapng file names an interface that the file does not describe.
    #[error("has a packet of interface {found} at offset {offset}, but describes {known} so far")]
    Interface {
        /// Where the packet's block begins.
        offset: u64,
        /// The interface's number, from 0.
        found: u32,
        /// How many are described.
        known: usize,
    },
    /// A pcapng file describes more interfaces than are kept.
    #[error("describes more than {limit} interfaces, at offset {offset}")]
    Interfaces {
        /// Where the one too many is described.
        offset: u64,
        /// How many are kept.
        limit: usize,
    },
}

/// The first bytes of a file, at most four.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstBytes(Vec<u8>);

impl FirstBytes {
    pub(super) fn of(bytes: &[u8]) -> FirstBytes {
        FirstBytes(bytes.iter().copied().take(4).collect())
    }
}

impl core::fmt::Display for FirstBytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("bytes")?;
        self.0.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}
