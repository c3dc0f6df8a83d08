//! NASDAQ's file framing.

use std::io::{self, Read};

use wirebook_book::SeqNo;
use wirebook_ingest::source::{Fault, FramedReader};

/// A file of `count` messages of different lengths, some empty.
fn framed(count: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let messages: Vec<_> = (0..count).map(|index| vec![b'm'; index * 7 % 60]).collect();
    let mut file = Vec::new();
    for message in &messages {
        file.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        file.extend(message);
    }
    (file, messages)
}

fn read(mut reader: FramedReader<impl Read>) -> (Vec<Vec<u8>>, usize, Option<String>) {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    let mut blocks = 0;
    loop {
        match reader.next_block() {
            Ok(Some(block)) => {
                assert_eq!(block.first, SeqNo::new(messages.len() as u64 + 1));
                assert!(!block.messages.is_empty());
                messages.extend(block.messages.map(<[u8]>::to_vec));
                assert_eq!(reader.messages(), messages.len() as u64);
                blocks += 1;
            }
            Ok(None) => return (messages, blocks, None),
            Err(error) => {
                assert!(reader.next_block().unwrap().is_none(), "an error is the end");
                return (messages, blocks, Some(error.to_string()));
            }
        }
    }
}

#[test]
fn messages_come_numbered_from_one_across_chunks() {
    let (file, messages) = framed(10_000);
    let (found, blocks, error) = read(FramedReader::with_chunk_bytes("test", &file[..], 0));
    assert_eq!(error, None);
    assert!(found == messages);
    assert!(blocks > 3, "{blocks}");
    let (found, blocks, _) = read(FramedReader::new("test", &file[..]));
    assert!(found == messages);
    assert_eq!(blocks, 1);
}

#[test]
fn the_longest_message_fits_the_smallest_chunk() {
    let longest = [&[0xff, 0xff][..], &[b'x'; 65_535]].concat();
    let file = [&[0, 0][..], &longest, &longest, &[0, 0]].concat();
    let (found, blocks, error) = read(FramedReader::with_chunk_bytes("test", &file[..], 0));
    assert_eq!(error, None);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [0, 65_535, 65_535, 0]);
    assert_eq!(blocks, 4);
}

#[test]
fn a_message_cut_short_is_told_behind_all_that_is_whole() {
    let (file, messages) = framed(4); // lengths 0, 7, 14 and 21 at offsets 0, 2, 11 and 27
    for (end, expected) in [(28, 2), (29, 23), (49, 23)] {
        let (found, _, error) = read(FramedReader::new("day.itch", &file[..end]));
        assert_eq!(found, messages[..3]);
        let found = end - 27;
        assert_eq!(
            error.unwrap(),
            format!(
                "day.itch: ends in message 4 at offset 27: expected {expected} bytes with its \
                 length, found {found}"
            )
        );
    }
}

#[test]
fn an_empty_input_is_an_error() {
    let mut reader = FramedReader::new("day.itch", &[][..]);
    let error = reader.next_block().unwrap_err();
    assert!(matches!(error.fault(), Fault::Empty));
    assert_eq!((error.to_string().as_str(), error.name()), ("day.itch: is empty", "day.itch"));
}

#[test]
fn a_failure_to_read_is_told_behind_all_that_was_read() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let (file, messages) = framed(4);
    let (found, _, error) = read(FramedReader::new("day.itch", file[..30].chain(Failing)));
    assert_eq!(found, messages[..3]);
    assert_eq!(error.unwrap(), "day.itch: cannot be read beyond offset 30: the disk is gone");
}
