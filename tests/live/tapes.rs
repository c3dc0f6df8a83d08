//! The same recording gives the same tape, however it comes in.

use std::fs;
use std::time::Duration;

use super::path::each;
use super::programs::{WIREBOOK, dropped, over_lines, publish, receive};
use super::support::command::{folder, replay, wirebook};
use super::support::generated::Generated;

/// Packets a second that every path carries on a busy machine.
const PACED: [&str; 2] = ["--rate", "5000"];
/// Each line loses one packet in a hundred, and never both the same.
const FAULTS: [&str; 8] =
    ["--loss-a", "0.01", "--loss-b", "0.01", "--dup", "0.01", "--reorder", "0.02"];

#[test]
fn every_backend_gives_the_tape_of_the_recording_though_each_line_loses_packets() {
    let day = Generated::new(30_000, 7);
    let recorded = replay(&[&day.itch]);
    each("a lossy feed", |path| {
        let folder = folder();
        let tape = folder.path().join("bbo.csv");
        let bbo = tape.to_str().unwrap();
        let receiving = receive(path, &["run"], &["--exit-at-end", "--bbo", bbo]);
        let sent = publish(path, &day.itch, &[&PACED[..], &FAULTS].concat());
        let ended = receiving.end();
        let json = &ended.json;
        assert_eq!(ended.status, 0, "{}: {ended:?}", path.name);
        assert!(fs::read_to_string(&tape).unwrap() == recorded.tape, "{}: another tape", path.name);
        for key in
            ["messages", "messages_by_type", "bbo_sha256", "final_bbo_checksum", "orders_live"]
        {
            assert_eq!(json[key], recorded.json[key], "{}: {key}", path.name);
        }
        // Both ends have counted the same.
        assert_eq!(dropped(json), 0, "{}: {json}", path.name);
        assert_eq!(json["packets_received"], over_lines(&sent, "packets"), "{}", path.name);
        assert_eq!(json["bytes_received"], over_lines(&sent, "bytes"));
        for line in ["A", "B"] {
            assert_eq!(json["lines"][line]["packets"], sent["lines"][line]["packets"]);
            assert!(sent["lines"][line]["withheld_packets"].as_u64().unwrap() > 50, "{sent}");
        }
        assert_eq!(json["latency_ns"]["packets"], json["packets_received"]);
        if path.name.starts_with("xdp") {
            let counters = json["backend_counters"].as_object().unwrap().iter();
            let redirected = counters.filter(|(name, _)| name.starts_with("redirected_cpu"));
            let redirected: u64 = redirected.map(|(_, count)| count.as_u64().unwrap()).sum();
            assert_eq!(json["packets_received"], redirected, "{json}");
        }
        assert!(json["backend"]["name"].is_string() && json["backend"]["mode"] == "adaptive");
    });
}

#[test]
fn what_was_recorded_from_the_wire_replays_to_the_same_books() {
    let day = Generated::new(10_000, 8);
    let recorded = replay(&[&day.itch]);
    each("a capture", |path| {
        let folder = folder();
        let capture = folder.path().join("captured.pcap");
        let receiving = receive(path, &["record", capture.to_str().unwrap()], &["--exit-at-end"]);
        let sent = publish(path, &day.itch, &PACED);
        let ended = receiving.end();
        assert_eq!(ended.status, 0, "{}: {ended:?}", path.name);
        assert_eq!(ended.json["packets"], over_lines(&sent, "packets"));
        let replayed = replay(&[&capture]);
        assert!(replayed.tape == recorded.tape, "{}: another tape", path.name);
        assert_eq!(replayed.json["messages"], recorded.json["messages"]);
    });
}

#[test]
fn another_process_follows_books_that_come_in_live() {
    let day = Generated::new(20_000, 9);
    let recorded = replay(&[&day.itch]);
    each("a follower", |path| {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let (books, tape) = (folder.path().join("books"), folder.path().join("bbo.csv"));
        let region = books.to_str().unwrap();
        let receiving = receive(path, &["run"], &["--exit-at-end", "--region", region]);
        let follower = std::process::Command::new(WIREBOOK)
            .args(["attach", region, "--json", "--bbo", tape.to_str().unwrap()])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(500));
        publish(path, &day.itch, &PACED);
        let ended = receiving.end();
        let followed = follower.wait_with_output().unwrap();
        assert_eq!(ended.status, 0, "{}: {ended:?}", path.name);
        assert!(followed.status.success(), "{}: {followed:?}", path.name);
        assert!(fs::read_to_string(&tape).unwrap() == recorded.tape, "{}: another tape", path.name);
    });
}

#[test]
fn several_channels_are_received_by_threads_of_their_own() {
    let days = [Generated::new(8_000, 10), Generated::new(8_000, 11)];
    let _turn = super::path::turn();
    if !super::net::has_io_uring("several channels") {
        return;
    }
    let folder = folder();
    let config = folder.path().join("run.toml");
    let port = 19_000 + u16::try_from(std::process::id() % 400).unwrap() * 2;
    let text = format!(
        "backend = \"io_uring\"\ninterface = \"lo\"\nexit_at_end = true\nmode = \"blocking\"\n\
         [[channel]]\ngroup = \"239.98.4.1:{port}\"\n[[channel]]\ngroup = \"239.98.4.2:{}\"\ncore = 0\n",
        port + 1
    );
    fs::write(&config, text).unwrap();
    let mut child = std::process::Command::new(WIREBOOK)
        .args(["run", "--json", "--exit-idle", "20", "--config", config.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let ready = std::io::BufRead::lines(stderr).map(Result::unwrap).take(2).collect::<Vec<_>>();
    assert!(ready.iter().all(|line| line.contains("ready to receive")), "{ready:?}");
    for (last, day) in (1..).zip(&days) {
        let group = format!("239.98.4.{last}:{}", port + last - 1);
        let sent = wirebook(&[
            &"publish",
            &day.itch,
            &"--interface",
            &"lo",
            &"--group",
            &group,
            &"--rate",
            &"8000",
        ]);
        assert_eq!(sent.status, 0, "{sent:?}");
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (index, day) in days.iter().enumerate() {
        let recorded = replay(&[&day.itch]).json;
        assert_eq!(json[index]["bbo_sha256"], recorded["bbo_sha256"]);
        assert_eq!(json[index]["final_bbo_checksum"], recorded["final_bbo_checksum"]);
    }
    assert_eq!(json[1]["backend"]["core"], "0");
}
