//! Following the ring of books that another thread or process keeps.
//!
//! A follower has books of its own, to which it does what the ring says was done to the others. So its
//! listener, a strategy say, sees each book exactly as it was right after each message, queues and
//! all, though the writer is further on; and the writer does not know of it.
//!
//! ## Joining
//!
//! Who begins in the middle, or was overrun, copies books from the published ones, each when it is first
//! needed. First it takes its place in the ring, then it copies: whatever a copy does not have comes
//! behind that place. What a book has already is told by numbers. It carries that of the message that
//! changed it last, and its last trade the one that reported it; an update of a message up to there
//! was done. Names, states and marks may be done again. Numbers begin anew with a session; a copy made
//! across that is recognised by the count of clearings, and made again when the ring says so.

use thiserror::Error;
use wirebook_book::region::WriterState;
use wirebook_book::{
    BookReader, Books, BooksError, Change, Done, FeedState, Locate, NewOrder, Polled, Reject,
    RingReader, SeqNo, Snapshot, Stamp, Symbol, Trade, Update,
};

use super::{FeedStateChange, Listener, Scope};

/// Why nobody can follow some books.
#[derive(Debug, Error)]
pub enum FollowError {
    /// They were made without a ring.
    #[error("the books were made without a ring of updates: nobody can follow them")]
    NoRing,
    /// There is no memory for books of one's own.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// What was followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Followed {
    /// Updates that were done.
    pub updates: u64,
    /// Updates that came too late to be read: the writer was faster by more than the ring holds.
    pub lost: u64,
    /// How often that was.
    pub overruns: u64,
    /// Books that were copied from the published ones.
    pub copied: u64,
    /// What stood in the ring and was no update.
    pub malformed: u64,
}

/// Follows a ring, and lets a listener listen.
#[derive(Debug)]
pub struct Follower<L> {
    books: Books,
    listener: L,
    published: BookReader,
    ring: RingReader,
    /// For each symbol, whether its book was copied, or made from the beginning.
    joined: Vec<bool>,
    /// The count of clearings that the ring has told of.
    clears: u64,
    /// The next symbol that is copied when there is nothing else to do.
    idle: usize,
    /// Whether a symbol could not be copied.
    has_failed: bool,
    at: Stamp,
    followed: Followed,
}

impl<L: Listener> Follower<L> {
    /// Follows the books of a reader, with a listener. Nothing is missed of what is done from here on,
    /// but by being overrun.
    ///
    /// # Errors
    /// [`FollowError`]
    pub fn new(published: BookReader, listener: L) -> Result<Follower<L>, FollowError> {
        let (ring, clears) = place(&published).ok_or(FollowError::NoRing)?;
        let capacity = published.capacity();
        let mut books = Books::new(capacity)?;
        // Where nothing was told yet, nothing was done: all books are empty, as they are here.
        let is_joined = ring.position() == 0 && published.symbols().is_empty();
        if !is_joined {
            books.set_feed_state(published.feed_state());
        }
        Ok(Follower {
            books,
            listener,
            published,
            ring,
            joined: vec![is_joined; capacity.locates as usize],
            clears,
            idle: 0,
            has_failed: false,
            at: Stamp::default(),
            followed: Followed::default(),
        })
    }

    /// Books of one's own.
    #[must_use]
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Who listens.
    #[must_use]
    pub fn listener(&self) -> &L {
        &self.listener
    }

    /// The books and who listens to them.
    pub fn parts(&mut self) -> (&Books, &mut L) {
        (&self.books, &mut self.listener)
    }

    /// What was followed.
    #[must_use]
    pub fn followed(&self) -> Followed {
        self.followed
    }

    /// What the writer of the published books is doing. Where it is dead, no book is Live from here on
    /// and the listener is told. Asks the system: a few times a second.
    pub fn check_writer(&mut self) -> WriterState {
        let state = self.published.check_writer();
        if state == WriterState::Dead {
            self.set_feed(FeedState::Stale);
        }
        state
    }

    /// Does what the ring has, at most so many updates; if there is nothing, copies a book that was not
    /// copied yet. Whether there was anything to do.
    pub fn poll(&mut self, updates_max: usize) -> bool {
        for count in 0..updates_max {
            match self.ring.poll() {
                Polled::Update(words) => match Update::from_words(&words) {
                    Some(update) => self.follow(&update),
                    None => self.followed.malformed += 1,
                },
                Polled::Lost { updates } => self.on_lost(updates),
                Polled::Nothing => {
                    return count > 0 || self.join_next();
                }
            }
        }
        true
    }

    #[cold]
    fn on_lost(&mut self, updates: u64) {
        let behind = self.ring.position();
        if let Some((ring, clears)) = place(&self.published) {
            (self.ring, self.clears) = (ring, clears);
        }
        let updates = updates + self.ring.position().saturating_sub(behind);
        self.followed.lost += updates;
        self.followed.overruns += 1;
        self.books.doubt_all();
        self.joined.fill(false);
        self.idle = 0;
        self.listener.on_lost(&self.books, updates);
        // It may have changed in what was lost.
        self.set_feed(self.published.feed_state());
    }

    /// Copies the next symbol that was not copied yet and of which anything is known. Whether there was
    /// one.
    fn join_next(&mut self) -> bool {
        let locates = (0..=u16::MAX).map(Locate::new).take(self.joined.len()).skip(self.idle);
        for locate in locates {
            self.idle = locate.index() + 1;
            if self.joined.get(locate.index()) == Some(&false) && self.published.is_known(locate) {
                self.join(locate);
                return true;
            }
        }
        // Once more from the beginning, if one could not be copied.
        if std::mem::take(&mut self.has_failed) {
            self.idle = 0;
        }
        false
    }

    /// Copies a book from the published ones. Where that is not to be had, it stays as it is: not Live,
    /// and copied another time.
    fn join(&mut self, locate: Locate) {
        let Ok(snapshot) = self.published.snapshot(locate) else {
            self.has_failed = true;
            return;
        };
        let Some(joined) = self.joined.get_mut(locate.index()) else { return };
        if self.published.clears() != self.clears {
            // It is of another session than what comes next; the ring will tell of that.
            return;
        }
        *joined = true;
        self.followed.copied += 1;
        self.restore(locate, &snapshot);
    }

    fn restore(&mut self, locate: Locate, snapshot: &Snapshot) {
        let state = |books: &Books| books.book(locate).map(|book| book.feed_state());
        let (from, symbol) = (state(&self.books), self.symbol(locate));
        // What does not fit leaves a dead book, which says so.
        let _ = self.books.restore(snapshot);
        let named = self.symbol(locate);
        if named != symbol {
            self.listener.on_name(&self.books, locate, named);
        }
        if let (Some(from), Some(to)) = (from, state(&self.books))
            && from != to
        {
            let scope = Scope::Book(locate);
            let change = FeedStateChange { scope, from, to, at: self.at };
            self.listener.on_feed_state(&self.books, &change);
        }
    }

    fn symbol(&self, locate: Locate) -> Symbol {
        self.books.book(locate).map_or(Symbol::UNKNOWN, |book| book.symbol())
    }

    fn follow(&mut self, update: &Update) {
        self.followed.updates += 1;
        let Update { at, locate, done } = *update;
        if at.seq > self.at.seq {
            self.listener.before_message(&self.books, at);
        }
        if at != Stamp::default() {
            self.at = at;
        }
        match done {
            Done::Feed(state) => self.set_feed(state),
            Done::Cleared(clears) => self.clear(clears),
            Done::PacketEnded => self.listener.on_packet_end(&self.books, at),
            _ => {
                if self.joined.get(locate.index()) == Some(&false) {
                    self.join(locate);
                }
                self.follow_book(locate, at, &done);
            }
        }
        self.listener.after_message(&self.books, self.at);
    }

    fn follow_book(&mut self, locate: Locate, at: Stamp, done: &Done) {
        if self.joined.get(locate.index()) != Some(&true) {
            return;
        }
        let Some(ours) = self.books.book(locate) else { return };
        let book = ours.last_seq();
        let trade = ours.last_trade().map_or(SeqNo::default(), |trade| trade.seq);
        // Messages without numbers are done as they come: their books are never Live.
        let is_behind = |had: SeqNo| at.seq > had || at.seq == SeqNo::default();
        match *done {
            Done::Named(symbol) => self.name(locate, symbol),
            Done::Trading(state) => {
                if let Ok((from, to)) = self.books.show_trading_state(locate, state)
                    && from != to
                {
                    self.listener.on_trading_state(&self.books, locate, from, to, at);
                }
            }
            Done::Marked(state) => {
                match state {
                    FeedState::Dead => self.books.mark_dead(locate),
                    _ => self.books.mark_suspect(locate),
                }
                self.tell_transitions();
            }
            Done::Traded(traded) if is_behind(trade) => self.note_trade(at, &traded),
            Done::Executed(traded) => {
                let done = is_behind(book).then(|| self.apply(locate, at, done));
                if is_behind(trade) {
                    self.note_trade(at, &traded);
                }
                done.into_iter().for_each(|done| self.settle(locate, at, done));
            }
            _ if is_behind(book) => {
                let done = self.apply(locate, at, done);
                self.settle(locate, at, done);
            }
            _ => {}
        }
    }

    fn name(&mut self, locate: Locate, symbol: Symbol) {
        if self.symbol(locate) != symbol && self.books.name(locate, symbol).is_ok() {
            self.listener.on_name(&self.books, locate, symbol);
        }
    }

    fn apply(&mut self, locate: Locate, at: Stamp, done: &Done) -> Result<Change, Reject> {
        let books = &mut self.books;
        match *done {
            Done::Added { order_ref, side, qty, price } => {
                books.add(at, locate, NewOrder { order_ref, side, qty, price })
            }
            Done::Executed(Trade { order_ref, qty, .. }) => {
                books.execute(at, locate, order_ref.unwrap_or_default(), qty)
            }
            Done::Cancelled { order_ref, qty } => books.cancel(at, locate, order_ref, qty),
            Done::Deleted(order_ref) => books.delete(at, locate, order_ref),
            Done::Replaced { old, new, qty, price } => {
                books.replace(at, locate, old, new, qty, price)
            }
            Done::LevelSet { side, price, qty } => books.set_level(at, locate, side, price, qty),
            // Nothing else changes a book.
            _ => Err(Reject::LocatesFull(locate)),
        }
    }

    fn note_trade(&mut self, at: Stamp, trade: &Trade) {
        self.books.note_trade(at, trade);
        self.listener.on_trade(&self.books, trade, at);
    }

    fn settle(&mut self, locate: Locate, at: Stamp, done: Result<Change, Reject>) {
        match done {
            Ok(change) => self.listener.on_change(&self.books, &change, at),
            Err(reject) => {
                // The book is not what it was there, and says so.
                self.listener.on_reject(&self.books, locate, &reject, at);
                self.tell_transitions();
            }
        }
    }

    fn tell_transitions(&mut self) {
        for transition in self.books.transitions() {
            let scope = Scope::Book(transition.locate);
            let (from, to) = (transition.from, transition.to);
            let change = FeedStateChange { scope, from, to, at: self.at };
            self.listener.on_feed_state(&self.books, &change);
        }
    }

    fn set_feed(&mut self, to: FeedState) {
        let from = self.books.feed_state();
        if from != to {
            self.books.set_feed_state(to);
            let change = FeedStateChange { scope: Scope::Feed, from, to, at: self.at };
            self.listener.on_feed_state(&self.books, &change);
        }
    }

    /// All books are empty, and all that comes is told.
    fn clear(&mut self, clears: u64) {
        self.books.clear();
        self.clears = clears;
        self.at = Stamp { seq: SeqNo::default(), ..self.at };
        // Where it was cleared once more since, that will be told, too.
        self.joined.fill(true);
        self.listener.on_clear(&self.books);
    }
}

/// A place in the ring, and how often the books had been cleared there: no clearing between the two is
/// told of behind that place, or before it.
fn place(published: &BookReader) -> Option<(RingReader, u64)> {
    loop {
        let clears = published.clears();
        let ring = published.updates()?;
        if published.clears() == clears {
            return Some((ring, clears));
        }
    }
}
