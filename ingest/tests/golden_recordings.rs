//! Every message of real recordings decodes, and writes as the bytes it came from.
//!
//! The recordings are not part of this project. Where they are absent these tests say so and pass;
//! the golden vectors then are what is left of them.
#![allow(clippy::unwrap_used)] // in functions that only tests call

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wirebook_ingest::frame::{self, LinkType};
use wirebook_ingest::itch;

#[path = "golden/rewrite.rs"]
mod rewrite;

const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

/// Messages by kind, as text: `A 3 D 1`.
#[derive(Default)]
struct Census(BTreeMap<u8, u64>);

impl Census {
    /// Decodes a message, writes it again, and counts it.
    fn count(&mut self, bytes: &[u8]) {
        let message = itch::parse(bytes).unwrap();
        assert_eq!(rewrite::rewritten(message), bytes, "{message}");
        *self.0.entry(message.kind()).or_insert(0) += 1;
    }

    fn text(&self) -> String {
        let kinds: Vec<String> =
            self.0.iter().map(|(kind, count)| format!("{} {count}", kind.escape_ascii())).collect();
        kinds.join(" ")
    }
}

/// A file of the recordings; `None`, and a sentence, where they are absent.
fn recording(name: &str) -> Option<PathBuf> {
    let path = Path::new(RECORDINGS).join(name);
    if path.exists() {
        return Some(path);
    }
    println!("Skipped: there is no {}.", path.display());
    None
}

/// The messages of NASDAQ's file framing: two bytes of length before each.
fn census_of_file(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    let mut census = Census::default();
    let mut rest = bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (message, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        census.count(message);
        rest = after;
    }
    assert!(rest.is_empty());
    census.text()
}

/// Counts the messages of a MoldUDP64 packet.
fn count_packet(payload: &[u8], census: &mut Census) {
    let (header, mut rest) = payload.split_at(20);
    let count = u16::from_be_bytes([header[18], header[19]]);
    if count == u16::MAX {
        assert!(rest.is_empty(), "the end of a session carries no messages");
        return;
    }
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk().unwrap();
        let (message, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        census.count(message);
        rest = after;
    }
    assert!(rest.is_empty(), "bytes after the last message");
}

/// Counts the messages of a classic capture, and returns how many frames it has.
fn count_capture(path: &Path, census: &mut Census) -> u64 {
    let bytes = fs::read(path).unwrap();
    let (header, mut rest) = bytes.split_at(24);
    let [magic, link] =
        [0, 20].map(|at| u32::from_le_bytes(header[at..at + 4].try_into().unwrap()));
    assert!(matches!(magic, 0xa1b2_c3d4 | 0xa1b2_3c4d), "{magic:08x} of {}", path.display());
    let link = LinkType::from_dlt(link).unwrap();
    let mut frames = 0;
    while !rest.is_empty() {
        let (record, after) = rest.split_at(16);
        let captured = u32::from_le_bytes(record[8..12].try_into().unwrap());
        let (captured, after) = after.split_at(captured.try_into().unwrap());
        count_packet(frame::datagram(link, captured).unwrap().payload, census);
        frames += 1;
        rest = after;
    }
    frames
}

#[test]
fn files_of_real_days_decode_whole() {
    let files = [
        (
            "itch-real/20191230-0930-1000msgs.NASDAQ_ITCH50",
            "A 367 C 1 D 167 E 28 F 193 I 4 P 4 Q 4 S 1 U 225 X 6",
        ),
        ("itch-real/start-of-day-directory-1000msgs.itch", "H 3 R 993 S 1 Y 3"),
        ("itch-lobster/aapl10_999.itch", "A 503 D 372 E 98 H 1 P 61 R 1 S 6 X 1 Y 1"),
        (
            "itch-lobster/goog10_amzn5_20k.itch",
            "A 16748 C 186 D 16366 E 1471 F 1074 H 2 P 944 R 2 S 6 U 3081 X 109 Y 2",
        ),
    ];
    for (name, expected) in files {
        if let Some(path) = recording(name) {
            assert_eq!(census_of_file(&path), expected, "{name}");
        }
    }
}

#[test]
fn captures_of_a_made_feed_decode_whole() {
    let captures = [
        ("aapl10_999.pcap", 721, "A 503 D 372 E 98 H 1 P 61 R 1 S 6 X 1 Y 1"),
        (
            "goog10_amzn5_20k.pcap",
            35_027,
            "A 16643 C 187 D 16248 E 1467 F 1072 H 2 P 940 R 2 S 6 U 3061 X 109 Y 2",
        ),
        (
            "goog10_amzn5_20k.b.pcap",
            34_989,
            "A 16631 C 184 D 16235 E 1453 F 1065 H 2 P 936 R 2 S 6 U 3056 X 108 Y 2",
        ),
    ];
    for (name, frames, expected) in captures {
        if let Some(path) = recording(&format!("itch-lobster/{name}")) {
            let mut census = Census::default();
            assert_eq!(count_capture(&path, &mut census), frames, "{name}");
            assert_eq!(census.text(), expected, "{name}");
        }
    }
}

#[test]
fn captures_of_the_exchange_decode_whole() {
    let folders = [
        ("Nasdaq.Equities.TotalView.Itch.v5.0", 9, "A 37 D 2 E 1 F 2 H 1 I 1 L 1 U 1"),
        (
            "Nasdaq.Equities.TotalView.Itch.v5.0.20230822",
            71,
            "A 5 C 5 D 5 E 5 F 5 H 5 I 5 J 5 L 5 P 5 Q 5 S 1 U 5 X 5 Y 5",
        ),
    ];
    for (name, expected_frames, expected) in folders {
        if let Some(folder) = recording(&format!("itch-real/{name}")) {
            let mut census = Census::default();
            let mut frames = 0;
            for entry in fs::read_dir(folder).unwrap() {
                frames += count_capture(&entry.unwrap().path(), &mut census);
            }
            assert_eq!((frames, census.text().as_str()), (expected_frames, expected), "{name}");
        }
    }
}
