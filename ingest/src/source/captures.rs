use core::fmt;
use std::io::Read;

use super::SourceError;
use super::burst::{Burst, Place};
use super::capture::{BURST_DATAGRAMS, CaptureReader, CaptureStats};
use crate::session::Line;

/// One capture, or those of lines A and B taken together by capture time: whichever line's next
/// datagram was captured earlier comes first, line A's where both were captured at once. Each
/// line stays in its own order, even where its times go back.
pub struct Captures<R> {
    a: Side<R>,
    b: Option<Side<R>>,
    /// The datagrams of the burst, taken from both.
    places: Vec<Place>,
}

struct Side<R> {
    reader: CaptureReader<R>,
    /// How many of the reader's datagrams are taken.
    taken: usize,
    ended: bool,
}

impl<R: Read> Captures<R> {
    /// The captures of line A and, where there is one, line B.
    #[must_use]
    pub fn new(a: CaptureReader<R>, b: Option<CaptureReader<R>>) -> Captures<R> {
        let a = Side::new(a, Line::A);
        let b = b.map(|reader| Side::new(reader, Line::B));
        Captures { a, b, places: Vec::with_capacity(2 * BURST_DATAGRAMS) }
    }

    /// What was found on a line so far; `None` where there is no such line.
    #[must_use]
    pub fn stats(&self, line: Line) -> Option<&CaptureStats> {
        match line {
            Line::A => Some(self.a.reader.stats()),
            Line::B => self.b.as_ref().map(|side| side.reader.stats()),
        }
    }

    /// The next datagrams; `None` at the end of both lines.
    ///
    /// # Errors
    /// As [`CaptureReader::next_burst`], for the line whose turn it is.
    pub fn next_burst(&mut self) -> Result<Option<Burst<'_>>, SourceError> {
        self.places.clear();
        self.a.refill()?;
        if let Some(b) = &mut self.b {
            b.refill()?;
        }
        // Until one line has to be read on, which would move the bytes of this burst.
        while let Some(line) = self.next_line() {
            let side = match (line, &mut self.b) {
                (Line::B, Some(b)) => b,
                _ => &mut self.a,
            };
            self.places.extend(side.head());
            side.taken += 1;
        }
        let b_bytes = self.b.as_ref().map_or(&[][..], |side| side.reader.bytes());
        let burst = Burst::new(&self.places, self.a.reader.bytes(), b_bytes);
        Ok((!self.places.is_empty()).then_some(burst))
    }

    /// Whose turn it is; `None` where that cannot be told without reading on.
    fn next_line(&self) -> Option<Line> {
        let Some(b) = &self.b else {
            return self.a.head().map(|_| Line::A);
        };
        match (self.a.head(), b.head()) {
            (Some(a), Some(b)) if b.at < a.at => Some(Line::B),
            (Some(_), Some(_)) => Some(Line::A),
            (Some(_), None) => b.ended.then_some(Line::A),
            (None, Some(_)) => self.a.ended.then_some(Line::B),
            (None, None) => None,
        }
    }
}

impl<R: Read> Side<R> {
    fn new(mut reader: CaptureReader<R>, line: Line) -> Side<R> {
        reader.set_line(line);
        Side { reader, taken: 0, ended: false }
    }

    fn head(&self) -> Option<Place> {
        self.reader.places().get(self.taken).copied()
    }

    /// Reads on where everything is taken.
    fn refill(&mut self) -> Result<(), SourceError> {
        if !self.ended && self.head().is_none() {
            self.taken = 0;
            self.reader.read()?;
            self.ended = self.reader.places().is_empty();
        }
        Ok(())
    }
}

impl<R> fmt::Debug for Captures<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captures")
            .field("a", &self.a.reader)
            .field("b", &self.b.as_ref().map(|side| &side.reader))
            .finish_non_exhaustive()
    }
}
