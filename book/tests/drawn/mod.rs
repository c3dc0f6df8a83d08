//! Random operations for property tests.
//!
//! What is drawn depends on nothing but numbers, never on the state of the books, so that a list
//! of operations can be shortened freely. Interesting meetings are made frequent by drawing from
//! little: a dozen references, a handful of prices, quantities that often are the whole order.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wirebook_book::{
    FeedState, Locate, MatchNo, NewOrder, OrderRef, Price, Qty, Side, Symbol, Trade, TradeKind,
    TradingState,
};

use crate::plain::Operation;

/// The symbol whose levels are set without orders.
const BARE_LOCATE: Locate = Locate::new(2);

/// How much is drawn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market {
    /// References of orders.
    refs: u64,
    /// Whether they are far apart, so that they meet by chance wherever they are filed.
    scattered: bool,
    /// Prices next to each other.
    prices: u32,
    /// Of a hundred draws, how many are at an edge or wrong.
    odd: u32,
    /// Weights of the kinds.
    adds: u32,
    leaves: u32,
    replaces: u32,
    set_levels: u32,
    asides: u32,
    clears: u32,
}

impl Market {
    pub(crate) const SMALL: Market = Market {
        refs: 12,
        scattered: false,
        prices: 5,
        odd: 8,
        adds: 45,
        leaves: 28,
        replaces: 14,
        set_levels: 8,
        asides: 10,
        clears: 1,
    };
    /// Dead books are soon cleared.
    pub(crate) const TIGHT: Market = Market { clears: 6, ..Market::SMALL };
    pub(crate) const QUEUES: Market =
        Market { refs: 120, prices: 2, odd: 1, adds: 60, ..Market::CALM };
    const CALM: Market = Market { odd: 0, asides: 0, clears: 0, ..Market::SMALL };
    pub(crate) const DEEP: Market =
        Market { refs: 2500, prices: 700, set_levels: 20, ..Market::CALM };
    pub(crate) const CROWDED: Market =
        Market { refs: 150, scattered: true, prices: 20, adds: 60, ..Market::CALM };
    pub(crate) const BARE: Market =
        Market { prices: 500, adds: 1, leaves: 1, replaces: 1, set_levels: 97, ..Market::CALM };

    pub(crate) fn rising(self) -> Market {
        Market { adds: 85, leaves: 5, replaces: 5, ..self }
    }

    pub(crate) fn falling(self) -> Market {
        Market { adds: 4, leaves: 90, replaces: 4, ..self }
    }

    /// The reference with a number. It is odd where the number is.
    fn order_ref(self, number: u64) -> OrderRef {
        let far = (number ^ number << 32).wrapping_mul(0x2545_f491_4f6c_dd1d);
        let far = (far ^ far >> 29).wrapping_mul(0x9fb2_1c65_1e98_df25);
        OrderRef::new(if self.scattered { far & !1 | number & 1 } else { number })
    }
}

/// A list of operations.
pub(crate) fn operations(
    market: Market,
    count: Range<usize>,
) -> impl Strategy<Value = Vec<Operation>> {
    vec(operation(market), count)
}

fn operation(market: Market) -> impl Strategy<Value = Operation> {
    prop_oneof![
        market.adds => add(market),
        market.leaves => leave(market),
        market.replaces => replace(market),
        market.set_levels => set_level(market),
        market.asides => aside(market),
        market.clears => Just(Operation::Clear),
    ]
}

fn add(market: Market) -> impl Strategy<Value = Operation> {
    let order = (homed(market), side(), price(market), qty(market));
    order.prop_map(move |((locate, number), side, price, qty)| {
        let order_ref = market.order_ref(number);
        Operation::Add { locate, order: NewOrder { order_ref, side, qty, price } }
    })
}

fn leave(market: Market) -> impl Strategy<Value = Operation> {
    (homed(market), qty(market), 0..5u32).prop_map(move |((locate, number), qty, kind)| {
        let order_ref = market.order_ref(number);
        match kind {
            0 | 1 => Operation::Execute { locate, order_ref, qty },
            2 => Operation::Cancel { locate, order_ref, qty },
            _ => Operation::Delete { locate, order_ref },
        }
    })
}

fn replace(market: Market) -> impl Strategy<Value = Operation> {
    let parts = (homed(market), homed(market), price(market), qty(market));
    parts.prop_map(move |((locate, old), (_, new), price, qty)| {
        // Most replacements stay with their symbol; see `homed`.
        let new = if new.is_multiple_of(7) { new } else { new & !1 | old & 1 };
        let (old, new) = (market.order_ref(old), market.order_ref(new));
        Operation::Replace { locate, old, new, qty, price }
    })
}

fn set_level(market: Market) -> impl Strategy<Value = Operation> {
    let locate = oddly(1 + market.odd, Just(BARE_LOCATE), stray_locate());
    (locate, side(), price(market), level_qty(market))
        .prop_map(|(locate, side, price, qty)| Operation::SetLevel { locate, side, price, qty })
}

/// What comes seldom.
fn aside(market: Market) -> impl Strategy<Value = Operation> {
    let locate = || oddly(10, (0..3u16).prop_map(Locate::new), stray_locate());
    let symbols = ["AAPL", "MSFT", "", "ZWZZT\0"].map(|text| Symbol::new(text).unwrap_or_default());
    let trading = [
        TradingState::Unknown,
        TradingState::Trading,
        TradingState::Halted,
        TradingState::Paused,
        TradingState::QuotationOnly,
        TradingState::OperationalHalt,
        TradingState::OperationalHalt,
    ];
    prop_oneof![
        2 => (locate(), select(symbols.to_vec()))
            .prop_map(|(locate, symbol)| Operation::Name { locate, symbol }),
        4 => (locate(), select(trading.to_vec()))
            .prop_map(|(locate, state)| Operation::SetTradingState { locate, state }),
        2 => locate().prop_map(|locate| Operation::EndOperationalHalt { locate }),
        1 => locate().prop_map(|locate| Operation::MarkSuspect { locate }),
        4 => (locate(), price(market), qty(market), any::<(u64, bool)>())
            .prop_map(|(locate, price, qty, (number, printable))| Operation::NoteTrade(Trade {
                locate,
                kind: TradeKind::Hidden,
                resting: None,
                order_ref: None,
                price,
                qty,
                match_no: MatchNo::new(number),
                printable,
            })),
        2 => select(FeedState::ALL.to_vec()).prop_map(Operation::SetFeedState),
        2 => Just(Operation::SetFeedState(FeedState::Live)),
    ]
}

/// The number of a reference and a symbol. Even references are the first symbol's, odd ones the second's, so
/// that most messages on an order name the right symbol.
fn homed(market: Market) -> impl Strategy<Value = (Locate, u64)> {
    let edges = vec![u64::MAX, u64::MAX - 1, 1 << 63, 1 << 32, 4_000_000];
    let number = oddly(market.odd, 0..market.refs, select(edges));
    let home = |number: u64| Locate::new(u16::from(!number.is_multiple_of(2)));
    let stray = oddly(market.odd, Just(None), stray_locate().prop_map(Some));
    (number, stray).prop_map(move |(number, stray)| (stray.unwrap_or(home(number)), number))
}

/// Any symbol, often one beyond the capacity.
fn stray_locate() -> impl Strategy<Value = Locate> {
    select(vec![0, 1, 2, 3, 4, 5, 64, 1000, u16::MAX]).prop_map(Locate::new)
}

fn side() -> impl Strategy<Value = Side> {
    select(Side::BOTH.to_vec())
}

fn price(market: Market) -> impl Strategy<Value = Price> {
    let top = Price::MAX_BOOK.units();
    let edges = vec![-1, 0, 1, top - 1, top, top + 1, i64::MIN, i64::MAX];
    oddly(
        market.odd,
        (0..i64::from(market.prices)).prop_map(|tick| 5_853_300 + tick),
        select(edges),
    )
    .prop_map(Price::from_units)
}

fn qty(market: Market) -> impl Strategy<Value = Qty> {
    let top = u64::from(u32::MAX);
    let edges = vec![0, 0, top - 1, top, top + 1, (top + 1) * 2 + 1, u64::MAX];
    oddly(market.odd, 1..4u64, select(edges)).prop_map(Qty::new)
}

fn level_qty(market: Market) -> impl Strategy<Value = Qty> {
    prop_oneof![6 => 1..4u64, 4 => Just(0), market.odd => select(vec![1 << 32, u64::MAX])]
        .prop_map(Qty::new)
}

/// Of a hundred draws, so many are odd.
fn oddly<T: std::fmt::Debug>(
    odd: u32,
    even_draw: impl Strategy<Value = T>,
    odd_draw: impl Strategy<Value = T>,
) -> impl Strategy<Value = T> {
    prop_oneof![100 - odd => even_draw, odd => odd_draw]
}
