//! How long commands and answers are under way.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use thiserror::Error;

/// How long something is under way between a strategy and the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::large_enum_variant)] // two in a configuration, which is worth being `Copy`
pub enum Latency {
    /// Always as long, in nanoseconds.
    Fixed(u64),
    /// Drawn from a distribution.
    Curve(LatencyCurve),
}

impl Latency {
    /// The shortest it can be, in nanoseconds.
    #[must_use]
    pub fn shortest_ns(&self) -> u64 {
        match self {
            Latency::Fixed(ns) => *ns,
            Latency::Curve(curve) => curve.points().first().map_or(0, |&(_, ns)| ns),
        }
    }
}

/// Points that no curve can consist of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CurveError {
    /// Too few or too many of them.
    #[error("{0} points: a curve has from 2 to {max}", max = LatencyCurve::POINTS_MAX)]
    Points(usize),
    /// They do not go from none to all.
    #[error("a curve begins at 0 and ends at 1,000,000 parts in a million")]
    Ends,
    /// One does not lie beyond the one before it.
    #[error("point {0} has no larger share or a shorter time than the one before")]
    Order(usize),
}

/// A distribution of latencies, by some of its quantiles: between two of them it is even.
///
/// That is what a firm measures of its own lines, and it is drawn from in whole numbers, so that
/// a seed gives the same latencies on every machine. (A logarithm or an exponential in floating
/// point need not have the same last bit everywhere.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LatencyCurve {
    /// Parts in a million that are not above, and how many nanoseconds that is.
    points: [(u32, u64); LatencyCurve::POINTS_MAX],
    len: usize,
}

impl LatencyCurve {
    /// The most points a curve can have.
    pub const POINTS_MAX: usize = 16;
    const MILLION: u32 = 1_000_000;
    /// Quantiles of a log-normal distribution with σ = 1, in thousandths of its median, cut at
    /// 99.99 %: exp(z) for the quantiles z of the standard normal distribution.
    const LOG_NORMAL: [(u32, u64); 10] = [
        (0, 0),
        (10_000, 98),
        (100_000, 278),
        (250_000, 509),
        (500_000, 1_000),
        (750_000, 1_963),
        (900_000, 3_602),
        (990_000, 10_240),
        (999_000, 21_982),
        (Self::MILLION, 41_224),
    ];

    /// From pairs of parts in a million and nanoseconds: `(500_000, 30_000)` says that half of
    /// all take no longer than 30 µs. The first is `(0, shortest)`, the last `(1_000_000,
    /// longest)`.
    pub fn new(points: &[(u32, u64)]) -> Result<LatencyCurve, CurveError> {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Err(CurveError::Points(0));
        };
        if points.len() < 2 || points.len() > Self::POINTS_MAX {
            return Err(CurveError::Points(points.len()));
        }
        if first.0 != 0 || last.0 != Self::MILLION {
            return Err(CurveError::Ends);
        }
        let pairs = points.iter().zip(points.iter().skip(1)).zip(1..);
        for ((before, after), number) in pairs {
            if after.0 <= before.0 || after.1 < before.1 {
                return Err(CurveError::Order(number));
            }
        }
        let mut curve = LatencyCurve { points: [*last; Self::POINTS_MAX], len: points.len() };
        for (place, point) in curve.points.iter_mut().zip(points) {
            *place = *point;
        }
        Ok(curve)
    }

    /// Never below `floor_ns`, half of all not above `median_ns`, and a long tail: what exceeds
    /// the floor is log-normal with σ = 1, so that one in a hundred exceeds the floor ten times
    /// as far as the median does. A median below the floor counts as the floor.
    #[must_use]
    pub fn log_normal(floor_ns: u64, median_ns: u64) -> LatencyCurve {
        let beyond = u128::from(median_ns.saturating_sub(floor_ns));
        let last = (Self::MILLION, u64::MAX);
        let mut points = [last; Self::POINTS_MAX];
        for (place, (share, thousandths)) in points.iter_mut().zip(Self::LOG_NORMAL) {
            let excess = beyond * u128::from(thousandths) / 1_000;
            let excess = u64::try_from(excess).unwrap_or(u64::MAX);
            *place = (share, floor_ns.saturating_add(excess));
        }
        LatencyCurve { points, len: Self::LOG_NORMAL.len() }
    }

    /// Its points: parts in a million, nanoseconds.
    #[must_use]
    pub fn points(&self) -> &[(u32, u64)] {
        self.points.get(..self.len).unwrap_or(&self.points)
    }

    /// The latency that the share `uniform` × 2⁻⁶⁴ of all does not exceed.
    fn at(&self, uniform: u64) -> u64 {
        // Finer than the points, so that the steep end of the curve is hit everywhere.
        const FINE_BITS: u32 = 24;
        let scale = u128::from(Self::MILLION) << FINE_BITS;
        let position = (u128::from(uniform) * scale) >> u64::BITS;
        let mut before = (0, self.points().first().map_or(0, |&(_, ns)| ns));
        for &(share, ns) in self.points() {
            let end = u128::from(share) << FINE_BITS;
            if position < end {
                let (start, from) = before;
                let rise = u128::from(ns - from) * (position - start) / (end - start);
                return from.saturating_add(u64::try_from(rise).unwrap_or(u64::MAX));
            }
            before = (end, ns);
        }
        before.1
    }
}

/// Draws latencies of one direction of one seat.
#[derive(Debug)]
pub(super) struct LatencySource {
    latency: Latency,
    rng: Xoshiro256PlusPlus,
}

impl LatencySource {
    pub(super) fn new(latency: Latency, rng: Xoshiro256PlusPlus) -> LatencySource {
        LatencySource { latency, rng }
    }

    /// The next latency, in nanoseconds.
    pub(super) fn draw_ns(&mut self) -> u64 {
        match &self.latency {
            Latency::Fixed(ns) => *ns,
            Latency::Curve(curve) => curve.at(self.rng.next_u64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn points_must_rise_from_none_to_all() {
        let refused = |points: &[(u32, u64)]| LatencyCurve::new(points).unwrap_err();
        assert_eq!(refused(&[]), CurveError::Points(0));
        assert_eq!(refused(&[(0, 1)]), CurveError::Points(1));
        assert_eq!(refused(&[(0, 1); 17]), CurveError::Points(17));
        assert_eq!(refused(&[(1, 1), (1_000_000, 2)]), CurveError::Ends);
        assert_eq!(refused(&[(0, 1), (999_999, 2)]), CurveError::Ends);
        assert_eq!(refused(&[(0, 3), (1_000_000, 2)]), CurveError::Order(1));
        assert_eq!(refused(&[(0, 1), (5, 2), (5, 3), (1_000_000, 4)]), CurveError::Order(2));
    }

    #[test]
    fn a_curve_passes_through_its_points() {
        let curve = LatencyCurve::new(&[(0, 100), (500_000, 200), (1_000_000, 1_000)]).unwrap();
        assert_eq!(curve.at(0), 100);
        assert_eq!(curve.at(1 << 62), 150);
        assert_eq!(curve.at(1 << 63), 200);
        assert_eq!(curve.at(3 << 62), 600);
        assert_eq!(curve.at(u64::MAX), 999);
    }

    #[test]
    fn draws_have_the_quantiles_asked_for_and_repeat_for_a_seed() {
        let curve = LatencyCurve::log_normal(10_000, 30_000);
        let draw = |seed| {
            let rng = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut source = LatencySource::new(Latency::Curve(curve), rng);
            (0..100_000).map(|_| source.draw_ns()).collect::<Vec<u64>>()
        };
        let mut drawn = draw(1);
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
        drawn.sort_unstable();
        let near = |found: u64, expected: u64| found.abs_diff(expected) * 20 < expected;
        assert!(drawn[0] >= 10_000);
        assert!(near(drawn[50_000], 30_000), "median {}", drawn[50_000]);
        assert!(near(drawn[99_000], 10_000 + 204_800), "p99 {}", drawn[99_000]);
        assert!(drawn[99_999] <= 10_000 + 824_480);
    }

    #[test]
    fn extreme_latencies_do_not_wrap() {
        let curve = LatencyCurve::log_normal(u64::MAX - 10, u64::MAX);
        assert!(curve.at(u64::MAX) >= u64::MAX - 10);
        assert_eq!(LatencyCurve::log_normal(50, 20).at(1 << 63), 50);
    }
}
