//! What a feed did to its books, as a value that others can do again.
//!
//! An update is seven words: it fits a slot of the [ring](crate::ring).

use crate::ring::UPDATE_WORDS;
use crate::{
    FeedState, Locate, MatchNo, Nanos, OrderRef, Price, Qty, SeqNo, Side, Stamp, Symbol, Trade,
    TradeKind, TradingState,
};

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// An order joined its queue.
    Added {
        /// Its reference.
        order_ref: OrderRef,
        /// Its side.
        side: Side,
        /// Its quantity.
        qty: Qty,
        /// Its price.
        price: Price,
    },
    /// An order was executed against, and that was a trade.
    Executed(Trade),
    /// An order was reduced.
    Cancelled {
        /// Its reference.
        order_ref: OrderRef,
        /// By how much.
        qty: Qty,
    },
    /// An order was taken off.
    Deleted(OrderRef),
    /// An order was replaced.
    Replaced {
        /// The reference that it had.
        old: OrderRef,
        /// The one that it has.
        new: OrderRef,
        /// Its quantity.
        qty: Qty,
        /// Its price.
        price: Price,
    },
    /// A level got a quantity.
    LevelSet {
        /// Its side.
        side: Side,
        /// Its price.
        price: Price,
        /// Its quantity.
        qty: Qty,
    },
    /// A trade that changed no book.
    Traded(Trade),
    /// The symbol got its name.
    Named(Symbol),
    /// Whether the symbol trades changed: this is what its book shows now.
    Trading(TradingState),
    /// The symbol's book was marked with this state.
    Marked(FeedState),
    /// The state of the whole feed changed to this.
    Feed(FeedState),
    /// A new session began: all books are empty, for so many times.
    Cleared(u64),
    /// A packet is at its end.
    PacketEnded,
}

/// One thing that a feed did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Update {
    /// The message that it did it for.
    pub at: Stamp,
    /// The symbol; meaningless where it concerns none.
    pub locate: Locate,
    /// What.
    pub done: Done,
}

/// Times have 48 bits, as in the messages.
const TIME_BITS: u32 = 48;

/// The fields of an update, before they are put into words.
#[derive(Default)]
struct Fields {
    kind: u8,
    /// A side, a state or flags.
    flags: u8,
    price: u32,
    qty: u64,
    order: u64,
    other: u64,
    trade_price: u32,
}

const ASK: u8 = 1;
const PRINTABLE: u8 = 1 << 1;
const HAS_ORDER: u8 = 1 << 2;
const HAS_SIDE: u8 = 1 << 3;
const KIND_SHIFT: u8 = 4;

fn key(price: Price) -> u32 {
    // Prices of books and trades have 32 bits; what has not is refused before it comes here.
    price.key().unwrap_or(u32::MAX)
}

fn side(flags: u8) -> Side {
    if flags & ASK == 0 { Side::Bid } else { Side::Ask }
}

const TRADE_KINDS: [TradeKind; 4] =
    [TradeKind::Execution, TradeKind::ExecutionWithPrice, TradeKind::Hidden, TradeKind::Cross];
const TRADING_STATES: [TradingState; 6] = [
    TradingState::Unknown,
    TradingState::Trading,
    TradingState::Halted,
    TradingState::Paused,
    TradingState::QuotationOnly,
    TradingState::OperationalHalt,
];

fn of_trade(kind: u8, trade: &Trade) -> Fields {
    let resting = trade.resting.map_or(0, |side| HAS_SIDE | side as u8);
    let printable = if trade.printable { PRINTABLE } else { 0 };
    let order = if trade.order_ref.is_some() { HAS_ORDER } else { 0 };
    Fields {
        kind,
        flags: resting | printable | order | (trade.kind as u8) << KIND_SHIFT,
        qty: trade.qty.shares(),
        order: trade.order_ref.unwrap_or_default().get(),
        other: trade.match_no.get(),
        trade_price: key(trade.price),
        ..Fields::default()
    }
}

fn trade(locate: Locate, fields: &Fields) -> Option<Trade> {
    let flag = |flag| fields.flags & flag != 0;
    Some(Trade {
        locate,
        kind: *TRADE_KINDS.get(usize::from(fields.flags >> KIND_SHIFT))?,
        resting: flag(HAS_SIDE).then(|| side(fields.flags)),
        order_ref: flag(HAS_ORDER).then(|| OrderRef::new(fields.order)),
        price: Price::from_key(fields.trade_price),
        qty: Qty::new(fields.qty),
        match_no: MatchNo::new(fields.other),
        printable: flag(PRINTABLE),
    })
}

impl Update {
    /// As it stands in a ring.
    #[inline]
    #[must_use]
    pub fn to_words(&self) -> [u64; UPDATE_WORDS] {
        let Fields { kind, flags, price, qty, order, other, trade_price } = self.fields();
        let time = self.at.time.get() & ((1 << TIME_BITS) - 1);
        let all = [
            self.at.seq.get(),
            time | u64::from(self.locate.get()) << TIME_BITS,
            u64::from(price) | u64::from(kind) << 32 | u64::from(flags) << 40,
            qty,
            order,
            other,
            u64::from(trade_price),
        ];
        // There are fewer where a checker follows each word.
        core::array::from_fn(|word| all.get(word).copied().unwrap_or_default())
    }

    fn fields(&self) -> Fields {
        let of = |kind| Fields { kind, ..Fields::default() };
        match self.done {
            Done::Added { order_ref, side, qty, price } => Fields {
                flags: side as u8,
                price: key(price),
                qty: qty.shares(),
                order: order_ref.get(),
                ..of(1)
            },
            Done::Executed(trade) => of_trade(2, &trade),
            Done::Cancelled { order_ref, qty } => {
                Fields { qty: qty.shares(), order: order_ref.get(), ..of(3) }
            }
            Done::Deleted(order_ref) => Fields { order: order_ref.get(), ..of(4) },
            Done::Replaced { old, new, qty, price } => Fields {
                price: key(price),
                qty: qty.shares(),
                order: old.get(),
                other: new.get(),
                ..of(5)
            },
            Done::LevelSet { side, price, qty } => {
                Fields { flags: side as u8, price: key(price), qty: qty.shares(), ..of(6) }
            }
            Done::Traded(trade) => of_trade(7, &trade),
            Done::Named(symbol) => {
                Fields { order: u64::from_ne_bytes(*symbol.as_bytes()), ..of(8) }
            }
            Done::Trading(state) => Fields { flags: state as u8, ..of(9) },
            Done::Marked(state) => Fields { flags: state as u8, ..of(10) },
            Done::Feed(state) => Fields { flags: state as u8, ..of(11) },
            Done::Cleared(clears) => Fields { qty: clears, ..of(12) },
            Done::PacketEnded => of(13),
        }
    }

    /// What stands in a ring; `None` where it is nothing that [`Update::to_words`] gives.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // the parts of words
    pub fn from_words(words: &[u64; UPDATE_WORDS]) -> Option<Update> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let fields = Fields {
            kind: (word(2) >> 32) as u8,
            flags: (word(2) >> 40) as u8,
            price: word(2) as u32,
            qty: word(3),
            order: word(4),
            other: word(5),
            trade_price: word(6) as u32,
        };
        let time = Nanos::new(word(1) & ((1 << TIME_BITS) - 1));
        let locate = Locate::new((word(1) >> TIME_BITS) as u16);
        let at = Stamp { seq: SeqNo::new(word(0)), time };
        Some(Update { at, locate, done: done(locate, &fields)? })
    }
}

fn done(locate: Locate, fields: &Fields) -> Option<Done> {
    let (qty, price) = (Qty::new(fields.qty), Price::from_key(fields.price));
    let order_ref = OrderRef::new(fields.order);
    let feed_state = || FeedState::ALL.get(usize::from(fields.flags)).copied();
    Some(match fields.kind {
        1 => Done::Added { order_ref, side: side(fields.flags), qty, price },
        2 => Done::Executed(trade(locate, fields)?),
        3 => Done::Cancelled { order_ref, qty },
        4 => Done::Deleted(order_ref),
        5 => Done::Replaced { old: order_ref, new: OrderRef::new(fields.other), qty, price },
        6 => Done::LevelSet { side: side(fields.flags), price, qty },
        7 => Done::Traded(trade(locate, fields)?),
        8 => Done::Named(Symbol::from_bytes(fields.order.to_ne_bytes())),
        9 => Done::Trading(*TRADING_STATES.get(usize::from(fields.flags))?),
        10 => Done::Marked(feed_state()?),
        11 => Done::Feed(feed_state()?),
        12 => Done::Cleared(fields.qty),
        13 => Done::PacketEnded,
        _ => return None,
    })
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    fn all() -> Vec<Done> {
        let trade = Trade {
            locate: Locate::new(u16::MAX),
            kind: TradeKind::ExecutionWithPrice,
            resting: Some(Side::Ask),
            order_ref: Some(OrderRef::new(u64::MAX)),
            price: Price::from_key(u32::MAX),
            qty: Qty::new(u64::MAX),
            match_no: MatchNo::new(u64::MAX - 1),
            printable: false,
        };
        let hidden = Trade {
            kind: TradeKind::Cross,
            resting: None,
            order_ref: None,
            printable: true,
            ..trade
        };
        let (order_ref, qty) = (OrderRef::new(1 << 60), Qty::new(7));
        let price = Price::from_key(0x8000_0001);
        let mut all = vec![
            Done::Executed(trade),
            Done::Executed(Trade { resting: Some(Side::Bid), kind: TradeKind::Execution, ..trade }),
            Done::Traded(hidden),
            Done::Cancelled { order_ref, qty },
            Done::Deleted(order_ref),
            Done::Replaced { old: order_ref, new: OrderRef::new(3), qty, price },
            Done::Named(Symbol::new("ABCDEFGH").unwrap()),
            Done::Cleared(9),
            Done::PacketEnded,
        ];
        for side in Side::BOTH {
            all.push(Done::Added { order_ref, side, qty, price });
            all.push(Done::LevelSet { side, price, qty: Qty::new(u64::MAX) });
        }
        all.extend(TRADING_STATES.map(Done::Trading));
        all.extend(FeedState::ALL.map(Done::Marked));
        all.extend(FeedState::ALL.map(Done::Feed));
        all
    }

    #[test]
    fn every_update_is_read_as_it_was_written() {
        let at = Stamp { seq: SeqNo::new(u64::MAX), time: Nanos::new((1 << TIME_BITS) - 1) };
        for done in all() {
            let update = Update { at, locate: Locate::new(u16::MAX), done };
            assert_eq!(Update::from_words(&update.to_words()), Some(update));
        }
        for (state, number) in TRADING_STATES.iter().zip(0..) {
            assert_eq!(*state as u8, number);
        }
        for (kind, number) in TRADE_KINDS.iter().zip(0..) {
            assert_eq!(*kind as u8, number);
        }
    }

    #[test]
    fn words_that_are_no_update_are_none() {
        for kind in (0..=u64::from(u8::MAX)).filter(|kind| !(1..=13).contains(kind)) {
            assert_eq!(Update::from_words(&[1, 2, kind << 32, 3, 4, 5, 6]), None);
        }
        for (kind, flags) in [(9, 6), (10, 6), (11, 200), (2, 0x40), (7, 0xf0)] {
            assert_eq!(Update::from_words(&[1, 2, kind << 32 | flags << 40, 3, 4, 5, 6]), None);
        }
    }
}
