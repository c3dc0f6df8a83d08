//! Packets whose messages tell their own numbers.

use wirebook_book::{Nanos, SeqNo};
use wirebook_ingest::mold::{self, PacketWriter, SessionId};
use wirebook_ingest::session::{Line, Session, SessionConfig};

use crate::recorder::Recorder;

pub(crate) const DAY: &str = "DAY1";

pub(crate) fn id(session: &str) -> SessionId {
    SessionId::new(session).unwrap()
}

/// Message `number` of every session here: of different lengths, every eleventh empty.
pub(crate) fn message(number: u64) -> Vec<u8> {
    let length = usize::try_from(number % 11).unwrap();
    number.to_be_bytes().iter().copied().cycle().skip(4).take(length).collect()
}

/// The messages `first..=last` in one packet.
pub(crate) fn packet(session: &str, first: u64, last: u64) -> Vec<u8> {
    let mut buffer = [0; 9000];
    let mut writer = PacketWriter::new(&mut buffer, id(session), SeqNo::new(first)).unwrap();
    (first..=last).for_each(|number| writer.push(&message(number)).unwrap());
    writer.take().unwrap().to_vec()
}

/// `count` messages in a packet with sequence 0.
pub(crate) fn unsequenced(session: &str, count: u64) -> Vec<u8> {
    let mut payload = packet(session, 1, count);
    payload[10..18].fill(0);
    payload
}

pub(crate) fn heartbeat(session: &str, next: u64) -> Vec<u8> {
    mold::heartbeat(id(session), SeqNo::new(next)).to_vec()
}

pub(crate) fn end_of_session(session: &str, next: u64) -> Vec<u8> {
    mold::end_of_session(id(session), SeqNo::new(next)).to_vec()
}

/// A session with its sink, and a clock that goes on by 1 ns with each packet.
pub(crate) struct Feed {
    pub(crate) session: Session,
    pub(crate) heard: Recorder,
    pub(crate) now: u64,
}

impl Feed {
    pub(crate) fn new(config: SessionConfig) -> Feed {
        Feed { session: Session::new(config), heard: Recorder::default(), now: 0 }
    }

    pub(crate) fn waiting_for(window_packets: usize) -> Feed {
        Feed::new(SessionConfig { window_packets, ..SessionConfig::default() })
    }

    pub(crate) fn timed(window_ns: u64, silence_ns: u64) -> Feed {
        let (window_ns, silence_ns) = (Some(window_ns), Some(silence_ns));
        Feed::new(SessionConfig { window_ns, silence_ns, ..SessionConfig::default() })
    }

    /// One packet; what the sink heard of it.
    pub(crate) fn on(&mut self, line: Line, payload: &[u8]) -> Vec<String> {
        self.now += 1;
        self.session.on_packet(line, Nanos::new(self.now), payload, &mut self.heard).unwrap();
        self.heard.check(&self.session);
        self.heard.take()
    }

    /// The messages `first..=last` of the usual session on a line.
    pub(crate) fn a(&mut self, first: u64, last: u64) -> Vec<String> {
        self.on(Line::A, &packet(DAY, first, last))
    }

    pub(crate) fn b(&mut self, first: u64, last: u64) -> Vec<String> {
        self.on(Line::B, &packet(DAY, first, last))
    }

    pub(crate) fn on_time(&mut self, now: u64) -> Vec<String> {
        self.now = now;
        self.session.on_time(Nanos::new(now), &mut self.heard);
        self.heard.check(&self.session);
        self.heard.take()
    }

    pub(crate) fn finish(&mut self) -> Vec<String> {
        self.session.finish(&mut self.heard);
        self.heard.check(&self.session);
        self.heard.take()
    }
}
