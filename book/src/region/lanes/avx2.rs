//! Eight lanes at once, where the build may use AVX2.
//!
//! Each function says itself that it uses AVX2: what is compiled in other crates is not always built as this one is
//! (examples in documentation are not), and the compiler would find no register there.

use core::arch::asm;
use core::arch::x86_64::{
    __m256i, _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_cmpgt_epi32, _mm256_movemask_epi8,
    _mm256_movemask_ps, _mm256_packs_epi32, _mm256_set1_epi32, _mm256_xor_si256,
};

use super::MOVED;
use crate::region::{Word32, Word64};

/// Eight lanes from one on, read by one instruction.
#[inline]
#[target_feature(enable = "avx2")]
fn load(lanes: &[Word32], at: usize) -> __m256i {
    let from = lanes.as_ptr().wrapping_add(at);
    debug_assert!(at + 8 <= lanes.len());
    let loaded;
    // SAFETY: the callers below name eight lanes inside `lanes`. Another thread may write them
    // meanwhile: the processor reads each aligned word whole, as the words' own `get` does, and
    // what it reads passes through assembly, of which the compiler supposes nothing.
    unsafe {
        asm!("vmovdqu {0}, [{1}]", out(ymm_reg) loaded, in(reg) from,
            options(pure, nostack, preserves_flags, readonly));
    }
    loaded
}

#[inline]
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
    let equal = _mm256_cmpeq_epi32(load(lanes, 0), _mm256_set1_epi32(wanted.cast_signed()));
    _mm256_movemask_ps(_mm256_castsi256_ps(equal)).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
    // The last eight lanes begin with two that the eight before have counted. Packing takes four of one and
    // four of the other, twice, and each lane has two bytes then.
    const ONCE: u32 = 0xffff_f0ff;
    // The comparison is of signed numbers: turning the highest bit over keeps their order.
    let sign = _mm256_set1_epi32(i32::MIN);
    let bound = _mm256_xor_si256(_mm256_set1_epi32(bound.cast_signed()), sign);
    let (first, last) = (load(lanes, 0), load(lanes, 6));
    let first = _mm256_cmpgt_epi32(_mm256_xor_si256(first, sign), bound);
    let last = _mm256_cmpgt_epi32(_mm256_xor_si256(last, sign), bound);
    let bytes = _mm256_packs_epi32(first, last);
    (_mm256_movemask_epi8(bytes).cast_unsigned() & ONCE).count_ones() / 2
}

/// Moves `MOVED` words from a place to one that is a word further, or a word less far.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn move_some<const UP: bool>(words: &[Word64; MOVED + 1]) {
    let base = words.as_ptr().cast::<u8>();
    let (from, to) = if UP { (base, base.wrapping_add(8)) } else { (base.wrapping_add(8), base) };
    // SAFETY: both places are inside `words`, which may be written through shared references. Other
    // threads may read them meanwhile, and throw away what they read: their writer has opened the book.
    unsafe {
        asm!(
            "vmovdqu {a}, [{from}]", "vmovdqu {b}, [{from} + 32]",
            "vmovdqu [{to}], {a}", "vmovdqu [{to} + 32], {b}",
            from = in(reg) from, to = in(reg) to, a = out(ymm_reg) _, b = out(ymm_reg) _,
            options(nostack, preserves_flags));
    }
}
