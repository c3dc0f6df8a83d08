//! The place of one strategy in an engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use strategy_api::{BookUpdate, Cadence, Changed, Command, Context, Desk, Interest, Strategy};
use wirebook_book::{Books, Change, Locate, Nanos, Stamp};
use wirebook_exchange::venue::Seat;

/// A strategy with its desk, and what is remembered of it between events.
#[derive(Debug)]
pub(super) struct Place<S> {
    strategy: S,
    desk: Desk,
    pub(super) seat: Seat,
    /// Why it is no longer called.
    detached: Option<String>,
    packet: Packet,
}

/// What a strategy that is told once a packet has not been told yet.
#[derive(Debug)]
struct Packet {
    changed: Vec<Changed>,
    books: Vec<Locate>,
}

impl Packet {
    fn new(locates: usize) -> Packet {
        Packet { changed: vec![Changed::default(); locates], books: Vec::with_capacity(locates) }
    }

    fn note(&mut self, change: &Change) {
        let Some(changed) = self.changed.get_mut(change.locate.index()) else { return };
        if *changed == Changed::default() {
            self.books.push(change.locate);
        }
        *changed = changed.or(Changed::by(change));
    }

    fn take(&mut self) -> Option<(Locate, Changed)> {
        let locate = self.books.pop()?;
        Some((locate, std::mem::take(self.changed.get_mut(locate.index())?)))
    }
}

impl<S: Strategy> Place<S> {
    pub(super) fn new(strategy: S, desk: Desk, seat: Seat, locates: usize) -> Place<S> {
        Place { strategy, desk, seat, detached: None, packet: Packet::new(locates) }
    }

    pub(super) fn strategy(&self) -> &S {
        &self.strategy
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(super) fn desk_mut(&mut self) -> &mut Desk {
        &mut self.desk
    }

    pub(super) fn detached(&self) -> Option<&str> {
        self.detached.as_deref()
    }

    #[inline(always)]
    pub(super) fn interest(&self, locate: Locate) -> Interest {
        if self.detached.is_some() { Interest::default() } else { self.desk.interest(locate) }
    }

    pub(super) fn commands(&mut self) -> impl Iterator<Item = Command> + '_ {
        self.desk.commands()
    }

    /// Calls the strategy. One that panics is detached and not called again.
    pub(super) fn call(
        &mut self,
        books: &Books,
        now: Nanos,
        callback: impl FnOnce(&mut S, &mut Context<'_>),
    ) {
        if self.detached.is_some() {
            return;
        }
        let mut context = Context::new(books, &mut self.desk, now);
        // What a panic leaves half-done is the strategy's own state, which nobody calls again,
        // and the desk, whose methods do not panic.
        let call = AssertUnwindSafe(|| callback(&mut self.strategy, &mut context));
        if let Err(panic) = catch_unwind(call) {
            self.detached = Some(describe(&*panic));
        }
    }

    /// Tells of a change, now or at the end of the packet, as subscribed. True if it was told.
    #[inline(always)]
    pub(super) fn on_change(
        &mut self,
        books: &Books,
        change: &Change,
        at: Stamp,
        now: Nanos,
    ) -> bool {
        let tell = match self.interest(change.locate).book {
            Cadence::Never => false,
            Cadence::EveryUpdate => true,
            Cadence::TouchChanges => change.touch_changed,
            Cadence::OncePerPacket => {
                self.packet.note(change);
                false
            }
        };
        let Some(book) = books.book(change.locate).filter(|_| tell) else { return false };
        let update = BookUpdate { book, changed: Changed::by(change), change: Some(change), at };
        self.call(books, now, |strategy, ctx| strategy.on_book(ctx, &update));
        true
    }

    /// Tells of what changed during a packet. True if there was anything to tell.
    #[inline(always)]
    pub(super) fn on_packet_end(&mut self, books: &Books, at: Stamp, now: Nanos) -> bool {
        let mut told = false;
        while let Some((locate, changed)) = self.packet.take() {
            if let Some(book) = books.book(locate) {
                let update = BookUpdate { book, changed, change: None, at };
                self.call(books, now, |strategy, ctx| strategy.on_book(ctx, &update));
                told = true;
            }
        }
        told
    }
}

fn describe(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a message".to_owned())
}
