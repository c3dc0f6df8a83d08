//! How much the mid moves: an exponentially weighted mean of its squared returns.

use strategy_api::Nanos;

/// The volatility of a mid, in ticks per √second: the root of (sum of squared moves) / (sum of
/// seconds), where what lies a time constant back has lost all but 1/e of its weight in both sums.
///
/// To observe at regular times, rather than whenever the mid moves, keeps the estimate unbiased.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Volatility {
    /// In ticks².
    squares: f64,
    observed_s: f64,
    time_constant_s: f64,
    last: Option<(Nanos, f64)>,
}

impl Volatility {
    /// The least there can be: a mid that has not moved for minutes is not without risk.
    pub(crate) const FLOOR: f64 = 0.02;

    /// Before anything is observed it is `initial` (ticks per √second), which weighs as much as
    /// `initial_s` seconds of observation and fades like them.
    pub(crate) fn new(initial: f64, initial_s: f64, time_constant_s: f64) -> Volatility {
        let squares = initial * initial * initial_s;
        Volatility { squares, observed_s: initial_s, time_constant_s, last: None }
    }

    /// Takes the mid, in ticks, into account. Time that does not advance is no observation.
    pub(crate) fn observe(&mut self, now: Nanos, mid: f64) {
        let Some((then, before)) = self.last else {
            self.last = Some((now, mid));
            return;
        };
        let elapsed_s = seconds(now.since(then));
        if elapsed_s <= 0.0 {
            return;
        }
        self.last = Some((now, mid));
        let kept = (-elapsed_s / self.time_constant_s).exp();
        self.squares = self.squares * kept + (mid - before).powi(2);
        self.observed_s = self.observed_s * kept + elapsed_s;
    }

    /// Forgets the last mid: what happens until the next one (a halt, a gap in the feed) says
    /// nothing of the volatility of trading.
    pub(crate) fn interrupt(&mut self) {
        self.last = None;
    }

    /// In ticks per √second.
    pub(crate) fn sigma(&self) -> f64 {
        (self.squares / self.observed_s).sqrt().max(Volatility::FLOOR)
    }
}

/// Nanoseconds as seconds, for models.
#[allow(clippy::cast_precision_loss)] // 53 bits of nanoseconds are 104 days
pub(crate) fn seconds(ns: u64) -> f64 {
    ns as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = Nanos::PER_SECOND;

    /// ±1 in a fixed but irregular order (a xorshift generator).
    fn signs() -> impl Iterator<Item = f64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        std::iter::from_fn(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            Some(if state >> 63 == 0 { 1.0 } else { -1.0 })
        })
    }

    #[test]
    fn finds_the_volatility_of_a_random_walk() {
        for (step_ticks, every_s) in [(1.0, 1), (2.0, 4), (0.5, 1)] {
            let mut volatility = Volatility::new(5.0, 10.0, 60.0);
            let (mut mid, mut now) = (1000.0, Nanos::new(0));
            for sign in signs().take(2_000) {
                volatility.observe(now, mid);
                mid += sign * step_ticks;
                now = now.after(every_s * SECOND);
            }
            let expected = step_ticks / f64::from(u32::try_from(every_s).unwrap()).sqrt();
            assert!((volatility.sigma() / expected - 1.0).abs() < 0.01, "{volatility:?}");
        }
    }

    #[test]
    fn forgets_at_the_pace_of_its_time_constant() {
        let mut volatility = Volatility::new(1.0, 10.0, 60.0);
        let mut now = Nanos::new(0);
        let mut pass = |seconds: u64, step: f64, volatility: &mut Volatility| {
            for second in 0..seconds {
                now = now.after(SECOND);
                volatility.observe(now, if second % 2 == 0 { 500.0 } else { 500.0 + step });
            }
            volatility.sigma().powi(2)
        };
        let wild = pass(3_000, 3.0, &mut volatility);
        assert!((wild - 9.0).abs() < 0.01);
        let calmer = pass(60, 0.0, &mut volatility);
        assert!((calmer / wild - (-1.0_f64).exp()).abs() < 0.01, "{calmer} after {wild}");
    }

    #[test]
    fn never_falls_to_nothing() {
        let mut volatility = Volatility::new(1.0, 10.0, 1.0);
        for second in 0..1_000 {
            volatility.observe(Nanos::new(second * SECOND), 500.0);
        }
        assert!((volatility.sigma() - Volatility::FLOOR).abs() < 1e-12);
    }

    #[test]
    fn a_jump_over_an_interruption_does_not_count() {
        let mut volatility = Volatility::new(1.0, 10.0, 60.0);
        volatility.observe(Nanos::new(0), 500.0);
        volatility.interrupt();
        volatility.observe(Nanos::new(SECOND), 900.0);
        assert!((volatility.sigma() - 1.0).abs() < 1e-12);
        volatility.observe(Nanos::new(2 * SECOND), 901.0);
        assert!((volatility.sigma() - 1.0).abs() < 0.01, "{volatility:?}");
    }

    #[test]
    fn time_that_stands_still_changes_nothing() {
        let mut volatility = Volatility::new(1.0, 10.0, 60.0);
        volatility.observe(Nanos::new(SECOND), 500.0);
        volatility.observe(Nanos::new(SECOND), 600.0);
        volatility.observe(Nanos::new(0), 600.0);
        assert!((volatility.sigma() - 1.0).abs() < 1e-12);
    }
}
