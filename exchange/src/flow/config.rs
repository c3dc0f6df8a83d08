//! How large a day is.

use thiserror::Error;

/// How large a day is, and which of all possible ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FlowConfig {
    /// Symbols, at most [`FlowConfig::MAX_SYMBOLS`].
    pub symbols: u16,
    /// Messages that the day has, to the message; at least [`FlowConfig::min_messages`].
    pub messages: u64,
    /// The same seed gives the same day.
    pub seed: u64,
}

impl FlowConfig {
    /// The most symbols, so that locates with holes fit 16 bits.
    pub const MAX_SYMBOLS: u16 = 60_000;

    /// The fewest messages of a day with so many symbols: those that announce them and hold their
    /// crosses, and a little trading.
    #[must_use]
    pub const fn min_messages(symbols: u16) -> u64 {
        200 + 40 * symbols as u64
    }

    pub(super) fn check(&self) -> Result<(), FlowError> {
        if self.symbols == 0 || self.symbols > FlowConfig::MAX_SYMBOLS {
            return Err(FlowError::Symbols { found: self.symbols });
        }
        let least = FlowConfig::min_messages(self.symbols);
        if self.messages < least {
            return Err(FlowError::TooFewMessages { found: self.messages, least });
        }
        if self.messages > FlowConfig::MAX_MESSAGES {
            return Err(FlowError::TooManyMessages { found: self.messages });
        }
        Ok(())
    }

    /// The most messages; more than twenty times what any market has sent in a day.
    pub const MAX_MESSAGES: u64 = 20_000_000_000;
}

/// 300,000 messages of 300 symbols.
impl Default for FlowConfig {
    fn default() -> FlowConfig {
        FlowConfig { symbols: 300, messages: 300_000, seed: 1 }
    }
}

/// A day that cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum FlowError {
    /// No symbols, or too many.
    #[error("{found} symbols; there can be 1 to {}", FlowConfig::MAX_SYMBOLS)]
    Symbols {
        /// What was asked for.
        found: u16,
    },
    /// Fewer messages than a day of so many symbols has.
    #[error("{found} messages; a day of so many symbols has at least {least}")]
    TooFewMessages {
        /// What was asked for.
        found: u64,
        /// The fewest.
        least: u64,
    },
    /// More messages than a day can have.
    #[error("{found} messages; a day has at most {}", FlowConfig::MAX_MESSAGES)]
    TooManyMessages {
        /// What was asked for.
        found: u64,
    },
}
