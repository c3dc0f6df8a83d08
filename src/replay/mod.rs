//! Rebuilding books from a recording.

mod clock;
mod depth;
mod host;
mod player;
mod summary;
mod tape;

pub use depth::DepthTape;
pub use player::{Player, Progress, ReplayError};
pub use summary::{GapSummary, LineSummary, Summary, touch_checksum, touch_term};
pub use tape::TouchTape;
pub(crate) use tape::{TapeText, TouchLine};

use wirebook_book::{Books, Change, Stamp};
use wirebook_ingest::feed::Listener;

/// The tapes that a replay writes.
pub struct Tapes<'w> {
    /// The touch tape; always there, for its count and its hash.
    pub touch: TouchTape<'w>,
    /// The depth tape.
    pub depth: Option<DepthTape<'w>>,
}

impl Listener for Tapes<'_> {
    #[inline(always)]
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        self.touch.on_change(books, change, at);
        if let Some(depth) = &mut self.depth {
            depth.on_change(books, change, at);
        }
    }
}
