//! Any bytes as a MoldUDP64 packet: it is accepted to the byte or refused with a place inside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirebook_ingest::mold::{
    FramingError, HEADER_BYTES, Messages, Packet, PacketError, PacketKind, PacketWriter, Request,
    end_of_session, heartbeat,
};

fuzz_target!(|payload: &[u8]| {
    match Packet::check(payload) {
        Ok(packet) => accepted(&packet, payload),
        Err(error) => refused(error, payload),
    }
    framing(payload);
    if let Ok(request) = Request::check(payload) {
        assert_eq!(request.to_bytes(), payload);
    }
});

/// What was accepted is written again to the very same bytes.
fn accepted(packet: &Packet<'_>, payload: &[u8]) {
    let messages = packet.messages();
    let bytes: usize = messages.clone().map(|message| 2 + message.len()).sum();
    assert_eq!(HEADER_BYTES + bytes, payload.len());
    assert_eq!(messages.clone().count(), messages.len());
    let (session, sequence) = (packet.session(), packet.sequence());
    assert_eq!(packet.next_sequence().get() - sequence.get(), messages.len() as u64);
    let mut buffer = vec![0; payload.len()];
    match packet.kind() {
        PacketKind::Heartbeat => assert_eq!(heartbeat(session, sequence), payload),
        PacketKind::EndOfSession => assert_eq!(end_of_session(session, sequence), payload),
        PacketKind::Data => {
            let mut writer = PacketWriter::new(&mut buffer, session, sequence).unwrap();
            for message in messages {
                writer.push(message).unwrap();
            }
            assert_eq!(writer.next_sequence(), packet.next_sequence());
            assert_eq!(writer.take().unwrap(), payload);
        }
    }
}

fn refused(error: PacketError, payload: &[u8]) {
    match error {
        PacketError::Short { found, .. } => assert_eq!(found, payload.len()),
        PacketError::Framing(FramingError::Missing { index, count, offset }) => {
            assert!(index < count && offset == payload.len());
        }
        PacketError::Framing(FramingError::Truncated { offset, expected, found, .. }) => {
            assert!(found < expected && offset + found == payload.len());
        }
        PacketError::Framing(FramingError::Trailing { offset, found, .. }) => {
            assert!(found > 0 && offset + found == payload.len());
        }
        PacketError::SequenceOverflow { sequence, count } => {
            assert!(sequence.checked_add(count.into()).is_none());
        }
        PacketError::NoRequest { .. } => panic!("nobody asked for a request"),
    }
}

/// The longest run of whole messages is exactly that.
fn framing(bytes: &[u8]) {
    let (messages, consumed) = Messages::prefix(bytes);
    let count = messages.len();
    let (whole, rest) = bytes.split_at(consumed);
    assert_eq!(messages.as_bytes(), whole);
    assert!(Messages::check(whole, count).unwrap().eq(messages.clone()));
    assert!(Messages::check(rest, 1).is_err());
    assert!(Messages::check(whole, count + 1).is_err());
    let half = count / 2;
    assert!(messages.clone().skip(half).eq(messages.collect::<Vec<_>>().split_off(half)));
}
