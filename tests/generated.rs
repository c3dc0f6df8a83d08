//! Days that the command makes itself: the books of a replay equal those of a plain market, tape
//! by tape, whatever kind of file the day comes in.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::fs;

use serde_json::Value;
use support::capture::{packet, pcap, pcapng, tagged};
use support::command::{Replayed, folder, gaps, not_live, replay, wirebook};
use support::generated::Generated;
use support::itch::{self, add, deleted, directory, event, executed, framed, trading};
use support::plain::{Plain, checksum_of_tape, tape_before};

const MESSAGES: u64 = 12_000;

/// What holds for a replay of the whole day.
fn check_whole(replayed: &Replayed, plain: &Plain) {
    let json = &replayed.json;
    assert_eq!((replayed.status, &replayed.stderr[..]), (0, ""));
    assert!(replayed.tape == plain.tape(), "another touch tape");
    assert_eq!(json["messages"], MESSAGES);
    assert_eq!(json["bbo_changes"], plain.tape.len());
    assert_eq!(json["final_bbo_checksum"], plain.checksum());
    assert_eq!(json["final_bbo_checksum"], checksum_of_tape(&replayed.tape));
    assert_eq!(json["crossed_messages"], plain.crossed);
    assert_eq!(json["orders_live"], plain.orders_live());
    assert_eq!(json["symbols"], plain.names.len());
    assert_eq!((&json["feed_state"], &json["unknown_refs"]), (&"Live".into(), &0.into()));
    assert_eq!((not_live(json), gaps(json)), (vec![], vec![]));
}

#[test]
fn a_seed_is_a_day_and_has_exactly_its_messages() {
    let [one, again, other] =
        [(6_001, 1), (6_001, 1), (6_001, 2)].map(|(messages, seed)| Generated::new(messages, seed));
    assert_eq!(one.messages().len(), 6_001);
    for file in ["day.itch", "day.pcap"] {
        let [one, again, other] =
            [&one, &again, &other].map(|day| fs::read(day.folder.path().join(file)).unwrap());
        assert!(one == again, "{file}: the same seed");
        assert!(one != other, "{file}: another seed");
    }
    let frames = one.frames();
    let sent: Vec<&[u8]> = frames.iter().flat_map(|frame| packet(frame).messages).collect();
    assert!(sent == one.messages(), "a capture has the messages of the file");
    assert_eq!(packet(frames.last().unwrap()).count, u16::MAX, "the end of the session");
}

#[test]
fn the_format_counts_more_than_the_name() {
    let day = Generated::new(4_000, 5);
    let named = day.folder.path().join("capture.bin");
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 8] =
        [&"generate", &named, &"--messages", &"4000", &"--symbols", &"40", &"--seed", &"5"];
    for (format, file) in [("pcap", &day.pcap), ("itch", &day.itch)] {
        let mut arguments = arguments.to_vec();
        arguments.extend([&"--format" as &dyn AsRef<std::ffi::OsStr>, &format]);
        assert_eq!(wirebook(&arguments).status, 0);
        assert!(fs::read(&named).unwrap() == fs::read(file).unwrap(), "{format}");
        let replayed = replay(&[&named, &"--format", &format]);
        assert_eq!(replayed.status, 0, "{format}");
    }
}

#[test]
fn every_kind_of_file_gives_the_books_of_a_plain_market() {
    let day = Generated::new(MESSAGES, 3);
    let plain = Plain::after(&day.messages(), 1);
    assert!(plain.crossed > 0, "a halt leaves crossed books for a while");
    assert!(plain.tape.len() > 1_000);
    check_whole(&replay(&[&day.itch]), &plain);
    check_whole(&replay(&[&day.pcap]), &plain);
    let frames = day.frames();
    let tagged: Vec<_> = frames.iter().map(tagged).collect();
    check_whole(&replay(&[&day.write("tagged.pcap", &pcap(&tagged))]), &plain);
    check_whole(&replay(&[&day.write("day.pcapng", &pcapng(&frames))]), &plain);
    let packed = zstd::encode_all(&pcapng(&tagged)[..], 1).unwrap();
    check_whole(&replay(&[&day.write("tagged.pcapng.zst", &packed)]), &plain);
}

#[test]
fn the_depth_tape_is_that_of_a_plain_market() {
    let day = Generated::new(MESSAGES, 4);
    let depth = day.folder.path().join("depth.csv");
    for levels in [1, 3, 10] {
        let plain = Plain::after(&day.messages(), levels);
        for input in [&day.itch, &day.pcap] {
            let levels = levels.to_string();
            let replayed = replay(&[input, &"--depth", &depth, &"--levels", &levels]);
            check_whole(&replayed, &plain);
            let found = fs::read_to_string(&depth).unwrap();
            let different = found.lines().zip(plain.depth.lines()).find(|(a, b)| a != b);
            assert!(found == plain.depth, "{levels} levels: {different:?}");
        }
    }
}

#[test]
fn only_the_symbols_asked_for_are_kept() {
    let day = Generated::new(MESSAGES, 6);
    let plain = Plain::after(&day.messages(), 1);
    let busy = |locate: &u16| plain.tape_of(|other| other == *locate).lines().count();
    let mut locates: Vec<u16> = plain.names.keys().copied().collect();
    locates.sort_by_key(|locate| std::cmp::Reverse(busy(locate)));
    let kept = [locates[0], locates[2]];
    let names = kept.map(|locate| plain.names[&locate].clone()).join(",");
    for input in [&day.itch, &day.pcap] {
        let replayed = replay(&[input, &"--symbols", &names]);
        assert_eq!(replayed.status, 0, "{}", replayed.stderr);
        assert!(replayed.tape == plain.tape_of(|locate| kept.contains(&locate)), "{names}");
        assert_eq!(replayed.json["symbols"], 2);
        assert_eq!(replayed.json["messages"], MESSAGES, "all of them are read");
        assert_eq!(replayed.json["final_bbo_checksum"], checksum_of_tape(&replayed.tape));
    }
}

#[test]
fn a_recording_that_begins_late_is_not_live_unless_its_books_are_said_to_be_empty() {
    let day = Generated::new(MESSAGES, 7);
    let messages = day.messages();
    assert_eq!(messages[0][11], b'O');
    let late = &messages[1..];
    let input = day.write("late.itch", &framed(late));
    let plain = Plain::after(late, 1);

    let replayed = replay(&[&input]);
    assert_eq!((replayed.status, &replayed.tape[..]), (3, ""));
    assert_ne!(replayed.json["feed_state"], "Live");
    let names: Vec<String> = plain.names.values().cloned().collect();
    assert_eq!(sorted(not_live(&replayed.json)), sorted(names.clone()));
    for name in &names {
        assert!(replayed.stderr.contains(&name[..]), "{name}: {}", replayed.stderr);
    }

    let any_state = replay(&[&input, &"--any-state"]);
    assert_eq!(any_state.status, 3);
    assert!(any_state.tape == plain.tape());

    let assumed = replay(&[&input, &"--assume-complete"]);
    assert_eq!((assumed.status, &assumed.json["feed_state"]), (0, &"Live".into()));
    assert!(assumed.tape == plain.tape());
    assert_eq!(assumed.json["bbo_sha256"], any_state.json["bbo_sha256"]);
}

#[test]
fn a_recording_that_begins_in_the_middle_counts_what_it_cannot_know() {
    let day = Generated::new(MESSAGES, 8);
    let messages = day.messages();
    let late = &messages[messages.len() / 2..];
    let plain = Plain::after(late, 1);
    assert!(plain.unknown_refs > 10);
    let input = day.write("late.itch", &framed(late));
    let replayed = replay(&[&input, &"--any-state"]);
    assert_eq!(replayed.status, 3);
    assert_eq!(replayed.json["unknown_refs"], plain.unknown_refs);
    assert!(replayed.tape == plain.tape());
    let assumed = replay(&[&input, &"--assume-complete"]);
    assert_eq!((assumed.status, &assumed.json["feed_state"]), (3, &"Live".into()));
    assert_eq!(not_live(&assumed.json).len(), plain.suspect.len(), "those and no others");
}

#[test]
fn a_capture_without_its_first_packet_is_late_in_the_same_way() {
    let day = Generated::new(MESSAGES, 9);
    let frames = day.frames();
    let next = packet(&frames[0]).numbers().end;
    let behind = &day.messages()[usize::try_from(next).unwrap() - 1..];
    let plain = Plain::from_number(next, behind, 1);
    let input = day.write("late.pcap", &pcap(&frames[1..]));
    let replayed = replay(&[&input]);
    assert_eq!((replayed.status, &replayed.tape[..]), (3, ""));
    assert_eq!(gaps(&replayed.json), [(1, next - 1)]);
    assert_eq!(replayed.json["feed_state"], "Gapped");

    let assumed = replay(&[&input, &"--assume-complete"]);
    assert_eq!((assumed.status, gaps(&assumed.json)), (0, vec![]), "{}", assumed.stderr);
    assert!(assumed.tape == plain.tape(), "another touch tape, or other numbers");

    // It says nothing of what is missing later.
    let lost = packet(&frames[300]).numbers();
    let kept = [&frames[1..300], &frames[301..]].concat();
    let assumed = replay(&[&day.write("gap.pcap", &pcap(&kept)), &"--assume-complete"]);
    assert_eq!((assumed.status, gaps(&assumed.json)), (3, vec![(lost.start, lost.end - 1)]));
    assert!(assumed.tape == tape_before(&plain.tape(), lost.start));
}

#[test]
fn a_crossed_book_is_counted_and_shown_as_it_is() {
    const XYZ: (u16, &[u8; 8]) = (517, b"XYZ     ");
    let messages = [
        event(b'O', 1),
        directory(XYZ.0, 2, XYZ.1),
        trading(XYZ.0, 3, XYZ.1, b'T'),
        add(XYZ, 4, 1 << 50, b'B', (100, 1_000_000)),
        add(XYZ, 5, 2 << 50, b'S', (300, 990_000)),
        add(XYZ, 6, 3, b'S', (40, 1_000_000)),
        executed(XYZ.0, 7, 2 << 50, 300, 9),
        deleted(XYZ.0, 8, 1 << 50),
    ];
    let folder = folder();
    let input = folder.path().join("crossed.itch");
    fs::write(&input, framed(&messages)).unwrap();
    let replayed = replay(&[&input]);
    assert_eq!((replayed.status, &replayed.stderr[..]), (0, ""));
    // Crossed twice (the second time behind the best ask), then locked.
    assert_eq!(replayed.json["crossed_messages"], 3);
    let expected = "4,517,1000000,100,0,0\n5,517,1000000,100,990000,300\n\
                    7,517,1000000,100,1000000,40\n8,517,0,0,1000000,40\n";
    assert_eq!(replayed.tape, expected);
    assert_eq!(Plain::after(&messages, 1).tape(), expected);
}

#[test]
fn messages_of_unknown_kinds_and_greater_length_are_counted_and_passed_over() {
    let day = Generated::new(MESSAGES, 10);
    let mut messages = day.messages();
    let plain = Plain::after(&messages, 1);
    for (number, message) in messages.iter_mut().enumerate() {
        if number % 3 == 0 {
            message.extend(b"from a later year");
        }
    }
    check_whole(&replay(&[&day.write("longer.itch", &framed(&messages))]), &plain);

    let at = messages.len() / 2;
    messages.insert(at, itch::message(b'~', 9, 0, &[b"?"]));
    let replayed = replay(&[&day.write("unknown.itch", &framed(&messages))]);
    assert_eq!((replayed.status, &replayed.json["unknown_kinds"]), (0, &1.into()));
    let before = tape_before(&plain.tape(), at as u64 + 1);
    assert!(replayed.tape.starts_with(&before));
    assert_eq!(replayed.tape.lines().count(), plain.tape.len(), "it used up a number");
    assert_eq!(replayed.json["final_bbo_checksum"], plain.checksum());
}

#[test]
fn the_summary_is_also_told_in_words() {
    let day = Generated::new(4_000, 11);
    let finished = wirebook(&[&"replay", &day.itch]);
    assert_eq!((finished.status, &finished.stderr[..]), (0, ""));
    let json: Value = wirebook(&[&"replay", &day.itch, &"--json"]).json();
    for words in [&json["bbo_sha256"], &json["messages"], &json["orders_live"]] {
        let words = words.to_string();
        assert!(finished.stdout.contains(words.trim_matches('"')), "no {words}: {finished:?}");
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
