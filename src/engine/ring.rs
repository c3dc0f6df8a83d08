//! Strategies that follow books by a ring: on a thread of their own, or in another process.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::Backoff;
use strategy_api::Strategy;
use wirebook_book::region::WriterState;
use wirebook_exchange::venue::VenueCounts;
use wirebook_ingest::feed::{Followed, Follower, Listener, Publisher};

use super::floor::Floor;
use super::{Engine, EngineError, Played, Report, Run, SeatReport, play, report, seats};
use crate::Input;
use crate::replay::Progress;

/// Updates that are done between two looks at anything else.
const BATCH: usize = 4096;
/// How often it is looked whether the writer in another process lives: so long may its death be unknown.
const CHECK: Duration = Duration::from_millis(20);

/// What became of strategies that followed another process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowReport {
    /// How they followed it.
    pub followed: Followed,
    /// How its writer ended.
    pub writer: WriterState,
    /// The strategies, in the order in which they were added.
    pub seats: Vec<SeatReport>,
    /// What the venue did.
    pub venue: VenueCounts,
}

impl<S: Strategy + Send> Engine<S> {
    /// Plays `input` from beginning to end, with the strategies that were added since the last
    /// replay, [where they are to run](Run). `progress` is told every few thousand messages.
    ///
    /// # Errors
    /// [`EngineError`]; what was played until then can still be looked at.
    pub fn replay(
        &mut self,
        input: Input,
        progress: impl FnMut(&Progress),
    ) -> Result<Report, EngineError> {
        match self.config.run {
            Run::Inline => self.replay_inline(input, progress),
            Run::Ring { updates } => self.replay_on_ring(input, updates, progress),
        }
    }

    fn replay_on_ring(
        &mut self,
        input: Input,
        updates: u32,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Report, EngineError> {
        let books = self.make_books(updates.max(1))?;
        let floor = self.make_floor(self.config.capacity.locates as usize)?;
        let follower = Follower::new(books.reader(), floor)?;
        let publisher = Publisher::of(&books);
        let mut player = self.player(input, books, publisher);
        let has_ended = AtomicBool::new(false);
        let (played, follower) = thread::scope(|scope| {
            let following = scope.spawn(|| follow(follower, &has_ended));
            let played = play(&mut player, &mut progress);
            // Pairs with the load in `follow`: who sees the end sees all that was published.
            has_ended.store(true, Ordering::Release);
            (played, following.join())
        });
        // Panics of strategies are caught where they are called; another one is a bug, and goes on.
        let follower = follower.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        progress(&player.progress());
        let report = report(player.summary(), follower.listener(), Some(follower.followed()));
        self.played = Some(Played::Ring(Box::new(follower)));
        played.map(|()| report)
    }

    /// Runs the strategies that were added on the books that another process keeps in a file, until that
    /// one ends. The file must have been made with a ring of updates.
    ///
    /// # Errors
    /// [`EngineError`]: there are no such books, or they have no ring.
    pub fn follow(&mut self, path: &Path) -> Result<FollowReport, EngineError> {
        let published = wirebook_book::attach(path)?;
        let floor = self.make_floor(published.capacity().locates as usize)?;
        let mut follower = Follower::new(published, floor)?;
        start(&mut follower);
        let writer = follow_writer(&mut follower);
        stop(&mut follower);
        let floor = follower.listener();
        let report = FollowReport {
            followed: follower.followed(),
            writer,
            seats: seats(floor),
            venue: *floor.venue().counts(),
        };
        self.played = Some(Played::Ring(Box::new(follower)));
        Ok(report)
    }
}

fn start<S: Strategy>(follower: &mut Follower<Floor<S>>) {
    let (books, floor) = follower.parts();
    floor.start(books);
}

fn stop<S: Strategy>(follower: &mut Follower<Floor<S>>) {
    let (books, floor) = follower.parts();
    floor.stop(books);
}

/// Follows until the writer has ended and everything was done.
fn follow<S: Strategy>(
    mut follower: Follower<Floor<S>>,
    has_ended: &AtomicBool,
) -> Follower<Floor<S>> {
    start(&mut follower);
    let backoff = Backoff::new();
    loop {
        // Pairs with the store in `replay_on_ring`.
        let was_last = has_ended.load(Ordering::Acquire);
        if follower.poll(BATCH) {
            backoff.reset();
        } else if was_last {
            break;
        } else {
            backoff.snooze();
        }
    }
    stop(&mut follower);
    follower
}

/// Follows until the writer in another process has ended, one way or the other, and everything was
/// done. It is looked at a few ten times a second; after its death no book is Live.
pub fn follow_writer<L: Listener>(follower: &mut Follower<L>) -> WriterState {
    let backoff = Backoff::new();
    let (mut checked, mut writer) = (Instant::now(), WriterState::Alive);
    loop {
        let was_last = writer != WriterState::Alive;
        if follower.poll(BATCH) {
            backoff.reset();
        } else if was_last {
            return writer;
        } else {
            backoff.snooze();
        }
        if checked.elapsed() >= CHECK {
            writer = follower.check_writer();
            checked = Instant::now();
        }
    }
}
