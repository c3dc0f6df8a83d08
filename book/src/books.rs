//! The books of all symbols of a feed.

use thiserror::Error;

use crate::header::{Header, Status};
use crate::ladder::Ladders;
use crate::look_ahead::Hint;
use crate::orders::Orders;
use crate::queues::Queues;
use crate::reader::BookReader;
use crate::record::Record;
use crate::region::seqlock::Version;
use crate::region::{HeaderWriter, Region, RegionError, Table, Word8, Word32};
use crate::ring::{RingSlot, RingWriter};
use crate::view::{Book, Order};
use crate::{Arrival, FeedState, Locate, OrderRef, Reject, SeqNo, Symbol, TradingState};

/// How much the books can hold. All of it is set aside at the start; what exceeds it is refused.
///
/// Each table is rounded up to a power of two. Memory that was never used is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Orders live at the same time, over all symbols; at most 2³⁰. 96 bytes each.
    pub orders: u32,
    /// Price levels at the same time, over all symbols; at most 2²⁷, and on one side never more
    /// than 16,384. 96 bytes each.
    pub levels: u32,
    /// Locates from 0; at most 65,536. 836 bytes each.
    pub locates: u32,
}

impl Capacity {
    /// Enough for a whole day of a large exchange: 4 M orders, 1 M levels, every locate.
    pub const WHOLE_DAY: Capacity = Capacity { orders: 1 << 22, levels: 1 << 20, locates: 1 << 16 };

    /// Enough for tests and small recordings.
    pub const SMALL: Capacity = Capacity { orders: 1 << 14, levels: 1 << 13, locates: 1 << 10 };

    pub(crate) fn check(self) -> Result<(), BooksError> {
        let within = |what, found: u32, most: u32| {
            if (1..=most).contains(&found) {
                Ok(())
            } else {
                Err(BooksError::Capacity { what, found, most })
            }
        };
        within("orders", self.orders, 1 << 30)?;
        within("levels", self.levels, 1 << 27)?;
        within("locates", self.locates, 1 << 16)
    }
}

impl Default for Capacity {
    fn default() -> Capacity {
        Capacity::WHOLE_DAY
    }
}

/// The books could not be made.
#[derive(Debug, Error)]
pub enum BooksError {
    /// A capacity is zero or larger than an index can count.
    #[error("a capacity of {found} {what}: it must be from 1 to {most}")]
    Capacity {
        /// Which.
        what: &'static str,
        /// What was asked for.
        found: u32,
        /// The most that can be.
        most: u32,
    },
    /// The memory is not to be had.
    #[error(transparent)]
    Region(#[from] RegionError),
}

/// How many messages were refused, by cause. Their symbols are not Live.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)] // one counter for each `Reject`
pub struct RejectCounts {
    pub unknown_refs: u64,
    pub reused_refs: u64,
    pub other_symbol: u64,
    pub too_much: u64,
    pub zero_qty: u64,
    pub qty_range: u64,
    pub price_range: u64,
    pub mixed_book: u64,
    pub orders_full: u64,
    pub levels_full: u64,
    pub locates_full: u64,
    pub dead_book: u64,
}

impl RejectCounts {
    fn of(&mut self, reject: &Reject) -> &mut u64 {
        match reject {
            Reject::UnknownRef(_) => &mut self.unknown_refs,
            Reject::ReusedRef { .. } => &mut self.reused_refs,
            Reject::OtherSymbol { .. } => &mut self.other_symbol,
            Reject::TooMuch { .. } => &mut self.too_much,
            Reject::ZeroQty => &mut self.zero_qty,
            Reject::QtyRange(_) => &mut self.qty_range,
            Reject::PriceRange(_) => &mut self.price_range,
            Reject::MixedBook => &mut self.mixed_book,
            Reject::OrdersFull => &mut self.orders_full,
            Reject::LevelsFull => &mut self.levels_full,
            Reject::LocatesFull(_) => &mut self.locates_full,
            Reject::DeadBook => &mut self.dead_book,
        }
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        let contradictions = self.unknown_refs
            + self.reused_refs
            + self.other_symbol
            + self.too_much
            + self.zero_qty
            + self.qty_range
            + self.price_range
            + self.mixed_book;
        let capacity = self.orders_full + self.levels_full + self.locates_full + self.dead_book;
        contradictions + capacity
    }
}

/// The state of one book changed because a message was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The symbol.
    pub locate: Locate,
    /// The state before.
    pub from: FeedState,
    /// The state now.
    pub to: FeedState,
}

/// The order books of every symbol of one feed: each order, in FIFO queues, under price levels.
///
/// One thread owns it and changes it; see the methods that [apply messages](#method.add). It
/// allocates in [`Books::new`] and never again, and no message makes it panic.
#[derive(Debug)]
pub struct Books {
    pub(crate) headers: Table<Header>,
    /// For each symbol, odd while its levels and queues are being changed. Apart from the headers: a
    /// message opens it at its beginning, and who reads touches alone must not lose the header's
    /// line to that. Sixteen symbols share a line, so that the writer has those lines near.
    pub(crate) changes: Table<Version>,
    pub(crate) records: Table<Record>,
    pub(crate) orders: Orders,
    pub(crate) queues: Queues,
    pub(crate) ladders: Ladders,
    /// Not in what a reader has.
    pub(crate) region: Option<Region>,
    /// The region's header, for its writer.
    pub(crate) head: Option<HeaderWriter>,
    /// In a reader whose writer has died, 1.
    pub(crate) orphaned: Word8,
    pub(crate) capacity: Capacity,
    pub(crate) status: Table<Status>,
    pub(crate) updates: Option<Table<RingSlot>>,
    pub(crate) arrivals: Word32,
    pub(crate) hint: Hint,
    pub(crate) rejects: RejectCounts,
    /// A refusal marks two symbols at the most.
    pub(crate) transitions: [Option<Transition>; 2],
}

impl Books {
    /// Empty books, in state [`FeedState::Recovering`] until [`Books::set_feed_state`] says more.
    pub fn new(capacity: Capacity) -> Result<Books, BooksError> {
        capacity.check()?;
        Books::carve(capacity, 0, Region::anonymous(capacity.plan(0)?)?)
    }

    /// Notes a message as applied, with all that it did. A successor of this writer goes on
    /// behind it.
    #[inline(always)]
    pub fn note_applied(&mut self, seq: SeqNo) {
        if let Some(head) = &self.head {
            // Released, so that all that the message wrote was written before; and what the next
            // one writes comes behind, by the fence with which it opens its book.
            head.set_last_sequence(seq.get());
        }
    }

    /// Forgets everything but the capacities, the state of the feed and the counts of refusals.
    /// Takes time in proportion to the capacities.
    pub fn clear(&mut self) {
        self.clear_for(None);
    }

    /// The same for a session that begins.
    pub fn begin_session(&mut self, session: [u8; 10]) {
        self.clear_for(Some(session));
    }

    fn clear_for(&mut self, session: Option<[u8; 10]>) {
        // Readers of any book wait until all are empty.
        self.changes.as_slice().iter().for_each(Version::begin);
        let lines = || self.headers.as_slice().iter().map(Header::line);
        lines().for_each(Version::begin);
        self.headers.as_slice().iter().for_each(Header::clear);
        self.records.as_slice().iter().for_each(Record::clear);
        self.ladders.clear();
        lines().for_each(Version::end);
        self.orders.clear();
        self.queues.clear();
        self.ladders.clear();
        self.arrivals.set(0);
        self.status.at(0).note_clear();
        // While every book is open: a writer that is killed leaves books of the old session, or
        // those of the new one, or none.
        if let (Some(head), Some(session)) = (&self.head, session) {
            head.set_session(session);
            head.set_last_sequence(0);
        }
        self.changes.as_slice().iter().for_each(Version::end);
        self.transitions = [None; 2];
    }

    /// Takes all memory that the capacities allow for now, rather than page by page when it is
    /// first needed: what a feed that must not wait for pages does at the start.
    pub fn prefault(&mut self) {
        if let Some(region) = &mut self.region {
            region.prefault();
        }
    }

    /// A reader of these books, for another thread.
    #[must_use]
    pub fn reader(&self) -> BookReader {
        BookReader::new(Books {
            status: self.status.clone(),
            headers: self.headers.clone(),
            changes: self.changes.clone(),
            records: self.records.clone(),
            orders: self.orders.share(),
            queues: self.queues.share(),
            ladders: self.ladders.share(),
            region: None,
            head: None,
            orphaned: Word8::default(),
            capacity: self.capacity,
            updates: self.updates.clone(),
            arrivals: Word32::default(),
            hint: Hint::default(),
            rejects: RejectCounts::default(),
            transitions: [None; 2],
        })
    }

    /// The end of the ring where updates come in, if the books were made with one. There must be
    /// no other writer of it: what is read from a ring with two may be any mixture of updates.
    #[must_use]
    pub fn ring_writer(&self) -> Option<RingWriter> {
        self.updates.clone().map(RingWriter::over)
    }

    /// The capacities that the books were made with.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// The book of a symbol; `None` for a locate beyond the capacity.
    #[inline]
    #[must_use]
    pub fn book(&self, locate: Locate) -> Option<Book<'_>> {
        self.holds(locate).then(|| Book::new(self, locate))
    }

    /// The books of all symbols of which [`Book::is_known`] says that they are, in order of their
    /// locates.
    pub fn iter(&self) -> impl Iterator<Item = Book<'_>> {
        let locates = (0..=u16::MAX).map(Locate::new).take(self.capacity.locates as usize);
        locates.map(|locate| Book::new(self, locate)).filter(Book::is_known)
    }

    /// The locate of a symbol that was named; the first of them, should several have the name.
    /// Looks through all locates: for starting up.
    #[must_use]
    pub fn locate(&self, symbol: Symbol) -> Option<Locate> {
        if symbol == Symbol::UNKNOWN {
            return None;
        }
        self.iter().find(|book| book.symbol() == symbol).map(|book| book.locate())
    }

    /// A live order.
    #[must_use]
    pub fn order(&self, order_ref: OrderRef) -> Option<Order> {
        Some(Order::new(self, self.orders.find(order_ref)?))
    }

    /// The arrival that the next order to be added will have: every order that is live now
    /// arrived before it.
    #[must_use]
    pub fn next_arrival(&self) -> Arrival {
        Arrival::new(self.arrivals.get())
    }

    /// Orders live over all symbols.
    #[must_use]
    pub fn orders_live(&self) -> u32 {
        self.orders.live()
    }

    /// Levels over all symbols.
    #[must_use]
    pub fn levels_live(&self) -> u32 {
        self.queues.levels_live()
    }

    /// How often the books were cleared.
    #[must_use]
    pub fn clears(&self) -> u64 {
        self.status.at(0).clears()
    }

    /// Messages that were refused, by cause.
    #[must_use]
    pub fn rejects(&self) -> &RejectCounts {
        &self.rejects
    }

    /// The state of the feed that the books are made from.
    #[must_use]
    pub fn feed_state(&self) -> FeedState {
        self.believed(self.status.at(0).feed())
    }

    /// Sets the state of the feed: no book shows a better one.
    pub fn set_feed_state(&mut self, state: FeedState) {
        self.status.at(0).set_feed(state);
    }

    /// Names a symbol. A locate beyond the capacity is refused.
    pub fn name(&mut self, locate: Locate, symbol: Symbol) -> Result<(), Reject> {
        if !self.holds(locate) {
            return Err(self.refuse(locate, Reject::LocatesFull(locate)));
        }
        let record = self.records.at(u32::from(locate.get()));
        self.write(locate, |_| record.set_symbol(symbol));
        Ok(())
    }

    /// Notes whether a symbol trades. Returns the state before and after.
    ///
    /// An operational halt lasts until [`Books::end_operational_halt`]. Until then it shows in
    /// the place of Trading and Unknown, while a halt, a pause and quotation alone show in its.
    pub fn set_trading_state(
        &mut self,
        locate: Locate,
        state: TradingState,
    ) -> Result<(TradingState, TradingState), Reject> {
        self.change_trading(locate, |header| header.set_trading(state))
    }

    /// Notes the end of an operational halt. Returns the state before and after.
    pub fn end_operational_halt(
        &mut self,
        locate: Locate,
    ) -> Result<(TradingState, TradingState), Reject> {
        self.change_trading(locate, Header::end_operational_halt)
    }

    fn change_trading(
        &mut self,
        locate: Locate,
        change: impl FnOnce(&Header),
    ) -> Result<(TradingState, TradingState), Reject> {
        if !self.holds(locate) {
            return Err(self.refuse(locate, Reject::LocatesFull(locate)));
        }
        let before = self.header(locate).trading_state();
        self.write(locate, change);
        Ok((before, self.header(locate).trading_state()))
    }

    #[inline(always)]
    pub(crate) fn holds(&self, locate: Locate) -> bool {
        u32::from(locate.get()) < self.capacity.locates
    }

    /// The version of a symbol's levels and queues.
    #[inline(always)]
    pub(crate) fn change(&self, locate: Locate) -> &Version {
        self.changes.at(u32::from(locate.get()))
    }

    /// What a symbol's header, its levels near the touch and its record are written under.
    #[inline(always)]
    pub(crate) fn lock(&self, locate: Locate) -> &Version {
        self.header(locate).line()
    }

    /// Writes a header, or the symbol's record, so that readers see all of it or nothing.
    #[inline(always)]
    pub(crate) fn write<T>(&self, locate: Locate, words: impl FnOnce(&Header) -> T) -> T {
        self.lock(locate).begin();
        let written = words(self.header(locate));
        self.lock(locate).end();
        written
    }

    #[inline(always)]
    pub(crate) fn header(&self, locate: Locate) -> &Header {
        self.headers.at(u32::from(locate.get()))
    }

    /// Marks all books as ones that are not what they should be, until each is
    /// [restored](Books::restore): their owner has missed something.
    pub fn doubt_all(&mut self) {
        for locate in (0..=u16::MAX).map(Locate::new).take(self.capacity.locates as usize) {
            if self.header(locate).is_used() {
                self.write(locate, Header::doubt);
            }
        }
    }

    /// Marks a book as one that is no longer kept.
    #[cold]
    pub fn mark_dead(&mut self, locate: Locate) {
        self.transitions = [self.mark(locate, Header::mark_dead), None];
    }

    /// Makes a symbol show a trading state, whatever it showed.
    pub fn show_trading_state(
        &mut self,
        locate: Locate,
        state: TradingState,
    ) -> Result<(TradingState, TradingState), Reject> {
        self.change_trading(locate, |header| {
            header.end_operational_halt();
            if state == TradingState::OperationalHalt {
                header.set_trading(TradingState::Trading);
            }
            header.set_trading(state);
        })
    }

    /// Marks a book that a message contradicted in a way that only its reader knows.
    #[cold]
    pub fn mark_suspect(&mut self, locate: Locate) {
        self.transitions = [self.mark(locate, Header::mark_suspect), None];
    }

    /// The changes of state since they were last asked for: those of the last refusal.
    pub fn transitions(&mut self) -> impl Iterator<Item = Transition> + use<> {
        std::mem::take(&mut self.transitions).into_iter().flatten()
    }

    /// Counts a refusal and marks the symbols that it concerns.
    #[cold]
    pub(crate) fn refuse(&mut self, locate: Locate, reject: Reject) -> Reject {
        *self.rejects.of(&reject) += 1;
        let grave = if reject.is_capacity() { Header::mark_dead } else { Header::mark_suspect };
        let other = match reject {
            Reject::OtherSymbol { found: other, .. } | Reject::ReusedRef { holder: other, .. } => {
                self.mark(other, Header::mark_suspect)
            }
            _ => None,
        };
        self.transitions = [self.mark(locate, grave), other];
        reject
    }

    fn mark(&mut self, locate: Locate, grave: fn(&Header)) -> Option<Transition> {
        if !self.holds(locate) {
            return None;
        }
        let feed = self.feed_state();
        let header = self.header(locate);
        let from = header.feed_state(feed);
        self.write(locate, grave);
        let to = header.feed_state(feed);
        (from != to).then_some(Transition { locate, from, to })
    }
}
