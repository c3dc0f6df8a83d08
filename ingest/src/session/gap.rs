use core::fmt;

use wirebook_book::SeqNo;

/// Messages that were declared lost: a run of numbers, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The first number lost.
    pub first: SeqNo,
    /// The last number lost.
    pub last: SeqNo,
}

impl Gap {
    /// How many messages it is.
    #[must_use]
    pub const fn messages(self) -> u64 {
        self.last.get().saturating_sub(self.first.get()).saturating_add(1)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.first, self.last)
    }
}

/// The gaps of all sessions so far: all of them counted, the first ones kept. Gaps that adjoin
/// are one here, in however many parts they were declared.
#[derive(Clone, Debug)]
pub struct GapLog {
    kept: Vec<Gap>,
    /// How many of `kept` belong to sessions already left.
    kept_before_session: usize,
    /// The latest of this session, kept or not.
    latest: Option<Gap>,
    count: u64,
    messages: u64,
}

impl GapLog {
    /// A log that keeps `capacity` gaps.
    pub(super) fn with_capacity(capacity: usize) -> GapLog {
        GapLog {
            kept: Vec::with_capacity(capacity),
            kept_before_session: 0,
            latest: None,
            count: 0,
            messages: 0,
        }
    }

    /// The gaps that were kept, in the order in which they were declared.
    #[must_use]
    pub fn kept(&self) -> &[Gap] {
        &self.kept
    }

    /// How many gaps there were, kept or not.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many messages they were together (staying at the largest number there is).
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages
    }

    pub(super) fn add(&mut self, gap: Gap) {
        self.messages = self.messages.saturating_add(gap.messages());
        let latest = self.latest.replace(gap);
        if latest.is_some_and(|latest| latest.last.next() == gap.first) {
            // Where the log is full, the latest gap need not be the last one kept.
            if let Some(kept) = self.kept.last_mut().filter(|kept| Some(**kept) == latest) {
                kept.last = gap.last;
                self.latest = Some(*kept);
            }
            return;
        }
        self.count += 1;
        // A full log only counts: to grow it would be to allocate.
        if self.kept.len() < self.kept.capacity() {
            self.kept.push(gap);
        }
    }

    /// Numbers begin anew.
    pub(super) fn on_session(&mut self) {
        self.kept_before_session = self.kept.len();
        self.latest = None;
    }

    /// Whether any number from `first` up to but not including `next` lies in a gap kept for
    /// this session.
    pub(super) fn touches(&self, first: SeqNo, next: SeqNo) -> bool {
        let gaps = self.kept.get(self.kept_before_session..).unwrap_or_default();
        let following = gaps.partition_point(|gap| gap.last < first);
        gaps.get(following).is_some_and(|gap| gap.first < next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(first: u64, last: u64) -> Gap {
        Gap { first: SeqNo::new(first), last: SeqNo::new(last) }
    }

    #[test]
    fn a_full_log_goes_on_counting() {
        let mut log = GapLog::with_capacity(1);
        log.add(gap(3, 4));
        log.add(gap(7, 7));
        assert_eq!(log.kept(), [gap(3, 4)]);
        assert_eq!((log.count(), log.messages()), (2, 3));
    }

    #[test]
    fn adjoining_parts_are_one_gap_unless_a_session_lies_between() {
        let mut log = GapLog::with_capacity(2);
        log.add(gap(3, 4));
        log.add(gap(5, 5));
        log.add(gap(6, 8));
        log.on_session();
        log.add(gap(9, 9));
        assert_eq!(log.kept(), [gap(3, 8), gap(9, 9)]);
        // Full: the parts of a gap that is not kept are still one.
        log.add(gap(11, 11));
        log.add(gap(12, 12));
        assert_eq!(log.kept(), [gap(3, 8), gap(9, 9)]);
        assert_eq!((log.count(), log.messages()), (3, 9));
    }

    #[test]
    fn only_gaps_of_this_session_are_touched() {
        let mut log = GapLog::with_capacity(8);
        log.add(gap(3, 4));
        log.add(gap(9, 9));
        let touches = |log: &GapLog, first, next| log.touches(SeqNo::new(first), SeqNo::new(next));
        assert!(touches(&log, 1, 4) && touches(&log, 4, 6) && touches(&log, 5, 20));
        assert!(!touches(&log, 1, 3) && !touches(&log, 5, 9) && !touches(&log, 10, 11));
        log.on_session();
        assert!(!touches(&log, 1, 20));
    }

    #[test]
    fn the_widest_gap_is_counted_without_wrapping() {
        assert_eq!(gap(0, u64::MAX).messages(), u64::MAX);
        assert_eq!(gap(5, 5).messages(), 1);
    }
}
