use wirebook_book::{Nanos, SeqNo};

use super::Line;

/// How many packets back a lag can be told, or more, where several came together. A power of two.
const REMEMBERED: usize = 1024;

/// When and where a packet came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arrival {
    pub(super) line: Line,
    pub(super) at: Nanos,
}

#[derive(Clone, Copy)]
struct Delivered {
    /// The number after the last message that came so.
    next: SeqNo,
    arrival: Arrival,
}

/// Which line brought the latest messages first, and when: what the other line's lag is measured
/// against. A ring in the order of numbers.
pub(super) struct Arrivals {
    ring: Box<[Delivered; REMEMBERED]>,
    /// How many were ever recorded; the latest lies at this minus one, modulo the ring.
    recorded: u64,
    /// Per line, up to where it has been compared: a line goes forward, so that a comparison
    /// costs a step or two whatever the lag.
    compared: [u64; 2],
}

impl Arrivals {
    pub(super) fn new() -> Arrivals {
        let arrival = Arrival { line: Line::A, at: Nanos::new(0) };
        let never = Delivered { next: SeqNo::new(0), arrival };
        Arrivals { ring: Box::new([never; REMEMBERED]), recorded: 0, compared: [0; 2] }
    }

    /// The messages before `next`, up to those recorded before, came with `arrival`: a record of their own, unless the
    /// latest ones came so, too.
    #[inline]
    pub(super) fn record(&mut self, next: SeqNo, arrival: Arrival) {
        let latest = &mut self.ring[Arrivals::place(self.recorded.wrapping_sub(1))];
        if self.recorded > 0 && latest.arrival == arrival {
            latest.next = next;
            return;
        }
        self.ring[Arrivals::place(self.recorded)] = Delivered { next, arrival };
        self.recorded += 1;
    }

    /// By how many nanoseconds `arrival` of the messages before `next` came after the other
    /// line's. `None` where the same line had brought them, or where that is no longer known.
    pub(super) fn lag_ns(&mut self, next: SeqNo, arrival: Arrival) -> Option<u64> {
        let oldest = self.recorded.saturating_sub(REMEMBERED as u64);
        let compared = self.compared.get_mut(arrival.line.index())?;
        let mut record = oldest.max(*compared);
        // Before the oldest record, or before what this line was compared with already.
        if record > oldest && self.ring[Arrivals::place(record - 1)].next >= next {
            return None;
        }
        while record < self.recorded && self.ring[Arrivals::place(record)].next < next {
            record += 1;
        }
        *compared = record;
        let first = self.ring[Arrivals::place(record)];
        let known =
            record < self.recorded && (record > oldest || oldest == 0 || first.next == next);
        (known && first.arrival.line != arrival.line).then(|| arrival.at.since(first.arrival.at))
    }

    /// Numbers begin anew.
    pub(super) fn clear(&mut self) {
        self.recorded = 0;
        self.compared = [0; 2];
    }

    /// Always inside the ring, whose length is a power of two.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // only the low bits are wanted
    fn place(record: u64) -> usize {
        record as usize & (REMEMBERED - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(line: Line, at: u64) -> Arrival {
        Arrival { line, at: Nanos::new(at) }
    }

    #[test]
    fn lag_is_told_whatever_the_packet_boundaries() {
        let mut arrivals = Arrivals::new();
        arrivals.record(SeqNo::new(4), on(Line::A, 100)); // 1..=3
        arrivals.record(SeqNo::new(6), on(Line::A, 200)); // 4..=5
        arrivals.record(SeqNo::new(9), on(Line::A, 300)); // 6..=8
        arrivals.record(SeqNo::new(12), on(Line::B, 400)); // 9..=11
        assert_eq!(arrivals.lag_ns(SeqNo::new(3), on(Line::B, 150)), Some(50));
        assert_eq!(arrivals.lag_ns(SeqNo::new(6), on(Line::B, 270)), Some(70));
        assert_eq!(arrivals.lag_ns(SeqNo::new(8), on(Line::B, 310)), Some(10));
        assert_eq!(arrivals.lag_ns(SeqNo::new(3), on(Line::B, 999)), None, "compared before");
        assert_eq!(arrivals.lag_ns(SeqNo::new(12), on(Line::B, 999)), None, "its own message");
        assert_eq!(arrivals.lag_ns(SeqNo::new(12), on(Line::A, 425)), Some(25));
    }

    #[test]
    fn packets_that_came_together_are_compared_one_by_one() {
        let mut arrivals = Arrivals::new();
        for next in [3, 5, 7] {
            arrivals.record(SeqNo::new(next), on(Line::A, 100));
        }
        assert_eq!(arrivals.lag_ns(SeqNo::new(3), on(Line::B, 130)), Some(30));
        assert_eq!(arrivals.lag_ns(SeqNo::new(7), on(Line::B, 140)), Some(40));
        // What comes so after a comparison, too.
        arrivals.record(SeqNo::new(9), on(Line::A, 100));
        assert_eq!(arrivals.lag_ns(SeqNo::new(9), on(Line::B, 150)), Some(50));
        // The other line has no part in it.
        arrivals.record(SeqNo::new(11), on(Line::B, 150));
        arrivals.record(SeqNo::new(13), on(Line::A, 150));
        assert_eq!(arrivals.lag_ns(SeqNo::new(11), on(Line::A, 170)), Some(20));
        assert_eq!(arrivals.lag_ns(SeqNo::new(13), on(Line::B, 160)), Some(10));
    }

    #[test]
    fn what_has_left_the_ring_is_unknown() {
        let mut arrivals = Arrivals::new();
        for number in 1..=REMEMBERED as u64 + 10 {
            arrivals.record(SeqNo::new(number + 1), on(Line::A, number));
        }
        assert_eq!(arrivals.lag_ns(SeqNo::new(5), on(Line::B, 9999)), None);
        assert_eq!(arrivals.lag_ns(SeqNo::new(501), on(Line::B, 520)), Some(20));
        arrivals.clear();
        assert_eq!(arrivals.lag_ns(SeqNo::new(2), on(Line::B, 1)), None);
    }
}
