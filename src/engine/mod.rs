//! Strategies on a feed.

mod floor;
mod live;
mod place;
mod ring;

use strategy_api::{Desk, DeskCapacity, Limits, Strategy};
use thiserror::Error;
use wirebook_book::region::RegionConfig;
use wirebook_book::{Books, BooksError, Capacity};
use wirebook_exchange::venue::{
    Owner, Seat, Venue, VenueCapacity, VenueConfig, VenueCounts, VenueError,
};
use wirebook_ingest::feed::{
    Feed, FeedConfig, FollowError, Followed, Follower, Listener, Publisher,
};
use wirebook_ingest::receiver::Receiver;
use wirebook_ingest::session::SessionConfig;

use crate::live::LiveError;
use crate::replay::{Player, Progress, ReplayError, Summary};
use crate::{Input, InputError};
use floor::Floor;
pub use live::LiveConfig;
pub use ring::{FollowReport, follow_writer};

/// How an engine is made.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// What the books can hold.
    pub capacity: Capacity,
    /// What the desk of each strategy can hold; its `locates` are those of the books.
    pub desk: DeskCapacity,
    /// The limits of each strategy, unless it has [its own](Engine::add_with_limits).
    pub limits: Limits,
    /// The simulated venue.
    pub venue: VenueConfig,
    /// How the feed is to be understood.
    pub feed: FeedConfig,
    /// How packets of a capture are put in order.
    pub session: SessionConfig,
    /// Where the books' memory lies, and in what pages: a file, for readers in other processes, or
    /// private pages of a size that is asked for; with a ring of updates, others can follow. By
    /// default private memory, taken as it is needed.
    pub region: Option<RegionConfig>,
    /// Where the strategies run.
    pub run: Run,
}

/// An engine could not be run.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The books could not be made.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The venue could not be made.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The recording could not be opened.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The recording could not be read to its end.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The books cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The feed cannot be received.
    #[error(transparent)]
    Live(#[from] LiveError),
}

/// What became of one strategy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatReport {
    /// Where it sat.
    pub seat: Seat,
    /// Its name.
    pub name: String,
    /// Why it was detached, if it panicked.
    pub detached: Option<String>,
}

/// What became of a replay.
#[derive(Clone, Debug)]
pub struct Report {
    /// The books, and how far they can be trusted.
    pub summary: Summary,
    /// The strategies, in the order in which they were added.
    pub seats: Vec<SeatReport>,
    /// What the venue did.
    pub venue: VenueCounts,
    /// How the strategies followed the books, where they ran on a ring.
    pub followed: Option<Followed>,
}

/// Where strategies run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Run {
    /// On the thread that keeps the books, between two messages, which wait for them.
    #[default]
    Inline,
    /// On a thread of their own that follows the books by a ring of updates. The books never wait: where
    /// the strategies are slower by more than the ring holds, updates are lost and they are told.
    Ring {
        /// How many updates the ring holds.
        updates: u32,
    },
}

/// Runs strategies on market data.
///
/// All strategies are of one type `S`, so that calling them costs no indirection; to mix
/// types, let `S` be `Box<dyn Strategy + Send>` or an enum.
#[derive(Debug)]
pub struct Engine<S> {
    config: EngineConfig,
    waiting: Vec<(S, Limits)>,
    played: Option<Played<S>>,
}

/// What is left of a replay.
#[derive(Debug)]
enum Played<S> {
    Inline(Box<Player<(Floor<S>, Publisher)>>),
    Ring(Box<Follower<Floor<S>>>),
    Live(Box<Receiver<(Floor<S>, Publisher)>>),
}

impl<S: Strategy> Played<S> {
    fn floor(&self) -> &Floor<S> {
        match self {
            Played::Inline(player) => &player.listener().0,
            Played::Ring(follower) => follower.listener(),
            Played::Live(receiver) => &receiver.feed().listener().0,
        }
    }

    fn books(&self) -> &Books {
        match self {
            Played::Inline(player) => player.books(),
            Played::Ring(follower) => follower.books(),
            Played::Live(receiver) => receiver.feed().books(),
        }
    }
}

impl<S: Strategy> Engine<S> {
    /// An engine without strategies.
    #[must_use]
    pub fn new(config: EngineConfig) -> Engine<S> {
        Engine { config, waiting: Vec::new(), played: None }
    }

    /// Adds a strategy.
    pub fn add(&mut self, strategy: S) -> Seat {
        self.add_with_limits(strategy, self.config.limits)
    }

    /// Adds a strategy that has its own limits.
    pub fn add_with_limits(&mut self, strategy: S, limits: Limits) -> Seat {
        self.waiting.push((strategy, limits));
        // More seats than a u16 counts are refused when the replay begins.
        Seat(u16::try_from(self.waiting.len() - 1).unwrap_or(u16::MAX))
    }

    /// A strategy that was replayed.
    #[must_use]
    pub fn strategy(&self, seat: Seat) -> Option<&S> {
        Some(self.played.as_ref()?.floor().places().get(usize::from(seat.0))?.strategy())
    }

    /// The desk of a strategy that was replayed: its positions and what it has open.
    #[must_use]
    pub fn desk(&self, seat: Seat) -> Option<&Desk> {
        Some(self.played.as_ref()?.floor().places().get(usize::from(seat.0))?.desk())
    }

    /// The books after the replay; where strategies ran on a ring, those that they saw.
    #[must_use]
    pub fn books(&self) -> Option<&Books> {
        Some(self.played.as_ref()?.books())
    }

    fn make_books(&self, updates: u32) -> Result<Books, BooksError> {
        match (&self.config.region, updates) {
            (None, 0) => Books::new(self.config.capacity),
            (region, updates) => {
                let mut region = region.clone().unwrap_or_default();
                region.updates = region.updates.max(updates);
                Books::create(self.config.capacity, &region)
            }
        }
    }

    /// The strategies that were added, with their desks and a venue.
    fn make_floor(&mut self, locates: usize) -> Result<Floor<S>, EngineError> {
        let desk = DeskCapacity { locates, ..self.config.desk };
        // Room for whatever all desks together can have under way.
        let orders = (desk.open_orders * self.waiting.len()).clamp(1, 1 << 20);
        let capacity = VenueCapacity { locates, orders, ..VenueCapacity::default() };
        let mut venue = Venue::new(self.config.venue, capacity)?;
        let mut seated = Vec::with_capacity(self.waiting.len());
        for (owner, (strategy, limits)) in (0..).zip(self.waiting.drain(..)) {
            seated.push((strategy, limits, venue.open_seat(Owner(owner))?));
        }
        let mut floor = Floor::new(venue);
        for (strategy, limits, seat) in seated {
            floor.seat(strategy, Desk::new(desk, limits), seat, locates);
        }
        Ok(floor)
    }

    fn player<L: Listener>(&self, input: Input, books: Books, listener: L) -> Player<L> {
        Player::new(
            input,
            Feed::new(books, listener, self.config.feed.clone()),
            self.config.session,
        )
    }

    fn replay_inline(
        &mut self,
        input: Input,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Report, EngineError> {
        let floor = self.make_floor(self.config.capacity.locates as usize)?;
        let books = self.make_books(0)?;
        let publisher = Publisher::of(&books);
        let mut player = self.player(input, books, (floor, publisher));
        player.with_feed(|books, (floor, _)| floor.start(books));
        let played = play(&mut player, &mut progress);
        if played.is_ok() {
            player.with_feed(|books, (floor, _)| floor.stop(books));
            progress(&player.progress());
        }
        let report = report(player.summary(), &player.listener().0, None);
        self.played = Some(Played::Inline(Box::new(player)));
        played.map(|()| report)
    }
}

/// Plays an input to its end.
fn play<L: Listener>(
    player: &mut Player<L>,
    progress: &mut impl FnMut(&Progress),
) -> Result<(), EngineError> {
    while player.step()? {
        progress(&player.progress());
    }
    Ok(player.finish()?)
}

fn report<S: Strategy>(summary: Summary, floor: &Floor<S>, followed: Option<Followed>) -> Report {
    Report { summary, seats: seats(floor), venue: *floor.venue().counts(), followed }
}

fn seats<S: Strategy>(floor: &Floor<S>) -> Vec<SeatReport> {
    let seats = floor.places().iter().map(|place| SeatReport {
        seat: place.seat,
        name: place.strategy().name().to_owned(),
        detached: place.detached().map(str::to_owned),
    });
    seats.collect()
}
