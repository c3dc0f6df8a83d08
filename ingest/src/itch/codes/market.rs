//! Codes of the market's phases, of trading states and of participants.

use wirebook_book::TradingState;

use super::code;

code! {
    /// What a system event announces (section 1.1).
    SystemEventCode {
        /// The first message of a day.
        START_OF_MESSAGES = b'O',
        /// Orders are accepted from here on.
        START_OF_SYSTEM_HOURS = b'S',
        /// Market-hours orders can be executed from here on.
        START_OF_MARKET_HOURS = b'Q',
        /// Market-hours orders can no longer be executed.
        END_OF_MARKET_HOURS = b'M',
        /// No more orders; broken trades and deletions may still come.
        END_OF_SYSTEM_HOURS = b'E',
        /// The last message of a day.
        END_OF_MESSAGES = b'C',
    }
}

code! {
    /// The level that the market-wide circuit breaker reached (section 1.2.5.2).
    BreakerLevel {
        /// Level 1.
        LEVEL_1 = b'1',
        /// Level 2.
        LEVEL_2 = b'2',
        /// Level 3.
        LEVEL_3 = b'3',
    }
}

code! {
    /// Whether a symbol trades on all markets (section 1.2.2).
    TradingStateCode {
        /// Halted across all U.S. markets.
        HALTED = b'H',
        /// Paused across all U.S. markets (Nasdaq-listed issues only).
        PAUSED = b'P',
        /// Orders are quoted, none are matched.
        QUOTATION_ONLY = b'Q',
        /// Trading.
        TRADING = b'T',
    }
}

impl TradingStateCode {
    /// What the code says of the symbol; [`TradingState::Unknown`] for a code that is not listed.
    #[must_use]
    pub const fn state(self) -> TradingState {
        match self {
            TradingStateCode::HALTED => TradingState::Halted,
            TradingStateCode::PAUSED => TradingState::Paused,
            TradingStateCode::QUOTATION_ONLY => TradingState::QuotationOnly,
            TradingStateCode::TRADING => TradingState::Trading,
            _ => TradingState::Unknown,
        }
    }
}

code! {
    /// The short-sale price test of Regulation SHO, rule 201 (section 1.2.3).
    ShortSaleAction {
        /// No test.
        NONE = b'0',
        /// Restricted since a fall of the price today.
        IN_EFFECT = b'1',
        /// Still restricted from an earlier day.
        REMAINS = b'2',
    }
}

code! {
    /// How a market maker quotes (section 1.2.4; SEC rules 101 and 104 of Regulation M).
    MarketMakerMode {
        /// Normal.
        NORMAL = b'N',
        /// Passive.
        PASSIVE = b'P',
        /// Syndicate.
        SYNDICATE = b'S',
        /// Before a syndicate.
        PRE_SYNDICATE = b'R',
        /// Penalty.
        PENALTY = b'L',
    }
}

code! {
    /// A participant's registration in an issue (section 1.2.4).
    ParticipantState {
        /// Active.
        ACTIVE = b'A',
        /// Excused.
        EXCUSED = b'E',
        /// Withdrawn.
        WITHDRAWN = b'W',
        /// Suspended.
        SUSPENDED = b'S',
        /// Deleted.
        DELETED = b'D',
    }
}

code! {
    /// A market that NASDAQ runs (section 1.2.8).
    MarketCode {
        /// Nasdaq.
        NASDAQ = b'Q',
        /// Nasdaq Texas, formerly Nasdaq BX.
        NASDAQ_TEXAS = b'B',
        /// PSX.
        PSX = b'X',
    }
}

code! {
    /// Whether one market halts a symbol (section 1.2.8).
    OperationalHaltAction {
        /// Halted on that market.
        HALTED = b'H',
        /// Trading resumed on that market.
        TRADING = b'T',
    }
}
