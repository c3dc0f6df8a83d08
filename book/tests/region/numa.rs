//! Regions on a NUMA node. Every machine has node 0, and hardly one has node 1023.

use std::fs;
use std::path::{Path, PathBuf};

use wirebook_book::region::{
    HugePages, NumaNode, PageSize, Placement, Region, RegionConfig, RegionError,
};

use crate::scratch::{LAYOUT, MIB, Mount, Pool, Scratch, attach, is_whole, plan, table};

const ZERO: Placement = Placement::Node(NumaNode::new(0));
const TWO: HugePages = HugePages::Require(PageSize::TwoMegabytes);

fn has_nodes() -> bool {
    let there = Path::new("/sys/devices/system/node/online").exists();
    if !there {
        println!("left out: this kernel knows no NUMA nodes");
    }
    there
}

fn make(
    file: Option<PathBuf>,
    pages: HugePages,
    placement: Placement,
) -> Result<Region, RegionError> {
    let config = RegionConfig { file, pages, placement, ..RegionConfig::default() };
    Region::create(plan(MIB), &config, LAYOUT)
}

/// What the system says of the mapping that a region lies in (`/proc/PID/numa_maps`, numa(7)): its
/// policy, and its pages by node.
fn numa_maps(region: &Region) -> (String, Vec<String>) {
    let base = std::ptr::from_ref(region.header()).addr();
    let maps = fs::read_to_string("/proc/self/numa_maps").unwrap();
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let start = |words: &[String]| usize::from_str_radix(&words[0], 16).unwrap();
    let lines = maps.lines().map(words).filter(|words| start(words) <= base);
    let line = lines.max_by_key(|words| start(words)).unwrap();
    let is_node = |word: &&String| word.starts_with('N') && word.contains('=');
    (line[1].clone(), line.iter().filter(is_node).cloned().collect())
}

fn assert_on_zero(region: &Region) {
    assert_eq!(region.pages().node, Some(NumaNode::new(0)));
    assert!(region.pages().to_string().ends_with(", node 0"), "{}", region.pages());
    let (policy, nodes) = numa_maps(region);
    assert_eq!(policy, "bind:0");
    assert!(nodes.len() == 1 && nodes[0].starts_with("N0="), "{nodes:?}");
}

#[test]
fn a_region_is_bound_to_the_node_that_is_named() {
    if !has_nodes() {
        return;
    }
    let folder = Scratch::new();
    let file = Some(folder.path("books"));
    let cases = [(None, HugePages::Never), (file.clone(), HugePages::Never)];
    for (file, pages) in cases.into_iter().chain([(file, HugePages::Prefer)]) {
        let region = make(file.clone(), pages, ZERO).unwrap();
        assert_on_zero(&region);
        if let Some(file) = &file {
            region.header_writer().unwrap().complete();
            assert_eq!(attach(file).unwrap().pages().node, Some(NumaNode::new(0)));
        }
        let elsewhere = file.map(|_| folder.path("elsewhere"));
        let unbound = make(elsewhere, pages, Placement::Anywhere).unwrap();
        let text = region.pages().to_string();
        assert_eq!(format!("{}, node 0", unbound.pages()), text, "all else is alike");
        assert_eq!(numa_maps(&unbound).0, "default");
    }
}

#[test]
fn reserved_pages_are_taken_from_the_node_that_is_named() {
    let Some(pool) = Pool::new(2048, 5) else { return };
    if !has_nodes() {
        return;
    }
    let region = make(None, TWO, ZERO).unwrap();
    assert_eq!(region.pages().to_string(), "2 MiB pages, 2 MiB, locked, node 0");
    assert_on_zero(&region);
    let Some(mount) = Mount::new("hugetlbfs", "pagesize=2M") else { return };
    let path = mount.path("books");
    let mut region = make(Some(path.clone()), HugePages::Prefer, ZERO).unwrap();
    assert_on_zero(&region);
    assert_eq!(pool.free(), 3);
    table(&mut region).as_slice().iter().zip(0..).for_each(|(word, number)| word.set(number));
    region.header_writer().unwrap().complete();
    assert!(is_whole(&mut attach(&path).unwrap()));
}

#[test]
fn reserved_pages_that_a_node_lacks_are_refused_with_the_command() {
    let Some(_pool) = Pool::new(2048, 0) else { return };
    if !has_nodes() {
        return;
    }
    let taken = fs::read_to_string(
        "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages",
    );
    let taken: u64 = taken.unwrap().trim().parse().unwrap();
    let said = format!(
        "for the books need 1 page of 2 MiB, and 0 are free on node 0: \
        run ./hugepages.sh --reserve {}M --pagesize 2M --node 0",
        2 * (taken + 1)
    );
    assert_eq!(make(None, TWO, ZERO).unwrap_err().to_string(), format!("1028 KiB {said}"));
    let Some(mount) = Mount::new("hugetlbfs", "pagesize=2M") else { return };
    let path = mount.path("books");
    let refused = make(Some(path.clone()), TWO, ZERO).unwrap_err();
    assert_eq!(refused.to_string(), format!("2 MiB {said}"));
    assert!(!path.exists(), "what fails leaves no file");
}

#[test]
fn a_node_that_is_not_there_is_refused_in_words() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let online = fs::read_to_string("/sys/devices/system/node/online").unwrap_or_default();
    let online = if online.is_empty() { "not known" } else { online.trim() };
    for file in [None, Some(path.clone())] {
        for number in [1023, u16::MAX] {
            let placement = Placement::Node(NumaNode::new(number));
            let refused = make(file.clone(), HugePages::Prefer, placement).unwrap_err();
            assert!(matches!(refused, RegionError::NoNode { .. }));
            assert_eq!(
                refused.to_string(),
                format!(
                    "the books shall be on node {number}, but the nodes of this machine are \
                    {online}: name one of these"
                )
            );
        }
    }
    assert!(!path.exists(), "what fails leaves no file");
}

#[test]
fn the_default_needs_no_node() {
    let region = make(None, HugePages::Never, Placement::OwnNode).unwrap();
    let several = fs::read_to_string("/sys/devices/system/node/online")
        .is_ok_and(|online| online.contains(['-', ',']));
    assert_eq!(region.pages().node.is_some(), several);
}

#[test]
fn the_cache_of_a_disk_is_bound_to_no_node() {
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("books");
    let elsewhere = make(Some(path.clone()), HugePages::Never, Placement::Anywhere);
    let Ok(elsewhere) = elsewhere else { return };
    drop(elsewhere);
    fs::remove_file(&path).unwrap();
    if !has_nodes() {
        return;
    }
    match make(Some(path.clone()), HugePages::Never, ZERO) {
        Err(refused) => {
            let said = format!(
                "the books shall be on node 0, but {} is on a disk, whose cache is on any: \
                take a path in /dev/shm or /dev/hugepages",
                path.display()
            );
            assert_eq!(refused.to_string(), said);
            assert!(!path.exists(), "what fails leaves no file");
        }
        Ok(region) => assert_on_zero(&region), // built in memory
    }
}
