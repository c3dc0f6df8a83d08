//! Two lines of any packets through a session: every message that came is delivered once, in
//! order, as it was sent; and what is declared lost had not come.
#![no_main]

use std::collections::BTreeSet;
use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use wirebook_book::{FeedState, Nanos, SeqNo};
use wirebook_ingest::mold::{
    Block, Packet, PacketKind, PacketWriter, SessionId, end_of_session, heartbeat,
};
use wirebook_ingest::session::{Gap, Line, Session, SessionConfig, Sink, Turn};

fuzz_target!(|input: &[u8]| {
    let Some((&[choice, window, time], rest)) = input.split_first_chunk::<3>() else {
        return;
    };
    let config = SessionConfig {
        window_packets: usize::from(window % 8),
        packet_bytes_max: 512,
        window_ns: (time % 2 == 1).then_some(u64::from(time)),
        silence_ns: (time % 3 == 1).then_some(u64::from(time)),
        gaps_kept: 16,
        begins_anywhere: false,
    };
    let is_structured = choice % 2 == 1;
    let (session, model) = (Session::new(config), Model::new(is_structured));
    let mut run = Run { session, model, asks_for_turns: choice % 4 > 1, now: 0 };
    if is_structured {
        run.structured(rest);
    } else {
        run.raw(rest);
    }
    run.finish();
});

/// The bytes of message `number`. Raw packets have others, and are not compared.
fn message(number: u64) -> Vec<u8> {
    let length = (number % 5) as usize;
    number.to_be_bytes()[3..3 + length].to_vec()
}

struct Run {
    session: Session,
    model: Model,
    /// Whether a packet is asked for what comes of it by itself first.
    asks_for_turns: bool,
    now: u64,
}

impl Run {
    /// Line and time, length, payload; again and again.
    fn raw(&mut self, mut rest: &[u8]) {
        while let Some((&[line, length], after)) = rest.split_first_chunk::<2>() {
            let (payload, after) = after.split_at(after.len().min(length.into()));
            self.packet(line, payload);
            rest = after;
        }
    }

    /// Sound packets with numbers close to those expected, and some damaged in one byte.
    fn structured(&mut self, rest: &[u8]) {
        let (operations, _) = rest.as_chunks::<4>();
        for &[operation, near, count, place] in operations {
            let names = [*b"SESSION  A", *b"SESSION  B", *b"SESSION  C"];
            let id = SessionId::from_bytes(names[usize::from(operation >> 6) % 3]);
            let expected = self.session.expected().get();
            let first = SeqNo::new((expected + u64::from(near)).saturating_sub(64).max(1));
            match operation % 8 {
                0 => self.packet(operation >> 3, &heartbeat(id, first)),
                1 => self.packet(operation >> 3, &end_of_session(id, first)),
                2 => {
                    self.now += u64::from(near);
                    self.session.on_time(Nanos::new(self.now), &mut self.model);
                    self.check();
                }
                kind => {
                    let mut buffer = [0; 512];
                    let mut writer = PacketWriter::new(&mut buffer, id, first).unwrap();
                    for number in first.get()..=first.get() + u64::from(count % 16) {
                        writer.push(&message(number)).unwrap();
                    }
                    let mut payload = writer.take().unwrap().to_vec();
                    if kind == 3 {
                        // Not in the name, the numbers or the text, which would be another feed.
                        let place = 18 + usize::from(place % 2);
                        payload[place] ^= count | 1;
                    }
                    self.packet(operation >> 3, &payload);
                }
            }
        }
    }

    fn packet(&mut self, bits: u8, payload: &[u8]) {
        let line = if bits % 2 == 0 { Line::A } else { Line::B };
        self.now += u64::from(bits >> 4);
        let packet = Packet::check(payload);
        if let Ok(packet) = &packet {
            self.model.came(packet);
        }
        let (at, model) = (Nanos::new(self.now), &mut self.model);
        if self.asks_for_turns {
            let mut shown = Vec::new();
            match self.session.in_turn(line, at, payload, |found| shown.push(found)) {
                Turn::Next(block) => {
                    assert!(block.messages.clone().eq(shown));
                    model.on_block(block);
                }
                Turn::Rest(block) => model.on_block(block),
                Turn::Known => {}
                Turn::Other => {
                    let result = self.session.on_packet(line, at, payload, model);
                    assert_eq!(result.err(), packet.err());
                }
            }
        } else {
            let result = self.session.on_packet(line, at, payload, model);
            assert_eq!(result.err(), packet.err());
        }
        self.check();
    }

    fn check(&self) {
        let stats = self.session.stats();
        assert_eq!(self.session.state(), self.model.state);
        assert_eq!(self.session.expected().get(), self.model.expected);
        assert_eq!(stats.messages, self.model.messages);
        for line in Line::ALL.map(|line| stats.line(line)) {
            let kinds = line.malformed + line.stale_session + line.heartbeats + line.unsequenced;
            let kinds = kinds + line.refused + line.duplicates + line.late + line.first_wins;
            assert_eq!(line.packets, kinds);
        }
    }

    fn finish(&mut self) {
        self.session.finish(&mut self.model);
        self.check();
        assert_eq!(self.session.hole(), None);
        let model = &self.model;
        assert!(model.expected >= model.announced, "something announced is unaccounted for");
        assert!(model.waiting.is_empty(), "{:?} came and were not delivered", model.waiting);
    }
}

/// What must come out, kept in the simplest way there is.
struct Model {
    compares: bool,
    current: Option<SessionId>,
    previous: Option<SessionId>,
    /// A packet that begins another session; its numbers count when that is announced.
    coming: Option<(SessionId, PacketKind, Range<u64>)>,
    expected: u64,
    /// Numbers that came and were neither delivered nor declared lost yet.
    waiting: BTreeSet<u64>,
    /// The number after the highest that is known to exist.
    announced: u64,
    state: FeedState,
    trusted: bool,
    ended: bool,
    messages: u64,
}

impl Model {
    fn new(compares: bool) -> Model {
        Model {
            compares,
            current: None,
            previous: None,
            coming: None,
            expected: 1,
            waiting: BTreeSet::new(),
            announced: 1,
            state: FeedState::Recovering,
            trusted: true,
            ended: false,
            messages: 0,
        }
    }

    /// A packet is about to be given to the session.
    fn came(&mut self, packet: &Packet<'_>) {
        let id = packet.session();
        let numbers = packet.sequence().get()..packet.next_sequence().get();
        if self.current == Some(id) {
            self.note(packet.kind(), numbers);
        } else if self.previous != Some(id) {
            self.coming = Some((id, packet.kind(), numbers));
        }
    }

    fn note(&mut self, kind: PacketKind, numbers: Range<u64>) {
        if kind == PacketKind::Data && numbers.start == 0 {
            self.trusted = false;
            return;
        }
        self.announced = self.announced.max(numbers.end);
        let expected = self.expected;
        self.waiting.extend(numbers.filter(|number| *number >= expected));
    }
}

impl Sink for Model {
    fn on_block(&mut self, block: Block<'_>) {
        assert!(!block.messages.is_empty());
        self.messages += block.messages.len() as u64;
        assert_ne!(self.state, FeedState::Recovering);
        assert_ne!(self.state, FeedState::Stale);
        if !block.is_numbered() {
            assert_eq!(self.state, FeedState::Gapped);
            return;
        }
        for (number, bytes) in block.numbered() {
            assert_eq!(number.get(), self.expected, "out of order");
            assert!(self.waiting.remove(&number.get()), "{number} did not come");
            assert!(!self.compares || bytes == message(number.get()));
            self.expected += 1;
        }
    }

    fn on_gap(&mut self, gap: Gap) {
        assert_eq!(gap.first.get(), self.expected);
        assert!(gap.first <= gap.last && gap.last.get() < self.announced);
        let came = self.waiting.range(gap.first.get()..=gap.last.get()).next();
        assert_eq!(came, None, "declared lost in {gap}");
        self.expected = gap.last.get() + 1;
        self.trusted = false;
    }

    fn on_state(&mut self, from: FeedState, to: FeedState) {
        assert_eq!(from, self.state);
        assert_ne!(from, to);
        assert!(to != FeedState::Live || self.trusted, "Live after a gap");
        self.state = to;
    }

    fn on_session(&mut self, old: Option<SessionId>, new: SessionId) {
        assert_eq!(old, self.current);
        assert_eq!(self.state, FeedState::Recovering);
        assert!(self.waiting.is_empty(), "{:?} came and were not delivered", self.waiting);
        assert!(self.expected >= self.announced);
        let (id, kind, numbers) = self.coming.take().unwrap();
        assert_eq!(id, new);
        let Model { compares, state, messages, .. } = *self;
        *self = Model { state, messages, ..Model::new(compares) };
        (self.previous, self.current) = (old, Some(new));
        self.note(kind, numbers);
    }

    fn on_end_of_session(&mut self) {
        assert!(!self.ended);
        self.ended = true;
    }
}
