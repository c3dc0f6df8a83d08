//! Folders, mounts and reserved pages that are gone when the test is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wirebook_book::region::{
    HugePages, Layout, Plan, Region, RegionConfig, RegionError, Table, Word64,
};

pub(crate) const LAYOUT: Layout =
    Layout { version: 3, fingerprint: 0x0123_4567_89ab_cdef, capacities: [10, 20, 30, 40] };
pub(crate) const MIB: usize = 1 << 20;

/// A folder of its own, on a tmpfs where there is one.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let above = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = above.join(format!("wirebook-region-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Scratch(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a command; whether it could.
pub(crate) fn run(command: &str, arguments: &[&str]) -> bool {
    let status = Command::new(command).args(arguments).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A mounted file system; `None`, with a sentence, where nothing can be mounted.
pub(crate) struct Mount(Scratch);

impl Mount {
    pub(crate) fn new(kind: &str, options: &str) -> Option<Mount> {
        let folder = Scratch::new();
        let directory = folder.0.to_str().unwrap();
        if run("mount", &["-t", kind, "-o", options, "none", directory]) {
            return Some(Mount(folder));
        }
        println!("left out: a {kind} cannot be mounted here (it needs root)");
        None
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &["-l", self.0.0.to_str().unwrap()]);
    }
}

/// Keeps other tests from counting reserved pages, or from taking them.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The reserved pages of one size, as many free ones as a test wants; one test at a time.
pub(crate) struct Pool {
    kib: u32,
    before: u64,
    /// How many pages others have taken, such as a run of these tests that was killed.
    pub(crate) elsewhere: u64,
    _alone: MutexGuard<'static, ()>,
}

impl Pool {
    pub(crate) fn new(kib: u32, free: u64) -> Option<Pool> {
        let alone = alone();
        if let Some(before) = count(kib, "nr_hugepages") {
            let elsewhere = before - count(kib, "free_hugepages").unwrap_or(0);
            let pool = Pool { kib, before, elsewhere, _alone: alone };
            if pool.free() == free || pool.set(elsewhere + free) {
                return Some(pool);
            }
        }
        println!("left out: {free} pages of {kib} KiB cannot be reserved here (it needs root)");
        None
    }

    pub(crate) fn free(&self) -> u64 {
        count(self.kib, "free_hugepages").unwrap()
    }

    fn set(&self, pages: u64) -> bool {
        fs::write(file(self.kib, "nr_hugepages"), pages.to_string()).is_ok()
            && count(self.kib, "nr_hugepages") == Some(pages)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.set(self.before);
    }
}

fn file(kib: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/sys/kernel/mm/hugepages/hugepages-{kib}kB/{name}"))
}

fn count(kib: u32, name: &str) -> Option<u64> {
    fs::read_to_string(file(kib, name)).ok()?.trim().parse().ok()
}

/// A plan of this many bytes in one table of words, a power of two.
pub(crate) fn plan(bytes: usize) -> Plan {
    let mut plan = Plan::default();
    plan.table::<Word64>(bytes / 8).unwrap();
    plan
}

pub(crate) fn private(bytes: usize, pages: HugePages) -> Result<Region, RegionError> {
    Region::create(
        plan(bytes),
        &RegionConfig { file: None, pages, lock: false, ..RegionConfig::default() },
        LAYOUT,
    )
}

pub(crate) fn shared(bytes: usize, path: &Path, pages: HugePages) -> Result<Region, RegionError> {
    let config = RegionConfig {
        file: Some(path.to_path_buf()),
        pages,
        lock: false,
        ..RegionConfig::default()
    };
    Region::create(plan(bytes), &config, LAYOUT)
}

/// A complete region of 1 MiB, with its words, which are their numbers.
pub(crate) fn complete_with_words(path: &Path) -> (Region, Table<Word64>) {
    let mut region = shared(MIB, path, HugePages::Never).unwrap();
    let words = table(&mut region);
    words.as_slice().iter().zip(0..).for_each(|(word, number)| word.set(number));
    region.header_writer().unwrap().complete();
    (region, words)
}

pub(crate) fn complete(path: &Path) -> Region {
    complete_with_words(path).0
}

pub(crate) fn table(region: &mut Region) -> Table<Word64> {
    region.carve(MIB / 8).unwrap()
}

pub(crate) fn attach(path: &Path) -> Result<Region, RegionError> {
    Region::attach(path, LAYOUT.version, LAYOUT.fingerprint)
}

/// Whether the words of a complete region are what they should be.
pub(crate) fn is_whole(region: &mut Region) -> bool {
    table(region).as_slice().iter().zip(0..).all(|(word, number)| word.get() == number)
}
