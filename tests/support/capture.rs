//! pcap and pcapng files, read and written by hand.

/// A captured frame.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Nanoseconds since 1970.
    pub(crate) at_ns: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The frames of a little-endian pcap file in either resolution.
pub(crate) fn frames(pcap: &[u8]) -> Vec<Frame> {
    let word = |at: usize| u32::from_le_bytes(pcap[at..at + 4].try_into().unwrap());
    let unit_ns: u64 = match word(0) {
        0xa1b2_3c4d => 1,
        0xa1b2_c3d4 => 1000,
        other => panic!("magic number {other:08x}"),
    };
    assert_eq!(word(20), 1, "Ethernet");
    let (mut frames, mut at) = (Vec::new(), 24);
    while at < pcap.len() {
        let kept = word(at + 8) as usize;
        let at_ns = u64::from(word(at)) * 1_000_000_000 + u64::from(word(at + 4)) * unit_ns;
        frames.push(Frame { at_ns, bytes: pcap[at + 16..at + 16 + kept].to_vec() });
        at += 16 + kept;
    }
    frames
}

/// A pcap file in nanoseconds.
pub(crate) fn pcap(frames: &[Frame]) -> Vec<u8> {
    let mut file = words(&[0xa1b2_3c4d, 0x0004_0002, 0, 0, 0x0004_0000, 1]);
    for Frame { at_ns, bytes } in frames {
        let (seconds, nanos) = (at_ns / 1_000_000_000, at_ns % 1_000_000_000);
        let length = u32::try_from(bytes.len()).unwrap();
        let [seconds, nanos] = [seconds, nanos].map(|part| u32::try_from(part).unwrap());
        file.extend(words(&[seconds, nanos, length, length]));
        file.extend(bytes);
    }
    file
}

/// A pcapng file in nanoseconds.
pub(crate) fn pcapng(frames: &[Frame]) -> Vec<u8> {
    let mut file = words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]);
    // One interface of Ethernet with an option: times count in units of ten to the minus nine.
    file.extend(words(&[1, 32, 1, 0, 0x0001_0009, 9, 0, 32]));
    for Frame { at_ns, bytes } in frames {
        let length = u32::try_from(bytes.len()).unwrap();
        let block = 32 + length.next_multiple_of(4);
        let [high, low] =
            [at_ns >> 32, at_ns & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
        file.extend(words(&[6, block, 0, high, low, length, length]));
        file.extend(bytes);
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend(words(&[block]));
    }
    file
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().copied().flat_map(u32::to_le_bytes).collect()
}

/// The frame with a VLAN tag.
pub(crate) fn tagged(frame: &Frame) -> Frame {
    let (addresses, rest) = frame.bytes.split_at(12);
    let bytes = [addresses, &[0x81, 0x00, 0x00, 0x8d], rest].concat();
    Frame { at_ns: frame.at_ns, bytes }
}

/// A packet of MoldUDP64.
#[derive(Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) sequence: u64,
    /// Messages, or 0 for a heartbeat, or 65,535 for the end of the session.
    pub(crate) count: u16,
    pub(crate) messages: Vec<&'a [u8]>,
}

impl Packet<'_> {
    /// The numbers of its messages.
    pub(crate) fn numbers(&self) -> std::ops::Range<u64> {
        self.sequence..self.sequence + self.messages.len() as u64
    }
}

/// The UDP payload of an Ethernet frame with or without a VLAN tag.
pub(crate) fn payload(frame: &Frame) -> &[u8] {
    let ip = if frame.bytes[12..14] == [0x81, 0x00] { 18 } else { 14 };
    assert_eq!(frame.bytes[ip], 0x45, "IPv4 without options");
    let length = usize::from(u16::from_be_bytes([frame.bytes[ip + 24], frame.bytes[ip + 25]]));
    &frame.bytes[ip + 28..ip + 20 + length]
}

/// The packet in a frame.
pub(crate) fn packet(frame: &Frame) -> Packet<'_> {
    let payload = payload(frame);
    Packet {
        sequence: u64::from_be_bytes(payload[10..18].try_into().unwrap()),
        count: u16::from_be_bytes(payload[18..20].try_into().unwrap()),
        messages: super::itch::messages(&payload[20..]),
    }
}

/// The numbers from 1 to `last` that no packet of `frames` has, as first and last of each run.
pub(crate) fn missing(frames: &[Frame], last: usize) -> Vec<(u64, u64)> {
    let mut there = vec![false; last + 1];
    for number in frames.iter().flat_map(|frame| packet(frame).numbers()) {
        there[usize::try_from(number).unwrap()] = true;
    }
    joined(
        (1..=last as u64)
            .filter(|&number| !there[usize::try_from(number).unwrap()])
            .map(|n| (n, n)),
    )
}

/// Runs of numbers, those that adjoin made one.
pub(crate) fn joined(runs: impl IntoIterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (first, last) in runs {
        match joined.last_mut() {
            Some(run) if run.1 + 1 == first => run.1 = last,
            _ => joined.push((first, last)),
        }
    }
    joined
}
