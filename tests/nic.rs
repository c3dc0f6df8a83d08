//! The DPDK backend on emulated network cards, in a guest that `tests/nic.sh` makes and names.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::command::replay;
use support::generated::Generated;
use wirebook::book::SeqNo;
use wirebook::ingest::frame::{Tagging, UdpFrame, multicast_mac};
use wirebook::ingest::mold::{PacketWriter, SessionId};

/// Where QEMU takes the frames for each card.
struct Card {
    name: &'static str,
    device: &'static str,
    port: u16,
}

const CARDS: [Card; 2] = [
    Card { name: "0000:00:03.0", device: "e1000,netdev=n0,addr=3", port: 47_311 },
    Card { name: "0000:00:04.0", device: "virtio-net-pci,netdev=n1,addr=4", port: 47_313 },
];

/// What an emulated card takes without losing any.
const PACKETS_PER_SECOND: f64 = 2_000.0;

fn boot() -> Child {
    let from =
        |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name}: run tests/nic.sh"));
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args([
        "-accel",
        "tcg",
        "-cpu",
        "max",
        "-m",
        "1200",
        "-nographic",
        "-no-reboot",
        "-nodefaults",
    ]);
    qemu.args(["-serial", "stdio", "-kernel", &from("NIC_KERNEL"), "-initrd", &from("NIC_INITRD")]);
    qemu.args(["-append", "console=ttyS0 quiet hugepages=128 panic=-1"]);
    for (number, card) in CARDS.iter().enumerate() {
        let wire = format!(
            "dgram,id=n{number},local.type=inet,local.host=127.0.0.1,local.port={},\
             remote.type=inet,remote.host=127.0.0.1,remote.port={}",
            card.port,
            card.port + 1
        );
        qemu.args(["-netdev", &wire, "-device", card.device]);
    }
    qemu.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// The frames of a day for one line, with the end of its session.
fn frames(day: &[Vec<u8>], last: u8) -> Vec<Vec<u8>> {
    let group = SocketAddrV4::new(Ipv4Addr::new(239, 9, 9, last), 26_477);
    let udp = UdpFrame {
        source_mac: [0x02, 0, 0, 0, 0, 1],
        destination_mac: multicast_mac(*group.ip()),
        tagging: Tagging::Untagged,
        source: SocketAddrV4::new(Ipv4Addr::new(10, 9, 9, 9), 26_477),
        destination: group,
        identification: 0,
        time_to_live: 1,
    };
    let frame = |payload: &[u8]| {
        let mut frame = vec![0; payload.len() + 64];
        let length = udp.write(payload, &mut frame).unwrap();
        frame.truncate(length.max(60));
        frame
    };
    let mut buffer = [0; 400];
    let session = SessionId::from_bytes(*b"NETWORKNIC");
    let mut writer = PacketWriter::new(&mut buffer, session, SeqNo::new(1)).unwrap();
    let mut frames = Vec::new();
    for message in day {
        if !writer.fits(message) {
            frames.extend(writer.take().map(frame));
        }
        writer.push(message).unwrap();
    }
    frames.extend(writer.take().map(frame));
    frames.push(frame(&writer.end_of_session()));
    frames
}

/// Sends both lines, of which each loses every fiftieth packet, and never the other's.
fn send(card: &Card, lines: &[Vec<Vec<u8>>; 2]) -> u64 {
    let socket = UdpSocket::bind(("127.0.0.1", card.port + 1)).unwrap();
    let (start, mut sent) = (Instant::now(), 0);
    for packet in 0..lines[0].len() {
        for (line, frames) in lines.iter().enumerate() {
            let is_last = packet + 1 == frames.len();
            if packet % 50 == line * 25 && !is_last {
                continue;
            }
            socket.send_to(&frames[packet], ("127.0.0.1", card.port)).unwrap();
            sent += 1;
        }
        let due = Duration::from_secs_f64(packet as f64 / PACKETS_PER_SECOND);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
    sent
}

#[test]
#[ignore = "it boots a guest: run tests/nic.sh"]
fn cards_under_their_drivers_give_the_tape_of_the_recording() {
    let day = Generated::new(20_000, 61);
    let recorded = replay(&[&day.itch]).json;
    let messages = day.messages();
    let lines = [frames(&messages, 1), frames(&messages, 2)];
    let mut guest = boot();
    let mut console = BufReader::new(guest.stdout.take().unwrap());
    for card in &CARDS {
        let (mut said, mut sent) = (String::new(), None);
        let json: Value = loop {
            let mut line = String::new();
            assert!(console.read_line(&mut line).unwrap() > 0, "{}: it ended: {said}", card.name);
            if line.contains("ready to receive") {
                println!("{}", line.trim_end());
                // QEMU's e1000 takes nothing in for a second after it was told to receive.
                std::thread::sleep(Duration::from_millis(1500));
                sent = Some(send(card, &lines));
            }
            if let Some(start) = line.find("{\"messages\"") {
                break serde_json::from_str(&line[start..]).unwrap();
            }
            let is_over = line.contains(&format!("status of {}", card.name));
            assert!(!is_over, "{}: {said}{line}", card.name);
            said += &line;
        };
        let sent = sent.unwrap();
        assert_eq!(json["packets_received"], sent, "{}: {json}", card.name);
        for key in ["messages", "bbo_sha256", "final_bbo_checksum", "orders_live"] {
            assert_eq!(json[key], recorded[key], "{}: {key}: {json}", card.name);
        }
        println!("{}: {sent} packets by {}", card.name, json["backend"]["driver"]);
    }
    guest.wait().unwrap();
}
