//! Level-set messages against bytes written by hand from their definition.
#![allow(clippy::unwrap_used)] // in functions that only tests call

use wirebook_ingest::level_set::{self, LEN, LevelSet};

mod golden;

#[test]
fn every_message_reads_as_its_dump_and_writes_as_its_bytes() {
    let vectors = golden::vectors(include_str!("golden/level_set.txt"));
    for vector in &vectors {
        let mut read = level_set::messages(&vector.bytes).unwrap();
        let message = read.next().unwrap();
        assert_eq!(message.to_string(), vector.dump, "{}", vector.title);
        let mut bytes = [0; LEN];
        message.fields().unwrap().write(&mut bytes).unwrap();
        assert_eq!(bytes.as_slice(), vector.bytes);
        assert_eq!(read.next(), None);
    }

    let datagram: Vec<u8> = vectors.iter().flat_map(|vector| vector.bytes.clone()).collect();
    let dumps: Vec<String> =
        level_set::messages(&datagram).unwrap().map(|message| message.to_string()).collect();
    assert_eq!(dumps, vectors.iter().map(|vector| vector.dump.clone()).collect::<Vec<_>>());
}

#[test]
fn symbols_may_be_padded_with_nuls() {
    let vectors = golden::vectors(include_str!("golden/level_set.txt"));
    let mut bytes: [u8; LEN] = vectors[0].bytes.as_slice().try_into().unwrap();
    bytes[16..20].fill(0);
    assert_eq!(LevelSet::new(&bytes).symbol().as_str(), "AAPL");
}
