//! One feed out of two lines: order, duplicates, holes and trust.
//!
//! A feed is sent twice, on lines A and B, with the same numbers but not necessarily the same
//! packet boundaries. A [`Session`] takes the packets of both as they arrive and hands every
//! message to a [`Sink`] exactly once, in the order of its number. It does no I/O and reads no
//! clock: packets and times are arguments, results are calls of the sink, so that live ingest, a
//! recording and a simulation run the same code. After construction it allocates nothing.
//!
//! # Rules
//!
//! - **Order.** Numbers begin at 1. A packet at the expected number is handed on as it lies in
//!   the receive buffer, without a copy. A packet that begins before it gives its new tail; one
//!   that lies wholly before it is a duplicate (or *late*, where a gap had been declared over it).
//! - **Holes.** A packet beyond the expected number is copied into a window of fixed size, and
//!   so is the announcement of a heartbeat or an end of session, which reveals a loss with
//!   nothing behind it. When either line fills the hole, delivery goes on as if nothing had
//!   happened. A packet too long for a place in the window is refused and counted; its messages
//!   can still come from the other line.
//! - **Gaps.** When the window is full, when a configured time has passed since the hole was
//!   seen, or at [`Session::finish`], the first hole is given up: [`Sink::on_gap`] names exactly
//!   the messages that neither line has brought, and delivery goes on behind them. From then on
//!   the state is Gapped until another session begins.
//! - **State.** It is Recovering until number 1 is delivered, and Live from immediately before
//!   that block. A late join waits for number 1 as for any other hole and ends in a gap from 1.
//!   Nothing heard for a configured time makes it Stale; the first packet that shows nothing
//!   missing, or the first delivery, brings back the state before.
//! - **Another session.** A packet with another session's name ends the session: what the window
//!   holds is delivered with its gaps, then [`Sink::on_session`] asks for empty books and numbers
//!   begin at 1 again. Packets of the session just left are *stale*: dropped and counted.
//! - **End of session** is reported once, when everything before it is delivered or declared
//!   lost. Packets after it are handled like any others.
//! - **No numbers.** Sequence 0 in a packet with messages is none of MoldUDP64's; some captures
//!   have it in every packet. Such messages are delivered at once in a block whose `first` is 0,
//!   from each line that brings them, and the state is Gapped: neither order nor completeness can
//!   be known.
//!
//! A packet that is no MoldUDP64 packet to the last byte is refused whole and counted (see
//! [`mold`](crate::mold)); nothing of it is applied.

mod arbiter;
mod arrivals;
mod gap;
mod line;
mod stats;
mod stream;
mod window;

use wirebook_book::FeedState;

pub use arbiter::{Session, SessionConfig, Turn};
pub use gap::{Gap, GapLog};
pub use line::Line;
pub use stats::{LineStats, SessionStats};

use crate::mold::{Block, SessionId};

/// What a [`Session`] hands on. Calls come in the order in which things are to be applied.
pub trait Sink {
    /// The next messages, in order, each number exactly once.
    fn on_block(&mut self, block: Block<'_>);

    /// Messages that will not come; what follows in [`Sink::on_block`] comes after them. Where
    /// heartbeats reveal a loss bit by bit, adjoining gaps come one after another.
    fn on_gap(&mut self, gap: Gap);

    /// The trust in what is delivered changed. A change to Live comes before the block that it
    /// holds for, and a change to Gapped after its gap and before the block behind that.
    fn on_state(&mut self, from: FeedState, to: FeedState);

    /// A session begins: books must be cleared. `old` is the one left, if there was any. The
    /// state has left Live before.
    fn on_session(&mut self, old: Option<SessionId>, new: SessionId);

    /// The sender has said that no message follows, and everything before is accounted for.
    fn on_end_of_session(&mut self);
}
