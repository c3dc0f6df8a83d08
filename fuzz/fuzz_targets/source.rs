//! Any bytes as a recording: nothing panics, and neither the size of the buffer nor that of the
//! reads changes what is found.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use wirebook_ingest::session::Line;
use wirebook_ingest::source::{CaptureReader, CaptureStats, Captures, FramedReader};

fuzz_target!(|input: &[u8]| {
    let Some((&[choice, size], bytes)) = input.split_first_chunk::<2>() else {
        return;
    };
    match choice % 3 {
        0 => framed(bytes, size),
        1 => captured(bytes, size),
        _ => merged(bytes, size),
    }
});

/// Gives a few bytes at a time.
struct Trickle<'a> {
    bytes: &'a [u8],
    size: u8,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::from(self.size) + 1);
        self.bytes.read(&mut buffer[..length])
    }
}

fn framed(bytes: &[u8], size: u8) {
    let mut reader = FramedReader::with_chunk_bytes("fuzz", Trickle { bytes, size }, 0);
    let mut rest = bytes;
    let mut number = 0;
    let end = loop {
        match reader.next_block() {
            Ok(Some(block)) => {
                for (found, message) in block.numbered() {
                    number += 1;
                    assert_eq!(found.get(), number);
                    let (length, after) = rest.split_first_chunk::<2>().unwrap();
                    assert_eq!(usize::from(u16::from_be_bytes(*length)), message.len());
                    rest = after.strip_prefix(message).unwrap();
                }
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    // All of it was messages, or less than one is left.
    assert_eq!(end, rest.is_empty() && !bytes.is_empty());
    if let Some((length, after)) = rest.split_first_chunk::<2>() {
        assert!(after.len() < u16::from_be_bytes(*length).into());
    }
}

/// Times and payloads, what was counted, and how it ended.
type Found = (Vec<(u64, Vec<u8>)>, CaptureStats, Option<String>);

fn read_capture(input: impl Read, chunk_bytes: usize) -> Option<Found> {
    let mut reader = CaptureReader::with_chunk_bytes("fuzz", input, chunk_bytes).ok()?;
    let mut found = Vec::new();
    let end = loop {
        match reader.next_burst() {
            Ok(Some(burst)) => {
                found.extend(burst.map(|captured| (captured.at.get(), captured.payload.to_vec())));
            }
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        }
    };
    Some((found, *reader.stats(), end))
}

fn captured(bytes: &[u8], size: u8) {
    let large = read_capture(bytes, 1 << 20);
    let trickled = read_capture(Trickle { bytes, size }, 1 << 20);
    assert_eq!(large, trickled);
    let Some((found, stats, end)) = large else {
        return;
    };
    assert_eq!(found.len() as u64, stats.datagrams);
    let kinds = stats.datagrams + stats.foreign + stats.malformed + stats.fragments;
    assert_eq!(stats.frames, kinds + stats.snapped + stats.obsolete);
    // A small buffer refuses long records; up to those it finds the same.
    let Some((small, _, small_end)) = read_capture(bytes, 64 + usize::from(size)) else {
        return;
    };
    assert!(found.starts_with(&small));
    assert!(small_end.is_some() || (small == found && end.is_none()));
}

/// Two captures out of one input: each line keeps its own order, and the earlier head goes first.
fn merged(bytes: &[u8], size: u8) {
    let (a, b) = bytes.split_at(bytes.len() * usize::from(size) / 256);
    let reader = |bytes| CaptureReader::with_chunk_bytes("fuzz", bytes, 256).ok();
    let (Some(a_reader), Some(b_reader)) = (reader(a), reader(b)) else {
        return;
    };
    let lines = [a, b].map(|bytes| read_capture(bytes, 256).unwrap());
    let mut taken = [0, 0];
    let mut captures = Captures::new(a_reader, Some(b_reader));
    let failed = loop {
        match captures.next_burst() {
            Ok(Some(burst)) => {
                for captured in burst {
                    let heads = [0, 1].map(|line: usize| lines[line].0.get(taken[line]));
                    let (at, payload) = heads[captured.line.index()].unwrap();
                    assert_eq!((*at, &payload[..]), (captured.at.get(), captured.payload));
                    if let Some((other, _)) = heads[captured.line.other().index()] {
                        assert!(at < other || (at == other && captured.line == Line::A));
                    }
                    taken[captured.line.index()] += 1;
                }
            }
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    if !failed {
        assert_eq!(taken, [lines[0].0.len(), lines[1].0.len()]);
    }
}
