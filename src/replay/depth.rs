//! The depth tape: one line for each message that changes the best levels of its book.

use std::io::{self, Write};

use wirebook_book::{Action, Book, Books, Change, Price, Qty, Side, Stamp};
use wirebook_ingest::feed::Listener;

/// What LOBSTER's files have in place of a level that is not there.
const NO_ASK: &str = "9999999999,0";
const NO_BID: &str = "-9999999999,0";

/// Writes `seq,locate,` and then, for each of the best N levels, ask price, ask quantity, bid
/// price, bid quantity: the columns of LOBSTER's orderbook files.
///
/// As on the [touch tape](super::TouchTape), a line is written only while its book is Live,
/// unless any state is asked for.
pub struct DepthTape<'w> {
    out: Box<dyn Write + 'w>,
    text: Vec<u8>,
    levels: usize,
    any_state: bool,
    failed: Option<io::Error>,
}

impl<'w> DepthTape<'w> {
    /// A tape of the best `levels` levels.
    #[must_use]
    pub fn new(out: Box<dyn Write + 'w>, levels: usize, any_state: bool) -> DepthTape<'w> {
        DepthTape {
            out,
            text: Vec::with_capacity(64 * (levels + 1)),
            levels,
            any_state,
            failed: None,
        }
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// The first error of writing there was.
    pub fn finish(&mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }

    /// Whether the best levels differ from before the change.
    fn shows(&self, book: &Book<'_>, change: &Change) -> bool {
        let reaches = |price: Price| {
            let better = book.levels(change.side).take_while(|level| match change.side {
                Side::Bid => level.price > price,
                Side::Ask => level.price < price,
            });
            better.take(self.levels).count() < self.levels
        };
        match change.action {
            Action::Replaced { old } if old.price == change.step.price => {
                old.qty != change.step.qty && reaches(old.price)
            }
            Action::Replaced { old } => reaches(old.price) || reaches(change.step.price),
            _ => reaches(change.step.price),
        }
    }

    fn write(&mut self, book: &Book<'_>, at: Stamp) -> io::Result<()> {
        self.text.clear();
        write!(self.text, "{},{}", at.seq, book.locate())?;
        let (mut asks, mut bids) = (book.levels(Side::Ask), book.levels(Side::Bid));
        for _ in 0..self.levels {
            let ask = asks.next().map(|level| (level.price, level.qty));
            let bid = bids.next().map(|level| (level.price, level.qty));
            write_level(&mut self.text, ask, NO_ASK)?;
            write_level(&mut self.text, bid, NO_BID)?;
        }
        self.text.push(b'\n');
        self.out.write_all(&self.text)
    }
}

fn write_level(text: &mut Vec<u8>, level: Option<(Price, Qty)>, none: &str) -> io::Result<()> {
    match level {
        Some((price, qty)) => write!(text, ",{},{qty}", price.units()),
        None => write!(text, ",{none}"),
    }
}

impl Listener for DepthTape<'_> {
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        let Some(book) = books.book(change.locate) else { return };
        let told = self.any_state || book.feed_state().is_live();
        if told && self.failed.is_none() && self.shows(&book, change) {
            self.failed = self.write(&book, at).err();
        }
    }
}
