//! The ingest thread's loop: from a [backend](crate::backend) through a session into books.
//!
//! A [`Receiver`] owns all of it. Whoever runs it calls [`Receiver::step`] again and again on one thread, which is the
//! only writer of these books, and looks at the rest of the world between two steps.

mod latency;
mod pace;

use core::fmt;
use core::time::Duration;
use std::time::Instant;

use arrayvec::ArrayVec;
use wirebook_book::region::{LINE, RegionError, prefetch};
use wirebook_book::{Books, Nanos};

use crate::backend::{
    BURST, Backend, BackendCounts, BackendError, Burst, Obtained, Sorter, wall_clock,
};
use crate::feed::{Feed, LevelSetFeed, LevelSetStats, Listener};
use crate::mold::Packet;
use crate::session::{Line, Session, SessionConfig};
pub use latency::{Latency, LatencyFigures};
pub use pace::Pace;

/// What the datagrams hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Protocol {
    /// MoldUDP64 packets of ITCH messages.
    #[default]
    Mold,
    /// One level set each.
    LevelSet,
}

enum Decoder {
    Mold(Box<Session>),
    LevelSet(LevelSetFeed),
}

/// The datagrams of a burst.
type Datagrams<'a> = ArrayVec<(Line, &'a [u8]), BURST>;

/// Receives, puts in order, decodes and applies.
pub struct Receiver<L> {
    backend: Box<dyn Backend>,
    sorter: Sorter,
    decoder: Decoder,
    feed: Feed<L>,
    pace: Pace,
    latency: Latency,
    start: Instant,
    /// When the last packet came in, since the start.
    heard: Duration,
    /// Time spent on bursts, without polling for them.
    worked: Duration,
}

impl<L: Listener> Receiver<L> {
    /// Ready to receive; everything it needs is set aside now.
    #[must_use]
    pub fn new(
        backend: Box<dyn Backend>,
        feed: Feed<L>,
        session: SessionConfig,
        protocol: Protocol,
        pace: Pace,
    ) -> Receiver<L> {
        let decoder = match protocol {
            Protocol::Mold => Decoder::Mold(Box::new(Session::new(session))),
            Protocol::LevelSet => Decoder::LevelSet(LevelSetFeed::new()),
        };
        let (latency, start) = (Latency::new(), Instant::now());
        let (heard, worked) = (Duration::ZERO, Duration::ZERO);
        let sorter = Sorter::new(backend.subscription().clone());
        Receiver { backend, sorter, decoder, feed, pace, latency, start, heard, worked }
    }

    /// Takes one burst all the way into the books; how many datagrams it was. Where there is none it waits as
    /// its [`Pace`] says, for some milliseconds at most.
    ///
    /// # Errors
    /// [`BackendError`] where the backend itself has failed.
    pub fn step(&mut self) -> Result<usize, BackendError> {
        let mut burst = Burst::new();
        self.backend.poll(&mut burst)?;
        let now = self.start.elapsed();
        if burst.is_empty() {
            drop(burst);
            self.idle(now)?;
            return Ok(0);
        }
        self.pace.heard();
        self.heard = now;
        let datagrams = sort(&mut self.sorter, &burst);
        match &mut self.decoder {
            Decoder::Mold(session) => {
                scout(session, &mut self.feed, &datagrams);
                for (line, payload) in datagrams {
                    // What is no MoldUDP64 has been counted, and is reported.
                    let _ = session.on_packet(line, nanos(now), payload, &mut self.feed);
                }
            }
            Decoder::LevelSet(sets) => {
                for (_, payload) in datagrams {
                    // What is no level set has been counted, and is reported.
                    let _ = sets.on_datagram(&mut self.feed, payload);
                }
            }
        }
        // One look at the clock for the whole burst: a little too long for all but its last packet.
        let done = wall_clock();
        for received in &burst {
            self.latency.record(done.since(received.at));
        }
        self.worked += self.start.elapsed().saturating_sub(now);
        Ok(burst.len())
    }

    fn idle(&mut self, now: Duration) -> Result<(), BackendError> {
        if let Decoder::Mold(session) = &mut self.decoder {
            session.on_time(nanos(now), &mut self.feed);
        }
        self.pace.wait(&mut *self.backend)
    }

    /// Ends the feed: what still waits for a missing packet is applied without it.
    ///
    /// # Errors
    /// [`RegionError`] where readers in other processes cannot be told.
    pub fn finish(&mut self) -> Result<(), RegionError> {
        if let Decoder::Mold(session) = &mut self.decoder {
            session.finish(&mut self.feed);
        }
        self.feed.finish()
    }

    /// Tells readers of the books in other processes that this one is alive: a few times a second.
    pub fn beat(&mut self) {
        let now = self.start.elapsed();
        self.feed.beat(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How long it has heard nothing.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.start.elapsed().saturating_sub(self.heard)
    }

    /// Time spent on bursts: putting in order, decoding, applying, telling.
    #[must_use]
    pub fn worked(&self) -> Duration {
        self.worked
    }

    /// Whether the sender has said that no message follows, and all before it were dealt with.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.feed.has_ended()
    }

    /// The feed: its books, its counters and who listens.
    #[must_use]
    pub fn feed(&self) -> &Feed<L> {
        &self.feed
    }

    /// Lets the listener do something between two steps.
    pub fn with_feed<T>(&mut self, action: impl FnOnce(&Books, &mut L) -> T) -> T {
        let (books, listener) = self.feed.parts();
        action(books, listener)
    }

    /// The session, where the protocol has one.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        match &self.decoder {
            Decoder::Mold(session) => Some(session),
            Decoder::LevelSet(_) => None,
        }
    }

    /// What came of level sets, where the protocol is that.
    #[must_use]
    pub fn level_sets(&self) -> Option<&LevelSetStats> {
        match &self.decoder {
            Decoder::Mold(_) => None,
            Decoder::LevelSet(sets) => Some(sets.stats()),
        }
    }

    /// What the backend has received and dropped. It may ask the kernel.
    pub fn counts(&mut self) -> BackendCounts {
        self.sorter.account(self.backend.counts())
    }

    /// Counters of the backend's own, by its own names.
    #[must_use]
    pub fn details(&self) -> Vec<(String, u64)> {
        self.backend.details()
    }

    /// What the backend got.
    #[must_use]
    pub fn obtained(&self) -> &Obtained {
        self.backend.obtained()
    }

    /// From when packets came in to when they were in the books.
    pub fn latency(&mut self) -> &mut Latency {
        &mut self.latency
    }
}

/// The datagrams of a burst, in their order. Their bytes are all asked for before the first is looked at.
#[inline]
fn sort<'a>(sorter: &mut Sorter, burst: &Burst<'a>) -> Datagrams<'a> {
    /// The headers and the first message; what lies behind comes along.
    const LINES: usize = 2;
    for received in burst {
        received.bytes().chunks(LINE).take(LINES).for_each(|line| prefetch(line.as_ptr()));
    }
    burst.iter().filter_map(|received| sorter.sort(received)).collect()
}

/// Has the books' memory fetched for all packets of a burst together, where each of them has too few messages for that.
#[inline]
fn scout<L: Listener>(session: &Session, feed: &mut Feed<L>, datagrams: &Datagrams<'_>) {
    let mut known = session.expected();
    // What the other line has brought already, or brings in the same burst, changes nothing any more.
    let news = datagrams.iter().filter_map(|(_, payload)| {
        let packet = Packet::check(payload).ok()?;
        let next = packet.next_sequence();
        if next <= known {
            return None;
        }
        known = next;
        Some(packet.messages())
    });
    feed.scout(news);
}

fn nanos(since: Duration) -> Nanos {
    Nanos::new(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl<L> fmt::Debug for Receiver<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("backend", &self.backend).finish_non_exhaustive()
    }
}
