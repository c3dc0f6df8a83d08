//! Who wants to know what a feed does to its books.

use wirebook_book::{Books, Change, FeedState, Locate, Reject, Stamp, Symbol, Trade, TradingState};

/// What a change of feed state concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// All books.
    Feed,
    /// One book.
    Book(Locate),
}

/// A change of feed state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedStateChange {
    /// Of which books.
    pub scope: Scope,
    /// The state before. Of a whole feed: single books may have shown a graver one.
    pub from: FeedState,
    /// The state now.
    pub to: FeedState,
    /// The last message before the change.
    pub at: Stamp,
}

/// Told of everything that a feed does, between two messages, on the feed's own thread.
///
/// Every method has a default that does nothing and costs nothing.
pub trait Listener {
    /// A message is about to be applied: the books are still as they were before it.
    #[inline(always)]
    fn before_message(&mut self, books: &Books, at: Stamp) {
        let _ = (books, at);
    }

    /// A message changed a book.
    #[inline(always)]
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        let _ = (books, change, at);
    }

    /// A trade was reported. If it changed a book, `on_change` follows.
    #[inline(always)]
    fn on_trade(&mut self, books: &Books, trade: &Trade, at: Stamp) {
        let _ = (books, trade, at);
    }

    /// A symbol got its name.
    #[inline(always)]
    fn on_name(&mut self, books: &Books, locate: Locate, symbol: Symbol) {
        let _ = (books, locate, symbol);
    }

    /// Whether a symbol trades changed.
    #[inline(always)]
    fn on_trading_state(
        &mut self,
        books: &Books,
        locate: Locate,
        from: TradingState,
        to: TradingState,
        at: Stamp,
    ) {
        let _ = (books, locate, from, to, at);
    }

    /// How far books can be trusted changed.
    #[inline(always)]
    fn on_feed_state(&mut self, books: &Books, change: &FeedStateChange) {
        let _ = (books, change);
    }

    /// A message was refused.
    #[inline(always)]
    fn on_reject(&mut self, books: &Books, locate: Locate, reject: &Reject, at: Stamp) {
        let _ = (books, locate, reject, at);
    }

    /// A message was dealt with, whatever it was.
    #[inline(always)]
    fn after_message(&mut self, books: &Books, at: Stamp) {
        let _ = (books, at);
    }

    /// The last message of a packet was dealt with.
    #[inline(always)]
    fn on_packet_end(&mut self, books: &Books, at: Stamp) {
        let _ = (books, at);
    }

    /// Updates were missed: who follows a ring was overrun. Books are what they were, and not Live,
    /// until they are read again.
    #[inline(always)]
    fn on_lost(&mut self, books: &Books, updates: u64) {
        let _ = (books, updates);
    }

    /// Books that another writer left have taken over: everything until here was told of others,
    /// which were as these are now.
    #[inline(always)]
    fn on_succession(&mut self, books: &Books) {
        let _ = books;
    }

    /// A new session began: all books are empty.
    #[inline(always)]
    fn on_clear(&mut self, books: &Books) {
        let _ = books;
    }
}

/// Nobody listens.
impl Listener for () {}

/// One after the other.
impl<A: Listener, B: Listener> Listener for (A, B) {
    #[inline(always)]
    fn before_message(&mut self, books: &Books, at: Stamp) {
        self.0.before_message(books, at);
        self.1.before_message(books, at);
    }

    #[inline(always)]
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        self.0.on_change(books, change, at);
        self.1.on_change(books, change, at);
    }

    #[inline(always)]
    fn on_trade(&mut self, books: &Books, trade: &Trade, at: Stamp) {
        self.0.on_trade(books, trade, at);
        self.1.on_trade(books, trade, at);
    }

    #[inline(always)]
    fn on_name(&mut self, books: &Books, locate: Locate, symbol: Symbol) {
        self.0.on_name(books, locate, symbol);
        self.1.on_name(books, locate, symbol);
    }

    #[inline(always)]
    fn on_trading_state(
        &mut self,
        books: &Books,
        locate: Locate,
        from: TradingState,
        to: TradingState,
        at: Stamp,
    ) {
        self.0.on_trading_state(books, locate, from, to, at);
        self.1.on_trading_state(books, locate, from, to, at);
    }

    #[inline(always)]
    fn on_feed_state(&mut self, books: &Books, change: &FeedStateChange) {
        self.0.on_feed_state(books, change);
        self.1.on_feed_state(books, change);
    }

    #[inline(always)]
    fn on_reject(&mut self, books: &Books, locate: Locate, reject: &Reject, at: Stamp) {
        self.0.on_reject(books, locate, reject, at);
        self.1.on_reject(books, locate, reject, at);
    }

    #[inline(always)]
    fn after_message(&mut self, books: &Books, at: Stamp) {
        self.0.after_message(books, at);
        self.1.after_message(books, at);
    }

    #[inline(always)]
    fn on_packet_end(&mut self, books: &Books, at: Stamp) {
        self.0.on_packet_end(books, at);
        self.1.on_packet_end(books, at);
    }

    #[inline(always)]
    fn on_lost(&mut self, books: &Books, updates: u64) {
        self.0.on_lost(books, updates);
        self.1.on_lost(books, updates);
    }

    #[inline(always)]
    fn on_succession(&mut self, books: &Books) {
        self.0.on_succession(books);
        self.1.on_succession(books);
    }

    #[inline(always)]
    fn on_clear(&mut self, books: &Books) {
        self.0.on_clear(books);
        self.1.on_clear(books);
    }
}
