//! The command that shows the busiest books of another process.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::command::wirebook;
use support::generated::Generated;
use support::plain::Plain;
use support::published::{memory, play, published};

/// The touch of a row as the tape has it, without the number of the message.
fn touch(row: &Value) -> String {
    let keys = ["locate", "bid_price", "bid_qty", "ask_price", "ask_qty"];
    keys.map(|key| row[key].to_string()).join(",")
}

#[test]
fn the_busiest_books_are_shown_with_their_touch_while_they_are_written() {
    let day = Generated::new(12_000, 75);
    let folder = memory();
    let books = folder.path().join("books");
    let mut feed = published(folder.path(), 1 << 16);
    let mut top = Command::new(env!("CARGO_BIN_EXE_wirebook"))
        .arg("top")
        .arg(&books)
        .args(["--json", "--interval", "0.2", "--rows", "1000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    play(&mut feed, &fs::read(&day.itch).unwrap(), 20, Duration::from_millis(1));
    // As it ends with the writer, its last look is at what the writer left.
    feed.finish().unwrap();
    let lines: Vec<Value> = BufReader::new(top.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert!(top.wait().unwrap().success());
    assert!(lines.len() > 1, "{} looks while 12,000 messages took a second or two", lines.len());
    let busy = lines.iter().find(|look| look["messages_per_second"].as_f64().unwrap() > 0.0);
    let busy = busy.expect("a look between two messages");
    assert_eq!(busy["writer"], "alive");
    let rate = |row: &Value| row["changes_per_second"].as_f64().unwrap();
    let rates: Vec<f64> = busy["top"].as_array().unwrap().iter().map(rate).collect();
    assert!(rates[0] > 0.0 && rates.is_sorted_by(|a, b| a >= b), "{rates:?}");

    let last = lines.last().unwrap();
    assert_eq!((&last["writer"], &last["last_sequence"]), (&"finished".into(), &12_000.into()));
    let plain = Plain::after(&day.messages(), 1);
    for row in last["top"].as_array().unwrap() {
        let locate = row["locate"].as_u64().unwrap();
        let tape = plain.tape();
        let of_locate = |line: &&str| line.split(',').nth(1) == Some(&locate.to_string());
        match tape.lines().rev().find(of_locate) {
            Some(line) => assert_eq!(touch(row), line.split_once(',').unwrap().1),
            None => assert_eq!(touch(row), format!("{locate},0,0,0,0")),
        }
    }
}

#[test]
fn a_look_is_a_table_for_people() {
    let day = Generated::new(4_000, 76);
    let folder = memory();
    let books = folder.path().join("books");
    let mut feed = published(folder.path(), 1 << 12);
    play(&mut feed, &fs::read(&day.itch).unwrap(), 1_000, Duration::ZERO);
    let looked =
        wirebook(&[&"top", &books, &"--count", &"1", &"--interval", &"0.05", &"--rows", &"3"]);
    assert_eq!(looked.status, 0, "{looked:?}");
    let lines: Vec<&str> = looked.stdout.lines().collect();
    assert!(lines[0].starts_with("writer alive, feed Live, message 4000, 0 a second; "));
    assert!(lines[1].starts_with("symbol"));
    assert_eq!(lines.len(), 2 + 3);
    assert!(!looked.stdout.contains('\x1b'), "it is no screen");
}

#[test]
fn what_is_no_region_of_books_is_refused() {
    let folder = memory();
    let nothing = folder.path().join("nothing");
    let refused = wirebook(&[&"top", &nothing, &"--count", &"1"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains(nothing.to_str().unwrap()), "{refused:?}");
    let refused = wirebook(&[&"top", &nothing, &"--interval", &"0"]);
    assert!(refused.stderr.contains("from 0.01 to 3600 seconds"), "{refused:?}");
}
