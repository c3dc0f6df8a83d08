//! A hash table that never grows.

/// What a [`FixedMap`] files things under.
pub(super) trait Key: Copy + Eq {
    /// Any number made of the key; it need not be well mixed.
    fn number(self) -> u64;
}

/// A hash table of a fixed number of entries: open addressing with linear probing, at most half
/// full, so that a probe is short and always ends.
#[derive(Debug)]
pub(super) struct FixedMap<K, V> {
    slots: Vec<Option<(K, V)>>,
    /// Leaves the upper bits of a mixed number: the index of a slot.
    shift: u32,
    capacity: usize,
    len: usize,
}

impl<K: Key, V: Copy> FixedMap<K, V> {
    /// Room for `capacity` entries. The only allocation there is.
    pub(super) fn new(capacity: usize) -> FixedMap<K, V> {
        let slots = capacity.max(1).saturating_mul(2).next_power_of_two();
        let shift = u64::BITS - slots.trailing_zeros();
        FixedMap { slots: vec![None; slots], shift, capacity, len: 0 }
    }

    /// Whether there is no room for another entry.
    pub(super) fn is_full(&self) -> bool {
        self.len >= self.capacity
    }

    pub(super) fn get(&self, key: K) -> Option<V> {
        let (_, value) = (*self.slots.get(self.find(key).ok()?)?)?;
        Some(value)
    }

    /// Files a value, in the place of one that is there. False where there is no room.
    pub(super) fn insert(&mut self, key: K, value: V) -> bool {
        let (at, new) = match self.find(key) {
            Ok(at) => (at, false),
            Err(at) => (at, true),
        };
        if new && self.is_full() {
            return false;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some((key, value));
            self.len += usize::from(new);
        }
        true
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let mut hole = self.find(key).ok()?;
        let (_, value) = self.slots.get_mut(hole)?.take()?;
        self.len -= 1;
        // What follows without a gap may have been pushed on by what is gone: whatever would
        // be found at the hole as well moves there.
        let mask = self.slots.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let Some(&Some((other, _))) = self.slots.get(at) else { break };
            let from_home = at.wrapping_sub(self.home(other)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                self.slots.swap(hole, at);
                hole = at;
            }
        }
        Some(value)
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(None);
        self.len = 0;
    }

    fn home(&self, key: K) -> usize {
        // The upper bits of a product with an odd number near 2⁶⁴/φ depend on all bits below.
        let mixed = key.number().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        #[allow(clippy::cast_possible_truncation)] // an index of a slot
        let home = (mixed >> self.shift) as usize;
        home
    }

    /// Where a key is, or the free slot where it would be.
    fn find(&self, key: K) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut at = self.home(key);
        loop {
            match self.slots.get(at) {
                Some(Some((other, _))) if *other == key => return Ok(at),
                Some(Some(_)) => at = (at + 1) & mask,
                _ => return Err(at),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Key for u64 {
        fn number(self) -> u64 {
            self
        }
    }

    #[test]
    fn refuses_what_exceeds_its_room_but_not_what_is_there() {
        let mut map = FixedMap::new(2);
        assert!(map.insert(1u64, 'a'));
        assert!(map.insert(2, 'b'));
        assert!(map.is_full());
        assert!(!map.insert(3, 'c'));
        assert!(map.insert(2, 'd'));
        assert_eq!((map.get(2), map.get(3)), (Some('d'), None));
        map.clear();
        assert_eq!((map.get(2), map.is_full()), (None, false));
    }

    proptest! {
        /// Few keys and few slots, so that probes run into each other and around the end.
        #[test]
        fn agrees_with_a_plain_map(ops in prop::collection::vec((0u64..12, 0u8..3), 1..300)) {
            const CAPACITY: usize = 7;
            let mut map = FixedMap::new(CAPACITY);
            let mut plain = BTreeMap::new();
            for (value, (key, op)) in ops.into_iter().enumerate() {
                if op == 0 {
                    prop_assert_eq!(map.remove(key), plain.remove(&key));
                } else {
                    let room = plain.len() < CAPACITY || plain.contains_key(&key);
                    prop_assert_eq!(map.insert(key, value), room);
                    if room {
                        plain.insert(key, value);
                    }
                }
                for key in 0..12 {
                    prop_assert_eq!(map.get(key), plain.get(&key).copied());
                }
                prop_assert_eq!(map.is_full(), plain.len() == CAPACITY);
            }
        }
    }
}
