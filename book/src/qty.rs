//! Quantities.

use core::fmt;
use core::ops::{Add, AddAssign, Sub, SubAssign};

/// A quantity, in shares (or contracts).
///
/// One *order* holds at most [`Qty::MAX_ORDER`]; a level's total is the sum of its orders and
/// may be larger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Qty(u64);

impl Qty {
    /// Nothing.
    pub const ZERO: Qty = Qty(0);
    /// The largest quantity of one order: what 32 bits hold, as in ITCH.
    pub const MAX_ORDER: Qty = Qty(u32::MAX as u64);

    /// A quantity of `shares`.
    #[must_use]
    pub const fn new(shares: u64) -> Qty {
        Qty(shares)
    }

    /// The number of shares.
    #[must_use]
    pub const fn shares(self) -> u64 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The smaller of two.
    #[must_use]
    pub const fn min(self, other: Qty) -> Qty {
        if self.0 < other.0 { self } else { other }
    }

    /// `None` where `other` is larger.
    #[must_use]
    pub const fn checked_sub(self, other: Qty) -> Option<Qty> {
        match self.0.checked_sub(other.0) {
            Some(shares) => Some(Qty(shares)),
            None => None,
        }
    }

    /// The difference, or nothing where `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Qty) -> Qty {
        Qty(self.0.saturating_sub(other.0))
    }

    pub(crate) const fn as_order(self) -> Option<u32> {
        if self.0 > u32::MAX as u64 {
            None
        } else {
            #[allow(clippy::cast_possible_truncation)] // checked above
            Some(self.0 as u32)
        }
    }
}

impl From<u32> for Qty {
    fn from(shares: u32) -> Qty {
        Qty(u64::from(shares))
    }
}

/// Saturating.
impl Add for Qty {
    type Output = Qty;
    fn add(self, other: Qty) -> Qty {
        Qty(self.0.saturating_add(other.0))
    }
}

/// Saturating at zero.
impl Sub for Qty {
    type Output = Qty;
    fn sub(self, other: Qty) -> Qty {
        self.saturating_sub(other)
    }
}

impl AddAssign for Qty {
    fn add_assign(&mut self, other: Qty) {
        *self = *self + other;
    }
}

impl SubAssign for Qty {
    fn sub_assign(&mut self, other: Qty) {
        *self = *self - other;
    }
}

impl core::iter::Sum for Qty {
    fn sum<I: Iterator<Item = Qty>>(parts: I) -> Qty {
        parts.fold(Qty::ZERO, Qty::add)
    }
}

impl fmt::Debug for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
