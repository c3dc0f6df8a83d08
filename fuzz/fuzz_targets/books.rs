//! Any operations on small books: the books agree with the plain books after each of them.
//!
//! The first bytes set the capacities, so that they run out in many inputs; then each operation
//! takes a byte for its kind and one for each of its parts. A part is drawn from little, with the
//! edges of its range among it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirebook_book::{
    Capacity, FeedState, Locate, MatchNo, NewOrder, OrderRef, Price, Qty, Side, Symbol, Trade,
    TradeKind, TradingState,
};

#[path = "../../book/tests/plain/mod.rs"]
mod plain;

use plain::{Operation, Pair};

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (orders, levels, bytes) = input;
    let mut pair = Pair::new(Capacity {
        orders: u32::from(orders % 64) + 1,
        levels: u32::from(levels % 64) + 1,
        locates: 3,
    });
    let mut parts = Parts { bytes };
    while let Some(operation) = parts.operation() {
        pair.apply(operation);
        pair.compare_counts(operation.locate().unwrap_or(Locate::new(0)));
        if parts.bytes.len() % 16 == 0 {
            pair.compare();
        }
    }
    pair.compare();
});

/// What is left of the input.
struct Parts<'a> {
    bytes: &'a [u8],
}

impl Parts<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn operation(&mut self) -> Option<Operation> {
        Some(match self.byte()? % 32 {
            0..10 => Operation::Add {
                locate: self.locate()?,
                order: NewOrder {
                    order_ref: self.order_ref()?,
                    side: self.side()?,
                    qty: self.qty()?,
                    price: self.price()?,
                },
            },
            10..13 => Operation::Execute {
                locate: self.locate()?,
                order_ref: self.order_ref()?,
                qty: self.qty()?,
            },
            13..15 => Operation::Cancel {
                locate: self.locate()?,
                order_ref: self.order_ref()?,
                qty: self.qty()?,
            },
            15..19 => Operation::Delete { locate: self.locate()?, order_ref: self.order_ref()? },
            19..23 => Operation::Replace {
                locate: self.locate()?,
                old: self.order_ref()?,
                new: self.order_ref()?,
                qty: self.qty()?,
                price: self.price()?,
            },
            23..26 => Operation::SetLevel {
                locate: self.locate()?,
                side: self.side()?,
                price: self.price()?,
                qty: self.qty()?,
            },
            26 => Operation::Name {
                locate: self.locate()?,
                symbol: Symbol::from_bytes([self.byte()?, b'A', 0, 0, 0, 0, 0, 0]),
            },
            27 => Operation::SetTradingState { locate: self.locate()?, state: self.trading()? },
            28 if self.byte()? % 4 == 0 => Operation::MarkSuspect { locate: self.locate()? },
            28 => Operation::EndOperationalHalt { locate: self.locate()? },
            29 => Operation::NoteTrade(Trade {
                locate: self.locate()?,
                kind: TradeKind::Hidden,
                resting: None,
                order_ref: None,
                price: self.price()?,
                qty: self.qty()?,
                match_no: MatchNo::new(u64::from(self.byte()?)),
                printable: self.byte()? % 2 == 0,
            }),
            30 => {
                let states = FeedState::ALL;
                Operation::SetFeedState(states[usize::from(self.byte()?) % states.len()])
            }
            _ => Operation::Clear,
        })
    }

    /// Three symbols, and one locate of four beyond them.
    fn locate(&mut self) -> Option<Locate> {
        Some(Locate::new(u16::from(self.byte()? % 4)))
    }

    fn order_ref(&mut self) -> Option<OrderRef> {
        let byte = u64::from(self.byte()?);
        Some(OrderRef::new(if byte == 255 { u64::MAX } else { byte }))
    }

    fn side(&mut self) -> Option<Side> {
        Some(Side::BOTH[usize::from(self.byte()? % 2)])
    }

    fn price(&mut self) -> Option<Price> {
        let top = Price::MAX_BOOK.units();
        let units = match self.byte()? {
            255 => i64::MAX,
            254 => i64::MIN,
            253 => top + 1,
            252 => top,
            251 => -1,
            250 => 0,
            tick => 5_853_300 + i64::from(tick),
        };
        Some(Price::from_units(units))
    }

    fn qty(&mut self) -> Option<Qty> {
        let top = u64::from(u32::MAX);
        let shares = match self.byte()? {
            255 => u64::MAX,
            254 => top + 1,
            253 => top,
            byte => u64::from(byte % 8),
        };
        Some(Qty::new(shares))
    }

    fn trading(&mut self) -> Option<TradingState> {
        Some(match self.byte()? % 6 {
            0 => TradingState::Unknown,
            1 => TradingState::Trading,
            2 => TradingState::Halted,
            3 => TradingState::Paused,
            4 => TradingState::QuotationOnly,
            _ => TradingState::OperationalHalt,
        })
    }
}
