//! Readers in other processes, and what they see of a writer that was killed.

#![forbid(unsafe_code)]

mod processes;
mod writing;

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use processes::{create, file, folder, start};
use wirebook_book::region::{RegionError, WriterState};
use wirebook_book::{BookReader, BooksError, FeedState, ReadError, SeqNo, attach};
use writing::{LOCATE, Reads, read_until};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn processes_read_books_that_another_one_writes() {
    let folder = folder();
    let file = folder.path().join("books");
    let mut writer = create(&file);
    let mut readers = [(); 2].map(|()| start("part_reader", &file));
    let seconds = env::var("READERS_SECONDS").map_or(1.0, |text| text.parse().expect("seconds"));
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        (0..1_000).for_each(|_| writer.message());
        writer.books.note_applied(SeqNo::new(writer.next));
        writer.books.beat(writer.next);
    }
    writer.books.finish().expect("a writer");
    for reader in &mut readers {
        assert!(reader.wait().expect("a process that ends").success(), "a reader found it torn");
    }
}

#[test]
#[ignore = "a part of processes_read_books_that_another_one_writes, in a process of its own"]
fn part_reader() {
    let reader = attach(file()).expect("books that are complete");
    // Where the machine has other work, the writer may have finished before the first read.
    let has_read = |reads: &Reads| reads.tops > 0 && reads.depths > 0;
    let reads = read_until(&reader, |reads| {
        has_read(reads) && reader.check_writer() == WriterState::Finished
    });
    assert_eq!(reads.torn, 0, "{reads}");
    let top = reader.top(LOCATE).expect("nobody writes any more");
    assert_eq!(top.feed_state, FeedState::Live, "a writer that finished leaves them as they are");
}

#[test]
fn a_writer_that_was_killed_leaves_no_book_live() {
    let folder = folder();
    let file = folder.path().join("books");
    let mut writer = start("part_writer", &file);
    let start = Instant::now();
    let reader = loop {
        match attach(&file) {
            Ok(reader) => break reader,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{error}"),
        }
        thread::sleep(Duration::from_millis(1));
    };
    let live = || reader.top(LOCATE).is_ok_and(|top| top.feed_state == FeedState::Live);
    while !live() {
        assert!(start.elapsed() < PATIENCE, "no message came");
    }
    assert_eq!(reader.check_writer(), WriterState::Alive);
    assert_eq!(reader.writer().map(|found| found.pid), Some(writer.id()));
    writer.kill().expect("a process to kill");
    writer.wait().expect("a process that was killed");
    assert_eq!(reader.check_writer(), WriterState::Dead);
    assert!(!live());
    if let Ok(top) = reader.top(LOCATE) {
        assert_eq!(top.feed_state, FeedState::Stale);
    }
    assert_eq!(reader.feed_state(), FeedState::Stale);
}

#[test]
#[ignore = "a part of a_writer_that_was_killed_leaves_no_book_live, in a process of its own"]
fn part_writer() {
    let mut writer = create(&file());
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        writer.message();
    }
}

/// That nothing can be read from a reader any more, in whatever way.
fn assert_cut(reader: &BookReader) {
    let cut = ReadError::Cut(LOCATE);
    assert_eq!(reader.depth::<10>(LOCATE).map(|_| ()), Err(cut));
    assert_eq!(reader.depth::<20>(LOCATE).map(|_| ()), Err(cut));
    assert_eq!(reader.top(LOCATE), Err(cut));
    assert_eq!(reader.last_trade(LOCATE), Err(cut));
    assert_eq!(reader.read(LOCATE, |book| book.orders()), Err(cut));
    assert_eq!(reader.snapshot(LOCATE).map(|_| ()), Err(cut));
    assert_eq!(cut.to_string(), format!("the file of the books was cut while {LOCATE:?} was read"));
    assert_eq!((reader.check_writer(), reader.feed_state()), (WriterState::Dead, FeedState::Stale));
    let length = reader.region().expect("in a file").check_length();
    assert!(matches!(length, Err(RegionError::Length { .. })), "{length:?}");
}

#[test]
fn readers_of_a_file_that_is_cut_get_an_error_and_no_signal() {
    // The header alone is left, or nothing.
    for left in [4096, 0] {
        let folder = folder();
        let file = folder.path().join("books");
        let mut writer = create(&file);
        (0..1_000).for_each(|_| writer.message());
        let whole = attach(&file).expect("books that are complete");
        let reading = attach(&file).expect("books that are complete");
        let is_cut = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let start = Instant::now();
                loop {
                    match reading.depth::<10>(LOCATE) {
                        Ok(depth) => assert_eq!(depth.bids().len(), 10, "levels that went missing"),
                        Err(ReadError::Cut(_)) => break,
                        Err(error) => panic!("{error}"),
                    }
                    assert!(start.elapsed() < PATIENCE, "it reads on");
                }
                assert!(is_cut.load(Ordering::Relaxed));
            });
            thread::sleep(Duration::from_millis(20));
            is_cut.store(true, Ordering::Relaxed);
            let cutting = std::fs::File::options().write(true).open(&file).expect("a file");
            cutting.set_len(left).expect("a file that can be cut");
        });
        assert_cut(&reading);
        assert_cut(&whole);
        // Nobody else is concerned.
        let other = folder.path().join("other");
        let mut writer = create(&other);
        writer.message();
        let reader = attach(&other).expect("books that are complete");
        assert!(reader.depth::<10>(LOCATE).is_ok_and(|depth| depth.feed_state == FeedState::Live));
        let seen = reader.check_writer();
        assert_eq!((seen, reader.feed_state()), (WriterState::Alive, FeedState::Live));
    }
}

#[test]
fn a_signal_of_other_memory_still_kills() {
    if cfg!(asan) {
        println!("skipped: AddressSanitizer has a handler of its own");
        return;
    }
    let folder = folder();
    let file = folder.path().join("books");
    let ended = start("part_other_memory", &file).wait().expect("a process that ends");
    assert_eq!(ended.signal(), Some(7), "{ended}");
}

#[test]
#[ignore = "a part of a_signal_of_other_memory_still_kills, in a process of its own"]
fn part_other_memory() {
    let mut writer = create(&file());
    let reader = attach(file()).expect("books that are complete");
    assert!(reader.top(LOCATE).is_ok());
    let cutting = std::fs::File::options().write(true).open(file()).expect("a file");
    cutting.set_len(0).expect("a file that can be cut");
    // The writer's own mapping is not for reading: it has nothing to go on with.
    writer.message();
}

#[test]
fn a_file_that_is_no_region_of_books_is_refused_in_words() {
    let folder = folder();
    let file = folder.path().join("books");
    let missing = attach(&file).expect_err("there is no file");
    assert!(matches!(missing, BooksError::Region(RegionError::File { .. })), "{missing}");
    std::fs::write(&file, vec![7; 1 << 16]).expect("a file");
    let foreign = attach(&file).expect_err("another file");
    assert!(matches!(foreign, BooksError::Region(RegionError::Foreign { .. })), "{foreign}");
    for error in [missing, foreign] {
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
}
