//! Messages that concern the whole market: system events and the circuit breaker.

use super::Price8;
use super::codes::{BreakerLevel, SystemEventCode};
use super::view::wire_message;

wire_message! {
    /// `S`, system event: the phases of a day (section 1.1).
    b'S', 12 => SystemEvent, SystemEventFields {
        /// What begins or ends.
        event: SystemEventCode @ 11:1,
    }
}

wire_message! {
    /// `V`, market-wide circuit breaker: today's levels of the index (section 1.2.5.1).
    b'V', 35 => BreakerLevels, BreakerLevelsFields {
        /// The index level that triggers level 1.
        level_1: Price8 @ 11:8,
        /// The index level that triggers level 2.
        level_2: Price8 @ 19:8,
        /// The index level that triggers level 3.
        level_3: Price8 @ 27:8,
    }
}

wire_message! {
    /// `W`, market-wide circuit breaker: a level was reached (section 1.2.5.2).
    b'W', 12 => BreakerStatus, BreakerStatusFields {
        /// The level.
        breached: BreakerLevel @ 11:1,
    }
}
