//! Strategies on a ring of updates: on a thread of their own, and in another process.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wirebook::book::SeqNo;
use wirebook::book::region::WriterState;
use wirebook::ingest::mold::Messages;
use wirebook::replay::{Progress, touch_checksum};
use wirebook::{FollowReport, Run};

use super::support::published::{memory, play, play_from, published};
use super::*;

const PATIENCE: Duration = Duration::from_secs(60);

fn on_ring(updates: u32) -> EngineConfig {
    EngineConfig { run: Run::Ring { updates }, ..config() }
}

#[test]
fn on_a_ring_that_is_long_enough_everything_is_as_inline() {
    let day = Generated::new(MESSAGES, 61);
    for path in [&day.itch, &day.pcap] {
        let traders = || vec![Recorder::trader(7), Recorder::of_all(Interest::PACKETS)];
        let (inline, alone) = run(path, config(), traders());
        let (ring, report) = run(path, on_ring(1 << 17), traders());
        let followed = report.followed.unwrap();
        assert_eq!((followed.lost, followed.malformed), (0, 0));
        assert!(followed.updates > 10_000 && alone.followed.is_none(), "{followed:?}");
        assert!(!inline[0].answers.is_empty(), "nothing was traded");
        for (inline, ring) in inline.iter().zip(&ring) {
            let first = inline.events.iter().zip(&ring.events).find(|(a, b)| a != b);
            assert_eq!(first, None, "of {} and {}", inline.events.len(), ring.events.len());
            assert_eq!(inline.answers, ring.answers);
            assert!(inline == ring, "another outcome on a ring");
        }
        assert_eq!(report.venue, alone.venue);
        assert_eq!(report.summary.final_bbo_checksum, alone.summary.final_bbo_checksum);
    }
}

#[test]
fn who_is_overrun_is_told_and_goes_on_with_the_books_as_they_are() {
    let messages = 5 * MESSAGES;
    let day = Generated::new(messages, 62);
    let plain = Plain::after(&day.messages(), 1);
    let slow = Recorder { busy: Duration::from_micros(100), ..Recorder::of_all(Interest::TOUCH) };
    let capacity = Capacity { locates: 1 << 8, ..config().capacity };
    let mut engine = Engine::new(EngineConfig { capacity, ..on_ring(1 << 16) });
    let seat = engine.add(slow);
    // Some thousand messages at once, fewer than the ring holds, and then time to come after some of them.
    let pause = |_: &Progress| thread::sleep(Duration::from_millis(30));
    let report = engine.replay(Input::open(&day.itch, None, None).unwrap(), pause).unwrap();
    let (slow, followed) = (engine.strategy(seat).unwrap(), report.followed.unwrap());
    assert!(followed.overruns > 0 && followed.copied > 0, "{followed:?}");
    assert_eq!(slow.lost, followed.lost);
    // The books did not wait, and in the end all are seen as they are.
    assert_eq!(report.summary.messages, messages);
    let books = engine.books().unwrap();
    assert_eq!(touch_checksum(books), report.summary.final_bbo_checksum);
    let not_live: Vec<_> = books.iter().filter(|book| !book.feed_state().is_live()).collect();
    assert!(not_live.is_empty(), "{not_live:?}");
    // What it was told in between was so, right after the message that it was told of.
    let (tape, mut told) = (plain.tape(), 0);
    let lines: HashSet<&str> = tape.lines().collect();
    for line in slow.events.iter().filter_map(Event::tape_line) {
        assert!(lines.contains(line.trim_end()), "{line:?} was never the touch");
        told += 1;
    }
    assert!(told > 0 && told < lines.len(), "{told} of {}: {followed:?}", lines.len());
}

/// Where a process that a test has started finds what it needs.
const FOLDER: &str = "RING_FOLDER";

fn start(part: &str, folder: &TempDir) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", part, "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn part_folder() -> PathBuf {
    env::var_os(FOLDER).expect("started by a test").into()
}

fn wait_for(path: &std::path::Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < PATIENCE, "{} does not appear", path.display());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_strategy_follows_another_process_from_the_first_message_to_the_last() {
    let day = Generated::new(MESSAGES, 63);
    let plain = Plain::after(&day.messages(), 1);
    let folder = memory();
    let mut feed = published(folder.path(), 1 << 17);
    let mut follower = start("ring::part_follower", &folder);
    wait_for(&folder.path().join("ready"));
    // Time to attach, before the first message.
    thread::sleep(Duration::from_millis(300));
    play(&mut feed, &fs::read(&day.itch).unwrap(), 100, Duration::from_millis(1));
    feed.finish().unwrap();
    assert!(follower.wait().unwrap().success());
    let tape = fs::read_to_string(folder.path().join("tape")).unwrap();
    assert!(tape == plain.tape(), "the touch in the other process is another");
}

#[test]
#[ignore = "a part of a_strategy_follows_another_process_from_the_first_message_to_the_last"]
fn part_follower() {
    let folder = part_folder();
    let mut engine = Engine::new(config());
    let seat = engine.add(Recorder::of_all(Interest::TOUCH));
    fs::write(folder.join("ready"), "").unwrap();
    let FollowReport { followed, writer, .. } = engine.follow(&folder.join("books")).unwrap();
    assert_eq!((followed.lost, writer), (0, WriterState::Finished));
    let events = &engine.strategy(seat).unwrap().events;
    let tape: String = events.iter().filter_map(Event::tape_line).collect();
    fs::write(folder.join("tape"), tape).unwrap();
}

#[test]
fn who_follows_a_writer_that_is_killed_is_told_in_time() {
    let folder = memory();
    let mut writer = start("ring::part_writer", &folder);
    wait_for(&folder.path().join("playing"));
    let mut engine = Engine::new(config());
    let seat = engine.add(Recorder::of_all(Interest::TOUCH));
    let killing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        writer.kill().unwrap();
        writer.wait().unwrap();
        Instant::now()
    });
    let report = engine.follow(&folder.path().join("books")).unwrap();
    let took = killing.join().unwrap().elapsed();
    assert_eq!(report.writer, WriterState::Dead);
    assert!(took < Duration::from_secs(2), "it took {took:?} to find out");
    let books = engine.books().unwrap();
    assert!(books.iter().count() > 0);
    assert!(books.iter().all(|book| !book.feed_state().is_live()));
    let events = &engine.strategy(seat).unwrap().events;
    assert!(events.iter().any(|event| matches!(event, Event::Feed { to: FeedState::Stale, .. })));
}

#[test]
#[ignore = "a part of who_follows_a_writer_that_is_killed_is_told_in_time"]
fn part_writer() {
    let folder = part_folder();
    let day = Generated::new(MESSAGES, 64);
    let mut feed = published(&folder, 1 << 10);
    let bytes = fs::read(&day.itch).unwrap();
    let start = Messages::prefix(&bytes).0.skip(2_000);
    play(&mut feed, &bytes[..bytes.len() - start.as_bytes().len()], 100, Duration::ZERO);
    fs::write(folder.join("playing"), "").unwrap();
    // Slowly, so that it does not come to an end.
    play_from(&mut feed, start, SeqNo::new(2_001), 5, Duration::from_millis(1));
    thread::sleep(PATIENCE);
}

#[test]
fn books_without_a_ring_cannot_be_followed() {
    let folder = memory();
    let _feed = published(folder.path(), 0);
    let mut engine = Engine::new(config());
    engine.add(Recorder::default());
    let error = engine.follow(&folder.path().join("books")).unwrap_err();
    assert!(error.to_string().contains("without a ring"), "{error}");
}
