//! The two sides of a book.

use core::fmt;

/// A side of the book: bids want to buy, asks want to sell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Side {
    /// Orders to buy; the best is the highest price.
    #[default]
    Bid = 0,
    /// Orders to sell; the best is the lowest price.
    Ask = 1,
}

impl Side {
    /// Both, bids first.
    pub const BOTH: [Side; 2] = [Side::Bid, Side::Ask];

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Side {
        match self {
            Side::Bid => Side::Ask,
            Side::Ask => Side::Bid,
        }
    }

    /// 0 for bids, 1 for asks.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// +1 for bids, −1 for asks: the sign a fill on this side gives a position.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Side::Bid => 1,
            Side::Ask => -1,
        }
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Side::Bid => "bid",
            Side::Ask => "ask",
        })
    }
}
