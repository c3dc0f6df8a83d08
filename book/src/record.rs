//! What messages seldom touch of a symbol: its name and its last trade.

use crate::region::{Word64, words};
use crate::{MatchNo, Nanos, Price, Qty, SeqNo, Symbol};

/// All words of a record.
pub(crate) type RecordWords = [u64; 8];

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

words! {
    /// What messages seldom touch, apart from the header. All zero, the symbol has no name and
    /// no trade.
    pub(crate) struct Record, align(64) {
        symbol: Word64,
        trade_price: Word64,
        trade_qty: Word64,
        trade_match: Word64,
        trade_time: Word64,
        trade_seq: Word64,
        /// Quantity traded in all printable trades.
        volume: Word64,
        trades: Word64,
    }
}

impl Record {
    pub(crate) fn clear(&self) {
        self.symbol.set(0);
        self.volume.set(0);
        self.trades.set(0);
    }

    fn all(&self) -> [&Word64; 8] {
        [
            &self.symbol,
            &self.trade_price,
            &self.trade_qty,
            &self.trade_match,
            &self.trade_time,
            &self.trade_seq,
            &self.volume,
            &self.trades,
        ]
    }

    pub(crate) fn words(&self) -> RecordWords {
        self.all().map(Word64::get)
    }

    pub(crate) fn restore(&self, words: &RecordWords) {
        self.all().into_iter().zip(words).for_each(|(word, number)| word.set(*number));
    }

    /// Forgets everything but the name.
    pub(crate) fn forget_trades(&self) {
        let [_, trades @ ..] = self.all();
        trades.iter().for_each(|word| word.set(0));
    }

    pub(crate) fn symbol(&self) -> Symbol {
        Symbol::from_bytes(self.symbol.get().to_ne_bytes())
    }

    pub(crate) fn set_symbol(&self, symbol: Symbol) {
        self.symbol.set(u64::from_ne_bytes(*symbol.as_bytes()));
    }

    /// Whether the symbol was named or traded.
    pub(crate) fn is_used(&self) -> bool {
        self.trades.get() > 0 || self.symbol() != Symbol::UNKNOWN
    }

    pub(crate) fn note_trade(&self, trade: LastTrade, printable: bool) {
        self.trade_price.set(trade.price.units().cast_unsigned());
        self.trade_qty.set(trade.qty.shares());
        self.trade_match.set(trade.match_no.get());
        self.trade_time.set(trade.time.get());
        self.trade_seq.set(trade.seq.get());
        self.trades.set(self.trades.get().saturating_add(1));
        let counted = if printable { trade.qty.shares() } else { 0 };
        self.volume.set(self.volume.get().saturating_add(counted));
    }

    pub(crate) fn last_trade(&self) -> Option<LastTrade> {
        (self.trades.get() > 0).then(|| LastTrade {
            price: Price::from_units(self.trade_price.get().cast_signed()),
            qty: Qty::new(self.trade_qty.get()),
            match_no: MatchNo::new(self.trade_match.get()),
            time: Nanos::new(self.trade_time.get()),
            seq: SeqNo::new(self.trade_seq.get()),
        })
    }

    pub(crate) fn volume(&self) -> Qty {
        Qty::new(self.volume.get())
    }
}
