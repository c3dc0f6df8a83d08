use wirebook_book::{FeedState, SeqNo};

use super::arrivals::{Arrival, Arrivals};
use super::{Gap, GapLog, SessionStats, Sink};
use crate::mold::{Block, Messages, SessionId};

/// The first number of a session.
pub(super) const FIRST: SeqNo = SeqNo::new(1);

/// The ordered side of a session: what was delivered last, and how far it can be trusted. All
/// that a sink hears comes from here.
pub(super) struct Stream {
    expected: SeqNo,
    /// Recovering (before number 1), Live or Gapped.
    trust: FeedState,
    /// Nothing was heard for too long; shown as Stale in front of `trust`.
    silent: bool,
    /// See [`SessionConfig::begins_anywhere`](super::SessionConfig::begins_anywhere).
    begins_anywhere: bool,
    arrivals: Arrivals,
    pub(super) stats: SessionStats,
}

impl Stream {
    pub(super) fn new(gaps: GapLog, begins_anywhere: bool) -> Stream {
        Stream {
            expected: FIRST,
            trust: FeedState::Recovering,
            silent: false,
            begins_anywhere,
            arrivals: Arrivals::new(),
            stats: SessionStats::new(gaps),
        }
    }

    #[inline]
    pub(super) fn expected(&self) -> SeqNo {
        self.expected
    }

    pub(super) fn state(&self) -> FeedState {
        if self.silent { FeedState::Stale } else { self.trust }
    }

    #[inline]
    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether the next messages can be delivered without a change of state.
    #[inline]
    pub(super) fn is_steady(&self) -> bool {
        !self.silent & (self.trust != FeedState::Recovering)
    }

    /// Delivers messages of which the first has the expected number.
    #[inline(always)]
    pub(super) fn deliver<S: Sink + ?Sized>(
        &mut self,
        arrival: Arrival,
        messages: Messages<'_>,
        sink: &mut S,
    ) {
        if !self.state().is_live() {
            self.regain(sink);
        }
        let block = self.pass(arrival, messages);
        sink.on_block(block);
    }

    /// Counts messages of which the first has the expected number; the block that they make.
    #[inline(always)]
    pub(super) fn pass<'a>(&mut self, arrival: Arrival, messages: Messages<'a>) -> Block<'a> {
        let first = self.expected;
        let count = messages.len() as u64;
        // A packet past the last number is refused when it is read.
        self.expected = SeqNo::new(first.get() + count);
        self.stats.messages += count;
        self.stats.line_mut(arrival.line).messages += count;
        self.arrivals.record(self.expected, arrival);
        Block { first, messages }
    }

    /// Delivers messages that have no numbers.
    #[cold]
    pub(super) fn deliver_unsequenced<S: Sink + ?Sized>(
        &mut self,
        arrival: Arrival,
        messages: Messages<'_>,
        sink: &mut S,
    ) {
        let count = messages.len() as u64;
        self.change(FeedState::Gapped, false, sink);
        self.stats.messages += count;
        self.stats.unsequenced_messages += count;
        let line = self.stats.line_mut(arrival.line);
        line.unsequenced += 1;
        line.messages += count;
        sink.on_block(Block { first: SeqNo::new(0), messages });
    }

    /// Declares lost what lies before `next`; nothing where that is delivered.
    pub(super) fn declare_lost<S: Sink + ?Sized>(&mut self, next: SeqNo, sink: &mut S) {
        let Some(last) = next.get().checked_sub(1).filter(|last| *last >= self.expected.get())
        else {
            return;
        };
        if self.begins_anywhere && self.trust == FeedState::Recovering {
            self.expected = next;
            return;
        }
        let gap = Gap { first: self.expected, last: SeqNo::new(last) };
        self.expected = next;
        self.stats.gaps.add(gap);
        sink.on_gap(gap);
        self.change(FeedState::Gapped, self.silent, sink);
    }

    /// Counts a packet all of whose messages lie before the expected one.
    pub(super) fn known(&mut self, first: SeqNo, next: SeqNo, arrival: Arrival) {
        if self.stats.gaps.touches(first, next) {
            self.stats.line_mut(arrival.line).late += 1;
            return;
        }
        let lag_ns = self.arrivals.lag_ns(next, arrival);
        let line = self.stats.line_mut(arrival.line);
        line.duplicates += 1;
        if let Some(lag_ns) = lag_ns {
            line.lagged(lag_ns);
        }
    }

    /// Starts at number 1 of another session.
    pub(super) fn begin<S: Sink + ?Sized>(
        &mut self,
        old: Option<SessionId>,
        new: SessionId,
        sink: &mut S,
    ) {
        self.expected = FIRST;
        self.arrivals.clear();
        self.stats.sessions += 1;
        self.stats.gaps.on_session();
        for line in &mut self.stats.lines {
            line.sequence_last = SeqNo::new(0);
        }
        self.change(FeedState::Recovering, false, sink);
        sink.on_session(old, new);
    }

    pub(super) fn fall_silent<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        self.change(self.trust, true, sink);
    }

    pub(super) fn is_heard_again<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        self.change(self.trust, false, sink);
    }

    pub(super) fn report_end<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        self.stats.ends_of_session += 1;
        sink.on_end_of_session();
    }

    /// Before a delivery in another state than Live.
    #[cold]
    fn regain<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        let trust = match self.trust {
            // No gap was declared, so that this is number 1.
            FeedState::Recovering => FeedState::Live,
            trust => trust,
        };
        self.change(trust, false, sink);
    }

    fn change<S: Sink + ?Sized>(&mut self, trust: FeedState, silent: bool, sink: &mut S) {
        let from = self.state();
        self.trust = trust;
        self.silent = silent;
        let to = self.state();
        if from != to {
            sink.on_state(from, to);
        }
    }
}
