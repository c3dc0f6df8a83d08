//! Files that are not what they should be.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use wirebook_book::region::{HugePages, Layout, Region, RegionConfig, RegionError, Writer};

use crate::scratch::{
    LAYOUT, MIB, Mount, Scratch, attach, complete, complete_with_words, is_whole, plan, run,
    shared, table,
};

/// What each way of having a region in the file says.
fn refusals(path: &Path) -> [String; 3] {
    [shared(MIB, path, HugePages::Never), Region::reopen(path, LAYOUT), attach(path)]
        .map(|refused| refused.unwrap_err().to_string())
}

fn cut(path: &Path, len_bytes: u64) {
    File::options().write(true).open(path).unwrap().set_len(len_bytes).unwrap();
}

#[test]
fn a_region_is_for_its_owner_alone() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let _region = complete(&path);
    let found = fs::metadata(&path).unwrap();
    assert_eq!(found.permissions().mode() & 0o7777, 0o600);
    assert_eq!(found.len(), MIB as u64 + 4096);
    assert_eq!(found.blocks() * 512, MIB as u64 + 4096, "all of it was allocated");
}

#[test]
fn the_header_says_what_the_region_is() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let region = complete(&path);
    let reader = attach(&path).unwrap();
    let header = reader.header();
    assert_eq!(header.layout(), LAYOUT);
    assert_eq!(header.len_bytes(), MIB as u64 + 4096);
    assert_eq!((header.last_sequence(), header.session()), (0, Some([0; 10])));
    let writer = region.header_writer().unwrap();
    writer.beat(1);
    writer.set_last_sequence(2);
    writer.set_session(*b"0123456789");
    let Writer { pid, started, heartbeat_ns } = reader.writer();
    assert_eq!((pid, heartbeat_ns), (std::process::id(), 1));
    assert!(started.ticks() > 0);
    let session = Some(*b"0123456789");
    assert_eq!((header.last_sequence(), header.session()), (2, session));
    assert!(reader.writer_is_alive());
}

#[test]
fn what_is_no_region_is_left_alone() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let foreign = |found: &str| {
        let path = path.display();
        [(); 3].map(|()| format!("{path} is not a region of books ({found}), and is left as it is"))
    };
    let letter = "Dear Sir or Madam, ".repeat(1000);
    fs::write(&path, &letter).unwrap();
    let beginning = u64::from_ne_bytes(*b"Dear Sir");
    assert_eq!(refusals(&path), foreign(&format!("it begins with {beginning:#018x}")));
    assert_eq!(fs::read_to_string(&path).unwrap(), letter);
    fs::write(&path, "short").unwrap();
    assert_eq!(refusals(&path), foreign("it is 5 bytes long"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(refusals(&path), foreign("it is a directory"));
    fs::remove_dir(&path).unwrap();
    assert!(run("mkfifo", &[path.to_str().unwrap()]));
    assert_eq!(refusals(&path), foreign("it is no ordinary file"));
    fs::remove_file(&path).unwrap();
    // A writer follows no link, to nothing either.
    let other = folder.path("other");
    symlink(&other, &path).unwrap();
    let refused = shared(MIB, &path, HugePages::Never).unwrap_err().to_string();
    assert_eq!(refused, foreign("it is a symbolic link")[0]);
    assert!(!other.exists());
}

#[test]
fn a_missing_file_is_an_error() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let said =
        format!("{} cannot be opened: No such file or directory (os error 2)", path.display());
    assert_eq!(Region::reopen(&path, LAYOUT).unwrap_err().to_string(), said);
    assert_eq!(attach(&path).unwrap_err().to_string(), said);
    let path = folder.path("missing/books");
    let said =
        format!("{} cannot be created: No such file or directory (os error 2)", path.display());
    assert_eq!(shared(MIB, &path, HugePages::Never).unwrap_err().to_string(), said);
}

#[test]
fn an_empty_file_is_nobodys_loss() {
    let folder = Scratch::new();
    let path = folder.path("books");
    File::create(&path).unwrap();
    let region = complete(&path);
    assert!(is_whole(&mut attach(&path).unwrap()));
    drop(region);
}

#[test]
fn another_layout_is_refused() {
    let folder = Scratch::new();
    let path = folder.path("books");
    drop(complete(&path));
    let name = path.display();
    let refused = |layout: Layout| {
        let config = RegionConfig { file: Some(path.clone()), ..RegionConfig::default() };
        let created = Region::create(plan(MIB), &config, layout).unwrap_err().to_string();
        assert_eq!(Region::reopen(&path, layout).unwrap_err().to_string(), created);
        let attached = Region::attach(&path, layout.version, layout.fingerprint);
        (created, attached.map_err(|error| error.to_string()))
    };
    let said = format!("{name} has version 3 of the layout of books, and 4 is expected");
    let (created, attached) = refused(Layout { version: 4, ..LAYOUT });
    assert_eq!((created, attached.unwrap_err()), (said.clone(), said));
    let said = format!(
        "{name} has books laid out as 0x0123456789abcdef, and 0x0000000000000007 is expected"
    );
    let (created, attached) = refused(Layout { fingerprint: 7, ..LAYOUT });
    assert_eq!((created, attached.unwrap_err()), (said.clone(), said));
    let (created, attached) = refused(Layout { capacities: [10, 20, 31, 40], ..LAYOUT });
    assert_eq!(
        created,
        format!(
            "{name} has books with capacities of [10, 20, 30, 40], and [10, 20, 31, 40] are expected"
        )
    );
    assert!(is_whole(&mut attached.unwrap()), "and the file is as it was");
}

#[test]
fn a_region_that_was_never_completed_is_not_shown() {
    let folder = Scratch::new();
    let path = folder.path("books");
    drop(shared(MIB, &path, HugePages::Never).unwrap());
    let said = format!(
        "the books in {} are not complete: their writer is making them, or never finished",
        path.display()
    );
    assert_eq!(attach(&path).unwrap_err().to_string(), said);
    assert_eq!(Region::reopen(&path, LAYOUT).unwrap_err().to_string(), said);
    drop(complete(&path));
    assert!(is_whole(&mut attach(&path).unwrap()));
}

#[test]
fn one_writer_at_a_time() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let (region, words) = complete_with_words(&path);
    let said = format!("{} is being written by process {}", path.display(), std::process::id());
    let refused = || shared(MIB, &path, HugePages::Never).unwrap_err().to_string();
    assert_eq!(refused(), said);
    assert_eq!(Region::reopen(&path, LAYOUT).unwrap_err().to_string(), said);
    drop(region);
    assert_eq!(refused(), said, "a table is as good as the region");
    drop(words);
    assert!(is_whole(&mut Region::reopen(&path, LAYOUT).unwrap()));
}

#[test]
fn readers_keep_the_region_that_another_takes_the_place_of() {
    let folder = Scratch::new();
    let path = folder.path("books");
    drop(complete(&path));
    let mut reader = attach(&path).unwrap();
    let mut region = shared(MIB, &path, HugePages::Never).unwrap();
    assert!(table(&mut region).as_slice().iter().all(|word| word.get() == 0));
    assert!(is_whole(&mut reader));
    reader.check_length().unwrap();
    assert!(attach(&path).is_err(), "the new one is not complete");
}

#[test]
fn a_reader_writes_nothing() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let region = complete(&path);
    let mut reader = attach(&path).unwrap();
    assert!(region.is_writable() && !reader.is_writable());
    let refused = reader.header_writer().unwrap_err();
    assert!(matches!(refused, RegionError::ReadOnly));
    assert_eq!(refused.to_string(), "the books are attached for reading alone");
    reader.prefault();
    assert!(is_whole(&mut reader));
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let rights = |region: &Region| {
        // The system writes an address with eight digits at least.
        let start = format!("{:08x}-", std::ptr::from_ref(region.header()).addr());
        let line = maps.lines().find(|line| line.starts_with(&start)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!((rights(&region), rights(&reader)), ("rw-s".to_owned(), "r--s".to_owned()));
}

#[test]
fn a_file_that_was_cut_is_refused() {
    let folder = Scratch::new();
    let path = folder.path("books");
    let region = complete(&path);
    let reader = attach(&path).unwrap();
    reader.check_length().unwrap();
    let whole = MIB + 4096;
    for len in [8192, whole + 4096] {
        cut(&path, len as u64);
        let said = format!("{} was made {whole} bytes long and now has {len}", path.display());
        assert_eq!(reader.check_length().unwrap_err().to_string(), said);
        assert_eq!(region.check_length().unwrap_err().to_string(), said);
        assert_eq!(attach(&path).unwrap_err().to_string(), said);
    }
    cut(&path, 8192);
    drop((region, reader));
    let refused = Region::reopen(&path, LAYOUT).unwrap_err();
    assert!(matches!(refused, RegionError::Length { found_bytes: 8192, .. }));
    cut(&path, 100);
    let said = format!(
        "{} is not a region of books (it is 100 bytes long), and is left as it is",
        path.display()
    );
    assert_eq!(refusals(&path), [(); 3].map(|()| said.clone()));
    cut(&path, 0);
    assert!(attach(&path).is_err());
    drop(complete(&path));
}

#[test]
fn a_full_file_system_is_an_error_at_the_start() {
    let Some(mount) = Mount::new("tmpfs", "size=1m") else { return };
    let path = mount.path("books");
    let refused = shared(MIB, &path, HugePages::Never).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "{} cannot be 1028 KiB long, for its file system has 1 MiB free: \
            No space left on device (os error 28)",
            path.display()
        )
    );
    assert!(!path.exists(), "what fails leaves no file");
    let refused = shared(MIB, &path, HugePages::Prefer).unwrap_err().to_string();
    let said = "cannot be 2 MiB long, for its file system has 1 MiB free: No space left";
    assert!(refused.contains(said), "{refused}");
    assert!(!path.exists(), "what fails leaves no file");
    shared(MIB / 2, &path, HugePages::Never).unwrap();
}

#[test]
fn holes_are_filled_before_they_are_written_to() {
    let Some(mount) = Mount::new("tmpfs", "size=2m") else { return };
    let path = mount.path("books");
    drop(complete(&path));
    let name = path.to_str().unwrap();
    assert!(run("fallocate", &["--punch-hole", "--offset", "8192", "--length", "524288", name]));
    let other = mount.path("other");
    fs::write(&other, vec![1; MIB - 65536]).unwrap();
    let said = Region::reopen(&path, LAYOUT).map(|mut region| {
        table(&mut region).as_slice().iter().for_each(|word| word.set(1));
    });
    assert!(said.is_ok(), "there is room yet");
    assert!(run("fallocate", &["--punch-hole", "--offset", "8192", "--length", "524288", name]));
    fs::write(mount.path("third"), vec![1; MIB / 2]).unwrap();
    let refused = Region::reopen(&path, LAYOUT).unwrap_err();
    assert!(matches!(refused, RegionError::Full { .. }), "{refused}");
}
