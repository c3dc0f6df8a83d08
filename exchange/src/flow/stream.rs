//! The day as one stream: actions and chores in order of time, stamped, and counted.

use std::collections::VecDeque;

use wirebook_book::{Locate, MatchNo, Nanos, OrderRef};

use super::agenda::Agenda;
use super::chance::Chance;
use super::clock::{Clock, MARKET_CLOSE, MARKET_OPEN};
use super::floor::{Floor, Fullness};
use super::universe::instruments;
use super::{FlowConfig, FlowError};
use crate::matching::{Event, Exchange, ExchangeConfig};

/// What the exchange said, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamped {
    /// When.
    pub at: Nanos,
    /// What. Only what a feed tells of ([`Event::is_public`]).
    pub event: Event,
}

/// A day of orders: an iterator over what the exchange publishes. See the
/// [module](crate::flow) for how the day is made.
///
/// Memory is bounded by the live orders and by what one chore publishes at once (the directory is
/// one message a symbol).
#[derive(Debug)]
pub struct Flow {
    pub(super) floor: Floor,
    pub(super) clock: Clock,
    pub(super) agenda: Agenda,
    ready: VecDeque<Stamped>,
    /// Messages not yet made.
    left: u64,
    /// Those of them that chores will need.
    pub(super) reserved: u64,
    /// Whether the next action follows within microseconds.
    in_burst: bool,
    pub(super) recent_trades: VecDeque<(Locate, MatchNo)>,
}

/// How many recent trades may still be declared void.
const RECENT_TRADES: usize = 64;

impl Flow {
    /// A day.
    ///
    /// # Errors
    /// [`FlowError`] where the configuration asks for too much or too little.
    pub fn new(config: FlowConfig) -> Result<Flow, FlowError> {
        config.check()?;
        let mut chance = Chance::new(config.seed);
        let symbols = u64::from(config.symbols);
        let instruments = instruments(config.symbols, config.messages - symbols * 8, &mut chance);
        let halts = if symbols < 20 { 0 } else { (symbols / 100).clamp(1, 12) };
        let breaks = (config.messages / 250_000).min(20);
        let agenda = Agenda::new(&instruments, halts, breaks, &mut chance);
        let exchange = Exchange::new(ExchangeConfig {
            first_order: OrderRef::new(4_000 + chance.below(1_000) * 4),
            first_match: MatchNo::new(10_000 + chance.below(1_000)),
            orders: usize::try_from(config.messages / 16).unwrap_or(0),
        });
        let clock = Clock::new(&mut chance);
        Ok(Flow {
            reserved: agenda.messages_left(),
            floor: Floor::new(exchange, instruments, chance),
            clock,
            agenda,
            ready: VecDeque::new(),
            left: config.messages,
            in_burst: false,
            recent_trades: VecDeque::with_capacity(RECENT_TRADES),
        })
    }

    /// The exchange as it stands after the events that were made so far, of which some may not
    /// have been handed out yet.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.floor.exchange
    }

    /// Messages still to come out of the iterator.
    #[must_use]
    pub fn messages_left(&self) -> u64 {
        self.left + self.ready.len() as u64
    }

    /// Messages that traders may still use.
    pub(super) fn free_messages(&self) -> u64 {
        self.left.saturating_sub(self.reserved)
    }

    /// Does what comes next; `false` once the day is over.
    fn step(&mut self) -> bool {
        let free = self.free_messages();
        let action = self.clock.next(self.in_burst, free, &mut self.floor.chance);
        match (self.agenda.peek(), action) {
            (Some(due), action) if action.is_none_or(|action| due.at <= action) => {
                self.clock.advance_to(due.at);
                self.agenda.done();
                self.reserved = self.reserved.saturating_sub(due.messages);
                self.do_chore(due.chore);
            }
            (_, Some(action)) => {
                self.clock.advance_to(action);
                self.act(free);
            }
            (_, None) => return false,
        }
        true
    }

    fn act(&mut self, free: u64) {
        let symbol = self.floor.next_symbol();
        let fullness = fullness(self.clock.minute());
        self.floor.act(symbol, fullness, free);
        let messages = self.publish(9);
        self.clock.spend(messages);
        self.in_burst = self.floor.chance.happens(820);
    }

    /// Stamps what the exchange said since the last time, with gaps below 2 to the power of
    /// `gap_bits` nanoseconds, and returns how many messages that makes.
    pub(super) fn publish(&mut self, gap_bits: u64) -> u64 {
        let mut at = self.clock.now();
        let mut messages = 0;
        for event in self.floor.said.drain(..).filter(Event::is_public) {
            self.ready.push_back(Stamped { at, event });
            messages += 1;
            self.clock.advance_to(at);
            at = at.after(self.floor.chance.below(1 << gap_bits));
            if let Event::Executed(trade) = event {
                if self.recent_trades.len() >= RECENT_TRADES {
                    self.recent_trades.pop_front();
                }
                self.recent_trades.push_back((trade.locate, trade.match_no));
            }
        }
        debug_assert!(messages <= self.left, "{messages} of {}", self.left);
        self.left = self.left.saturating_sub(messages);
        messages
    }
}

impl Iterator for Flow {
    type Item = Stamped;

    fn next(&mut self) -> Option<Stamped> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if !self.step() {
                return None;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.messages_left()).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

/// How full the books should be at a minute of the day.
fn fullness(minute: u64) -> Fullness {
    const CORE: [(u64, u64); 11] = [
        (240, 40),
        (480, 200),
        (540, 350),
        (570, 600),
        (630, 850),
        (780, 960),
        (950, 1024),
        (960, 1000),
        (962, 700),
        (965, 620),
        (1200, 540),
    ];
    const FLEETING: [(u64, u64); 7] =
        [(240, 200), (540, 500), (565, 900), (960, 1024), (962, 500), (965, 300), (1200, 250)];
    Fullness {
        core: interpolate(&CORE, minute),
        fleeting: interpolate(&FLEETING, minute),
        market_hours: (MARKET_OPEN..MARKET_CLOSE).contains(&minute),
    }
}

fn interpolate(points: &[(u64, u64)], x: u64) -> u64 {
    let after = points.partition_point(|(at, _)| *at <= x);
    match (after.checked_sub(1).and_then(|at| points.get(at)), points.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => (y0 * (x1 - x) + y1 * (x - x0)) / (x1 - x0),
        (Some((_, y)), None) | (None, Some((_, y))) => *y,
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::desk::Desk;
    use super::*;

    #[test]
    fn desks_know_how_many_orders_live() {
        let config = FlowConfig { symbols: 40, messages: 20_000, seed: 5 };
        let mut flow = Flow::new(config).unwrap();
        assert_eq!(flow.size_hint(), (20_000, Some(20_000)));
        assert_eq!(flow.by_ref().count(), 20_000);
        // Those that waited for a cross are gone by now.
        let live: u64 = flow.floor.desks.iter().map(Desk::live).sum();
        assert_eq!(live, flow.exchange().live_orders() as u64);
        assert!(live > 500, "{live}");
        assert_eq!((flow.left, flow.reserved), (0, 0));
    }

    #[test]
    fn fullness_is_a_line_between_its_points() {
        let points = [(10, 100), (20, 200)];
        let at = |x: u64| interpolate(&points, x);
        assert_eq!([at(0), at(10), at(15), at(20), at(99)], [100, 100, 150, 200, 200]);
    }
}
