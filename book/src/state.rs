//! Whether a book can be trusted, and whether its symbol trades.

use core::fmt;

/// How far a published book can be trusted.
///
/// At every moment a book is either equal to the exchange's book at the same sequence, or its
/// state is not [`FeedState::Live`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum FeedState {
    /// Every message since empty books (or since a snapshot) was applied.
    Live = 0,
    /// Messages are missing and nothing is bringing them back; any book may be affected.
    Gapped = 1,
    /// Messages are missing and are being fetched.
    Recovering = 2,
    /// Nothing was heard for longer than the configured time.
    Stale = 3,
    /// A message contradicted this book; other books are unaffected.
    Suspect = 4,
    /// This book ran out of a capacity and is no longer kept; other books are unaffected.
    Dead = 5,
}

impl FeedState {
    /// All of them, in order of their numbers.
    pub const ALL: [FeedState; 6] = [
        FeedState::Live,
        FeedState::Gapped,
        FeedState::Recovering,
        FeedState::Stale,
        FeedState::Suspect,
        FeedState::Dead,
    ];

    /// Whether the book equals the exchange's.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, FeedState::Live)
    }

    /// The name that JSON and tables use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FeedState::Live => "Live",
            FeedState::Gapped => "Gapped",
            FeedState::Recovering => "Recovering",
            FeedState::Stale => "Stale",
            FeedState::Suspect => "Suspect",
            FeedState::Dead => "Dead",
        }
    }
}

impl fmt::Display for FeedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether the exchange matches orders of a symbol (ITCH 5.0, "Stock Trading Action").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum TradingState {
    /// Nothing was said of it yet.
    #[default]
    Unknown = 0,
    /// Continuous trading.
    Trading = 1,
    /// Halted across all U.S. markets.
    Halted = 2,
    /// Paused across all U.S. markets.
    Paused = 3,
    /// Orders are quoted, none are matched.
    QuotationOnly = 4,
    /// Halted on this market alone ("Operational Halt").
    OperationalHalt = 5,
}

impl TradingState {
    /// Whether orders are matched.
    #[must_use]
    pub const fn is_trading(self) -> bool {
        matches!(self, TradingState::Trading)
    }

    /// The name that JSON and tables use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TradingState::Unknown => "Unknown",
            TradingState::Trading => "Trading",
            TradingState::Halted => "Halted",
            TradingState::Paused => "Paused",
            TradingState::QuotationOnly => "QuotationOnly",
            TradingState::OperationalHalt => "OperationalHalt",
        }
    }
}

impl fmt::Display for TradingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
