//! What happens at a given time, whatever the traders do.

use wirebook_book::Nanos;

use super::chance::Chance;
use super::clock::{MARKET_CLOSE, MARKET_OPEN, SYSTEM_CLOSE, SYSTEM_OPEN, at};
use super::universe::Instrument;
use crate::matching::{CrossKind, SystemEvent};

/// Something that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Chore {
    System(SystemEvent),
    /// All symbols are listed.
    Directory,
    /// Circuit breaker levels, trading states, short-sale restrictions and market makers.
    Spins,
    /// Orders for a cross come in.
    CrossOrders(CrossKind),
    /// Imbalance messages of those symbols that get one in this round.
    Imbalances {
        cross: CrossKind,
        round: u64,
    },
    /// The cross of one symbol.
    Cross {
        symbol: usize,
        cross: CrossKind,
    },
    /// One symbol is halted, quoted, and resumed.
    Halt {
        symbol: usize,
        pause: bool,
    },
    Quote {
        symbol: usize,
        pause: bool,
    },
    HaltImbalance {
        symbol: usize,
    },
    Resume {
        symbol: usize,
    },
    /// A recent trade is declared void.
    Break,
}

/// Rounds of imbalance messages before a cross.
pub(super) const ROUNDS: u64 = 60;
/// Imbalance messages before a halted symbol resumes.
const HALT_IMBALANCES: u64 = 5;

/// A chore, when it is due, and how many messages it sends for certain. Executions in crosses come
/// on top.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) at: Nanos,
    pub(super) chore: Chore,
    pub(super) messages: u64,
}

/// Everything that is due, in order of time.
#[derive(Clone, Debug)]
pub(super) struct Agenda {
    chores: Vec<Due>,
    next: usize,
}

impl Agenda {
    /// A day's chores. `halts` and `breaks` say how many of each.
    pub(super) fn new(
        instruments: &[Instrument],
        halts: u64,
        breaks: u64,
        chance: &mut Chance,
    ) -> Agenda {
        let mut agenda = Agenda { chores: Vec::new(), next: 0 };
        agenda.add_system_events();
        let symbols = instruments.len() as u64;
        let makers: u64 = instruments.iter().map(|at| at.market_makers as u64).sum();
        agenda.add(at(185, 0), Chore::Directory, symbols);
        agenda.add(at(190, 0), Chore::Spins, 1 + 2 * symbols + makers);
        agenda.add_cross(CrossKind::Opening, MARKET_OPEN, instruments, chance);
        agenda.add_cross(CrossKind::Closing, MARKET_CLOSE, instruments, chance);
        let mut actives: Vec<usize> = (0..instruments.len().div_ceil(2)).collect();
        for number in 0..halts.min(actives.len() as u64) {
            let symbol = actives.swap_remove(chance.index(actives.len()));
            let minute = MARKET_OPEN + 20 + number * 280 / halts;
            agenda.add_halt(minute, symbol, number % 3 == 2, chance);
        }
        for _ in 0..breaks {
            agenda.add(at(chance.between(600, 950), chance.below(60)), Chore::Break, 1);
        }
        agenda.chores.sort_by_key(|due| due.at);
        agenda
    }

    fn add(&mut self, at: Nanos, chore: Chore, messages: u64) {
        self.chores.push(Due { at, chore, messages });
    }

    fn add_system_events(&mut self) {
        for (minute, event) in [
            (180, SystemEvent::StartOfMessages),
            (SYSTEM_OPEN, SystemEvent::StartOfSystemHours),
            (MARKET_OPEN, SystemEvent::StartOfMarketHours),
            (MARKET_CLOSE, SystemEvent::EndOfMarketHours),
            (SYSTEM_CLOSE, SystemEvent::EndOfSystemHours),
            (SYSTEM_CLOSE + 5, SystemEvent::EndOfMessages),
        ] {
            self.add(at(minute, 0), Chore::System(event), 1);
        }
    }

    /// Orders come in for half an hour, imbalances are told in the last minutes, and the symbols
    /// cross one after the other within two seconds, in no order.
    fn add_cross(
        &mut self,
        cross: CrossKind,
        minute: u64,
        instruments: &[Instrument],
        chance: &mut Chance,
    ) {
        for before in 1..=6 {
            self.add(at(minute - before * 5, 0), Chore::CrossOrders(cross), 0);
        }
        let seconds_apart = if cross == CrossKind::Opening { 2 } else { 10 };
        for round in 0..ROUNDS {
            let before = (ROUNDS - round) * seconds_apart;
            let when = Nanos::new((minute * 60 - before) * Nanos::PER_SECOND);
            let told = instruments.iter().filter(|at| is_in_round(at, round)).count() as u64;
            self.add(when, Chore::Imbalances { cross, round }, told);
        }
        let mut order: Vec<usize> = (0..instruments.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, chance.index(last + 1));
        }
        for symbol in order {
            let after_ns = chance.between(20_000_000, 2 * Nanos::PER_SECOND);
            self.add(at(minute, 0).after(after_ns), Chore::Cross { symbol, cross }, 1);
        }
    }

    /// News halts last a quarter of an hour or more before quotes are taken, volatility pauses take
    /// them at once; trading resumes five minutes after (Rule 4120(c)).
    fn add_halt(&mut self, minute: u64, symbol: usize, pause: bool, chance: &mut Chance) {
        let start = at(minute, chance.below(60)).after(chance.below(Nanos::PER_SECOND));
        let quiet_seconds = if pause { 1 } else { chance.between(900, 1500) };
        let quoted = start.after(quiet_seconds * Nanos::PER_SECOND);
        let resumed = quoted.after(300 * Nanos::PER_SECOND);
        self.add(start, Chore::Halt { symbol, pause }, 1);
        self.add(quoted, Chore::Quote { symbol, pause }, 1 + u64::from(pause));
        for number in 1..=HALT_IMBALANCES {
            let when = quoted.after(number * 50 * Nanos::PER_SECOND);
            self.add(when, Chore::HaltImbalance { symbol }, 1);
        }
        self.add(resumed, Chore::Resume { symbol }, 2);
    }

    /// What is due next.
    pub(super) fn peek(&self) -> Option<Due> {
        self.chores.get(self.next).copied()
    }

    pub(super) fn done(&mut self) {
        self.next += 1;
    }

    /// Messages that all chores still to come send for certain.
    pub(super) fn messages_left(&self) -> u64 {
        self.chores.iter().skip(self.next).map(|due| due.messages).sum()
    }
}

/// Whether a symbol gets an imbalance message in this round; over all rounds it gets as many as
/// it should.
pub(super) fn is_in_round(instrument: &Instrument, round: u64) -> bool {
    let told = |round: u64| instrument.imbalances * round / ROUNDS;
    told(round + 1) > told(round)
}
