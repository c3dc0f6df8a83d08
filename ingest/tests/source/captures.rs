//! pcap files, and two of them together.

use wirebook_ingest::frame::Tagging;
use wirebook_ingest::session::Line;
use wirebook_ingest::source::{CaptureReader, CaptureStats, Captures};

use crate::capture_file::{
    ETHERNET, GROUP, LINUX_COOKED, Order, RAW_IP, SENDER, ethernet, linux_cooked, pcap,
    pcap_header, pcap_record, raw_ip, read, tagged,
};

#[test]
fn every_byte_order_resolution_and_link_type_reads_alike() {
    let frames = [
        (ETHERNET, ethernet(Tagging::Untagged, b"wire")),
        (ETHERNET, ethernet(tagged(), b"wire")),
        (RAW_IP, raw_ip(b"wire")),
        (LINUX_COOKED, linux_cooked(b"wire")),
        // A checksum of 4 bytes behind each frame, as the upper bits of the link type tell.
        (ETHERNET | 0x4400_0000, [ethernet(tagged(), b"wire"), vec![1, 2, 3, 4]].concat()),
    ];
    for (link, frame) in &frames {
        for order in Order::BOTH {
            for (nanoseconds, at) in [(false, 9_000_005_000), (true, 9_000_000_005)] {
                let mut file = pcap_header(order, nanoseconds, *link);
                file.extend(pcap_record(order, 9, 5, frame));
                let (found, error) = read(&file, 1 << 20);
                assert_eq!(error, None);
                assert_eq!(found, [(at, b"wire".to_vec())], "{link} {order:?} {nanoseconds}");
            }
        }
    }
}

#[test]
fn the_addresses_are_told() {
    let file = pcap(5, &[ethernet(tagged(), b"wire")]);
    let mut reader = CaptureReader::new("test", &file[..]).unwrap();
    let captured = reader.next_burst().unwrap().unwrap().next().unwrap();
    assert_eq!((captured.source, captured.destination), (SENDER, GROUP));
    assert_eq!((captured.line, captured.at.get()), (Line::A, 1_000_000_005));
}

#[test]
fn what_is_no_datagram_is_counted_and_not_fatal() {
    let good = ethernet(Tagging::Untagged, b"some payload");
    let mut arp = good.clone();
    arp[12..14].copy_from_slice(&[0x08, 0x06]);
    let mut fragment = good.clone();
    fragment[20] = 0x20; // more fragments
    let mut broken = good.clone();
    broken[14] = 0x95; // version 9
    let mut file = pcap(0, &[arp.clone(), good.clone(), fragment, broken, arp, good.clone()]);
    // The capture kept 30 bytes of the last one.
    let mut snapped = pcap_record(Order::Little, 2, 0, &good[..30]);
    snapped[12..16].copy_from_slice(&u32::try_from(good.len()).unwrap().to_le_bytes());
    file.extend(snapped);
    for chunk_bytes in [100, 1 << 20] {
        let mut reader = CaptureReader::with_chunk_bytes("test", &file[..], chunk_bytes).unwrap();
        let mut payloads = 0;
        while let Some(burst) = reader.next_burst().unwrap() {
            payloads += burst.filter(|captured| captured.payload == b"some payload").count();
        }
        assert_eq!(payloads, 2);
        let expected = CaptureStats {
            frames: 7,
            datagrams: 2,
            foreign: 2,
            malformed: 1,
            fragments: 1,
            snapped: 1,
            obsolete: 0,
        };
        assert_eq!(*reader.stats(), expected);
    }
}

#[test]
fn records_come_whole_whatever_the_chunk() {
    let payloads: Vec<Vec<u8>> =
        (0..20_000_u32).map(|index| index.to_be_bytes().repeat(1 + index as usize % 9)).collect();
    let frames: Vec<_> =
        payloads.iter().map(|payload| ethernet(Tagging::Untagged, payload)).collect();
    let file = pcap(0, &frames);
    for chunk_bytes in [100, 1_000, 65_537, 4 << 20] {
        let (found, error) = read(&file, chunk_bytes);
        assert_eq!(error, None);
        assert!(found.into_iter().map(|(_, payload)| payload).eq(payloads.iter().cloned()));
    }
    let error = read(&file, 0).1.unwrap();
    assert_eq!(error, "test: has a record of 66 bytes at offset 86, expected 0 to 64");
}

/// Lines and payloads of two captures, given as times in each.
fn merged(a: &[u32], b: &[u32]) -> Vec<String> {
    let file = |name: &str, times: &[u32]| {
        let mut file = pcap_header(Order::Little, true, ETHERNET);
        for at in times {
            let frame = ethernet(Tagging::Untagged, format!("{name}{at}").as_bytes());
            file.extend(pcap_record(Order::Little, 0, *at, &frame));
        }
        file
    };
    let (a, b) = (file("A", a), file("B", b));
    // Chunks of one record and of many must give the same.
    let [small, large] = [80, 1 << 16].map(|chunk_bytes| {
        let reader = |file| CaptureReader::with_chunk_bytes("test", file, chunk_bytes).unwrap();
        let mut captures = Captures::new(reader(&a[..]), Some(reader(&b[..])));
        let mut order = Vec::new();
        while let Some(burst) = captures.next_burst().unwrap() {
            for captured in burst {
                let payload = String::from_utf8(captured.payload.to_vec()).unwrap();
                assert!(payload.starts_with(captured.line.name()));
                order.push(payload);
            }
        }
        for line in Line::ALL {
            let here = order.iter().filter(|payload| payload.starts_with(line.name())).count();
            assert_eq!(captures.stats(line).unwrap().datagrams, here as u64);
        }
        order
    });
    assert_eq!(small, large);
    large
}

#[test]
fn two_captures_are_taken_in_the_order_of_time() {
    assert_eq!(merged(&[1, 4, 5], &[2, 3, 9]), ["A1", "B2", "B3", "A4", "A5", "B9"]);
    assert_eq!(merged(&[5, 5], &[5, 5]), ["A5", "A5", "B5", "B5"]);
    assert_eq!(merged(&[], &[1, 2]), ["B1", "B2"]);
    assert_eq!(merged(&[1, 2], &[]), ["A1", "A2"]);
    assert_eq!(merged(&[], &[]), [""; 0]);
}

#[test]
fn a_capture_that_goes_back_in_time_keeps_its_order() {
    assert_eq!(merged(&[10, 3, 12], &[5, 11]), ["B5", "A10", "A3", "B11", "A12"]);
}

#[test]
fn long_captures_are_merged_burst_by_burst() {
    let a: Vec<u32> = (0..9_000).map(|index| index * 2).collect();
    let b: Vec<u32> = (0..5_000).map(|index| index * 2 + 1).collect();
    let order = merged(&a, &b);
    let mut expected: Vec<(u32, char)> = a.iter().map(|at| (*at, 'A')).collect();
    expected.extend(b.iter().map(|at| (*at, 'B')));
    expected.sort_unstable();
    assert!(order.into_iter().eq(expected.iter().map(|(at, line)| format!("{line}{at}"))));
}
