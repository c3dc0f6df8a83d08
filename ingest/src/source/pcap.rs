use pcap_parser::nom;
use wirebook_book::Nanos;

use super::Fault;
use super::record::{FRAME_BYTES_MAX, Frame, Record};
use crate::frame::LinkType;

/// Bytes of the file's header.
const FILE_HEADER_BYTES: usize = 24;
/// Bytes before each frame.
const RECORD_HEADER_BYTES: usize = 16;
/// The version that all files have had since 1998.
const VERSION: u16 = 2;
/// The bits of the header's last field that hold the link type; others tell of checksums that
/// the frames end with.
const LINK_TYPE_BITS: u32 = 0x03ff_ffff;

/// A pcap file (draft-ietf-opsawg-pcap): one link type, one resolution, one byte order.
pub(super) struct Pcap {
    magic: u32,
    big_endian: bool,
    /// Nanoseconds in a unit of the records' second time field.
    unit_ns: u64,
    link: LinkType,
}

impl Pcap {
    /// Reads the file's header; also gives its length.
    pub(super) fn read_header(unread: &[u8]) -> Result<(Pcap, usize), Fault> {
        let cut = Fault::CutRecord { offset: 0, expected: FILE_HEADER_BYTES, found: unread.len() };
        let Ok((_, header)) = pcap_parser::parse_pcap_header(unread) else {
            return Err(cut);
        };
        if header.version_major != VERSION {
            let found = header.version_major;
            return Err(Fault::Version { offset: 0, expected: VERSION, found });
        }
        let number = header.network.0.cast_unsigned();
        let link = LinkType::from_dlt(number & LINK_TYPE_BITS)
            .ok_or(Fault::LinkType { found: number & LINK_TYPE_BITS })?;
        let pcap = Pcap {
            magic: header.magic_number,
            big_endian: header.is_bigendian(),
            unit_ns: if header.is_nanosecond_precision() { 1 } else { 1_000 },
            link,
        };
        Ok((pcap, FILE_HEADER_BYTES))
    }

    /// The first record of `unread`, which lies at `offset` of the file.
    pub(super) fn record<'a>(&self, unread: &'a [u8], offset: u64) -> Result<Record<'a>, Fault> {
        let parse = if self.big_endian {
            pcap_parser::parse_pcap_frame_be
        } else {
            pcap_parser::parse_pcap_frame
        };
        let record = match parse(unread) {
            Ok((_, record)) => record,
            Err(nom::Err::Incomplete(nom::Needed::Size(more))) => {
                let expected = checked_length(unread.len().saturating_add(more.get()), offset)?;
                return Ok(Record::Cut { expected });
            }
            Err(_) => return Err(Fault::Record { offset, record_type: self.magic }),
        };
        let length = checked_length(RECORD_HEADER_BYTES + record.data.len(), offset)?;
        let seconds_ns = u64::from(record.ts_sec) * Nanos::PER_SECOND;
        let frame = Frame {
            at: Nanos::new(seconds_ns.saturating_add(u64::from(record.ts_usec) * self.unit_ns)),
            link: Some(self.link),
            bytes: record.data,
            is_snapped: record.caplen < record.origlen,
        };
        Ok(Record::Frame { length, frame })
    }
}

/// The length of a record, if any frame is so long.
fn checked_length(found: usize, offset: u64) -> Result<usize, Fault> {
    let (least, most) = (RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + FRAME_BYTES_MAX);
    if found > most {
        return Err(Fault::RecordLength { offset, least, most, found: found as u64 });
    }
    Ok(found)
}
