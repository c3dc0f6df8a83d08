//! The default day has the features that the flow's documentation claims, within wide bounds.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use wirebook_book::{Nanos, OrderRef, Side};
use wirebook_exchange::flow::{Flow, FlowConfig};
use wirebook_exchange::matching::Event;

const OPEN: Nanos = Nanos::new(34_200 * Nanos::PER_SECOND);
const CLOSE: Nanos = Nanos::new(57_600 * Nanos::PER_SECOND);

/// What one symbol did in market hours.
#[derive(Default)]
struct Tape {
    /// Twice the mid price after each message, in units.
    mids: Vec<i64>,
    /// For each trade: how many messages came before, twice its price, and the taker's sign.
    trades: Vec<(usize, i64, i64)>,
    /// Ticks of each new order from the best price of its own side.
    distances: Vec<i64>,
}

#[derive(Default)]
struct Day {
    tapes: BTreeMap<u16, Tape>,
    lifetimes_ns: Vec<u64>,
    gaps_ns: Vec<u64>,
    per_half_hour: BTreeMap<u64, u64>,
}

static DAY: LazyLock<Day> = LazyLock::new(|| {
    let mut day = Day::default();
    let mut born: HashMap<OrderRef, Nanos> = HashMap::new();
    let mut last = Nanos::new(0);
    let mut flow = Flow::new(FlowConfig::default()).unwrap();
    while let Some(stamped) = flow.next() {
        let (at, event) = (stamped.at, stamped.event);
        let (locate, died) = match event {
            Event::Added(added) => {
                born.insert(added.order_ref, at);
                (added.locate, None)
            }
            Event::Executed(trade) => (trade.locate, None),
            Event::Reduced(order) => (order.locate, None),
            Event::Deleted(order) => (order.locate, Some(order.order_ref)),
            Event::Replaced(order) => {
                born.insert(order.new, at);
                (order.locate, Some(order.old))
            }
            _ => continue,
        };
        if let Some(born) = died.and_then(|order_ref| born.remove(&order_ref)) {
            day.lifetimes_ns.push(at.since(born));
        }
        let gap_ns = at.since(last);
        last = at;
        if at <= OPEN.after(5 * Nanos::PER_SECOND) || at >= CLOSE {
            continue;
        }
        day.gaps_ns.push(gap_ns);
        *day.per_half_hour.entry(at.since(OPEN) / (1_800 * Nanos::PER_SECOND)).or_default() += 1;
        let [bid, ask] = Side::BOTH.map(|side| flow.exchange().touch(locate, side));
        let (Some(bid), Some(ask)) = (bid, ask) else { continue };
        let tape = day.tapes.entry(locate.get()).or_default();
        match event {
            Event::Executed(trade) if trade.cross.is_none() => {
                let price = trade.price.units() * 2;
                tape.trades.push((tape.mids.len(), price, -trade.side.sign()));
            }
            Event::Added(added) => {
                let own = if added.side == Side::Bid { bid } else { ask };
                let away = (own.price - added.price).units() * added.side.sign() / 100;
                tape.distances.push(away);
            }
            _ => {}
        }
        tape.mids.push(bid.price.units() + ask.price.units());
    }
    day
});

/// The busiest symbols, the busiest first.
fn busiest(count: usize) -> Vec<&'static Tape> {
    let mut tapes: Vec<&Tape> = DAY.tapes.values().collect();
    tapes.sort_by_key(|tape| std::cmp::Reverse(tape.mids.len()));
    tapes.truncate(count);
    tapes
}

fn share<T>(of: &[T], which: impl Fn(&T) -> bool) -> f64 {
    of.iter().filter(|at| which(at)).count() as f64 / of.len() as f64
}

#[test]
fn activity_is_a_u_over_the_day_and_unequal_over_symbols() {
    let half_hours: Vec<u64> = DAY.per_half_hour.values().copied().collect();
    assert_eq!(half_hours.len(), 13);
    let midday = half_hours[4..9].iter().sum::<u64>() / 5;
    assert!(half_hours[0] > 2 * midday && half_hours[12] * 2 > 3 * midday, "{half_hours:?}");

    let tapes = busiest(300);
    let messages = |tapes: &[&Tape]| tapes.iter().map(|tape| tape.mids.len()).sum::<usize>() as f64;
    let tenth = messages(&tapes[..30]) / messages(&tapes);
    assert!((0.35..0.6).contains(&tenth), "{tenth}");
}

#[test]
fn messages_come_in_bursts() {
    let within_a_burst = share(&DAY.gaps_ns, |gap| *gap < 70_000);
    assert!((0.7..0.95).contains(&within_a_burst), "{within_a_burst}");
    // A Poisson process of this rate has one gap in e³ above three times the mean.
    let mean = DAY.gaps_ns.iter().sum::<u64>() / DAY.gaps_ns.len() as u64;
    let long = share(&DAY.gaps_ns, |gap| *gap > 3 * mean);
    assert!(long > 0.07, "{long}");
}

#[test]
fn orders_live_for_moments_or_for_hours() {
    let second = Nanos::PER_SECOND;
    let moments = share(&DAY.lifetimes_ns, |lived| *lived < second);
    let hours = share(&DAY.lifetimes_ns, |lived| *lived > 3_600 * second);
    assert!((0.05..0.4).contains(&moments), "{moments}");
    assert!((0.05..0.3).contains(&hours), "{hours}");
}

#[test]
fn orders_are_placed_near_the_touch_with_a_heavy_tail() {
    let distances: Vec<i64> =
        busiest(30).iter().flat_map(|tape| tape.distances.iter().copied()).collect();
    let near = share(&distances, |away| *away <= 1);
    assert!((0.35..0.75).contains(&near), "{near}");
    // The share beyond a distance falls slower than exponentially: by less than half for each
    // doubling.
    let beyond = |ticks: i64| share(&distances, |away| *away > ticks);
    for ticks in [5, 10, 20, 40] {
        let ratio = beyond(2 * ticks) / beyond(ticks);
        assert!((0.4..0.95).contains(&ratio), "beyond {ticks}: {ratio}");
    }
}

#[test]
fn signs_of_trades_are_correlated_for_long() {
    let correlation = |lag: usize| {
        let (mut sum, mut pairs) = (0, 0);
        for tape in busiest(60) {
            for pair in tape.trades.windows(lag + 1) {
                sum += pair[0].2 * pair[lag].2;
                pairs += 1;
            }
        }
        sum as f64 / f64::from(pairs)
    };
    assert!(correlation(1) > 0.3, "{}", correlation(1));
    assert!(correlation(10) > 0.05, "{}", correlation(10));
    assert!(correlation(1) > correlation(10));
}

/// Trading with takers earns a market maker most of the half spread at first, and part of it
/// after fifty messages, when prices have moved against it.
#[test]
fn takers_know_something_and_pay_for_the_rest() {
    let (mut paid, mut kept, mut trades) = (0.0, 0.0, 0.0);
    for tape in busiest(30) {
        for (place, price, sign) in &tape.trades {
            let (Some(before), Some(after)) =
                (place.checked_sub(1).map(|at| tape.mids[at]), tape.mids.get(place + 50))
            else {
                continue;
            };
            // In hundredths of a basis point of the mid, without the few that follow news.
            let relative = |mid: i64| ((price - mid) * sign) as f64 * 1e6 / before as f64;
            if relative(*after).abs() < 3_000.0 {
                paid += relative(before);
                kept += relative(*after);
                trades += 1.0;
            }
        }
    }
    let (paid, kept) = (paid / trades, kept / trades);
    assert!(paid > 30.0, "{paid}");
    assert!(kept < paid * 0.7 && kept > -paid * 0.3, "{kept} of {paid}");
}

#[test]
fn volatility_comes_in_clusters() {
    // Absolute changes of the mid over ten messages, next to each other and far apart.
    let (mut near, mut far) = (0.0, 0.0);
    for tape in busiest(30) {
        let sampled: Vec<i64> = tape.mids.iter().step_by(10).copied().collect();
        let changes: Vec<f64> =
            sampled.windows(2).map(|pair| ((pair[1] - pair[0]).abs().min(1_000)) as f64).collect();
        let mean = changes.iter().sum::<f64>() / changes.len() as f64;
        let product = |lag: usize| {
            let pairs = changes.windows(lag + 1);
            let count = pairs.len() as f64;
            pairs.map(|at| (at[0] - mean) * (at[lag] - mean)).sum::<f64>() / count / (mean * mean)
        };
        near += product(2) / 30.0;
        far += product(60) / 30.0;
    }
    assert!(near > 0.1 && near > 2.0 * far, "{near} {far}");
}
