//! Why there is no region.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::numa::NumaNode;
use super::pages::{PageSize, Size};

/// The region could not be had.
#[derive(Debug, Error)]
#[non_exhaustive]
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
    /// Taking every page now would end in the system killing processes.
    #[error("{} of memory are needed for the books, and {by} leaves {}", Size(*len_bytes), Size(*free_bytes))]
    ShortMemory {
        /// How much was asked for.
        len_bytes: u64,
        /// How much can be taken.
        free_bytes: u64,
        /// Who limits it: the machine or a control group.
        by: String,
    },
    /// Too few huge pages are free.
    #[error(
        "{} for the books need {needed} page{} of {}, and {free} are free{}: run {command}",
        Size(*len_bytes), if *needed == 1 { "" } else { "s" }, Size(size.bytes()), on(*node)
    )]
    PagesShort {
        /// How much was asked for.
        len_bytes: u64,
        /// Of this size.
        size: PageSize,
        /// Pages needed.
        needed: u64,
        /// Pages that nobody uses or has reserved.
        free: u64,
        /// On this node, if they shall be on one.
        node: Option<NumaNode>,
        /// What to run, as root.
        command: String,
    },
    /// Transparent huge pages were required, and the system gave ordinary ones.
    #[error(
        "transparent huge pages are required for the books, and {} of {} got them \
        ({setting}): run {command}",
        Size(*huge_bytes), Size(*len_bytes)
    )]
    NotTransparent {
        /// How much was asked for.
        len_bytes: u64,
        /// How much of it has huge pages.
        huge_bytes: u64,
        /// What the kernel is set to.
        setting: String,
        /// What to run, as root.
        command: String,
    },
    /// There is no such NUMA node.
    #[error("the books shall be on {node}, but the nodes of this machine are {}: name one of these",
        if online.is_empty() { "not known" } else { online })]
    NoNode {
        /// The node that was asked for.
        node: NumaNode,
        /// Those that there are, as the system lists them.
        online: String,
    },
    /// The system refused to take the memory from this node alone.
    #[error(
        "the books cannot be bound to {node} ({source}): let this process call mbind(2) and use \
        memory of that node (cpuset.mems), or ask for no node"
    )]
    Unbound {
        /// The node that was asked for.
        node: NumaNode,
        /// What the system said.
        source: io::Error,
    },
    /// A disk's cache is not bound to a node.
    #[error(
        "the books shall be on {node}, but {path} is on a disk, whose cache is on any: take a path \
        in /dev/shm or /dev/hugepages"
    )]
    DiskNode {
        /// The file.
        path: PathBuf,
        /// The node that was asked for.
        node: NumaNode,
    },
    /// The file system has other pages than were asked for.
    #[error("{wanted} for the books, but {path} has {found}: {remedy}")]
    FilePages {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        wanted: String,
        /// What the file system has.
        found: String,
        /// What can be done.
        remedy: String,
    },
    /// The file system is full.
    #[error("{path} cannot be {} long, for its file system has {} free: {source}",
        Size(*len_bytes), Size(*free_bytes))]
    Full {
        /// The file.
        path: PathBuf,
        /// How much was asked for.
        len_bytes: u64,
        /// How much is free.
        free_bytes: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something else.
    #[error("{path} cannot be {action}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a region.
    #[error("{path} is not a region of books ({found}), and is left as it is")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found in place of a region.
        found: String,
    },
    /// The region was written by another version of this software.
    #[error("{path} has version {found} of the layout of books, and {expected} is expected")]
    Version {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: u32,
        /// What the file has.
        found: u32,
    },
    /// The region's tables are laid out otherwise.
    #[error("{path} has books laid out as {found:#018x}, and {expected:#018x} is expected")]
    Fingerprint {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: u64,
        /// What the file has.
        found: u64,
    },
    /// The region was made for other capacities.
    #[error("{path} has books with capacities of {found:?}, and {expected:?} are expected")]
    Capacities {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: [u32; 4],
        /// What the file has.
        found: [u32; 4],
    },
    /// The books in the region were never finished.
    #[error("the books in {path} are not complete: their writer is making them, or never finished")]
    Incomplete {
        /// The file.
        path: PathBuf,
    },
    /// The file was cut, or lengthened.
    #[error("{path} was made {expected_bytes} bytes long and now has {found_bytes}")]
    Length {
        /// The file.
        path: PathBuf,
        /// What its header, or its mapping, says.
        expected_bytes: u64,
        /// What the file system says.
        found_bytes: u64,
    },
    /// A writer lives.
    #[error("{path} is being written by {}", writer(*pid))]
    Held {
        /// The file.
        path: PathBuf,
        /// The process, if it has said so yet.
        pid: Option<u32>,
    },
    /// Only a writer's region can be written to.
    #[error("the books are attached for reading alone")]
    ReadOnly,
}

fn on(node: Option<NumaNode>) -> String {
    node.map_or_else(String::new, |node| format!(" on {node}"))
}

fn writer(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}
