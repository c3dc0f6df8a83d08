//! Strategies on a feed.

mod floor;
mod place;

use strategy_api::{Desk, DeskCapacity, Limits, Strategy};
use thiserror::Error;
use wirebook_book::region::RegionConfig;
use wirebook_book::{Books, BooksError, Capacity};
use wirebook_exchange::venue::{
    Owner, Seat, Venue, VenueCapacity, VenueConfig, VenueCounts, VenueError,
};
use wirebook_ingest::feed::{Feed, FeedConfig};
use wirebook_ingest::session::SessionConfig;

use crate::replay::{Player, Progress, ReplayError, Summary};
use crate::{Input, InputError};
use floor::Floor;

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
    /// private pages of a size that is asked for. By default private memory, taken as it is needed.
    pub region: Option<RegionConfig>,
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
}

/// Runs strategies on market data.
///
/// All strategies are of one type `S`, so that calling them costs no indirection; to mix
/// types, let `S` be `Box<dyn Strategy>` or an enum.
#[derive(Debug)]
pub struct Engine<S> {
    config: EngineConfig,
    waiting: Vec<(S, Limits)>,
    player: Option<Player<Floor<S>>>,
}

impl<S: Strategy> Engine<S> {
    /// An engine without strategies.
    #[must_use]
    pub fn new(config: EngineConfig) -> Engine<S> {
        Engine { config, waiting: Vec::new(), player: None }
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

    /// Plays `input` from beginning to end, with the strategies that were added since the last
    /// replay. `progress` is told every few thousand messages.
    ///
    /// # Errors
    /// [`EngineError`]; what was played until then can still be looked at.
    pub fn replay(
        &mut self,
        input: Input,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Report, EngineError> {
        let mut player = self.prepare(input)?;
        player.with_feed(|books, floor| floor.start(books));
        let player = self.player.insert(player);
        while player.step()? {
            progress(&player.progress());
        }
        player.finish()?;
        player.with_feed(|books, floor| floor.stop(books));
        progress(&player.progress());
        Ok(report(player))
    }

    /// A strategy that was replayed.
    #[must_use]
    pub fn strategy(&self, seat: Seat) -> Option<&S> {
        Some(self.player.as_ref()?.listener().places().get(usize::from(seat.0))?.strategy())
    }

    /// The desk of a strategy that was replayed: its positions and what it has open.
    #[must_use]
    pub fn desk(&self, seat: Seat) -> Option<&Desk> {
        Some(self.player.as_ref()?.listener().places().get(usize::from(seat.0))?.desk())
    }

    /// The books after the replay.
    #[must_use]
    pub fn books(&self) -> Option<&Books> {
        Some(self.player.as_ref()?.books())
    }

    fn prepare(&mut self, input: Input) -> Result<Player<Floor<S>>, EngineError> {
        let books = match &self.config.region {
            Some(region) => Books::create(self.config.capacity, region)?,
            None => Books::new(self.config.capacity)?,
        };
        let locates = self.config.capacity.locates as usize;
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
        let feed = Feed::new(books, floor, self.config.feed.clone());
        Ok(Player::new(input, feed, self.config.session))
    }
}

fn report<S: Strategy>(player: &Player<Floor<S>>) -> Report {
    let floor = player.listener();
    let seats = floor.places().iter().map(|place| SeatReport {
        seat: place.seat,
        name: place.strategy().name().to_owned(),
        detached: place.detached().map(str::to_owned),
    });
    Report { summary: player.summary(), seats: seats.collect(), venue: *floor.venue().counts() }
}
