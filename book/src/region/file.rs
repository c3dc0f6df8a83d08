//! The file that a shared region lies in.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, FlockOperation, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::header::{self, HEADER_BYTES};
use super::mapping::Mapping;
use super::pages::{self, HugePages, PageSize, Pool, Size};
use super::{Layout, NumaNode, RegionError};

/// A writer that finds the file replaced between opening and locking it tries again this often.
const REPLACED_TRIES: u32 = 16;

/// `HUGETLBFS_MAGIC` and `TMPFS_MAGIC`, statfs(2).
const HUGETLBFS: u64 = 0x9584_58f6;
const TMPFS: u64 = 0x0102_1994;

/// What lies under a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileSystem {
    /// Reserved huge pages, all of this many bytes.
    HugePages { page_bytes: u64 },
    /// Memory.
    Memory,
    /// A disk or whatever else.
    Other,
}

/// What a file's memory can be taken from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Free {
    bytes: u64,
    reserved: Option<(PageSize, Pool)>,
}

/// An open file. A writer's is locked until it is dropped, or its process ends: no other writer
/// has it before.
#[derive(Debug)]
pub(super) struct RegionFile {
    pub path: PathBuf,
    pub file: File,
    is_locked: bool,
}

impl Drop for RegionFile {
    fn drop(&mut self) {
        // Closing it is not enough: a child that is being forked elsewhere in this process may
        // have its descriptor for a moment longer, and the lock with it.
        if self.is_locked {
            let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
        }
    }
}

impl RegionFile {
    /// A new, empty, locked file; takes the place of a region that nobody writes and that is laid
    /// out as this one will be. Its readers keep the old file, without its name, unchanged.
    pub(super) fn create(path: &Path, layout: Layout) -> Result<RegionFile, RegionError> {
        for _ in 0..REPLACED_TRIES {
            let new = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            match open(path, new) {
                Ok(mut file) => {
                    file.lock()?;
                    return Ok(file);
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(refused(path, "created", error)),
            }
            let Some(old) = RegionFile::locked(path)? else { continue };
            if old.is_blank()? {
                // Its writer was killed before it could say what it is; nothing is lost.
                return Ok(old);
            }
            header::check(
                old.peek()?.header(),
                path,
                (layout.version, layout.fingerprint),
                Some(layout.capacities),
            )?;
            fs::remove_file(path).map_err(|error| refused(path, "replaced", error))?;
        }
        Err(RegionError::Held { path: path.to_path_buf(), pid: None })
    }

    /// Whether the file is empty, or one page without anything in it.
    fn is_blank(&self) -> Result<bool, RegionError> {
        let len_bytes = self.len_bytes()?;
        if len_bytes == 0 {
            return Ok(true);
        }
        let page_bytes = match self.file_system()? {
            FileSystem::HugePages { page_bytes } => page_bytes,
            FileSystem::Memory | FileSystem::Other => PageSize::Transparent.bytes(),
        };
        if len_bytes > page_bytes || len_bytes < HEADER_BYTES as u64 {
            return Ok(false);
        }
        let len = usize::try_from(len_bytes).map_err(|_| RegionError::TooLarge)?;
        Ok(Mapping::of_file(self.try_clone()?, len, false)?.is_zero())
    }

    /// An existing file, locked for this writer.
    pub(super) fn reopen(path: &Path) -> Result<RegionFile, RegionError> {
        for _ in 0..REPLACED_TRIES {
            if let Some(file) = RegionFile::locked(path)? {
                return Ok(file);
            }
            fs::metadata(path).map_err(|error| refused(path, "opened", error))?;
        }
        Err(RegionError::Held { path: path.to_path_buf(), pid: None })
    }

    /// For reading alone.
    pub(super) fn attach(path: &Path) -> Result<RegionFile, RegionError> {
        let file = open(path, OFlags::RDONLY).map_err(|error| refused(path, "opened", error))?;
        file.check_kind()?;
        Ok(file)
    }

    /// Opens and locks what is at `path`; `None` if it was replaced meanwhile.
    fn locked(path: &Path) -> Result<Option<RegionFile>, RegionError> {
        let mut file = match open(path, OFlags::RDWR) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::ISDIR) => return Err(foreign(path, "it is a directory".to_owned())),
            Err(Errno::LOOP) => return Err(foreign(path, "it is a symbolic link".to_owned())),
            Err(error) => return Err(refused(path, "opened", error)),
        };
        file.check_kind()?;
        file.lock()?;
        Ok(file.has_its_name()?.then_some(file))
    }

    fn has_its_name(&self) -> Result<bool, RegionError> {
        let ours = self.metadata()?;
        let there = fs::symlink_metadata(&self.path);
        Ok(there.is_ok_and(|it| (it.dev(), it.ino()) == (ours.dev(), ours.ino())))
    }

    /// Removes a file that became no region, unless somebody else has it meanwhile.
    pub(super) fn discard(mut self) {
        if self.lock().is_ok() && self.has_its_name().unwrap_or(false) {
            // That it cannot be removed changes nothing.
            let _ = fs::remove_file(&self.path);
        }
    }

    fn lock(&mut self) -> Result<(), RegionError> {
        match rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                self.is_locked = true;
                Ok(())
            }
            Err(Errno::WOULDBLOCK) => {
                Err(RegionError::Held { path: self.path.clone(), pid: self.holder() })
            }
            Err(error) => Err(refused(&self.path, "locked", error)),
        }
    }

    /// The writer that the header names, if it lives.
    fn holder(&self) -> Option<u32> {
        let mapping = self.peek().ok()?;
        let header = mapping.header();
        header.check_magic().ok()?;
        let writer = header.writer();
        super::process::is_alive(writer.pid, writer.started).then_some(writer.pid)
    }

    /// The first page of a file that may be anything, for reading.
    pub(super) fn peek(&self) -> Result<Mapping, RegionError> {
        let found_bytes = self.len_bytes()?;
        if found_bytes < HEADER_BYTES as u64 {
            return Err(foreign(&self.path, format!("it is {} long", Size(found_bytes))));
        }
        let page_bytes = match self.file_system()? {
            FileSystem::HugePages { page_bytes } => page_bytes,
            _ => HEADER_BYTES as u64,
        };
        let len = usize::try_from(page_bytes).map_err(|_| RegionError::TooLarge)?;
        let mapping = Mapping::of_file(self.try_clone()?, len, false)?;
        mapping.populate()?;
        Ok(mapping)
    }

    /// The same opened file again. The lock, if there is one, goes with the first.
    pub(super) fn try_clone(&self) -> Result<RegionFile, RegionError> {
        let file = self.file.try_clone().map_err(|error| refused(&self.path, "opened", error))?;
        Ok(RegionFile { path: self.path.clone(), file, is_locked: false })
    }

    pub(super) fn len_bytes(&self) -> Result<u64, RegionError> {
        Ok(self.metadata()?.len())
    }

    fn metadata(&self) -> Result<fs::Metadata, RegionError> {
        self.file.metadata().map_err(|error| refused(&self.path, "looked at", error))
    }

    fn check_kind(&self) -> Result<(), RegionError> {
        let kind = self.metadata()?.file_type();
        if kind.is_file() {
            return Ok(());
        }
        let what = if kind.is_dir() { "a directory" } else { "no ordinary file" };
        Err(foreign(&self.path, format!("it is {what}")))
    }

    pub(super) fn check_length(&self, expected_bytes: u64) -> Result<(), RegionError> {
        let found_bytes = self.len_bytes()?;
        if found_bytes == expected_bytes {
            return Ok(());
        }
        Err(RegionError::Length { path: self.path.clone(), expected_bytes, found_bytes })
    }

    pub(super) fn file_system(&self) -> Result<FileSystem, RegionError> {
        let found = rustix::fs::fstatfs(&self.file)
            .map_err(|error| refused(&self.path, "looked at", error))?;
        // The kernel's types differ between processors; the numbers are positive and small.
        #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
        let (kind, page_bytes) = (found.f_type as u64 & 0xffff_ffff, found.f_bsize as u64);
        Ok(match kind {
            HUGETLBFS => FileSystem::HugePages { page_bytes },
            TMPFS => FileSystem::Memory,
            _ => FileSystem::Other,
        })
    }

    /// How much of it comes and goes at a time.
    pub(super) fn page_bytes(&self) -> Result<usize, RegionError> {
        Ok(match self.file_system()? {
            FileSystem::HugePages { page_bytes } => {
                usize::try_from(page_bytes).map_err(|_| RegionError::TooLarge)?
            }
            FileSystem::Memory | FileSystem::Other => super::cut::page_bytes(),
        })
    }

    /// Which pages the file is to be tried with, or why not those that were asked for.
    pub(super) fn page_size(&self, asked: HugePages, needed: u64) -> Result<PageSize, RegionError> {
        let has = self.file_system()?;
        let size = match (has, asked) {
            (FileSystem::HugePages { page_bytes }, _) => PageSize::reserved(page_bytes),
            (_, HugePages::Never | HugePages::Require(PageSize::Small)) => Some(PageSize::Small),
            (FileSystem::Other, _) => Some(PageSize::Small),
            (FileSystem::Memory, _) => Some(PageSize::Transparent),
        };
        let suits = match asked {
            HugePages::Prefer => true,
            HugePages::Never => size == Some(PageSize::Small),
            HugePages::Require(wanted) => size == Some(wanted),
        };
        match size {
            Some(size) if suits => Ok(size),
            _ => Err(self.other_pages(has, asked, needed)),
        }
    }

    fn other_pages(&self, has: FileSystem, asked: HugePages, needed: u64) -> RegionError {
        let found = match has {
            FileSystem::HugePages { page_bytes } => format!("pages of {}", Size(page_bytes)),
            FileSystem::Memory => "those of a tmpfs".to_owned(),
            FileSystem::Other => "those of a disk's cache".to_owned(),
        };
        let (wanted, remedy) = match asked {
            HugePages::Require(size) if size.is_reserved() => {
                let command =
                    pages::reserve(size, pages::pool(size, None).with(size, needed), None);
                (size, format!("run {command} --mount, and take a path in /dev/hugepages"))
            }
            HugePages::Require(PageSize::Transparent) => {
                (PageSize::Transparent, "take a path on a tmpfs mounted with huge=advise".into())
            }
            HugePages::Prefer => {
                let remedy = "take a path where pages are of 2 MiB or 1 GiB, or in /dev/shm";
                (PageSize::TwoMegabytes, remedy.into())
            }
            _ => (PageSize::Small, "take a path in /dev/shm".into()),
        };
        let verb = if asked == HugePages::Prefer { "preferred" } else { "required" };
        let wanted = format!("{wanted} are {verb}");
        RegionError::FilePages { path: self.path.clone(), wanted, found, remedy }
    }

    /// What is free now, of reserved pages on `node`. To be asked before anything is taken: an error
    /// tells it.
    pub(super) fn free(&self, node: Option<NumaNode>) -> Result<Free, RegionError> {
        let found = rustix::fs::fstatvfs(&self.file)
            .map_err(|error| refused(&self.path, "looked at", error))?;
        let bytes = found.f_bavail.saturating_mul(found.f_frsize);
        let size = match self.file_system()? {
            FileSystem::HugePages { page_bytes } => PageSize::reserved(page_bytes),
            FileSystem::Memory | FileSystem::Other => None,
        };
        Ok(Free { bytes, reserved: size.map(|size| (size, pages::pool(size, node))) })
    }

    /// Gives the file its length without any memory.
    pub(super) fn lengthen(&self, len_bytes: u64) -> Result<(), RegionError> {
        rustix::fs::ftruncate(&self.file, len_bytes)
            .map_err(|error| refused(&self.path, "given its length", error))
    }

    /// Gives the file its length and every page of it its memory; what is there already stays.
    pub(super) fn allocate(&self, len_bytes: u64, free: &Free) -> Result<(), RegionError> {
        let none = FallocateFlags::empty();
        let Err(error) = retry_on_intr(|| rustix::fs::fallocate(&self.file, none, 0, len_bytes))
        else {
            return Ok(());
        };
        if !matches!(error, Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::NOMEM) {
            return Err(refused(&self.path, "given its memory", error));
        }
        if let Some((size, pool)) = free.reserved
            && pool.free < len_bytes.div_ceil(size.bytes())
        {
            return Err(pages::short(size, len_bytes, pool));
        }
        let (path, free_bytes) = (self.path.clone(), free.bytes);
        Err(RegionError::Full { path, len_bytes, free_bytes, source: error.into() })
    }

    /// The folder at which the file system is mounted.
    pub(super) fn mount(&self) -> PathBuf {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let device = |path: &Path| fs::metadata(path).ok().map(|found| found.dev());
        let ours = device(&path);
        let inside = path.ancestors().take_while(|above| device(above) == ours);
        inside.last().unwrap_or(&path).to_path_buf()
    }
}

fn open(path: &Path, flags: OFlags) -> Result<RegionFile, Errno> {
    // Not blocking: what is no ordinary file is refused, and must not be waited for. A writer
    // follows no link: what is at its other end may be anybody's.
    let follow = if flags.contains(OFlags::RDWR) { OFlags::NOFOLLOW } else { OFlags::empty() };
    let flags = flags | follow | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    Ok(RegionFile { path: path.to_path_buf(), file: File::from(file), is_locked: false })
}

pub(super) fn refused(
    path: &Path,
    action: &'static str,
    source: impl Into<io::Error>,
) -> RegionError {
    RegionError::File { path: path.to_path_buf(), action, source: source.into() }
}

fn foreign(path: &Path, found: String) -> RegionError {
    RegionError::Foreign { path: path.to_path_buf(), found }
}
