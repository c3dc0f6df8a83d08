//! How one field is read from its bytes and written back.

use core::fmt;
use core::hint::select_unpredictable;

use wirebook_book::{Locate, MatchNo, Nanos, OrderRef, Price, Qty, Side, Symbol};

/// A value that any `N` bytes of a message are.
pub(super) trait Decode<const N: usize> {
    fn decode(bytes: [u8; N]) -> Self;
}

/// A value that `N` bytes of a message may hold.
pub(super) trait Encode<const N: usize> {
    /// `None` where the bytes cannot hold the value.
    fn encode(self) -> Option<[u8; N]>;
}

/// The `N` bytes at `OFFSET`. That they lie inside the message is checked when the code is
/// compiled, so nothing is checked when it runs.
#[inline(always)]
pub(super) const fn at<const OFFSET: usize, const N: usize, const LEN: usize>(
    message: &[u8; LEN],
) -> [u8; N] {
    const { assert!(OFFSET + N <= LEN) };
    let mut field = [0; N];
    let mut byte = 0;
    while byte < N {
        field[byte] = message[OFFSET + byte];
        byte += 1;
    }
    field
}

/// Puts `field` at `OFFSET`; the counterpart of [`at`].
#[inline(always)]
pub(super) const fn put<const OFFSET: usize, const N: usize, const LEN: usize>(
    message: &mut [u8; LEN],
    field: [u8; N],
) {
    const { assert!(OFFSET + N <= LEN) };
    let mut byte = 0;
    while byte < N {
        message[OFFSET + byte] = field[byte];
        byte += 1;
    }
}

/// The timestamp in the eight bytes that end with it: one load and a mask, where the six bytes by
/// themselves would take two loads and a dozen shifts.
#[inline(always)]
pub(crate) const fn timestamp(tracking_and_timestamp: [u8; 8]) -> Nanos {
    Nanos::new(u64::from_be_bytes(tracking_and_timestamp) & ((1 << 48) - 1))
}

/// `B` and `S`, and nothing else. Which of the two cannot be foreseen, so that no branch may ask: whether it is one of them
/// is asked of both at once.
#[inline(always)]
pub(super) fn side(indicator: u8) -> Option<Side> {
    const BOTH: u32 = 1 | 1 << (b'S' - b'B');
    let from_bid = u32::from(indicator.wrapping_sub(b'B'));
    let is_side = BOTH.unbounded_shr(from_bid) & 1 == 1;
    is_side.then_some(select_unpredictable(indicator == b'S', Side::Ask, Side::Bid))
}

/// NASDAQ's internal tracking number. It means nothing outside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Tracking(u16);

impl Tracking {
    /// From the bare number.
    #[must_use]
    pub const fn new(number: u16) -> Tracking {
        Tracking(number)
    }

    /// The bare number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whole seconds since midnight, as an IPO's release time is given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct SecondsOfDay(u32);

impl SecondsOfDay {
    /// From a number of seconds.
    #[must_use]
    pub const fn new(seconds: u32) -> SecondsOfDay {
        SecondsOfDay(seconds)
    }

    /// The number of seconds.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SecondsOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An index level in units of 10⁻⁸ ("Price (8)"): the market-wide circuit breaker's levels are
/// the only such fields, and no book holds them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Price8(u64);

impl Price8 {
    /// Units in one whole point.
    pub const UNITS_PER_ONE: u64 = 100_000_000;

    /// A level of `units` × 10⁻⁸.
    #[must_use]
    pub const fn from_units(units: u64) -> Price8 {
        Price8(units)
    }

    /// The number of 10⁻⁸ units.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Price8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whole part, point, eight decimals: `2995.52000000`.
impl fmt::Display for Price8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = Price8::UNITS_PER_ONE;
        write!(f, "{}.{:08}", self.0 / one, self.0 % one)
    }
}

macro_rules! alpha {
    ($(#[$meta:meta])* $name:ident($width:literal)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $name([u8; $width]);

        impl $name {
            /// From the bytes on the wire, which are kept as they are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $width]) -> $name {
                $name(bytes)
            }

            /// From text, padded on the right with spaces; `None` where it is too long.
            #[must_use]
            pub fn new(text: &str) -> Option<$name> {
                let mut bytes = [b' '; $width];
                bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
                Some($name(bytes))
            }

            /// The padded bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $width] {
                &self.0
            }
        }

        /// All spaces.
        impl Default for $name {
            fn default() -> $name {
                $name([b' '; $width])
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        /// Without the padding; bytes that are no printable ASCII are escaped.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.trim_ascii_end().escape_ascii(), f)
            }
        }

        impl Decode<$width> for $name {
            #[inline(always)]
            fn decode(bytes: [u8; $width]) -> $name {
                $name(bytes)
            }
        }

        impl Encode<$width> for $name {
            #[inline(always)]
            fn encode(self) -> Option<[u8; $width]> {
                Some(self.0)
            }
        }
    };
}

alpha! {
    /// A market participant identifier, such as `NSDQ`.
    Mpid(4)
}
alpha! {
    /// Why a trading action was taken, such as `IPO1` (appendix C); blank where none is given.
    Reason(4)
}
alpha! {
    /// The security's sub-type, such as `E` for an ETF (appendix E).
    IssueSubType(2)
}

/// Types that hold exactly what their field holds.
macro_rules! whole {
    ($($name:ty: $inner:ty, $width:literal, $read:expr, $write:expr;)+) => {$(
        impl Decode<$width> for $name {
            #[inline(always)]
            fn decode(bytes: [u8; $width]) -> $name {
                $read(<$inner>::from_be_bytes(bytes))
            }
        }

        impl Encode<$width> for $name {
            #[inline(always)]
            fn encode(self) -> Option<[u8; $width]> {
                Some(<$inner>::to_be_bytes($write(self)))
            }
        }
    )+};
}

whole! {
    u8: u8, 1, core::convert::identity, core::convert::identity;
    u32: u32, 4, core::convert::identity, core::convert::identity;
    Locate: u16, 2, Locate::new, Locate::get;
    Tracking: u16, 2, Tracking::new, Tracking::get;
    OrderRef: u64, 8, OrderRef::new, OrderRef::get;
    MatchNo: u64, 8, MatchNo::new, MatchNo::get;
    Nanos: u64, 8, Nanos::new, Nanos::get;
    Qty: u64, 8, Qty::new, Qty::shares;
    Price8: u64, 8, Price8, Price8::units;
    SecondsOfDay: u32, 4, SecondsOfDay, SecondsOfDay::get;
}

/// A message's timestamp; six bytes hold three days and a quarter.
impl Encode<6> for Nanos {
    #[inline(always)]
    fn encode(self) -> Option<[u8; 6]> {
        match self.get().to_be_bytes() {
            [0, 0, low @ ..] => Some(low),
            _ => None,
        }
    }
}

impl Decode<4> for Qty {
    #[inline(always)]
    fn decode(bytes: [u8; 4]) -> Qty {
        Qty::from(u32::from_be_bytes(bytes))
    }
}

impl Encode<4> for Qty {
    #[inline(always)]
    fn encode(self) -> Option<[u8; 4]> {
        u32::try_from(self.shares()).ok().map(u32::to_be_bytes)
    }
}

impl Decode<4> for Price {
    #[inline(always)]
    fn decode(bytes: [u8; 4]) -> Price {
        Price::from_units(i64::from(u32::from_be_bytes(bytes)))
    }
}

impl Encode<4> for Price {
    #[inline(always)]
    fn encode(self) -> Option<[u8; 4]> {
        u32::try_from(self.units()).ok().map(u32::to_be_bytes)
    }
}

impl Decode<8> for Symbol {
    #[inline(always)]
    fn decode(bytes: [u8; 8]) -> Symbol {
        Symbol::from_bytes(bytes)
    }
}

impl Encode<8> for Symbol {
    #[inline(always)]
    fn encode(self) -> Option<[u8; 8]> {
        Some(*self.as_bytes())
    }
}

impl Encode<1> for Side {
    #[inline(always)]
    fn encode(self) -> Option<[u8; 1]> {
        Some(match self {
            Side::Bid => [b'B'],
            Side::Ask => [b'S'],
        })
    }
}
