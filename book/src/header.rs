//! What is known of one symbol besides its orders.

use crate::far::{Ladder, price_of};
use crate::region::seqlock::{PUBLISHED, Version};
use crate::region::{Word8, Word16, Word32, Word64, words};
use crate::{FeedState, Nanos, Price, Qty, SeqNo, Side, Stamp, Touch, TradingState};

/// A message contradicted the book.
const SUSPECT: u8 = 1;
/// A capacity ran out.
const DEAD: u8 = 1 << 1;
/// Halted on this market alone.
const HALTED_HERE: u8 = 1 << 2;
/// The feed sets levels; there are no orders.
const BARE_LEVELS: u8 = 1 << 3;
/// The book was being changed when its writer was killed, and has not been restored.
const TORN: u8 = 1 << 5;
/// A message was applied. One of a feed without numbers and times leaves no other mark.
const KNOWN: u8 = 1 << 4;

words! {
    /// What concerns all books.
    pub(crate) struct Status, align(64) {
        /// The number of the state of the feed plus one; 0 is [`FeedState::Recovering`].
        feed: Word64,
        /// How often all books were cleared.
        clears: Word64,
        _reserved: [Word64; 6],
    }
}

impl Status {
    #[inline(always)]
    pub(crate) fn feed(&self) -> FeedState {
        let number = usize::try_from(self.feed.get().wrapping_sub(1)).unwrap_or(usize::MAX);
        FeedState::ALL.get(number).copied().unwrap_or(FeedState::Recovering)
    }

    pub(crate) fn clears(&self) -> u64 {
        self.clears.get()
    }

    pub(crate) fn note_clear(&self) {
        self.clears.set(self.clears.get().wrapping_add(1));
    }

    pub(crate) fn set_feed(&self, state: FeedState) {
        self.feed.set(1 + state as u64);
    }
}

/// The best level of a side: the rank of its price and its quantity, both 0 in an empty side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Best {
    pub(crate) rank: u32,
    pub(crate) qty: u64,
}

impl Best {
    pub(crate) const NONE: Best = Best { rank: 0, qty: 0 };
}

words! {
    /// One cache line for each symbol: whatever a message on it reads or writes besides its order
    /// and level. Whoever writes to it has opened its version. All zero, nothing is known of the
    /// symbol.
    pub(crate) struct Header, align(64) {
        /// Odd while this line, the levels near the touch or the symbol's record are being written.
        line: Version,
        flags: Word8,
        trading: Word8,
        /// Where the far levels are.
        far_classes: [Word8; 2],
        _reserved: Word32,
        far_starts: [Word32; 2],
        far_lens: [Word16; 2],
        /// The rank of the best price of each side, 0 where the side is empty.
        best_rank: [Word32; 2],
        best_qty: [Word64; 2],
        /// Sequence and time of the last message that changed the book.
        seq: Word64,
        time: Word64,
    }
}

impl Header {
    /// Forgets the book, in this line, which is open.
    pub(crate) fn clear(&self) {
        for side in Side::BOTH {
            self.set_far(side, Ladder::NONE);
            self.set_best(side, Best::NONE);
        }
        self.flags.set(0);
        self.trading.set(0);
        self.seq.set(0);
        self.time.set(0);
    }

    /// The version of this line, the near levels and the symbol's record.
    #[inline(always)]
    pub(crate) fn line(&self) -> &Version {
        &self.line
    }

    /// The far levels of a side.
    #[inline(always)]
    pub(crate) fn far(&self, side: Side) -> Ladder {
        let side = side.index();
        Ladder {
            start: self.far_starts[side].get(),
            len: self.far_lens[side].get(),
            class: self.far_classes[side].get(),
        }
    }

    /// How many far levels a side has. Where nothing else of them is needed: a word that was read is read, though
    /// nobody wants it.
    #[inline(always)]
    pub(crate) fn far_len(&self, side: Side) -> u32 {
        self.far_lens[side.index()].get().into()
    }

    #[inline(always)]
    pub(crate) fn set_far(&self, side: Side, ladder: Ladder) {
        let side = side.index();
        self.far_starts[side].set(ladder.start);
        self.far_lens[side].set(ladder.len);
        self.far_classes[side].set(ladder.class);
    }

    /// What a snapshot has of this line.
    pub(crate) fn words(&self) -> HeaderWords {
        HeaderWords {
            flags: self.flags.get(),
            trading: self.trading.get(),
            seq: self.seq.get(),
            time: self.time.get(),
        }
    }

    /// Makes this line, which is open, what a snapshot has of it.
    pub(crate) fn restore(&self, words: &HeaderWords) {
        self.flags.set(words.flags);
        self.trading.set(words.trading);
        self.seq.set(words.seq);
        self.time.set(words.time);
    }

    /// Sets the touch in this line, which is open.
    pub(crate) fn set_touch(&self, best: [Best; 2]) {
        Side::BOTH.into_iter().zip(best).for_each(|(side, best)| self.set_best(side, best));
    }

    /// Whether any message concerned the symbol, be it one that was refused.
    pub(crate) fn is_used(&self) -> bool {
        self.flags.get() != 0
    }

    #[inline(always)]
    fn flag(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    #[inline(always)]
    fn raise(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    pub(crate) fn seq(&self) -> SeqNo {
        SeqNo::new(self.seq.get())
    }

    pub(crate) fn time(&self) -> Nanos {
        Nanos::new(self.time.get())
    }

    /// Notes what a message made of the best level of a side, and the message, in this line, which
    /// is open.
    #[inline(always)]
    pub(crate) fn note(&self, side: Side, best: Best, at: Stamp) {
        self.set_best(side, best);
        if PUBLISHED {
            self.seq.set(at.seq.get());
            self.time.set(at.time.get());
        }
        self.raise(KNOWN);
    }

    #[inline]
    pub(crate) fn touch(&self) -> Touch {
        let best = |side| {
            let Best { rank, qty } = self.best(side);
            let price = if qty == 0 { 0 } else { price_of(side, rank) };
            (Price::from_key(price), Qty::new(qty))
        };
        let [(bid_price, bid_qty), (ask_price, ask_qty)] = Side::BOTH.map(best);
        Touch { bid_price, bid_qty, ask_price, ask_qty }
    }

    /// The best level of a side.
    #[inline(always)]
    pub(crate) fn best(&self, side: Side) -> Best {
        let side = side.index();
        Best { rank: self.best_rank[side].get(), qty: self.best_qty[side].get() }
    }

    #[inline(always)]
    fn set_best(&self, side: Side, best: Best) {
        self.best_rank[side.index()].set(best.rank);
        self.best_qty[side.index()].set(best.qty);
    }

    #[inline(always)]
    pub(crate) fn is_crossed(&self) -> bool {
        let [bid, ask] = Side::BOTH.map(|side| u64::from(self.best_rank[side.index()].get()));
        // An ask's rank is its price's complement. Empty sides have rank 0, as has a price at
        // the very end of the range: the quantities tell them apart.
        bid + ask >= u64::from(u32::MAX)
            && Side::BOTH.iter().all(|side| self.best_qty[side.index()].get() != 0)
    }

    #[inline(always)]
    pub(crate) fn is_dead(&self) -> bool {
        self.flag(DEAD)
    }

    pub(crate) fn is_torn(&self) -> bool {
        self.flag(TORN)
    }

    /// Forgets a book that is not whole, but for that.
    pub(crate) fn tear(&self) {
        self.clear();
        self.flags.set(KNOWN | TORN);
    }

    /// Marks the book as one that is not what it should be until it is restored.
    pub(crate) fn doubt(&self) {
        self.raise(TORN);
    }

    pub(crate) fn mark_suspect(&self) {
        self.raise(SUSPECT);
    }

    pub(crate) fn mark_dead(&self) {
        self.raise(DEAD);
    }

    #[inline(always)]
    pub(crate) fn is_bare(&self) -> bool {
        self.flag(BARE_LEVELS)
    }

    pub(crate) fn mark_bare(&self) {
        self.raise(BARE_LEVELS);
    }

    /// The book's own state under the state of the feed it is made from: the graver of both.
    pub(crate) fn feed_state(&self, feed: FeedState) -> FeedState {
        if self.flag(DEAD) {
            FeedState::Dead
        } else if !feed.is_live() {
            feed
        } else if self.flag(SUSPECT | TORN) {
            FeedState::Suspect
        } else {
            FeedState::Live
        }
    }

    pub(crate) fn trading_state(&self) -> TradingState {
        const STATES: [TradingState; 5] = [
            TradingState::Unknown,
            TradingState::Trading,
            TradingState::Halted,
            TradingState::Paused,
            TradingState::QuotationOnly,
        ];
        let state = STATES.get(usize::from(self.trading.get())).copied().unwrap_or_default();
        if self.flag(HALTED_HERE) && matches!(state, TradingState::Trading | TradingState::Unknown)
        {
            TradingState::OperationalHalt
        } else {
            state
        }
    }

    pub(crate) fn set_trading(&self, state: TradingState) {
        self.raise(KNOWN);
        match state {
            TradingState::OperationalHalt => self.raise(HALTED_HERE),
            state => self.trading.set(state as u8),
        }
    }

    pub(crate) fn end_operational_halt(&self) {
        self.flags.set(self.flags.get() & !HALTED_HERE | KNOWN);
    }
}

/// What a header says besides the book itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HeaderWords {
    flags: u8,
    trading: u8,
    seq: u64,
    time: u64,
}

impl HeaderWords {
    pub(crate) fn last_seq(&self) -> SeqNo {
        SeqNo::new(self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_state_shows() {
        let h = Header::default();
        assert_eq!(h.feed_state(FeedState::Live), FeedState::Live);
        h.mark_suspect();
        assert_eq!(h.feed_state(FeedState::Live), FeedState::Suspect);
        assert_eq!(h.feed_state(FeedState::Gapped), FeedState::Gapped);
        h.mark_dead();
        assert_eq!(h.feed_state(FeedState::Gapped), FeedState::Dead);
    }

    #[test]
    fn an_operational_halt_ends_without_ending_a_general_one() {
        let h = Header::default();
        h.set_trading(TradingState::Trading);
        h.set_trading(TradingState::OperationalHalt);
        assert_eq!(h.trading_state(), TradingState::OperationalHalt);
        h.set_trading(TradingState::Halted);
        h.end_operational_halt();
        assert_eq!(h.trading_state(), TradingState::Halted);
    }

    #[test]
    fn an_empty_side_never_crosses() {
        let h = Header::default();
        h.set_best(Side::Bid, Best { rank: 10, qty: 5 });
        assert!(!h.is_crossed());
        h.set_best(Side::Ask, Best { rank: !10, qty: 5 });
        assert!(h.is_crossed() && h.touch().is_crossed());
        assert_eq!(h.touch().ask_price, Price::from_units(10));
        // The ends of the range, beside an empty side.
        h.set_best(Side::Bid, Best::NONE);
        h.set_best(Side::Ask, Best { rank: u32::MAX, qty: 5 });
        assert!(!h.is_crossed() && !h.touch().is_crossed());
    }
}
