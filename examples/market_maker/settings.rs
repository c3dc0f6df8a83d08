//! What the market maker can be told.

use strategy_api::{Money, Nanos, Price, Qty, Symbol};

use crate::model::Intensity;

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) symbols: Symbols,
    pub(crate) session: Session,
    pub(crate) quoting: Quoting,
    pub(crate) estimates: Estimates,
    pub(crate) losses: Losses,
}

/// In which symbols to make a market.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Symbols {
    /// In these.
    Named(Vec<Symbol>),
    /// In this many: those with the most trades in the first minutes after the open.
    MostActive(usize),
}

impl Symbols {
    /// How many.
    pub(crate) fn count(&self) -> usize {
        match self {
            Symbols::Named(symbols) => symbols.len(),
            Symbols::MostActive(count) => *count,
        }
    }
}

/// When to do what. Times are those of the exchange's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    /// No quotes before.
    pub(crate) open: Nanos,
    /// Nothing is sent from here on.
    pub(crate) close: Nanos,
    /// How long the most active symbols are looked for.
    pub(crate) watch_ns: u64,
    /// How long volatility and fills of a symbol are estimated before it is quoted.
    pub(crate) warm_up_ns: u64,
    /// How long before the close inventory is only reduced.
    pub(crate) reduce_ns: u64,
    /// How long before the close the rest of it is taken to the market.
    pub(crate) flatten_ns: u64,
}

/// What part of the day it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Before the open.
    Early,
    /// Both sides are quoted.
    Quote,
    /// The side that reduces the inventory is quoted.
    Reduce,
    /// The inventory is sold or bought back at once.
    Flatten,
    /// From the close on.
    Late,
}

impl Session {
    /// The part of the day at `now`.
    pub(crate) fn part(&self, now: Nanos) -> Part {
        let left_ns = self.close.since(now);
        if now < self.open {
            Part::Early
        } else if left_ns == 0 {
            Part::Late
        } else if left_ns <= self.flatten_ns {
            Part::Flatten
        } else if left_ns <= self.reduce_ns {
            Part::Reduce
        } else {
            Part::Quote
        }
    }
}

/// How to quote one symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoting {
    /// The step of prices.
    pub(crate) tick: Price,
    /// Shares in one quote: the model's lot.
    pub(crate) size: Qty,
    /// The most shares held, long or short.
    pub(crate) position_max: Qty,
    /// γ of the model: aversion to risk, per (tick · lot).
    pub(crate) gamma: f64,
    /// How much of an estimated trend is believed, from 0 to 1.
    pub(crate) trend_share: f64,
    /// The most that a trend is worth holding, in lots.
    pub(crate) trend_lots_max: f64,
    /// A quote is left where it is until it is this many ticks off, beyond rounding…
    pub(crate) patience_ticks: f64,
    /// …or this share of the half spread, whichever is more.
    pub(crate) patience_share: f64,
}

/// How volatility and fills are estimated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimates {
    /// Ticks per √second, before anything was seen.
    pub(crate) sigma: f64,
    /// A and k, before anything was seen.
    pub(crate) intensity: Intensity,
    /// How many seconds of observation the two above weigh as much as.
    pub(crate) prior_s: f64,
    /// After how long an observed move of the mid has lost all but 1/e of its weight.
    pub(crate) sigma_constant_s: f64,
    /// The time constant of the mean that the mid is held against to tell its trend.
    pub(crate) trend_constant_s: f64,
    /// After how long an arrival of trades has lost all but 1/e of its weight.
    pub(crate) intensity_constant_s: f64,
}

/// What may be lost, after fees and marked to the mid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Losses {
    /// In one symbol; then it is flattened and no longer quoted.
    pub(crate) symbol_max: Money,
    /// Altogether; then everything is flattened and the kill switch is pulled.
    pub(crate) total_max: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_day_follow_each_other() {
        let session = Session {
            open: Nanos::new(100),
            close: Nanos::new(1_000),
            watch_ns: 10,
            warm_up_ns: 10,
            reduce_ns: 300,
            flatten_ns: 50,
        };
        let part = |now| session.part(Nanos::new(now));
        assert_eq!([part(0), part(99)], [Part::Early; 2]);
        assert_eq!([part(100), part(699)], [Part::Quote; 2]);
        assert_eq!([part(700), part(949)], [Part::Reduce; 2]);
        assert_eq!([part(950), part(999)], [Part::Flatten; 2]);
        assert_eq!([part(1_000), part(u64::MAX)], [Part::Late; 2]);
    }
}
