//! Files by name: what they are, packed or not, and what is said of those that cannot be read.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use wirebook_ingest::frame::Tagging;
use wirebook_ingest::source::{Format, Recording};

use crate::capture_file::{ethernet, pcap};

fn framed() -> Vec<u8> {
    (0..5_000_u32).flat_map(|index| [&[0, 4][..], &index.to_be_bytes()].concat()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap(); // as the program does
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// How many messages or datagrams there are, and the format.
fn read(recording: Recording) -> Result<(Format, usize), String> {
    let mut count = 0;
    match recording {
        Recording::Messages(mut reader) => {
            while let Some(block) = reader.next_block().map_err(|error| error.to_string())? {
                for (number, message) in block.numbered() {
                    let index = u32::try_from(number.get() - 1).unwrap();
                    assert_eq!(message, index.to_be_bytes());
                    count += 1;
                }
            }
            Ok((Format::Itch, count))
        }
        Recording::Packets { format, mut captures } => {
            while let Some(burst) = captures.next_burst().map_err(|error| error.to_string())? {
                count += burst.filter(|captured| captured.payload == b"wire").count();
            }
            Ok((format, count))
        }
    }
}

fn open(path: &Path, forced: Option<Format>) -> Result<(Format, usize), String> {
    read(Recording::open(path, None, forced).map_err(|error| error.to_string())?)
}

#[test]
fn packed_and_plain_files_of_messages_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = framed();
    // Packed in two members or frames, as concatenated files are.
    let (first, second) = bytes.split_at(10_000);
    for (name, content) in [
        ("day.itch", bytes.clone()),
        ("DAY.ITCH.GZ", gzip(&bytes)),
        ("day.itch.zst", zstd(&bytes)),
        ("01302019.NASDAQ_ITCH50", bytes.clone()),
        ("01302019.NASDAQ_ITCH50.gz", [gzip(first), gzip(second)].concat()),
        ("01302019.NASDAQ_ITCH50.zst", [zstd(first), zstd(second)].concat()),
        // Packed, but not so called.
        ("packed.itch", gzip(&bytes)),
    ] {
        let path = write(&folder, name, &content);
        assert_eq!(open(&path, None), Ok((Format::Itch, 5_000)), "{name}");
    }
    let path = write(&folder, "S013019-v50.txt", &bytes);
    assert_eq!(open(&path, Some(Format::Itch)), Ok((Format::Itch, 5_000)));
}

#[test]
fn captures_are_known_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = pcap(0, &[ethernet(Tagging::Untagged, b"wire"), ethernet(Tagging::Untagged, b"")]);
    for (name, content) in [
        ("a.pcap", bytes.clone()),
        ("a.itch", bytes.clone()),
        ("a.pcap.gz", gzip(&bytes)),
        ("a.pcap.zst", zstd(&bytes)),
    ] {
        let path = write(&folder, name, &content);
        assert_eq!(open(&path, None), Ok((Format::Pcap, 1)), "{name}");
        assert_eq!(open(&path, Some(Format::LevelSet)), Ok((Format::LevelSet, 1)), "{name}");
    }
}

#[test]
fn two_lines_are_read_together_and_only_captures_have_two() {
    let folder = tempfile::tempdir().unwrap();
    let frames = [ethernet(Tagging::Untagged, b"wire")];
    let a = write(&folder, "a.pcap", &pcap(0, &frames));
    let b = write(&folder, "b.pcap.gz", &gzip(&pcap(1, &frames)));
    assert_eq!(read(Recording::open(&a, Some(&b), None).unwrap()), Ok((Format::Pcap, 2)));

    let itch = write(&folder, "day.itch", &framed());
    let error = |a: &Path, b: &Path| Recording::open(a, Some(b), None).err().unwrap().to_string();
    let text = "day.itch: holds messages in their order already: only a capture has a line B";
    assert!(error(&itch, &a).ends_with(text));
    let text = "day.itch: is no capture: it begins with bytes 00 04 00 00, and pcap or pcapng was \
                expected for pcap";
    assert!(error(&a, &itch).ends_with(text));
}

#[test]
fn what_cannot_be_opened_or_told_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.itch");
    let error = open(&missing, None).unwrap_err();
    let name = missing.display();
    assert_eq!(error, format!("{name}: cannot be opened: No such file or directory (os error 2)"));
    assert!(open(folder.path(), None).unwrap_err().contains("cannot be opened: Is a directory"));

    for name in ["empty.itch", "empty.pcap", "empty"] {
        let path = write(&folder, name, b"");
        assert_eq!(open(&path, None).unwrap_err(), format!("{}: is empty", path.display()));
    }
    let path = write(&folder, "empty.itch.gz", &gzip(b""));
    assert_eq!(open(&path, None).unwrap_err(), format!("{}: is empty", path.display()));

    let path = write(&folder, "day.zip", b"PK\x03\x04 and so on");
    assert_eq!(
        open(&path, None).unwrap_err(),
        format!(
            "{}: is of no known format: it begins with bytes 50 4b 03 04, which is neither gzip, \
             zstd, pcap nor pcapng, and its name does not end in .itch or .NASDAQ_ITCH50; a file \
             of messages behind 2-byte lengths is read with --format itch",
            path.display()
        )
    );
}

#[test]
fn damaged_packing_is_told_with_both_offsets_behind_what_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    // Packs to half its size, so that damage in the middle leaves something before it.
    let mut rng = 1_u64;
    let noise: Vec<u8> = (0..1_000_000)
        .map(|_| {
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (rng >> 60) as u8
        })
        .collect();
    let bytes: Vec<u8> =
        noise.chunks(100).flat_map(|message| [&[0, 100][..], message].concat()).collect();
    for (name, packed, packing) in
        [("day.itch.gz", gzip(&bytes), "gzip"), ("day.itch.zst", zstd(&bytes), "zstd")]
    {
        let mut damaged = packed.clone();
        damaged[packed.len() / 2..][..1_000].fill(0x55);
        let cut = packed[..packed.len() / 2].to_vec();
        for (content, problem) in [(damaged, ""), (cut, "the file ends too early")] {
            let path = write(&folder, name, &content);
            let Recording::Messages(mut reader) = Recording::open(&path, None, None).unwrap()
            else {
                panic!("no messages");
            };
            let mut whole = 0;
            let error = loop {
                match reader.next_block() {
                    Ok(block) => whole += block.unwrap().messages.len(),
                    Err(error) => break error.to_string(),
                }
            };
            assert!((2_000..=10_000).contains(&whole), "{whole}");
            assert!(error.contains("cannot be read beyond offset"), "{error}");
            let text = format!("{packing} data at or before offset ");
            assert!(error.contains(&text) && error.contains(problem), "{error}");
        }
    }
}
