//! Making a region.

use std::path::{Path, PathBuf};

use super::file::{FileSystem, Free, RegionFile, refused};
use super::mapping::Mapping;
use super::{
    HugePages, Layout, NumaNode, PageSize, Pages, Placement, Plan, ProcessStart, Region,
    RegionError, pages, process, room,
};

/// Where a region lies, in what pages, and on which NUMA node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegionConfig {
    /// The file that others may attach to; none for a private region.
    pub file: Option<PathBuf>,
    /// Which pages to take.
    pub pages: HugePages,
    /// Whether the system shall be asked never to move the pages out of memory. Where it refuses
    /// (`RLIMIT_MEMLOCK`, `CAP_IPC_LOCK`), [`Region::pages`] says so.
    pub lock: bool,
    /// The NUMA node to take the pages from.
    pub placement: Placement,
    /// How many updates the ring for [followers](crate::RingReader) holds; 0 for no ring. 64 bytes
    /// each, rounded up to a power of two.
    pub updates: u32,
}

impl Region {
    /// Maps zeroed memory for `plan`. Pages are taken when first touched; huge ones where the
    /// system gives them without being asked for more than advice.
    pub fn anonymous(plan: Plan) -> Result<Region, RegionError> {
        let len_bytes = plan.region_bytes()?;
        let mapping = Mapping::private(len_bytes, PageSize::Small)
            .map_err(|source| RegionError::Map { len_bytes, source })?;
        mapping.advise(PageSize::Transparent);
        let layout = Layout { version: 0, fingerprint: 0, capacities: [0; 4] };
        Region::begin(mapping, None, layout)
    }

    /// Makes a region for `plan`, all bytes zero, every page there. Its header says what `layout`
    /// does, and that it is not complete ([`HeaderWriter::complete`](super::HeaderWriter::complete)).
    ///
    /// A file is created with mode 0600. One that exists is refused, and left as it is, unless it
    /// is a region with the same layout that nobody writes; then a new file takes its place, and
    /// the old one is lost even if the new one cannot be had. What fails leaves no file behind.
    ///
    /// A child that is forked does not have private memory.
    pub fn create(
        plan: Plan,
        config: &RegionConfig,
        layout: Layout,
    ) -> Result<Region, RegionError> {
        let len_bytes = plan.region_bytes()?;
        let mut region = config.placement.binding()?.apply(|node| match &config.file {
            None => Region::private(len_bytes, config.pages, layout, node),
            Some(path) => {
                let file = RegionFile::create(path, layout)?;
                let again = file.try_clone()?;
                Region::in_file(file, len_bytes as u64, config.pages, layout, node)
                    .inspect_err(|_| again.discard())
            }
        })?;
        if config.lock {
            region.lock();
        }
        Ok(region)
    }

    fn private(
        len: usize,
        pages: HugePages,
        layout: Layout,
        node: Option<NumaNode>,
    ) -> Result<Region, RegionError> {
        let len_bytes = len as u64;
        let required = match pages {
            HugePages::Prefer => None,
            HugePages::Require(size) => Some(size),
            HugePages::Never => Some(PageSize::Small),
        };
        for size in [PageSize::Gigabyte, PageSize::TwoMegabytes] {
            let wanted = match required {
                Some(required) => required == size,
                None => size == PageSize::TwoMegabytes || len_bytes >= size.bytes() / 2,
            };
            if !wanted {
                continue;
            }
            match Region::in_pages(len_bytes, size, layout, node) {
                Err(error @ RegionError::Unbound { .. }) => return Err(error),
                // What is refused, and why, is all one: there are too few pages.
                Err(_) => {}
                made => return made,
            }
        }
        let size = required.unwrap_or(PageSize::Transparent);
        if size.is_reserved() {
            return Err(pages::short(size, len_bytes, pages::pool(size, node)));
        }
        room::check(len_bytes, node)?;
        let region = Region::in_pages(len_bytes, size, layout, node)?;
        region.check_transparent(required)?;
        Ok(region)
    }

    fn in_pages(
        len_bytes: u64,
        size: PageSize,
        layout: Layout,
        node: Option<NumaNode>,
    ) -> Result<Region, RegionError> {
        let len_bytes = size.round(len_bytes)?;
        if size.is_reserved() && node.is_some() {
            // Pages are promised to a mapping wherever they are, and are missed when they are touched.
            pages::check(size, len_bytes as u64, node)?;
        }
        let mapping = Mapping::private(len_bytes, size)
            .map_err(|source| RegionError::Map { len_bytes, source })?;
        mapping.keep_from_children();
        mapping.advise(size);
        mapping.bind(node)?;
        mapping.populate()?;
        Region::begin(mapping, size.is_reserved().then_some(size), layout)
    }

    fn in_file(
        file: RegionFile,
        len_bytes: u64,
        pages: HugePages,
        layout: Layout,
        node: Option<NumaNode>,
    ) -> Result<Region, RegionError> {
        let size = file.page_size(pages, len_bytes)?;
        let len = size.round(len_bytes)?;
        match (file.file_system()?, node) {
            (FileSystem::Memory, _) => room::check(len as u64, node)?,
            (FileSystem::HugePages { .. }, Some(_)) => pages::check(size, len as u64, node)?,
            (FileSystem::Other, Some(node)) => {
                return Err(RegionError::DiskNode { path: file.path.clone(), node });
            }
            _ => {}
        }
        let free = file.free(node)?;
        Region::begin_early(&file, size, &free, (layout, len as u64), node)?;
        let mapping = if size == PageSize::Transparent || node.is_some() {
            Region::by_touch(file, (len, size), &free, node)?
        } else {
            file.allocate(len as u64, &free)?;
            let mapping = Mapping::of_file(file, len, true)?;
            mapping.advise(size);
            mapping
        };
        let region = Region::begin(mapping, size.is_reserved().then_some(size), layout)?;
        region.mapping.populate()?;
        if let HugePages::Require(required) = pages {
            region.check_transparent(Some(required))?;
        }
        Ok(region)
    }

    /// Says in the first page what the file will be, before it gets its memory, which takes its time:
    /// who is killed meanwhile leaves an incomplete region, and not a file of which nobody knows what
    /// it is. (Killed before, an empty page: [`RegionFile::is_blank`].)
    fn begin_early(
        file: &RegionFile,
        size: PageSize,
        free: &Free,
        (layout, len_bytes): (Layout, u64),
        node: Option<NumaNode>,
    ) -> Result<(), RegionError> {
        let first_bytes = size.bytes().min(len_bytes);
        let first = usize::try_from(first_bytes).map_err(|_| RegionError::TooLarge)?;
        let by_touch = size == PageSize::Transparent || node.is_some();
        if by_touch {
            file.lengthen(first_bytes)?;
        } else if file.allocate(first_bytes, free).is_err() {
            // There is none to be had: what follows says why.
            return Ok(());
        }
        // A hugetlbfs that has none left refuses the mapping.
        let Ok(mapping) = Mapping::of_file(file.try_clone()?, first, true) else { return Ok(()) };
        mapping.advise(size);
        mapping.bind(node)?;
        // A page that was allocated is there.
        if !by_touch || mapping.bring(first).is_ok() {
            mapping.header().begin(layout, len_bytes);
        }
        Ok(())
    }

    /// A tmpfs finds huge pages for what is touched where that was advised, and not for what is
    /// allocated; a hugetlbfs takes them from the node that the mapping is bound to alike: so it is
    /// touched first, as far as that can be done without a signal.
    fn by_touch(
        file: RegionFile,
        (len, size): (usize, PageSize),
        free: &Free,
        node: Option<NumaNode>,
    ) -> Result<Mapping, RegionError> {
        file.lengthen(len as u64)?;
        let allocated = file.try_clone()?;
        let mapping = Mapping::of_file(file, len, true)
            // A hugetlbfs has none left, and says more when it is asked for them by name.
            .or_else(|error| allocated.allocate(len as u64, free).and(Err(error)))?;
        mapping.advise(size);
        mapping.bind(node)?;
        // Should it fail, the next one says why.
        let _ = mapping.bring(len);
        if size.is_reserved() {
            // What is not there now must not be allocated: that is, from any node.
            mapping.populate()?;
        }
        allocated.allocate(len as u64, free)?;
        Ok(mapping)
    }

    fn begin(
        mapping: Mapping,
        reserved: Option<PageSize>,
        layout: Layout,
    ) -> Result<Region, RegionError> {
        // Nobody else asks whether the writer of private memory lives.
        let started = own_start().or_else(|error| match mapping.file() {
            Some(_) => Err(error),
            None => Ok(ProcessStart::default()),
        })?;
        mapping.header().take(started);
        mapping.header().begin(layout, mapping.len() as u64);
        Ok(Region::of(mapping, reserved))
    }

    fn check_transparent(&self, required: Option<PageSize>) -> Result<(), RegionError> {
        let Pages { size, bytes, .. } = self.pages();
        if required != Some(PageSize::Transparent) || size == PageSize::Transparent {
            return Ok(());
        }
        let huge = pages::transparent_bytes(self.mapping.base().addr(), bytes);
        Err(pages::not_transparent(bytes, huge, self.mapping.file().map(RegionFile::mount)))
    }
}

pub(super) fn own_start() -> Result<ProcessStart, RegionError> {
    process::own_start().map_err(|error| refused(Path::new("/proc/self/stat"), "read", error))
}
