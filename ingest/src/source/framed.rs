use core::fmt;
use std::io::Read;

use wirebook_book::SeqNo;

use super::chunk::{CHUNK_BYTES, Chunk};
use super::{Fault, SourceError};
use crate::mold::{Block, FramingError, Messages};

/// Bytes of the longest message with its length.
const MESSAGE_BYTES_MAX: usize = 2 + 65_535;

/// Reads NASDAQ's file framing: each message behind its length (2 bytes, big-endian).
pub struct FramedReader<R> {
    name: String,
    chunk: Chunk<R>,
    /// Bytes at the beginning of the chunk that the last block was made of.
    given: usize,
    next: SeqNo,
    failed: bool,
}

impl<R: Read> FramedReader<R> {
    /// A reader of `input`, which errors call `name`.
    #[must_use]
    pub fn new(name: &str, input: R) -> FramedReader<R> {
        FramedReader::with_chunk_bytes(name, input, CHUNK_BYTES)
    }

    /// A reader with a buffer of `chunk_bytes`; at least the longest message is taken.
    #[must_use]
    pub fn with_chunk_bytes(name: &str, input: R, chunk_bytes: usize) -> FramedReader<R> {
        FramedReader::from_chunk(name, Chunk::new(input, chunk_bytes.max(MESSAGE_BYTES_MAX)))
    }

    pub(super) fn from_chunk(name: &str, chunk: Chunk<R>) -> FramedReader<R> {
        FramedReader { name: name.into(), chunk, given: 0, next: SeqNo::new(1), failed: false }
    }

    /// How many messages were given so far.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.next.get() - 1
    }

    /// The next messages, as many as fit the buffer; `None` at the end.
    ///
    /// # Errors
    /// [`SourceError`] where the input is empty, cannot be read, or ends in the middle of a
    /// message. Everything before was given; afterwards the input counts as ended.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, SourceError> {
        if self.failed {
            return Ok(None);
        }
        self.chunk.consume(self.given);
        self.given = 0;
        self.chunk.fill();
        if !Messages::begin(self.chunk.unread()) {
            return self.end().map(|()| None);
        }
        let (messages, consumed) = Messages::prefix(self.chunk.unread());
        let first = self.next;
        self.given = consumed;
        self.next = SeqNo::new(first.get().saturating_add(messages.len() as u64));
        Ok(Some(Block { first, messages }))
    }

    /// There is no whole message, although the buffer has room for any.
    fn end(&mut self) -> Result<(), SourceError> {
        let (offset, unread) = (self.chunk.offset(), self.chunk.unread());
        let found = unread.len();
        let cut = Messages::check(unread, 1).err();
        let fault = if let Some(error) = self.chunk.take_failure() {
            Fault::Read { offset: offset + found as u64, error }
        } else if let Some(FramingError::Truncated { expected, .. }) = cut {
            Fault::CutMessage { number: self.next, offset, expected, found }
        } else if offset == 0 {
            Fault::Empty
        } else {
            return Ok(());
        };
        self.failed = true;
        Err(SourceError::new(&self.name, fault))
    }
}

impl<R> fmt::Debug for FramedReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramedReader")
            .field("name", &self.name)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
