//! Strategies on a live feed, on the thread that receives it.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use strategy_api::Strategy;
use wirebook_ingest::backend::Backend;
use wirebook_ingest::feed::{Feed, Publisher};
use wirebook_ingest::receiver::{Pace, Protocol, Receiver};

use super::{Engine, EngineError, Played, Report, report};
use crate::live::{LiveFigures, StopWhen, pin_to, receive};
use crate::replay::Summary;

/// How a live feed is received.
#[derive(Debug)]
pub struct LiveConfig {
    /// What the datagrams hold.
    pub protocol: Protocol,
    /// What the thread does when nothing comes in.
    pub pace: Pace,
    /// The core it is bound to.
    pub core: Option<usize>,
    /// When to stop.
    pub stop_when: StopWhen,
    /// How often it is told how things stand.
    pub interval: Option<Duration>,
    /// How long a missing packet is waited for.
    pub gap_wait: Duration,
    /// How long nothing may be heard before books are Stale.
    pub silence: Duration,
}

impl Default for LiveConfig {
    fn default() -> LiveConfig {
        LiveConfig {
            protocol: Protocol::Mold,
            pace: Pace::adaptive(),
            core: None,
            stop_when: StopWhen { at_end: true, idle: None },
            interval: None,
            gap_wait: Duration::from_millis(50),
            silence: Duration::from_secs(5),
        }
    }
}

impl<S: Strategy> Engine<S> {
    /// Receives a live feed with the strategies that were added, on the calling thread, until it is time to stop.
    /// Strategies are called inline, between two messages, with the simulated venue; their clock is that of
    /// the messages.
    ///
    /// # Errors
    /// [`EngineError`]; what was received until then can still be looked at.
    pub fn receive(
        &mut self,
        backend: Box<dyn Backend>,
        live: LiveConfig,
        stop: &AtomicBool,
        tell: impl FnMut(LiveFigures),
    ) -> Result<Report, EngineError> {
        if let Some(core) = live.core {
            pin_to(core).map_err(crate::live::LiveError::from)?;
        }
        let floor = self.make_floor(self.config.capacity.locates as usize)?;
        let mut books = self.make_books(0)?;
        // The first packets must not wait for pages.
        books.prefault();
        let publisher = Publisher::of(&books);
        let feed = Feed::new(books, (floor, publisher), self.config.feed.clone());
        let ns = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let mut session = self.config.session;
        session.window_ns = session.window_ns.or(Some(ns(live.gap_wait)));
        session.silence_ns = session.silence_ns.or(Some(ns(live.silence)));
        let mut receiver = Receiver::new(backend, feed, session, live.protocol, live.pace);
        receiver.with_feed(|books, (floor, _)| floor.start(books));
        let received = receive(&mut receiver, stop, live.stop_when, live.interval, tell);
        receiver.with_feed(|books, (floor, _)| floor.stop(books));
        let summary = Summary::of_live(&mut receiver);
        let report = report(summary, &receiver.feed().listener().0, None);
        self.played = Some(Played::Live(Box::new(receiver)));
        received?;
        Ok(report)
    }
}
