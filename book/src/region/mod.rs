//! The memory that books live in: one region, carved once into tables, addressed by index.
//!
//! Nothing in a region is a pointer, so it means the same wherever it is mapped. A table's
//! length is a power of two and an index is taken modulo that length: an access can be wrong
//! only if the index is, it can never leave the table, and it costs one `and`.

pub(crate) mod lanes;
mod prefetch;
mod table;
mod word;

use std::io;
use std::sync::Arc;

use memmap2::{MmapMut, MmapOptions};
use thiserror::Error;

pub use prefetch::prefetch;
pub use table::Table;
pub(crate) use word::{FieldWords, words};
pub use word::{Word8, Word16, Word32, Word64, Words};

/// Cache line size that tables are aligned to.
pub const LINE: usize = 64;

/// The region could not be had.
#[derive(Debug, Error)]
pub enum RegionError {
    /// The system refused the memory.
    #[error("{len_bytes} bytes for the books are not to be had: {source}")]
    Map {
        /// How much was asked for.
        len_bytes: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The capacities do not fit an address space.
    #[error("these capacities need more memory than can be addressed")]
    TooLarge,
}

/// The plan of a region: how many bytes the tables need that will be carved from it.
#[derive(Debug, Default, Clone, Copy)]
pub struct Plan {
    len_bytes: usize,
}

impl Plan {
    /// Adds a table of at least `len` items.
    pub fn table<T: Words>(&mut self, len: usize) -> Result<(), RegionError> {
        let bytes = table_len(len)?.checked_mul(size_of::<T>()).ok_or(RegionError::TooLarge)?;
        self.len_bytes = bytes
            .checked_next_multiple_of(LINE)
            .and_then(|bytes| self.len_bytes.checked_add(bytes))
            .ok_or(RegionError::TooLarge)?;
        Ok(())
    }
}

fn table_len(len: usize) -> Result<usize, RegionError> {
    len.max(1).checked_next_power_of_two().ok_or(RegionError::TooLarge)
}

/// A mapping that is handed out table by table, each byte at most once.
#[derive(Debug)]
pub struct Region {
    mapping: Arc<Mapping>,
    next: usize,
}

/// The mapped memory; kept by every table carved from it.
#[derive(Debug)]
struct Mapping {
    base: *mut u8,
    len_bytes: usize,
    _map: MmapMut,
}

// SAFETY: the mapping is plain memory owned by `_map`; `base` is only handed out in disjoint
// pieces by `Region::carve`, so moving or sharing the owner between threads shares nothing else.
unsafe impl Send for Mapping {}
// SAFETY: as above; `Mapping` itself offers no access.
unsafe impl Sync for Mapping {}

impl Region {
    /// Maps zeroed memory for `plan`. Pages are taken when first touched; huge ones where the
    /// system gives them without being asked for more than advice.
    pub fn anonymous(plan: Plan) -> Result<Region, RegionError> {
        let len_bytes = plan.len_bytes.max(LINE);
        let mut map = MmapOptions::new()
            .len(len_bytes)
            .map_anon()
            .map_err(|source| RegionError::Map { len_bytes, source })?;
        #[cfg(target_os = "linux")]
        // A kernel without transparent hugepages refuses the advice; the books work without.
        let _ = map.advise(memmap2::Advice::HugePage);
        let base = map.as_mut_ptr();
        Ok(Region { mapping: Arc::new(Mapping { base, len_bytes, _map: map }), next: 0 })
    }

    /// The next table of at least `len` items, all bytes zero. Tables come in the order in
    /// which they were planned.
    pub fn carve<T: Words>(&mut self, len: usize) -> Result<Table<T>, RegionError> {
        const { assert!(align_of::<T>() <= LINE) };
        let len = table_len(len)?;
        let bytes = len.checked_mul(size_of::<T>()).ok_or(RegionError::TooLarge)?;
        let end = self.next.checked_add(bytes).ok_or(RegionError::TooLarge)?;
        if end > self.mapping.len_bytes {
            return Err(RegionError::TooLarge);
        }
        // SAFETY: `next..end` lies inside the mapping (checked), starts on a line and so is
        // aligned for `T` (the mapping is page-aligned, `next` a multiple of LINE), is zeroed
        // memory, as good as any for `T` (`Words`), and is handed out once (`next` moves past it).
        let table = unsafe {
            Table::from_raw(self.mapping.base.add(self.next).cast::<T>(), len, self.keeper())
        };
        self.next = end.next_multiple_of(LINE);
        Ok(table)
    }

    /// Writes to every page, so that each is there before it is needed.
    pub fn prefault(&mut self) {
        const PAGE_BYTES: usize = 4096;
        for at in (0..self.mapping.len_bytes).step_by(PAGE_BYTES) {
            // SAFETY: `at` is inside the mapping and a multiple of 4; whoever else uses these
            // bytes does so as words (`Words`).
            let word = unsafe { &*self.mapping.base.add(at).cast::<Word32>() };
            // Not an addition of zero: that may become a mere load, and loads bring no page.
            word.set(std::hint::black_box(word.get()));
        }
    }

    fn keeper(&self) -> Arc<dyn Send + Sync> {
        Arc::<Mapping>::clone(&self.mapping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_zeroed_disjoint_and_aligned() {
        let mut plan = Plan::default();
        plan.table::<Word64>(5).unwrap();
        plan.table::<Word32>(3).unwrap();
        let mut region = Region::anonymous(plan).unwrap();
        let a = region.carve::<Word64>(5).unwrap();
        let b = region.carve::<Word32>(3).unwrap();
        assert_eq!((a.len(), b.len()), (8, 4));
        assert!(a.as_slice().iter().all(|x| x.get() == 0));
        a.as_slice().iter().for_each(|x| x.set(u64::MAX));
        assert!(b.as_slice().iter().all(|x| x.get() == 0));
        b.at(1).set(7);
        assert_eq!(b.at(5).get(), 7, "indices are taken modulo the length");
        assert!(a.as_slice().as_ptr().addr().is_multiple_of(LINE));
        assert!(b.as_slice().as_ptr().addr().is_multiple_of(LINE));
        assert!(region.carve::<Word64>(1024).is_err());
    }

    #[test]
    fn absurd_capacities_are_an_error() {
        assert!(matches!(Plan::default().table::<Word64>(usize::MAX), Err(RegionError::TooLarge)));
        let plan = Plan { len_bytes: usize::MAX / 2 };
        assert!(matches!(Region::anonymous(plan), Err(RegionError::Map { .. })));
    }
}
