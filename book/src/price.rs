//! Fixed-point prices.

use core::fmt;
use core::ops::{Add, Neg, Sub};

use rust_decimal::Decimal;
use thiserror::Error;

/// A price, counted in units of 10⁻⁴ of the quoted currency (so `5_853_300` is 585.33).
///
/// The unit is that of NASDAQ ITCH 5.0 ("Price(4)", section 3 of the specification). A `Price`
/// is signed so that differences of prices are prices too; what a *book* accepts is narrower,
/// see [`Price::MAX_BOOK`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Price(i64);

impl Price {
    /// Decimal places of the unit.
    pub const DECIMALS: u32 = 4;
    /// Units in one whole currency unit.
    pub const UNITS_PER_ONE: i64 = 10_000;
    /// No units at all. In touch tapes it stands, with a quantity of zero, for an empty side.
    pub const ZERO: Price = Price(0);
    /// The highest price that a book holds (429,496.7295). A price below zero or above this is
    /// refused by the book.
    pub const MAX_BOOK: Price = Price(u32::MAX as i64);

    /// A price of `units` × 10⁻⁴.
    #[must_use]
    pub const fn from_units(units: i64) -> Price {
        Price(units)
    }

    /// The number of 10⁻⁴ units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// `None` where the difference leaves the range of `i64` units.
    #[must_use]
    pub const fn checked_sub(self, other: Price) -> Option<Price> {
        match self.0.checked_sub(other.0) {
            Some(units) => Some(Price(units)),
            None => None,
        }
    }

    /// The largest multiple of `tick` that is not above this price (or, where no `i64` holds it,
    /// the lowest price). A tick of zero or less leaves the price as it is.
    #[must_use]
    pub const fn round_down(self, tick: Price) -> Price {
        Price(self.0.saturating_sub(self.above(tick)))
    }

    /// The smallest multiple of `tick` that is not below this price (or, where no `i64` holds it,
    /// the highest price). A tick of zero or less leaves the price as it is.
    #[must_use]
    pub const fn round_up(self, tick: Price) -> Price {
        match self.above(tick) {
            0 => self,
            above => Price(self.0.saturating_add(tick.0 - above)),
        }
    }

    /// How far the price is above a multiple of `tick`.
    const fn above(self, tick: Price) -> i64 {
        if tick.0 <= 0 { 0 } else { self.0.rem_euclid(tick.0) }
    }

    /// The key under which a book files this price, if a book holds such prices.
    pub(crate) const fn key(self) -> Option<u32> {
        if self.0 < 0 || self.0 > u32::MAX as i64 {
            None
        } else {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked above
            Some(self.0 as u32)
        }
    }

    pub(crate) const fn from_key(key: u32) -> Price {
        Price(key as i64)
    }
}

/// Saturating: a sum that no `i64` holds stays at the end of the range.
impl Add for Price {
    type Output = Price;
    fn add(self, other: Price) -> Price {
        Price(self.0.saturating_add(other.0))
    }
}

/// Saturating, as [`Price::add`].
impl Sub for Price {
    type Output = Price;
    fn sub(self, other: Price) -> Price {
        Price(self.0.saturating_sub(other.0))
    }
}

impl Neg for Price {
    type Output = Price;
    fn neg(self) -> Price {
        Price(self.0.saturating_neg())
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whole part, point, four decimals: `585.3300`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let one = Price::UNITS_PER_ONE.unsigned_abs();
        write!(f, "{sign}{}.{:04}", magnitude / one, magnitude % one)
    }
}

impl From<Price> for Decimal {
    fn from(price: Price) -> Decimal {
        Decimal::new(price.0, Price::DECIMALS)
    }
}

/// A decimal number that is no [`Price`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PriceError {
    /// It has more than four decimals that are not zero.
    #[error("{0} has more than 4 decimals")]
    Precision(Decimal),
    /// It is beyond what 64 bits of 10⁻⁴ units hold.
    #[error("{0} is out of range for a price")]
    Range(Decimal),
}

impl TryFrom<Decimal> for Price {
    type Error = PriceError;

    /// Exact or refused: a price is never rounded on its way in.
    fn try_from(decimal: Decimal) -> Result<Price, PriceError> {
        let scaled = decimal
            .checked_mul(Decimal::from(Price::UNITS_PER_ONE))
            .ok_or(PriceError::Range(decimal))?;
        if !scaled.fract().is_zero() {
            return Err(PriceError::Precision(decimal));
        }
        i64::try_from(scaled).map(Price).map_err(|_| PriceError::Range(decimal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_four_decimals_and_a_sign() {
        assert_eq!(Price::from_units(5_853_300).to_string(), "585.3300");
        assert_eq!(Price::from_units(-1).to_string(), "-0.0001");
    }

    #[test]
    fn decimals_go_in_exactly_or_not_at_all() {
        let exact = Decimal::new(58_533, 2);
        assert_eq!(Price::try_from(exact), Ok(Price::from_units(5_853_300)));
        assert_eq!(Decimal::from(Price::from_units(5_853_300)), exact);
        let fine = Decimal::new(123_456, 5);
        assert_eq!(Price::try_from(fine), Err(PriceError::Precision(fine)));
        assert_eq!(Price::try_from(Decimal::MAX), Err(PriceError::Range(Decimal::MAX)));
    }

    #[test]
    fn rounds_to_the_tick_on_both_sides_of_zero() {
        let tick = Price::from_units(100);
        assert_eq!(Price::from_units(5_853_350).round_down(tick), Price::from_units(5_853_300));
        assert_eq!(Price::from_units(5_853_350).round_up(tick), Price::from_units(5_853_400));
        assert_eq!(Price::from_units(5_853_300).round_up(tick), Price::from_units(5_853_300));
        assert_eq!(Price::from_units(-50).round_down(tick), Price::from_units(-100));
        assert_eq!(Price::from_units(7).round_up(Price::ZERO), Price::from_units(7));
    }

    #[test]
    fn rounding_never_leaves_the_range() {
        let (lowest, highest) = (Price::from_units(i64::MIN), Price::from_units(i64::MAX));
        let tick = Price::from_units(100);
        assert_eq!(lowest.round_down(tick), lowest);
        assert_eq!(lowest.round_up(tick), Price::from_units(i64::MIN + 8));
        assert_eq!(highest.round_down(tick), Price::from_units(i64::MAX - 7));
        assert_eq!(highest.round_up(tick), highest);
        assert_eq!(highest.round_down(highest), highest);
    }

    #[test]
    fn only_prices_of_32_unsigned_bits_have_a_key() {
        assert_eq!(Price::MAX_BOOK.key(), Some(u32::MAX));
        assert_eq!((Price::MAX_BOOK + Price::from_units(1)).key(), None);
        assert_eq!(Price::from_units(-1).key(), None);
    }
}
