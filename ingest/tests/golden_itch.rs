//! Every ITCH 5.0 message against bytes written by hand from the specification.
#![allow(clippy::unwrap_used)] // in functions that only tests call

use std::collections::BTreeMap;

use wirebook_ingest::itch::{self, LENGTHS};

mod golden;
#[path = "golden/rewrite.rs"]
mod rewrite;

#[test]
fn every_message_reads_as_its_dump_and_writes_as_its_bytes() {
    let mut kinds = BTreeMap::new();
    for vector in golden::vectors(include_str!("golden/itch.txt")) {
        let message =
            itch::parse(&vector.bytes).unwrap_or_else(|e| panic!("{}: {e}", vector.title));
        assert_eq!(message.to_string(), vector.dump);
        let known = usize::from(LENGTHS[usize::from(message.kind())]);
        assert_eq!(message.as_bytes(), &vector.bytes[..known], "{}", vector.title);
        assert_eq!(rewrite::rewritten(message), &vector.bytes[..known], "{}", vector.title);
        *kinds.entry(message.kind()).or_insert(0) += 1;
    }
    assert_eq!(kinds.len(), 23, "not every kind has a vector: {kinds:?}");
    let announced = LENGTHS.iter().filter(|length| **length != 0).count();
    assert_eq!(announced, 23);
}

#[test]
fn a_message_that_lacks_any_byte_is_refused() {
    for vector in golden::vectors(include_str!("golden/itch.txt")) {
        let kind = vector.bytes[0];
        let expected = LENGTHS[usize::from(kind)];
        assert_eq!(itch::parse(&[]), Err(itch::ItchError::Empty));
        for found in 1..expected {
            assert_eq!(
                itch::parse(&vector.bytes[..usize::from(found)]),
                Err(itch::ItchError::Short { kind, expected, found }),
            );
        }
    }
}
