//! How good the quotes were: time at the touch, and what the mid did after fills.

use std::collections::VecDeque;

use strategy_api::{Liquidity, Nanos, Price, Side};

use crate::series::{Fill, SidePrices};

/// The mid of the last moments, to tell what it was when a fill happened: a strategy learns of
/// its fills some time later. Mids are twice the middle, so that they are exact.
#[derive(Clone, Debug)]
pub(crate) struct MidHistory {
    mids: VecDeque<(Nanos, Price)>,
    room: usize,
}

impl MidHistory {
    pub(crate) fn new(room: usize) -> MidHistory {
        MidHistory { mids: VecDeque::with_capacity(room), room }
    }

    /// The mid is this from `now` on.
    pub(crate) fn push(&mut self, now: Nanos, mid_twice: Price) {
        if self.mids.back().is_some_and(|&(_, last)| last == mid_twice) {
            return;
        }
        if self.mids.len() == self.room {
            self.mids.pop_front();
        }
        self.mids.push_back((now, mid_twice));
    }

    /// The mid now.
    pub(crate) fn latest(&self) -> Option<Price> {
        self.mids.back().map(|&(_, mid)| mid)
    }

    /// The mid just before `time`; the oldest there is, if that is later.
    pub(crate) fn before(&self, time: Nanos) -> Option<Price> {
        let earlier = self.mids.iter().rev().find(|&&(since, _)| since < time);
        earlier.or(self.mids.front()).map(|&(_, mid)| mid)
    }
}

/// A mean over shares, of distances in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PerShare {
    /// Sum of (twice the distance in units of price) × shares.
    sum: i64,
    shares: i64,
}

impl PerShare {
    fn add(&mut self, distance_twice: Price, fill: &Fill) {
        let shares = i64::try_from(fill.qty.shares()).unwrap_or(i64::MAX);
        let signed = distance_twice.units().saturating_mul(fill.side.sign());
        self.sum = self.sum.saturating_add(signed.saturating_mul(shares));
        self.shares = self.shares.saturating_add(shares);
    }

    /// Both together.
    pub(crate) fn and(self, other: PerShare) -> PerShare {
        PerShare {
            sum: self.sum.saturating_add(other.sum),
            shares: self.shares.saturating_add(other.shares),
        }
    }

    /// The mean in ticks; `None` over nothing.
    #[allow(clippy::cast_precision_loss)] // for showing
    pub(crate) fn ticks(self, tick: Price) -> Option<f64> {
        let unit = 2.0 * tick.units() as f64;
        (self.shares > 0).then(|| self.sum as f64 / self.shares as f64 / unit)
    }
}

/// Adverse selection at one horizon: how far the mid moved *against* us between the moment just
/// before a fill and the horizon after it. Positive is bad: the mid fell after we bought, or
/// rose after we sold.
#[derive(Clone, Debug)]
pub(crate) struct AdverseSelection {
    horizon_ns: u64,
    pending: VecDeque<(Nanos, Fill, Price)>,
    room: usize,
    /// Over the fills whose horizon has come.
    pub(crate) against_us: PerShare,
    /// Fills that were not measured because too many were waiting.
    pub(crate) unmeasured: u64,
}

impl AdverseSelection {
    pub(crate) fn new(horizon_ns: u64, room: usize) -> AdverseSelection {
        AdverseSelection {
            horizon_ns,
            pending: VecDeque::with_capacity(room),
            room,
            against_us: PerShare::default(),
            unmeasured: 0,
        }
    }

    /// A fill, and twice the mid just before it.
    pub(crate) fn fill(&mut self, fill: Fill, mid_twice: Price) {
        if self.pending.len() == self.room {
            self.unmeasured += 1;
            return;
        }
        self.pending.push_back((fill.time.after(self.horizon_ns), fill, mid_twice));
    }

    /// Until just before `now` twice the mid was `mid_twice`. To be called before each change.
    pub(crate) fn advance(&mut self, now: Nanos, mid_twice: Price) {
        while let Some(&(due, fill, before)) = self.pending.front()
            && due < now
        {
            self.against_us.add(before - mid_twice, &fill);
            self.pending.pop_front();
        }
    }
}

/// Horizons of adverse selection that are reported.
pub(crate) const HORIZONS_NS: [u64; 2] = [Nanos::PER_SECOND, 10 * Nanos::PER_SECOND];

/// What is known of one symbol's fills. Those that took liquidity are counted and not judged: they
/// say nothing of the quotes.
#[derive(Clone, Debug)]
pub(crate) struct FillStatistics {
    mids: MidHistory,
    /// How far from the mid (as it was just before) fills were, in our favour.
    pub(crate) edge: PerShare,
    /// By horizon.
    pub(crate) adverse: [AdverseSelection; 2],
    /// Fills that took liquidity.
    pub(crate) taken: u64,
}

impl FillStatistics {
    pub(crate) fn new() -> FillStatistics {
        FillStatistics {
            mids: MidHistory::new(1 << 10),
            edge: PerShare::default(),
            adverse: HORIZONS_NS.map(|horizon_ns| AdverseSelection::new(horizon_ns, 1 << 12)),
            taken: 0,
        }
    }

    /// Twice the mid is this from `now` on.
    pub(crate) fn mid(&mut self, now: Nanos, mid_twice: Price) {
        self.advance(now);
        self.mids.push(now, mid_twice);
    }

    /// Twice the mid now.
    pub(crate) fn mid_now(&self) -> Option<Price> {
        self.mids.latest()
    }

    /// Twice the mid just before `time`.
    pub(crate) fn mid_before(&self, time: Nanos) -> Option<Price> {
        self.mids.before(time)
    }

    /// Time has come to `now`; the mid is what it was.
    pub(crate) fn advance(&mut self, now: Nanos) {
        if let Some(until_now) = self.mids.latest() {
            self.adverse.iter_mut().for_each(|adverse| adverse.advance(now, until_now));
        }
    }

    /// A fill of ours.
    pub(crate) fn fill(&mut self, fill: Fill) {
        if fill.liquidity == Liquidity::Taker {
            self.taken += 1;
            return;
        }
        let Some(mid_twice) = self.mids.before(fill.time) else { return };
        self.edge.add(mid_twice - (fill.price + fill.price), &fill);
        self.adverse.iter_mut().for_each(|adverse| adverse.fill(fill, mid_twice));
    }
}

/// How long our quotes stood at the touch: at the best price of the book, or better.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TouchTime {
    since: Option<Nanos>,
    at_touch: [bool; 2],
    /// All time that counted.
    pub(crate) total_ns: u64,
    /// With a quote at the touch of the side.
    pub(crate) at_touch_ns: [u64; 2],
}

impl TouchTime {
    /// How things stand from `now` on. Time counts while `counting`.
    pub(crate) fn update(&mut self, now: Nanos, counting: bool, sides: [SidePrices; 2]) {
        if let Some(since) = self.since {
            let elapsed_ns = now.since(since);
            self.total_ns += elapsed_ns;
            for (sum_ns, at_touch) in self.at_touch_ns.iter_mut().zip(self.at_touch) {
                *sum_ns += if at_touch { elapsed_ns } else { 0 };
            }
        }
        self.since = counting.then_some(now);
        for side in Side::BOTH {
            let SidePrices { best, own } = sides[side.index()];
            let ahead = |own: Price, best: Price| match side {
                Side::Bid => own >= best,
                Side::Ask => own <= best,
            };
            self.at_touch[side.index()] =
                own.is_some_and(|own| best.is_none_or(|best| ahead(own, best)));
        }
    }

    /// The share of time at the touch, as a mean of both sides; `None` if no time counted.
    #[allow(clippy::cast_precision_loss)] // for showing
    pub(crate) fn at_touch_share(&self) -> Option<f64> {
        let both: u64 = self.at_touch_ns.iter().sum();
        (self.total_ns > 0).then(|| both as f64 / (2.0 * self.total_ns as f64))
    }

    /// The times of two symbols together.
    pub(crate) fn and(self, other: TouchTime) -> TouchTime {
        let sum = |a: [u64; 2], b: [u64; 2]| [a[0] + b[0], a[1] + b[1]];
        TouchTime {
            total_ns: self.total_ns + other.total_ns,
            at_touch_ns: sum(self.at_touch_ns, other.at_touch_ns),
            ..TouchTime::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use strategy_api::Qty;

    use super::*;

    const SECOND: u64 = Nanos::PER_SECOND;
    const TICK: Price = Price::from_units(100);

    fn fill(time: u64, side: Side, units: i64, shares: u64) -> Fill {
        let (price, qty) = (Price::from_units(units), Qty::new(shares));
        Fill { time: Nanos::new(time), side, price, qty, liquidity: Liquidity::Maker }
    }

    /// Twice a mid of `units`.
    fn mid(units: i64) -> Price {
        Price::from_units(2 * units)
    }

    #[test]
    fn a_mid_that_falls_after_we_bought_moved_against_us() {
        let mut fills = FillStatistics::new();
        fills.mid(Nanos::new(0), mid(10_050));
        fills.fill(fill(SECOND, Side::Bid, 10_000, 100));
        fills.mid(Nanos::new(SECOND + SECOND / 2), mid(9_950));
        fills.mid(Nanos::new(3 * SECOND), mid(9_750));
        fills.advance(Nanos::new(12 * SECOND));
        assert_eq!(fills.edge.ticks(TICK), Some(0.5));
        assert_eq!(fills.adverse[0].against_us.ticks(TICK), Some(1.0));
        assert_eq!(fills.adverse[1].against_us.ticks(TICK), Some(3.0));
    }

    #[test]
    fn a_mid_that_falls_after_we_sold_moved_for_us() {
        let mut fills = FillStatistics::new();
        fills.mid(Nanos::new(0), mid(10_050));
        fills.fill(fill(SECOND, Side::Ask, 10_100, 300));
        fills.fill(fill(SECOND, Side::Bid, 10_000, 100));
        fills.mid(Nanos::new(SECOND + 1), mid(9_950));
        fills.advance(Nanos::new(60 * SECOND));
        // Over 300 shares −1 tick, over 100 shares +1.
        assert_eq!(fills.adverse[0].against_us.ticks(TICK), Some(-0.5));
        assert_eq!(fills.edge.ticks(TICK), Some(0.5));
    }

    #[test]
    fn the_move_of_the_trade_that_filled_us_counts() {
        let mut fills = FillStatistics::new();
        fills.mid(Nanos::new(0), mid(10_050));
        // We learn of the fill after the mid that it moved, and of another one.
        fills.mid(Nanos::new(SECOND), mid(10_000));
        fills.mid(Nanos::new(SECOND + 5), mid(10_050));
        fills.fill(fill(SECOND, Side::Bid, 10_000, 100));
        fills.mid(Nanos::new(SECOND + 9), mid(10_000));
        fills.advance(Nanos::new(3 * SECOND));
        assert_eq!(fills.edge.ticks(TICK), Some(0.5));
        assert_eq!(fills.adverse[0].against_us.ticks(TICK), Some(0.5));
        assert_eq!(fills.adverse[1].against_us.ticks(TICK), None);
    }

    #[test]
    fn fills_that_took_are_counted_and_not_judged() {
        let mut fills = FillStatistics::new();
        fills.mid(Nanos::new(0), mid(10_050));
        fills.fill(Fill { liquidity: Liquidity::Taker, ..fill(SECOND, Side::Bid, 10_100, 100) });
        fills.advance(Nanos::new(60 * SECOND));
        assert_eq!((fills.taken, fills.edge.ticks(TICK)), (1, None));
        assert_eq!(fills.adverse[0].against_us.ticks(TICK), None);
    }

    #[test]
    fn fills_without_room_are_counted() {
        let mut adverse = AdverseSelection::new(SECOND, 1);
        adverse.fill(fill(0, Side::Bid, 10_000, 100), mid(10_050));
        adverse.fill(fill(1, Side::Bid, 10_000, 100), mid(10_050));
        assert_eq!(adverse.unmeasured, 1);
    }

    #[test]
    fn time_at_the_touch_is_that_at_the_best_price_or_better() {
        let sides = |own_bid: Option<i64>, own_ask: Option<i64>| {
            let side = |best, own: Option<i64>| SidePrices {
                best: Some(Price::from_units(best)),
                own: own.map(Price::from_units),
            };
            [side(10_000, own_bid), side(10_300, own_ask)]
        };
        let mut time = TouchTime::default();
        time.update(Nanos::new(0), false, sides(Some(10_000), None));
        time.update(Nanos::new(100), true, sides(Some(10_000), Some(10_400)));
        time.update(Nanos::new(200), true, sides(Some(9_900), Some(10_200)));
        time.update(Nanos::new(300), true, sides(None, Some(10_300)));
        time.update(Nanos::new(500), false, sides(None, None));
        time.update(Nanos::new(900), false, sides(None, None));
        assert_eq!(time.total_ns, 400);
        assert_eq!(time.at_touch_ns, [100, 300]);
        assert_eq!(time.at_touch_share(), Some(0.5));
    }
}
