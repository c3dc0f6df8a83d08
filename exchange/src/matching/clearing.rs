//! The price of an auction.

use wirebook_book::{Price, Qty, Side};

/// What would be traded in an auction: limits with quantities on either side, and quantities that
/// take any price. The same limit may occur more than once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Interest {
    /// Limits of buyers.
    pub bids: Vec<(Price, Qty)>,
    /// Limits of sellers.
    pub asks: Vec<(Price, Qty)>,
    /// What is bought at any price.
    pub bids_at_any: Qty,
    /// What is sold at any price.
    pub asks_at_any: Qty,
}

/// What an auction trades at one price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clearing {
    /// The price.
    pub price: Price,
    /// How much is bought and sold.
    pub paired: Qty,
    /// How much of the willing quantity finds no partner.
    pub imbalance: Qty,
    /// On which side that is.
    pub direction: Option<Side>,
}

impl Interest {
    /// Adds one order or level; without a limit it takes any price.
    pub fn add(&mut self, side: Side, limit: Option<Price>, qty: Qty) {
        match (side, limit) {
            (Side::Bid, Some(limit)) => self.bids.push((limit, qty)),
            (Side::Ask, Some(limit)) => self.asks.push((limit, qty)),
            (Side::Bid, None) => self.bids_at_any += qty,
            (Side::Ask, None) => self.asks_at_any += qty,
        }
    }

    /// Whether someone buys and someone sells, at whatever price.
    #[must_use]
    pub fn is_two_sided(&self) -> bool {
        let buys = !self.bids.is_empty() || !self.bids_at_any.is_zero();
        let sells = !self.asks.is_empty() || !self.asks_at_any.is_zero();
        buys && sells
    }

    /// What would trade at this price.
    #[must_use]
    pub fn at(&self, price: Price) -> Clearing {
        let buying = self.bids.iter().filter(|(limit, _)| *limit >= price);
        let selling = self.asks.iter().filter(|(limit, _)| *limit <= price);
        let demand = self.bids_at_any + buying.map(|(_, qty)| *qty).sum();
        let supply = self.asks_at_any + selling.map(|(_, qty)| *qty).sum();
        Clearing::between(price, demand, supply)
    }
}

impl Clearing {
    fn between(price: Price, demand: Qty, supply: Qty) -> Clearing {
        let direction = match demand.cmp(&supply) {
            core::cmp::Ordering::Greater => Some(Side::Bid),
            core::cmp::Ordering::Less => Some(Side::Ask),
            core::cmp::Ordering::Equal => None,
        };
        let imbalance = Qty::new(demand.shares().abs_diff(supply.shares()));
        Clearing { price, paired: demand.min(supply), imbalance, direction }
    }
}

/// The price at which an auction trades the most; of those, the one that leaves the least over;
/// of those, the one nearest to `reference`; of those, the lowest (Nasdaq Equity 4, Rules
/// 4752(d) and 4754(b)(2), without their later tie-breakers). `None` where nothing trades.
///
/// What buyers and sellers would trade changes only at a limit or one tick beyond it, so these
/// prices and the reference are all that need to be tried. Since the volume is the greatest of
/// all prices, no buyer left over can meet a seller left over: if the two could trade at some
/// price, that price would have traded more.
///
/// Cost: O(n log n) in the number of limits.
#[must_use]
pub fn clearing(mut interest: Interest, reference: Option<Price>, tick: Price) -> Option<Clearing> {
    interest.bids.sort_unstable();
    interest.asks.sort_unstable();
    let bids = interest.bids.iter().flat_map(|(limit, _)| [*limit, *limit + tick]);
    let asks = interest.asks.iter().flat_map(|(limit, _)| [*limit - tick, *limit]);
    let mut prices: Vec<Price> =
        bids.chain(asks).chain(reference).filter(|price| *price > Price::ZERO).collect();
    prices.sort_unstable();
    prices.dedup();

    let mut bids = interest.bids.iter().peekable();
    let mut asks = interest.asks.iter().peekable();
    let mut demand = interest.bids_at_any + interest.bids.iter().map(|(_, qty)| *qty).sum();
    let mut supply = interest.asks_at_any;
    let mut best: Option<Clearing> = None;
    for price in prices {
        while let Some((_, qty)) = bids.next_if(|(limit, _)| *limit < price) {
            demand -= *qty;
        }
        while let Some((_, qty)) = asks.next_if(|(limit, _)| *limit <= price) {
            supply += *qty;
        }
        let here = Clearing::between(price, demand, supply);
        if best.is_none_or(|best| here.is_better_than(&best, reference)) {
            best = Some(here);
        }
    }
    best.filter(|best| !best.paired.is_zero())
}

impl Clearing {
    fn is_better_than(&self, other: &Clearing, reference: Option<Price>) -> bool {
        let distance = |price: Price| {
            reference.map_or(0, |reference| price.units().abs_diff(reference.units()))
        };
        let key = |clearing: &Clearing| {
            (core::cmp::Reverse(clearing.paired), clearing.imbalance, distance(clearing.price))
        };
        key(self) < key(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(units: i64) -> Price {
        Price::from_units(units)
    }

    fn interest(bids: &[(i64, u64)], asks: &[(i64, u64)]) -> Interest {
        let side = |levels: &[(i64, u64)]| {
            levels.iter().map(|(limit, qty)| (price(*limit), Qty::new(*qty))).collect()
        };
        Interest { bids: side(bids), asks: side(asks), ..Interest::default() }
    }

    #[test]
    fn trades_the_most() {
        let orders = interest(&[(103, 10), (102, 20), (100, 50)], &[(99, 5), (101, 30), (104, 90)]);
        let found = clearing(orders.clone(), None, price(1)).unwrap();
        // At 101 and 102, 30 buy and 35 sell.
        assert_eq!((found.price, found.paired), (price(101), Qty::new(30)));
        assert_eq!((found.imbalance, found.direction), (Qty::new(5), Some(Side::Ask)));
        assert_eq!(orders.at(found.price), found);
    }

    #[test]
    fn ties_go_to_the_smaller_imbalance_and_then_to_the_reference() {
        let orders = interest(&[(105, 10), (101, 7)], &[(100, 10)]);
        // 10 trade anywhere from 100 to 105; above 101 nothing is left over.
        assert_eq!(clearing(orders.clone(), None, price(1)).unwrap().price, price(102));
        assert_eq!(clearing(orders.clone(), Some(price(103)), price(1)).unwrap().price, price(103));
        assert_eq!(clearing(orders, Some(price(90)), price(1)).unwrap().price, price(102));
    }

    #[test]
    fn orders_without_a_limit_take_the_reference() {
        let mut orders = Interest::default();
        orders.add(Side::Bid, None, Qty::new(300));
        orders.add(Side::Ask, None, Qty::new(200));
        assert!(orders.is_two_sided());
        let found = clearing(orders.clone(), Some(price(77)), price(1)).unwrap();
        assert_eq!((found.price, found.paired), (price(77), Qty::new(200)));
        assert_eq!(clearing(orders, None, price(1)), None);
    }

    #[test]
    fn nothing_trades_where_nobody_meets() {
        assert_eq!(clearing(interest(&[(99, 10)], &[(100, 10)]), Some(price(99)), price(1)), None);
        assert_eq!(clearing(Interest::default(), Some(price(99)), price(1)), None);
    }
}
