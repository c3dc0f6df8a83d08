//! Where the mid is heading: how far it has left its own recent mean behind.

use strategy_api::Nanos;

use crate::volatility::seconds;

/// The trend of a mid, in ticks per second.
///
/// An exponentially weighted mean of the mid with time constant τ lags a steady trend μ by μ·τ;
/// turned round, the lag of the mean divided by τ is the trend. A mid without a trend has a lag
/// too, by chance, so that only a share of the estimate is to be believed: the share by which
/// past moves have foretold later ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trend {
    time_constant_s: f64,
    mean: Option<(Nanos, f64)>,
    mid: f64,
}

impl Trend {
    pub(crate) fn new(time_constant_s: f64) -> Trend {
        Trend { time_constant_s, mean: None, mid: 0.0 }
    }

    /// Takes the mid, in ticks, into account.
    pub(crate) fn observe(&mut self, now: Nanos, mid: f64) {
        let mean = self.mean.map_or(mid, |(then, mean)| {
            let kept = (-seconds(now.since(then)) / self.time_constant_s).exp();
            mean * kept + mid * (1.0 - kept)
        });
        self.mean = Some((now, mean));
        self.mid = mid;
    }

    /// Forgets the past: what comes after a halt or a gap continues nothing.
    pub(crate) fn interrupt(&mut self) {
        self.mean = None;
    }

    /// In ticks per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.mean.map_or(0.0, |(_, mean)| (self.mid - mean) / self.time_constant_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = Nanos::PER_SECOND;

    fn second(second: u32) -> Nanos {
        Nanos::new(u64::from(second) * SECOND)
    }

    #[test]
    fn finds_a_steady_trend() {
        for per_second in [0.0, 0.25, -2.0] {
            let mut trend = Trend::new(30.0);
            for at in 0..600 {
                trend.observe(second(at), 5_000.0 + f64::from(at) * per_second);
            }
            // The mean of samples a second apart lags half a second less.
            assert!((trend.per_second() - per_second).abs() < 0.02 * per_second.abs() + 1e-9);
        }
    }

    #[test]
    fn a_move_fades_when_it_does_not_go_on() {
        let mut trend = Trend::new(30.0);
        trend.observe(second(0), 100.0);
        trend.observe(second(1), 103.0);
        let at_first = trend.per_second();
        (2..=31).for_each(|at| trend.observe(second(at), 103.0));
        assert!((trend.per_second() / at_first - (-1.0_f64).exp()).abs() < 1e-9);
    }

    #[test]
    fn a_jump_over_an_interruption_is_no_trend() {
        let mut trend = Trend::new(30.0);
        trend.observe(second(0), 100.0);
        trend.interrupt();
        assert_eq!(trend.per_second().to_bits(), 0);
        trend.observe(second(60), 900.0);
        assert_eq!(trend.per_second().to_bits(), 0);
    }
}
