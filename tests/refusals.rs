//! Input and outputs that cannot be used: one clear sentence, exit status 2, and nothing of what
//! was there before is touched.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use support::capture::{Frame, frames, payload, pcap};
use support::command::{Finished, folder, wirebook};
use support::generated::Generated;

/// A replay of `input` into a touch tape and a depth tape, which must be refused with a sentence
/// that has all of `words`. Neither a new output file nor an existing one shows a trace of it.
fn refused(day: &Generated, input: &Path, more: &[&dyn AsRef<OsStr>], words: &[&str]) {
    let existing = day.write("existing.csv", b"what was there before\n");
    let new = day.folder.path().join("new.csv");
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"replay", &input, &"--bbo", &existing];
    arguments.extend([&"--depth" as &dyn AsRef<OsStr>, &new, &"--levels", &"2", &"--json"]);
    arguments.extend(more);
    let before = listing(day.folder.path());
    let finished = wirebook(&arguments);
    one_sentence(&finished, words);
    assert_eq!(finished.stdout, "", "nothing is summed up");
    assert_eq!(listing(day.folder.path()), before, "files came or went: {finished:?}");
    assert_eq!(fs::read(&existing).unwrap(), b"what was there before\n");
}

/// Exit status 2, and one line on standard error that has all of `words`.
fn one_sentence(finished: &Finished, words: &[&str]) {
    assert_eq!(finished.status, 2, "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.starts_with("wirebook: "), "{finished:?}");
    for words in words {
        assert!(finished.stderr.contains(words), "no {words:?}: {finished:?}");
    }
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn files_that_are_not_there_or_empty() {
    let day = Generated::new(4_000, 31);
    let missing = day.folder.path().join("missing.itch");
    refused(&day, &missing, &[], &["missing.itch: cannot be opened", "No such file"]);
    let missing_b: &dyn AsRef<OsStr> = &missing;
    let words = ["missing.itch: cannot be opened"];
    refused(&day, &day.pcap, &[&"--line-b", missing_b], &words);
    for name in ["empty.itch", "empty.pcap", "empty"] {
        let empty = day.write(name, b"");
        refused(&day, &empty, &[], &[&format!("{name}: is empty")]);
    }
    let itself = day.folder.path().to_owned();
    refused(&day, &itself, &[], &[&itself.display().to_string(), "directory"]);
}

#[test]
fn files_that_end_too_early() {
    let day = Generated::new(4_000, 32);
    let itch = fs::read(&day.itch).unwrap();
    let lengths = day.messages();
    let last = itch.len() - 2 - lengths[lengths.len() - 1].len();
    for found in [1, 2, 5] {
        let cut = day.write("cut.itch", &itch[..last + found]);
        let words = format!("cut.itch: ends in message 4000 at offset {last}");
        refused(&day, &cut, &[], &[&words, &format!("found {found}")]);
    }
    let capture = fs::read(&day.pcap).unwrap();
    let cut = day.write("cut.pcap", &capture[..capture.len() - 3]);
    let record = capture.len() - 16 - frames(&capture).last().unwrap().bytes.len();
    refused(&day, &cut, &[], &[&format!("cut.pcap: ends in a record at offset {record}")]);
    let cut_b: &dyn AsRef<OsStr> = &cut;
    refused(&day, &day.pcap, &[&"--line-b", cut_b], &["cut.pcap: ends in a record"]);
    let header = day.write("header.pcap", &capture[..20]);
    refused(&day, &header, &[], &["header.pcap", "offset 0"]);
}

#[test]
fn packed_files_that_end_too_early_or_are_damaged() {
    let day = Generated::new(4_000, 33);
    let itch = fs::read(&day.itch).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&itch).unwrap();
    let gz = encoder.finish().unwrap();
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap(); // as the command `zstd` does
    encoder.write_all(&itch).unwrap();
    let zst = encoder.finish().unwrap();
    for (packing, packed) in [("gzip", gz), ("zstd", zst)] {
        let half = packed.len() / 2;
        let cut = day.write("cut.itch", &packed[..half]);
        let words = ["cut.itch: cannot be read beyond offset", packing, "ends too early"];
        refused(&day, &cut, &[], &words);
        let mut damaged = packed.clone();
        damaged[half..half + 40].fill(0xff);
        let damaged = day.write("damaged.itch", &damaged);
        refused(&day, &damaged, &[], &["damaged.itch", "offset"]);
    }
}

#[test]
fn files_of_something_else() {
    let day = Generated::new(4_000, 34);
    let garbage: Vec<u8> =
        (0..4_000u32).flat_map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect();
    let nameless = day.write("garbage.bin", &garbage);
    refused(&day, &nameless, &[], &["garbage.bin: is of no known format", "00 00 00 00"]);
    let named = day.write("garbage.itch", &garbage[4..]);
    refused(&day, &named, &[], &["garbage.itch: ends in message", "offset"]);
    refused(&day, &named, &[&"--format", &"pcap"], &["garbage.itch: is no capture"]);
    refused(&day, &day.itch, &[&"--format", &"pcap"], &["day.itch: is no capture", "pcap"]);
    refused(&day, &day.itch, &[&"--format", &"level-set"], &["day.itch: is no capture"]);
    refused(&day, &day.pcap, &[&"--format", &"itch"], &["day.pcap: is a capture", "itch"]);
    // By chance a packet may be as long as some level sets.
    let mut frames = day.frames();
    frames.retain(|frame| !payload(frame).len().is_multiple_of(37));
    let packets = day.write("packets.pcap", &pcap(&frames));
    let words = ["packets.pcap", "no level-set message among"];
    refused(&day, &packets, &[&"--format", &"level-set"], &words);
    let other: &dyn AsRef<OsStr> = &day.pcap;
    refused(&day, &day.itch, &[&"--line-b", other], &["day.itch", "only a capture has a line B"]);
    let other: &dyn AsRef<OsStr> = &day.itch;
    refused(&day, &day.pcap, &[&"--line-b", other], &["day.itch: is no capture"]);
}

#[test]
fn captures_of_another_protocol() {
    let day = Generated::new(4_000, 35);
    let mut names = day.frames();
    for (number, Frame { bytes, .. }) in names.iter_mut().enumerate() {
        let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";
        bytes.truncate(42);
        bytes.extend(query);
        let udp = u16::try_from(8 + query.len()).unwrap();
        bytes[16..18].copy_from_slice(&(20 + udp).to_be_bytes());
        bytes[38..40].copy_from_slice(&udp.to_be_bytes());
        bytes[40..42].fill(0);
        if number % 2 == 0 {
            bytes[12..14].copy_from_slice(&[0x86, 0xdd]); // said to be IPv6
        }
    }
    let count = names.len();
    let path = day.write("names.pcap", &pcap(&names));
    let words = format!("no MoldUDP64 packet among {count} frames");
    refused(&day, &path, &[], &["names.pcap", &words, &format!("{} of them", count.div_ceil(2))]);
    let none = day.write("none.pcap", &pcap(&[]));
    refused(&day, &none, &[], &["none.pcap", "no MoldUDP64 packet among 0 frames"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let day = Generated::new(4_000, 36);
    let nowhere = day.folder.path().join("missing/tape.csv");
    let itself = day.folder.path().to_owned();
    let full = PathBuf::from("/dev/full");
    let existing = day.write("existing.csv", b"what was there before\n");
    let before = listing(day.folder.path());
    for (path, words) in [
        (&nowhere, "No such file"),
        (&itself, "directory"),
        #[cfg(target_os = "linux")]
        (&full, "No space left"),
    ] {
        let words = [&format!("{}: cannot be written: ", path.display())[..], words];
        one_sentence(&wirebook(&[&"replay", &day.itch, &"--bbo", path]), &words);
        let depth =
            [&"replay" as &dyn AsRef<OsStr>, &day.itch, &"--depth", path, &"--levels", &"1"];
        one_sentence(&wirebook(&depth), &words);
        let mut both = depth.to_vec();
        both.extend([&"--bbo" as &dyn AsRef<OsStr>, &existing]);
        one_sentence(&wirebook(&both), &words);
        assert_eq!(fs::read(&existing).unwrap(), b"what was there before\n");
        let generate = wirebook(&[&"generate", path, &"--messages", &"4000", &"--symbols", &"40"]);
        one_sentence(&generate, &[&path.display().to_string(), words[1]]);
        assert_eq!(listing(day.folder.path()), before, "files came or went");
    }
    still_a_device(&full);
}

/// Whoever puts a file into the place of an output must not do so with a device.
fn still_a_device(path: &Path) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let there = fs::symlink_metadata(path).unwrap();
        assert!(there.file_type().is_char_device(), "{} is no device", path.display());
        assert_eq!(there.rdev(), 1 << 8 | 7, "{} is another device", path.display());
    }
}

#[test]
fn an_output_that_is_there_is_replaced_as_a_whole() {
    let day = Generated::new(4_000, 37);
    let existing = day.write("existing.csv", &[b'x'; 1 << 20]);
    let finished = wirebook(&[&"replay", &day.itch, &"--bbo", &existing, &"--json"]);
    assert_eq!(finished.status, 0);
    let tape = fs::read_to_string(&existing).unwrap();
    assert_eq!(finished.json()["bbo_changes"], tape.lines().count());
    assert!(!tape.contains('x'));
}

#[test]
fn arguments_that_cannot_be() {
    let day = Generated::new(4_000, 38);
    let folder = folder();
    let out = folder.path().join("out.itch");
    let cases: [&[&dyn AsRef<OsStr>]; 9] = [
        &[],
        &[&"replay"],
        &[&"replay", &day.itch, &"--depth", &out],
        &[&"replay", &day.itch, &"--depth", &out, &"--levels", &"0"],
        &[&"replay", &day.itch, &"--format", &"ouch"],
        &[&"replay", &day.itch, &"--symbols", &"NINELONGS"],
        &[&"generate", &out, &"--messages", &"10"],
        &[&"generate", &out, &"--symbols", &"0"],
        &[&"generate", &out, &"--symbols", &"65535", &"--messages", &"99999999"],
    ];
    for arguments in cases {
        let finished = wirebook(arguments);
        assert_eq!(finished.status, 2, "{finished:?}");
        assert!(!finished.stderr.is_empty(), "{finished:?}");
        assert_eq!(finished.stdout, "", "{finished:?}");
        assert!(!finished.stderr.contains("panicked"), "{finished:?}");
        assert!(listing(folder.path()).is_empty(), "{finished:?}");
    }
    let helped = wirebook(&[&"replay", &"--help"]);
    assert_eq!(helped.status, 0);
    for option in ["--bbo", "--depth", "--levels", "--line-b", "--any-state", "--assume-complete"] {
        assert!(helped.stdout.contains(option), "--help does not tell of {option}");
    }
}
