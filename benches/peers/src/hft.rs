//! `hftbacktest`: its vector of ticks, with orders (L3).
//!
//! A book is a vector over a range of prices; each is given exactly the range that its day has,
//! which nobody knows beforehand. Outside of it, it would leave orders out.

use std::collections::HashMap;

use hftbacktest::depth::{
    INVALID_MAX, INVALID_MIN, L3MarketDepth, MarketDepth, ROIVectorMarketDepth,
};
use rustc_hash::FxBuildHasher;
use wirebook::book::Side;

use crate::baseline::Operation;
use crate::peer::{Peer, Touch, locate_max};

pub(crate) struct Books {
    books: Vec<Option<ROIVectorMarketDepth>>,
    /// Its messages name the symbol; those that take from orders do not here.
    locates: HashMap<u64, u16, FxBuildHasher>,
    ticks: Vec<f64>,
}

/// The lowest and the highest price of a symbol, and their greatest common step of 1 or 100.
#[derive(Clone, Copy)]
struct Range {
    low: u32,
    high: u32,
    tick: u32,
}

fn ranges(operations: &[Operation]) -> Vec<Option<Range>> {
    let mut ranges = vec![None; 1 + usize::from(locate_max(operations))];
    let mut locates = HashMap::<u64, u16, FxBuildHasher>::default();
    for operation in operations {
        let (locate, price) = match *operation {
            Operation::Add { locate, order_ref, price, .. } => {
                locates.insert(order_ref, locate);
                (locate, price)
            }
            Operation::Replace { old, new, price, .. } => {
                let Some(locate) = locates.remove(&old) else { continue };
                locates.insert(new, locate);
                (locate, price)
            }
            _ => continue,
        };
        let range = &mut ranges[usize::from(locate)];
        let Range { low, high, tick } =
            range.unwrap_or(Range { low: price, high: price, tick: 100 });
        let tick = if price % 100 == 0 { tick } else { 1 };
        *range = Some(Range { low: low.min(price), high: high.max(price), tick });
    }
    ranges
}

impl Peer for Books {
    fn new(operations: &[Operation]) -> Books {
        let ranges = ranges(operations);
        let book = |range: &Option<Range>| {
            range.map(|Range { low, high, tick }| {
                ROIVectorMarketDepth::new(tick.into(), 1.0, low.into(), high.into())
            })
        };
        let ticks = ranges.iter().map(|range| range.map_or(1.0, |range| range.tick.into()));
        Books {
            books: ranges.iter().map(book).collect(),
            locates: HashMap::default(),
            ticks: ticks.collect(),
        }
    }

    #[inline(never)]
    fn run(&mut self, operations: &[Operation]) -> u64 {
        operations.iter().filter(|operation| self.apply(operation).is_none()).count() as u64
    }

    fn touch(&self, locate: u16) -> Touch {
        let at = usize::from(locate);
        let Some(Some(book)) = self.books.get(at) else { return Touch::default() };
        let level = |tick: i64, qty: f64| match tick {
            INVALID_MIN | INVALID_MAX => (0, 0),
            tick => ((tick as f64 * self.ticks[at]) as u64, qty as u64),
        };
        [
            level(book.best_bid_tick(), book.best_bid_qty()),
            level(book.best_ask_tick(), book.best_ask_qty()),
        ]
    }
}

impl Books {
    fn book(&mut self, locate: u16) -> Option<&mut ROIVectorMarketDepth> {
        self.books.get_mut(usize::from(locate))?.as_mut()
    }

    fn apply(&mut self, operation: &Operation) -> Option<()> {
        match *operation {
            Operation::Add { locate, side, order_ref, qty, price } => {
                self.locates.insert(order_ref, locate);
                self.add(locate, side, order_ref, qty, price)
            }
            Operation::Reduce { order_ref, qty } => {
                let locate = *self.locates.get(&order_ref)?;
                let tick = self.ticks[usize::from(locate)];
                let book = self.book(locate)?;
                let order = book.orders().get(&order_ref)?;
                let (price, left) = (order.price_tick as f64 * tick, order.qty - f64::from(qty));
                if left > 0.0 {
                    book.modify_order(order_ref, price, left, 0).ok()?;
                    Some(())
                } else {
                    self.delete(order_ref).map(|_| ())
                }
            }
            Operation::Delete { order_ref } => self.delete(order_ref).map(|_| ()),
            Operation::Replace { old, new, qty, price } => {
                let (locate, side) = self.delete(old)?;
                self.locates.insert(new, locate);
                self.add(locate, side, new, qty, price)
            }
        }
    }

    fn add(&mut self, locate: u16, side: Side, order_ref: u64, qty: u32, price: u32) -> Option<()> {
        let (book, price, qty) = (self.book(locate)?, price.into(), qty.into());
        match side {
            Side::Bid => book.add_buy_order(order_ref, price, qty, 0).ok()?,
            Side::Ask => book.add_sell_order(order_ref, price, qty, 0).ok()?,
        };
        Some(())
    }

    fn delete(&mut self, order_ref: u64) -> Option<(u16, Side)> {
        let locate = self.locates.remove(&order_ref)?;
        let (side, ..) = self.book(locate)?.delete_order(order_ref, 0).ok()?;
        let is_bid = side == hftbacktest::types::Side::Buy;
        Some((locate, if is_bid { Side::Bid } else { Side::Ask }))
    }
}
