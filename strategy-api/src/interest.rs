//! What a strategy wants to be told of a symbol.

/// How often [`on_book`](crate::Strategy::on_book) is called.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Cadence {
    /// Never.
    #[default]
    Never,
    /// After each message that changed the book.
    EveryUpdate,
    /// After each message that changed the touch.
    TouchChanges,
    /// Once at the end of each packet that changed the book.
    OncePerPacket,
}

/// What a strategy wants to be told of a symbol. Changes of trading state and feed state are
/// told of every subscribed symbol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Interest {
    /// How often to tell of the book.
    pub book: Cadence,
    /// Whether to tell of trades.
    pub trades: bool,
}

impl Interest {
    /// Changes of the touch, no trades.
    pub const TOUCH: Interest = Interest { book: Cadence::TouchChanges, trades: false };
    /// Everything, as it happens.
    pub const EVERYTHING: Interest = Interest { book: Cadence::EveryUpdate, trades: true };
    /// The book once a packet, no trades.
    pub const PACKETS: Interest = Interest { book: Cadence::OncePerPacket, trades: false };

    /// The same, with trades.
    #[must_use]
    pub const fn with_trades(self) -> Interest {
        Interest { trades: true, ..self }
    }
}
