//! Comparing and moving several numbers at once.

use super::{Word32, Word64};

// Each way to compare is built where it is used, and all of them for tests.
#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
mod avx2;
#[cfg(any(test, not(target_arch = "x86_64")))]
mod one_by_one;
#[cfg(all(target_arch = "x86_64", any(test, not(target_feature = "avx2"))))]
mod sse2;

#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
use built_for_avx2 as best;
#[cfg(not(target_arch = "x86_64"))]
use one_by_one as best;
#[cfg(all(target_arch = "x86_64", not(target_feature = "avx2")))]
use sse2 as best;

/// What AVX2 offers, where the build says that it is there.
#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
mod built_for_avx2 {
    use super::{MOVED, Word32, Word64, avx2};

    #[inline(always)]
    pub(super) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
        // SAFETY: this is built for processors with AVX2; each of them has POPCNT.
        unsafe { avx2::equal(lanes, wanted) }
    }

    #[inline(always)]
    pub(super) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
        // SAFETY: as above.
        unsafe { avx2::above(lanes, bound) }
    }

    #[inline(always)]
    pub(super) fn move_some<const UP: bool>(words: &[Word64; MOVED + 1]) {
        // SAFETY: as above.
        unsafe { avx2::move_some::<UP>(words) }
    }
}

/// One bit for each of the eight `lanes` that equals `wanted`, the first lane lowest.
#[inline(always)]
pub(crate) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
    best::equal(lanes, wanted)
}

/// How many of the fourteen `lanes` are above `bound`.
#[inline(always)]
pub(crate) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
    best::above(lanes, bound)
}

/// Words that are moved at once.
const MOVED: usize = 8;

/// Moves all words but the last one place up. The first stays as it is, too.
pub(crate) fn move_up(words: &[Word64]) {
    let mut rest = words;
    while let Some(last) = rest.last_chunk::<{ MOVED + 1 }>() {
        best::move_some::<true>(last);
        rest = rest.get(..rest.len() - MOVED).unwrap_or_default();
    }
    for at in (1..rest.len()).rev() {
        rest[at].set(rest[at - 1].get());
    }
}

/// Moves all words but the first one place down. The last stays as it is, too.
pub(crate) fn move_down(words: &[Word64]) {
    let mut rest = words;
    while let Some(first) = rest.first_chunk::<{ MOVED + 1 }>() {
        best::move_some::<false>(first);
        rest = rest.get(MOVED..).unwrap_or_default();
    }
    for at in 1..rest.len() {
        rest[at - 1].set(rest[at].get());
    }
}

#[cfg(test)]
mod tests {
    use super::MOVED;
    use crate::region::{Word32, Word64};

    #[test]
    fn words_move_by_one_place_however_many_there_are() {
        for len in 0..60u64 {
            let numbered = || (0..len).map(Word64::from).collect::<Vec<_>>();
            let numbers = |words: &[Word64]| words.iter().map(Word64::get).collect::<Vec<_>>();
            let (up, down) = (numbered(), numbered());
            super::move_up(&up);
            super::move_down(&down);
            let expected =
                |from: fn(u64, u64) -> u64| (0..len).map(|at| from(at, len)).collect::<Vec<_>>();
            assert_eq!(numbers(&up), expected(|at, _| at.saturating_sub(1)), "{len} up");
            assert_eq!(numbers(&down), expected(|at, len| (at + 1).min(len - 1)), "{len} down");
        }
    }

    /// One way to compare and to move.
    struct Way {
        equal: fn(&[Word32; 8], u32) -> u32,
        above: fn(&[Word32; 14], u32) -> u32,
        up: fn(&[Word64; MOVED + 1]),
        down: fn(&[Word64; MOVED + 1]),
    }

    macro_rules! way {
        ($way:ident) => {
            Way {
                equal: super::$way::equal,
                above: super::$way::above,
                up: super::$way::move_some::<true>,
                down: super::$way::move_some::<false>,
            }
        };
    }

    /// All that this build can have.
    const WAYS: &[Way] = &[
        #[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
        way!(built_for_avx2),
        #[cfg(target_arch = "x86_64")]
        way!(sse2),
        way!(one_by_one),
    ];

    #[test]
    fn eight_words_move_at_once() {
        for Way { up, down, .. } in WAYS {
            let words: [Word64; MOVED + 1] = core::array::from_fn(|at| Word64::from(at as u64));
            let numbers = || words.each_ref().map(Word64::get);
            up(&words);
            assert_eq!(numbers(), [0, 0, 1, 2, 3, 4, 5, 6, 7]);
            down(&words);
            assert_eq!(numbers(), [0, 1, 2, 3, 4, 5, 6, 7, 7]);
        }
    }

    #[test]
    fn every_lane_has_its_bit() {
        let lanes = [7, 1, 2, 7, 0, u32::MAX, 5, 7].map(Word32::from);
        for Way { equal, .. } in WAYS {
            assert_eq!(equal(&lanes, 7), 0b1000_1001);
            assert_eq!(equal(&lanes, u32::MAX), 0b10_0000);
            assert_eq!(equal(&lanes, 9), 0);
            for lane in 0..8 {
                let one = core::array::from_fn(|at| Word32::from(u32::from(at == lane)));
                assert_eq!(equal(&one, 1), 1 << lane);
            }
        }
    }

    #[test]
    fn what_is_above_is_counted_in_every_lane() {
        let half = u32::MAX / 2;
        let numbers = [0, 1, u32::MAX, half, half + 1, 7, 8, 9, 0, 3, 2, 0, 5, u32::MAX - 1];
        let lanes = numbers.map(Word32::from);
        for Way { above, .. } in WAYS {
            for bound in [0, 1, 7, half, half + 1, u32::MAX - 1, u32::MAX] {
                let expected = numbers.iter().filter(|&&number| number > bound).count();
                assert_eq!(above(&lanes, bound) as usize, expected, "above {bound}");
            }
            for lane in 0..14 {
                let one = core::array::from_fn(|at| Word32::from(u32::from(at == lane)));
                assert_eq!(above(&one, 0), 1, "lane {lane}");
            }
        }
    }
}
