//! Comparing and moving several numbers at once.

use super::{Word32, Word64};

/// Sixteen bytes of words, read by one instruction.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
fn load<T: super::Words>(words: &[T], at: usize) -> core::arch::x86_64::__m128i {
    let from = words.as_ptr().wrapping_add(at);
    debug_assert!((at + 16 / size_of::<T>()) <= words.len());
    let loaded;
    // SAFETY: the callers below name sixteen bytes inside `words`. Another thread may write them
    // meanwhile: the processor reads each aligned word whole, as the words' own `get` does, and
    // what it reads passes through assembly, of which the compiler supposes nothing.
    unsafe {
        core::arch::asm!("movdqu {0}, [{1}]", out(xmm_reg) loaded, in(reg) from,
            options(pure, nostack, preserves_flags, readonly));
    }
    loaded
}

/// One bit for each of the eight `lanes` that equals `wanted`, the first lane lowest.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub(crate) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
    use core::arch::x86_64::{
        _mm_cmpeq_epi32, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32, _mm_set1_epi32,
    };
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        let wanted = _mm_set1_epi32(wanted.cast_signed());
        let low = _mm_cmpeq_epi32(load(lanes, 0), wanted);
        let high = _mm_cmpeq_epi32(load(lanes, 4), wanted);
        let halves = _mm_packs_epi32(low, high);
        _mm_movemask_epi8(_mm_packs_epi16(halves, halves)).cast_unsigned() & 0xff
    }
}

/// How many of the fourteen `lanes` are above `bound`.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub(crate) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
    use core::arch::x86_64::{
        _mm_cmpgt_epi32, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32, _mm_set1_epi32,
        _mm_xor_si128,
    };
    // The last four lanes begin with two that the four before have counted.
    const ONCE: u32 = 0xcfff;
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        // The comparison is of signed numbers: turning the highest bit over keeps their order.
        let sign = _mm_set1_epi32(i32::MIN);
        let bound = _mm_xor_si128(_mm_set1_epi32(bound.cast_signed()), sign);
        let four = |at| _mm_cmpgt_epi32(_mm_xor_si128(load(lanes, at), sign), bound);
        let halves = [_mm_packs_epi32(four(0), four(4)), _mm_packs_epi32(four(8), four(10))];
        let bytes = _mm_packs_epi16(halves[0], halves[1]);
        (_mm_movemask_epi8(bytes).cast_unsigned() & ONCE).count_ones()
    }
}

/// One bit for each of the eight `lanes` that equals `wanted`, the first lane lowest.
#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
    let found = lanes.iter().map(|lane| u32::from(lane.get() == wanted));
    found.enumerate().fold(0, |equal, (lane, found)| equal | found << lane)
}

/// How many of the fourteen `lanes` are above `bound`.
#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
    lanes.iter().map(|lane| u32::from(lane.get() > bound)).sum()
}

/// Words that are moved at once.
const MOVED: usize = 8;

/// Moves `MOVED` words from a place to one that is a word further, or a word less far.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
fn move_some<const UP: bool>(words: &[Word64; MOVED + 1]) {
    let base = words.as_ptr().cast::<u8>();
    let (from, to) = if UP { (base, base.wrapping_add(8)) } else { (base.wrapping_add(8), base) };
    // SAFETY: both places are inside `words`, which may be written through shared references. Other
    // threads may read them meanwhile, and throw away what they read: their writer has opened the book.
    unsafe {
        core::arch::asm!(
            "movdqu {a}, [{from}]", "movdqu {b}, [{from} + 16]",
            "movdqu {c}, [{from} + 32]", "movdqu {d}, [{from} + 48]",
            "movdqu [{to}], {a}", "movdqu [{to} + 16], {b}",
            "movdqu [{to} + 32], {c}", "movdqu [{to} + 48], {d}",
            from = in(reg) from, to = in(reg) to,
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            options(nostack, preserves_flags));
    }
}

#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
fn move_some<const UP: bool>(words: &[Word64; MOVED + 1]) {
    if UP {
        (0..MOVED).rev().for_each(|at| words[at + 1].set(words[at].get()));
    } else {
        (0..MOVED).for_each(|at| words[at].set(words[at + 1].get()));
    }
}

/// Moves all words but the last one place up. The first stays as it is, too.
pub(crate) fn move_up(words: &[Word64]) {
    let mut rest = words;
    while let Some(last) = rest.last_chunk::<{ MOVED + 1 }>() {
        move_some::<true>(last);
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
        move_some::<false>(first);
        rest = rest.get(MOVED..).unwrap_or_default();
    }
    for at in 1..rest.len() {
        rest[at - 1].set(rest[at].get());
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn every_lane_has_its_bit() {
        let lanes = [7, 1, 2, 7, 0, u32::MAX, 5, 7].map(Word32::from);
        assert_eq!(super::equal(&lanes, 7), 0b1000_1001);
        assert_eq!(super::equal(&lanes, u32::MAX), 0b10_0000);
        assert_eq!(super::equal(&lanes, 9), 0);
    }

    #[test]
    fn what_is_above_is_counted_in_every_lane() {
        let half = u32::MAX / 2;
        let numbers = [0, 1, u32::MAX, half, half + 1, 7, 8, 9, 0, 3, 2, 0, 5, u32::MAX - 1];
        let lanes = numbers.map(Word32::from);
        for bound in [0, 1, 7, half, half + 1, u32::MAX - 1, u32::MAX] {
            let above = numbers.iter().filter(|&&number| number > bound).count();
            assert_eq!(super::above(&lanes, bound) as usize, above, "above {bound}");
        }
    }
}
