//! Bytes as the exchange sent them: everything decodes, and what cannot be trusted says so.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::command::{Replayed, gaps, not_live, replay};
use support::data::data;
use support::plain::Plain;
use support::{capture, itch};
use wirebook::ingest::itch::parse;

/// Counts by the first byte, each message read by its length, and every one of them decoded.
fn counts<M: AsRef<[u8]>>(messages: &[M]) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for message in messages {
        let message = message.as_ref();
        let decoded = parse(message).unwrap();
        assert_eq!(decoded.as_bytes(), message, "bytes that no field has");
        assert!(!decoded.to_string().is_empty());
        *counts.entry(char::from(message[0]).to_string()).or_default() += 1;
    }
    json!(counts)
}

/// What holds for every input here.
fn check(replayed: &Replayed, messages: &[Vec<u8>]) {
    let json = &replayed.json;
    assert_eq!(json["messages"], messages.len());
    assert_eq!(json["messages_by_type"], counts(messages));
    assert_eq!((&json["malformed_messages"], &json["unknown_kinds"]), (&json!(0), &json!(0)));
}

fn owned(messages: Vec<&[u8]>) -> Vec<Vec<u8>> {
    messages.into_iter().map(<[u8]>::to_vec).collect()
}

#[test]
fn a_slice_of_the_middle_of_a_day_decodes_and_nothing_of_it_is_live() {
    let Some(folder) = data("itch-real") else { return };
    let path = folder.join("20191230-0930-1000msgs.NASDAQ_ITCH50");
    let messages = owned(itch::messages(&fs::read(&path).unwrap()));
    let replayed = replay(&[&path]);
    check(&replayed, &messages);
    let json = &replayed.json;
    assert_eq!(messages.len(), 1000);
    assert_eq!(replayed.status, 3);
    assert_eq!(json["unknown_refs"], 399);
    assert_eq!(json["rejected"], 399);
    assert_ne!(json["feed_state"], "Live");
    assert_eq!(replayed.tape, "", "no line of a book that is not Live");
    let named = not_live(json);
    assert_eq!(json["symbols"], named.len(), "every book, and each once");
    // An imbalance says nothing of a book; everything else here does.
    let locates: BTreeSet<&[u8]> = messages
        .iter()
        .filter(|message| !matches!(message[0], b'S' | b'I'))
        .map(|message| &message[1..3])
        .collect();
    assert_eq!(named.len(), locates.len());
    for words in ["399 messages name unknown orders", &named[0], &named[named.len() - 1]] {
        assert!(replayed.stderr.contains(words), "no {words:?}: {}", replayed.stderr);
    }
}

#[test]
fn the_slice_in_any_state_is_what_a_plain_market_makes_of_it() {
    let Some(folder) = data("itch-real") else { return };
    let path = folder.join("20191230-0930-1000msgs.NASDAQ_ITCH50");
    let messages = owned(itch::messages(&fs::read(&path).unwrap()));
    let plain = Plain::after(&messages, 1);
    let replayed = replay(&[&path, &"--any-state"]);
    assert_eq!(replayed.status, 3);
    assert_eq!(replayed.tape, plain.tape());
    assert_eq!(plain.unknown_refs, 399);
    assert_eq!(replayed.json["final_bbo_checksum"], plain.checksum());
    assert_eq!(replayed.json["orders_live"], plain.orders_live());
    // That the books began empty can be said; 399 messages contradict it, each for its symbol.
    let assumed = replay(&[&path, &"--assume-complete"]);
    assert_eq!(assumed.status, 3);
    assert_eq!(assumed.json["feed_state"], "Live");
    assert_eq!(not_live(&assumed.json).len(), plain.suspect.len());
}

#[test]
fn the_start_of_a_day_is_complete() {
    let Some(folder) = data("itch-real") else { return };
    let path = folder.join("start-of-day-directory-1000msgs.itch");
    let messages = owned(itch::messages(&fs::read(&path).unwrap()));
    let replayed = replay(&[&path]);
    check(&replayed, &messages);
    assert_eq!((replayed.status, &replayed.stderr[..]), (0, ""));
    assert_eq!(replayed.json["feed_state"], "Live");
    assert_eq!(not_live(&replayed.json), [""; 0]);
    let directory = messages.iter().filter(|message| message[0] == b'R').count();
    assert!(directory > 0);
    assert_eq!(replayed.json["symbols"], directory);
    assert_eq!((&replayed.json["orders_live"], replayed.tape.len()), (&json!(0), 0));
}

fn captures(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().unwrap() == "pcap").collect();
    paths.sort();
    paths
}

/// Replays a capture that begins in the middle of a session.
fn late(path: &Path) -> (Replayed, Vec<Vec<u8>>) {
    let frames = capture::frames(&fs::read(path).unwrap());
    let packets = frames.iter().flat_map(|frame| owned(capture::packet(frame).messages));
    let messages: Vec<Vec<u8>> = packets.collect();
    let replayed = replay(&[&path]);
    let context = format!("{}: {}", path.display(), replayed.stderr);
    check(&replayed, &messages);
    assert_eq!(replayed.json["lines"]["A"]["packets"], frames.len(), "{context}");
    assert_eq!(replayed.status, 3, "{context}");
    assert_ne!(replayed.json["feed_state"], "Live", "{context}");
    assert_eq!(replayed.json["symbols"], not_live(&replayed.json).len(), "{context}");
    assert_eq!(replayed.tape, "", "{context}");
    assert_eq!(replayed.json["broken_frames"], 0, "{context}");
    (replayed, messages)
}

#[test]
fn captured_packets_of_a_session_decode_and_miss_what_came_before() {
    let Some(folder) = data("itch-real") else { return };
    let paths = captures(&folder.join("Nasdaq.Equities.TotalView.Itch.v5.0"));
    assert_eq!(paths.len(), 8);
    for path in paths {
        let (replayed, _) = late(&path);
        let frames = capture::frames(&fs::read(&path).unwrap());
        let mut firsts: Vec<u64> =
            frames.iter().map(|frame| capture::packet(frame).sequence).collect();
        firsts.sort_unstable();
        assert_eq!(gaps(&replayed.json)[0], (1, firsts[0] - 1), "{}", path.display());
        let fullest = frames.iter().map(|frame| capture::packet(frame).messages.len()).max();
        if path.ends_with("Multiple.Packets.pcap") {
            assert_eq!(fullest, Some(38));
        }
    }
}

#[test]
fn captured_packets_without_numbers_decode_and_are_never_trusted() {
    let Some(folder) = data("itch-real") else { return };
    let paths = captures(&folder.join("Nasdaq.Equities.TotalView.Itch.v5.0.20230822"));
    assert_eq!(paths.len(), 15);
    for path in paths {
        let (replayed, messages) = late(&path);
        assert!(!messages.is_empty());
        assert_eq!(replayed.json["feed_state"], "Gapped", "{}", path.display());
        let unsequenced = &replayed.json["lines"]["A"]["unsequenced"];
        assert_eq!(unsequenced, &replayed.json["lines"]["A"]["packets"], "{}", path.display());
    }
}
