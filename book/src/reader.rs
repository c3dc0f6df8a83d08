//! Reading books that another thread, or another process, is writing.

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use crate::depth::Depth;
use crate::near::NEAR_LEVELS;
use crate::record::LastTrade;
use crate::region::{Region, Word64};
use crate::ring::RingReader;
use crate::touch::Touch;
use crate::view::Book;
use crate::{
    Books, Capacity, FeedState, Locate, Nanos, SeqNo, Side, Snapshot, Symbol, TradingState,
};

/// How often a read is tried again that met the writer at work.
const TRIES: u32 = 10_000;

/// What a reader did not get.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ReadError {
    /// The locate is beyond the configured number of symbols.
    #[error("{0:?} is beyond the configured number of symbols")]
    Beyond(Locate),
    /// A part of the file that the books lie in is gone: somebody cut it. They cannot be read any
    /// more; [`Region::check_length`](crate::region::Region::check_length) says how long it is.
    #[error("the file of the books was cut while {0:?} was read")]
    Cut(Locate),
    /// Each try met the writer at work on the book: it changes faster than it can be read, or
    /// its writer was killed in the middle of a change.
    #[error("{locate:?} was being changed in each of {tries} tries")]
    Busy {
        /// The symbol.
        locate: Locate,
        /// How often it was tried.
        tries: u32,
    },
}

/// The touch of a book with what is needed to trust it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TopOfBook {
    /// The touch.
    pub touch: Touch,
    /// How far the book can be trusted.
    pub feed_state: FeedState,
    /// Whether the symbol trades.
    pub trading_state: TradingState,
    /// The message that changed the book last.
    pub last_seq: SeqNo,
    /// The exchange's time in that message.
    pub last_time: Nanos,
}

/// Reads books that another thread writes. Made by [`Books::reader`], as many as are wanted.
///
/// A reader writes nothing into the books' memory: the writer does not know of it, never waits
/// for it, and pays for it no more than that a line it changes has to come back from another
/// core's cache. A read that met the writer at work is tried again, a bounded number of times.
#[derive(Debug)]
// In lines of its own: beside the writer's books, on the stack of a thread that has made both, it would
// lose its tables' places to every message.
#[repr(align(128))]
pub struct BookReader {
    books: Books,
    tries: u32,
    retries: Word64,
    /// Of books in a file that another process writes.
    is_cut: Option<&'static AtomicBool>,
}

impl BookReader {
    pub(crate) fn new(books: Books) -> BookReader {
        let is_cut = books.region().filter(|region| !region.is_writable()).and_then(Region::is_cut);
        BookReader { books, tries: TRIES, retries: Word64::default(), is_cut }
    }

    pub(crate) fn books(&self) -> &Books {
        &self.books
    }

    /// The same reader, trying each read so often at the most.
    #[must_use]
    pub fn with_tries(self, tries: u32) -> BookReader {
        BookReader { tries, ..self }
    }

    /// The touch and states of a symbol: one cache line. The writer needs that line for some ten
    /// instructions of a message, so a second try is rare.
    #[inline]
    pub fn top(&self, locate: Locate) -> Result<TopOfBook, ReadError> {
        let header = self.held(locate)?;
        let top = self.read_near(locate, || TopOfBook {
            touch: header.touch(),
            // Read together with the book: a feed that became Live again since the book was as
            // it is read here has changed the book's version, too.
            feed_state: header.feed_state(self.books.feed_state()),
            trading_state: header.trading_state(),
            last_seq: header.seq(),
            last_time: header.time(),
        });
        self.told(locate, top)
    }

    /// The last trade of a symbol.
    pub fn last_trade(&self, locate: Locate) -> Result<Option<LastTrade>, ReadError> {
        self.held(locate)?;
        let record = self.books.records.at(u32::from(locate.get()));
        let trade = self.read_near(locate, || record.last_trade());
        self.told(locate, trade)
    }

    /// The best `N` levels of both sides.
    ///
    /// The best ten lie together, five lines a side of which a message changes one or two, and the
    /// writer has them open for a few words at the end of a message, as the touch is. More are
    /// gathered from the book itself, as [`BookReader::read`] does.
    #[inline]
    pub fn depth<const N: usize>(&self, locate: Locate) -> Result<Depth<N>, ReadError> {
        let mut depth = Depth::new();
        self.read_depth(locate, &mut depth)?;
        Ok(depth)
    }

    /// The same into a place that is there already, which costs no copy of it. Where it cannot be
    /// read it is left without levels.
    #[inline]
    pub fn read_depth<const N: usize>(
        &self,
        locate: Locate,
        depth: &mut Depth<N>,
    ) -> Result<(), ReadError> {
        let header = self.held(locate).inspect_err(|_| depth.clear())?;
        if N > NEAR_LEVELS as usize {
            return self.gather_depth(locate, depth);
        }
        let sides = Side::BOTH.map(|side| self.books.ladders.side(header, locate, side));
        let read = self.read_near(locate, || {
            let feed_state = header.feed_state(self.books.feed_state());
            depth.fill(sides, feed_state, (header.seq(), header.time()));
        });
        self.told(locate, read).inspect_err(|_| depth.clear())
    }

    #[inline(never)]
    fn gather_depth<const N: usize>(
        &self,
        locate: Locate,
        depth: &mut Depth<N>,
    ) -> Result<(), ReadError> {
        match self.read(locate, |book| Depth::of(&book)) {
            Ok(gathered) => *depth = gathered,
            Err(error) => {
                depth.clear();
                return Err(error);
            }
        }
        Ok(())
    }

    /// A number that is another one whenever a message has changed the book, or its states: for
    /// who waits for that. Odd while one is being published. One line. 0 for a locate beyond the
    /// capacity.
    #[inline]
    #[must_use]
    pub fn version(&self, locate: Locate) -> u32 {
        self.held(locate).map_or(0, |header| header.line().number())
    }

    /// The same, for who waits to read the best ten levels next: what of them has changed is on its way
    /// from the writer's cache together with the version.
    #[inline]
    #[must_use]
    pub fn depth_version(&self, locate: Locate) -> u32 {
        let Ok(header) = self.held(locate) else { return 0 };
        let version = header.line().number();
        for side in Side::BOTH {
            self.books.ladders.side(header, locate, side).prefetch_published();
        }
        version
    }

    /// Whatever `look` finds in the book of a symbol: levels to any depth, queues, queue
    /// positions, all as they were between two messages.
    ///
    /// `look` may be called several times, and what it is shown in vain may be any mixture of what the
    /// book was and became, though never more levels than a side can have, nor more of a queue
    /// than there are orders. So it should compute its result and do nothing else. A
    /// message takes the writer some ten times as long as the touch alone: of a book that
    /// changes without a pause, the touch can still be read when nothing else can.
    #[inline]
    pub fn read<T>(&self, locate: Locate, look: impl Fn(Book<'_>) -> T) -> Result<T, ReadError> {
        self.held(locate)?;
        let book = Book::new(&self.books, locate);
        let found = self.read_book(locate, || look(book));
        self.told(locate, found)
    }

    /// Updates from now on, if the books were made with a ring for them.
    #[must_use]
    pub fn updates(&self) -> Option<RingReader> {
        self.books.updates.clone().map(RingReader::over)
    }

    /// How often all books were cleared.
    #[must_use]
    pub fn clears(&self) -> u64 {
        self.books.clears()
    }

    /// The capacities of the books.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.books.capacity()
    }

    /// A copy of a book, whole, to be put into other books. Allocates.
    pub fn snapshot(&self, locate: Locate) -> Result<Snapshot, ReadError> {
        self.held(locate)?;
        let book = Book::new(&self.books, locate);
        let snapshot = self
            .books
            .lock(locate)
            .read(self.tries, || self.books.change(locate).read(1, || Snapshot::of(&book)));
        self.told(locate, snapshot.flatten())
    }

    /// Whether anything is known of a symbol.
    #[must_use]
    pub fn is_known(&self, locate: Locate) -> bool {
        self.books.book(locate).is_some_and(|book| book.is_known())
    }

    /// The symbols of which anything is known, with their names. Goes through all locates.
    #[must_use]
    pub fn symbols(&self) -> Vec<(Locate, Symbol)> {
        self.books.iter().map(|book| (book.locate(), book.symbol())).collect()
    }

    /// The state of the feed that the books are made from.
    #[must_use]
    pub fn feed_state(&self) -> FeedState {
        let state = self.books.feed_state();
        if self.is_cut() { FeedState::Stale } else { state }
    }

    /// Whether a part of the file that the books lie in is gone, and was missed.
    pub(crate) fn is_cut(&self) -> bool {
        // Pairs with the store in `region::cut`, which comes before whatever is read instead.
        self.is_cut.is_some_and(|is_cut| is_cut.load(Ordering::Acquire))
    }

    /// How many tries of all reads so far met the writer at work, those of reads that were given up
    /// among them. A read that meets nobody pays nothing for the count. Where several threads read
    /// by the same reader, some may be missing.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.get()
    }

    fn note_vain(&self) {
        self.retries.set(self.retries.get().wrapping_add(1));
    }

    /// What is under a symbol's lock: the header, the levels near the touch, the last trade.
    #[inline(always)]
    fn read_near<T>(&self, locate: Locate, words: impl FnMut() -> T) -> Option<T> {
        self.books.lock(locate).read_noting(self.tries, || self.note_vain(), words)
    }

    /// What is under the version of a symbol's book: its levels and queues.
    #[inline(always)]
    fn read_book<T>(&self, locate: Locate, words: impl Fn() -> T) -> Option<T> {
        self.books.change(locate).read_noting(self.tries, || self.note_vain(), words)
    }

    /// What was read, or why it was not: after the read, which may have met a page that is gone.
    #[inline(always)]
    fn told<T>(&self, locate: Locate, read: Option<T>) -> Result<T, ReadError> {
        if self.is_cut() {
            return Err(ReadError::Cut(locate));
        }
        read.ok_or(ReadError::Busy { locate, tries: self.tries })
    }

    #[inline]
    fn held(&self, locate: Locate) -> Result<&crate::header::Header, ReadError> {
        if self.books.holds(locate) {
            Ok(self.books.header(locate))
        } else {
            Err(ReadError::Beyond(locate))
        }
    }
}
