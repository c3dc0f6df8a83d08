//! Captures that were written here are read back.

use wirebook_book::Nanos;
use wirebook_ingest::frame::{LinkType, MAX_PAYLOAD_LEN, Tagging};
use wirebook_ingest::source::{CaptureWriteError, PcapWriter};

use crate::capture_file::{linux_cooked, raw_ip, read, tagged, udp};

#[test]
fn what_is_written_is_read() {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::Ethernet).unwrap();
    let times = [0, 1_700_000_000_123_456_789, u64::from(u32::MAX) * 1_000_000_000 + 999_999_999];
    let payloads = [b"wire".to_vec(), Vec::new(), vec![7; MAX_PAYLOAD_LEN]];
    for (at, payload) in times.into_iter().zip(&payloads) {
        let tagging = if payload.is_empty() { tagged() } else { Tagging::Untagged };
        writer.write_datagram(Nanos::new(at), &udp(tagging), payload).unwrap();
    }
    let (found, error) = read(&writer.finish().unwrap(), 1 << 20);
    assert_eq!(error, None);
    assert!(found.into_iter().eq(times.into_iter().zip(payloads)));
}

#[test]
fn frames_of_every_link_type_are_written_as_they_are() {
    for (link, frame) in
        [(LinkType::RawIp, raw_ip(b"wire")), (LinkType::LinuxCooked, linux_cooked(b"wire"))]
    {
        let mut writer = PcapWriter::new(Vec::new(), link).unwrap();
        writer.write_frame(Nanos::new(5), &frame).unwrap();
        let error = writer.write_datagram(Nanos::new(5), &udp(tagged()), b"wire").unwrap_err();
        assert!(matches!(error, CaptureWriteError::Link { found } if found == link));
        assert_eq!(read(&writer.finish().unwrap(), 99).0, [(5, b"wire".to_vec())]);
    }
}

#[test]
fn what_the_format_cannot_hold_is_refused_and_leaves_nothing_behind() {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::Ethernet).unwrap();
    let error = writer.write_frame(Nanos::new(0), &vec![0; 262_145]).unwrap_err();
    assert_eq!(error.to_string(), "a frame of 262145 bytes, expected at most 262144");
    let late = Nanos::new((1 << 32) * 1_000_000_000);
    let error = writer.write_datagram(late, &udp(tagged()), b"").unwrap_err();
    assert_eq!(error.to_string(), "time 4294967296000000000 ns is beyond what a pcap file holds");
    let long = vec![0; MAX_PAYLOAD_LEN + 1];
    let error = writer.write_datagram(Nanos::new(0), &udp(tagged()), &long).unwrap_err();
    assert!(matches!(error, CaptureWriteError::Datagram(_)));
    assert_eq!(read(&writer.finish().unwrap(), 99), (Vec::new(), None));
}
