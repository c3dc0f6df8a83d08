//! A horizontal axis of wall-clock times.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use strategy_api::Nanos;

/// Steps between labels that a clock's reader expects, in seconds.
const STEPS_S: [u64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];

/// A span of a day, labelled at round times.
#[derive(Clone, Debug)]
pub(crate) struct ClockAxis {
    span: Range<Nanos>,
}

impl ClockAxis {
    /// A span that ends at or before its start lasts a second.
    pub(crate) fn new(span: Range<Nanos>) -> ClockAxis {
        let end = span.end.max(span.start.after(Nanos::PER_SECOND));
        ClockAxis { span: span.start..end }
    }

    fn length_ns(&self) -> u64 {
        self.span.end.since(self.span.start)
    }

    /// The shortest usual step that gives no more than `most` labels.
    fn step_ns(&self, most: usize) -> u64 {
        let most = u64::try_from(most).unwrap_or(u64::MAX).max(1);
        let fits = |step_ns: &u64| self.length_ns() / step_ns < most;
        let usual = STEPS_S.into_iter().map(|seconds| seconds * Nanos::PER_SECOND);
        usual.into_iter().find(fits).unwrap_or(self.length_ns())
    }
}

impl Ranged for ClockAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = Nanos;

    fn map(&self, value: &Nanos, limit: (i32, i32)) -> i32 {
        let pixels = i128::from(limit.1) - i128::from(limit.0);
        let from_start = i128::from(value.get()) - i128::from(self.span.start.get());
        let along = from_start * pixels / i128::from(self.length_ns());
        i32::try_from(i128::from(limit.0) + along).unwrap_or(limit.1)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<Nanos> {
        let step_ns = self.step_ns(hint.max_num_points());
        let first = self.span.start.get().div_ceil(step_ns);
        let times = (first..).map(|step| Nanos::new(step.saturating_mul(step_ns)));
        times.take_while(|time| *time <= self.span.end).collect()
    }

    fn range(&self) -> Range<Nanos> {
        self.span.clone()
    }
}

/// Hours and minutes, and seconds where the span is short.
impl ValueFormatter<Nanos> for ClockAxis {
    fn format_ext(&self, value: &Nanos) -> String {
        let text = clock(*value);
        let short = self.length_ns() < 600 * Nanos::PER_SECOND;
        if short { text } else { text.get(..5).unwrap_or_default().to_owned() }
    }
}

/// A time of day as `HH:MM:SS`.
pub(crate) fn clock(time: Nanos) -> String {
    let seconds = time.get() / Nanos::PER_SECOND;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use plotters::coord::ranged1d::BoldPoints;

    use super::*;

    const fn at(hours: u64, minutes: u64, seconds: u64) -> Nanos {
        Nanos::new((hours * 3_600 + minutes * 60 + seconds) * Nanos::PER_SECOND)
    }

    #[test]
    fn labels_stand_at_round_times() {
        let day = ClockAxis::new(at(9, 32, 1)..at(16, 0, 0));
        let labels: Vec<_> =
            day.key_points(BoldPoints(14)).iter().map(|time| day.format_ext(time)).collect();
        assert_eq!(labels.first().map(String::as_str), Some("10:00"));
        assert_eq!(labels.last().map(String::as_str), Some("16:00"));
        assert_eq!(labels.len(), 13);
        let moment = ClockAxis::new(at(9, 32, 1)..at(9, 34, 0));
        let labels: Vec<_> =
            moment.key_points(BoldPoints(14)).iter().map(|time| moment.format_ext(time)).collect();
        assert_eq!(labels.get(..2), Some(&["09:32:10".to_owned(), "09:32:20".to_owned()][..]));
    }

    #[test]
    fn times_lie_in_proportion() {
        let axis = ClockAxis::new(at(10, 0, 0)..at(12, 0, 0));
        let x = |time| axis.map(&time, (100, 300));
        assert_eq!([x(at(10, 0, 0)), x(at(10, 30, 0)), x(at(12, 0, 0))], [100, 150, 300]);
    }

    #[test]
    fn an_empty_span_can_be_drawn() {
        let axis = ClockAxis::new(at(10, 0, 0)..at(10, 0, 0));
        assert_eq!(axis.map(&at(10, 0, 0), (0, 10)), 0);
        assert!(!axis.key_points(BoldPoints(3)).is_empty());
    }
}
