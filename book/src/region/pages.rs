//! Which pages a region has, and what to do where there are too few.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::{NumaNode, RegionError};

/// Which pages to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HugePages {
    /// The largest that are to be had: 1 GiB where the region fills at least half of one, 2 MiB,
    /// transparent, ordinary. A file has those of its file system.
    #[default]
    Prefer,
    /// These or none.
    Require(PageSize),
    /// Ordinary ones.
    Never,
}

/// Sizes of pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageSize {
    /// 1 GiB, reserved.
    Gigabyte,
    /// 2 MiB, reserved.
    TwoMegabytes,
    /// Mostly 2 MiB, found by the kernel when the region was made.
    Transparent,
    /// The system's ordinary ones.
    Small,
}

impl PageSize {
    /// Bytes of a page. A transparent one has as many as a huge one.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            PageSize::Gigabyte => 1 << 30,
            PageSize::TwoMegabytes | PageSize::Transparent => 1 << 21,
            PageSize::Small => 1 << 12,
        }
    }

    /// The reserved pages of this many bytes.
    pub(super) fn reserved(bytes: u64) -> Option<PageSize> {
        [PageSize::Gigabyte, PageSize::TwoMegabytes].into_iter().find(|size| size.bytes() == bytes)
    }

    /// Whether such pages are reserved before anyone takes them, and never leave memory.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self, PageSize::Gigabyte | PageSize::TwoMegabytes)
    }

    /// `len_bytes`, rounded up to whole pages.
    pub(super) fn round(self, len_bytes: u64) -> Result<usize, RegionError> {
        let rounded = len_bytes.checked_next_multiple_of(self.bytes());
        rounded.and_then(|bytes| usize::try_from(bytes).ok()).ok_or(RegionError::TooLarge)
    }
}

impl fmt::Display for PageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            PageSize::Gigabyte => "1 GiB pages",
            PageSize::TwoMegabytes => "2 MiB pages",
            PageSize::Transparent => "transparent huge pages",
            PageSize::Small => "4 KiB pages",
        })
    }
}

/// What a region was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pages {
    /// The pages. Transparent ones if at least half of the region has them.
    pub size: PageSize,
    /// The region's length.
    pub bytes: u64,
    /// Whether they never leave memory.
    pub locked: bool,
    /// The NUMA node that all of them are bound to; none where they may be anywhere.
    pub node: Option<NumaNode>,
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locked = if self.locked { ", locked" } else { "" };
        write!(f, "{}, {}{locked}", self.size, Size(self.bytes))?;
        self.node.map_or(Ok(()), |node| write!(f, ", {node}"))
    }
}

/// A number of bytes, in the largest unit that leaves no fraction.
pub(super) struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 30 && bytes.is_multiple_of(1 << 30) => {
                write!(f, "{} GiB", bytes >> 30)
            }
            bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => {
                write!(f, "{} MiB", bytes >> 20)
            }
            bytes if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => {
                write!(f, "{} KiB", bytes >> 10)
            }
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// The reserved pages of one size, of the machine or of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pool {
    /// All.
    pub total: u64,
    /// Those that nobody uses or has reserved.
    pub free: u64,
    pub node: Option<NumaNode>,
}

impl Pool {
    /// How many pages there must be for as many bytes as are needed.
    pub(super) fn with(self, size: PageSize, needed_bytes: u64) -> u64 {
        let used = self.total.saturating_sub(self.free);
        used.saturating_add(needed_bytes.div_ceil(size.bytes()))
    }
}

/// Too few reserved pages, and the command that reserves enough.
pub(super) fn short(size: PageSize, len_bytes: u64, pool: Pool) -> RegionError {
    let needed = len_bytes.div_ceil(size.bytes());
    let Pool { free, node, .. } = pool;
    let command = reserve(size, pool.with(size, len_bytes), node);
    RegionError::PagesShort { len_bytes, size, needed, free, node, command }
}

/// Refuses what the reserved pages do not suffice for.
pub(super) fn check(
    size: PageSize,
    len_bytes: u64,
    node: Option<NumaNode>,
) -> Result<(), RegionError> {
    let pool = pool(size, node);
    if pool.free < len_bytes.div_ceil(size.bytes()) {
        return Err(short(size, len_bytes, pool));
    }
    Ok(())
}

/// The command that makes `pages` the number of reserved pages.
pub(super) fn reserve(size: PageSize, pages: u64, node: Option<NumaNode>) -> String {
    let node = node.map_or_else(String::new, |node| format!(" --node {}", node.get()));
    let (pages, unit) = match size {
        PageSize::Gigabyte => (pages, "G"),
        _ => (pages.saturating_mul(size.bytes() >> 20), "M"),
    };
    format!(
        "./hugepages.sh --reserve {pages}{unit} --pagesize {}{unit}{node}",
        match size {
            PageSize::Gigabyte => 1,
            _ => size.bytes() >> 20,
        }
    )
}

/// What the kernel says of its pages of a size. Of a node it does not say how many are reserved.
pub(super) fn pool(size: PageSize, node: Option<NumaNode>) -> Pool {
    let folder = match node {
        Some(node) => format!("/sys/devices/system/node/node{}/hugepages", node.get()),
        None => "/sys/kernel/mm/hugepages".to_owned(),
    };
    let count = |file: &str| {
        let path = format!("{folder}/hugepages-{}kB/{file}", size.bytes() >> 10);
        fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    let free = count("free_hugepages").saturating_sub(count("resv_hugepages"));
    Pool { total: count("nr_hugepages"), free, node }
}

/// Why a private region, or one in a file on a tmpfs mounted at `mount`, has few transparent
/// pages.
pub(super) fn not_transparent(
    len_bytes: u64,
    huge_bytes: u64,
    mount: Option<PathBuf>,
) -> RegionError {
    const ENABLED: &str = "/sys/kernel/mm/transparent_hugepage/enabled";
    let (setting, command) = match mount {
        Some(mount) => (
            format!("{} may have to be mounted with huge=advise", mount.display()),
            format!("mount -o remount,huge=advise {}", mount.display()),
        ),
        None => {
            let enabled = fs::read_to_string(ENABLED).unwrap_or_default();
            let command = if enabled.contains("[never]") {
                format!("echo madvise > {ENABLED}")
            } else {
                // They are allowed: so it is memory in pieces that is short.
                "echo 1 > /proc/sys/vm/compact_memory".to_owned()
            };
            (format!("the kernel is set to: {}", enabled.trim()), command)
        }
    };
    RegionError::NotTransparent { len_bytes, huge_bytes, setting, command }
}

/// How many bytes of the mapping at `base` lie in transparent huge pages (`/proc/PID/smaps`,
/// proc_pid_smaps(5)).
pub(super) fn transparent_bytes(base: usize, len_bytes: u64) -> u64 {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let found = count_transparent(&smaps, base as u64, len_bytes);
    // The kernel joins neighbouring mappings that are alike, and then counts both.
    found.min(len_bytes)
}

fn count_transparent(smaps: &str, base: u64, len_bytes: u64) -> u64 {
    let (mut within, mut bytes) = (false, 0_u64);
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else { continue };
        match first {
            "AnonHugePages:" | "ShmemPmdMapped:" | "FilePmdMapped:" if within => {
                let kib = words.next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0);
                bytes = bytes.saturating_add(kib.saturating_mul(1024));
            }
            _ => {
                if let Some((from, to)) = range(first) {
                    within = from < base.saturating_add(len_bytes) && base < to;
                }
            }
        }
    }
    bytes
}

/// The first word of a mapping's first line, as `7f00-7f10`.
fn range(word: &str) -> Option<(u64, u64)> {
    let (from, to) = word.split_once('-')?;
    Some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_in_words() {
        let (size, node) = (PageSize::TwoMegabytes, None);
        let pages = Pages { size, bytes: 512 << 20, locked: true, node };
        assert_eq!(pages.to_string(), "2 MiB pages, 512 MiB, locked");
        let pages = Pages { node: Some(NumaNode::new(1)), ..pages };
        assert_eq!(pages.to_string(), "2 MiB pages, 512 MiB, locked, node 1");
        let pages = Pages { size: PageSize::Small, bytes: 8 << 10, locked: false, node };
        assert_eq!(pages.to_string(), "4 KiB pages, 8 KiB");
        assert_eq!(Size(4097).to_string(), "4097 bytes");
    }

    #[test]
    fn commands_name_whole_pages() {
        let (two, giga) = (PageSize::TwoMegabytes, PageSize::Gigabyte);
        assert_eq!(reserve(two, 3, None), "./hugepages.sh --reserve 6M --pagesize 2M");
        let on_node = reserve(giga, 2, Some(NumaNode::new(1)));
        assert_eq!(on_node, "./hugepages.sh --reserve 2G --pagesize 1G --node 1");
        assert_eq!(PageSize::TwoMegabytes.round(1).unwrap(), 1 << 21);
        assert_eq!(PageSize::Gigabyte.round(1 << 30).unwrap(), 1 << 30);
        assert!(matches!(PageSize::Gigabyte.round(u64::MAX), Err(RegionError::TooLarge)));
    }

    #[test]
    fn transparent_pages_are_counted_where_the_region_lies() {
        let smaps = "1000-3000 rw-p 00000000 00:00 0 \nSize: 8 kB\nAnonHugePages:  2048 kB\n\
            VmFlags: rd wr\n3000-9000 rw-s 00000000 00:01 7 /dev/shm/a-b c\n\
            ShmemPmdMapped:     4096 kB\nFilePmdMapped:  0 kB\n";
        assert_eq!(count_transparent(smaps, 0x1000, 0x2000), 2048 << 10);
        assert_eq!(count_transparent(smaps, 0x4000, 0x1000), 4096 << 10);
        assert_eq!(count_transparent(smaps, 0x2000, 0x2000), 6144 << 10);
        assert_eq!(count_transparent(smaps, 0x9000, 0x1000), 0);
        assert_eq!(count_transparent("", 0, 1), 0);
    }
}
