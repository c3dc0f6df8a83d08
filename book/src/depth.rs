//! The best levels of a book, as a value.

use core::fmt;

use crate::ladder::price_of;
use crate::near::{NEAR_LEVELS, NearSide, Published};
use crate::view::Book;
use crate::{FeedState, Level, Nanos, Price, Qty, SeqNo, Side};

/// The best levels of both sides of one book, at most `N` of each, with what is needed to trust
/// them. Read by [`BookReader::depth`](crate::BookReader::depth).
#[derive(Clone)]
pub struct Depth<const N: usize> {
    /// Those behind `lens` mean nothing.
    levels: [[Level; N]; 2],
    lens: [usize; 2],
    /// How far the book can be trusted.
    pub feed_state: FeedState,
    /// The message that changed the book last.
    pub last_seq: SeqNo,
    /// The exchange's time in that message.
    pub last_time: Nanos,
}

impl<const N: usize> Depth<N> {
    /// A place for levels, without any.
    #[must_use]
    pub fn new() -> Depth<N> {
        Depth {
            levels: [[Level::default(); N]; 2],
            lens: [0; 2],
            feed_state: FeedState::Recovering,
            last_seq: SeqNo::default(),
            last_time: Nanos::default(),
        }
    }

    /// Forgets what was read.
    pub(crate) fn clear(&mut self) {
        self.lens = [0; 2];
        self.feed_state = FeedState::Recovering;
    }

    /// Takes the near levels, where those are enough: all slots that may hold one of the best,
    /// whether they do or not, without a branch.
    #[inline(always)]
    pub(crate) fn fill(
        &mut self,
        sides: [NearSide<'_>; 2],
        feed_state: FeedState,
        (last_seq, last_time): (SeqNo, Nanos),
    ) {
        debug_assert!(N <= NEAR_LEVELS as usize);
        (self.feed_state, self.last_seq, self.last_time) = (feed_state, last_seq, last_time);
        for (side, (levels, near)) in Side::BOTH.into_iter().zip(self.levels.iter_mut().zip(sides))
        {
            self.lens[side.index()] = (near.len() as usize).min(N);
            for (level, near) in levels.iter_mut().zip(near.first::<N>()) {
                let Published { rank, orders, qty } = near;
                level.price = Price::from_key(price_of(side, rank));
                (level.qty, level.orders) = (Qty::new(qty), orders);
            }
        }
    }

    /// From a book, however many that are.
    pub(crate) fn of(book: &Book<'_>) -> Depth<N> {
        let mut depth = Depth {
            feed_state: book.feed_state(),
            last_seq: book.last_seq(),
            last_time: book.last_time(),
            ..Depth::new()
        };
        for (side, (levels, len)) in
            Side::BOTH.into_iter().zip(depth.levels.iter_mut().zip(&mut depth.lens))
        {
            for (level, found) in levels.iter_mut().zip(book.levels(side)) {
                *level = found;
                *len += 1;
            }
        }
        depth
    }

    /// The levels of a side, best first.
    #[must_use]
    pub fn levels(&self, side: Side) -> &[Level] {
        let side = side.index();
        self.levels[side].get(..self.lens[side]).unwrap_or_default()
    }

    /// The bids, best first.
    #[must_use]
    pub fn bids(&self) -> &[Level] {
        self.levels(Side::Bid)
    }

    /// The asks, best first.
    #[must_use]
    pub fn asks(&self) -> &[Level] {
        self.levels(Side::Ask)
    }
}

impl<const N: usize> Default for Depth<N> {
    fn default() -> Depth<N> {
        Depth::new()
    }
}

impl<const N: usize> PartialEq for Depth<N> {
    fn eq(&self, other: &Depth<N>) -> bool {
        let states = |depth: &Depth<N>| (depth.feed_state, depth.last_seq, depth.last_time);
        Side::BOTH.iter().all(|&side| self.levels(side) == other.levels(side))
            && states(self) == states(other)
    }
}

impl<const N: usize> Eq for Depth<N> {}

impl<const N: usize> fmt::Debug for Depth<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Depth")
            .field("bids", &self.bids())
            .field("asks", &self.asks())
            .field("feed_state", &self.feed_state)
            .field("last_seq", &self.last_seq)
            .field("last_time", &self.last_time)
            .finish()
    }
}
