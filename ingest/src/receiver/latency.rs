use core::fmt;

use hdrhistogram::Histogram;

/// The longest latency that is told apart from longer ones.
const LATENCY_NS_MAX: u64 = 60_000_000_000;

/// Latencies in nanoseconds, to three digits.
pub struct Latency {
    /// Since the last report.
    recent: Histogram<u64>,
    /// Before it.
    before: Histogram<u64>,
}

/// Latencies in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)] // the names say it
pub struct LatencyFigures {
    pub packets: u64,
    pub min_ns: u64,
    pub mean_ns: f64,
    pub p50_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub max_ns: u64,
}

impl Latency {
    pub(super) fn new() -> Latency {
        let histogram = Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3);
        let recent = histogram.expect("bounds that every histogram takes");
        Latency { before: recent.clone(), recent }
    }

    /// Those of a burst, and how many packets of it have each.
    #[inline]
    pub(super) fn record_all(&mut self, latencies_ns: impl Iterator<Item = (u64, usize)>) {
        for (latency_ns, packets) in latencies_ns {
            self.recent.saturating_record_n(latency_ns, packets as u64);
        }
    }

    /// The figures since the last call of this method. It takes some ten microseconds.
    pub fn take_recent(&mut self) -> LatencyFigures {
        let figures = figures(&self.recent);
        self.fold();
        figures
    }

    /// The figures since the start.
    pub fn whole(&mut self) -> LatencyFigures {
        self.fold();
        figures(&self.before)
    }

    fn fold(&mut self) {
        // Both have the same bounds, so that nothing in one is beyond the other.
        let _ = self.before.add(&self.recent);
        self.recent.reset();
    }
}

fn figures(histogram: &Histogram<u64>) -> LatencyFigures {
    let at = |quantile| histogram.value_at_quantile(quantile);
    LatencyFigures {
        packets: histogram.len(),
        min_ns: histogram.min(),
        mean_ns: histogram.mean(),
        p50_ns: at(0.5),
        p99_ns: at(0.99),
        p999_ns: at(0.999),
        max_ns: histogram.max(),
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latency").field("recent", &self.recent.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reported_is_not_lost_to_the_whole() {
        let mut latency = Latency::new();
        latency.record_all((1..=1000).map(|latency_ns| (latency_ns, 1)));
        let recent = latency.take_recent();
        assert_eq!(
            (recent.packets, recent.min_ns, recent.p50_ns, recent.max_ns),
            (1000, 1, 500, 1000)
        );
        latency.record_all(std::iter::once((u64::MAX, 3)));
        latency.record_all(std::iter::empty());
        assert_eq!(latency.take_recent().packets, 3);
        let whole = latency.whole();
        assert_eq!((whole.packets, whole.min_ns, whole.p50_ns), (1003, 1, 502));
        assert!(whole.max_ns >= LATENCY_NS_MAX, "longer than all that is told apart");
    }
}
