//! What a feed counts.

/// What a feed counts. Refusals are counted by the books, packets by the session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Messages, of whatever kind.
    pub messages: u64,
    /// Messages by their first byte.
    pub by_kind: [u64; 256],
    /// Messages of length zero: legal, and without a kind.
    pub empty: u64,
    /// Messages of a kind that is not known; each used up its sequence number.
    pub unknown_kind: u64,
    /// Messages of a known kind that could not be read: too short, or without a side.
    pub malformed: u64,
    /// Messages that left their book locked or crossed.
    pub crossed: u64,
    /// Messages that changed the touch of their book.
    pub touch_changes: u64,
    /// Executions of an order that was not at the head of its queue.
    pub off_head: u64,
    /// Trades.
    pub trades: u64,
    /// Messages on symbols that are not kept.
    pub filtered: u64,
    /// Gaps that were declared.
    pub gaps: u64,
    /// Messages missing in them.
    pub gap_messages: u64,
    /// Changes of the state of the whole feed or of one book.
    pub state_changes: u64,
    /// Sessions that followed another.
    pub sessions: u64,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            messages: 0,
            by_kind: [0; 256],
            empty: 0,
            unknown_kind: 0,
            malformed: 0,
            crossed: 0,
            touch_changes: 0,
            off_head: 0,
            trades: 0,
            filtered: 0,
            gaps: 0,
            gap_messages: 0,
            state_changes: 0,
            sessions: 0,
        }
    }
}
