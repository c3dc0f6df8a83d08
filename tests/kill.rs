//! A replay that keeps its books in a file is killed, over and over, and gone on with: what comes of
//! it is what an undisturbed one gives.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::command::{Finished, wirebook};
use support::generated::Generated;
use tempfile::TempDir;
use wirebook::book::region::RegionConfig;
use wirebook::book::{Books, Capacity};

/// Small tables: books that fit, and no more to go through than that.
const ROOM: [&str; 4] = ["--orders-max", "65536", "--levels-max", "32768"];

/// A folder in memory, where there is one.
fn memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

struct Killing {
    day: Generated,
    region: PathBuf,
    tape: PathBuf,
    _memory: TempDir,
}

impl Killing {
    fn new(messages: u64) -> Killing {
        let (day, memory) = (Generated::new(messages, 77), memory());
        let (region, tape) = (memory.path().join("books"), memory.path().join("bbo.csv"));
        Killing { day, region, tape, _memory: memory }
    }

    fn arguments<'a>(
        &'a self,
        input: &'a dyn AsRef<OsStr>,
        resume: bool,
    ) -> Vec<&'a dyn AsRef<OsStr>> {
        let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"replay", input, &"--json", &"--bbo"];
        arguments.extend([&self.tape as &dyn AsRef<OsStr>, &"--region", &self.region]);
        if resume {
            arguments.push(&"--resume");
        }
        arguments.extend(ROOM.iter().map(|argument| argument as &dyn AsRef<OsStr>));
        arguments
    }

    fn start(&self, input: &Path, resume: bool) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirebook"));
        for argument in self.arguments(&input, resume) {
            command.arg(argument);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn finish(&self, input: &Path) -> (Value, Vec<u8>) {
        let finished = wirebook(&self.arguments(&input, true));
        assert_eq!(finished.status, 0, "{finished:?}");
        (finished.json(), fs::read(&self.tape).unwrap())
    }

    /// Until there are books, or the process has ended.
    fn wait_for_books(&self, child: &mut Child) {
        while wirebook::attach(&self.region).is_err() && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// How long a replay plays, once there are books.
    fn playing(&self, input: &Path) -> Duration {
        let mut child = self.start(input, true);
        self.wait_for_books(&mut child);
        let start = Instant::now();
        assert!(child.wait().unwrap().success());
        fs::remove_file(&self.region).unwrap();
        start.elapsed()
    }

    fn attach(&self) -> Finished {
        wirebook(&[&"attach", &self.region, &"--json"])
    }
}

/// What does not depend on how often it was killed.
fn result(json: &Value) -> Value {
    let names = [
        "messages",
        "messages_by_type",
        "symbols",
        "orders_live",
        "levels_live",
        "bbo_changes",
        "bbo_sha256",
        "unknown_refs",
        "crossed_messages",
        "off_head_executions",
        "trades",
        "gaps",
        "feed_state",
        "books_not_live",
        "books_differed",
        "final_bbo_checksum",
    ];
    names.iter().map(|&name| (name.to_owned(), json[name].clone())).collect()
}

/// Numbers that look drawn, the same in each run.
fn draws() -> impl FnMut(u64) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

/// Kills replays of `input` until there were so many, going on each time, and every third time ends
/// one and compares.
fn kill_and_compare(killing: &Killing, input: &Path, kills: u64) {
    let (expected, tape) = killing.finish(input);
    fs::remove_file(&killing.region).unwrap();
    let playing = killing.playing(input);
    let (mut draw, mut discarded, mut dead) = (draws(), 0, 0);
    for kill in 1..=kills {
        let mut child = killing.start(input, true);
        killing.wait_for_books(&mut child);
        let micros = draw(u64::try_from(playing.as_micros()).unwrap());
        thread::sleep(Duration::from_micros(micros));
        child.kill().unwrap();
        let ended = child.wait().unwrap().success();
        let attached = killing.attach();
        if attached.status == 3 && !ended {
            let json = attached.json();
            assert_eq!(json["writer"], "dead", "{json}");
            assert_ne!(json["feed_state"], "Live", "{json}");
            dead += 1;
        }
        if kill % 3 > 0 && kill < kills {
            continue;
        }
        let (json, again) = killing.finish(input);
        assert_eq!(result(&json), result(&expected), "after {kill} kills");
        assert!(again == tape, "another touch tape after {kill} kills");
        discarded += json["books_discarded"].as_array().unwrap().len();
        let attached = killing.attach();
        assert_eq!(attached.status, 0, "{attached:?}");
        let attached = attached.json();
        assert_eq!(attached["writer"], "finished");
        assert_eq!(attached["final_bbo_checksum"], expected["final_bbo_checksum"]);
        assert_eq!(attached["last_sequence"], expected["messages"]);
        fs::remove_file(&killing.region).unwrap();
    }
    println!("{kills} kills, {dead} of them found dead by a reader, {discarded} books discarded");
    assert!(dead > 0, "no kill met a replay");
}

/// Messages of the day: `KILL_MESSAGES`, or few.
fn messages() -> u64 {
    std::env::var("KILL_MESSAGES").map_or(60_000, |messages| messages.parse().unwrap())
}

/// How often to kill: `KILLS`, or a few times.
fn kills() -> u64 {
    std::env::var("KILLS").map_or(12, |kills| kills.parse().unwrap())
}

#[test]
fn a_replay_that_is_killed_and_gone_on_with_ends_as_if_nothing_had_been() {
    let killing = Killing::new(messages());
    kill_and_compare(&killing, &killing.day.itch, kills());
}

#[test]
fn so_does_one_of_a_capture() {
    let killing = Killing::new(messages() / 2);
    kill_and_compare(&killing, &killing.day.pcap, kills() / 2);
}

#[test]
fn another_recording_is_not_gone_on_with() {
    let killing = Killing::new(4_000);
    let mut child = killing.start(&killing.day.itch, false);
    assert!(child.wait().unwrap().success());
    let short = Generated::new(2_000, 5);
    let finished = wirebook(&killing.arguments(&short.itch, true));
    assert_eq!(finished.status, 2, "{finished:?}");
    assert!(finished.stderr.contains("does not reach message 4000"), "{finished:?}");
    let attached = killing.attach();
    assert_eq!((attached.status, &attached.json()["writer"]), (3, &"dead".into()));
    assert_eq!(attached.json()["feed_state"], "Recovering");
}

#[test]
fn what_is_no_region_of_books_is_refused() {
    let killing = Killing::new(4_000);
    fs::write(&killing.region, vec![7; 1 << 16]).unwrap();
    for resume in [false, true] {
        let finished = wirebook(&killing.arguments(&killing.day.itch, resume));
        assert_eq!(finished.status, 2, "{finished:?}");
        assert!(finished.stderr.contains("is not a region of books"), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    }
    let attached = killing.attach();
    assert_eq!(attached.status, 2, "{attached:?}");
    assert_eq!(fs::read(&killing.region).unwrap(), vec![7; 1 << 16]);
}

#[test]
fn books_that_were_left_before_the_first_message_are_gone_on_with() {
    let killing = Killing::new(4_000);
    let capacity = Capacity { orders: 65_536, levels: 32_768, ..Capacity::WHOLE_DAY };
    let file = Some(killing.region.clone());
    let config = RegionConfig { file, updates: 1 << 16, ..RegionConfig::default() };
    for input in [&killing.day.itch, &killing.day.pcap] {
        drop(Books::create(capacity, &config).unwrap());
        let (json, _) = killing.finish(input);
        assert_eq!((&json["resumed_from"], &json["messages"]), (&0.into(), &4_000.into()));
        fs::remove_file(&killing.region).unwrap();
    }
}
