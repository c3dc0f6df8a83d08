//! From messages to books: the one place where a feed's messages change books, and where
//! whoever listens is told.
//!
//! [`Feed`] takes blocks of messages in order, from a [session](crate::session) or straight from
//! a file, decodes them, applies them to its [`Books`] and calls its [`Listener`]. It does no I/O
//! and reads no clock.

mod counts;
mod decode;
mod filter;
mod flow;
mod follower;
mod level_set;
mod listener;
mod look_ahead;
mod publisher;
mod successor;

use wirebook_book::region::RegionError;
use wirebook_book::{Books, FeedState, Locate, SeqNo, Stamp, Symbol};

use crate::itch::codes::MarketCode;
use crate::mold::{Block, SessionId};
use crate::session::{Gap, Sink};
use flow::{Aheads, Ends};
use successor::Successor;

pub use counts::Counts;
pub use filter::SymbolFilter;
pub use flow::Flow;
pub use follower::{FollowError, Followed, Follower};
pub use level_set::{LevelSetFeed, LevelSetStats};
pub use listener::{FeedStateChange, Listener, Scope};
pub use publisher::Publisher;
pub use successor::Succession;

/// How a feed is to be understood.
#[derive(Clone, Debug)]
pub struct FeedConfig {
    /// The recording begins with empty books, whatever its first message is.
    pub assume_complete: bool,
    /// Which symbols are kept.
    pub symbols: SymbolFilter,
    /// The market whose operational halts concern the books.
    pub market: MarketCode,
    /// Live orders from which on the lines of messages to come in the same block are fetched ahead.
    /// Below it the books fit the processor's cache, and looking ahead costs more than it saves.
    /// Packets that came together are looked ahead over in any case ([`Feed::flow`]).
    pub look_ahead_orders_min: u32,
}

impl Default for FeedConfig {
    fn default() -> FeedConfig {
        FeedConfig {
            assume_complete: false,
            symbols: SymbolFilter::all(),
            market: MarketCode::NASDAQ,
            look_ahead_orders_min: 8192,
        }
    }
}

/// Whether the books can be whole, as far as the messages themselves tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Completeness {
    /// No message yet.
    Awaited,
    /// The first message was the one that begins a day, or it was said that books begin empty.
    Whole,
    /// It was not; or a message could not be read that may concern any book.
    Missing,
}

/// Decodes messages, applies them to books and tells a listener.
#[derive(Debug)]
pub struct Feed<L> {
    books: Books,
    listener: L,
    config: FeedConfig,
    counts: Counts,
    completeness: Completeness,
    /// What the source says: [`FeedState::Live`] as long as no message is missing.
    source: FeedState,
    at: Stamp,
    ended: bool,
    /// The session of the source; zeros where it has none.
    session: [u8; 10],
    /// Books that another writer left, until the messages come to where it was killed.
    successor: Option<Box<Successor>>,
    succession: Option<Succession>,
    /// What is known of messages on their way.
    aheads: Box<Aheads>,
}

impl<L: Listener> Feed<L> {
    /// A feed over empty books.
    #[must_use]
    pub fn new(books: Books, listener: L, config: FeedConfig) -> Feed<L> {
        let completeness =
            if config.assume_complete { Completeness::Whole } else { Completeness::Awaited };
        Feed {
            books,
            listener,
            config,
            counts: Counts::default(),
            completeness,
            source: FeedState::Recovering,
            at: Stamp::default(),
            ended: false,
            session: [0; 10],
            successor: None,
            succession: None,
            aheads: Box::default(),
        }
    }

    /// Takes messages that follow each other, as one packet.
    pub fn on_packet(&mut self, mut block: Block<'_>) {
        if self.successor.is_some() {
            block = self.before_succession(block, Ends::None);
        }
        if block.messages.is_empty() {
            return self.listener.on_packet_end(&self.books, self.at);
        }
        self.apply_block(block, Ends::Last);
    }

    /// Takes messages that follow each other in a file, where nothing is known of packets: each
    /// message counts as one.
    pub fn on_file_block(&mut self, mut block: Block<'_>) {
        if self.source != FeedState::Live {
            self.set_source(FeedState::Live);
        }
        if self.successor.is_some() {
            block = self.before_succession(block, Ends::Each);
        }
        self.apply_block(block, Ends::Each);
    }

    /// The books.
    #[must_use]
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Tells readers of the books in other processes that the feed is alive, and how far it has
    /// come: a few times a second. `now_ns` is of any clock that they share.
    pub fn beat(&mut self, now_ns: u64) {
        match &mut self.successor {
            Some(successor) => successor.beat(now_ns),
            None => self.books.beat(now_ns),
        }
    }

    /// Tells them that no more will come.
    pub fn finish(&mut self) -> Result<(), RegionError> {
        self.books.finish()
    }

    /// Who listens.
    #[must_use]
    pub fn listener(&self) -> &L {
        &self.listener
    }

    /// Who listens, to be asked or changed between blocks.
    pub fn listener_mut(&mut self) -> &mut L {
        &mut self.listener
    }

    /// The books and who listens to them.
    pub fn parts(&mut self) -> (&Books, &mut L) {
        (&self.books, &mut self.listener)
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The last message.
    #[must_use]
    pub fn at(&self) -> Stamp {
        self.at
    }

    /// Whether the source said that no more will come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The state of the whole feed: that of its source, and never Live after a late join.
    fn effective(&self) -> FeedState {
        match (self.completeness, self.source) {
            (Completeness::Missing, FeedState::Live) => FeedState::Gapped,
            (Completeness::Awaited, FeedState::Live) => FeedState::Recovering,
            (_, source) => source,
        }
    }

    fn set_source(&mut self, state: FeedState) {
        self.source = state;
        self.update_state();
    }

    fn update_state(&mut self) {
        let (from, to) = (self.books.feed_state(), self.effective());
        if from != to {
            self.books.set_feed_state(to);
            self.counts.state_changes += 1;
            let change = FeedStateChange { scope: Scope::Feed, from, to, at: self.at };
            self.listener.on_feed_state(&self.books, &change);
        }
    }

    /// Gives a symbol its name, unless it is not kept.
    fn name(&mut self, locate: Locate, symbol: Symbol) {
        if self.config.symbols.admit(locate, symbol) && self.books.name(locate, symbol).is_ok() {
            self.listener.on_name(&self.books, locate, symbol);
        }
    }
}

/// What a session delivers goes to the books as packets.
impl<L: Listener> Sink for Feed<L> {
    #[inline(always)]
    fn on_block(&mut self, block: Block<'_>) {
        self.on_packet(block);
    }

    fn on_gap(&mut self, gap: Gap) {
        self.at.seq = gap.last;
        self.counts.gaps += 1;
        self.counts.gap_messages = self.counts.gap_messages.saturating_add(gap.messages());
    }

    fn on_state(&mut self, _from: FeedState, to: FeedState) {
        self.set_source(to);
    }

    fn on_session(&mut self, old: Option<SessionId>, new: SessionId) {
        self.session = *new.as_bytes();
        if old.is_none() {
            return self.books.set_session(self.session);
        }
        self.books.begin_session(self.session);
        self.config.symbols.forget_locates();
        self.at.seq = SeqNo::new(0);
        self.completeness =
            if self.config.assume_complete { Completeness::Whole } else { Completeness::Awaited };
        self.counts.sessions += 1;
        self.listener.on_clear(&self.books);
        self.update_state();
    }

    fn on_end_of_session(&mut self) {
        self.ended = true;
    }
}
