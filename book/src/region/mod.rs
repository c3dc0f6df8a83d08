//! The memory that books live in: one region, carved once into tables, addressed by index.
//!
//! Nothing in a region is a pointer, so it means the same wherever it is mapped. A table's
//! length is a power of two and an index is taken modulo that length: an access can be wrong
//! only if the index is, it can never leave the table, and it costs one `and`.
//!
//! A region is private, or lies in a file, on hugetlbfs or tmpfs, that one writer and any number
//! of readers map. It begins with a header ([`RegionHeader`]); the tables follow, in the order of
//! their plan. A writer holds an exclusive flock(2) on the file for as long as its region or a
//! table of it lives; the kernel lets go of the lock when the writer is killed.
//!
//! ## What is covered, and what is not
//!
//! All memory is had when a region is made: pages are reserved, allocated and touched, or there
//! is an error. No page that was had is lost afterwards, but for one case: **a file that is cut
//! or punched (truncate(2), `FALLOC_FL_PUNCH_HOLE` on hugetlbfs) while it is mapped**. Linux takes
//! the pages from every mapping, and who touches them gets SIGBUS; seals against that exist for
//! memory without a name only (`F_ADD_SEALS` on a file with a path on tmpfs or hugetlbfs: EPERM).
//! Who reads from such a file is told by an error and not killed (the module `cut`): its process gets a
//! handler of SIGBUS when it first attaches. The writer is killed, and its readers learn that it is
//! dead; but the file has mode 0600, so only that user and root can cut it, and nothing here ever
//! cuts or shortens a file (a new region takes the place of an old one under its name, and readers
//! keep the old). A file that was cut before it is mapped is an error, and [`Region::check_length`]
//! tells whether it was cut since. Before Linux 5.14 (`MADV_POPULATE_WRITE`) pages are touched without
//! asking: there, a limit of a control group on huge pages is not foreseen. A disk's file can also fail to be read; memory cannot.

mod create;
mod cut;
mod error;
mod file;
mod gap;
mod header;
pub(crate) mod lanes;
mod mapping;
mod numa;
mod pages;
mod plan;
mod prefetch;
mod process;
mod room;
pub mod seqlock;
mod table;
mod word;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use create::RegionConfig;
pub use error::RegionError;
pub use header::{HeaderWriter, Layout, RegionHeader, Writer, WriterState};
pub use numa::{NumaNode, Placement};
pub use pages::{HugePages, PageSize, Pages};
pub use plan::Plan;
pub use prefetch::prefetch;
pub(crate) use prefetch::prefetch_to_write;
pub use process::ProcessStart;
pub use table::Table;
pub(crate) use word::{FieldWords, words};
pub use word::{Word8, Word16, Word32, Word64, Words};

use file::{FileSystem, RegionFile};
use gap::GAP_BYTES;
use header::HEADER_BYTES;
use mapping::Mapping;
use plan::table_len;

/// Cache line size that tables are aligned to.
pub const LINE: usize = 64;

/// A mapping that is handed out table by table, each byte at most once.
#[derive(Debug)]
pub struct Region {
    mapping: Arc<Mapping>,
    next: usize,
    /// The reserved pages that it has, if it has such.
    reserved: Option<PageSize>,
    locked: bool,
}

impl Region {
    /// The region that a writer left that is gone, as it left it, for its successor, which is this
    /// process from here on. What the successor can use of it is for its sequence locks to say.
    pub fn reopen(path: &Path, layout: Layout) -> Result<Region, RegionError> {
        let region = Region::reopen_for(path, layout)?;
        region.take_over()?;
        Ok(region)
    }

    /// The same, with the successor not named as its writer yet: to readers it has none that lives
    /// until [`Region::take_over`].
    pub(crate) fn reopen_for(path: &Path, layout: Layout) -> Result<Region, RegionError> {
        let file = RegionFile::reopen(path)?;
        let Layout { version, fingerprint, capacities } = layout;
        let len = Region::check(&file, (version, fingerprint), Some(capacities))?;
        // It is there, unless somebody punched holes in it.
        file.allocate(len as u64, &file.free(None)?)?;
        let reserved = Region::reserved(&file)?;
        let mapping = Mapping::of_file(file, len, true)?;
        mapping.populate()?;
        mapping.header().leave();
        Ok(Region::of(mapping, reserved))
    }

    /// This process is the writer from here on.
    pub(crate) fn take_over(&self) -> Result<(), RegionError> {
        self.header().take(create::own_start()?);
        Ok(())
    }

    /// A region that another process writes, for reading alone. Its capacities are in its header.
    /// All tables can be carved, in the order of the writer's plan; **nothing may be written to
    /// their words**: the memory is mapped read-only, and the system would kill the process.
    pub fn attach(path: &Path, version: u32, fingerprint: u64) -> Result<Region, RegionError> {
        let file = RegionFile::attach(path)?;
        let len = Region::check(&file, (version, fingerprint), None)?;
        let reserved = Region::reserved(&file)?;
        let mapping = Mapping::of_file(file, len, false)?;
        let region = Region::of(mapping, reserved);
        region.mapping.populate().or_else(|error| region.check_length().and(Err(error)))?;
        Ok(region)
    }

    /// Everything that can be wrong with a file before it is mapped; its length if nothing is.
    fn check(
        file: &RegionFile,
        identity: (u32, u64),
        capacities: Option<[u32; 4]>,
    ) -> Result<usize, RegionError> {
        let mapping = file.peek()?;
        let header = mapping.header();
        header::check(header, &file.path, identity, capacities)?;
        if !header.is_complete() {
            return Err(RegionError::Incomplete { path: file.path.clone() });
        }
        file.check_length(header.len_bytes())?;
        usize::try_from(header.len_bytes()).map_err(|_| RegionError::TooLarge)
    }

    fn reserved(file: &RegionFile) -> Result<Option<PageSize>, RegionError> {
        Ok(match file.file_system()? {
            FileSystem::HugePages { page_bytes } => PageSize::reserved(page_bytes),
            FileSystem::Memory | FileSystem::Other => None,
        })
    }

    fn of(mapping: Mapping, reserved: Option<PageSize>) -> Region {
        let tables = mapping.base().wrapping_add(HEADER_BYTES);
        gap::forbid(tables, mapping.len().saturating_sub(HEADER_BYTES));
        Region { mapping: Arc::new(mapping), next: HEADER_BYTES, reserved, locked: false }
    }

    /// The next table of at least `len` items: all bytes zero in a region that was created, as
    /// its writer leaves them in one that exists. Tables come in the order in which they were
    /// planned.
    pub fn carve<T: Words>(&mut self, len: usize) -> Result<Table<T>, RegionError> {
        const { assert!(align_of::<T>() <= LINE) };
        let len = table_len(len)?;
        let bytes = len.checked_mul(size_of::<T>()).ok_or(RegionError::TooLarge)?;
        let end = self.next.checked_add(bytes).ok_or(RegionError::TooLarge)?;
        if end > self.mapping.len() {
            return Err(RegionError::TooLarge);
        }
        gap::allow(self.mapping.base().wrapping_add(self.next), bytes);
        // SAFETY: `next..end` lies inside the mapping (checked), starts on a line and so is
        // aligned for `T` (the mapping is page-aligned, `next` a multiple of LINE), is memory in
        // which every bit pattern is a value of `T` (`Words`), and is handed out once (`next`
        // moves past it). Other processes that map the file go by words, too.
        let table = unsafe {
            Table::from_raw(self.mapping.base().add(self.next).cast::<T>(), len, self.keeper())
        };
        self.next = end.next_multiple_of(LINE).saturating_add(GAP_BYTES);
        Ok(table)
    }

    /// Writes to every page, so that each is there before it is needed. Regions that were created,
    /// reopened or attached have all of theirs.
    pub fn prefault(&mut self) {
        self.mapping.touch();
    }

    /// Asks the system never to move the pages out of memory; whether it agreed.
    pub fn lock(&mut self) -> bool {
        self.locked = self.reserved.is_some() || self.mapping.lock();
        self.locked
    }

    /// What the region was given. Asks the system: for reports.
    #[must_use]
    pub fn pages(&self) -> Pages {
        let bytes = self.mapping.len() as u64;
        let transparent = || pages::transparent_bytes(self.mapping.base().addr(), bytes);
        let size = match self.reserved {
            Some(size) => size,
            None if transparent() >= bytes.div_ceil(2) => PageSize::Transparent,
            None => PageSize::Small,
        };
        let locked = self.locked || self.reserved.is_some();
        Pages { size, bytes, locked, node: numa::bound(self.mapping.base()) }
    }

    /// Whether this process may write to it; it may not where it is attached.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.mapping.is_writable()
    }

    /// The header, for reading.
    #[must_use]
    pub fn header(&self) -> &RegionHeader {
        self.mapping.header()
    }

    /// The header, for the writer.
    pub fn header_writer(&self) -> Result<HeaderWriter, RegionError> {
        if !self.is_writable() {
            return Err(RegionError::ReadOnly);
        }
        // SAFETY: the header lies at the beginning of every mapping, aligned (`Mapping::header`),
        // consists of words, and no table overlaps it (`next` begins behind it).
        let header = unsafe { Table::from_raw(self.mapping.base().cast(), 1, self.keeper()) };
        Ok(HeaderWriter::new(header))
    }

    /// The process that writes it, or did last.
    #[must_use]
    pub fn writer(&self) -> Writer {
        self.header().writer()
    }

    /// Whether that process lives. Asks the system ([`RegionHeader::writer_state`]).
    #[must_use]
    pub fn writer_is_alive(&self) -> bool {
        self.header().writer_is_alive()
    }

    /// Whether the file still has the length that is mapped: see the module about one that has
    /// not. One system call; touches no memory of the region.
    pub fn check_length(&self) -> Result<(), RegionError> {
        match self.mapping.file() {
            Some(file) => file.check_length(self.mapping.len() as u64),
            None => Ok(()),
        }
    }

    /// What is set once a page is missing that the file had: what was read may be none of the writer's.
    pub(crate) fn is_cut(&self) -> Option<&'static AtomicBool> {
        self.mapping.is_cut()
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
        assert_eq!(region.header().check_magic(), Ok(()), "no table lies over the header");
        assert_eq!(a.as_slice().as_ptr().addr() - region.mapping.base().addr(), HEADER_BYTES);
    }

    #[test]
    fn absurd_capacities_are_an_error() {
        assert!(matches!(Plan::default().table::<Word64>(usize::MAX), Err(RegionError::TooLarge)));
        let plan = Plan { len_bytes: usize::MAX / 2 };
        assert!(matches!(Region::anonymous(plan), Err(RegionError::Map { .. })));
    }
}
