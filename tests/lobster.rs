//! Real days with the books that must result: every line of the touch tape, every level of the
//! depth, and what is missing where a line is.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::command::{folder, gaps, not_live, replay, wirebook};
use support::data::data;
use support::{capture, itch, plain};
use wirebook::Input;
use wirebook::book::{Books, Capacity, Locate, Side, Stamp, Symbol};
use wirebook::ingest::feed::{Feed, FeedConfig, Listener};
use wirebook::ingest::session::SessionConfig;
use wirebook::replay::Player;

const AAPL: &str = "aapl10_999";
const GOOG_AMZN: &str = "goog10_amzn5_20k";

/// What README files say of the JSON.
const FIELDS: [&str; 18] = [
    "messages",
    "messages_by_type",
    "symbols",
    "orders_live",
    "bbo_changes",
    "bbo_sha256",
    "unknown_refs",
    "crossed_messages",
    "lines",
    "gaps",
    "feed_state",
    "books_not_live",
    "final_bbo_checksum",
    "ns_per_message",
    "pages",
    "rss_peak_mib",
    "trades",
    "session",
];

/// A recorded day and what must come of it.
struct Day {
    folder: PathBuf,
    name: &'static str,
}

impl Day {
    fn both() -> Option<[Day; 2]> {
        let folder = data("itch-lobster")?;
        Some([AAPL, GOOG_AMZN].map(|name| Day { folder: folder.clone(), name }))
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}{ending}", self.name))
    }

    fn text(&self, ending: &str) -> String {
        fs::read_to_string(self.file(ending)).unwrap()
    }

    fn tape(&self) -> String {
        self.text(".bbo.csv")
    }

    /// A word of the reference that follows `label`.
    fn reference(&self, label: &str) -> String {
        let text = self.text(".ref.txt");
        let (_, rest) = text.split_once(label).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// Replays `input`, which must give the whole day.
    fn check(&self, input: &Path, line_b: Option<&Path>) -> Value {
        let replayed = match line_b {
            Some(line_b) => replay(&[&input, &"--line-b", &line_b]),
            None => replay(&[&input]),
        };
        let context = format!("{}: {}", input.display(), replayed.stderr);
        assert!(replayed.tape == self.tape(), "another touch tape: {context}");
        assert_eq!((replayed.status, &replayed.stderr[..]), (0, ""), "{context}");
        let json = replayed.json;
        for field in FIELDS {
            assert!(json.get(field).is_some(), "no {field}: {context}");
        }
        assert_eq!(json["bbo_sha256"], self.reference("sha256 of tape "), "{context}");
        assert_eq!(json["bbo_changes"].to_string(), self.reference("BBO changes "), "{context}");
        let orders = self.reference("live orders at end ");
        assert_eq!(json["orders_live"].to_string(), orders, "{context}");
        let counts: Value = serde_json::from_str(&self.text(".json")).unwrap();
        assert_eq!(json["messages"], counts["messages"], "{context}");
        assert_eq!(json["messages_by_type"], counts["types"], "{context}");
        assert_eq!(json["symbols"], counts["symbols"].as_object().unwrap().len(), "{context}");
        let checksum = plain::checksum_of_tape(&self.tape());
        assert_eq!(json["final_bbo_checksum"], checksum, "{context}");
        assert_eq!(json["feed_state"], "Live", "{context}");
        assert_eq!((not_live(&json), gaps(&json)), (vec![], vec![]), "{context}");
        for nothing in ["unknown_refs", "crossed_messages", "malformed_messages", "rejected"] {
            assert_eq!(json[nothing], 0, "{nothing}: {context}");
        }
        assert!(json["ns_per_message"].as_f64().unwrap() > 0.0, "{context}");
        json
    }
}

#[test]
fn files_of_messages_give_the_true_touch_tape() {
    let Some(days) = Day::both() else { return };
    for day in days {
        let json = day.check(&day.file(".itch"), None);
        assert!(json["lines"].as_object().unwrap().is_empty(), "a file has no lines");
        let off_head = json["off_head_executions"].to_string();
        assert_eq!(off_head, day.reference(" not "), "{}", day.name);
    }
}

#[test]
fn captures_give_the_true_touch_tape() {
    let Some([aapl, goog_amzn]) = Day::both() else { return };
    let json = aapl.check(&aapl.file(".pcap"), None);
    assert_eq!(json["lines"]["A"]["packets"], 721);
    assert_eq!(json["lines"]["A"]["duplicates"], 0);
    let json = goog_amzn.check(&goog_amzn.file(".pcap"), Some(&goog_amzn.file(".b.pcap")));
    let lines = json["lines"].as_object().unwrap();
    for (name, ending) in [("A", ".pcap"), ("B", ".b.pcap")] {
        let packets = capture::frames(&fs::read(goog_amzn.file(ending)).unwrap()).len();
        assert_eq!(lines[name]["packets"], packets, "line {name}");
        assert!(lines[name]["duplicates"].as_u64().unwrap() > 0, "line {name}");
        assert!(lines[name]["first_wins"].as_u64().unwrap() > 0, "line {name}");
    }
}

#[test]
fn compressed_files_read_alike() {
    let Some(days) = Day::both() else { return };
    let folder = folder();
    for day in days {
        let plain = fs::read(day.file(".itch")).unwrap();
        let gz = folder.path().join("day.itch.gz");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&plain).unwrap();
        fs::write(&gz, encoder.finish().unwrap()).unwrap();
        day.check(&gz, None);
        let zst = folder.path().join("day.itch.zst");
        fs::write(&zst, zstd::encode_all(&plain[..], 1).unwrap()).unwrap();
        day.check(&zst, None);
    }
}

#[test]
fn the_tape_goes_to_standard_output_too() {
    let Some([aapl, _]) = Day::both() else { return };
    let finished = wirebook(&[&"replay", &aapl.file(".itch"), &"--bbo", &"-"]);
    assert_eq!(finished.status, 0);
    assert_eq!(finished.stdout, aapl.tape());
}

/// Compares the depth after each message that a row of LOBSTER's belongs to.
struct Rows {
    by_number: BTreeMap<u64, Vec<(Symbol, Vec<i64>)>>,
    agreed: usize,
}

impl Rows {
    fn of(day: &Day, files: &[(&str, &str)]) -> Rows {
        let depths: BTreeMap<&str, Vec<Vec<i64>>> =
            files.iter().map(|&(symbol, file)| (symbol, rows(&day.folder.join(file)))).collect();
        let mut by_number: BTreeMap<u64, Vec<(Symbol, Vec<i64>)>> = BTreeMap::new();
        for line in day.text(".map.csv").lines().skip(1) {
            let [symbol, row, number] = line.split(',').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let row = depths[symbol][row.parse::<usize>().unwrap()].clone();
            let rows = by_number.entry(number.parse().unwrap()).or_default();
            rows.push((Symbol::new(symbol).unwrap(), row));
        }
        Rows { by_number, agreed: 0 }
    }
}

fn rows(path: &Path) -> Vec<Vec<i64>> {
    let text = fs::read_to_string(path).unwrap();
    let row = |line: &str| line.split(',').map(|column| column.parse().unwrap()).collect();
    text.lines().map(row).collect()
}

fn columns(books: &Books, locate: Locate, count: usize) -> Vec<i64> {
    let book = books.book(locate).unwrap();
    let (mut asks, mut bids) = (book.levels(Side::Ask), book.levels(Side::Bid));
    let mut columns = Vec::new();
    while columns.len() < count {
        for (level, none) in [(asks.next(), 9_999_999_999), (bids.next(), -9_999_999_999)] {
            let (price, qty) = level.map_or((none, 0), |l| (l.price.units(), l.qty.shares()));
            columns.extend([price, i64::try_from(qty).unwrap()]);
        }
    }
    columns
}

impl Listener for Rows {
    fn after_message(&mut self, books: &Books, at: Stamp) {
        for (symbol, row) in self.by_number.get(&at.seq.get()).into_iter().flatten() {
            let locate = books.locate(*symbol).unwrap();
            assert!(books.book(locate).unwrap().feed_state().is_live(), "{symbol} at {}", at.seq);
            assert_eq!(&columns(books, locate, row.len()), row, "{symbol} at {}", at.seq);
            self.agreed += 1;
        }
    }
}

/// How many rows agreed.
fn agreed(rows: Rows, input: &Path, line_b: Option<&Path>) -> usize {
    let input = Input::open(input, line_b, None).unwrap();
    let feed = Feed::new(Books::new(Capacity::SMALL).unwrap(), rows, FeedConfig::default());
    let mut player = Player::new(input, feed, SessionConfig::default());
    while player.step().unwrap() {}
    player.finish().unwrap();
    player.listener().agreed
}

#[test]
fn every_row_of_the_depth_agrees_at_every_level() {
    let Some([aapl, goog_amzn]) = Day::both() else { return };
    let files = [("AAPL", "aapl10_999.orderbook10.csv")];
    for ending in [".itch", ".pcap"] {
        assert_eq!(agreed(Rows::of(&aapl, &files), &aapl.file(ending), None), 999, "{ending}");
    }
    let files = [("GOOG", "goog10_20k.orderbook10.csv"), ("AMZN", "amzn5_20k.orderbook5.csv")];
    let rows = || Rows::of(&goog_amzn, &files);
    assert_eq!(agreed(rows(), &goog_amzn.file(".itch"), None), 36_919);
    let (a, b) = (goog_amzn.file(".pcap"), goog_amzn.file(".b.pcap"));
    assert_eq!(agreed(rows(), &a, Some(&b)), 36_919);
}

#[test]
fn one_line_alone_names_what_it_lacks_and_stops_the_tape_there() {
    let Some([_, day]) = Day::both() else { return };
    let total = itch::messages(&fs::read(day.file(".itch")).unwrap()).len();
    for ending in [".pcap", ".b.pcap"] {
        let frames = capture::frames(&fs::read(day.file(ending)).unwrap());
        let missing = capture::missing(&frames, total);
        let replayed = replay(&[&day.file(ending)]);
        assert_eq!(replayed.status, 3, "{ending}: {}", replayed.stderr);
        assert_eq!(capture::joined(gaps(&replayed.json)), missing, "{ending}");
        let count: u64 = missing.iter().map(|(first, last)| last - first + 1).sum();
        assert_eq!(replayed.json["gap_messages"], count);
        assert_eq!(replayed.json["messages"], total as u64 - count);
        assert_eq!(not_live(&replayed.json), ["AMZN", "GOOG"], "{ending}");
        assert_ne!(replayed.json["feed_state"], "Live");
        let (first, last) = missing[0];
        let words = format!("messages {first} to {last} are missing");
        for words in [&words[..], "AMZN", "GOOG"] {
            assert!(replayed.stderr.contains(words), "no {words:?}: {}", replayed.stderr);
        }
        let prefix = plain::tape_before(&day.tape(), first);
        assert!(!prefix.is_empty() && prefix.len() < day.tape().len(), "a gap in the middle");
        assert!(replayed.tape == prefix, "{ending}: the tape is not the true one before {first}");
        let any_state = replay(&[&day.file(ending), &"--any-state"]);
        assert_eq!(any_state.status, 3);
        assert!(any_state.tape.starts_with(&prefix), "{ending}");
        assert!(any_state.tape.len() > prefix.len(), "{ending}");
    }
}
