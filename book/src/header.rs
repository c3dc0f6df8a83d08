//! What is known of one symbol besides its orders.

use bytemuck::{Pod, Zeroable};

use crate::ladder::Ladder;
use crate::{FeedState, MatchNo, Nanos, Price, Qty, SeqNo, Side, Symbol, TradingState};

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

/// A message contradicted the book.
const SUSPECT: u8 = 1;
/// A capacity ran out.
const DEAD: u8 = 1 << 1;
/// Halted on this market alone.
const HALTED_HERE: u8 = 1 << 2;
/// The feed sets levels; there are no orders.
const BARE_LEVELS: u8 = 1 << 3;
/// A message was applied. One of a feed without numbers and times leaves no other mark.
const KNOWN: u8 = 1 << 4;

/// One cache line for each symbol: whatever a message on it reads or writes besides its order and level.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Header {
    pub(crate) ladders: [Ladder; 2],
    best_qty: [u64; 2],
    best_price: [u32; 2],
    /// Sequence and time of the last message that changed the book.
    pub(crate) seq: u64,
    pub(crate) time: u64,
    pub(crate) orders: u32,
    flags: u8,
    trading: u8,
    _reserved: u16,
}

impl Header {
    /// A symbol of which nothing is known.
    pub(crate) const NEW: Header = Header {
        ladders: [Ladder::NONE; 2],
        best_qty: [0; 2],
        best_price: [0; 2],
        seq: 0,
        time: 0,
        orders: 0,
        flags: 0,
        trading: 0,
        _reserved: 0,
    };

    /// Whether any message concerned the symbol, be it one that was refused.
    pub(crate) fn is_used(&self) -> bool {
        self.flags != 0
    }

    /// Notes the message that changed the book.
    #[inline(always)]
    pub(crate) fn note_change(&mut self, seq: SeqNo, time: Nanos) {
        self.seq = seq.get();
        self.time = time.get();
        self.flags |= KNOWN;
    }

    pub(crate) fn touch(&self) -> Touch {
        Touch {
            bid_price: Price::from_key(self.best_price[0]),
            bid_qty: Qty::new(self.best_qty[0]),
            ask_price: Price::from_key(self.best_price[1]),
            ask_qty: Qty::new(self.best_qty[1]),
        }
    }

    /// Price and quantity of the best level of a side; `(0, 0)` where it is empty.
    #[inline(always)]
    pub(crate) fn best(&self, side: Side) -> (u32, u64) {
        (self.best_price[side.index()], self.best_qty[side.index()])
    }

    #[inline(always)]
    pub(crate) fn set_best(&mut self, side: Side, (price, qty): (u32, u64)) {
        self.best_price[side.index()] = price;
        self.best_qty[side.index()] = qty;
    }

    #[inline(always)]
    pub(crate) fn is_crossed(&self) -> bool {
        self.best_qty[0] != 0 && self.best_qty[1] != 0 && self.best_price[0] >= self.best_price[1]
    }

    #[inline(always)]
    pub(crate) fn is_dead(&self) -> bool {
        self.flags & DEAD != 0
    }

    pub(crate) fn mark_suspect(&mut self) {
        self.flags |= SUSPECT;
    }

    pub(crate) fn mark_dead(&mut self) {
        self.flags |= DEAD;
    }

    #[inline(always)]
    pub(crate) fn is_bare(&self) -> bool {
        self.flags & BARE_LEVELS != 0
    }

    pub(crate) fn mark_bare(&mut self) {
        self.flags |= BARE_LEVELS;
    }

    /// The book's own state under the state of the feed it is made from: the graver of both.
    pub(crate) fn feed_state(&self, feed: FeedState) -> FeedState {
        if self.flags & DEAD != 0 {
            FeedState::Dead
        } else if !feed.is_live() {
            feed
        } else if self.flags & SUSPECT != 0 {
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
        let state = STATES.get(usize::from(self.trading)).copied().unwrap_or_default();
        if self.flags & HALTED_HERE != 0
            && matches!(state, TradingState::Trading | TradingState::Unknown)
        {
            TradingState::OperationalHalt
        } else {
            state
        }
    }

    pub(crate) fn set_trading(&mut self, state: TradingState) {
        self.flags |= KNOWN;
        match state {
            TradingState::OperationalHalt => self.flags |= HALTED_HERE,
            state => self.trading = state as u8,
        }
    }

    pub(crate) fn end_operational_halt(&mut self) {
        self.flags = self.flags & !HALTED_HERE | KNOWN;
    }
}

/// The last trade of a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastTrade {
    /// Its price.
    pub price: Price,
    /// Its quantity.
    pub qty: Qty,
    /// The exchange's number of it.
    pub match_no: MatchNo,
    /// When it was reported.
    pub time: Nanos,
    /// The message that reported it.
    pub seq: SeqNo,
}

/// What messages seldom touch, apart from the header.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Record {
    pub(crate) symbol: [u8; 8],
    trade_price: i64,
    trade_qty: u64,
    trade_match: u64,
    trade_time: u64,
    trade_seq: u64,
    /// Quantity traded in all printable trades.
    volume: u64,
    trades: u64,
}

impl Record {
    /// A symbol without a name or a trade.
    pub(crate) const NEW: Record = Record {
        symbol: [0; 8],
        trade_price: 0,
        trade_qty: 0,
        trade_match: 0,
        trade_time: 0,
        trade_seq: 0,
        volume: 0,
        trades: 0,
    };

    pub(crate) fn symbol(&self) -> Symbol {
        Symbol::from_bytes(self.symbol)
    }

    /// Whether the symbol was named or traded.
    pub(crate) fn is_used(&self) -> bool {
        self.trades > 0 || self.symbol() != Symbol::UNKNOWN
    }

    pub(crate) fn note_trade(&mut self, trade: LastTrade, printable: bool) {
        self.trade_price = trade.price.units();
        self.trade_qty = trade.qty.shares();
        self.trade_match = trade.match_no.get();
        self.trade_time = trade.time.get();
        self.trade_seq = trade.seq.get();
        self.trades = self.trades.saturating_add(1);
        if printable {
            self.volume = self.volume.saturating_add(trade.qty.shares());
        }
    }

    pub(crate) fn last_trade(&self) -> Option<LastTrade> {
        (self.trades > 0).then(|| LastTrade {
            price: Price::from_units(self.trade_price),
            qty: Qty::new(self.trade_qty),
            match_no: MatchNo::new(self.trade_match),
            time: Nanos::new(self.trade_time),
            seq: SeqNo::new(self.trade_seq),
        })
    }

    pub(crate) fn volume(&self) -> Qty {
        Qty::new(self.volume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_state_shows() {
        let mut h = Header::NEW;
        assert_eq!(h.feed_state(FeedState::Live), FeedState::Live);
        h.mark_suspect();
        assert_eq!(h.feed_state(FeedState::Live), FeedState::Suspect);
        assert_eq!(h.feed_state(FeedState::Gapped), FeedState::Gapped);
        h.mark_dead();
        assert_eq!(h.feed_state(FeedState::Gapped), FeedState::Dead);
    }

    #[test]
    fn an_operational_halt_ends_without_ending_a_general_one() {
        let mut h = Header::NEW;
        h.set_trading(TradingState::Trading);
        h.set_trading(TradingState::OperationalHalt);
        assert_eq!(h.trading_state(), TradingState::OperationalHalt);
        h.set_trading(TradingState::Halted);
        h.end_operational_halt();
        assert_eq!(h.trading_state(), TradingState::Halted);
    }

    #[test]
    fn an_empty_side_never_crosses() {
        let mut h = Header::NEW;
        h.set_best(Side::Bid, (10, 5));
        assert!(!h.is_crossed());
        h.set_best(Side::Ask, (10, 5));
        assert!(h.is_crossed() && h.touch().is_crossed());
    }
}
