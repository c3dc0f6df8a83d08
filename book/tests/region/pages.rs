//! Which pages regions get.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use wirebook_book::region::{HugePages, PageSize, Pages, Region, RegionConfig, RegionError};

use crate::scratch::{
    LAYOUT, MIB, Mount, Pool, Scratch, alone, attach, plan, private, shared, table,
};

const TWO: HugePages = HugePages::Require(PageSize::TwoMegabytes);

fn transparent_allowed() -> bool {
    let enabled = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
    enabled.is_ok_and(|text| !text.contains("[never]"))
}

#[test]
fn reserved_pages_are_preferred() {
    let Some(pool) = Pool::new(2048, 5) else { return };
    let mut region = private(4 * MIB, HugePages::Prefer).unwrap();
    // The header takes the third.
    assert_eq!(pool.free(), 2);
    assert_eq!(region.pages().to_string(), "2 MiB pages, 6 MiB, locked");
    assert_eq!(region.pages().size, PageSize::TwoMegabytes);
    let words = table(&mut region);
    assert!(words.as_slice().iter().all(|word| word.get() == 0));
    words.at(7).set(7);
    drop(region);
    assert_eq!((words.at(7).get(), pool.free()), (7, 2), "a table keeps its memory");
    drop(words);
    assert_eq!(pool.free(), 5);
}

#[test]
fn a_gigabyte_page_is_taken_where_half_of_it_is_used() {
    let Some(pool) = Pool::new(1_048_576, 1) else { return };
    let region = private(512 * MIB, HugePages::Prefer).unwrap();
    assert_eq!(region.pages().to_string(), "1 GiB pages, 1 GiB, locked");
    assert_eq!(pool.free(), 0);
    drop(region);
    let region = private(256 * MIB, HugePages::Prefer).unwrap();
    assert_ne!(region.pages().size, PageSize::Gigabyte);
    assert_eq!(pool.free(), 1);
}

#[test]
fn too_few_reserved_pages_are_left_alone() {
    let Some(pool) = Pool::new(2048, 1) else { return };
    let region = private(8 * MIB, HugePages::Prefer).unwrap();
    let Pages { size, bytes, locked, .. } = region.pages();
    let expected = if transparent_allowed() { PageSize::Transparent } else { PageSize::Small };
    assert_eq!((size, bytes, locked), (expected, 10 * MIB as u64, false));
    assert_eq!(pool.free(), 1);
}

#[test]
fn required_pages_that_are_missing_are_refused_with_the_command() {
    let Some(pool) = Pool::new(2048, 3) else { return };
    let taken = private(MIB, TWO).unwrap();
    assert_eq!(
        private(8 * MIB, TWO).unwrap_err().to_string(),
        format!(
            "8196 KiB for the books need 5 pages of 2 MiB, and 2 are free: \
            run ./hugepages.sh --reserve {}M --pagesize 2M",
            2 * (pool.elsewhere + 6)
        )
    );
    assert_eq!(pool.free(), 2);
    drop(taken);
}

#[test]
fn required_gigabyte_pages_are_counted_apart() {
    let Some(pool) = Pool::new(1_048_576, 0) else { return };
    assert_eq!(
        private(MIB, HugePages::Require(PageSize::Gigabyte)).unwrap_err().to_string(),
        format!(
            "1028 KiB for the books need 1 page of 1 GiB, and 0 are free: \
            run ./hugepages.sh --reserve {}G --pagesize 1G",
            pool.elsewhere + 1
        )
    );
}

#[test]
fn ordinary_pages_are_ordinary() {
    for pages in [HugePages::Never, HugePages::Require(PageSize::Small)] {
        let region = private(8 * MIB, pages).unwrap();
        assert_eq!(region.pages().to_string(), "4 KiB pages, 8196 KiB");
    }
}

fn base(region: &Region) -> usize {
    std::ptr::from_ref(region.header()).addr()
}

/// How many of a region's pages are there (`/proc/PID/pagemap`, proc_pid_pagemap(5)).
fn bytes_present(region: &Region) -> u64 {
    let page = 4096;
    let mut entries = vec![0; usize::try_from(region.pages().bytes).unwrap() / page * 8];
    let pagemap = File::open("/proc/self/pagemap").unwrap();
    pagemap.read_exact_at(&mut entries, (base(region) / page * 8) as u64).unwrap();
    let present = entries.as_chunks::<8>().0.iter().filter(|entry| entry[7] & 0x80 != 0);
    (present.count() * page) as u64
}

/// The flags of the mapping that a region lies in.
fn flags(region: &Region) -> String {
    let mut within = false;
    for line in fs::read_to_string("/proc/self/smaps").unwrap().lines() {
        if let Some((from, to)) = line.split(' ').next().unwrap().split_once('-') {
            let [from, to] = [from, to].map(|end| usize::from_str_radix(end, 16).unwrap());
            within = (from..to).contains(&base(region));
        } else if within && let Some(flags) = line.strip_prefix("VmFlags:") {
            return flags.to_owned();
        }
    }
    panic!("the region is not mapped");
}

#[test]
fn every_page_is_there_from_the_start() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let check = |region: &Region| assert_eq!(bytes_present(region), region.pages().bytes);
    let _alone = alone(); // for the pages that are preferred
    for pages in [HugePages::Prefer, HugePages::Never] {
        let region = private(4 * MIB, pages).unwrap();
        check(&region);
        assert!(flags(&region).contains(" dc"), "children that are forked do not copy it");
        let region = shared(4 * MIB, &path, pages).unwrap();
        check(&region);
        region.header_writer().unwrap().complete();
        check(&attach(&path).unwrap());
        drop(region);
        check(&Region::reopen(&path, LAYOUT).unwrap());
    }
    let lazy = Region::anonymous(plan(4 * MIB)).unwrap();
    assert!(bytes_present(&lazy) < lazy.pages().bytes, "else the above says nothing");
}

#[test]
fn transparent_pages_are_counted_not_believed() {
    let required = HugePages::Require(PageSize::Transparent);
    if transparent_allowed() {
        let region = private(8 * MIB, required).unwrap();
        assert_eq!(region.pages().to_string(), "transparent huge pages, 10 MiB");
    } else {
        let refused = private(8 * MIB, required).unwrap_err().to_string();
        assert!(refused.contains("run echo madvise > /sys/kernel"), "{refused}");
    }
    let Some(mount) = Mount::new("tmpfs", "size=64m,huge=never") else { return };
    let refused = shared(8 * MIB, &mount.path("books"), required).unwrap_err();
    assert!(matches!(refused, RegionError::NotTransparent { huge_bytes: 0, .. }), "{refused}");
    let folder = mount.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    assert_eq!(
        refused.to_string(),
        format!(
            "transparent huge pages are required for the books, and 0 bytes of 10 MiB got them \
            ({folder} may have to be mounted with huge=advise): \
            run mount -o remount,huge=advise {folder}"
        )
    );
    assert!(!mount.path("books").exists());
    let denied = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
    if denied.is_ok_and(|text| text.contains("[deny]")) {
        println!("left out: this kernel denies files huge pages");
        return;
    }
    let Some(mount) = Mount::new("tmpfs", "size=64m,huge=advise") else { return };
    let region = shared(8 * MIB, &mount.path("books"), required).unwrap();
    assert_eq!(region.pages().size, PageSize::Transparent);
    region.header_writer().unwrap().complete();
    assert_eq!(attach(&mount.path("books")).unwrap().pages(), region.pages());
}

#[test]
fn files_on_hugetlbfs_have_its_pages() {
    let Some(pool) = Pool::new(2048, 3) else { return };
    let Some(mount) = Mount::new("hugetlbfs", "pagesize=2M") else { return };
    let path = mount.path("books");
    let mut region = shared(4 * MIB, &path, HugePages::Prefer).unwrap();
    assert_eq!(region.pages().to_string(), "2 MiB pages, 6 MiB, locked");
    assert_eq!(pool.free(), 0);
    table(&mut region).at(9).set(9);
    region.header_writer().unwrap().complete();
    let mut reader = attach(&path).unwrap();
    assert_eq!(reader.pages(), region.pages());
    assert_eq!(table(&mut reader).at(9).get(), 9);
    drop((region, reader));
    let mut region = Region::reopen(&path, LAYOUT).unwrap();
    assert_eq!(table(&mut region).at(9).get(), 9);

    // What is there is full now.
    let second = mount.path("second");
    assert_eq!(
        shared(4 * MIB, &second, HugePages::Prefer).unwrap_err().to_string(),
        format!(
            "6 MiB for the books need 3 pages of 2 MiB, and 0 are free: \
            run ./hugepages.sh --reserve {}M --pagesize 2M",
            2 * (pool.elsewhere + 6)
        )
    );
    assert!(!second.exists(), "what fails leaves no file");
    for pages in [HugePages::Never, HugePages::Require(PageSize::Small)] {
        assert_eq!(
            shared(MIB, &second, pages).unwrap_err().to_string(),
            format!(
                "4 KiB pages are required for the books, but {} has pages of 2 MiB: \
                take a path in /dev/shm",
                second.display()
            )
        );
    }
}

#[test]
fn readers_survive_when_a_file_on_hugetlbfs_is_cut() {
    let Some(_pool) = Pool::new(2048, 3) else { return };
    let Some(mount) = Mount::new("hugetlbfs", "pagesize=2M") else { return };
    let path = mount.path("books");
    let mut region = shared(4 * MIB, &path, HugePages::Prefer).unwrap();
    table(&mut region).as_slice().iter().for_each(|word| word.set(9));
    region.header_writer().unwrap().complete();
    let mut reader = attach(&path).unwrap();
    let words = table(&mut reader);
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert!(words.as_slice().iter().all(|word| word.get() == 0), "pages that are gone are empty");
    let length = reader.check_length().unwrap_err();
    assert!(matches!(length, RegionError::Length { found_bytes: 0, .. }), "{length}");
}

#[test]
fn a_limited_hugetlbfs_is_full_before_its_pages_are() {
    let Some(pool) = Pool::new(2048, 4) else { return };
    let Some(mount) = Mount::new("hugetlbfs", "pagesize=2M,size=4M") else { return };
    let path = mount.path("books");
    let refused = shared(4 * MIB, &path, HugePages::Prefer).unwrap_err().to_string();
    let expected = "cannot be 6 MiB long, for its file system has ";
    assert!(refused.contains(expected), "{refused}");
    assert_eq!(pool.free(), 4);
}

#[test]
fn a_path_elsewhere_has_no_reserved_pages() {
    let Some(pool) = Pool::new(2048, 0) else { return };
    let folder = Scratch::new();
    let path = folder.path("books");
    let refused = shared(MIB, &path, TWO).unwrap_err();
    assert!(matches!(refused, RegionError::FilePages { .. }));
    let refused = refused.to_string();
    let start = format!("2 MiB pages are required for the books, but {} has ", path.display());
    assert!(refused.starts_with(&start), "{refused}");
    let end = format!(
        "run ./hugepages.sh --reserve {}M --pagesize 2M --mount, and take a path in /dev/hugepages",
        2 * (pool.elsewhere + 1)
    );
    assert!(refused.ends_with(&end), "{refused}");
    assert!(!path.exists(), "what fails leaves no file");
}

#[test]
fn memory_is_locked_where_it_is_asked_for_and_allowed() {
    let folder = Scratch::new();
    for file in [None, Some(folder.path("books"))] {
        let config =
            RegionConfig { file, pages: HugePages::Never, lock: true, ..RegionConfig::default() };
        let region = Region::create(plan(MIB / 64), &config, LAYOUT).unwrap();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let locked_kib = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        let is_locked = locked_kib.trim() != "0 kB";
        assert_eq!(region.pages().locked, is_locked, "{locked_kib}");
    }
}

#[test]
fn more_memory_than_there_is_is_refused() {
    let folder = Scratch::new();
    let path = folder.path("books");
    for refused in [private(1 << 45, HugePages::Never), shared(1 << 45, &path, HugePages::Never)] {
        let refused = refused.unwrap_err().to_string();
        let expected = "32768 GiB of memory are needed for the books, and ";
        let elsewhere = "cannot be 34359738372 KiB long, for its file system has ";
        let start = refused.replace("34359738372 KiB", "32768 GiB");
        assert!(start.starts_with(expected) || refused.contains(elsewhere), "{refused}");
    }
    assert!(!path.exists());
}
