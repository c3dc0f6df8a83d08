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

    /// A new session began: all books are empty.
    #[inline(always)]
    fn on_clear(&mut self, books: &Books) {
        let _ = books;
    }
}

/// Nobody listens.
impl Listener for () {}
