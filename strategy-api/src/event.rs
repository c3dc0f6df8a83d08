//! What a strategy is told.

use wirebook_book::{Book, Change, FeedState, Locate, Stamp, Trade, TradingState};

/// What kinds of thing changed in a book.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Changed {
    /// The best price of a side, or its quantity.
    pub touch: bool,
    /// A level: its quantity, or whether it is there.
    pub level: bool,
    /// An order.
    pub order: bool,
}

impl Changed {
    /// What a change of one message amounts to.
    #[must_use]
    pub fn by(change: &Change) -> Changed {
        Changed {
            touch: change.touch_changed,
            level: true,
            order: change.step.order_ref.get() != 0,
        }
    }

    /// Either of two.
    #[must_use]
    pub fn or(self, other: Changed) -> Changed {
        Changed {
            touch: self.touch || other.touch,
            level: self.level || other.level,
            order: self.order || other.order,
        }
    }
}

/// A book changed.
#[derive(Clone, Copy, Debug)]
pub struct BookUpdate<'a> {
    /// The book as it is now, borrowed from the engine.
    pub book: Book<'a>,
    /// What kinds of thing changed since the last update of this subscription.
    pub changed: Changed,
    /// The change itself; `None` where the update stands for all changes of a packet.
    pub change: Option<&'a Change>,
    /// The message that changed it (the last one, for a packet).
    pub at: Stamp,
}

/// A trade was reported.
#[derive(Clone, Copy, Debug)]
pub struct TradeEvent<'a> {
    /// The book after the trade.
    pub book: Book<'a>,
    /// The trade.
    pub trade: &'a Trade,
    /// The message that reported it.
    pub at: Stamp,
}

/// Whether a symbol trades changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TradingStateChange {
    /// The symbol.
    pub locate: Locate,
    /// Before.
    pub from: TradingState,
    /// Now.
    pub to: TradingState,
    /// The message that said so.
    pub at: Stamp,
}

/// Whether a book can be trusted changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedStateChange {
    /// The symbol.
    pub locate: Locate,
    /// Before.
    pub from: FeedState,
    /// Now.
    pub to: FeedState,
    /// The last message before the change.
    pub at: Stamp,
}

/// A timer of one strategy, by the number that the strategy chose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimerId(pub u32);
