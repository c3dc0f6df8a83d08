use wirebook_book::SeqNo;

use super::{GapLog, Line};

/// What one line has brought. Every packet is counted in `packets` and in exactly one of the
/// eight counters that follow it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineStats {
    /// UDP payloads of any kind.
    pub packets: u64,
    /// Payloads that are no MoldUDP64 packet.
    pub malformed: u64,
    /// Packets of the session left before this one.
    pub stale_session: u64,
    /// Heartbeats and ends of session.
    pub heartbeats: u64,
    /// Packets whose messages have no numbers.
    pub unsequenced: u64,
    /// Packets out of order and too long for a place in the window.
    pub refused: u64,
    /// Packets all of whose messages had come before.
    pub duplicates: u64,
    /// Packets that came when at least one of their messages had been declared lost, and none
    /// was still expected.
    pub late: u64,
    /// Packets that brought something new.
    pub first_wins: u64,
    /// Messages delivered out of this line's packets.
    pub messages: u64,
    /// The highest number seen on this line in this session; 0 before the first.
    pub sequence_last: SeqNo,
    /// By how much this line's last duplicate came after the same message on the other line,
    /// where that is still known.
    pub lag_ns_last: Option<u64>,
    /// The largest such lag.
    pub lag_ns_max: Option<u64>,
}

impl LineStats {
    pub(super) fn lagged(&mut self, lag_ns: u64) {
        self.lag_ns_last = Some(lag_ns);
        self.lag_ns_max = self.lag_ns_max.max(Some(lag_ns));
    }
}

/// What both lines have brought, over all sessions.
#[derive(Clone, Debug)]
pub struct SessionStats {
    pub(super) lines: [LineStats; 2],
    /// The messages declared lost.
    pub gaps: GapLog,
    /// Messages delivered, with and without numbers.
    pub messages: u64,
    /// Messages delivered that have no number.
    pub unsequenced_messages: u64,
    /// The most packets and announcements that the window ever held.
    pub window_packets_max: usize,
    /// Sessions begun.
    pub sessions: u64,
    /// Sessions whose end was reported.
    pub ends_of_session: u64,
}

impl SessionStats {
    pub(super) fn new(gaps: GapLog) -> SessionStats {
        SessionStats {
            lines: [LineStats::default(); 2],
            gaps,
            messages: 0,
            unsequenced_messages: 0,
            window_packets_max: 0,
            sessions: 0,
            ends_of_session: 0,
        }
    }

    /// What one line has brought.
    #[inline]
    #[must_use]
    pub fn line(&self, line: Line) -> &LineStats {
        let [a, b] = &self.lines;
        match line {
            Line::A => a,
            Line::B => b,
        }
    }

    #[inline]
    pub(super) fn line_mut(&mut self, line: Line) -> &mut LineStats {
        let [a, b] = &mut self.lines;
        match line {
            Line::A => a,
            Line::B => b,
        }
    }

    /// The sum of one counter over both lines: `stats.total(|line| line.malformed)`.
    #[must_use]
    pub fn total(&self, counter: impl Fn(&LineStats) -> u64) -> u64 {
        self.lines.iter().map(counter).sum()
    }
}
