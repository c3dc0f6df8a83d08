//! `hftbacktest`: its vector of ticks, with orders (L3).
//!
//! A book is a vector over a range of prices; each is given exactly the range that its day has,
//! which nobody knows beforehand. Outside of it, it would leave orders out.

use std::collections::HashMap;

use hftbacktest::depth::{
    INVALID_MAX, INVALID_MIN, L3MarketDepth, MarketDepth, ROIVectorMarketDepth,
};
use wirebook::book::Side;

use crate::baseline::Operation;
use crate::peer::{Order, Peer, Touch, locate_max};

/// A book and the step of its prices.
struct Ticked {
    book: ROIVectorMarketDepth,
    tick: u32,
}

pub(crate) struct Books(Vec<Option<Ticked>>);

/// The lowest and the highest price of a symbol, and the step that all of them are multiples of: 1 or 100.
#[derive(Clone, Copy)]
struct Range {
    low: u32,
    high: u32,
    tick: u32,
}

fn ranges(operations: &[Operation]) -> Vec<Option<Range>> {
    let mut ranges = vec![None; 1 + usize::from(locate_max(operations))];
    let mut locates = HashMap::new();
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

impl Books {
    fn book(&mut self, order: &Order) -> Option<&mut ROIVectorMarketDepth> {
        Some(&mut self.0.get_mut(usize::from(order.locate))?.as_mut()?.book)
    }
}

impl Peer for Books {
    fn new(operations: &[Operation]) -> Books {
        let book = |range: Option<Range>| {
            let Range { low, high, tick } = range?;
            let book = ROIVectorMarketDepth::new(tick.into(), 1.0, low.into(), high.into());
            Some(Ticked { book, tick })
        };
        Books(ranges(operations).into_iter().map(book).collect())
    }

    fn add(&mut self, order: &Order) -> Option<()> {
        let (id, price, qty) = (order.order_ref, order.price.into(), order.qty.into());
        let book = self.book(order)?;
        let added = match order.side {
            Side::Bid => book.add_buy_order(id, price, qty, 0),
            Side::Ask => book.add_sell_order(id, price, qty, 0),
        };
        added.ok().map(|_| ())
    }

    fn delete(&mut self, order: &Order) -> Option<()> {
        self.book(order)?.delete_order(order.order_ref, 0).ok().map(|_| ())
    }

    fn reduce(&mut self, order: &Order) -> Option<()> {
        let (price, qty) = (order.price.into(), order.qty.into());
        self.book(order)?.modify_order(order.order_ref, price, qty, 0).ok().map(|_| ())
    }

    fn touch(&self, locate: u16) -> Touch {
        let book = self.0.get(usize::from(locate)).and_then(Option::as_ref);
        let Some(Ticked { book, tick }) = book else { return Touch::default() };
        let level = |best: i64, qty: f64| match best {
            INVALID_MIN | INVALID_MAX => (0, 0),
            best => (u64::try_from(best).unwrap_or(0) * u64::from(*tick), qty as u64),
        };
        [
            level(book.best_bid_tick(), book.best_bid_qty()),
            level(book.best_ask_tick(), book.best_ask_qty()),
        ]
    }
}
