//! Messages that say whether and how a symbol trades.

use wirebook_book::Symbol;

use super::Reason;
use super::codes::{MarketCode, OperationalHaltAction, ShortSaleAction, TradingStateCode};
use super::view::wire_message;

wire_message! {
    /// `H`, stock trading action: halted, paused, quoted or trading on all markets (section 1.2.2).
    b'H', 25 => TradingAction, TradingActionFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// Whether it trades from here on.
        state: TradingStateCode @ 19:1,
        /// Reserved; NASDAQ sends a space.
        reserved: u8 @ 20:1,
        /// Why.
        reason: Reason @ 21:4,
    }
}

wire_message! {
    /// `Y`, Reg SHO restriction: the short-sale price test (section 1.2.3).
    b'Y', 20 => ShortSaleRestriction, ShortSaleRestrictionFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// Whether the test is in effect.
        action: ShortSaleAction @ 19:1,
    }
}

wire_message! {
    /// `h`, operational halt: halted or trading on one market alone (section 1.2.8).
    b'h', 21 => OperationalHalt, OperationalHaltFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// The market.
        market: MarketCode @ 19:1,
        /// Whether that market trades it.
        action: OperationalHaltAction @ 20:1,
    }
}
