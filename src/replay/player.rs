//! Plays an input into a feed.

use std::fmt;
use std::io::Read;

use thiserror::Error;
use wirebook_book::region::RegionError;
use wirebook_book::{Books, Nanos, SeqNo};
use wirebook_ingest::feed::{Feed, LevelSetFeed, Listener};
use wirebook_ingest::session::{Session, SessionConfig};
use wirebook_ingest::source::{
    CaptureStats, Captures, Format, FramedReader, Recording, SourceError,
};

use super::Summary;
use super::clock::WorkTime;
use super::summary::Origin;
use crate::Input;
use crate::input::Kind;

/// A recording that could not be played to its end.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is not the recording from which the books in a file were made.
    #[error(
        "it does not reach message {applied}{} to which the books in the file belong",
        session.as_ref().map_or_else(String::new, |session| format!(" of session {session:?}"))
    )]
    NotReached {
        /// The session of the books.
        session: Option<String>,
        /// The last message that was applied to them.
        applied: SeqNo,
    },
    /// Readers of the books cannot be told that no more will come.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// It holds something else than it was taken for.
    #[error(
        "no {expected} among {frames} frames ({foreign} of them not UDP over IPv4, \
         {refused} datagrams of another kind)"
    )]
    NothingFound {
        /// What was looked for.
        expected: &'static str,
        /// Frames in the capture.
        frames: u64,
        /// Frames that are no UDP over IPv4.
        foreign: u64,
        /// Datagrams that hold something else.
        refused: u64,
    },
}

/// How far a replay has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Messages applied.
    pub messages: u64,
    /// Messages there will be, where that is known.
    pub messages_total: Option<u64>,
    /// The time in the last message.
    pub time: Nanos,
}

/// Plays an input into a feed: block by block, or packet by packet through a session.
///
/// Everything it needs is set aside when it is made: [`Player::step`] allocates nothing (what
/// makes a generated day, or unpacks a compressed file, is another matter).
pub struct Player<L> {
    input: Input,
    feed: Feed<L>,
    session: Session,
    level_sets: LevelSetFeed,
    work: WorkTime,
}

impl<L: Listener> Player<L> {
    /// Ready to play.
    #[must_use]
    pub fn new(input: Input, feed: Feed<L>, session: SessionConfig) -> Player<L> {
        Player {
            input,
            feed,
            session: Session::new(session),
            level_sets: LevelSetFeed::new(),
            work: WorkTime::default(),
        }
    }

    /// Plays on by a batch: some thousand messages, or some hundred packets. False at the end.
    ///
    /// # Errors
    /// [`ReplayError::Source`]; what was whole before the damage has been played.
    pub fn step(&mut self) -> Result<bool, ReplayError> {
        let (feed, work) = (&mut self.feed, &mut self.work);
        match &mut self.input.kind {
            Kind::Day(reader) => play_messages(reader, feed, work),
            Kind::Recording(Recording::Messages(reader)) => play_messages(reader, feed, work),
            Kind::Recording(Recording::Packets { format: Format::LevelSet, captures }) => {
                let Some(burst) = captures.next_burst()? else { return Ok(false) };
                let sets = &mut self.level_sets;
                work.count(|| {
                    for datagram in burst {
                        // What is no level set has been counted, and is reported in the end.
                        let _ = sets.on_datagram(feed, datagram.payload);
                    }
                });
                Ok(true)
            }
            Kind::Recording(Recording::Packets { captures, .. }) => {
                let Some(burst) = captures.next_burst()? else { return Ok(false) };
                let session = &mut self.session;
                work.count(|| {
                    let mut flow = feed.flow();
                    for datagram in burst {
                        // What is no MoldUDP64 has been counted, and is reported in the end.
                        let (line, at) = (datagram.line, datagram.at);
                        let _ = flow.on_datagram(session, line, at, datagram.payload);
                    }
                });
                Ok(true)
            }
        }
    }

    /// Ends the input: what still waits for a missing packet is played without it.
    ///
    /// # Errors
    /// [`ReplayError::NothingFound`] where the input was a capture of something else.
    pub fn finish(&mut self) -> Result<(), ReplayError> {
        let (session, feed) = (&mut self.session, &mut self.feed);
        self.work.count(|| session.finish(feed));
        if let Some((session, applied)) = feed.awaits() {
            let session = session.filter(|session| *session != [0; 10]);
            let session = session.map(|it| String::from_utf8_lossy(&it).trim_end().to_owned());
            return Err(ReplayError::NotReached { session, applied });
        }
        feed.finish()?;
        let Kind::Recording(Recording::Packets { format, captures }) = &self.input.kind else {
            return Ok(());
        };
        let sum = |count: fn(&CaptureStats) -> u64| sum_over_lines(captures, count);
        let (expected, refused) = match format {
            Format::LevelSet => ("level-set message", self.level_sets.stats().malformed_datagrams),
            _ => ("MoldUDP64 packet", self.session.stats().total(|line| line.malformed)),
        };
        if sum(|stats| stats.datagrams) > refused {
            return Ok(());
        }
        let (frames, foreign) = (sum(|stats| stats.frames), sum(|stats| stats.foreign));
        Err(ReplayError::NothingFound { expected, frames, foreign, refused })
    }

    /// Tells readers of the books in other processes that this one is alive: a few times a second,
    /// between two steps. `now_ns` is of any clock that they share.
    pub fn beat(&mut self, now_ns: u64) {
        self.feed.beat(now_ns);
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            messages: self.feed.counts().messages,
            messages_total: self.input.messages_total,
            time: self.feed.at().time,
        }
    }

    /// The books as they are now.
    #[must_use]
    pub fn books(&self) -> &Books {
        self.feed.books()
    }

    /// Who listens.
    #[must_use]
    pub fn listener(&self) -> &L {
        self.feed.listener()
    }

    /// Lets the listener do something between two steps.
    pub fn with_feed<T>(&mut self, action: impl FnOnce(&Books, &mut L) -> T) -> T {
        let (books, listener) = self.feed.parts();
        action(books, listener)
    }

    /// What was played, and how far the books can be trusted.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let origin = match &self.input.kind {
            Kind::Recording(Recording::Packets { format: Format::LevelSet, captures }) => {
                Origin::LevelSets(captures, self.level_sets.stats())
            }
            Kind::Recording(Recording::Packets { captures, .. }) => {
                Origin::Packets(captures, &self.session)
            }
            _ => Origin::Messages,
        };
        Summary::of(&self.feed, &origin, self.work.total())
    }
}

impl<L> fmt::Debug for Player<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("input", &self.input).finish_non_exhaustive()
    }
}

fn play_messages<R: Read, L: Listener>(
    reader: &mut FramedReader<R>,
    feed: &mut Feed<L>,
    work: &mut WorkTime,
) -> Result<bool, ReplayError> {
    let Some(block) = reader.next_block()? else { return Ok(false) };
    work.count(|| feed.on_file_block(block));
    Ok(true)
}

/// The sum of a count over the lines of a capture.
pub(super) fn sum_over_lines<R: Read>(
    captures: &Captures<R>,
    count: fn(&CaptureStats) -> u64,
) -> u64 {
    use wirebook_ingest::session::Line;
    [Line::A, Line::B].into_iter().filter_map(|line| captures.stats(line)).map(count).sum()
}
