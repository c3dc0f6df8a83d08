//! The cases, each for one backend.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use wirebook_ingest::backend::{BURST, Burst, DropCause, Subscription};
use wirebook_ingest::frame::{Tagging, VlanProtocol, VlanTag};
use wirebook_ingest::session::Line;

use super::frames::{SENDER, frame, group, number_of, numbered, subscription, tagged};
use super::net::Wire;
use super::receiver::{Kept, Receiving, accounts_for, drain, dropped_nothing};
use super::{Kind, Room};

fn open(kind: &Kind, subscription: &Subscription, room: Room) -> Receiving {
    let opened = kind.open(subscription, room);
    Receiving::new(opened.unwrap_or_else(|error| panic!("{}: {error}", kind.name)))
}

/// Sends frames from the other end.
fn send(wire: &Wire, frames: &[Vec<u8>]) {
    wire.there(0, |sender| frames.iter().for_each(|frame| sender.send(frame).unwrap()));
}

fn numbers(kept: &[Kept], line: Line) -> Vec<u32> {
    kept.iter().filter(|kept| kept.line == line).map(|kept| number_of(&kept.payload)).collect()
}

pub(crate) fn datagrams_come_whole_and_in_the_order_of_their_line(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let count = 1500;
    let payload = |number: u32| numbered(number, 20 + number as usize % 1000);
    let to = |number: u32| subscription.lines[number as usize % 2].group;
    let frames: Vec<_> = (0..count).map(|number| frame(to(number), &payload(number))).collect();
    send(&wire, &frames);
    let kept = drain(&mut backend);
    for (line, first) in [(Line::A, 0), (Line::B, 1)] {
        let expected: Vec<u32> = (first..count).step_by(2).collect();
        assert_eq!(numbers(&kept, line), expected, "{} line {line}", kind.name);
    }
    for kept in &kept {
        assert_eq!(kept.payload, payload(number_of(&kept.payload)));
    }
    let counts = backend.counts();
    assert_eq!(counts.packets, u64::from(count));
    assert_eq!(counts.bytes, kept.iter().map(|kept| kept.payload.len() as u64).sum::<u64>());
    dropped_nothing(&counts);
}

pub(crate) fn a_burst_has_its_limit_and_what_it_lends_stays_until_the_next(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let to = subscription.lines[0].group;
    // What asks for its first packets only when it is polled is ready now.
    assert!(drain(&mut backend).is_empty());
    send(&wire, &(0..300).map(|number| frame(to, &numbered(number, 64))).collect::<Vec<_>>());
    std::thread::sleep(Duration::from_millis(50));
    let (mut got, mut longest) = (0, 0);
    let Receiving { backend, sorter } = &mut backend;
    for _ in 0..1000 {
        let mut burst = Burst::new();
        backend.poll(&mut burst).unwrap();
        assert!(burst.len() <= BURST);
        // While it is borrowed, more comes in and nothing of it changes.
        if got == 0 && !burst.is_empty() {
            let later: Vec<_> = (300..350).map(|number| frame(to, &numbered(number, 64))).collect();
            send(&wire, &later);
        }
        for received in &burst {
            let Some((_, payload)) = sorter.sort(received) else { continue };
            assert_eq!(payload, numbered(got, 64), "{}", kind.name);
            got += 1;
        }
        longest = longest.max(burst.len());
    }
    // An io_uring gives what its completion queue has.
    let expected = match kind.name {
        name if name.starts_with("xdp") => BURST..=BURST,
        name if name.starts_with("dpdk") => 64..=64,
        name if name.starts_with("io_uring") => 32..=64,
        _ => 32..=32,
    };
    assert_eq!(got, 350, "{}", kind.name);
    assert!(expected.contains(&longest), "{}: {longest}", kind.name);
}

pub(crate) fn more_comes_in_than_there_is_ever_room_for_at_once(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let to = subscription.lines[0].group;
    // What is lent comes back again and again: rings and memory of some thousand places go round thrice.
    let (rounds, count) = (13, 1000);
    for round in 0..rounds {
        let sent = round * count..(round + 1) * count;
        send(
            &wire,
            &sent.clone().map(|number| frame(to, &numbered(number, 64))).collect::<Vec<_>>(),
        );
        let kept = drain(&mut backend);
        assert!(numbers(&kept, Line::A).into_iter().eq(sent), "{} in round {round}", kind.name);
    }
    let counts = backend.counts();
    assert_eq!(counts.packets, u64::from(rounds * count));
    dropped_nothing(&counts);
}

pub(crate) fn only_subscribed_groups_and_ports_come_in(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let others = [group(3, 26_001), group(1, 26_002), group(2, 26_001), group(1, 9)];
    let mut frames = vec![frame(subscription.lines[0].group, &numbered(0, 50))];
    frames.extend(others.map(|other| frame(other, &numbered(9, 50))));
    frames.push(frame(subscription.lines[1].group, &numbered(1, 50)));
    send(&wire, &frames);
    let kept = drain(&mut backend);
    assert_eq!((numbers(&kept, Line::A), numbers(&kept, Line::B)), (vec![0], vec![1]));
    assert_eq!(kept.len(), 2);
    dropped_nothing(&backend.counts());
}

pub(crate) fn only_the_named_sender_of_a_source_specific_group_comes_in(kind: &Kind) {
    let wire = Wire::new(1);
    let mut subscription = subscription(&wire.here);
    // 232/8 is for such groups (RFC 4607).
    let to = SocketAddrV4::new(Ipv4Addr::new(232, 99, 1, 1), 26_003);
    subscription.lines[0].group = to;
    subscription.lines[0].source = Some(SENDER);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let other = Ipv4Addr::new(10, 99, 0, 78);
    let frames = [(1, SENDER), (2, other), (3, SENDER)]
        .map(|(number, from)| tagged(to, &numbered(number, 50), Tagging::Untagged, from));
    send(&wire, &frames);
    assert_eq!(numbers(&drain(&mut backend), Line::A), [1, 3], "{}", kind.name);
}

pub(crate) fn what_is_not_ours_is_left_to_the_kernel(kind: &Kind) {
    if !kind.leaves_the_rest {
        println!("skipped by {}: it takes all frames of its queue", kind.name);
        return;
    }
    let wire = Wire::new(1);
    let mut backend = open(kind, &subscription(&wire.here), Room::Plenty);
    // A program of the kernel's own on the same interface, and an echo of its answer to ARP.
    let other = group(9, 26_009);
    let program = UdpSocket::bind(other).unwrap();
    let index = wirebook_ingest::backend::Interface::find(&wire.here).unwrap().index();
    let socket = socket2::SockRef::from(&program);
    let on = socket2::InterfaceIndexOrAddress::Index(index);
    socket.join_multicast_v4_n(other.ip(), &on).unwrap();
    program.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    send(&wire, &[frame(other, b"for another program")]);
    let mut bytes = [0; 64];
    let length = program.recv(&mut bytes).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    assert_eq!(&bytes[..length], b"for another program");
    assert!(drain(&mut backend).is_empty());
    dropped_nothing(&backend.counts());
}

pub(crate) fn tagged_frames_come_in(kind: &Kind) {
    let wire = Wire::new(1);
    // Who does not see tags receives on the interface of the VLAN.
    let interface = if kind.sees_tags { Some(wire.here.clone()) } else { wire.vlan(100) };
    let Some(interface) = interface else {
        println!("skipped by {}: this kernel has no VLANs (modprobe 8021q)", kind.name);
        return;
    };
    let subscription = subscription(&interface);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let to = subscription.lines[0].group;
    let tag = |protocol, control| VlanTag { protocol, control };
    let single = Tagging::Single(tag(VlanProtocol::Customer, 100));
    let mut frames = vec![tagged(to, &numbered(1, 50), single, SENDER)];
    let mut expected = vec![1];
    if kind.sees_tags {
        let double = Tagging::Double {
            outer: tag(VlanProtocol::Provider, 7),
            inner: tag(VlanProtocol::Customer, 100),
        };
        frames.push(tagged(to, &numbered(2, 50), double, SENDER));
        expected.push(2);
    }
    send(&wire, &frames);
    assert_eq!(numbers(&drain(&mut backend), Line::A), expected, "{}", kind.name);
}

pub(crate) fn the_smallest_and_the_longest_datagrams_come_in(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let to = subscription.lines[0].group;
    // The frame of the first is padded to Ethernet's minimum; the last fills an MTU of 1500.
    let payloads: [&[u8]; 5] = [b"", b"x", &[7; 20], &[8; 1471], &[9; 1472]];
    send(&wire, &payloads.map(|payload| frame(to, payload)));
    let kept: Vec<_> = drain(&mut backend).into_iter().map(|kept| kept.payload).collect();
    assert_eq!(kept, payloads.map(<[u8]>::to_vec), "{}", kind.name);
    dropped_nothing(&backend.counts());
}

pub(crate) fn what_nobody_can_read_is_dropped_and_harms_nothing(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let good = |number| frame(subscription.lines[0].group, &numbered(number, 50));
    // Offsets of the IP header's first byte, its total length, and of the datagram's length.
    let broken = |at: usize, bytes: &[u8]| {
        let mut frame = good(99);
        frame[at..at + bytes.len()].copy_from_slice(bytes);
        frame
    };
    let frames = [
        good(1),
        broken(14, &[0x41]),       // a header of one word
        broken(14, &[0x65]),       // version 6 where 4 was announced
        broken(16, &[0, 24]),      // shorter than its headers
        broken(16, &[0xff, 0xff]), // longer than the frame
        broken(38, &[0, 3]),       // a datagram shorter than its header
        broken(38, &[0x7f, 0xff]), // one longer than its packet
        good(2),
    ];
    send(&wire, &frames);
    assert_eq!(numbers(&drain(&mut backend), Line::A), [1, 2], "{}", kind.name);
    let counts = backend.counts();
    let malformed = counts.dropped(DropCause::Malformed);
    let expected = if kind.counts_malformed { 6 } else { 0 };
    // What a driver or the kernel drops before the backend sees it, is theirs to count.
    assert_eq!(malformed, expected, "{}: {counts:?}", kind.name);
}

pub(crate) fn a_fragment_is_never_taken_for_a_datagram(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let to = subscription.lines[0].group;
    let mut first = frame(to, &numbered(1, 64));
    first[20] = 0x20; // more fragments follow, and never come
    let mut last = frame(to, &numbered(2, 64));
    last[20] = 0;
    last[21] = 9; // the ninth word of 8 bytes
    send(&wire, &[first, last, frame(to, &numbered(3, 64))]);
    let kept = drain(&mut backend);
    let numbers = numbers(&kept, Line::A);
    // Put together by the kernel they are a datagram, if one with a wrong checksum, which a socket of IP notices.
    let whole = if kind.joins_fragments { vec![1, 3] } else { vec![3] };
    assert_eq!(numbers, whole, "{}", kind.name);
}

pub(crate) fn what_finds_no_room_is_counted_and_the_rest_comes_in(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Little);
    let to = subscription.lines[0].group;
    assert!(drain(&mut backend).is_empty());
    let count = 3000;
    send(&wire, &(0..count).map(|number| frame(to, &numbered(number, 200))).collect::<Vec<_>>());
    let kept = drain(&mut backend);
    let counts = backend.counts();
    let came = kept.len();
    assert!(counts.dropped_total() > 0, "{}: nothing dropped, {came} came in", kind.name);
    accounts_for(&counts, u64::from(count));
    let numbers_before = numbers(&kept, Line::A);
    assert!(numbers_before.is_sorted(), "what is left is in order");
    // And it goes on.
    send(&wire, &[frame(to, &numbered(count, 200)), frame(to, &numbered(count + 1, 200))]);
    assert_eq!(numbers(&drain(&mut backend), Line::A), [count, count + 1], "{}", kind.name);
    accounts_for(&backend.counts(), u64::from(count) + 2);
}

pub(crate) fn the_port_is_free_again_after_the_end(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let to = subscription.lines[0].group;
    if !kind.reopens {
        println!("skipped by {}: its driver keeps the interface until the process ends", kind.name);
        return;
    }
    for round in 0..3 {
        let mut backend = open(kind, &subscription, Room::Plenty);
        assert!(drain(&mut backend).is_empty());
        send(&wire, &[frame(to, &numbered(round, 50))]);
        assert_eq!(numbers(&drain(&mut backend), Line::A), [round], "{}", kind.name);
    }
    // Nothing of it is left on the interface.
    let shown =
        std::process::Command::new("ip").args(["link", "show", &wire.here]).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(!shown.contains("xdp"), "{}: {shown}", kind.name);
}

pub(crate) fn both_queues_of_an_interface_are_received(kind: &Kind) {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        println!("skipped: packets go by the queue of the sender's core, and there is one core");
        return;
    }
    if kind.queues_max < 2 {
        println!("skipped by {}: on such an interface its driver has one queue", kind.name);
        return;
    }
    let wire = Wire::new(2);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    let mut expected = Vec::new();
    for core in 0..2_u32 {
        let frames = (0..200).map(|number| {
            let number = core * 1000 + number;
            expected.push(number);
            frame(subscription.lines[0].group, &numbered(number, 80))
        });
        let frames: Vec<_> = frames.collect();
        wire.there(core as usize, |sender| {
            frames.iter().for_each(|frame| sender.send(frame).unwrap());
        });
    }
    let mut got = numbers(&drain(&mut backend), Line::A);
    got.sort_unstable();
    assert_eq!(got, expected, "{}", kind.name);
    dropped_nothing(&backend.counts());
}

pub(crate) fn waiting_ends_when_something_comes_in_and_when_nothing_does(kind: &Kind) {
    let wire = Wire::new(1);
    let subscription = subscription(&wire.here);
    let mut backend = open(kind, &subscription, Room::Plenty);
    assert!(drain(&mut backend).is_empty());
    let start = Instant::now();
    backend.backend.wait(Duration::from_millis(30)).unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{}: {:?}", kind.name, start.elapsed());
    let frames = [frame(subscription.lines[0].group, &numbered(1, 50))];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            send(&wire, &frames);
        });
        let start = Instant::now();
        let mut kept = Vec::new();
        while kept.is_empty() && start.elapsed() < Duration::from_secs(10) {
            backend.backend.wait(Duration::from_secs(5)).unwrap();
            kept.extend(backend.poll().1.iter().map(|kept| number_of(&kept.payload)));
        }
        assert_eq!(kept, [1], "{}", kind.name);
        assert!(start.elapsed() < Duration::from_secs(4), "{}: it slept on", kind.name);
    });
}
