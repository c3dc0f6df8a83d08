//! The command that looks at the books of another process.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::command::wirebook;
use support::generated::Generated;
use support::plain::Plain;
use support::published::{memory, play, published};

#[test]
fn the_touch_is_followed_until_the_writer_ends() {
    let day = Generated::new(12_000, 71);
    let plain = Plain::after(&day.messages(), 1);
    let folder = memory();
    let (books, tape) = (folder.path().join("books"), folder.path().join("bbo.csv"));
    let mut feed = published(folder.path(), 1 << 16);
    let mut follower = Command::new(env!("CARGO_BIN_EXE_wirebook"))
        .arg("attach")
        .arg(&books)
        .args(["--json", "--bbo"])
        .arg(&tape)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says when it follows: from then on it misses nothing.
    let mut said = String::new();
    BufReader::new(follower.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("following"), "{said}");
    play(&mut feed, &fs::read(&day.itch).unwrap(), 100, Duration::from_millis(1));
    feed.finish().unwrap();
    let finished = follower.wait_with_output().unwrap();
    assert!(finished.status.success(), "{finished:?}");
    let json: Value = serde_json::from_slice(&finished.stdout).unwrap();
    assert_eq!((&json["writer"], &json["updates_lost"]), (&"finished".into(), &0.into()));
    assert_eq!(json["last_sequence"], 12_000);
    assert!(fs::read_to_string(&tape).unwrap() == plain.tape(), "another touch tape");
    assert_eq!(json["bbo_changes"], plain.tape().lines().count());
}

#[test]
fn who_follows_books_whose_file_is_cut_is_told_so() {
    let day = Generated::new(4_000, 73);
    let folder = memory();
    let books = folder.path().join("books");
    let mut feed = published(folder.path(), 1 << 12);
    play(&mut feed, &fs::read(&day.itch).unwrap(), 1_000, Duration::ZERO);
    let mut follower = Command::new(env!("CARGO_BIN_EXE_wirebook"))
        .arg("attach")
        .arg(&books)
        .arg("--bbo")
        .arg(folder.path().join("bbo.csv"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(follower.stderr.take().unwrap());
    let mut following = String::new();
    said.read_line(&mut following).unwrap();
    let whole = fs::metadata(&books).unwrap().len();
    fs::File::options().write(true).open(&books).unwrap().set_len(0).unwrap();
    let mut sentence = String::new();
    said.read_to_string(&mut sentence).unwrap();
    let expected = format!("was made {whole} bytes long and now has 0\n");
    assert!(sentence.ends_with(&expected) && sentence.lines().count() == 1, "{sentence}");
    assert_eq!(follower.wait().unwrap().code(), Some(2));
}

#[test]
fn who_looks_does_not_disturb_and_sees_the_writer_live() {
    let day = Generated::new(4_000, 72);
    let folder = memory();
    let books = folder.path().join("books");
    let mut feed = published(folder.path(), 0);
    play(&mut feed, &fs::read(&day.itch).unwrap(), 1_000, Duration::ZERO);
    let looked = wirebook(&[&"attach", &books, &"--json"]);
    assert_eq!(looked.status, 0, "{looked:?}");
    let json = looked.json();
    assert_eq!((&json["writer"], &json["feed_state"]), (&"alive".into(), &"Live".into()));
    assert_eq!(json["books_not_live"], Value::Array(Vec::new()));
    let checksum = wirebook::replay::touch_checksum(feed.books());
    assert_eq!(json["final_bbo_checksum"], checksum);
    let text = wirebook(&[&"attach", &books]);
    assert!(text.stdout.contains(&checksum.to_string()), "{text:?}");
    // Without a ring nobody can follow.
    let tape = folder.path().join("bbo.csv");
    let refused = wirebook(&[&"attach", &books, &"--bbo", &tape]);
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("without a ring"), "{refused:?}");
    assert!(!tape.exists());
}
