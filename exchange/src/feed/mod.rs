//! What the exchange says, as NASDAQ would send it: ITCH 5.0 messages, in a file or on a line.
//!
//! An [`Encoder`] turns events into messages. A [`Day`] is a generated day of messages; it can be
//! read message by message, written as a file in NASDAQ's framing ([`write_itch`]) or as a capture
//! of MoldUDP64 packets ([`write_pcap`]).
//!
//! ```
//! use wirebook_exchange::feed::{Day, write_itch};
//! use wirebook_exchange::flow::FlowConfig;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = FlowConfig { symbols: 3, messages: 2_000, seed: 1 };
//! let mut day = Day::new(config)?;
//! while let Some(message) = day.next_message()? {
//!     assert!(message.bytes.len() <= 50);
//! }
//!
//! let mut file = Vec::new();
//! let written = write_itch(&mut Day::new(config)?, &mut file, |_messages| ())?;
//! assert_eq!(written.messages, 2_000);
//! # Ok(())
//! # }
//! ```

mod codes;
mod day;
mod encoder;
mod file;
mod multicast;

use std::io;

use thiserror::Error;
use wirebook_ingest::mold::WriteError;
use wirebook_ingest::source::CaptureWriteError;

pub use day::{Day, Message};
pub use encoder::{EncodeError, Encoder};
pub use file::write_itch;
pub use multicast::{Multicast, write_pcap};

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Messages.
    pub messages: u64,
    /// Packets, those without messages included; a file has none.
    pub packets: u64,
}

/// Why a feed was not written to its end.
#[derive(Debug, Error)]
pub enum FeedError {
    /// An event cannot be a message.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A message cannot be in a packet.
    #[error(transparent)]
    Packet(#[from] WriteError),
    /// A packet cannot be in the capture.
    #[error(transparent)]
    Capture(#[from] CaptureWriteError),
    /// The output failed.
    #[error("the feed cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// How many messages pass between two reports of progress.
const PROGRESS_MESSAGES: u64 = 1 << 16;
