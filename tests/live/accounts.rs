//! What was sent is what came in and what was dropped, also where much is lost.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::path::each;
use super::programs::{dropped, over_lines, publish, receive, settle};
use super::support::command::{folder, replay};
use super::support::generated::Generated;

#[test]
fn every_packet_is_accounted_for_though_the_receiver_pauses() {
    let day = Generated::new(60_000, 21);
    let recorded = replay(&[&day.itch]);
    each("a receiver that pauses", |path| {
        let folder = folder();
        let tape = folder.path().join("bbo.csv");
        let little: &[&str] = match path.name {
            // Drivers of DPDK hold a few thousand packets, whatever they are asked for.
            "net_af_packet" | "net_af_xdp" => &[],
            name if name.starts_with("xdp") => &["--frames", "512"],
            _ => &["--receive-buffer", "65536", "--uring-buffers", "64"],
        };
        let bbo = ["--exit-idle", "2", "--bbo", tape.to_str().unwrap()];
        let receiving = receive(path, &["run"], &[little, &bbo].concat());
        let sent = thread::scope(|scope| {
            let publishing = scope.spawn(|| publish(path, &day.itch, &["--rate", "30000"]));
            thread::sleep(Duration::from_millis(300));
            receiving.signal(Signal::STOP);
            thread::sleep(Duration::from_millis(600));
            receiving.signal(Signal::CONT);
            publishing.join().unwrap()
        });
        let ended = receiving.end();
        let json = &ended.json;
        let lost = dropped(json);
        assert!(lost > 0, "{}: nothing was lost: {json}", path.name);
        let received = json["packets_received"].as_u64().unwrap();
        assert_eq!(received + lost, over_lines(&sent, "packets"), "{}: {json}", path.name);
        // What is missing is said, and nothing wrong is shown: the tape is a beginning of the true one.
        assert_eq!(ended.status, 3, "{}: {ended:?}", path.name);
        assert_eq!(json["feed_state"], "Gapped");
        let (tape, whole) = (fs::read_to_string(&tape).unwrap(), &recorded.tape);
        assert!(whole.starts_with(&tape) && tape.len() < whole.len(), "{}", path.name);
        let missing = json["gap_messages"].as_u64().unwrap();
        let applied = json["messages"].as_u64().unwrap();
        assert_eq!(applied + missing, 60_000, "{}: {json}", path.name);
    });
}

#[test]
fn a_signal_ends_it_with_a_full_account() {
    let day = Generated::new(6_000, 22);
    for signal in [Signal::INT, Signal::TERM] {
        each("a signal", |path| {
            let receiving = receive(path, &["run"], &[]);
            let sent = publish(path, &day.itch, &["--rate", "5000"]);
            settle();
            receiving.signal(signal);
            let ended = receiving.end();
            assert_eq!(ended.status, 0, "{}: {ended:?}", path.name);
            assert_eq!(ended.json["packets_received"], over_lines(&sent, "packets"));
            assert_eq!(ended.json["messages"], 6_000);
        });
    }
}

#[test]
fn what_a_killed_receiver_leaves_is_gone_at_the_next_start() {
    let day = Generated::new(3_000, 23);
    each("after a kill", |path| {
        let killed = receive(path, &["run"], &[]);
        killed.signal(Signal::KILL);
        let mut child = killed.child;
        child.wait().unwrap();
        let receiving = receive(path, &["run"], &["--exit-at-end"]);
        let sent = publish(path, &day.itch, &["--rate", "5000"]);
        let ended = receiving.end();
        assert_eq!(ended.status, 0, "{}: {ended:?}", path.name);
        assert_eq!(ended.json["packets_received"], over_lines(&sent, "packets"), "{}", path.name);
    });
}

#[test]
fn a_silent_feed_is_stale_and_a_gap_on_both_lines_is_never_hidden() {
    let day = Generated::new(10_000, 24);
    each("both lines lose the same", |path| {
        let receiving = receive(path, &["run"], &["--exit-at-end"]);
        let faults = ["--rate", "5000", "--loss-a", "0.05", "--loss-b", "0.05", "--allow-gap"];
        let sent = publish(path, &day.itch, &faults);
        let ended = receiving.end();
        let lost = sent["messages_lost"].as_u64().unwrap();
        assert!(lost > 0, "{sent}");
        assert_eq!(ended.status, 3, "{}: {ended:?}", path.name);
        assert_eq!(ended.json["gap_messages"], lost, "{}: {}", path.name, ended.json);
        assert_eq!(ended.json["feed_state"], "Gapped");
    });
}

#[test]
fn every_page_of_the_books_is_there_before_the_first_packet() {
    each("pages", |path| {
        let receiving = receive(path, &["run"], &[]);
        let status = fs::read_to_string(format!("/proc/{}/status", receiving.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident_kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        receiving.signal(Signal::INT);
        let ended = receiving.end();
        // Room for four million orders, 64 bytes each, is the most of it.
        assert!(resident_kib >= (4 << 20) * 64 / 1024, "{}: {resident_kib} KiB", path.name);
        assert_ne!(ended.json["pages"], "", "{}: {}", path.name, ended.json);
    });
}
