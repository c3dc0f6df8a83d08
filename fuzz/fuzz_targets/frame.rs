//! Any frame of any link type: the datagram lies inside the frame, errors point into it, and a
//! datagram that is written again is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirebook_ingest::frame::{self, Datagram, FrameError, LinkType, Tagging, UdpFrame};

fuzz_target!(|input: (u8, &[u8])| {
    let (number, frame) = input;
    let numbers = [0, 1, 12, 14, 101, 108, 113, 228, 276];
    let link = LinkType::from_dlt(numbers[usize::from(number) % numbers.len()]).unwrap();
    match frame::datagram(link, frame) {
        Ok(datagram) => {
            check_datagram(&datagram, frame);
            check_written(&datagram);
        }
        Err(error) => check_error(error, frame),
    }
});

/// The payload is a part of the frame, and right before it stand the header fields it came with.
fn check_datagram(datagram: &Datagram<'_>, frame: &[u8]) {
    let start = datagram.payload.as_ptr() as usize - frame.as_ptr() as usize;
    let end = start + datagram.payload.len();
    assert!(end <= frame.len());
    let udp = &frame[start - 8..start];
    assert_eq!(udp[..2], datagram.source.port().to_be_bytes());
    assert_eq!(udp[2..4], datagram.destination.port().to_be_bytes());
    assert_eq!(usize::from(u16::from_be_bytes([udp[4], udp[5]])), 8 + datagram.payload.len());

    // The IPv4 header ends where UDP begins; its length is told by its own first byte.
    let ip = (5..=15).map(|words| start - 8 - (words * 4).min(start - 8)).find(|ip| {
        let header = &frame[*ip..start - 8];
        header.len() >= 20
            && header[0] == 0x40 + (header.len() / 4) as u8
            && header[9] == 17
            && header[12..16] == datagram.source.ip().octets()
            && header[16..20] == datagram.destination.ip().octets()
    });
    assert!(ip.is_some(), "no IPv4 header before the datagram");
}

fn check_written(datagram: &Datagram<'_>) {
    let header = UdpFrame {
        source_mac: [2; 6],
        destination_mac: frame::multicast_mac(*datagram.destination.ip()),
        tagging: Tagging::Untagged,
        source: datagram.source,
        destination: datagram.destination,
        identification: 0,
        time_to_live: 1,
    };
    let mut out = vec![0; header.header_len() + datagram.payload.len()];
    let len = header.write(datagram.payload, &mut out).unwrap();
    assert_eq!(len, out.len());
    assert_eq!(frame::datagram(LinkType::Ethernet, &out), Ok(*datagram));
}

fn check_error(error: FrameError, frame: &[u8]) {
    match error {
        FrameError::Truncated { offset, expected, found, .. } => {
            assert!(expected > found);
            assert!(offset + found <= frame.len());
        }
        FrameError::EtherType { offset, .. }
        | FrameError::Protocol { offset, .. }
        | FrameError::Fragment { offset, .. }
        | FrameError::Version { offset, .. }
        | FrameError::HeaderLength { offset, .. }
        | FrameError::TotalLength { offset, .. }
        | FrameError::UdpLength { offset, .. } => assert!(offset < frame.len()),
        FrameError::Family { found } => assert_ne!(found, 2),
    }
    assert!(!error.to_string().is_empty());
}
