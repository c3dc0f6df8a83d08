//! Messages on their way into the books, some batches of them at once.

use std::thread;

use wirebook_book::region::{LINE, prefetch};
use wirebook_book::{Ahead, Nanos, SeqNo};

use super::look_ahead::foretell;
use super::{Feed, Listener};
use crate::mold::{Block, Messages, PacketError};
use crate::session::{Line, Session, Turn};

/// Takes blocks and applies their messages some batches later, in order, so that the memory that these need is fetched
/// while earlier ones are applied. All are applied after [`Flow::settle`], or when it is dropped.
///
/// Each batch takes `STEPS` of the [steps of looking ahead](Ahead::STEPS) before its turn, and where these are not all it
/// [looks again](wirebook_book::Books::look_again) when its turn has come.
pub struct Flow<'f, 'a, L: Listener, const STEPS: usize> {
    feed: &'f mut Feed<L>,
    /// The messages that wait, in places that are used in turn; what is known of them is the feed's.
    messages: [&'a [u8]; PLACES],
    /// For each batch, one bit for each message that is the last one of its packet.
    ends: [u16; BATCHES],
    /// How many places there were before the first message that waits, before the batch that is filled, and before the
    /// next message that comes.
    applied: usize,
    batch: usize,
    taken: usize,
    /// The number of the first message that waits, and how far the next one is from there: 0 where they have none.
    next: SeqNo,
    step: u64,
    /// Whether what the batch that is filled will need has been noted.
    looks_ahead: bool,
}

/// The steps that pay for messages that came in just now: books that are written so often are near.
pub(super) const LIVE: usize = 3;

/// One that is filled, those that take their steps, and one that is applied.
const BATCHES: usize = (Ahead::STEPS + 1).next_power_of_two();
const PLACES: usize = BATCHES * Ahead::MESSAGES;
const _: () = assert!(Ahead::MESSAGES == u16::BITS as usize);

/// What is known of the messages of each batch.
pub(super) type Aheads = [Ahead; BATCHES];

/// How far before its turn the bytes of a message in a file are asked for, and how many lines a batch of them has at
/// most: the longest has 50 bytes behind its length.
const AHEAD_BYTES: usize = 2048;
const BATCH_LINES: usize = (Ahead::MESSAGES * 52).div_ceil(LINE) + 1;

/// The batch that a place belongs to.
#[inline(always)]
fn batch_of(place: usize) -> usize {
    place / Ahead::MESSAGES % BATCHES
}

/// Which messages of a block are the last ones of their packets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Each,
    Last,
    None,
}

impl<L: Listener> Feed<L> {
    /// For packets whose bytes stay where they are until it is settled.
    #[inline(always)]
    pub fn flow<'a>(&mut self) -> Flow<'_, 'a, L, LIVE> {
        self.flow_that()
    }

    #[inline(always)]
    fn flow_that<'a, const STEPS: usize>(&mut self) -> Flow<'_, 'a, L, STEPS> {
        self.aheads.iter_mut().for_each(Ahead::clear);
        Flow {
            feed: self,
            messages: [&[]; PLACES],
            ends: [0; BATCHES],
            applied: 0,
            batch: 0,
            taken: 0,
            next: SeqNo::new(0),
            step: 0,
            looks_ahead: true,
        }
    }

    /// Applies the messages of a block in order.
    pub(super) fn apply_block(&mut self, block: Block<'_>, ends: Ends) {
        let mut flow = self.flow_that::<{ Ahead::STEPS }>();
        flow.begin(&block);
        let mut left = block.messages;
        let is_alone = left.len() == 1;
        while !left.is_empty() {
            let orders_live = flow.feed.books.orders_live();
            flow.looks_ahead = !is_alone && orders_live >= flow.feed.config.look_ahead_orders_min;
            flow.fill(&mut left, ends);
            // Beyond the end of the block it asks in vain, which does no harm.
            let later = left.as_bytes().as_ptr().wrapping_add(AHEAD_BYTES);
            (0..BATCH_LINES).for_each(|line| prefetch(later.wrapping_add(line * LINE)));
            flow.turn_if_full();
        }
        flow.settle();
    }
}

impl<'a, L: Listener, const STEPS: usize> Flow<'_, 'a, L, STEPS> {
    /// Takes the UDP payload of a packet through a session: what [`Session::on_packet`] does, but for when.
    ///
    /// # Errors
    /// [`PacketError`] where the payload is no MoldUDP64 packet. It is counted, and none of it is applied.
    #[inline(always)]
    pub fn on_datagram(
        &mut self,
        session: &mut Session,
        line: Line,
        at: Nanos,
        payload: &'a [u8],
    ) -> Result<(), PacketError> {
        let Flow { messages, applied, taken, .. } = &mut *self;
        let (mut place, full) = (*taken, *applied + PLACES);
        let put = |message| {
            if place < full {
                messages[place % PLACES] = message;
                place += 1;
            }
        };
        match session.in_turn(line, at, payload, put) {
            Turn::Next(block) if self.follows(&block) => self.take(block.messages.len()),
            Turn::Next(block) | Turn::Rest(block) => self.on_packet(block),
            Turn::Known => {}
            Turn::Other => return session.on_packet(line, at, payload, self.settle()),
        }
        Ok(())
    }

    /// Whether a block goes on where those that wait end, and has room behind them.
    #[inline(always)]
    fn follows(&self, block: &Block<'_>) -> bool {
        let room = self.applied + PLACES - self.taken;
        let is_next = block.first == self.number_of(self.taken);
        is_next & (block.messages.len() <= room) & self.feed.successor.is_none()
    }

    /// Takes messages that are in their places as one packet.
    #[inline(always)]
    fn take(&mut self, messages: usize) {
        self.taken += messages;
        self.end_packet();
        while self.taken >= self.batch + Ahead::MESSAGES {
            self.turn();
        }
    }

    /// The last message that was taken is the last one of its packet.
    #[inline(always)]
    fn end_packet(&mut self) {
        let last = self.taken.wrapping_sub(1);
        self.ends[batch_of(last)] |= 1 << (last % Ahead::MESSAGES);
    }

    /// Takes a block as one packet.
    #[inline(never)]
    pub fn on_packet(&mut self, block: Block<'a>) {
        if self.feed.successor.is_some() {
            return self.feed.on_packet(block);
        }
        if block.first != self.number_of(self.taken) {
            self.begin(&block);
        }
        let mut left = block.messages;
        while !left.is_empty() {
            self.fill(&mut left, Ends::Last);
            self.turn_if_full();
        }
    }

    /// Applies all that waits.
    #[inline(always)]
    pub fn settle(&mut self) -> &mut Feed<L> {
        if self.taken == self.applied + 1 && self.applied == self.batch {
            // Alone it would only wait for what it asks for.
            self.feed.aheads[batch_of(self.batch)].clear();
            self.apply(self.applied, 0);
            self.pass(1);
            self.batch += Ahead::MESSAGES;
        }
        while self.applied < self.taken {
            self.turn();
        }
        // The next one begins a batch.
        (self.applied, self.taken) = (self.batch, self.batch);
        self.feed
    }

    /// Goes on with a block that does not follow those that wait.
    #[cold]
    fn begin(&mut self, block: &Block<'_>) {
        self.settle();
        (self.next, self.step) = (block.first, u64::from(block.is_numbered()));
    }

    /// The number of the message in a place, which is not one of those applied.
    #[inline(always)]
    fn number_of(&self, place: usize) -> SeqNo {
        let before = place.wrapping_sub(self.applied) as u64;
        SeqNo::new(self.next.get().wrapping_add(before * self.step))
    }

    /// Puts messages into the batch that is filled, as long as there is room.
    #[inline(always)]
    fn fill(&mut self, left: &mut Messages<'a>, which: Ends) {
        let base = self.batch % PLACES;
        let mut at = self.taken.wrapping_sub(self.batch);
        while at < Ahead::MESSAGES {
            let Some(message) = left.next() else { break };
            self.messages[(base + at) % PLACES] = message;
            at += 1;
        }
        self.taken = self.batch + at;
        match which {
            Ends::Each => self.ends[batch_of(self.batch)] = u16::MAX,
            Ends::Last if (*left).is_empty() => self.end_packet(),
            Ends::Last | Ends::None => {}
        }
    }

    #[inline(always)]
    fn turn_if_full(&mut self) {
        if self.taken >= self.batch + Ahead::MESSAGES {
            self.turn();
        }
    }

    /// Has each batch take its next step, applies the oldest one, and begins a new one.
    #[inline(never)]
    fn turn(&mut self) {
        let (applied, batch) = (self.applied, self.batch);
        let filled = self.taken.saturating_sub(batch);
        let ahead = &mut self.feed.aheads[batch_of(batch)];
        match self.messages.as_chunks::<{ Ahead::MESSAGES }>().0.get(batch_of(batch)) {
            Some(messages) if self.looks_ahead => {
                ahead.note(messages.iter().take(filled).map(|message| foretell(message)));
            }
            _ => ahead.clear(),
        }
        let is_due = batch - applied == STEPS * Ahead::MESSAGES;
        let due = if is_due { (self.taken - applied).min(Ahead::MESSAGES) } else { 0 };
        if is_due && STEPS < Ahead::STEPS {
            self.feed.books.look_again(&mut self.feed.aheads[batch_of(applied)]);
        }
        if due == Ahead::MESSAGES {
            // What all steps ask for at once would have to wait for each other. Written out: a loop's jumps cannot be foreseen.
            self.look_ahead(batch, 0);
            self.apply(applied, 0);
            self.apply(applied, 1);
            self.look_ahead(batch, 1);
            self.apply(applied, 2);
            self.apply(applied, 3);
            self.apply(applied, 4);
            self.look_ahead(batch, 2);
            self.apply(applied, 5);
            self.apply(applied, 6);
            self.apply(applied, 7);
            self.apply(applied, 8);
            self.look_ahead(batch, 3);
            self.apply(applied, 9);
            self.apply(applied, 10);
            self.apply(applied, 11);
            self.apply(applied, 12);
            self.look_ahead(batch, 4);
            self.apply(applied, 13);
            self.apply(applied, 14);
            self.apply(applied, 15);
        } else {
            (0..STEPS).for_each(|step| self.look_ahead(batch, step));
            (0..due).for_each(|at| self.apply(applied, at));
        }
        self.pass(due);
        self.batch += Ahead::MESSAGES;
    }

    /// Has the batch whose step it is take it, while one is filled.
    #[inline(always)]
    fn look_ahead(&mut self, filled: usize, step: usize) {
        if step < STEPS {
            let Feed { books, aheads, .. } = &mut *self.feed;
            let batch = batch_of(filled).wrapping_sub(step) % BATCHES;
            books.look_ahead(&mut aheads[batch], step);
        }
    }

    /// Applies a message of the oldest batch.
    #[inline(always)]
    fn apply(&mut self, applied: usize, at: usize) {
        let place = (applied + at) % PLACES;
        let seq = SeqNo::new(self.next.get().wrapping_add(at as u64 * self.step));
        let feed = &mut *self.feed;
        feed.books.recall(&feed.aheads[batch_of(applied)], at);
        feed.apply_one(seq, self.messages[place]);
        if self.ends[batch_of(applied)] >> at & 1 == 1 {
            feed.listener.on_packet_end(&feed.books, feed.at);
        }
    }

    /// So many of the oldest messages were applied.
    #[inline(always)]
    fn pass(&mut self, messages: usize) {
        if messages > 0 {
            self.ends[batch_of(self.applied)] = 0;
        }
        self.next = self.number_of(self.applied + messages);
        self.applied += messages;
    }
}

impl<L: Listener, const STEPS: usize> Drop for Flow<'_, '_, L, STEPS> {
    fn drop(&mut self) {
        // Where a listener has panicked, nobody knows how far the message was that it was told of.
        if !thread::panicking() {
            self.settle();
        }
    }
}

#[cfg(test)]
mod tests;
