use std::collections::VecDeque;

use wirebook_book::{Nanos, SeqNo};

use super::arrivals::Arrival;
use crate::mold::Messages;

/// Packets that came before their turn, by number, each copied into a place of fixed size.
///
/// Announcements of heartbeats stand among them as entries without messages: they too say that
/// everything before them exists.
///
/// No entry lies wholly inside another, so that the entries are in order by their beginnings and
/// by their ends alike. They may overlap.
pub(super) struct Window {
    entries: VecDeque<Entry>,
    places: Box<[u8]>,
    place_bytes: usize,
    /// Places in use by no entry.
    free: Vec<usize>,
    capacity: usize,
}

struct Entry {
    first: SeqNo,
    /// The number after the last message; `first` itself for an announcement.
    next: SeqNo,
    arrival: Arrival,
    /// When the hole before this entry, if there is one, was seen first.
    hole_seen: Nanos,
    /// Where the bytes are, and how many; `None` for an announcement.
    bytes: Option<(usize, usize)>,
}

/// What became of an entry offered to the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Offer {
    /// It has a place.
    Kept,
    /// Nothing in it is new.
    Known,
    /// It is longer than a place.
    TooLong,
    /// There is no place until a hole is given up.
    Full,
}

/// The first entry.
pub(super) struct Front<'a> {
    pub(super) first: SeqNo,
    pub(super) next: SeqNo,
    pub(super) arrival: Arrival,
    pub(super) messages: Messages<'a>,
}

impl Window {
    /// A window of `capacity` entries of at most `place_bytes` bytes.
    pub(super) fn new(capacity: usize, place_bytes: usize) -> Window {
        Window {
            entries: VecDeque::with_capacity(capacity),
            // Not zero: zeroed memory would be mapped page by page at the first loss.
            places: vec![u8::MAX; capacity * place_bytes].into_boxed_slice(),
            place_bytes,
            free: (0..capacity).rev().collect(),
            capacity,
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where the first entry begins.
    pub(super) fn front_first(&self) -> Option<SeqNo> {
        self.entries.front().map(|entry| entry.first)
    }

    /// When the hole before the first entry was seen.
    pub(super) fn hole_seen(&self) -> Option<Nanos> {
        self.entries.front().map(|entry| entry.hole_seen)
    }

    pub(super) fn front(&self) -> Option<Front<'_>> {
        let entry = self.entries.front()?;
        let messages = match entry.bytes {
            None => Messages::default(),
            Some((place, length)) => {
                let start = place * self.place_bytes;
                let bytes = self.places.get(start..start + length)?;
                Messages::checked_before(bytes, entry.messages())
            }
        };
        let &Entry { first, next, arrival, .. } = entry;
        Some(Front { first, next, arrival, messages })
    }

    pub(super) fn pop_front(&mut self) {
        if let Some(Entry { bytes: Some((place, _)), .. }) = self.entries.pop_front() {
            self.free.push(place);
        }
    }

    /// Keeps a copy of `messages`, of which the first has the number `first`.
    pub(super) fn keep(
        &mut self,
        first: SeqNo,
        messages: &Messages<'_>,
        arrival: Arrival,
    ) -> Offer {
        let next = SeqNo::new(first.get().saturating_add(messages.len() as u64));
        if self.covers(first, next) {
            return Offer::Known;
        }
        let length = messages.as_bytes().len();
        if length > self.place_bytes {
            return Offer::TooLong;
        }
        let index = self.entries.partition_point(|entry| entry.first < first);
        let hole_seen = self.entries.get(index).map_or(arrival.at, |entry| entry.hole_seen);
        self.remove_within(index, next);
        if self.entries.len() >= self.capacity {
            return Offer::Full;
        }
        let Some(place) = self.free.pop() else {
            return Offer::Full;
        };
        let start = place * self.place_bytes;
        if let Some(copy) = self.places.get_mut(start..start + length) {
            copy.copy_from_slice(messages.as_bytes());
        }
        let bytes = Some((place, length));
        self.entries.insert(index, Entry { first, next, arrival, hole_seen, bytes });
        Offer::Kept
    }

    /// Keeps in mind that everything before `next` exists.
    pub(super) fn announce(&mut self, next: SeqNo, arrival: Arrival) -> Offer {
        let reaching = self.entries.partition_point(|entry| entry.next < next);
        if self.entries.get(reaching).is_some_and(|entry| entry.first <= next) {
            return Offer::Known;
        }
        if self.entries.len() >= self.capacity {
            return Offer::Full;
        }
        // What does not reach `next` lies before it, and what reaches it begins behind it.
        let hole_seen = self.entries.get(reaching).map_or(arrival.at, |entry| entry.hole_seen);
        let entry = Entry { first: next, next, arrival, hole_seen, bytes: None };
        self.entries.insert(reaching, entry);
        Offer::Kept
    }

    /// Whether the entries together hold every number from `first` up to `next`.
    fn covers(&self, first: SeqNo, next: SeqNo) -> bool {
        let from = self.entries.partition_point(|entry| entry.next <= first);
        let mut covered = first;
        for entry in self.entries.range(from..) {
            if entry.first > covered {
                break;
            }
            covered = entry.next;
            if covered >= next {
                return true;
            }
        }
        false
    }

    /// Removes the entries from `index` on that end at or before `next`.
    fn remove_within(&mut self, index: usize, next: SeqNo) {
        let end = self.entries.partition_point(|entry| entry.next <= next);
        if index < end {
            for entry in self.entries.drain(index..end) {
                self.free.extend(entry.bytes.map(|(place, _)| place));
            }
        }
    }
}

impl Entry {
    /// How many messages it holds: never more than a packet does.
    fn messages(&self) -> usize {
        usize::try_from(self.next.get() - self.first.get()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::session::Line;

    /// As many messages as `count`, one byte each.
    fn bytes(count: u64) -> Vec<u8> {
        [0, 1, b'm'].repeat(usize::try_from(count).unwrap())
    }

    fn arrival(at: u64) -> Arrival {
        Arrival { line: Line::A, at: Nanos::new(at) }
    }

    /// What must hold of the entries whatever was offered.
    fn assert_in_order(window: &Window, numbers: &BTreeSet<u64>) {
        let ends: Vec<_> = window.entries.iter().map(|entry| (entry.first, entry.next)).collect();
        assert!(ends.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{ends:?}");
        let held: BTreeSet<u64> =
            ends.iter().flat_map(|(first, next)| first.get()..next.get()).collect();
        assert_eq!(&held, numbers);
        let placed = window.entries.iter().filter(|entry| entry.bytes.is_some()).count();
        assert_eq!(placed + window.free.len(), window.capacity);
    }

    proptest! {
        #[test]
        fn entries_hold_every_number_offered_and_stay_in_order(
            offers in prop::collection::vec((1_u64..60, 0_u64..9), 1..80)
        ) {
            let mut window = Window::new(8, 24);
            let memory = |window: &Window| (window.entries.capacity(), window.free.capacity());
            let memory_before = memory(&window);
            let mut numbers = BTreeSet::new();
            for (at, (first, count)) in (0..).zip(offers) {
                let new = (first..first + count).any(|number| !numbers.contains(&number));
                let held = window.len();
                let bytes = bytes(count);
                let messages = Messages::prefix(&bytes).0;
                let offer = if count == 0 {
                    window.announce(SeqNo::new(first), arrival(at))
                } else {
                    window.keep(SeqNo::new(first), &messages, arrival(at))
                };
                match offer {
                    Offer::Kept => numbers.extend(first..first + count),
                    Offer::Known => prop_assert!(!new),
                    Offer::TooLong => prop_assert!(false, "nothing here is"),
                    Offer::Full => prop_assert_eq!(held, 8),
                }
                if offer == Offer::Full {
                    let front = window.front().unwrap();
                    let (from, to) = (front.first.get(), front.next.get());
                    prop_assert_eq!(front.messages.len() as u64, to - from);
                    window.pop_front();
                    let kept = window.front_first().unwrap().get();
                    numbers.retain(|number| !(from..to.min(kept)).contains(number));
                }
                assert_in_order(&window, &numbers);
            }
            prop_assert_eq!(memory(&window), memory_before, "it allocated");
        }
    }

    #[test]
    fn a_hole_keeps_the_time_at_which_it_was_seen() {
        let mut window = Window::new(8, 24);
        let bytes = bytes(2);
        let two = Messages::prefix(&bytes).0;
        window.keep(SeqNo::new(10), &two, arrival(100));
        window.announce(SeqNo::new(20), arrival(200));
        window.keep(SeqNo::new(14), &two, arrival(300)); // inside the hole seen at 200
        window.keep(SeqNo::new(5), &two, arrival(400)); // inside the hole seen at 100
        for (first, seen) in [(5, 100), (10, 100), (14, 200), (20, 200)] {
            assert_eq!(window.front_first(), Some(SeqNo::new(first)));
            assert_eq!(window.hole_seen(), Some(Nanos::new(seen)));
            window.pop_front();
        }
        assert!(window.is_empty());
    }

    #[test]
    fn a_long_packet_is_refused_and_a_known_one_is_not() {
        let mut window = Window::new(8, 8);
        let bytes = bytes(3);
        let three = Messages::prefix(&bytes).0;
        assert_eq!(window.keep(SeqNo::new(5), &three, arrival(0)), Offer::TooLong);
        assert_eq!(window.keep(SeqNo::new(5), &three.skip(1), arrival(0)), Offer::Kept);
    }
}
