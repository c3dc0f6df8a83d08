//! How much memory may be taken.
//!
//! Nobody is told "no" who takes a page of ordinary memory: when there is none left, the system
//! kills a process. So a region asks first. What others take meanwhile it cannot know.

use std::fs;
use std::path::{Path, PathBuf};

use super::{NumaNode, RegionError};

/// Memory that may be taken, and who limits it.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    free_bytes: u64,
    by: String,
}

/// Refuses `len_bytes` that the machine, or its node, does not have, or that the control groups of
/// this process do not allow it (versions 1 and 2).
pub(super) fn check(len_bytes: u64, node: Option<NumaNode>) -> Result<(), RegionError> {
    let rooms = machine().into_iter().chain(node.and_then(on_node)).chain(groups());
    match rooms.min_by_key(|room| room.free_bytes) {
        Some(Room { free_bytes, by }) if free_bytes < len_bytes => {
            Err(RegionError::ShortMemory { len_bytes, free_bytes, by })
        }
        _ => Ok(()),
    }
}

fn machine() -> Option<Room> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = field(&meminfo, "MemAvailable:")? + field(&meminfo, "SwapFree:").unwrap_or(0);
    Some(Room { free_bytes: kib.saturating_mul(1024), by: "this machine".to_owned() })
}

/// What can be had on a node without moving anything out of memory. Nobody swaps for it.
fn on_node(node: NumaNode) -> Option<Room> {
    let path = format!("/sys/devices/system/node/node{}/meminfo", node.get());
    let free_bytes = node_free(&fs::read_to_string(path).ok()?)?;
    Some(Room { free_bytes, by: node.to_string() })
}

/// Cached files are given back when they are needed. Each line begins with the node.
fn node_free(meminfo: &str) -> Option<u64> {
    let lines = meminfo.lines().filter_map(|line| line.splitn(3, ' ').nth(2));
    let fields = lines.collect::<Vec<_>>().join("\n");
    let cached = ["Active(file):", "Inactive(file):", "SReclaimable:"]
        .iter()
        .filter_map(|name| field(&fields, name))
        .fold(0, u64::saturating_add);
    Some(field(&fields, "MemFree:")?.saturating_add(cached).saturating_mul(1024))
}

/// Each control group that this process is in, with those above it.
fn groups() -> Vec<Room> {
    let memberships = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut rooms = Vec::new();
    for (root, group) in memberships.lines().filter_map(hierarchy) {
        for above in group.ancestors() {
            let below_root = above.strip_prefix("/").unwrap_or(above);
            rooms.extend(group_room(&root.join(below_root)));
        }
    }
    rooms
}

/// Where a line of `/proc/PID/cgroup` is found in the file system, if it is about memory.
fn hierarchy(line: &str) -> Option<(PathBuf, &Path)> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
    let root = match controllers {
        "" => "/sys/fs/cgroup",
        _ if controllers.split(',').any(|name| name == "memory") => "/sys/fs/cgroup/memory",
        _ => return None,
    };
    Some((PathBuf::from(root), Path::new(group)))
}

fn group_room(folder: &Path) -> Option<Room> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let stat = read("memory.stat")?;
    let (limit, used, prefix) = match (read("memory.max"), read("memory.current")) {
        (Some(limit), Some(used)) => (limit, used, ""),
        // Version 1 counts the groups below in fields of their own.
        _ => (read("memory.limit_in_bytes")?, read("memory.usage_in_bytes")?, "total_"),
    };
    let free_bytes = group_free(&limit, &used, &stat, prefix)?;
    Some(Room { free_bytes, by: format!("the control group {}", folder.display()) })
}

/// What a group may still take. Cached files count as used, and are given back when needed.
fn group_free(limit: &str, used: &str, stat: &str, prefix: &str) -> Option<u64> {
    let limit = limit.trim().parse::<u64>().ok()?; // "max" is no limit
    let used = used.trim().parse::<u64>().ok()?;
    let cached = ["inactive_file", "active_file", "slab_reclaimable"]
        .iter()
        .filter_map(|name| field(stat, &format!("{prefix}{name}")))
        .fold(0, u64::saturating_add);
    Some(limit.saturating_sub(used.saturating_sub(cached)))
}

/// The number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        if words.next() == Some(name) { words.next()?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_files_are_room() {
        let stat = "cache 90\ninactive_file 30\nactive_file 10\nslab_reclaimable 5\nshmem 50\n";
        assert_eq!(group_free("1000\n", "600\n", stat, ""), Some(445));
        assert_eq!(group_free("500", "600", stat, ""), Some(0));
        assert_eq!(group_free("max\n", "600", stat, ""), None);
        let stat = "inactive_file 1\ntotal_inactive_file 30\ntotal_active_file 10\n";
        assert_eq!(group_free("1000", "600", stat, "total_"), Some(440));
    }

    #[test]
    fn memberships_are_found_in_both_versions() {
        let two = hierarchy("0::/user.slice/a:b").unwrap();
        assert_eq!(two, (PathBuf::from("/sys/fs/cgroup"), Path::new("/user.slice/a:b")));
        let one = hierarchy("4:memory,hugetlb:/x").unwrap();
        assert_eq!(one, (PathBuf::from("/sys/fs/cgroup/memory"), Path::new("/x")));
        assert_eq!(hierarchy("5:cpuset:/x"), None);
        assert_eq!(hierarchy("nonsense"), None);
    }

    #[test]
    fn more_than_the_machine_has_is_refused() {
        assert!(check(1, None).is_ok());
        let refused = check(1 << 60, None).unwrap_err().to_string();
        assert!(refused.starts_with("1073741824 GiB of memory are needed"), "{refused}");
    }

    #[test]
    fn a_node_has_what_is_free_and_what_is_cached() {
        let meminfo = "Node 1 MemTotal:  6252756 kB\nNode 1 MemFree:   100 kB\n\
            Node 1 Active(file):   20 kB\nNode 1 Inactive(file):  3 kB\nNode 1 SReclaimable: 4 kB\n";
        assert_eq!(node_free(meminfo), Some(127 << 10));
        assert_eq!(node_free("Node 1 MemTotal: 1 kB\n"), None);
    }
}
