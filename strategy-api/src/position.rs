//! What a strategy holds.

use wirebook_book::{Price, Qty, Side};

use crate::Money;

/// What a strategy holds of one symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// Shares; negative for short.
    pub shares: i64,
    /// Money received minus money paid for shares, before fees.
    pub cash: Money,
    /// Fees paid minus rebates received.
    pub fees: Money,
    /// Shares bought.
    pub bought: Qty,
    /// Shares sold.
    pub sold: Qty,
    /// Number of fills.
    pub fills: u64,
}

impl Position {
    /// What it has earned before fees if the shares are worth `mark` each.
    #[must_use]
    pub fn pnl_before_fees(&self, mark: Money) -> Money {
        self.cash + Money::per_share(mark, self.shares)
    }

    /// What it has earned after fees if the shares are worth `mark` each.
    #[must_use]
    pub fn pnl(&self, mark: Money) -> Money {
        self.pnl_before_fees(mark) - self.fees
    }

    /// Takes a fill into account.
    pub(crate) fn fill(&mut self, side: Side, price: Price, qty: Qty, fee: Money) {
        let shares = i64::try_from(qty.shares()).unwrap_or(i64::MAX);
        let paid = Money::of(price, qty);
        match side {
            Side::Bid => {
                self.shares = self.shares.saturating_add(shares);
                self.cash -= paid;
                self.bought += qty;
            }
            Side::Ask => {
                self.shares = self.shares.saturating_sub(shares);
                self.cash += paid;
                self.sold += qty;
            }
        }
        self.fees += fee;
        self.fills += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_earns_the_difference_less_fees() {
        let mut position = Position::default();
        position.fill(Side::Bid, Price::from_units(100_000), 200.into(), Money::from_micros(-400));
        assert_eq!(position.shares, 200);
        assert_eq!(position.pnl_before_fees(Money::whole(11)), Money::whole(200));
        position.fill(Side::Ask, Price::from_units(100_100), 200.into(), Money::from_micros(600));
        assert_eq!((position.shares, position.cash), (0, Money::whole(2)));
        assert_eq!(position.pnl(Money::whole(99)), Money::from_micros(2_000_000 - 200));
        assert_eq!((position.bought, position.sold), (200.into(), 200.into()));
        assert_eq!(position.fills, 2);
    }

    #[test]
    fn a_short_position_loses_when_the_price_rises() {
        let mut position = Position::default();
        position.fill(Side::Ask, Price::from_units(100_000), 100.into(), Money::ZERO);
        assert_eq!(position.shares, -100);
        assert_eq!(position.pnl(Money::whole(11)), Money::whole(-100));
    }
}
