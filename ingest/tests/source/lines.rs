//! A day made here, as a file of messages and as the captures of two bad lines.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wirebook_book::{FeedState, Nanos, SeqNo};
use wirebook_ingest::frame::{LinkType, Tagging};
use wirebook_ingest::mold::{Block, PacketWriter, SessionId};
use wirebook_ingest::session::{Gap, Line, Session, SessionConfig, Sink};
use wirebook_ingest::source::{PcapWriter, Recording};

use crate::capture_file::{tagged, udp};

const MESSAGES: u64 = 6_000;

fn message(number: u64) -> Vec<u8> {
    number.to_be_bytes().repeat(1 + usize::try_from(number % 5).unwrap())
}

fn write_framed(path: &Path) {
    let mut file = Vec::new();
    for message in (1..=MESSAGES).map(message) {
        file.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        file.extend(message);
    }
    fs::write(path, file).unwrap();
}

/// Packets of `per_packet` messages, each captured when its last message was, of which those
/// that `is_lost` names by their index are not there. Returns what was lost.
fn write_line(path: &Path, per_packet: u64, is_lost: fn(u64) -> bool) -> Vec<(u64, u64)> {
    let mut capture = PcapWriter::new(Vec::new(), LinkType::Ethernet).unwrap();
    let mut buffer = [0; 1400];
    let session = SessionId::new("MADEHERE").unwrap();
    let mut packets = PacketWriter::new(&mut buffer, session, SeqNo::new(1)).unwrap();
    let mut lost = Vec::new();
    let mut first = 1;
    for index in 0..MESSAGES.div_ceil(per_packet) {
        let last = (first + per_packet - 1).min(MESSAGES);
        (first..=last).for_each(|number| packets.push(&message(number)).unwrap());
        let payload = packets.take().unwrap();
        if is_lost(index) {
            lost.push((first, last));
        } else {
            let tagging = if index % 2 == 0 { tagged() } else { Tagging::Untagged };
            let at = Nanos::new(1_000_000_000 + last);
            capture.write_datagram(at, &udp(tagging), payload).unwrap();
        }
        first = last + 1;
    }
    let end = packets.end_of_session();
    capture.write_datagram(Nanos::new(2_000_000_000), &udp(tagged()), &end).unwrap();
    fs::write(path, capture.finish().unwrap()).unwrap();
    lost
}

#[derive(Default)]
struct Collector {
    messages: Vec<Vec<u8>>,
    gaps: Vec<(u64, u64)>,
    ended: bool,
}

impl Sink for Collector {
    fn on_block(&mut self, block: Block<'_>) {
        self.messages.extend(block.messages.map(<[u8]>::to_vec));
    }

    fn on_gap(&mut self, gap: Gap) {
        self.gaps.push((gap.first.get(), gap.last.get()));
    }

    fn on_state(&mut self, _: FeedState, _: FeedState) {}

    fn on_session(&mut self, _: Option<SessionId>, _: SessionId) {}

    fn on_end_of_session(&mut self) {
        self.ended = true;
    }
}

fn arbitrated(a: &Path, b: Option<&Path>) -> (Collector, Session) {
    let Recording::Packets { mut captures, .. } = Recording::open(a, b, None).unwrap() else {
        panic!("no capture");
    };
    let mut session = Session::new(SessionConfig::default());
    let mut collector = Collector::default();
    while let Some(burst) = captures.next_burst().unwrap() {
        for captured in burst {
            session
                .on_packet(captured.line, captured.at, captured.payload, &mut collector)
                .unwrap();
        }
    }
    session.finish(&mut collector);
    (collector, session)
}

fn framed(path: &Path) -> Vec<Vec<u8>> {
    let Recording::Messages(mut reader) = Recording::open(path, None, None).unwrap() else {
        panic!("no messages");
    };
    let mut messages = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        messages.extend(block.messages.map(<[u8]>::to_vec));
    }
    messages
}

#[test]
fn captures_and_files_of_the_same_day_give_the_same_messages() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let [itch, a, b] = ["day.itch", "a.pcap", "b.pcap"].map(|name| folder.path().join(name));
    write_framed(&itch);
    // Together they are complete: B loses packets only where A has all.
    let lost_a = write_line(&a, 6, |index| index % 10 == 3);
    let lost_b = write_line(&b, 4, |index| index % 15 == 9);
    let messages = framed(&itch);
    assert_eq!(messages.len() as u64, MESSAGES);

    for (a, b) in [(&a, &b), (&b, &a)] {
        let (collector, session) = arbitrated(a, Some(b));
        assert!(collector.messages == messages);
        assert!(collector.gaps.is_empty() && collector.ended);
        assert_eq!(session.state(), FeedState::Live);
        assert!(Line::ALL.into_iter().all(|line| session.stats().line(line).first_wins > 50));
    }
    for (line, lost) in [(&a, lost_a), (&b, lost_b)] {
        let (collector, session) = arbitrated(line, None);
        assert_eq!(collector.gaps, lost);
        assert_eq!(session.state(), FeedState::Gapped);
        let is_lost =
            |number: u64| lost.iter().any(|(first, last)| (*first..=*last).contains(&number));
        let rest = (1..).zip(&messages).filter(|(number, _)| !is_lost(*number));
        assert!(collector.messages.iter().eq(rest.map(|(_, message)| message)));
    }
}
