//! pcapng files: sections, interfaces, and packets of either kind.

use wirebook_ingest::frame::Tagging;
use wirebook_ingest::source::CaptureReader;

use crate::capture_file::{Order, RAW_IP, ethernet, raw_ip, read, tagged};

const SECTION: u32 = 0x0a0d_0d0a;

pub(crate) fn block(order: Order, block_type: u32, contents: &[u8]) -> Vec<u8> {
    let padding = vec![0; contents.len().wrapping_neg() % 4];
    let length = order.u32(u32::try_from(12 + contents.len() + padding.len()).unwrap());
    [&order.u32(block_type)[..], &length, contents, &padding, &length].concat()
}

pub(crate) fn section(order: Order) -> Vec<u8> {
    let version = [order.u16(1), order.u16(0)].concat();
    let contents = [&order.u32(0x1a2b_3c4d)[..], &version, &[0xff; 8]].concat();
    block(order, SECTION, &contents)
}

/// `options` are numbers with their values.
pub(crate) fn interface(
    order: Order,
    link: u32,
    snap_bytes: u32,
    options: &[(u16, &[u8])],
) -> Vec<u8> {
    let link = order.u16(u16::try_from(link).unwrap());
    let mut contents = [&link[..], &[0, 0], &order.u32(snap_bytes)].concat();
    for (number, value) in options {
        contents.extend(order.u16(*number));
        contents.extend(order.u16(u16::try_from(value.len()).unwrap()));
        contents.extend(*value);
        contents.extend(vec![0; value.len().wrapping_neg() % 4]);
    }
    if !options.is_empty() {
        contents.extend([0; 4]);
    }
    block(order, 1, &contents)
}

pub(crate) fn packet(order: Order, interface: u32, units: u64, frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap();
    let (high, low) = ((units >> 32) as u32, (units & 0xffff_ffff) as u32);
    let fields = [interface, high, low, length, length].map(|number| order.u32(number)).concat();
    let mut contents = [&fields[..], frame].concat();
    contents.extend(vec![0; contents.len().wrapping_neg() % 4]);
    // Flags, as many capturing programs add them.
    contents.extend([&order.u16(2)[..], &order.u16(4), &order.u32(1), &[0; 4]].concat());
    block(order, 6, &contents)
}

fn simple_packet(order: Order, original_bytes: u32, frame: &[u8]) -> Vec<u8> {
    block(order, 3, &[&order.u32(original_bytes)[..], frame].concat())
}

#[test]
fn every_interface_has_its_own_link_type_and_clock() {
    for order in Order::BOTH {
        let offset_s = match order {
            Order::Little => 100_i64.to_le_bytes(),
            Order::Big => 100_i64.to_be_bytes(),
        };
        let file = [
            section(order),
            interface(order, 1, 0, &[(9, &[9])]),
            interface(order, RAW_IP, 0, &[]),
            interface(order, 1, 0, &[(2, b"eth7"), (9, &[0x80 | 20]), (14, &offset_s)]),
            packet(order, 0, 1_700_000_000_123_456_789, &ethernet(tagged(), b"one")),
            packet(order, 1, 1_700_000_000_123_456, &raw_ip(b"two")),
            packet(order, 2, 3 << 19, &ethernet(Tagging::Untagged, b"three")),
        ]
        .concat();
        let expected = [
            (1_700_000_000_123_456_789, b"one".to_vec()),
            (1_700_000_000_123_456_000, b"two".to_vec()),
            (101_500_000_000, b"three".to_vec()),
        ];
        for chunk_bytes in [100, 150, 1 << 20] {
            let (found, error) = read(&file, chunk_bytes);
            assert_eq!((&found[..], error), (&expected[..], None), "{order:?} {chunk_bytes}");
        }
    }
}

#[test]
fn a_section_brings_its_own_order_and_interfaces() {
    let frame = ethernet(Tagging::Untagged, b"wire");
    let file = [
        section(Order::Big),
        interface(Order::Big, RAW_IP, 0, &[]),
        section(Order::Little),
        interface(Order::Little, 1, 0, &[]),
        packet(Order::Little, 0, 7, &frame),
    ]
    .concat();
    assert_eq!(read(&file, 1 << 20), (vec![(7_000, b"wire".to_vec())], None));
    let file = [&file[..], &section(Order::Little), &packet(Order::Little, 0, 7, &frame)].concat();
    let error = read(&file, 1 << 20).1.unwrap();
    let text = "test: has a packet of interface 0 at offset 216, but describes 0 so far";
    assert_eq!(error, text);
}

#[test]
fn simple_packets_are_of_the_first_interface_and_the_latest_time() {
    let order = Order::Little;
    let frame = ethernet(Tagging::Untagged, b"wire!"); // 47 bytes: padded in its block
    let file = [
        section(order),
        interface(order, 1, 47, &[]),
        packet(order, 0, 7, &frame),
        simple_packet(order, 47, &frame),
        simple_packet(order, 60, &frame),
        simple_packet(order, 60, &frame[..44]),
    ]
    .concat();
    let mut reader = CaptureReader::new("test", &file[..]).unwrap();
    let burst = reader.next_burst().unwrap().unwrap();
    assert!(burst.clone().all(|captured| captured.payload == b"wire!"));
    assert!(burst.clone().all(|captured| captured.at.get() == 7_000));
    assert_eq!(burst.len(), 3);
    let stats = reader.stats();
    assert_eq!((stats.frames, stats.snapped), (4, 1));
}

#[test]
fn blocks_without_packets_and_unread_link_types_are_passed_over() {
    let order = Order::Big;
    let frame = ethernet(Tagging::Untagged, b"wire");
    let usb = 220;
    let file = [
        section(order),
        interface(order, usb, 0, &[]),
        interface(order, 1, 0, &[]),
        block(order, 0x8000_0001, b"anything at all"),
        block(order, 5, &[0; 12]),
        packet(order, 0, 1, &frame),
        block(order, 2, &[0; 40]),
        packet(order, 1, 2, &frame),
    ]
    .concat();
    let mut reader = CaptureReader::new("test", &file[..]).unwrap();
    assert_eq!(reader.next_burst().unwrap().unwrap().len(), 1);
    assert!(reader.next_burst().unwrap().is_none());
    let stats = reader.stats();
    assert_eq!((stats.frames, stats.datagrams, stats.foreign, stats.obsolete), (3, 1, 1, 1));
}
