//! Amounts of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;
use wirebook_book::{Price, Qty};

/// An amount of the quoted currency, counted in 10⁻⁶. Sums saturate at ±9.2 × 10¹² units of
/// currency, far beyond what any position limit allows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// Micros in one unit of a [`Price`].
    const MICROS_PER_PRICE_UNIT: i64 = 1_000_000 / Price::UNITS_PER_ONE;

    /// An amount of `micros` × 10⁻⁶.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Money {
        Money(micros)
    }

    /// A whole number of currency units.
    #[must_use]
    pub const fn whole(units: i64) -> Money {
        Money(units.saturating_mul(1_000_000))
    }

    /// The number of 10⁻⁶ units.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// What `qty` costs at `price`.
    #[must_use]
    pub fn of(price: Price, qty: Qty) -> Money {
        let shares = i64::try_from(qty.shares()).unwrap_or(i64::MAX);
        Money::per_share(Money(price.units().saturating_mul(Money::MICROS_PER_PRICE_UNIT)), shares)
    }

    /// What a position of `shares` (negative for short) is worth at `each`.
    #[must_use]
    pub const fn per_share(each: Money, shares: i64) -> Money {
        Money(each.0.saturating_mul(shares))
    }

    /// What one share costs at `price`.
    #[must_use]
    pub const fn each(price: Price) -> Money {
        Money(price.units().saturating_mul(Money::MICROS_PER_PRICE_UNIT))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(parts: I) -> Money {
        parts.fold(Money::ZERO, Money::add)
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Decimal {
        Decimal::new(money.0, 6)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// With two decimals, rounded to the nearest (halves away from zero).
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0.unsigned_abs() + 5_000) / 10_000;
        let sign = if self.0 < 0 && cents > 0 { "-" } else { "" };
        f.pad(&format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_times_a_quantity() {
        let cost = Money::of(Price::from_units(5_853_300), Qty::new(100));
        assert_eq!(cost, Money::whole(58_533));
        assert_eq!(cost.to_string(), "58533.00");
        assert_eq!(Decimal::from(cost), Decimal::from(58_533));
    }

    #[test]
    fn shows_cents_rounded() {
        assert_eq!(Money::from_micros(-1_235_000).to_string(), "-1.24");
        assert_eq!(Money::from_micros(-4_999).to_string(), "0.00");
    }

    #[test]
    fn saturates() {
        let much = Money::of(Price::MAX_BOOK, Qty::new(u64::MAX));
        assert_eq!(much + much, Money::from_micros(i64::MAX));
    }
}
