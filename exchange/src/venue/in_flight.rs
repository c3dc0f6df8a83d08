//! What is on its way between strategies and the venue.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use wirebook_book::Nanos;

/// Something on its way, with the time at which it is there.
#[derive(Clone, Copy, Debug)]
struct Item<T> {
    due: Nanos,
    /// How many were sent before: of those due at the same time, the first sent is first.
    sent: u64,
    what: T,
}

/// The greatest is due first, as the heap has its greatest on top.
impl<T> Ord for Item<T> {
    fn cmp(&self, other: &Item<T>) -> Ordering {
        (other.due, other.sent).cmp(&(self.due, self.sent))
    }
}

impl<T> PartialOrd for Item<T> {
    fn partial_cmp(&self, other: &Item<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Item<T> {
    fn eq(&self, other: &Item<T>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Item<T> {}

/// What is on its way, by the time at which it arrives. Allocates in [`InFlight::new`] only.
#[derive(Debug)]
pub(super) struct InFlight<T> {
    heap: BinaryHeap<Item<T>>,
    /// What was asked for: a heap may allocate more.
    capacity: usize,
    sent: u64,
}

impl<T: Copy> InFlight<T> {
    pub(super) fn new(capacity: usize) -> InFlight<T> {
        InFlight { heap: BinaryHeap::with_capacity(capacity), capacity, sent: 0 }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.heap.len() >= self.capacity
    }

    /// Sends something. False where there is no room for it.
    pub(super) fn send(&mut self, due: Nanos, what: T) -> bool {
        let room = !self.is_full();
        if room {
            self.heap.push(Item { due, sent: self.sent, what });
            self.sent += 1;
        }
        room
    }

    /// When the next one is there.
    pub(super) fn next_due(&self) -> Option<Nanos> {
        self.heap.peek().map(|item| item.due)
    }

    /// Takes the next one, if it is there at `now`.
    pub(super) fn take(&mut self, now: Nanos) -> Option<(Nanos, T)> {
        if self.next_due()? > now {
            return None;
        }
        self.heap.pop().map(|item| (item.due, item.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrives_by_time_and_then_in_the_order_sent() {
        let mut flight = InFlight::new(4);
        for (due, what) in [(5, 'a'), (3, 'b'), (5, 'c'), (3, 'd')] {
            assert!(flight.send(Nanos::new(due), what));
        }
        assert!(!flight.send(Nanos::new(1), 'e'), "there is no room for a fifth");
        assert_eq!(flight.next_due(), Some(Nanos::new(3)));
        let mut arrived = |now| {
            std::iter::from_fn(|| flight.take(Nanos::new(now)).map(|(_, what)| what))
                .collect::<String>()
        };
        assert_eq!(arrived(2), "");
        assert_eq!(arrived(4), "bd");
        assert_eq!(arrived(5), "ac");
    }
}
