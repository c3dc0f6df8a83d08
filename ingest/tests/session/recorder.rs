//! A sink that writes down what it hears, and trusts nothing of it.

use std::mem;

use wirebook_book::{FeedState, SeqNo};
use wirebook_ingest::mold::{Block, SessionId};
use wirebook_ingest::session::{Gap, Line, Session, Sink};

use crate::feed::message;

/// Everything the sink was told, checked against the promises of the session at every call:
/// numbers without a hole or repetition, each message the one of its number, states that follow
/// from one another, and never Live behind a gap.
#[derive(PartialEq, Debug)]
pub(crate) struct Recorder {
    events: Vec<String>,
    expected: u64,
    state: FeedState,
    gaps_in_session: u64,
    unnumbered_in_session: u64,
    ended: bool,
    pub(crate) gaps: Vec<(u64, u64)>,
    /// The first block may have any number.
    begins_anywhere: bool,
    pub(crate) messages: u64,
}

impl Recorder {
    pub(crate) fn new(begins_anywhere: bool) -> Recorder {
        Recorder {
            events: Vec::new(),
            expected: 1,
            state: FeedState::Recovering,
            gaps_in_session: 0,
            unnumbered_in_session: 0,
            ended: false,
            gaps: Vec::new(),
            begins_anywhere,
            messages: 0,
        }
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        mem::take(&mut self.events)
    }

    /// What the session says of itself must be what it told the sink.
    pub(crate) fn check(&self, session: &Session) {
        assert_eq!(session.state(), self.state);
        assert_eq!(session.expected(), SeqNo::new(self.expected));
        let stats = session.stats();
        assert_eq!(stats.messages, self.messages);
        assert_eq!(stats.total(|line| line.messages), self.messages);
        assert_eq!(stats.gaps.count(), self.gaps.len() as u64);
        for line in Line::ALL.map(|line| stats.line(line)) {
            let kinds = line.malformed + line.stale_session + line.heartbeats + line.unsequenced;
            let kinds = kinds + line.refused + line.duplicates + line.late + line.first_wins;
            assert_eq!(line.packets, kinds, "{line:?}");
        }
    }
}

impl Sink for Recorder {
    fn on_block(&mut self, block: Block<'_>) {
        let (first, count) = (block.first.get(), block.messages.len() as u64);
        assert!(count > 0, "a block without messages");
        self.messages += count;
        if first == 0 {
            self.unnumbered_in_session += count;
            assert_eq!(self.state, FeedState::Gapped);
            assert!(block.numbered().all(|(number, _)| number.get() == 0));
            return self.events.push(format!("{count} unnumbered"));
        }
        if self.begins_anywhere && self.messages == count {
            self.expected = first;
        }
        assert_eq!(first, self.expected, "out of order");
        assert_ne!(self.state, FeedState::Recovering);
        assert_ne!(self.state, FeedState::Stale);
        self.events.push(format!("{first}..={}", block.last()));
        for (number, bytes) in block.numbered() {
            assert_eq!(number.get(), self.expected);
            assert_eq!(bytes, message(self.expected), "message {number}");
            self.expected += 1;
        }
        assert_eq!(self.expected, first + count);
    }

    fn on_gap(&mut self, gap: Gap) {
        assert_eq!(gap.first.get(), self.expected, "a gap out of order");
        assert!(gap.last >= gap.first, "an empty gap");
        self.expected = gap.last.get() + 1;
        self.gaps_in_session += 1;
        match self.gaps.last_mut().filter(|_| self.gaps_in_session > 1) {
            Some((_, last)) if *last + 1 == gap.first.get() => *last = gap.last.get(),
            _ => self.gaps.push((gap.first.get(), gap.last.get())),
        }
        self.events.push(format!("lost {gap}"));
    }

    fn on_state(&mut self, from: FeedState, to: FeedState) {
        assert_eq!(from, self.state);
        assert_ne!(from, to);
        if to == FeedState::Live {
            assert_eq!(self.gaps_in_session + self.unnumbered_in_session, 0, "Live after a gap");
        }
        self.state = to;
        self.events.push(format!("{from} to {to}"));
    }

    fn on_session(&mut self, old: Option<SessionId>, new: SessionId) {
        assert_eq!(self.state, FeedState::Recovering, "books of another session");
        assert_ne!(old, Some(new));
        self.expected = 1;
        self.gaps_in_session = 0;
        self.unnumbered_in_session = 0;
        self.ended = false;
        self.events.push(format!("session {new}"));
    }

    fn on_end_of_session(&mut self) {
        assert!(!self.ended, "ended twice");
        self.ended = true;
        self.events.push("end".into());
    }
}
