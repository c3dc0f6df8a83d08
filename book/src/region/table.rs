//! A typed piece of a region.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use bytemuck::Pod;

use super::prefetch;

/// A fixed number of items in a region; the number is a power of two.
pub struct Table<T> {
    base: NonNull<T>,
    mask: usize,
    _keeper: Arc<dyn Send + Sync>,
}

// SAFETY: a table is the only owner of its items, as a `Box<[T]>` would be; the keeper is
// `Send + Sync` by its type.
unsafe impl<T: Pod + Send> Send for Table<T> {}
// SAFETY: shared access only reads items.
unsafe impl<T: Pod + Sync> Sync for Table<T> {}

impl<T: Pod> Table<T> {
    /// # Safety
    /// - `base` is aligned and points to `len` items that are valid as long as `keeper` lives.
    /// - Nothing else reads or writes them during that time.
    /// - `len` is a power of two.
    pub(super) unsafe fn from_raw(
        base: *mut T,
        len: usize,
        keeper: Arc<dyn Send + Sync>,
    ) -> Table<T> {
        debug_assert!(len.is_power_of_two());
        // SAFETY: `base` points to items (caller), so it is not null.
        let base = unsafe { NonNull::new_unchecked(base) };
        Table { base, mask: len - 1, _keeper: keeper }
    }

    /// The number of items.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.mask + 1
    }

    /// Never: a table has at least one item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The item at `index` modulo the length.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, index: u32) -> &T {
        // SAFETY: the masked index is below the length; the items are ours to read (from_raw).
        unsafe { &*self.base.as_ptr().add(index as usize & self.mask) }
    }

    /// The item at `index` modulo the length, to change.
    #[inline(always)]
    #[must_use]
    pub fn at_mut(&mut self, index: u32) -> &mut T {
        // SAFETY: the masked index is below the length; the items are ours to change (from_raw).
        unsafe { &mut *self.base.as_ptr().add(index as usize & self.mask) }
    }

    /// All items.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: `len` items from `base` are ours to read (from_raw).
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len()) }
    }

    /// All items, to change.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: `len` items from `base` are ours to change (from_raw).
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.len()) }
    }

    /// Writes to every page, so that each is there before it is needed.
    pub fn prefault(&mut self) {
        const PAGE_BYTES: usize = 4096;
        for item in self.as_mut_slice().iter_mut().step_by((PAGE_BYTES / size_of::<T>()).max(1)) {
            *item = std::hint::black_box(*item);
        }
    }

    /// Asks for the line of the item at `index` to be brought near, in order to change it.
    #[inline(always)]
    pub fn prefetch(&self, index: u32) {
        prefetch::line(self.base.as_ptr().wrapping_add(index as usize & self.mask));
    }
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table<{}>[{}]", std::any::type_name::<T>(), self.mask + 1)
    }
}
