//! The golden packets of `tests/golden/mold`, read and written.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use wirebook_book::SeqNo;
use wirebook_ingest::mold::{
    Block, Packet, PacketKind, PacketWriter, Request, SessionId, end_of_session, heartbeat,
};

const PACKETS: [&str; 4] = ["data", "heartbeat", "end_of_session", "padded_session"];

fn golden(name: &str, extension: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/mold");
    let path = PathBuf::from(folder).join(name).with_extension(extension);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The packet in the words of the dumps.
fn dump(packet: &Packet<'_>) -> String {
    let count = match packet.kind() {
        PacketKind::EndOfSession => 0xFFFF,
        PacketKind::Data | PacketKind::Heartbeat => packet.messages().len(),
    };
    let (session, sequence) = (packet.session(), packet.sequence());
    let mut text = format!(
        "MoldUDP64\n    Session: {session}\n    Sequence: {sequence}\n    Count: {count}\n"
    );
    for (number, message) in packet.block().into_iter().flat_map(Block::numbered) {
        let length = message.len();
        write!(
            text,
            "    Message Block\n        [Sequence: {number}]\n        Length: {length}\n        Payload:"
        )
        .unwrap();
        for (index, byte) in message.iter().enumerate() {
            let space = if index == 0 { " " } else { "" };
            write!(text, "{space}{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn golden_packets_read_as_their_dumps_say() {
    for name in PACKETS {
        let bytes = golden(name, "bin");
        let packet = Packet::check(&bytes).unwrap();
        let expected = String::from_utf8(golden(name, "txt")).unwrap();
        assert_eq!(dump(&packet), expected, "{name}");
    }
}

#[test]
fn golden_packets_are_written_to_the_byte() {
    for name in PACKETS {
        let bytes = golden(name, "bin");
        let packet = Packet::check(&bytes).unwrap();
        let (session, sequence) = (packet.session(), packet.sequence());
        let written = match packet.kind() {
            PacketKind::Heartbeat => heartbeat(session, sequence).to_vec(),
            PacketKind::EndOfSession => end_of_session(session, sequence).to_vec(),
            PacketKind::Data => {
                let mut buffer = [0xEE; 200];
                let mut writer = PacketWriter::new(&mut buffer, session, sequence).unwrap();
                packet.messages().for_each(|message| writer.push(message).unwrap());
                writer.take().unwrap().to_vec()
            }
        };
        assert_eq!(written, bytes, "{name}");
    }
}

#[test]
fn the_golden_request_is_read_and_written() {
    let bytes = golden("request", "bin");
    let session = SessionId::new("WIREBOOK01").unwrap();
    let request = Request { session, first: SeqNo::new(0x0102_0304_0506_0708), count: 513 };
    assert_eq!(Request::check(&bytes).unwrap(), request);
    assert_eq!(request.to_bytes()[..], bytes);
    let Request { session, first, count } = request;
    let dump = format!(
        "MoldUDP64 request\n    Session: {session}\n    Sequence: {first}\n    Count: {count}\n"
    );
    assert_eq!(dump.as_bytes(), golden("request", "txt"));
}
