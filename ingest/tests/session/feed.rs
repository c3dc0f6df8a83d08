//! Packets whose messages tell their own numbers.

use wirebook_book::{Nanos, SeqNo};
use wirebook_ingest::mold::{self, PacketError, PacketWriter, SessionId};
use wirebook_ingest::session::{Line, Session, SessionConfig, Sink, Turn};

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
    /// One whose packets are asked for what comes of them by themselves first.
    other: (Session, Recorder),
}

impl Feed {
    pub(crate) fn new(config: SessionConfig) -> Feed {
        let new = || (Session::new(config), Recorder::new(config.begins_anywhere));
        let ((session, heard), other) = (new(), new());
        Feed { session, heard, now: 0, other }
    }

    /// One packet, for both sessions.
    pub(crate) fn packet(
        &mut self,
        line: Line,
        at: Nanos,
        payload: &[u8],
    ) -> Result<(), PacketError> {
        let result = self.session.on_packet(line, at, payload, &mut self.heard);
        let (session, heard) = &mut self.other;
        let mut shown = Vec::new();
        match session.in_turn(line, at, payload, |found| shown.push(found)) {
            Turn::Next(block) => {
                assert!(block.messages.clone().eq(shown), "all of them are shown");
                heard.on_block(block);
            }
            Turn::Rest(block) => {
                assert_eq!(shown.len(), 0);
                heard.on_block(block);
            }
            Turn::Known => assert_eq!(shown.len(), 0),
            Turn::Other => assert_eq!(session.on_packet(line, at, payload, heard), result),
        }
        self.check();
        result
    }

    /// Both must have heard the same and counted the same.
    fn check(&self) {
        let (session, heard) = &self.other;
        self.heard.check(&self.session);
        heard.check(session);
        assert_eq!(self.heard, *heard);
        for line in Line::ALL {
            assert_eq!(self.session.stats().line(line), session.stats().line(line));
        }
    }

    /// What was heard since it was asked last.
    pub(crate) fn take(&mut self) -> Vec<String> {
        self.other.1.take();
        self.heard.take()
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
        self.packet(line, Nanos::new(self.now), payload).unwrap();
        self.take()
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
        self.time(Nanos::new(now));
        self.take()
    }

    /// A look at the clock, by both sessions.
    pub(crate) fn time(&mut self, now: Nanos) {
        self.session.on_time(now, &mut self.heard);
        self.other.0.on_time(now, &mut self.other.1);
        self.check();
    }

    pub(crate) fn finish(&mut self) -> Vec<String> {
        self.session.finish(&mut self.heard);
        self.other.0.finish(&mut self.other.1);
        self.check();
        self.take()
    }
}
