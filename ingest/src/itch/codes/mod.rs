//! The one-byte codes of ITCH 5.0 fields.
//!
//! A code is its byte, with the known values as constants: `event == SystemEventCode::START_OF_MESSAGES`,
//! and `match` works likewise. A byte that the specification of 2026-02-19 does not list is kept,
//! has no name and is written back as it came.

mod auction;
mod directory;
mod market;

pub use auction::{
    CrossType, ImbalanceDirection, PriceVariation, ReleaseQualifier, RetailInterestFlag,
};
pub use directory::{
    Authenticity, FinancialStatus, IpoFlag, IssueClassification, LuldTier, MarketCategory,
};
pub use market::{
    BreakerLevel, MarketCode, MarketMakerMode, OperationalHaltAction, ParticipantState,
    ShortSaleAction, SystemEventCode, TradingStateCode,
};

macro_rules! code {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $name:ident = $byte:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $type(u8);

        impl $type {
            $($(#[$doc])* pub const $name: $type = $type($byte);)+

            /// The values that the specification lists.
            pub const KNOWN: &'static [$type] = &[$($type::$name),+];

            /// The code with this byte, listed or not.
            #[inline(always)]
            #[must_use]
            pub const fn new(byte: u8) -> $type {
                $type(byte)
            }

            /// The byte.
            #[inline(always)]
            #[must_use]
            pub const fn get(self) -> u8 {
                self.0
            }

            /// The name of the constant; `None` for a code that the specification does not list.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $($type::$name => Some(stringify!($name)),)+
                    _ => None,
                }
            }
        }

        impl crate::itch::field::Decode<1> for $type {
            #[inline(always)]
            fn decode([byte]: [u8; 1]) -> $type {
                $type(byte)
            }
        }

        impl crate::itch::field::Encode<1> for $type {
            #[inline(always)]
            fn encode(self) -> Option<[u8; 1]> {
                Some([self.0])
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        /// The name, or for a code without one the byte in quotes.
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "'{}'", self.0.escape_ascii()),
                }
            }
        }
    };
}

use code;

code! {
    /// Yes, no or not told: round lots only, short-sale threshold, ETP, inverse ETP (section 1.2.1),
    /// primary market maker (1.2.4), printable (1.4.2), open eligibility (1.8).
    Flag {
        /// Yes.
        YES = b'Y',
        /// No.
        NO = b'N',
        /// Not told.
        NOT_AVAILABLE = b' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_name_keeps_its_byte() {
        let event = SystemEventCode::new(b'O');
        assert_eq!(event, SystemEventCode::START_OF_MESSAGES);
        assert_eq!(event.to_string(), "START_OF_MESSAGES");
        let unknown = SystemEventCode::new(7);
        assert_eq!((unknown.get(), unknown.name()), (7, None));
        assert_eq!(unknown.to_string(), r"'\x07'");
    }

    #[test]
    fn trading_states_are_those_of_the_book() {
        use wirebook_book::TradingState;

        let states = TradingStateCode::KNOWN.iter().map(|code| code.state()).collect::<Vec<_>>();
        assert_eq!(
            states,
            [
                TradingState::Halted,
                TradingState::Paused,
                TradingState::QuotationOnly,
                TradingState::Trading
            ]
        );
        assert_eq!(TradingStateCode::new(b'?').state(), TradingState::Unknown);
    }
}
