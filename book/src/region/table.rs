//! A typed piece of a region.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use super::{Words, prefetch};

/// A fixed number of items in a region; the number is a power of two.
pub struct Table<T> {
    base: NonNull<T>,
    mask: usize,
    /// Keeps the items mapped.
    keeper: Arc<dyn Send + Sync>,
}

// SAFETY: a table gives shared references only, and its items may be shared (`Words` are
// `Sync`); the keeper is `Send + Sync` by its type.
unsafe impl<T: Words> Send for Table<T> {}
// SAFETY: as above.
unsafe impl<T: Words> Sync for Table<T> {}

impl<T: Words> Table<T> {
    /// # Safety
    /// - `base` is aligned and points to `len` items that are valid as long as `keeper` lives.
    /// - Whoever else reads or writes them during that time does so word by word, atomically.
    /// - `len` is a power of two.
    pub(super) unsafe fn from_raw(
        base: *mut T,
        len: usize,
        keeper: Arc<dyn Send + Sync>,
    ) -> Table<T> {
        debug_assert!(len.is_power_of_two());
        // SAFETY: `base` points to items (caller), so it is not null.
        let base = unsafe { NonNull::new_unchecked(base) };
        Table { base, mask: len - 1, keeper }
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
        // SAFETY: the masked index is below the length; the items are valid (from_raw).
        unsafe { &*self.base.as_ptr().add(index as usize & self.mask) }
    }

    /// All items.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: `len` items from `base` are valid (from_raw).
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len()) }
    }

    /// Asks for the line of the item at `index` to be brought near, in order to change it.
    #[inline(always)]
    pub fn prefetch(&self, index: u32) {
        prefetch(self.base.as_ptr().wrapping_add(index as usize & self.mask));
    }
}

/// Another handle to the same items.
impl<T> Clone for Table<T> {
    fn clone(&self) -> Table<T> {
        Table { base: self.base, mask: self.mask, keeper: Arc::clone(&self.keeper) }
    }
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table<{}>[{}]", std::any::type_name::<T>(), self.mask + 1)
    }
}
