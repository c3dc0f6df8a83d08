use core::fmt;
use core::str::FromStr;

use thiserror::Error;

use super::Fault;
use super::error::FirstBytes;

/// What a recording holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// ITCH messages, each behind its length.
    Itch,
    /// A capture whose datagrams are MoldUDP64 packets of ITCH messages.
    Pcap,
    /// A capture whose datagrams are level-set messages.
    LevelSet,
}

/// Endings of names of files that hold messages behind their lengths, without regard to case.
const FRAMED_ENDINGS: [&str; 2] = [".itch", "nasdaq_itch50"];

/// Endings that compression adds.
const COMPRESSED_ENDINGS: [&str; 2] = [".gz", ".zst"];

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Itch, Format::Pcap, Format::LevelSet];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Itch => "itch",
            Format::Pcap => "pcap",
            Format::LevelSet => "level-set",
        }
    }

    /// The format of a file called `name` whose unpacked bytes begin with `start`; `forced` is
    /// what the user said of it. Content counts more than the name.
    pub(super) fn detect(
        name: &str,
        start: &[u8],
        forced: Option<Format>,
    ) -> Result<Format, Fault> {
        let found = FirstBytes::of(start);
        match (CaptureKind::detect(start), forced) {
            _ if start.is_empty() => Err(Fault::Empty),
            (Some(_), None) => Ok(Format::Pcap),
            (Some(_), Some(Format::Itch)) => Err(Fault::NotFramed { found }),
            (Some(_), Some(format)) | (None, Some(format @ Format::Itch)) => Ok(format),
            (None, Some(format)) => Err(Fault::NoCapture { format, found }),
            (None, None) if is_framed_name(name) => Ok(Format::Itch),
            (None, None) => Err(Fault::Unrecognized { found }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Format, FormatError> {
        let known = Format::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| FormatError { found: name.into() })
    }
}

/// A name that is no [`Format`]'s.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown format {found:?}: expected itch, pcap or level-set")]
pub struct FormatError {
    /// The name.
    pub found: String,
}

/// The two kinds of capture files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CaptureKind {
    Pcap,
    Pcapng,
}

impl CaptureKind {
    /// By the first four bytes. pcap has one number for microseconds and one for nanoseconds,
    /// each in the byte order of the host that captured; pcapng's first block reads alike in
    /// both.
    pub(super) fn detect(start: &[u8]) -> Option<CaptureKind> {
        match start.first_chunk::<4>()? {
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1] => Some(CaptureKind::Pcap),
            [0x0a, 0x0d, 0x0d, 0x0a] => Some(CaptureKind::Pcapng),
            _ => None,
        }
    }
}

fn is_framed_name(name: &str) -> bool {
    let mut name = name.to_ascii_lowercase();
    for ending in COMPRESSED_ENDINGS {
        if let Some(packed) = name.strip_suffix(ending) {
            name = packed.into();
        }
    }
    FRAMED_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMED: &[u8] = &[0, 12, b'S', 0];
    const PCAP: &[u8] = &[0x4d, 0x3c, 0xb2, 0xa1];
    const PCAPNG: &[u8] = &[0x0a, 0x0d, 0x0d, 0x0a];

    #[test]
    fn content_counts_before_the_name() {
        for (name, start, format) in [
            ("day.itch", FRAMED, Format::Itch),
            ("day.itch.gz", FRAMED, Format::Itch),
            ("01302019.NASDAQ_ITCH50", FRAMED, Format::Itch),
            ("01302019.NASDAQ_ITCH50.zst", FRAMED, Format::Itch),
            ("day.itch", PCAP, Format::Pcap),
            ("anything", PCAPNG, Format::Pcap),
            ("anything", &[0xa1, 0xb2, 0xc3, 0xd4], Format::Pcap),
        ] {
            assert_eq!(Format::detect(name, start, None).unwrap(), format, "{name}");
        }
    }

    #[test]
    fn what_is_forced_must_be_possible() {
        let detect = |start, forced| Format::detect("day.txt", start, Some(forced));
        assert_eq!(detect(FRAMED, Format::Itch).unwrap(), Format::Itch);
        assert_eq!(detect(PCAP, Format::LevelSet).unwrap(), Format::LevelSet);
        assert_eq!(
            detect(FRAMED, Format::LevelSet).unwrap_err().to_string(),
            "is no capture: it begins with bytes 00 0c 53 00, and pcap or pcapng was expected for \
             level-set"
        );
        assert_eq!(
            detect(PCAP, Format::Itch).unwrap_err().to_string(),
            "is a capture (it begins with bytes 4d 3c b2 a1); --format itch reads files of \
             messages only"
        );
    }

    #[test]
    fn what_cannot_be_told_is_refused_with_the_way_out() {
        let error = Format::detect("day.zip", b"PK\x03\x04", None).unwrap_err().to_string();
        assert!(error.contains("begins with bytes 50 4b 03 04"), "{error}");
        assert!(error.contains("--format itch"), "{error}");
        assert!(matches!(Format::detect("day.itch", b"", None), Err(Fault::Empty)));
    }

    #[test]
    fn names_on_the_command_line() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let error = "csv".parse::<Format>().unwrap_err().to_string();
        assert_eq!(error, "unknown format \"csv\": expected itch, pcap or level-set");
    }
}
