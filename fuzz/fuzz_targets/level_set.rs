//! Any datagram as level-set messages: all of it is read or none, values agree with the bytes, and
//! what was read is written as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirebook_ingest::level_set::{self, LEN, LevelSet, LevelSetError};

fuzz_target!(|datagram: &[u8]| {
    match level_set::messages(datagram) {
        Ok(messages) => {
            assert_eq!((messages.len() * LEN, messages.len() == 0), (datagram.len(), false));
            for (message, bytes) in messages.zip(datagram.chunks(LEN)) {
                assert_eq!(message.as_bytes(), bytes);
                check(message, bytes);
            }
        }
        Err(LevelSetError::Length { offset, found }) => {
            assert_eq!((offset + found, offset % LEN), (datagram.len(), 0));
            assert!(found < LEN && (found > 0 || datagram.is_empty()));
        }
        Err(error) => panic!("{error} of a datagram"),
    }
});

/// The little-endian number of `len` bytes at `offset`.
fn number(message: &[u8], offset: usize, len: usize) -> u64 {
    message[offset..offset + len].iter().rev().fold(0, |high, byte| high << 8 | u64::from(*byte))
}

fn check(message: LevelSet<'_>, bytes: &[u8]) {
    let sequence = message.sequence();
    assert_eq!(sequence.get(), number(bytes, 0, 4));
    assert_eq!(message.timestamp().get(), number(bytes, 4, 8));
    assert_eq!(message.qty().shares(), number(bytes, 28, 8));
    assert!(message.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')));

    let (price, side) = (number(bytes, 20, 8), bytes[36]);
    let fields = match message.fields() {
        Ok(fields) => fields,
        Err(LevelSetError::Price { sequence: named, found }) => {
            assert_eq!((named, found), (sequence, price));
            assert!(i64::try_from(price).is_err());
            return;
        }
        Err(LevelSetError::Side { sequence: named, found }) => {
            assert_eq!((named, found), (sequence, side));
            assert!(side > 1);
            return;
        }
        Err(error) => panic!("{error} of a message"),
    };
    assert_eq!(u64::try_from(fields.price.units()), Ok(price));
    assert_eq!(fields.side.index(), usize::from(side));

    let mut expected = bytes.to_vec();
    for byte in expected[12..20].iter_mut().rev() {
        if *byte != 0 {
            break;
        }
        *byte = b' ';
    }
    let mut written = [0; LEN];
    fields.write(&mut written).unwrap();
    assert_eq!(written.as_slice(), expected);
}
