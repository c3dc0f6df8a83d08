//! How often a quote would be filled: arrivals of trades, by how deep they reach.

use std::array::from_fn;

use strategy_api::{Nanos, Side};

use crate::model::Intensity;

/// Distances are counted in half ticks (the mid moves by half ticks), up to 64 ticks.
const BINS: usize = 128;
const BINS_PER_TICK: f64 = 2.0;

/// Estimates A and k of [`Intensity`] from trades.
///
/// Trades at one time against one side are one arrival, which reaches as deep as the deepest of
/// them. A quote at distance δ would have been filled by the arrivals that reached δ or deeper,
/// so ln(arrivals per second) is fitted to δ by least squares, weighted by the number of
/// arrivals. Both sides are pooled. Old arrivals lose weight as old returns do in
/// [`Volatility`](crate::volatility::Volatility).
///
/// A prior, with the weight of some seconds of observation, stands in for what was not seen. The
/// estimate is an upper one: it supposes that a quote is first in its queue.
#[derive(Clone, Debug)]
pub(crate) struct FillIntensity {
    arrivals: [f64; BINS],
    observed_s: f64,
    time_constant_s: f64,
    prior: Intensity,
    prior_s: f64,
    /// Arrivals that the prior adds to each distance.
    prior_reaching: [f64; BINS],
    latest: Option<Arrival>,
}

/// An arrival that may not be over yet.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    time: Nanos,
    resting: Side,
    distance: f64,
}

impl FillIntensity {
    /// Before anything is observed it is `prior`, which weighs as much as `prior_s` seconds of
    /// observation.
    pub(crate) fn new(prior: Intensity, prior_s: f64, time_constant_s: f64) -> FillIntensity {
        FillIntensity {
            arrivals: [0.0; BINS],
            observed_s: 0.0,
            time_constant_s,
            prior,
            prior_s,
            prior_reaching: from_fn(|bin| 2.0 * prior_s * prior.at(distance_of(bin))),
            latest: None,
        }
    }

    /// A trade against an order on the `resting` side, `distance` ticks from the mid as it was
    /// before the trade (negative beyond the mid).
    pub(crate) fn trade(&mut self, time: Nanos, resting: Side, distance: f64) {
        match &mut self.latest {
            Some(latest) if latest.time == time && latest.resting == resting => {
                latest.distance = latest.distance.max(distance);
            }
            _ => {
                self.settle();
                self.latest = Some(Arrival { time, resting, distance });
            }
        }
    }

    /// Lets time pass in which arrivals were listened for.
    pub(crate) fn elapse(&mut self, seconds: f64) {
        self.settle();
        let kept = (-seconds / self.time_constant_s).exp();
        self.arrivals.iter_mut().for_each(|count| *count *= kept);
        self.observed_s = self.observed_s * kept + self.time_constant_s * (1.0 - kept);
    }

    /// The latest arrival is over: it is counted.
    fn settle(&mut self) {
        let Some(arrival) = self.latest.take() else { return };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a float saturates
        let bin = (arrival.distance.max(0.0) * BINS_PER_TICK).round() as usize;
        if let Some(count) = self.arrivals.get_mut(bin.min(BINS - 1)) {
            *count += 1.0;
        }
    }

    /// The fit. The prior, as long as there is nothing that could be fitted.
    pub(crate) fn fit(&self) -> Intensity {
        // Nearer than the nearest arrival nothing is known: nobody quotes there.
        let Some(nearest) = self.arrivals.iter().position(|&count| count > 0.5) else {
            return self.prior;
        };
        // Each distance is watched on two sides.
        let side_seconds = 2.0 * (self.observed_s + self.prior_s);
        let mut reaching = 0.0;
        let mut sums = Sums::default();
        let bins = self.arrivals.iter().zip(&self.prior_reaching).enumerate();
        for (bin, (count, prior)) in bins.skip(nearest).rev() {
            reaching += count;
            let arrivals = reaching + prior;
            if arrivals >= 1.0 {
                sums.add(arrivals, distance_of(bin), (arrivals / side_seconds).ln());
            }
        }
        match sums.line() {
            Some((intercept, slope)) if slope < 0.0 => Intensity { a: intercept.exp(), k: -slope },
            _ => self.prior,
        }
    }
}

/// In ticks.
#[allow(clippy::cast_precision_loss)] // small
fn distance_of(bin: usize) -> f64 {
    bin as f64 / BINS_PER_TICK
}

/// The sums of a weighted least-squares fit of a line.
#[derive(Default)]
struct Sums {
    w: f64,
    wx: f64,
    wy: f64,
    wxx: f64,
    wxy: f64,
}

impl Sums {
    fn add(&mut self, w: f64, x: f64, y: f64) {
        self.w += w;
        self.wx += w * x;
        self.wy += w * y;
        self.wxx += w * x * x;
        self.wxy += w * x * y;
    }

    /// Intercept and slope; `None` where all points stand at one place.
    fn line(&self) -> Option<(f64, f64)> {
        let spread = self.w * self.wxx - self.wx * self.wx;
        if spread <= f64::EPSILON * self.w * self.wxx {
            return None;
        }
        let slope = (self.w * self.wxy - self.wx * self.wy) / spread;
        Some(((self.wy - slope * self.wx) / self.w, slope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Intensity = Intensity { a: 0.5, k: 0.5 };
    const SECOND: u64 = Nanos::PER_SECOND;

    /// `seconds` of arrivals on both sides whose depths follow `truth` from `nearest` ticks on,
    /// spread evenly over the quantiles of the distribution.
    fn observe(truth: Intensity, nearest: f64, seconds: u32) -> FillIntensity {
        let mut intensity = FillIntensity::new(PRIOR, 10.0, 1e9);
        let arrivals_a_side = truth.at(nearest) * f64::from(seconds);
        let mut time = Nanos::new(0);
        let mut rank = 0.5;
        while rank < arrivals_a_side {
            let beyond = -(rank / arrivals_a_side).ln() / truth.k;
            for resting in Side::BOTH {
                time = time.after(1);
                // What reaches 1.3 ticks fills a quote at 1.0, not one at 1.5.
                let reached = ((nearest + beyond) * BINS_PER_TICK).floor() / BINS_PER_TICK;
                intensity.trade(time, resting, reached);
            }
            rank += 1.0;
        }
        intensity.elapse(f64::from(seconds));
        intensity
    }

    #[test]
    fn finds_the_intensity_that_made_the_arrivals() {
        for truth in [Intensity { a: 2.0, k: 0.8 }, Intensity { a: 1.0, k: 0.1 }] {
            let fitted = observe(truth, 0.5, 20_000).fit();
            assert!((fitted.k / truth.k - 1.0).abs() < 0.05, "{fitted:?} for {truth:?}");
            assert!((fitted.a / truth.a - 1.0).abs() < 0.05, "{fitted:?} for {truth:?}");
        }
    }

    #[test]
    fn does_not_take_the_inside_of_a_wide_spread_for_quiet() {
        let truth = Intensity { a: 2.0, k: 0.2 };
        let fitted = observe(truth, 8.0, 20_000).fit();
        assert!((fitted.k / truth.k - 1.0).abs() < 0.1, "{fitted:?}");
    }

    #[test]
    fn starts_from_the_prior() {
        let mut intensity = FillIntensity::new(PRIOR, 10.0, 300.0);
        assert_eq!(intensity.fit(), PRIOR);
        intensity.elapse(5.0);
        assert_eq!(intensity.fit(), PRIOR);
    }

    #[test]
    fn arrivals_at_one_distance_alone_still_give_a_slope() {
        let mut intensity = FillIntensity::new(PRIOR, 10.0, 300.0);
        for second in 0..300 {
            intensity.trade(Nanos::new(second * SECOND), Side::Bid, 0.5);
            intensity.elapse(1.0);
        }
        let Intensity { a, k } = intensity.fit();
        assert!(k > PRIOR.k && k.is_finite() && a > 0.0, "a = {a}, k = {k}");
    }

    #[test]
    fn a_sweep_is_one_arrival_as_deep_as_it_reached() {
        let mut intensity = FillIntensity::new(PRIOR, 10.0, 1e9);
        let time = Nanos::new(SECOND);
        for distance in [0.5, 2.5, 1.5] {
            intensity.trade(time, Side::Ask, distance);
        }
        intensity.trade(time, Side::Bid, 0.5);
        intensity.elapse(1.0);
        let counted: Vec<_> = (0..BINS).filter(|&bin| intensity.arrivals[bin] > 0.5).collect();
        assert_eq!(counted, [1, 5]);
    }

    #[test]
    fn arrivals_and_the_time_they_were_listened_for_fade_together() {
        let mut intensity = observe(Intensity { a: 2.0, k: 0.8 }, 0.5, 1_000);
        intensity.time_constant_s = 100.0;
        intensity.elapse(2_000.0);
        assert_eq!(intensity.fit(), PRIOR);
        assert!((intensity.observed_s - 100.0).abs() < 0.01);
    }
}
