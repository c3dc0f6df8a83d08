//! A writer is killed at any instruction; its successor has every book right, or knows which are not.

#![forbid(unsafe_code)]

mod messages;

use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use messages::{Messages, SYMBOLS};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tempfile::TempDir;
use wirebook_book::region::{RegionConfig, RegionError};
use wirebook_book::{
    Books, BooksError, Capacity, FeedState, Locate, MatchNo, NewOrder, OrderRef, Price, Qty,
    Resumed, SeqNo, Side, Snapshot, Stamp, Trade, TradeKind, attach,
};

/// Where a process that a test has started finds the books, and the seed of its messages.
const FILE: &str = "BOOKS_FILE";
const SEED: &str = "BOOKS_SEED";
const CAPACITY: Capacity = Capacity { orders: 1 << 11, levels: 1 << 10, locates: 1 << 5 };
const PATIENCE: Duration = Duration::from_secs(30);

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder")
}

fn create(file: &Path) -> Books {
    let config = RegionConfig { file: Some(file.to_path_buf()), ..RegionConfig::default() };
    let mut books = Books::create(CAPACITY, &config).expect("small books in a file");
    books.set_feed_state(FeedState::Live);
    books
}

/// Another process of this program that writes until it is killed.
fn start(file: &Path, seed: u64) -> Child {
    let program = env::current_exe().expect("this program");
    Command::new(program)
        .args(["--exact", "part_writer", "--ignored", "--nocapture"])
        .env(FILE, file)
        .env(SEED, seed.to_string())
        .stdout(Stdio::null())
        .spawn()
        .expect("another process")
}

#[test]
#[ignore = "a part of whoever_is_killed_leaves_books_that_are_right_or_named, in a process of its own"]
fn part_writer() {
    let file = PathBuf::from(env::var_os(FILE).expect("started by a test"));
    let seed = env::var(SEED).expect("started by a test").parse().expect("a number");
    let (mut books, mut messages) = (create(&file), Messages::new(seed));
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        (0..256).for_each(|_| messages.apply_next(&mut books));
    }
}

/// The books after so many messages, made anew.
fn reference(seed: u64, applied: SeqNo) -> (Books, Messages) {
    let mut books = Books::new(CAPACITY).expect("small books");
    books.set_feed_state(FeedState::Live);
    let mut messages = Messages::new(seed);
    while messages.last() < applied {
        messages.apply_next(&mut books);
    }
    (books, messages)
}

fn snapshot(books: &Books, locate: Locate) -> Snapshot {
    Snapshot::of(&books.book(locate).expect("within the capacity"))
}

fn locates() -> impl Iterator<Item = Locate> {
    (0..=SYMBOLS).map(Locate::new)
}

fn compare(books: &Books, reference: &Books, discarded: &[Locate]) {
    for locate in locates().filter(|locate| !discarded.contains(locate)) {
        let (ours, theirs) = (snapshot(books, locate), snapshot(reference, locate));
        assert!(ours.is_same(&theirs), "{locate:?}: {ours:?} and not {theirs:?}");
    }
}

/// Kills a writer after a while; how many symbols its successor discarded.
fn kill_once(file: &Path, seed: u64, after: Duration) -> usize {
    let mut writer = start(file, seed);
    let start = Instant::now();
    let reader = loop {
        match attach(file) {
            Ok(reader) => break reader,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{error}"),
        }
        thread::sleep(Duration::from_micros(200));
    };
    thread::sleep(after);
    writer.kill().expect("a process to kill");
    writer.wait().expect("a process that was killed");
    let resumed = Books::resume(CAPACITY, 0, file).expect("books that were left");
    let Resumed { mut books, session, applied, discarded } = resumed;
    assert_eq!(session, Some([0; 10]));
    assert!(discarded.len() <= 2, "a message concerns two symbols at most: {discarded:?}");
    let (mut plain, mut theirs) = reference(seed, applied);
    for locate in locates() {
        let state = reader.top(locate).expect("a book that is closed").feed_state;
        assert!(!state.is_live(), "{locate:?} is {state} for a reader that stayed");
    }
    compare(&books, &plain, &discarded);
    for &locate in &discarded {
        let book = books.book(locate).expect("within the capacity");
        assert_eq!((book.orders(), book.touch()), (0, Default::default()));
        books.set_feed_state(FeedState::Live);
        assert_eq!(books.book(locate).map(|book| book.feed_state()), Some(FeedState::Suspect));
        books.restore(&snapshot(&plain, locate)).expect("a book that fits");
    }
    books.set_feed_state(FeedState::Live);
    compare(&books, &plain, &[]);
    assert_eq!(books.orders_live(), plain.orders_live());
    assert_eq!(books.levels_live(), plain.levels_live());
    // And on from there, as if nothing had been.
    let mut ours = theirs.clone();
    for _ in 0..3_000 {
        ours.apply_next(&mut books);
        theirs.apply_next(&mut plain);
    }
    compare(&books, &plain, &[]);
    discarded.len()
}

#[test]
fn whoever_is_killed_leaves_books_that_are_right_or_named() {
    let kills = env::var("KILLS").map_or(40, |kills| kills.parse().expect("a number"));
    let (folder, mut draw) = (folder(), Xoshiro256PlusPlus::seed_from_u64(7));
    let mut discarded = 0;
    for kill in 0..kills {
        let after = Duration::from_micros(draw.random_range(0..30_000));
        let file = folder.path().join("books");
        discarded += kill_once(&file, kill, after);
        std::fs::remove_file(&file).expect("a file");
    }
    println!("{discarded} books were discarded by {kills} kills");
    assert!(discarded > 0 || kills < 20, "no kill ever met a message");
}

#[test]
fn damage_is_met_with_books_that_can_be_followed() {
    let (folder, mut draw) = (folder(), Xoshiro256PlusPlus::seed_from_u64(11));
    for round in 0..60 {
        let file = folder.path().join("books");
        let (mut books, mut messages) = (create(&file), Messages::new(round));
        (0..2_000).for_each(|_| messages.apply_next(&mut books));
        drop(books);
        let bytes = std::fs::metadata(&file).expect("a file").len();
        let writing = File::options().write(true).open(&file).expect("a file");
        // Behind the header of the region: what it says is checked elsewhere.
        for _ in 0..1 + round * 4 {
            let at = draw.random_range(4096 / 8..bytes / 8) * 8;
            writing.write_all_at(&draw.random::<u64>().to_ne_bytes(), at).expect("a write");
        }
        let Resumed { mut books, .. } = Books::resume(CAPACITY, 0, &file).expect("a region");
        for locate in locates() {
            let copy = snapshot(&books, locate);
            let orders = books.book(locate).map_or(0, |book| book.orders());
            assert_eq!(copy.orders(), orders as usize, "{locate:?} cannot be followed");
        }
        // Whatever was lost, nothing panics and counts are kept.
        (0..2_000).for_each(|_| messages.apply_next(&mut books));
        let orders: u32 = books.iter().map(|book| book.orders()).sum();
        assert_eq!(books.orders_live(), orders);
        drop(books);
        std::fs::remove_file(&file).expect("a file");
    }
}

#[test]
fn what_cannot_be_resumed_is_refused() {
    let folder = folder();
    let file = folder.path().join("books");
    let missing = Books::resume(CAPACITY, 0, &file).expect_err("there is no file");
    assert!(matches!(missing, BooksError::Region(RegionError::File { .. })), "{missing}");
    let books = create(&file);
    let held = Books::resume(CAPACITY, 0, &file).expect_err("its writer lives");
    assert!(matches!(held, BooksError::Region(RegionError::Held { .. })), "{held}");
    drop(books);
    let other = Capacity { orders: 1 << 12, ..CAPACITY };
    let other = Books::resume(other, 0, &file).expect_err("other capacities");
    assert!(matches!(other, BooksError::Region(RegionError::Capacities { .. })), "{other}");
}

#[test]
fn a_session_that_began_is_the_one_that_is_resumed() {
    let folder = folder();
    let file = folder.path().join("books");
    let (mut books, mut messages) = (create(&file), Messages::new(3));
    (0..500).for_each(|_| messages.apply_next(&mut books));
    books.begin_session(*b"0000000002");
    drop(books);
    let resumed = Books::resume(CAPACITY, 0, &file).expect("books that were left");
    assert_eq!((resumed.session, resumed.applied), (Some(*b"0000000002"), SeqNo::new(0)));
    assert!(resumed.discarded.is_empty());
    assert_eq!((resumed.books.orders_live(), resumed.books.levels_live()), (0, 0));
}

#[test]
fn a_message_that_was_not_noted_is_not_believed() {
    let folder = folder();
    let file = folder.path().join("books");
    let mut books = create(&file);
    let (first, second, third) = (Locate::new(1), Locate::new(2), Locate::new(3));
    let order = |number| NewOrder {
        order_ref: OrderRef::new(number),
        side: Side::Bid,
        qty: Qty::new(1),
        price: Price::from_units(1),
    };
    let stamp = |seq| Stamp { seq: SeqNo::new(seq), ..Stamp::default() };
    books.add(stamp(1), first, order(1)).expect("an order that fits");
    books.note_applied(SeqNo::new(1));
    let trade = Trade {
        locate: second,
        kind: TradeKind::Hidden,
        resting: None,
        order_ref: None,
        price: Price::from_units(1),
        qty: Qty::new(1),
        match_no: MatchNo::new(1),
        printable: true,
    };
    books.note_trade(stamp(2), &trade);
    books.add(stamp(2), third, order(2)).expect("an order that fits");
    drop(books);
    let resumed = Books::resume(CAPACITY, 0, &file).expect("books that were left");
    assert_eq!((resumed.applied, resumed.discarded), (SeqNo::new(1), vec![second, third]));
    assert_eq!(resumed.books.orders_live(), 1);
    // Nobody restored them: they are still not believed.
    drop(resumed.books);
    let again = Books::resume(CAPACITY, 0, &file).expect("books that were left");
    assert_eq!(again.discarded, vec![second, third]);
}
