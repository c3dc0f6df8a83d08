//! What lies in a region and belongs to no table.
//!
//! AddressSanitizer knows where memory was mapped, not where a table in it ends. Where it is built
//! in (`--cfg asan`), tables are some bytes apart, and to touch what is no table's is an error.

use super::LINE;

/// Bytes between two tables.
pub(super) const GAP_BYTES: usize = if cfg!(asan) { LINE } else { 0 };

#[cfg(asan)]
unsafe extern "C" {
    fn __asan_poison_memory_region(at: *const u8, len: usize);
    fn __asan_unpoison_memory_region(at: *const u8, len: usize);
}

/// From here on, to touch these bytes is an error. They are mapped, `len` of them.
#[inline(always)]
pub(super) fn forbid(at: *const u8, len: usize) {
    #[cfg(asan)]
    // SAFETY: it notes something of these bytes, beside them, and does nothing to them.
    unsafe {
        __asan_poison_memory_region(at, len);
    }
    #[cfg(not(asan))]
    let _ = (at, len);
}

/// From here on it is none.
#[inline(always)]
pub(super) fn allow(at: *const u8, len: usize) {
    #[cfg(asan)]
    // SAFETY: as above.
    unsafe {
        __asan_unpoison_memory_region(at, len);
    }
    #[cfg(not(asan))]
    let _ = (at, len);
}

#[cfg(all(test, asan))]
mod tests {
    use crate::region::{Plan, Region, Word32, Word64};

    unsafe extern "C" {
        fn __asan_address_is_poisoned(at: *const u8) -> core::ffi::c_int;
    }

    fn is_forbidden(at: *const u8) -> bool {
        // SAFETY: it looks up what was noted of the address, and touches nothing at it.
        unsafe { __asan_address_is_poisoned(at) != 0 }
    }

    #[test]
    fn what_is_no_tables_may_not_be_touched() {
        let mut plan = Plan::default();
        plan.table::<Word64>(8).unwrap();
        plan.table::<Word32>(4).unwrap();
        let mut region = Region::anonymous(plan).unwrap();
        let first = region.carve::<Word64>(8).unwrap();
        let second = region.carve::<Word32>(4).unwrap();
        let (one, other) = (first.as_slice().as_ptr_range(), second.as_slice().as_ptr_range());
        let ends = [one.end.cast::<u8>(), other.end.cast()];
        for end in ends {
            assert!(is_forbidden(end) && !is_forbidden(end.wrapping_sub(1)), "behind a table");
        }
        assert!(is_forbidden(other.start.cast::<u8>().wrapping_sub(1)), "before it");
        assert!(!is_forbidden(one.start.cast()) && !is_forbidden(other.start.cast()));
        drop((region, first, second));
        assert!(!is_forbidden(ends[1]), "what comes here next may be touched");
    }
}
