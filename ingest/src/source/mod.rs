//! Recordings: files of messages, and captures of packets.
//!
//! [`Recording::open`] looks at the file and gives one of two readers:
//!
//! - [`FramedReader`] for NASDAQ's file framing: each message behind its length (2 bytes,
//!   big-endian), one after the other. It yields [`Block`](crate::mold::Block)s; the first
//!   message has number 1. A length of 0 is a message of no bytes and uses up a number, as it
//!   does in MoldUDP64; where it ends the file as a mark, it is the last message.
//! - [`Captures`] for one pcap or pcapng file or two of the same feed (lines A and B). It yields
//!   [`Burst`]s of UDP payloads in the order of capture, for a
//!   [`Session`](crate::session::Session).
//!
//! Either may be compressed by gzip or zstd. Files are read in chunks of a few megabytes into one
//! buffer that is taken at the beginning: a day's recording is larger than memory. Readers work
//! over any [`Read`](std::io::Read), and nothing is read between two blocks or bursts, so that
//! the time of decoding can be told from that of reading.
//!
//! A file that is damaged or cut short gives all that is whole before the damage, then a
//! [`SourceError`] with the offset (of the unpacked bytes).

mod burst;
mod capture;
mod captures;
mod chunk;
mod error;
mod format;
mod framed;
mod input;
mod pcap;
mod pcap_writer;
mod pcapng;
mod record;
mod recording;

pub use burst::{Burst, Captured};
pub use capture::{CaptureReader, CaptureStats};
pub use captures::Captures;
pub use error::{Fault, SourceError};
pub use format::{Format, FormatError};
pub use framed::FramedReader;
pub use input::Input;
pub use pcap_writer::{CaptureWriteError, PcapWriter};
pub use recording::Recording;
