use std::io::{self, Read};

/// Bytes that are read at a time.
pub(super) const CHUNK_BYTES: usize = 4 << 20;

/// The part of an input that is in memory: one buffer, taken once, through which the input moves.
pub(super) struct Chunk<R> {
    input: R,
    buffer: Box<[u8]>,
    /// Where in the buffer the unread bytes are.
    start: usize,
    end: usize,
    /// How many bytes of the input lie before them.
    offset: u64,
    /// The input has no more.
    at_end: bool,
    /// Why reading stopped; told when everything before is used up.
    failure: Option<io::Error>,
}

impl<R: Read> Chunk<R> {
    pub(super) fn new(input: R, chunk_bytes: usize) -> Chunk<R> {
        Chunk {
            input,
            buffer: vec![0; chunk_bytes].into_boxed_slice(),
            start: 0,
            end: 0,
            offset: 0,
            at_end: false,
            failure: None,
        }
    }

    /// The bytes that were read and not consumed.
    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// How long the longest run of unread bytes can be.
    pub(super) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// How many bytes of the input lie before the unread ones.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Done with the first `count` unread bytes.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads until the buffer is full or the input has no more; `false` where nothing came.
    /// What is unread moves to the front of the buffer.
    pub(super) fn fill(&mut self) -> bool {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let end_before = self.end;
        while !self.at_end
            && let Some(room) = self.buffer.get_mut(self.end..)
            && !room.is_empty()
        {
            match self.input.read(room) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count.min(room.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.at_end = true;
                    self.failure = Some(error);
                }
            }
        }
        self.end > end_before
    }

    /// Why reading stopped, if it did not stop at the end.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, then fails.
    struct Failing(u8);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0 {
                0 => Err(io::Error::other("worn out")),
                3 => {
                    self.0 = 2;
                    Err(io::ErrorKind::Interrupted.into())
                }
                left => {
                    self.0 = left - 1;
                    buffer[0] = left;
                    Ok(1)
                }
            }
        }
    }

    #[test]
    fn what_was_read_before_a_failure_is_given_first() {
        let mut chunk = Chunk::new(Failing(5), 3);
        assert!(chunk.fill());
        assert_eq!(chunk.unread(), [5, 4, 2]);
        assert!(chunk.take_failure().is_none());
        chunk.consume(2);
        assert!(chunk.fill());
        assert_eq!((chunk.unread(), chunk.offset()), (&[2, 1][..], 2));
        assert_eq!(chunk.take_failure().unwrap().to_string(), "worn out");
        chunk.consume(99);
        assert_eq!(chunk.offset(), 4);
        assert!(!chunk.fill());
    }
}
