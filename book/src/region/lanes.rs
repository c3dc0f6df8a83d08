//! Comparing eight numbers at once.

/// One bit for each of the eight `lanes` that equals `wanted`, the first lane lowest.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub(crate) fn equal(lanes: &[u32; 8], wanted: u32) -> u32 {
    use core::arch::x86_64::{
        __m128i, _mm_castsi128_ps, _mm_cmpeq_epi32, _mm_loadu_si128, _mm_movemask_ps,
        _mm_set1_epi32,
    };
    let four = lanes.as_ptr().cast::<__m128i>();
    // SAFETY: SSE2 is part of x86-64. `lanes` are 32 readable bytes: two unaligned loads of 16.
    unsafe {
        let wanted = _mm_set1_epi32(wanted.cast_signed());
        let low = _mm_cmpeq_epi32(_mm_loadu_si128(four), wanted);
        let high = _mm_cmpeq_epi32(_mm_loadu_si128(four.add(1)), wanted);
        let low = _mm_movemask_ps(_mm_castsi128_ps(low));
        let high = _mm_movemask_ps(_mm_castsi128_ps(high));
        (low | high << 4).cast_unsigned()
    }
}

/// One bit for each of the eight `lanes` that equals `wanted`, the first lane lowest.
#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn equal(lanes: &[u32; 8], wanted: u32) -> u32 {
    let bits = lanes.iter().enumerate().map(|(lane, &found)| u32::from(found == wanted) << lane);
    bits.fold(0, |equal, bit| equal | bit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_lane_has_its_bit() {
        let lanes = [7, 1, 2, 7, 0, u32::MAX, 5, 7];
        assert_eq!(super::equal(&lanes, 7), 0b1000_1001);
        assert_eq!(super::equal(&lanes, u32::MAX), 0b10_0000);
        assert_eq!(super::equal(&lanes, 9), 0);
    }
}
