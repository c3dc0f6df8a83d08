//! The touch: the best of both sides.

use crate::{Price, Qty, Side};

/// The best price of each side with its quantity; `0, 0` for an empty side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Touch {
    /// The best bid.
    pub bid_price: Price,
    /// The quantity at the best bid.
    pub bid_qty: Qty,
    /// The best ask.
    pub ask_price: Price,
    /// The quantity at the best ask.
    pub ask_qty: Qty,
}

impl Touch {
    /// Price and quantity of one side; `None` where it is empty.
    #[must_use]
    pub const fn side(&self, side: Side) -> Option<(Price, Qty)> {
        let (price, qty) = match side {
            Side::Bid => (self.bid_price, self.bid_qty),
            Side::Ask => (self.ask_price, self.ask_qty),
        };
        if qty.is_zero() { None } else { Some((price, qty)) }
    }

    /// Whether both sides are there and the bid is at or above the ask.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        !self.bid_qty.is_zero() && !self.ask_qty.is_zero() && self.bid_price >= self.ask_price
    }

    /// Ask minus bid, where both are there. Negative in a crossed book.
    #[must_use]
    pub fn spread(&self) -> Option<Price> {
        let ((bid, _), (ask, _)) = (self.side(Side::Bid)?, self.side(Side::Ask)?);
        Some(ask - bid)
    }

    /// The sum of bid and ask, that is, twice the middle: exact where the middle is not.
    #[must_use]
    pub fn mid_twice(&self) -> Option<Price> {
        let ((bid, _), (ask, _)) = (self.side(Side::Bid)?, self.side(Side::Ask)?);
        Some(bid + ask)
    }
}
