//! In which order the slots of a side stand.
//!
//! One word: sixteen digits of four bits. The lowest is the slot of the best level, the next one that
//! of the second, and so on; behind the worst level come the slots that have none. The two highest
//! digits count the levels. Read as a word of a region, the order in which slots are numbered is left
//! out of it (exclusive or), so that all zero is a side without levels.

/// Slots of a side: as many ranks as fit into a line with their order.
pub(crate) const SLOTS: u32 = 14;

const DIGIT: u32 = 4;
/// The slots as they are numbered.
const NUMBERED: u64 = 0x00dc_ba98_7654_3210;
const LEN_SHIFT: u32 = SLOTS * DIGIT;
const ONE: u64 = 1 << LEN_SHIFT;

/// The order of the slots of a side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing(u64);

/// The digits before a place.
#[inline(always)]
const fn before(place: u32) -> u64 {
    1u64.wrapping_shl(place * DIGIT).wrapping_sub(1)
}

impl Standing {
    #[inline(always)]
    pub(crate) const fn from_word(word: u64) -> Standing {
        Standing(word ^ NUMBERED)
    }

    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        self.0 ^ NUMBERED
    }

    /// How many levels there are. A reader of a side that is being changed may find any number.
    #[inline(always)]
    pub(crate) const fn len(self) -> u32 {
        (self.0 >> LEN_SHIFT) as u32
    }

    #[inline(always)]
    pub(crate) const fn is_full(self) -> bool {
        self.len() >= SLOTS
    }

    /// The slot of the level that so many are better than; if there are no more, some slot.
    #[inline(always)]
    pub(crate) const fn slot(self, better: u32) -> u32 {
        let slot = (self.0.wrapping_shr(better * DIGIT) & 15) as u32;
        if slot < SLOTS { slot } else { SLOTS - 1 }
    }

    /// A level comes behind so many better ones, of those that are there; there is a slot left. The
    /// order then, and the slot.
    #[inline(always)]
    pub(crate) const fn insert(self, better: u32) -> (Standing, u32) {
        let (all, len, slot) = (self.0, self.len(), self.slot(self.len()));
        let kept = all & before(better);
        let worse = (all & before(len) & !before(better)) << DIGIT;
        let vacant = all & !before(len + 1);
        let put = (slot as u64).wrapping_shl(better * DIGIT);
        (Standing((kept | put | worse | vacant).wrapping_add(ONE)), slot)
    }

    /// The level leaves that so many are better than; there is one. The order then, and the slot.
    #[inline(always)]
    pub(crate) const fn remove(self, better: u32) -> (Standing, u32) {
        let (all, last, slot) = (self.0, self.len().saturating_sub(1), self.slot(better));
        let kept = all & before(better);
        let worse = (all & before(last + 1) & !before(better + 1)) >> DIGIT;
        let vacant = all & !before(last + 1);
        let put = (slot as u64).wrapping_shl(last * DIGIT);
        (Standing((kept | put | worse | vacant).wrapping_sub(ONE)), slot)
    }

    /// Whether it is an order of all slots.
    pub(crate) fn is_sound(self) -> bool {
        let slots =
            (0..SLOTS).fold(0, |slots, better| slots | 1 << (self.0 >> (better * DIGIT) & 15));
        self.len() <= SLOTS && slots == (1u32 << SLOTS) - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slots(standing: Standing) -> Vec<u32> {
        (0..standing.len()).map(|better| standing.slot(better)).collect()
    }

    #[test]
    fn zero_is_a_side_without_levels() {
        let empty = Standing::from_word(0);
        assert_eq!((empty.len(), empty.word(), empty.is_sound()), (0, 0, true));
    }

    #[test]
    fn what_is_no_order_is_found_out() {
        assert!(!Standing::from_word(1).is_sound(), "a slot twice");
        assert!(!Standing::from_word(15 * ONE).is_sound(), "more levels than slots");
        assert!(!Standing::from_word(u64::MAX).is_sound());
        // Whatever is read, a slot is one.
        for word in [u64::MAX, u64::MAX / 3, ONE - 1] {
            assert!((0..300).all(|better| Standing::from_word(word).slot(better) < SLOTS));
        }
    }

    proptest! {
        #[test]
        fn slots_stand_as_in_a_list(moves in proptest::collection::vec((any::<bool>(), any::<u32>()), 0..200)) {
            let (mut standing, mut list) = (Standing::from_word(0), Vec::new());
            for (comes, at) in moves {
                let len = u32::try_from(list.len()).unwrap();
                if comes && len < SLOTS {
                    let better = at % (len + 1);
                    let (next, slot) = standing.insert(better);
                    prop_assert!(!list.contains(&slot));
                    list.insert(better as usize, slot);
                    standing = next;
                } else if !comes && len > 0 {
                    let better = at % len;
                    let (next, slot) = standing.remove(better);
                    prop_assert_eq!(list.remove(better as usize), slot);
                    standing = next;
                }
                prop_assert!(standing.is_sound());
                prop_assert_eq!(slots(standing), list.clone());
                prop_assert_eq!(Standing::from_word(standing.word()), standing);
            }
        }
    }
}
