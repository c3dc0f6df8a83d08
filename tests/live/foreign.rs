//! Senders that are not ours.

use std::path::Path as FilePath;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::net::may_make_wires;
use super::path::{each, turn};
use super::programs::{WIREBOOK, dropped, settle};
use super::support::command::{folder, replay, wirebook};

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn a_capture_that_tcpreplay_sends_gives_its_tape() {
    if !is_installed("tcpreplay") {
        println!("skipped: tcpreplay is not installed");
        return;
    }
    let folder = folder();
    let capture = folder.path().join("day.pcap");
    let made = wirebook(&[
        &"generate",
        &capture,
        &"--format",
        &"pcap",
        &"--messages",
        &"20000",
        &"--symbols",
        &"20",
    ]);
    assert_eq!(made.status, 0, "{made:?}");
    let recorded = replay(&[&capture]);
    each("tcpreplay", |path| {
        let (mut command, interface) = path.there("tcpreplay");
        if interface == "lo" {
            println!(
                "skipped by {}: tcpreplay sends over a wire, and this one is on lo",
                path.name
            );
            return;
        }
        // The groups of the capture, which is line A alone.
        let mut receiving = Command::new(WIREBOOK);
        receiving
            .arg("run")
            .args(&path.receive)
            .args(&path.room)
            .args(["--group", "233.54.12.111:26477"]);
        receiving.args(["--json", "--interval", "0", "--exit-at-end", "--exit-idle", "20"]);
        let child = receiving.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(2500));
        let sent =
            command.args(["--intf1", &interface, "--pps", "5000"]).arg(&capture).output().unwrap();
        assert!(sent.status.success(), "{sent:?}");
        let output = child.wait_with_output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["bbo_sha256"], recorded.json["bbo_sha256"], "{}", path.name);
        assert_eq!(json["packets_received"], recorded.json["frames"], "{}", path.name);
        assert_eq!(dropped(&json), 0, "{}: {json}", path.name);
    });
}

#[test]
fn what_testpmd_sends_over_shared_memory_is_counted_to_the_last() {
    let _turn = turn();
    if !cfg!(feature = "dpdk") || !is_installed("dpdk-testpmd") {
        println!("skipped: it needs the feature dpdk and dpdk-testpmd");
        return;
    }
    if !may_make_wires("testpmd") {
        return;
    }
    let folder = folder();
    let socket = folder.path().join("memif.sock");
    let receiving = receive_memif(&socket, folder.path());
    std::thread::sleep(Duration::from_secs(3));
    let sent = testpmd(&socket, folder.path());
    settle();
    receiving_ends(receiving, sent);
}

fn receive_memif(socket: &FilePath, folder: &FilePath) -> std::process::Child {
    let device = format!("net_memif0,role=server,socket={},socket-abstract=no", socket.display());
    Command::new(WIREBOOK)
        .env("XDG_RUNTIME_DIR", folder)
        .args(["run", "--backend", "dpdk", "--device", &device, "--group", "198.18.0.2:9"])
        .args(["--eal", "--no-huge -m 128 --no-shconf --file-prefix=receiver"])
        .args(["--json", "--interval", "0", "--exit-idle", "8", "--mode", "busy"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends for two seconds; how many packets it says it sent.
fn testpmd(socket: &FilePath, folder: &FilePath) -> u64 {
    let device = format!("net_memif0,role=client,socket={},socket-abstract=no", socket.display());
    let mut child = Command::new("dpdk-testpmd")
        .env("XDG_RUNTIME_DIR", folder)
        .args(["--no-huge", "-m", "128", "--no-shconf", "--no-pci", "--file-prefix=sender"])
        .args(["-l", "0,1", "--vdev", &device, "--", "-i", "--forward-mode=txonly"])
        .args(["--txpkts=128", "--total-num-mbufs=2048", "--no-flush-rx", "--burst=16"])
        .args(["--tx-ip=198.18.0.1,198.18.0.2", "--tx-udp=9,9"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut say = |text: &str, ms| {
        std::io::Write::write_all(&mut input, text.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(ms));
    };
    // It has not met the other end yet when it takes its first command.
    say("\n", 3000);
    say("start\n", 2000);
    // What was sent is read before it goes: the memory goes with it.
    say("stop\n", 1500);
    say("quit\n", 0);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let sent = text.lines().filter_map(|line| line.trim().strip_prefix("TX-packets:"));
    let sent = sent.filter_map(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).max();
    sent.unwrap_or_else(|| panic!("{text}"))
}

fn receiving_ends(child: std::process::Child, sent: u64) {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let json: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    assert!(sent > 10_000, "{sent}");
    assert_eq!(json["packets_received"].as_u64().unwrap() + dropped(&json), sent, "{json}");
    // They hold no MoldUDP64, and that is said.
    assert_eq!(json["lines"]["A"]["malformed"], json["packets_received"]);
}
