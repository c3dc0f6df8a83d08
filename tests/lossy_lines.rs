//! Captures of lines that lose, repeat and reorder packets, made from a generated day; and
//! captures of level sets.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use support::capture::{Frame, joined, missing, packet, pcap};
use support::command::{gaps, not_live, replay};
use support::generated::Generated;
use support::plain::{Plain, tape_before};
use wirebook::book::{Nanos, Price, Qty, SeqNo, Side, Symbol};
use wirebook::ingest::frame::{LinkType, Tagging, UdpFrame, multicast_mac};
use wirebook::ingest::level_set::{LEN, LevelSetFields};
use wirebook::ingest::source::PcapWriter;

/// What one line does to the packets of a day.
struct Line {
    loses: fn(usize) -> bool,
    /// Nanoseconds that everything is late.
    lag_ns: u64,
}

impl Line {
    fn frames(&self, day: &[Frame]) -> Vec<Frame> {
        let mut sent: Vec<Frame> = Vec::new();
        for (number, frame) in day.iter().enumerate() {
            if (self.loses)(number) {
                continue;
            }
            sent.push(Frame { at_ns: frame.at_ns + self.lag_ns, bytes: frame.bytes.clone() });
            let last = sent.len() - 1;
            if number % 11 == 0 {
                sent.push(sent[last].clone());
            }
            if number % 13 == 0 && last > 2 {
                // The packet before this one comes behind it.
                let (earlier, later) = sent.split_at_mut(last);
                std::mem::swap(&mut earlier[last - 1].bytes, &mut later[0].bytes);
            }
        }
        sent
    }

    fn write(&self, day: &Generated, name: &str) -> PathBuf {
        day.write(name, &pcap(&self.frames(&day.frames())))
    }
}

const MESSAGES: u64 = 12_000;

#[test]
fn what_one_line_loses_the_other_brings() {
    let day = Generated::new(MESSAGES, 21);
    let plain = Plain::after(&day.messages(), 1);
    let end = day.frames().len() - 1;
    assert!(end > 1_000, "packets enough: {end}");
    let a = Line { loses: |number| number % 7 == 3, lag_ns: 0 };
    let b = Line { loses: |number| number % 7 == 5 || number % 7 == 0, lag_ns: 40_000 };
    let (a_path, b_path) = (a.write(&day, "a.pcap"), b.write(&day, "b.pcap"));
    for (first, second) in [(&a_path, &b_path), (&b_path, &a_path)] {
        let replayed = replay(&[first, &"--line-b", second]);
        assert_eq!((replayed.status, &replayed.stderr[..]), (0, ""));
        assert!(replayed.tape == plain.tape(), "another touch tape");
        assert_eq!((gaps(&replayed.json), not_live(&replayed.json)), (vec![], vec![]));
        assert_eq!(replayed.json["feed_state"], "Live");
        assert_eq!(replayed.json["messages"], MESSAGES);
        let lines = &replayed.json["lines"];
        for line in ["A", "B"] {
            assert!(lines[line]["first_wins"].as_u64().unwrap() > 100, "{line}: {lines}");
            assert!(lines[line]["duplicates"].as_u64().unwrap() > 100, "{line}: {lines}");
        }
    }
}

#[test]
fn duplicates_and_reordering_alone_are_invisible() {
    let day = Generated::new(MESSAGES, 22);
    let plain = Plain::after(&day.messages(), 1);
    let line = Line { loses: |_| false, lag_ns: 0 }.write(&day, "a.pcap");
    let replayed = replay(&[&line]);
    assert_eq!(replayed.status, 0, "{}", replayed.stderr);
    assert!(replayed.tape == plain.tape(), "another touch tape");
    assert!(replayed.json["lines"]["A"]["duplicates"].as_u64().unwrap() > 100);
}

#[test]
fn a_dead_line_harms_nothing() {
    let day = Generated::new(MESSAGES, 23);
    let plain = Plain::after(&day.messages(), 1);
    let dead = Line { loses: |number| number > 40, lag_ns: 0 }.write(&day, "b.pcap");
    for (first, second) in [(&day.pcap, &dead), (&dead, &day.pcap)] {
        let replayed = replay(&[first, &"--line-b", second]);
        assert_eq!(replayed.status, 0, "{}", replayed.stderr);
        assert!(replayed.tape == plain.tape(), "another touch tape");
    }
}

#[test]
fn what_both_lines_lose_ends_the_tape_and_every_book_says_so() {
    let day = Generated::new(MESSAGES, 24);
    let messages = day.messages();
    let plain = Plain::after(&messages, 1);
    let a = Line { loses: |number| number % 7 == 3 || number == 700, lag_ns: 0 };
    let b = Line { loses: |number| number % 7 == 5 || number == 700, lag_ns: 40_000 };
    let both = [a.frames(&day.frames()), b.frames(&day.frames())].concat();
    let missing = missing(&both, messages.len());
    assert_eq!(missing.len(), 1);
    let (first, last) = missing[0];
    let (a, b) = (a.write(&day, "a.pcap"), b.write(&day, "b.pcap"));
    let replayed = replay(&[&a, &"--line-b", &b]);
    assert_eq!(replayed.status, 3);
    assert_eq!(joined(gaps(&replayed.json)), missing);
    assert_eq!(replayed.json["feed_state"], "Gapped");
    assert_eq!(not_live(&replayed.json).len(), plain.names.len());
    let prefix = tape_before(&plain.tape(), first);
    assert!(prefix.len() < plain.tape().len() && !prefix.is_empty());
    assert!(replayed.tape == prefix, "the tape does not end before {first}");
    for words in [&format!("messages {first} to {last} are missing")[..], "not Live"] {
        assert!(replayed.stderr.contains(words), "no {words:?}: {}", replayed.stderr);
    }
    for name in plain.names.values() {
        assert!(replayed.stderr.contains(&name[..]), "{name}: {}", replayed.stderr);
    }
    // With one line, all that it lost is missing; a small window gives up no more than that.
    let frames = Line { loses: |number| number % 7 == 3 || number == 700, lag_ns: 0 };
    let lost = support::capture::missing(&frames.frames(&day.frames()), messages.len());
    let alone = replay(&[&a, &"--window", &"8"]);
    assert_eq!((alone.status, joined(gaps(&alone.json))), (3, lost));
}

#[test]
fn a_loss_before_the_end_of_the_session_is_seen() {
    let day = Generated::new(MESSAGES, 25);
    let frames = day.frames();
    let ends = frames.iter().filter(|frame| packet(frame).count == u16::MAX).count();
    let last = frames.len() - ends - 1;
    let lost = packet(&frames[last]).numbers();
    let kept = [&frames[..last], &frames[last + 1..]].concat();
    let replayed = replay(&[&day.write("a.pcap", &pcap(&kept))]);
    assert_eq!(replayed.status, 3);
    assert_eq!(gaps(&replayed.json), [(lost.start, lost.end - 1)]);
}

/// Level sets of two symbols, numbered from 1: levels come, change and go.
fn level_sets(count: u64) -> Vec<LevelSetFields> {
    let level_set = |number: u64| {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let drawn = (mixed ^ mixed >> 31).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33;
        let side = if drawn.is_multiple_of(2) { Side::Ask } else { Side::Bid };
        let step = i64::try_from(drawn / 2 % 12).unwrap() * 100;
        let price = match side {
            // Now and then the bid reaches the ask.
            Side::Bid => 1_000_000 - 1_000 + step,
            Side::Ask => 1_000_000 + step,
        };
        LevelSetFields {
            sequence: SeqNo::new(number),
            timestamp: Nanos::new(number * 1_000),
            symbol: Symbol::new(if drawn / 24 % 5 < 3 { "AAPL" } else { "MSFT" }).unwrap(),
            price: Price::from_units(price),
            qty: Qty::new(drawn / 120 % 4 * 100),
            side,
        }
    };
    (1..=count).map(level_set).collect()
}

/// A capture of level sets, three in a datagram.
fn level_set_capture(sets: &[LevelSetFields]) -> Vec<u8> {
    let group = SocketAddrV4::new(Ipv4Addr::new(239, 1, 1, 1), 12_345);
    let frame = UdpFrame {
        source_mac: [2, 0, 0, 0, 0, 1],
        destination_mac: multicast_mac(*group.ip()),
        tagging: Tagging::Untagged,
        source: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 12_345),
        destination: group,
        identification: 0,
        time_to_live: 4,
    };
    let mut capture = PcapWriter::new(Vec::new(), LinkType::Ethernet).unwrap();
    for some in sets.chunks(3) {
        let mut payload = Vec::new();
        for set in some {
            let mut bytes = [0; LEN];
            set.write(&mut bytes).unwrap();
            payload.extend(bytes);
        }
        let at = Nanos::new(some[0].timestamp.get() + 1_000_000_000);
        capture.write_datagram(at, &frame, &payload).unwrap();
    }
    capture.finish().unwrap()
}

/// The touch tape of level sets and how many left their book crossed, by sorted maps.
fn level_set_tape(sets: &[LevelSetFields]) -> (String, u64) {
    let mut books: BTreeMap<Symbol, (u16, [BTreeMap<i64, u64>; 2])> = BTreeMap::new();
    let (mut tape, mut crossed) = (String::new(), 0);
    for set in sets {
        let locate = u16::try_from(books.len() + 1).unwrap();
        let (locate, sides) = books.entry(set.symbol).or_insert((locate, Default::default()));
        let touch = |sides: &[BTreeMap<i64, u64>; 2]| {
            let bid = sides[0].last_key_value().map_or((0, 0), |(&p, &q)| (p, q));
            let ask = sides[1].first_key_value().map_or((0, 0), |(&p, &q)| (p, q));
            (bid, ask)
        };
        let before = touch(sides);
        let side = &mut sides[usize::from(set.side == Side::Ask)];
        match set.qty.shares() {
            0 => side.remove(&set.price.units()),
            qty => side.insert(set.price.units(), qty),
        };
        let now @ (bid, ask) = touch(sides);
        crossed += u64::from(bid.1 > 0 && ask.1 > 0 && bid.0 >= ask.0);
        if now != before {
            let number = set.sequence;
            writeln!(tape, "{number},{locate},{},{},{},{}", bid.0, bid.1, ask.0, ask.1).unwrap();
        }
    }
    (tape, crossed)
}

#[test]
fn level_sets_give_the_books_that_they_say() {
    let sets = level_sets(3_000);
    let folder = support::command::folder();
    let input = folder.path().join("levels.pcap");
    std::fs::write(&input, level_set_capture(&sets)).unwrap();
    let replayed = replay(&[&input, &"--format", &"level-set"]);
    let (tape, crossed) = level_set_tape(&sets);
    assert!(crossed > 0, "the bid reaches the ask now and then");
    assert!(tape.lines().count() > 200, "{} lines", tape.lines().count());
    assert_eq!((replayed.status, &replayed.stderr[..]), (0, ""));
    assert!(replayed.tape == tape, "another touch tape");
    assert_eq!(replayed.json["crossed_messages"], crossed);
    assert_eq!((&replayed.json["messages"], &replayed.json["symbols"]), (&3_000.into(), &2.into()));
}

#[test]
fn a_missing_level_set_ends_the_tape() {
    let mut sets = level_sets(3_000);
    let (whole, _) = level_set_tape(&sets);
    sets.drain(1_500..1_503);
    let folder = support::command::folder();
    let input = folder.path().join("levels.pcap");
    std::fs::write(&input, level_set_capture(&sets)).unwrap();
    let replayed = replay(&[&input, &"--format", &"level-set"]);
    assert_eq!(replayed.status, 3);
    assert_eq!(not_live(&replayed.json), ["AAPL", "MSFT"]);
    assert!(replayed.tape == tape_before(&whole, 1_501), "the tape does not end before the gap");
    assert_eq!(replayed.json["gap_messages"], 3);
}
