//! The best levels of a book, as a value.

use arrayvec::ArrayVec;

use crate::depths::Levels;
use crate::ladder::price_of;
use crate::{FeedState, Level, Nanos, Price, Qty, SeqNo, Side};

/// The best levels of both sides of one book, at most `N` of each, with what is needed to trust
/// them. Read by [`BookReader::depth`](crate::BookReader::depth).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Depth<const N: usize> {
    bids: ArrayVec<Level, N>,
    asks: ArrayVec<Level, N>,
    /// How far the book can be trusted.
    pub feed_state: FeedState,
    /// The message that changed these levels last, or one of the few levels behind them.
    pub last_seq: SeqNo,
    /// The exchange's time in that message.
    pub last_time: Nanos,
}

impl<const N: usize> Depth<N> {
    #[inline(always)]
    pub(crate) fn of(
        [bids, asks]: [Levels<'_>; 2],
        feed_state: FeedState,
        last_seq: SeqNo,
        last_time: Nanos,
    ) -> Depth<N> {
        let [bids, asks] = [side(Side::Bid, bids), side(Side::Ask, asks)];
        Depth { bids, asks, feed_state, last_seq, last_time }
    }

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

#[inline(always)]
fn side<const N: usize>(side: Side, levels: Levels<'_>) -> ArrayVec<Level, N> {
    let level = |(rank, orders, qty)| Level {
        price: Price::from_key(price_of(side, rank)),
        qty: Qty::new(qty),
        orders,
    };
    levels.take(N).map(level).collect()
}
