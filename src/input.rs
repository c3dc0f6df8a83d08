//! What a replay reads.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;
use wirebook_exchange::feed::{Day, Message};
use wirebook_exchange::flow::{FlowConfig, FlowError};
use wirebook_ingest::source::{Format, FramedReader, Recording, SourceError};

/// Market data for a replay: a recording, or a day that is made while it is read.
pub struct Input {
    pub(crate) kind: Kind,
    /// Messages that there will be, where that is known.
    pub(crate) messages_total: Option<u64>,
}

pub(crate) enum Kind {
    Recording(Recording),
    Day(Box<FramedReader<DayBytes>>),
}

/// Market data that cannot be had.
#[derive(Debug, Error)]
pub enum InputError {
    /// The recording cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no such day.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// Bytes of a generated day that are made at once: a few thousand messages.
const DAY_CHUNK_BYTES: usize = 1 << 18;

impl Input {
    /// Opens a recording; `line_b` is the capture of the redundant line, and `format` is what the
    /// file is where neither its content nor its name tells.
    ///
    /// # Errors
    /// [`InputError::Source`] names the file and what is wrong with it.
    pub fn open(
        path: &Path,
        line_b: Option<&Path>,
        format: Option<Format>,
    ) -> Result<Input, InputError> {
        let recording = Recording::open(path, line_b, format)?;
        Ok(Input { kind: Kind::Recording(recording), messages_total: None })
    }

    /// Whether its messages are numbered by a session, or by their place in a file, so that books can
    /// be gone on with in the middle of it: level sets are not.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        !matches!(self.kind, Kind::Recording(Recording::Packets { format: Format::LevelSet, .. }))
    }

    /// A day of the in-tree exchange: the same configuration gives the same day.
    ///
    /// # Errors
    /// [`InputError::Flow`] where there are too few messages for so many symbols.
    pub fn day(config: FlowConfig) -> Result<Input, InputError> {
        let day = Day::new(config)?;
        let bytes = DayBytes { day, message: Vec::with_capacity(64), given: 0 };
        let reader = FramedReader::with_chunk_bytes("the embedded day", bytes, DAY_CHUNK_BYTES);
        Ok(Input { kind: Kind::Day(Box::new(reader)), messages_total: Some(config.messages) })
    }

    /// The embedded default: 300,000 messages of 300 symbols.
    ///
    /// # Errors
    /// None; the type is that of [`Input::day`].
    pub fn embedded() -> Result<Input, InputError> {
        Input::day(FlowConfig::default())
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Recording(Recording::Messages(_)) => "messages",
            Kind::Recording(Recording::Packets { .. }) => "packets",
            Kind::Day(_) => "a generated day",
        };
        write!(f, "Input({kind})")
    }
}

/// A generated day as a file of messages behind their lengths.
pub(crate) struct DayBytes {
    day: Day,
    /// The message that is being given out, with its length.
    message: Vec<u8>,
    given: usize,
}

impl Read for DayBytes {
    fn read(&mut self, mut out: &mut [u8]) -> io::Result<usize> {
        let room = out.len();
        while !out.is_empty() {
            if self.given == self.message.len() && !self.next_message()? {
                break;
            }
            let rest = self.message.get(self.given..).unwrap_or_default();
            let count = rest.len().min(out.len());
            let (now, later) = out.split_at_mut(count);
            now.copy_from_slice(rest.get(..count).unwrap_or_default());
            self.given += count;
            out = later;
        }
        Ok(room - out.len())
    }
}

impl DayBytes {
    fn next_message(&mut self) -> io::Result<bool> {
        self.message.clear();
        self.given = 0;
        let Some(Message { bytes, .. }) = self.day.next_message().map_err(io::Error::other)? else {
            return Ok(false);
        };
        let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
        self.message.extend_from_slice(&length.to_be_bytes());
        self.message.extend_from_slice(bytes);
        Ok(true)
    }
}
