//! Four lanes at once, on any x86-64.

use core::arch::asm;
use core::arch::x86_64::{
    __m128i, _mm_cmpeq_epi32, _mm_cmpgt_epi32, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32,
    _mm_set1_epi32, _mm_xor_si128,
};

use super::MOVED;
use crate::region::{Word32, Word64};

/// Four lanes from one on, read by one instruction.
#[inline(always)]
fn load(lanes: &[Word32], at: usize) -> __m128i {
    let from = lanes.as_ptr().wrapping_add(at);
    debug_assert!(at + 4 <= lanes.len());
    let loaded;
    // SAFETY: the callers below name four lanes inside `lanes`. Another thread may write them
    // meanwhile: the processor reads each aligned word whole, as the words' own `get` does, and
    // what it reads passes through assembly, of which the compiler supposes nothing.
    unsafe {
        asm!("movdqu {0}, [{1}]", out(xmm_reg) loaded, in(reg) from,
            options(pure, nostack, preserves_flags, readonly));
    }
    loaded
}

#[inline(always)]
pub(super) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        let wanted = _mm_set1_epi32(wanted.cast_signed());
        let low = _mm_cmpeq_epi32(load(lanes, 0), wanted);
        let high = _mm_cmpeq_epi32(load(lanes, 4), wanted);
        let halves = _mm_packs_epi32(low, high);
        _mm_movemask_epi8(_mm_packs_epi16(halves, halves)).cast_unsigned() & 0xff
    }
}

#[inline(always)]
pub(super) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
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

/// Moves `MOVED` words from a place to one that is a word further, or a word less far.
#[inline(always)]
pub(super) fn move_some<const UP: bool>(words: &[Word64; MOVED + 1]) {
    let base = words.as_ptr().cast::<u8>();
    let (from, to) = if UP { (base, base.wrapping_add(8)) } else { (base.wrapping_add(8), base) };
    // SAFETY: both places are inside `words`, which may be written through shared references. Other
    // threads may read them meanwhile, and throw away what they read: their writer has opened the book.
    unsafe {
        asm!(
            "movdqu {a}, [{from}]", "movdqu {b}, [{from} + 16]",
            "movdqu {c}, [{from} + 32]", "movdqu {d}, [{from} + 48]",
            "movdqu [{to}], {a}", "movdqu [{to} + 16], {b}",
            "movdqu [{to} + 32], {c}", "movdqu [{to} + 48], {d}",
            from = in(reg) from, to = in(reg) to,
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            options(nostack, preserves_flags));
    }
}
