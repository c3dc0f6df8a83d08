//! When things happen: the shape of the day, its noise, and bursts.

use wirebook_book::Nanos;

use super::chance::Chance;

const MINUTE_NS: u64 = 60 * Nanos::PER_SECOND;
const MINUTES: usize = 24 * 60;

/// Minutes since midnight.
pub(super) const SYSTEM_OPEN: u64 = 4 * 60;
pub(super) const MARKET_OPEN: u64 = 9 * 60 + 30;
pub(super) const MARKET_CLOSE: u64 = 16 * 60;
pub(super) const SYSTEM_CLOSE: u64 = 20 * 60;

/// Actions that come within microseconds of each other, on average.
const BURST_ACTIONS: u64 = 5;

/// Messages of an average minute for 1,024 of a busy midday minute, before noise.
fn intensity(minute: u64) -> u64 {
    match minute {
        SYSTEM_OPEN..420 => 8,
        420..480 => 16,
        480..540 => 42,
        540..560 => 90,
        560..MARKET_OPEN => 260,
        MARKET_OPEN..MARKET_CLOSE => {
            // A U: steep after the open, less steep before the close (Jain and Joh 1988).
            let after_open = 60_u64.saturating_sub(minute - MARKET_OPEN);
            let before_close = 75_u64.saturating_sub(MARKET_CLOSE - minute);
            180 + after_open * after_open / 6 + before_close * before_close / 14
        }
        // Orders for the day are taken off when it ends.
        MARKET_CLOSE => 2_000,
        961..965 => 420,
        965..1080 => 10,
        1080..SYSTEM_CLOSE => 4,
        _ => 0,
    }
}

/// Hands out times so that the messages of the day fill its shape, whatever their number.
///
/// Every minute gets a share of the messages still to be sent, so the day corrects itself: an
/// action that takes several messages makes later minutes a little thinner. Within a minute,
/// bursts begin at random; the gaps inside a burst are log-uniform from 128 ns to 65 µs.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    now_ns: u64,
    minute: u64,
    weights: Vec<u64>,
    /// Of this minute and all later ones.
    weight_left: u64,
    /// Messages still due in this minute.
    due: u64,
}

impl Clock {
    pub(super) fn new(chance: &mut Chance) -> Clock {
        // Activity is persistent: a busy minute is followed by a busy minute.
        let mut mood = 0_i64;
        let weights: Vec<u64> = (0..MINUTES as u64)
            .map(|minute| {
                mood = mood * 15 / 16 + chance.bell() * 6;
                let factor = u64::try_from(256 + mood.clamp(-160, 400)).unwrap_or(256);
                intensity(minute) * factor
            })
            .collect();
        Clock {
            now_ns: 0,
            minute: SYSTEM_OPEN - 1,
            weight_left: weights.iter().sum(),
            weights,
            due: 0,
        }
    }

    pub(super) fn now(&self) -> Nanos {
        Nanos::new(self.now_ns)
    }

    /// Minutes since midnight.
    pub(super) fn minute(&self) -> u64 {
        self.now_ns / MINUTE_NS
    }

    /// Moves on to `at`, if that is later.
    pub(super) fn advance_to(&mut self, at: Nanos) {
        self.now_ns = self.now_ns.max(at.get());
    }

    /// Messages that were sent.
    pub(super) fn spend(&mut self, messages: u64) {
        self.due = self.due.saturating_sub(messages);
    }

    /// When the next action happens; `None` where the rest of the day has no messages left to send.
    pub(super) fn next(
        &mut self,
        in_burst: bool,
        messages_left: u64,
        chance: &mut Chance,
    ) -> Option<Nanos> {
        if messages_left == 0 {
            return None;
        }
        while self.due == 0 {
            self.enter_next(messages_left);
        }
        let from_ns = self.now_ns.max(self.minute * MINUTE_NS);
        let left_ns = ((self.minute + 1) * MINUTE_NS).saturating_sub(from_ns);
        let gap_ns = if in_burst {
            chance.log_uniform(7, 16)
        } else {
            let mean = u128::from(left_ns) * u128::from(BURST_ACTIONS) / u128::from(self.due);
            chance.exponential(u64::try_from(mean).unwrap_or(left_ns))
        };
        // What is due must still fit.
        Some(Nanos::new(from_ns + gap_ns.min(left_ns / 4 * 3)))
    }

    /// Goes on to the next minute; in the last one everything left is due.
    fn enter_next(&mut self, messages_left: u64) {
        if self.minute + 1 >= SYSTEM_CLOSE {
            self.due = messages_left;
            return;
        }
        self.minute += 1;
        let weight = usize::try_from(self.minute).ok().and_then(|at| self.weights.get(at).copied());
        let weight = weight.unwrap_or(0);
        let share = u128::from(messages_left) * u128::from(weight);
        self.due = u64::try_from(share / u128::from(self.weight_left.max(1))).unwrap_or(0);
        self.weight_left -= weight;
    }
}

/// A time of day.
pub(super) const fn at(minute: u64, second: u64) -> Nanos {
    Nanos::new((minute * 60 + second) * Nanos::PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_everything_in_order_before_the_end() {
        let mut chance = Chance::new(1);
        let mut clock = Clock::new(&mut chance);
        let (mut left, mut last, mut by_minute) =
            (100_000_u64, Nanos::new(0), vec![0_u64; MINUTES]);
        let mut in_burst = false;
        while let Some(next) = clock.next(in_burst, left, &mut chance) {
            assert!(next >= last);
            clock.advance_to(next);
            // Some actions send more than one message, some none.
            let messages = chance.below(3).min(left);
            clock.spend(messages);
            left -= messages;
            by_minute[usize::try_from(clock.minute()).unwrap()] += messages;
            (last, in_burst) = (next, chance.happens(800));
        }
        assert_eq!(left, 0);
        assert!(last < at(SYSTEM_CLOSE, 0));
        let of =
            |from: usize, to: usize| by_minute[from..to].iter().sum::<u64>() / (to - from) as u64;
        let (open, noon, close) = (of(570, 580), of(720, 780), of(945, 960));
        assert!(open > 2 * noon && close > noon, "{open} {noon} {close}");
        assert_eq!(of(0, 240), 0);
    }
}
