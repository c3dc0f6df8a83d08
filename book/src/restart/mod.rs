//! Going on with the books that a writer left that was killed.
//!
//! What holds at any instant, and so when a writer is killed: with the session and the last applied
//! message that stand in the region's header, a book is the true one at that message if its two
//! versions are closed and neither the book nor its last trade is of a later message. For a message
//! opens its book before it changes anything there and closes it afterwards, what it notes carries
//! its number, and only then it is noted as applied ([`Books::note_applied`]); what a message
//! does besides (a name, a state, a mark) it may do again.
//!
//! A successor believes none of that blindly: each book is also [surveyed](survey), link by link. One
//! that is not whole is emptied and marked, until it is [restored](Books::restore) from elsewhere.
//! What the writer knew besides the books (free lines, free chunks, how many there are) is
//! found out from what the whole books use.

mod survey;

use std::path::Path;

use crate::header::Header;
use crate::region::Region;
use crate::{Books, BooksError, Capacity, FeedState, Locate, SeqNo};
use survey::Survey;

/// The books that a writer left, and how far they are.
#[derive(Debug)]
pub struct Resumed {
    /// The books; this process is their writer. The feed is [`FeedState::Recovering`].
    pub books: Books,
    /// The session that they belong to: zeros where the feed has none, `None` where the writer was
    /// killed while it wrote it.
    pub session: Option<[u8; 10]>,
    /// The last message that was applied.
    pub applied: SeqNo,
    /// The symbols whose books were not whole. They are empty and [`FeedState::Suspect`] until they
    /// are [restored](Books::restore).
    pub discarded: Vec<Locate>,
}

impl Books {
    /// Takes over the books in a file whose writer is gone, made with such a capacity and a ring for so
    /// many updates, which goes on. Readers that are attached stay so, and
    /// see no book Live before the new writer says that the feed is.
    ///
    /// Goes through all tables: for starting up. A process that is killed at it leaves a file that
    /// can be taken over as well.
    ///
    /// # Errors
    /// [`BooksError::Region`]: there is no such file, it is something else, of another layout or
    /// capacity, not complete, or its writer lives.
    pub fn resume(capacity: Capacity, updates: u32, path: &Path) -> Result<Resumed, BooksError> {
        capacity.check()?;
        let region = Region::reopen_for(path, capacity.layout(updates))?;
        let books = Books::carve(capacity, updates, region)?;
        // Before anybody sees a writer that lives.
        books.status.at(0).set_feed(FeedState::Recovering);
        let (session, applied) = match &books.region {
            Some(region) => {
                let header = region.header();
                let session = header.session();
                // A writer that was killed at a new session has all books open.
                let applied = if session.is_some() { header.last_sequence() } else { 0 };
                (session, SeqNo::new(applied))
            }
            None => (None, SeqNo::new(0)),
        };
        let discarded = books.recover(applied);
        if let Some(region) = &books.region {
            region.take_over()?;
        }
        Ok(Resumed { books, session, applied, discarded })
    }

    /// Keeps the books that are whole, empties the others, and finds out what is free.
    fn recover(&self, applied: SeqNo) -> Vec<Locate> {
        let mut survey = Survey::new(self);
        let mut discarded = Vec::new();
        for locate in (0..=u16::MAX).map(Locate::new).take(self.capacity.locates as usize) {
            let is_whole = self.is_closed(locate, applied) && survey.admit(self, locate);
            if !is_whole {
                self.discard(locate);
                discarded.push(locate);
            }
        }
        survey.rebuild(self);
        discarded
    }

    /// Whether nothing of a symbol is of a message that was not applied whole.
    fn is_closed(&self, locate: Locate, applied: SeqNo) -> bool {
        let header = self.header(locate);
        let record = self.records.at(u32::from(locate.get()));
        let traded = record.last_trade().map_or(SeqNo::new(0), |trade| trade.seq);
        !self.change(locate).is_open()
            && !self.lock(locate).is_open()
            && !header.is_torn()
            && header.seq() <= applied
            && traded <= applied
    }

    /// Empties a book that is not whole: nothing in it can be followed.
    fn discard(&self, locate: Locate) {
        self.change(locate).reopen();
        self.lock(locate).reopen();
        self.ladders.forget(self.header(locate), locate);
        self.records.at(u32::from(locate.get())).forget_trades();
        self.header(locate).tear();
        self.lock(locate).end();
        self.change(locate).end();
    }

    /// Takes from books that were made again what is not kept in a region: counts, and what came
    /// of the last refusal.
    pub fn continue_from(&mut self, other: &Books) {
        self.rejects = other.rejects;
        self.transitions = other.transitions;
    }

    /// Sets the count of arrivals behind all orders that are live.
    fn set_arrivals(&self, newest: Option<u32>) {
        self.arrivals.set(newest.map_or(0, |newest| newest.wrapping_add(1)));
    }
}

/// Whether a header's words can be those of a book.
fn is_sound(books: &Books, header: &Header, locate: Locate) -> bool {
    crate::Side::BOTH.iter().all(|&side| books.ladders.is_sound(header, locate, side))
}
