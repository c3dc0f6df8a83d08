//! The best levels of a book, as a value.

use arrayvec::ArrayVec;

use crate::ladder::price_of;
use crate::near::NearLevel;
use crate::{FeedState, Level, Nanos, Price, Qty, SeqNo, Side};

/// The best levels of both sides of one book, at most `N` of each, with what is needed to trust
/// them. Read by [`BookReader::depth`](crate::BookReader::depth).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Depth<const N: usize> {
    pub(crate) bids: ArrayVec<Level, N>,
    pub(crate) asks: ArrayVec<Level, N>,
    /// How far the book can be trusted.
    pub feed_state: FeedState,
    /// The message that changed the book last.
    pub last_seq: SeqNo,
    /// The exchange's time in that message.
    pub last_time: Nanos,
}

impl<const N: usize> Depth<N> {
    /// The levels of a side, best first.
    #[must_use]
    pub fn levels(&self, side: Side) -> &[Level] {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    /// The bids, best first.
    #[must_use]
    pub fn bids(&self) -> &[Level] {
        &self.bids
    }

    /// The asks, best first.
    #[must_use]
    pub fn asks(&self) -> &[Level] {
        &self.asks
    }
}

/// Levels of a side as they are told, of at most as many as there is room for.
#[inline(always)]
pub(crate) fn told<const N: usize>(
    side: Side,
    levels: impl Iterator<Item = NearLevel>,
) -> ArrayVec<Level, N> {
    let level = |near: NearLevel| Level {
        price: Price::from_key(price_of(side, near.rank)),
        qty: Qty::new(near.qty),
        orders: near.orders,
    };
    levels.take(N).map(level).collect()
}
