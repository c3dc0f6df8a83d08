//! The timers of a strategy.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use wirebook_book::Nanos;

use crate::TimerId;

/// A timer that is set. The order of the fields is the order in which timers fire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Timer {
    at: Nanos,
    /// How many timers were set before.
    set: u64,
    id: TimerId,
}

/// The timers that are set, of which the next one is at hand at any time.
///
/// Looking at the next one takes constant time, taking it logarithmic time; setting a timer
/// anew and taking one back look through those that are set. Allocates in [`Timers::new`] only.
#[derive(Debug)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    /// What was asked for: a heap may allocate more.
    capacity: usize,
    set: u64,
}

impl Timers {
    pub(crate) fn new(capacity: usize) -> Timers {
        Timers { heap: BinaryHeap::with_capacity(capacity), capacity, set: 0 }
    }

    /// When the next timer is due.
    pub(crate) fn next(&self) -> Option<Nanos> {
        self.heap.peek().map(|Reverse(timer)| timer.at)
    }

    /// Takes the next timer, if it is due at `now`. Of timers due at the same time, the one
    /// that was set first comes first.
    pub(crate) fn take(&mut self, now: Nanos) -> Option<(Nanos, TimerId)> {
        if self.next()? > now {
            return None;
        }
        let Reverse(timer) = self.heap.pop()?;
        Some((timer.at, timer.id))
    }

    /// Sets a timer, or sets it anew. False where there is no room for another.
    pub(crate) fn set(&mut self, at: Nanos, id: TimerId) -> bool {
        self.cancel(id);
        let room = self.heap.len() < self.capacity;
        if room {
            self.heap.push(Reverse(Timer { at, set: self.set, id }));
            self.set += 1;
        }
        room
    }

    /// Takes a timer back.
    pub(crate) fn cancel(&mut self, id: TimerId) {
        if self.heap.iter().any(|Reverse(timer)| timer.id == id) {
            self.heap.retain(|Reverse(timer)| timer.id != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drain(timers: &mut Timers, now: u64) -> Vec<(u64, u32)> {
        let due = std::iter::from_fn(|| timers.take(Nanos::new(now)));
        due.map(|(at, id)| (at.get(), id.0)).collect()
    }

    #[test]
    fn equal_times_fire_in_the_order_they_were_set() {
        let mut timers = Timers::new(8);
        for id in [3, 1, 2] {
            assert!(timers.set(Nanos::new(10), TimerId(id)));
        }
        assert!(timers.set(Nanos::new(9), TimerId(7)));
        assert!(timers.set(Nanos::new(10), TimerId(3)), "set anew, it goes behind the others");
        assert_eq!(drain(&mut timers, 8), []);
        assert_eq!(drain(&mut timers, 10), [(9, 7), (10, 1), (10, 2), (10, 3)]);
    }

    #[test]
    fn a_full_table_refuses_another_timer_but_sets_one_anew() {
        let mut timers = Timers::new(2);
        assert!(timers.set(Nanos::new(1), TimerId(1)));
        assert!(timers.set(Nanos::new(2), TimerId(2)));
        assert!(!timers.set(Nanos::new(3), TimerId(3)));
        assert!(timers.set(Nanos::new(4), TimerId(1)));
        assert_eq!(timers.next(), Some(Nanos::new(2)));
        timers.cancel(TimerId(2));
        timers.cancel(TimerId(9));
        assert_eq!(timers.next(), Some(Nanos::new(4)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_list(
            ops in prop::collection::vec((0u8..4, 0u64..20, 0u32..12), 1..200),
        ) {
            let mut timers = Timers::new(8);
            let mut list: Vec<(u64, u32)> = Vec::new();
            for (op, at, id) in ops {
                match op {
                    0 | 1 => {
                        list.retain(|&(_, other)| other != id);
                        let room = list.len() < 8;
                        prop_assert_eq!(timers.set(Nanos::new(at), TimerId(id)), room);
                        if room {
                            list.push((at, id));
                        }
                    }
                    2 => {
                        list.retain(|&(_, other)| other != id);
                        timers.cancel(TimerId(id));
                    }
                    _ => {
                        let mut due: Vec<_> = list.iter().copied().filter(|t| t.0 <= at).collect();
                        due.sort_by_key(|&(at, _)| at); // stable, so those set first stay first
                        list.retain(|t| t.0 > at);
                        prop_assert_eq!(drain(&mut timers, at), due);
                    }
                }
                let next = list.iter().map(|&(at, _)| Nanos::new(at)).min();
                prop_assert_eq!(timers.next(), next);
            }
        }
    }
}
