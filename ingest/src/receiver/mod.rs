//! The ingest thread's loop: from a [backend](crate::backend) through a session into books.
//!
//! A [`Receiver`] owns all of it. Whoever runs it calls [`Receiver::step`] again and again on one thread, which is the
//! only writer of these books, and looks at the rest of the world between two steps.

mod arrivals;
mod latency;
mod pace;

use core::fmt;
use core::time::Duration;
use std::time::Instant;

use wirebook_book::region::RegionError;
use wirebook_book::{Books, Nanos};

use crate::backend::{Backend, BackendCounts, BackendError, Burst, Obtained, Sorter, wall_clock};
use crate::feed::{Feed, LevelSetFeed, LevelSetStats, Listener};
use crate::session::{Session, SessionConfig};
use arrivals::Arrivals;
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
        let mut arrivals = Arrivals::new(&burst, wall_clock());
        let taken = match &mut self.decoder {
            Decoder::Mold(session) => {
                arrivals.through_session(&mut self.sorter, session, nanos(now), &mut self.feed)
            }
            Decoder::LevelSet(sets) => {
                arrivals.through_level_sets(&mut self.sorter, sets, &mut self.feed)
            }
        };
        if taken > 0 {
            self.heard = now;
        }
        // One look at the clock for the whole burst: a little too long for all but its last packet.
        self.latency.record_all(arrivals.latencies_ns(wall_clock()));
        self.worked += self.start.elapsed().saturating_sub(now);
        Ok(taken)
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

fn nanos(since: Duration) -> Nanos {
    Nanos::new(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl<L> fmt::Debug for Receiver<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("backend", &self.backend).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use arrayvec::ArrayVec;
    use wirebook_book::{Capacity, FeedState};

    use super::*;
    use crate::backend::{Carried, Received, Subscription};
    use crate::feed::FeedConfig;
    use crate::session::Line;

    /// First bursts of its own, then frames for somebody else without end.
    #[derive(Debug)]
    struct Crowded {
        subscription: Subscription,
        obtained: Obtained,
        bursts: Vec<Vec<Carried<'static>>>,
    }

    const FOREIGN: Carried<'static> = Carried::Frame(&[0; 60]);
    /// So many system events in a packet; the first one begins the day.
    fn packet(line: Line, first: u8, count: u8) -> Carried<'static> {
        let mut packet = b"SESSION001\0\0\0\0\0\0\0\0\0\0".to_vec();
        (packet[17], packet[19]) = (first, count);
        for _ in 0..count {
            packet.extend_from_slice(b"\0\x0cS\0\0\0\0\0\0\0\0\0\0O");
        }
        Carried::Datagram(line, packet.leak())
    }

    impl Backend for Crowded {
        fn poll<'a>(&'a mut self, burst: &mut Burst<'a>) -> Result<(), BackendError> {
            let carried = self.bursts.pop().unwrap_or_else(|| vec![FOREIGN]);
            burst.extend(carried.into_iter().map(|carried| Received::new(None, carried)));
            Ok(())
        }

        fn wait(&mut self, _: Duration) -> Result<(), BackendError> {
            unreachable!("there is always something")
        }

        fn counts(&mut self) -> BackendCounts {
            BackendCounts::default()
        }

        fn subscription(&self) -> &Subscription {
            &self.subscription
        }

        fn obtained(&self) -> &Obtained {
            &self.obtained
        }
    }

    fn receiver(bursts: Vec<Vec<Carried<'static>>>) -> Receiver<()> {
        let subscription =
            Subscription { interface: "none".to_owned(), lines: ArrayVec::default() };
        let obtained = Obtained::new("crowded");
        let backend = Crowded { subscription, obtained, bursts };
        let books = Books::new(Capacity { orders: 64, levels: 64, locates: 16 }).unwrap();
        let feed = Feed::new(books, (), FeedConfig::default());
        let config = SessionConfig { silence_ns: Some(5_000_000), ..SessionConfig::default() };
        Receiver::new(Box::new(backend), feed, config, Protocol::Mold, Pace::Blocking)
    }

    #[test]
    fn packets_among_those_for_somebody_else_are_all_taken() {
        // More messages than are read before the first is applied, and then more foreign packets than those have.
        let first = (0..8).map(|number| packet(Line::A, 1 + number * 8, 8)).collect();
        let (again, last) = (packet(Line::B, 9, 2), packet(Line::A, 65, 1));
        let mut receiver =
            receiver(vec![[first, vec![again], vec![FOREIGN; 20], vec![last]].concat()]);
        assert_eq!(receiver.step().unwrap(), 10);
        assert_eq!(receiver.feed().counts().messages, 65);
        let counts = receiver.counts();
        assert_eq!((counts.packets, counts.foreign), (10, 20));
        assert_eq!(receiver.latency().whole().packets, 10);
        assert_eq!(receiver.session().unwrap().stats().line(Line::B).duplicates, 1);
    }

    #[test]
    fn packets_for_somebody_else_do_not_hide_that_the_feed_is_silent() {
        let mut receiver = receiver(vec![vec![packet(Line::A, 1, 1)]]);
        assert_eq!(receiver.step().unwrap(), 1);
        assert_eq!(receiver.feed().books().feed_state(), FeedState::Live);
        thread::sleep(Duration::from_millis(20));
        assert_eq!(receiver.step().unwrap(), 0);
        assert_eq!(receiver.feed().books().feed_state(), FeedState::Stale);
        assert!(receiver.silence() >= Duration::from_millis(20));
        let counts = receiver.counts();
        assert_eq!((counts.packets, counts.foreign), (1, 1));
        assert_eq!(receiver.latency().whole().packets, 1);
    }
}
