//! A long run of one random market, with the books held to the plain books all the way.
//!
//! Unlike the draws of the property tests these look at what is live: nearly every message hits
//! an order, symbols have a price that wanders, the number of orders rises and falls like a
//! tide, and now and then it is high enough to exhaust the capacities. The run is short unless
//! `WIREBOOK_SOAK_OPERATIONS` asks for more; `WIREBOOK_SOAK_SEED` changes it.

#![forbid(unsafe_code)]

mod plain;

use std::env;

use plain::{Operation, Pair};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use wirebook_book::{
    Capacity, FeedState, Locate, MatchNo, NewOrder, OrderRef, Price, Qty, Side, Symbol, Trade,
    TradeKind, TradingState,
};

/// Symbols with orders; the ones after them have bare levels.
const ORDER_SYMBOLS: u16 = 40;
const SYMBOLS: u16 = 44;
/// Two more locates than symbols, and one fewer than messages name.
const CAPACITY: Capacity = Capacity { orders: 6000, levels: 3000, locates: SYMBOLS as u32 + 2 };
/// How many orders the market has at its tides; at the high one more than there is room for.
const TIDES: [usize; 4] = [200, 4000, 1000, 6200];
const TIDE_OPERATIONS: u64 = 60_000;
const COMPARE_OPERATIONS: u64 = 10_007;

/// The market: what is live, and where prices are.
struct Market {
    draw: Xoshiro256PlusPlus,
    live: Vec<(OrderRef, Locate)>,
    next_ref: u64,
    mids: [i64; SYMBOLS as usize],
    done: u64,
}

impl Market {
    fn new(seed: u64) -> Market {
        Market {
            draw: Xoshiro256PlusPlus::seed_from_u64(seed),
            live: Vec::new(),
            next_ref: 1,
            mids: [1_000_000; SYMBOLS as usize],
            done: 0,
        }
    }

    fn next(&mut self) -> Operation {
        self.done += 1;
        let tide = TIDES[usize::try_from(self.done / TIDE_OPERATIONS).expect("64 bits") % 4];
        let rising = self.live.len() < tide;
        match self.draw.random_range(0..1000) {
            0..5 => self.wrong(),
            5..10 => self.aside(),
            10..60 => self.set_level(),
            60..460 if rising => self.add(),
            60..200 => self.add(),
            200..350 => self.replace(),
            350..500 => self.execute(),
            500..560 => self.cancel(),
            _ if rising => self.add(),
            _ => self.delete(),
        }
    }

    /// A price of a symbol: near the middle mostly, sometimes far out, seldom across it.
    fn price(&mut self, locate: Locate, side: Side) -> Price {
        let mid = &mut self.mids[locate.index()];
        if self.draw.random_range(0..20) == 0 {
            *mid += self.draw.random_range(-5..=5) * 100;
        }
        let width = [3, 10, 40, 400][self.draw.random_range(0..4)];
        let away = (self.draw.random_range(0..width) - 1) * 100;
        Price::from_units(*mid - away * side.sign())
    }

    fn side(&mut self) -> Side {
        Side::BOTH[self.draw.random_range(0..2)]
    }

    fn qty(&mut self) -> Qty {
        Qty::new(self.draw.random_range(1..=5) * 100)
    }

    fn new_ref(&mut self) -> OrderRef {
        self.next_ref += self.draw.random_range(1..4);
        OrderRef::new(self.next_ref)
    }

    /// A live order: a recent one half of the time. It may have left without our noticing.
    fn pick(&mut self, leaves: bool) -> Option<(OrderRef, Locate)> {
        let count = self.live.len();
        let recent = if self.draw.random_bool(0.5) { count.min(50) } else { count };
        let at = count - 1 - self.draw.random_range(0..recent.max(1)).min(count.checked_sub(1)?);
        Some(if leaves { self.live.swap_remove(at) } else { self.live[at] })
    }

    fn add(&mut self) -> Operation {
        // Few symbols have most of the orders.
        let locate = self.draw.random_range(0..ORDER_SYMBOLS) * self.draw.random_range(0..=1);
        let (locate, side) = (Locate::new(locate), self.side());
        let (price, qty) = (self.price(locate, side), self.qty());
        let order_ref = self.new_ref();
        self.live.push((order_ref, locate));
        Operation::Add { locate, order: NewOrder { order_ref, side, qty, price } }
    }

    fn replace(&mut self) -> Operation {
        let Some((old, locate)) = self.pick(true) else { return self.add() };
        let (side, new) = (self.side(), self.new_ref());
        let (price, qty) = (self.price(locate, side), self.qty());
        self.live.push((new, locate));
        Operation::Replace { locate, old, new, qty, price }
    }

    fn execute(&mut self) -> Operation {
        let Some((order_ref, locate)) = self.pick(false) else { return self.add() };
        Operation::Execute { locate, order_ref, qty: Qty::new(100) }
    }

    fn cancel(&mut self) -> Operation {
        let Some((order_ref, locate)) = self.pick(false) else { return self.add() };
        Operation::Cancel { locate, order_ref, qty: Qty::new(100) }
    }

    fn delete(&mut self) -> Operation {
        let Some((order_ref, locate)) = self.pick(true) else { return self.add() };
        Operation::Delete { locate, order_ref }
    }

    fn set_level(&mut self) -> Operation {
        let locate = Locate::new(self.draw.random_range(ORDER_SYMBOLS..SYMBOLS));
        let side = self.side();
        let price = self.price(locate, side);
        let qty = if self.draw.random_bool(0.6) { self.qty() } else { Qty::ZERO };
        Operation::SetLevel { locate, side, price, qty }
    }

    /// A message that contradicts the books, or is likely to.
    fn wrong(&mut self) -> Operation {
        let Some((order_ref, locate)) = self.pick(false) else { return self.add() };
        let stray = Locate::new(self.draw.random_range(0..SYMBOLS + 4));
        let price = [-1, 0, i64::from(u32::MAX), i64::from(u32::MAX) + 1];
        let price = Price::from_units(price[self.draw.random_range(0..4)]);
        let qty = [0, u64::from(u32::MAX), u64::MAX][self.draw.random_range(0..3)];
        let (side, qty) = (self.side(), Qty::new(qty));
        let new = self.new_ref();
        match self.draw.random_range(0..7) {
            0 => Operation::Add { locate: stray, order: NewOrder { order_ref, side, qty, price } },
            1 => Operation::Execute { locate, order_ref, qty },
            2 => Operation::Cancel { locate: stray, order_ref, qty: Qty::new(100) },
            3 => Operation::Delete { locate, order_ref: new },
            4 => Operation::Replace { locate, old: order_ref, new: order_ref, qty, price },
            5 => Operation::Replace { locate: stray, old: order_ref, new, qty, price },
            _ => Operation::SetLevel { locate: stray, side, price, qty },
        }
    }

    fn aside(&mut self) -> Operation {
        let locate = Locate::new(self.draw.random_range(0..SYMBOLS + 4));
        match self.draw.random_range(0..40) {
            0..8 => Operation::SetFeedState(FeedState::ALL[self.draw.random_range(0..6)]),
            8..14 => Operation::SetFeedState(FeedState::Live),
            14..19 => Operation::EndOperationalHalt { locate },
            19 => Operation::MarkSuspect { locate },
            20..24 => Operation::SetTradingState { locate, state: TradingState::OperationalHalt },
            24..28 => Operation::SetTradingState { locate, state: TradingState::Halted },
            28..32 => Operation::SetTradingState { locate, state: TradingState::Trading },
            32..35 => Operation::Name { locate, symbol: Symbol::new("SOAK").unwrap_or_default() },
            35..38 => Operation::NoteTrade(Trade {
                locate,
                kind: TradeKind::Execution,
                resting: None,
                order_ref: None,
                price: Price::from_units(self.draw.random()),
                qty: Qty::new(self.draw.random()),
                match_no: MatchNo::new(self.done),
                printable: self.draw.random(),
            }),
            // Dead books come back to life; the market starts anew.
            _ if self.draw.random_bool(0.2) => {
                self.live.clear();
                Operation::Clear
            }
            _ => Operation::SetTradingState { locate, state: TradingState::Paused },
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn the_books_agree_with_the_plain_books_for_as_long_as_it_takes() {
    let operations = setting("WIREBOOK_SOAK_OPERATIONS", 150_000);
    let mut market = Market::new(setting("WIREBOOK_SOAK_SEED", 1));
    let (mut pair, mut orders_most, mut depth_most) = (Pair::new(CAPACITY), 0, 0);
    for done in 1..=operations {
        let operation = market.next();
        pair.apply(operation);
        let locate = operation.locate().unwrap_or(Locate::new(0));
        pair.compare_counts(locate);
        orders_most = orders_most.max(pair.books.orders_live());
        if let Some(book) = pair.books.book(locate) {
            depth_most = depth_most.max(book.depth(Side::Bid));
        }
        if done % COMPARE_OPERATIONS == 0 {
            pair.compare();
        }
    }
    pair.compare();
    println!(
        "{operations} operations, at most {orders_most} orders and {depth_most} levels on a side"
    );
    println!("{:?}", pair.books.rejects());
    assert!(orders_most > 1000 && depth_most > 100, "the market is too quiet to prove anything");
}
