//! Mapped memory.

use std::io;
use std::sync::atomic::AtomicBool;

use memmap2::{Advice, MmapOptions, MmapRaw};

use super::RegionError;
use super::cut::Watch;
use super::file::{RegionFile, refused};
use super::header::{HEADER_BYTES, RegionHeader};
use super::{NumaNode, PageSize, Word32, gap, numa};

/// The mapped memory; kept by every table carved from it.
#[derive(Debug)]
pub(super) struct Mapping {
    // Before the map: something else may come to lie there.
    watch: Option<Watch>,
    // Before the file: it is unmapped before the writer's lock goes.
    map: MmapRaw,
    writable: bool,
    file: Option<RegionFile>,
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Something else will lie there.
        gap::allow(self.base(), self.len());
    }
}

impl Mapping {
    /// Zeroed memory of this process.
    pub(super) fn private(len: usize, pages: PageSize) -> io::Result<Mapping> {
        let mut options = MmapOptions::new();
        options.len(len);
        if pages.is_reserved() {
            // The size is told to mmap(2) as its logarithm, which is below 64.
            #[allow(clippy::cast_possible_truncation)]
            options.huge(Some(pages.bytes().trailing_zeros() as u8));
        }
        let map = MmapRaw::from(options.map_anon()?);
        Ok(Mapping { watch: None, map, writable: true, file: None })
    }

    /// A file's pages, for reading or for writing too.
    ///
    /// The file has `len` bytes (see [`super::cut`] about one that is cut later).
    pub(super) fn of_file(
        file: RegionFile,
        len: usize,
        writable: bool,
    ) -> Result<Mapping, RegionError> {
        let mut options = MmapOptions::new();
        options.len(len);
        let map = match writable {
            true => options.map_raw(&file.file),
            false => options.map_raw_read_only(&file.file),
        };
        let map = map.map_err(|error| refused(&file.path, "mapped", error))?;
        // A writer without its pages has nothing to go on with.
        let watch = match writable {
            true => None,
            false => Watch::over(map.as_ptr(), len, file.page_bytes()?),
        };
        Ok(Mapping { watch, map, writable, file: Some(file) })
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    /// What is set once a page is missing that the file had, in a mapping that is watched for it.
    pub(super) fn is_cut(&self) -> Option<&'static AtomicBool> {
        self.watch.as_ref().map(Watch::is_cut)
    }

    pub(super) fn file(&self) -> Option<&RegionFile> {
        self.file.as_ref()
    }

    pub(super) fn header(&self) -> &RegionHeader {
        const { assert!(align_of::<RegionHeader>() <= HEADER_BYTES) };
        debug_assert!(self.len() >= HEADER_BYTES);
        // SAFETY: every mapping is made with at least HEADER_BYTES (`Plan::region_bytes`,
        // `RegionFile::peek`, `Region::attach`, `Region::reopen`), begins at a page, and lives as
        // long as `self`. The header consists of words, of which every bit pattern is a value
        // and which others may write meanwhile; its setters are not reachable for mappings that
        // are read-only (`Region::header_writer`).
        unsafe { &*self.base().cast::<RegionHeader>() }
    }

    /// Asks for transparent huge pages, or for none. A kernel without them refuses; the books
    /// work without.
    pub(super) fn advise(&self, pages: PageSize) {
        let advice = match pages {
            PageSize::Transparent => Advice::HugePage,
            PageSize::Small => Advice::NoHugePage,
            PageSize::Gigabyte | PageSize::TwoMegabytes => return,
        };
        let _ = self.map.advise(advice);
    }

    /// Takes the pages that are yet to come from `node` alone.
    pub(super) fn bind(&self, node: Option<NumaNode>) -> Result<(), RegionError> {
        node.map_or(Ok(()), |node| numa::bind(self.base(), self.len(), node))
    }

    /// Leaves the memory out of children that are forked. Else the first write to each page after
    /// a fork would copy it, at the expense of the writer, or fail for want of huge pages.
    pub(super) fn keep_from_children(&self) {
        let _ = self.map.advise(Advice::DontFork);
    }

    /// Brings every page, and says so if one is not to be had, where touching it would end in a
    /// signal. Changes nothing.
    pub(super) fn populate(&self) -> Result<(), RegionError> {
        match self.bring(self.len()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                // Before Linux 5.14. What is written has its memory already, or gets it now.
                self.touch();
                Ok(())
            }
            Err(source) => Err(match &self.file {
                Some(file) => refused(&file.path, "brought to memory", source),
                None => RegionError::Map { len_bytes: self.len(), source },
            }),
        }
    }

    /// Brings the pages of the first `len` bytes, if the kernel knows how to without a signal.
    pub(super) fn bring(&self, len: usize) -> io::Result<()> {
        let advice = if self.writable { Advice::PopulateWrite } else { Advice::PopulateRead };
        self.map.advise_range(advice, 0, len.min(self.len()))
    }

    /// Writes to every page what it holds, so that each is there before it is needed. Leaves
    /// memory alone that is for reading.
    pub(super) fn touch(&self) {
        const PAGE_BYTES: usize = 4096;
        // Under AddressSanitizer not all of it may be touched.
        if !self.writable || cfg!(asan) {
            return;
        }
        for at in (0..self.len()).step_by(PAGE_BYTES) {
            // SAFETY: `at` is inside the mapping and a multiple of 4; whoever else uses these
            // bytes does so as words (`Words`).
            let word = unsafe { &*self.base().add(at).cast::<Word32>() };
            // Not an addition of zero: that may become a mere load, and loads bring no page.
            word.set(std::hint::black_box(word.get()));
        }
    }

    /// Whether there is nothing in it. Reads all of it.
    pub(super) fn is_zero(&self) -> bool {
        (0..self.len()).step_by(size_of::<Word32>()).all(|at| {
            // SAFETY: `at` is inside the mapping and a multiple of 4 (a mapping is whole pages);
            // whoever else uses these bytes does so as words (`Words`).
            let word = unsafe { &*self.base().add(at).cast::<Word32>() };
            word.get() == 0
        })
    }

    /// Keeps the pages in memory, if this process is allowed to.
    pub(super) fn lock(&self) -> bool {
        self.map.lock().is_ok()
    }
}
