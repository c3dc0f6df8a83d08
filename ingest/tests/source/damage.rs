//! Captures that are damaged or cut short: everything before, then an error that says where.

use wirebook_ingest::frame::Tagging;

use crate::capture_file::{ETHERNET, Order, ethernet, pcap, pcap_header, pcap_record, read};
use crate::pcapng::{block, interface, packet, section};

fn frame() -> Vec<u8> {
    ethernet(Tagging::Untagged, b"wire") // 46 bytes
}

#[test]
fn a_pcap_file_cut_anywhere_is_told_with_the_record() {
    let file = pcap(0, &[frame(), frame()]); // records at 24 and 86, end at 148
    for end in 0..file.len() {
        let (found, error) = read(&file[..end], 1 << 20);
        let cut = |offset: usize, expected: usize| {
            let found = end - offset;
            Some(format!(
                "test: ends in a record at offset {offset}: expected {expected} bytes, found \
                 {found}"
            ))
        };
        let (whole, expected) = match end {
            0 => (0, Some("test: is empty".to_owned())),
            1..4 => {
                let bytes: String = file[..end].iter().map(|byte| format!(" {byte:02x}")).collect();
                let text = "and pcap or pcapng was expected for pcap";
                (0, Some(format!("test: is no capture: it begins with bytes{bytes}, {text}")))
            }
            4..24 => (0, cut(0, 24)),
            24 => (0, None),
            25..40 => (0, cut(24, 16)),
            40..86 => (0, cut(24, 62)),
            86 => (1, None),
            87..102 => (1, cut(86, 16)),
            _ => (1, cut(86, 62)),
        };
        assert_eq!((found.len(), error), (whole, expected), "{end}");
    }
}

#[test]
fn a_pcapng_file_cut_anywhere_is_told_with_the_block() {
    let order = Order::Big;
    let blocks = [section(order), interface(order, 1, 0, &[]), packet(order, 0, 1, &frame())];
    let file = blocks.concat();
    let ends = [0, 28, 48, file.len()];
    for end in 4..file.len() {
        let (found, error) = read(&file[..end], 1 << 20);
        assert_eq!(found.len(), 0);
        if ends.contains(&end) {
            assert_eq!(error, None);
            continue;
        }
        let block = ends.iter().rposition(|offset| *offset < end).unwrap();
        let offset = ends[block];
        let found = end - offset;
        let expected = if found < 12 { 12 } else { ends[block + 1] - offset };
        assert_eq!(
            error.unwrap(),
            format!(
                "test: ends in a record at offset {offset}: expected {expected} bytes, found \
                 {found}"
            )
        );
    }
}

#[test]
fn a_record_longer_than_any_frame_is_refused() {
    let mut file = pcap(0, &[frame()]);
    let mut huge = pcap_record(Order::Little, 0, 0, &frame());
    huge[8..12].copy_from_slice(&262_145_u32.to_le_bytes());
    file.extend(huge);
    let (found, error) = read(&file, 1 << 20);
    assert_eq!(found.len(), 1);
    assert_eq!(
        error.unwrap(),
        "test: has a record of 262161 bytes at offset 86, expected 16 to 262160"
    );
}

#[test]
fn blocks_with_impossible_lengths_are_refused() {
    let order = Order::Little;
    let good = [section(order), interface(order, 1, 0, &[])].concat();
    let mut short = block(order, 6, &[0; 20]);
    short[4..8].copy_from_slice(&8_u32.to_le_bytes());
    let mut unlike = packet(order, 0, 0, &frame());
    *unlike.last_mut().unwrap() = 1;
    let mut inside = packet(order, 0, 0, &frame());
    inside[20..24].copy_from_slice(&4_000_u32.to_le_bytes());
    let length = inside.len();
    for (block, text) in [
        (short, "has a record of 8 bytes at offset 48, expected 12 to 1048576".to_owned()),
        (
            unlike,
            format!(
                "has a block at offset 48 with two lengths, {length} before and {} behind",
                length | 0x0100_0000
            ),
        ),
        (inside, "has a damaged record at offset 48 (type 0x00000006)".to_owned()),
        (block(order, 6, &[0; 4]), "has a damaged record at offset 48 (type 0x00000006)".into()),
        (block(order, 1, &[0; 4]), "has a damaged record at offset 48 (type 0x00000001)".into()),
    ] {
        let file = [&good[..], &block].concat();
        assert_eq!(read(&file, 1 << 20).1.unwrap(), format!("test: {text}"));
    }
}

#[test]
fn other_versions_and_link_types_are_refused() {
    let mut file = pcap_header(Order::Big, true, ETHERNET);
    file[5] = 3;
    let text = "test: has format version 3 at offset 0, expected 2";
    assert_eq!(read(&file, 1 << 20).1.unwrap(), text);

    let file = pcap_header(Order::Little, true, 220);
    let text = "test: has frames of link type 220, which is not read";
    assert_eq!(read(&file, 1 << 20).1.unwrap(), text);

    let mut file = section(Order::Little);
    file[12] = 2;
    let text = "test: has format version 2 at offset 0, expected 1";
    assert_eq!(read(&file, 1 << 20).1.unwrap(), text);

    let mut file = section(Order::Little);
    file[8] = 0;
    let text = "test: has a damaged record at offset 0 (type 0x0a0d0d0a)";
    assert_eq!(read(&file, 1 << 20).1.unwrap(), text);
}
