use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{InterfaceDescriptionBlock, OptionCode};
use wirebook_book::Nanos;

use super::Fault;
use super::record::{FRAME_BYTES_MAX, Frame, Record};
use crate::frame::LinkType;

/// Bytes of a block without contents: type, length, and the length again.
const BLOCK_BYTES_MIN: usize = 12;
/// Bytes of the longest block that is read.
const BLOCK_BYTES_MAX: usize = 1 << 20;
/// Interfaces that a section may describe.
const INTERFACES_MAX: usize = 4096;
/// The major version of all files so far.
const VERSION: u16 = 1;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// A pcapng file (draft-ietf-opsawg-pcapng) up to the block that is read: byte order and
/// interfaces are those of the current section.
pub(super) struct Pcapng {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// The time of the latest packet: simple packets have none of their own.
    latest: Nanos,
}

struct Interface {
    link: Option<LinkType>,
    /// Bytes of a frame that are kept; 0 is all.
    snap_bytes: u32,
    resolution: Resolution,
    /// Seconds to be added to all times.
    offset_s: i64,
}

/// The unit of an interface's times, as a part of a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Resolution {
    /// 10 to the power of minus this.
    Decimal(u32),
    /// 2 to the power of minus this.
    Binary(u32),
}

impl Pcapng {
    pub(super) fn new() -> Pcapng {
        Pcapng { big_endian: false, interfaces: Vec::new(), latest: Nanos::new(0) }
    }

    /// The first block of `unread`, which lies at `offset` of the file.
    pub(super) fn block<'a>(&mut self, unread: &'a [u8], offset: u64) -> Result<Record<'a>, Fault> {
        let Some(&[t0, t1, t2, t3, l0, l1, l2, l3, ref order @ ..]) =
            unread.first_chunk::<BLOCK_BYTES_MIN>()
        else {
            return Ok(Record::Cut { expected: BLOCK_BYTES_MIN });
        };
        // The type of a section header reads alike in both byte orders, and tells its own.
        let is_section = u32::from_be_bytes([t0, t1, t2, t3]) == SECTION_HEADER;
        if is_section {
            self.begin_section(order, offset)?;
        }
        let block_type = self.number([t0, t1, t2, t3]);
        let expected = self.number([l0, l1, l2, l3]);
        let length = usize::try_from(expected).unwrap_or(usize::MAX);
        if !(BLOCK_BYTES_MIN..=BLOCK_BYTES_MAX).contains(&length) {
            let (least, most) = (BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
            return Err(Fault::RecordLength { offset, least, most, found: expected.into() });
        }
        let Some(block) = unread.get(..length) else {
            return Ok(Record::Cut { expected: length });
        };
        let found = block.last_chunk::<4>().map_or(0, |bytes| self.number(*bytes));
        if found != expected {
            return Err(Fault::BlockLengths { offset, expected, found });
        }
        let damaged = Fault::Record { offset, record_type: block_type };
        match block_type {
            SECTION_HEADER => self.check_section(block, offset, damaged)?,
            INTERFACE_DESCRIPTION => self.describe(block, offset, damaged)?,
            ENHANCED_PACKET => return self.enhanced(block, offset, damaged),
            SIMPLE_PACKET => return self.simple(block, offset, damaged),
            OBSOLETE_PACKET => return Ok(Record::Obsolete { length }),
            _ => {}
        }
        Ok(Record::Other { length })
    }

    fn number(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// `order` is the number by which a section tells its byte order.
    fn begin_section(&mut self, order: &[u8; 4], offset: u64) -> Result<(), Fault> {
        self.big_endian = match order {
            [0x1a, 0x2b, 0x3c, 0x4d] => true,
            [0x4d, 0x3c, 0x2b, 0x1a] => false,
            _ => return Err(Fault::Record { offset, record_type: SECTION_HEADER }),
        };
        Ok(())
    }

    fn check_section(&mut self, block: &[u8], offset: u64, damaged: Fault) -> Result<(), Fault> {
        let Ok((_, header)) = pcap_parser::parse_sectionheaderblock(block) else {
            return Err(damaged);
        };
        if header.major_version != VERSION {
            let found = header.major_version;
            return Err(Fault::Version { offset, expected: VERSION, found });
        }
        self.interfaces.clear();
        Ok(())
    }

    fn describe(&mut self, block: &[u8], offset: u64, damaged: Fault) -> Result<(), Fault> {
        let parse = if self.big_endian {
            pcap_parser::parse_interfacedescriptionblock_be
        } else {
            pcap_parser::parse_interfacedescriptionblock_le
        };
        let Ok((_, description)) = parse(block) else {
            return Err(damaged);
        };
        if self.interfaces.len() >= INTERFACES_MAX {
            return Err(Fault::Interfaces { offset, limit: INTERFACES_MAX });
        }
        self.interfaces.push(Interface::new(&description, self.big_endian));
        Ok(())
    }

    fn enhanced<'a>(
        &mut self,
        block: &'a [u8],
        offset: u64,
        damaged: Fault,
    ) -> Result<Record<'a>, Fault> {
        let parse = if self.big_endian {
            pcap_parser::parse_enhancedpacketblock_be
        } else {
            pcap_parser::parse_enhancedpacketblock_le
        };
        let Ok((_, packet)) = parse(block) else {
            return Err(damaged);
        };
        let interface = self.interface(packet.if_id, offset)?;
        let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
        let at = interface.time(units);
        let kept = usize::try_from(packet.caplen).unwrap_or(usize::MAX).min(FRAME_BYTES_MAX);
        let bytes = packet.data.get(..kept).unwrap_or(packet.data);
        let is_snapped = packet.truncated();
        let frame = Frame { at, link: interface.link, bytes, is_snapped };
        self.latest = at;
        Ok(Record::Frame { length: block.len(), frame })
    }

    fn simple<'a>(
        &self,
        block: &'a [u8],
        offset: u64,
        damaged: Fault,
    ) -> Result<Record<'a>, Fault> {
        let parse = if self.big_endian {
            pcap_parser::parse_simplepacketblock_be
        } else {
            pcap_parser::parse_simplepacketblock_le
        };
        let Ok((_, packet)) = parse(block) else {
            return Err(damaged);
        };
        // A simple packet is always of the first interface, and its kept length is not written.
        let interface = self.interface(0, offset)?;
        let snap_bytes = if interface.snap_bytes == 0 { u32::MAX } else { interface.snap_bytes };
        let kept = usize::try_from(packet.origlen.min(snap_bytes)).unwrap_or(usize::MAX);
        let bytes = packet.data.get(..kept).unwrap_or(packet.data);
        let is_snapped = (bytes.len() as u64) < u64::from(packet.origlen);
        let frame = Frame { at: self.latest, link: interface.link, bytes, is_snapped };
        Ok(Record::Frame { length: block.len(), frame })
    }

    fn interface(&self, number: u32, offset: u64) -> Result<&Interface, Fault> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let known = self.interfaces.len();
        self.interfaces.get(index).ok_or(Fault::Interface { offset, found: number, known })
    }
}

impl Interface {
    fn new(description: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Interface {
        let option = |code| {
            let mut options = description.options.iter();
            options.find(|option| option.code == code).map(|option| &option.value[..])
        };
        let resolution = option(OptionCode::IfTsresol).and_then(<[u8]>::first);
        let offset_s = option(OptionCode::IfTsoffset).and_then(<[u8]>::first_chunk::<8>);
        // The parser reads this number in one byte order only.
        let number = if big_endian { i64::from_be_bytes } else { i64::from_le_bytes };
        Interface {
            link: LinkType::from_dlt(description.linktype.0.cast_unsigned()),
            snap_bytes: description.snaplen,
            resolution: resolution.map_or(Resolution::Decimal(6), |byte| Resolution::of(*byte)),
            offset_s: offset_s.map_or(0, |bytes| number(*bytes)),
        }
    }

    /// The time of `units`, within what 64 bits of nanoseconds hold.
    fn time(&self, units: u64) -> Nanos {
        let ns = i128::try_from(self.resolution.nanos(units)).unwrap_or(i128::MAX);
        let offset_ns = i128::from(self.offset_s) * i128::from(Nanos::PER_SECOND);
        let ns = ns.saturating_add(offset_ns).max(0);
        Nanos::new(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

impl Resolution {
    /// The option `if_tsresol`: the highest bit chooses the base.
    fn of(byte: u8) -> Resolution {
        let exponent = u32::from(byte & 0x7f);
        if byte & 0x80 == 0 { Resolution::Decimal(exponent) } else { Resolution::Binary(exponent) }
    }

    /// Never above 2^64 times 10^9, which 128 bits hold.
    fn nanos(self, units: u64) -> u128 {
        let units = u128::from(units);
        match self {
            Resolution::Decimal(exponent @ 0..=9) => units * 10_u128.pow(9 - exponent),
            // From the 38th power on nothing is left of any number of units.
            Resolution::Decimal(exponent) => units / 10_u128.pow((exponent - 9).min(38)),
            Resolution::Binary(exponent) => (units * u128::from(Nanos::PER_SECOND)) >> exponent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resolution_gives_nanoseconds() {
        for (byte, units, ns) in [
            (0, 3, 3_000_000_000),
            (6, 1_500_000, 1_500_000_000),
            (9, 1_500_000_000, 1_500_000_000),
            (12, 1_500_000_000_999, 1_500_000_000),
            (127, u64::MAX, 0),
            (0x80, 2, 2_000_000_000),
            (0x80 | 10, 1536, 1_500_000_000),
            (0xff, u64::MAX, 0),
        ] {
            assert_eq!(Resolution::of(byte).nanos(units), ns, "{byte:#x}");
        }
        assert_eq!(Resolution::of(0).nanos(u64::MAX), u128::from(u64::MAX) * 1_000_000_000);
    }

    #[test]
    fn times_stay_within_64_bits() {
        let interface = |offset_s| Interface {
            link: None,
            snap_bytes: 0,
            resolution: Resolution::Decimal(0),
            offset_s,
        };
        assert_eq!(interface(5).time(1), Nanos::new(6_000_000_000));
        assert_eq!(interface(-5).time(1), Nanos::new(0));
        assert_eq!(interface(i64::MAX).time(u64::MAX), Nanos::new(u64::MAX));
        assert_eq!(interface(i64::MIN).time(u64::MAX), Nanos::new(u64::MAX));
    }
}
