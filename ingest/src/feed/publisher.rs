//! Telling a ring what a feed does, for strategies on other threads and in other processes.

use wirebook_book::{
    Action, Books, Change, Done, Locate, RingWriter, Stamp, Symbol, Trade, TradeKind, TradingState,
    Update,
};

use super::{FeedStateChange, Listener, Scope};

/// Writes what a feed does to a ring. It never waits; who follows the ring is told what it missed.
#[derive(Debug)]
pub struct Publisher {
    ring: Option<RingWriter>,
    /// The trade that an execution is, told before its change.
    trade: Option<Trade>,
}

impl Publisher {
    /// A publisher to the ring of some books; if they were made without one, to nobody.
    #[must_use]
    pub fn of(books: &Books) -> Publisher {
        Publisher { ring: books.ring_writer(), trade: None }
    }

    #[inline]
    fn publish(&mut self, at: Stamp, locate: Locate, done: Done) {
        if let Some(ring) = &mut self.ring {
            ring.publish(&Update { at, locate, done }.to_words());
        }
    }
}

impl Listener for Publisher {
    #[inline]
    fn on_change(&mut self, _books: &Books, change: &Change, at: Stamp) {
        let step = &change.step;
        let (order_ref, side, qty, price) = (step.order_ref, change.side, step.qty, step.price);
        let done = match change.action {
            Action::Added => Done::Added { order_ref, side, qty, price },
            Action::Executed => match self.trade.take() {
                Some(trade) => Done::Executed(trade),
                // Nobody called it a trade: to the book it is the same as a cancellation.
                None => Done::Cancelled { order_ref, qty },
            },
            Action::Cancelled => Done::Cancelled { order_ref, qty },
            Action::Deleted => Done::Deleted(order_ref),
            Action::Replaced { old } => {
                Done::Replaced { old: old.order_ref, new: order_ref, qty, price }
            }
            Action::LevelSet => Done::LevelSet { side, price, qty },
        };
        self.publish(at, change.locate, done);
    }

    fn on_trade(&mut self, _books: &Books, trade: &Trade, at: Stamp) {
        match trade.kind {
            TradeKind::Execution | TradeKind::ExecutionWithPrice => self.trade = Some(*trade),
            TradeKind::Hidden | TradeKind::Cross => {
                self.publish(at, trade.locate, Done::Traded(*trade));
            }
        }
    }

    fn on_name(&mut self, _books: &Books, locate: Locate, symbol: Symbol) {
        self.publish(Stamp::default(), locate, Done::Named(symbol));
    }

    fn on_trading_state(
        &mut self,
        _books: &Books,
        locate: Locate,
        _from: TradingState,
        to: TradingState,
        at: Stamp,
    ) {
        self.publish(at, locate, Done::Trading(to));
    }

    fn on_feed_state(&mut self, _books: &Books, change: &FeedStateChange) {
        let (locate, done) = match change.scope {
            Scope::Feed => (Locate::default(), Done::Feed(change.to)),
            Scope::Book(locate) => (locate, Done::Marked(change.to)),
        };
        self.publish(change.at, locate, done);
    }

    fn on_packet_end(&mut self, _books: &Books, at: Stamp) {
        // Also where nothing was done: time has passed, and who follows may have timers.
        self.publish(at, Locate::default(), Done::PacketEnded);
    }

    /// What was told until here was not told of these books: nobody who follows them needs it.
    fn on_succession(&mut self, books: &Books) {
        *self = Publisher::of(books);
        self.publish(Stamp::default(), Locate::default(), Done::Feed(books.feed_state()));
    }

    fn on_clear(&mut self, books: &Books) {
        self.publish(Stamp::default(), Locate::default(), Done::Cleared(books.clears()));
    }
}
