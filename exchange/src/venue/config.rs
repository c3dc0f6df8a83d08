//! What a simulated venue is like.

use strategy_api::{Money, Price, Qty};
use thiserror::Error;

use super::{Latency, Seat};

/// What the venue charges for each share; negative amounts are rebates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fees {
    /// For a share filled while resting.
    pub maker: Money,
    /// For a share filled on arrival.
    pub taker: Money,
}

impl Fees {
    /// Nothing is charged.
    pub const NONE: Fees = Fees { maker: Money::ZERO, taker: Money::ZERO };
}

/// Smallest steps of price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticks {
    /// From a price of 1 on.
    pub from_one: Price,
    /// Below a price of 1.
    pub below_one: Price,
}

impl Ticks {
    /// The step at a price.
    #[must_use]
    pub fn at(&self, price: Price) -> Price {
        if price.units() < Price::UNITS_PER_ONE { self.below_one } else { self.from_one }
    }
}

/// U.S. equities (Regulation NMS, rule 612): a cent, and a hundredth of a cent below one dollar.
impl Default for Ticks {
    fn default() -> Ticks {
        Ticks { from_one: Price::from_units(100), below_one: Price::from_units(1) }
    }
}

/// What happens where an order would trade with an order of the same [`Owner`](super::Owner).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SelfTrade {
    /// The resting order is cancelled and the incoming one goes on.
    #[default]
    CancelResting,
    /// The incoming order is refused or, if it has traded with others before, what is left of
    /// it is cancelled.
    CancelIncoming,
}

/// Whether trades with orders that are not displayed fill simulated orders.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum HiddenTrades {
    /// They do not: such a trade does not tell which side came later (NASDAQ has reported all of
    /// them with the same side since 2014), so that nobody knows whether the order that came
    /// would have met a simulated one.
    #[default]
    Ignore,
    /// A simulated order at the price of the trade or a better one is filled: what was traded
    /// could have been had from it.
    Fill,
}

/// Whether an execution behind a simulated order fills it while recorded orders stand before
/// both and were passed over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OutOfTurn {
    /// It does: an execution behind is an execution behind.
    #[default]
    Fill,
    /// It does not: what passed over the recorded orders ahead may have passed over ours too.
    /// (In recordings of NASDAQ 1 to 4 % of executions are not at the head of their queue.)
    Ignore,
}

/// Rules, fees and latencies of a venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VenueConfig {
    /// From a strategy to the venue; at least a nanosecond, so that time goes on between a
    /// strategy's answer to an answer and the next.
    pub outbound: Latency,
    /// From the venue to a strategy.
    pub inbound: Latency,
    /// What latencies are drawn from: the same seed draws the same ones.
    pub seed: u64,
    /// Fees and rebates.
    pub fees: Fees,
    /// Prices must be multiples of this.
    pub ticks: Ticks,
    /// Quantities must be multiples of this.
    pub lot: Qty,
    /// Prevention of self-trades.
    pub self_trade: SelfTrade,
    /// Trades with orders that are not displayed.
    pub hidden_trades: HiddenTrades,
    /// Executions that passed over recorded orders.
    pub out_of_turn: OutOfTurn,
    /// Whether a symbol of which the feed never said whether it trades counts as trading. (A
    /// complete recording of ITCH says it of every symbol before the first order.)
    pub unknown_trades: bool,
}

/// 30 µs there, 20 µs back, 0.30 cents a share for taking, a rebate of 0.20 for making.
impl Default for VenueConfig {
    fn default() -> VenueConfig {
        VenueConfig {
            outbound: Latency::Fixed(30_000),
            inbound: Latency::Fixed(20_000),
            seed: 0,
            fees: Fees { maker: Money::from_micros(-2_000), taker: Money::from_micros(3_000) },
            ticks: Ticks::default(),
            lot: Qty::new(1),
            self_trade: SelfTrade::default(),
            hidden_trades: HiddenTrades::default(),
            out_of_turn: OutOfTurn::default(),
            unknown_trades: true,
        }
    }
}

impl VenueConfig {
    pub(super) fn check(&self) -> Result<(), VenueError> {
        for tick in [self.ticks.from_one, self.ticks.below_one] {
            if tick <= Price::ZERO {
                return Err(VenueError::Tick(tick));
            }
        }
        if self.lot.is_zero() {
            return Err(VenueError::Lot);
        }
        if self.outbound.shortest_ns() == 0 {
            return Err(VenueError::NoLatency);
        }
        Ok(())
    }
}

/// How much a venue can hold. All of it is set aside at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VenueCapacity {
    /// Locates from 0, as in the books; at most 65,536.
    pub locates: usize,
    /// Orders working at the same time, over all seats; at most 2²⁰. With at least as many as
    /// all desks together can have open, no command is ever refused for want of room.
    pub orders: usize,
    /// Recorded orders that simulated ones took from and that are still in the book; at most
    /// 2²⁴. With fewer than it takes, fills are refused and counted.
    pub taken: usize,
    /// Fills on their way to their strategies that leave something of their order; at most 2²⁴.
    /// With fewer than it takes, fills are refused and counted.
    pub fills: usize,
}

impl Default for VenueCapacity {
    fn default() -> VenueCapacity {
        VenueCapacity { locates: 1 << 16, orders: 1 << 12, taken: 1 << 14, fills: 1 << 12 }
    }
}

impl VenueCapacity {
    /// For each order, commands on their way: a strategy can have a submission, a replacement and
    /// a cancellation of an order under way, and of the one that was in its place before still a
    /// replacement and a cancellation.
    const COMMANDS_PER_ORDER: usize = 5;
    /// For each order, answers: one to each command, and what ends the order.
    const ANSWERS_PER_ORDER: usize = Self::COMMANDS_PER_ORDER + 1;

    pub(super) fn check(&self) -> Result<(), VenueError> {
        let within = |what, found: usize, most: usize| {
            if (1..=most).contains(&found) {
                Ok(())
            } else {
                Err(VenueError::Capacity { what, found, most })
            }
        };
        within("locates", self.locates, 1 << 16)?;
        within("orders", self.orders, 1 << 20)?;
        within("recorded orders taken from", self.taken, 1 << 24)?;
        within("fills under way", self.fills, 1 << 24)
    }

    pub(super) fn commands(&self) -> usize {
        self.orders * Self::COMMANDS_PER_ORDER
    }

    pub(super) fn answers(&self) -> usize {
        self.orders * Self::ANSWERS_PER_ORDER
    }
}

/// A venue could not be set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum VenueError {
    /// A tick of nothing or less.
    #[error("a tick of {0}")]
    Tick(Price),
    /// A lot of nothing.
    #[error("a lot of nothing")]
    Lot,
    /// Commands would arrive as they are sent.
    #[error("an outbound latency of nothing: it must be at least 1 ns")]
    NoLatency,
    /// A capacity is zero or too large.
    #[error("a capacity of {found} {what}: it must be from 1 to {most}")]
    Capacity {
        /// Which.
        what: &'static str,
        /// What was asked for.
        found: usize,
        /// The most that can be.
        most: usize,
    },
    /// As many seats are taken as can be numbered.
    #[error("all {} seats are taken", 1 << 16)]
    SeatsFull,
}

/// A command was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SendError {
    /// Nobody opened that seat.
    #[error("{0:?} was not opened")]
    UnknownSeat(Seat),
    /// The day is closed.
    #[error("the day is closed")]
    Closed,
    /// More commands and answers are under way than the capacity in orders allows for.
    #[error("no room for another command")]
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::LatencyCurve;

    #[test]
    fn what_cannot_work_is_refused() {
        let good = VenueConfig::default();
        assert_eq!(good.check(), Ok(()));
        let ticks = Ticks { below_one: Price::ZERO, ..Ticks::default() };
        assert_eq!(VenueConfig { ticks, ..good }.check(), Err(VenueError::Tick(Price::ZERO)));
        assert_eq!(VenueConfig { lot: Qty::ZERO, ..good }.check(), Err(VenueError::Lot));
        let outbound = Latency::Curve(LatencyCurve::log_normal(0, 10));
        assert_eq!(VenueConfig { outbound, ..good }.check(), Err(VenueError::NoLatency));
        let inbound = Latency::Fixed(0);
        assert_eq!(VenueConfig { inbound, ..good }.check(), Ok(()));
    }

    #[test]
    fn capacities_are_bounded_on_both_sides() {
        let good = VenueCapacity::default();
        assert_eq!(good.check(), Ok(()));
        for bad in [
            VenueCapacity { locates: (1 << 16) + 1, ..good },
            VenueCapacity { orders: 0, ..good },
            VenueCapacity { taken: usize::MAX, ..good },
            VenueCapacity { fills: 0, ..good },
        ] {
            assert!(matches!(bad.check(), Err(VenueError::Capacity { .. })), "{bad:?}");
        }
    }

    #[test]
    fn ticks_are_finer_below_one() {
        let ticks = Ticks::default();
        assert_eq!(ticks.at(Price::from_units(9_999)), Price::from_units(1));
        assert_eq!(ticks.at(Price::from_units(10_000)), Price::from_units(100));
    }
}
