//! The touch tape: one line for each message that changes the touch of its book.

use std::io::{self, Write};

use sha2::{Digest, Sha256};
use wirebook_book::{Books, Change, Locate, SeqNo, Stamp, Touch};
use wirebook_ingest::feed::Listener;

/// One line, not yet written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TouchLine {
    seq: SeqNo,
    locate: Locate,
    touch: Touch,
}

impl TouchLine {
    /// The line of a change, where it has one: the touch is another one, and the book Live, unless any state will do.
    #[inline(always)]
    pub(crate) fn of(
        books: &Books,
        change: &Change,
        at: Stamp,
        any_state: bool,
    ) -> Option<TouchLine> {
        if !change.touch_changed {
            return None;
        }
        let book = books.book(change.locate)?;
        let is_taken = any_state || book.feed_state().is_live();
        is_taken.then(|| TouchLine { seq: at.seq, locate: change.locate, touch: book.touch() })
    }
}

/// Where lines become text: written where there is an `out`, and hashed in any case.
pub(crate) struct TapeText<'w> {
    text: Vec<u8>,
    out: Option<Box<dyn Write + Send + 'w>>,
    hash: Sha256,
    failed: Option<io::Error>,
}

/// The longest line: six numbers of up to twenty digits.
const LINE_BYTES_MAX: usize = 128;

impl<'w> TapeText<'w> {
    pub(crate) fn new(out: Option<Box<dyn Write + Send + 'w>>) -> TapeText<'w> {
        let text = Vec::with_capacity(LINE_BYTES_MAX);
        TapeText { text, out, hash: Sha256::new(), failed: None }
    }

    /// Writes a line. An error is kept for [`TapeText::finish`].
    pub(crate) fn write(&mut self, line: &TouchLine) {
        self.text.clear();
        let TouchLine { seq, locate, touch } = line;
        let Touch { bid_price, bid_qty, ask_price, ask_qty } = touch;
        let (bid, ask) = (bid_price.units(), ask_price.units());
        // Writing to a vector with room does not fail.
        let _ = writeln!(self.text, "{seq},{locate},{bid},{bid_qty},{ask},{ask_qty}");
        self.hash.update(&self.text);
        if let Some(out) = &mut self.out
            && self.failed.is_none()
        {
            self.failed = out.write_all(&self.text).err();
        }
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// The first error of writing there was.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match (self.failed.take(), &mut self.out) {
            (Some(error), _) => Err(error),
            (None, Some(out)) => out.flush(),
            (None, None) => Ok(()),
        }
    }

    /// SHA-256 over all lines, in hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        use std::fmt::Write as _;
        self.hash.clone().finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Collects changes of the touch while messages are applied, and writes them as lines
/// `seq,locate,bid_price,bid_qty,ask_price,ask_qty` between batches of messages: prices as whole
/// 10⁻⁴ units, `0,0` for an empty side.
///
/// A line is taken only while its book is Live, unless any state is asked for.
pub struct TouchTape<'w> {
    lines: Vec<TouchLine>,
    text: TapeText<'w>,
    any_state: bool,
    count: u64,
}

/// Lines that are collected before they are written. A batch of messages that brings more is
/// written in between.
const LINES: usize = 1 << 15;

impl<'w> TouchTape<'w> {
    /// A tape that is counted and hashed, and written where there is an `out`.
    #[must_use]
    pub fn new(out: Option<Box<dyn Write + Send + 'w>>, any_state: bool) -> TouchTape<'w> {
        let text = TapeText::new(out);
        TouchTape { lines: Vec::with_capacity(LINES), text, any_state, count: 0 }
    }

    /// Writes what was collected. An error of writing is kept for [`TouchTape::finish`].
    pub fn flush(&mut self) {
        self.lines.iter().for_each(|line| self.text.write(line));
        self.lines.clear();
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// The first error of writing there was.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush();
        self.text.finish()
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// SHA-256 over all lines, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        self.text.sha256()
    }
}

impl Listener for TouchTape<'_> {
    #[inline(always)]
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        let Some(line) = TouchLine::of(books, change, at, self.any_state) else { return };
        if self.lines.len() == LINES {
            self.flush();
        }
        self.count += 1;
        self.lines.push(line);
    }
}
