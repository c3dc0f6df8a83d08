//! Messages on their way into the books, some batches of them at once.

use std::thread;

use wirebook_book::region::{LINE, prefetch};
use wirebook_book::{Ahead, Nanos, SeqNo};

use super::look_ahead::foretell;
use super::{Feed, Listener};
use crate::mold::{Block, LENGTH_BYTES, Messages, PacketError};
use crate::session::{Line, Session, Turn};

/// Takes blocks and applies their messages some batches later, in order, so that the memory that these need is fetched
/// while earlier ones are applied. All are applied after [`Flow::settle`], or when it is dropped.
///
/// Each batch takes `STEPS` of the [steps of looking ahead](Ahead::STEPS) before its turn.
pub struct Flow<'f, 'a, L: Listener, const STEPS: usize> {
    feed: &'f mut Feed<L>,
    /// From the batch that is filled to the one that is applied next; what is known of them is the feed's.
    batches: [Batch<'a>; BATCHES],
    /// How many batches were begun before the one that is filled.
    turn: usize,
    /// Messages that wait.
    waiting: usize,
    /// The number of the first of them, and how far the next one is from there: 0 where they have none.
    next: SeqNo,
    step: u64,
}

/// The steps that pay for messages that came in just now: books that are written so often are near.
pub(super) const LIVE: usize = 3;

/// One that is filled, those that take their steps, and one that is applied.
const BATCHES: usize = (Ahead::STEPS + 1).next_power_of_two();

/// What is known of the messages of each batch.
pub(super) type Aheads = [Ahead; BATCHES];

/// How far before its turn the bytes of a message in a file are asked for, and how many lines a batch of them has.
const AHEAD_BYTES: usize = 2048;
const BATCH_LINES: usize = 9;

/// Which messages of a block are the last ones of their packets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Each,
    Last,
    None,
}

#[derive(Default)]
struct Batch<'a> {
    messages: [&'a [u8]; Ahead::MESSAGES],
    len: usize,
    /// One bit for each message that is the last one of its packet.
    ends: u8,
}

impl<L: Listener> Feed<L> {
    /// For packets whose bytes stay where they are until it is settled.
    #[inline(always)]
    pub fn flow<'a>(&mut self) -> Flow<'_, 'a, L, LIVE> {
        self.flow_that()
    }

    #[inline(always)]
    fn flow_that<'a, const STEPS: usize>(&mut self) -> Flow<'_, 'a, L, STEPS> {
        let (batches, next) = (Default::default(), SeqNo::new(0));
        self.aheads.iter_mut().for_each(Ahead::clear);
        Flow { feed: self, batches, turn: 0, waiting: 0, next, step: 0 }
    }

    /// Applies the messages of a block in order.
    pub(super) fn apply_block(&mut self, block: Block<'_>, ends: Ends) {
        let mut flow = self.flow_that::<{ Ahead::STEPS }>();
        flow.begin(&block);
        let mut left = block.messages;
        let is_alone = left.len() == 1;
        while !left.is_empty() {
            let orders_live = flow.feed.books.orders_live();
            let looks_ahead = !is_alone && orders_live >= flow.feed.config.look_ahead_orders_min;
            flow.fill(&mut left, ends, looks_ahead);
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
        match session.in_turn(line, at, payload) {
            Turn::Next(block) => self.on_packet(block),
            Turn::Known => {}
            Turn::Other => return session.on_packet(line, at, payload, self.settle()),
        }
        Ok(())
    }

    /// Takes a block as one packet.
    #[inline(always)]
    pub fn on_packet(&mut self, block: Block<'a>) {
        if self.feed.successor.is_some() {
            return self.feed.on_packet(block);
        }
        if block.first.get() != self.number_after(self.waiting) {
            self.begin(&block);
        }
        let mut left = block.messages;
        while !left.is_empty() {
            self.fill(&mut left, Ends::Last, true);
            self.turn_if_full();
        }
    }

    /// Applies all that waits.
    #[inline(always)]
    pub fn settle(&mut self) -> &mut Feed<L> {
        // Alone it would only wait for what it asks for.
        if self.waiting == 1 && self.batch().len == 1 {
            self.apply(self.turn, 0);
            self.empty_batch();
        }
        while self.waiting > 0 {
            self.turn();
        }
        self.feed
    }

    /// Goes on with a block that does not follow those that wait.
    #[cold]
    fn begin(&mut self, block: &Block<'_>) {
        self.settle();
        (self.next, self.step) = (block.first, u64::from(block.is_numbered()));
    }

    /// The number of the message so many behind the next one.
    #[inline(always)]
    fn number_after(&self, messages: usize) -> u64 {
        self.next.get().wrapping_add(messages as u64 * self.step)
    }

    /// The batch that is filled.
    #[inline(always)]
    fn batch(&mut self) -> &mut Batch<'a> {
        &mut self.batches[self.turn % BATCHES]
    }

    /// Puts messages into the batch that is filled, as long as there is room, and notes what they will need.
    #[inline(always)]
    fn fill(&mut self, left: &mut Messages<'a>, which: Ends, looks_ahead: bool) {
        let Batch { messages, len, ends } = &mut self.batches[self.turn % BATCHES];
        let ahead = &mut self.feed.aheads[self.turn % BATCHES];
        let (before, mut at) = (*len, *len);
        while at < Ahead::MESSAGES {
            let bytes = left.as_bytes();
            let Some(message) = left.next() else { break };
            if looks_ahead && let Some((_, bytes)) = bytes.split_first_chunk::<LENGTH_BYTES>() {
                ahead.note(at, foretell(bytes));
            }
            messages[at] = message;
            at += 1;
            if (*left).is_empty() {
                *ends |= u8::from(which == Ends::Last) << (at - 1);
                break;
            }
        }
        if which == Ends::Each {
            *ends = u8::MAX;
        }
        self.waiting += at - before;
        *len = at;
    }

    #[inline(always)]
    fn turn_if_full(&mut self) {
        if self.batch().len == Ahead::MESSAGES {
            self.turn();
        }
    }

    /// Has each batch take its next step, applies the oldest one, and begins a new one. What all of them ask for at
    /// once would have to wait for each other: before each second message one of them takes its step.
    #[inline(never)]
    fn turn(&mut self) {
        self.look_ahead(0);
        for at in 0..Ahead::MESSAGES {
            if at % 2 == 1 && at.div_ceil(2) < STEPS {
                self.look_ahead(at.div_ceil(2));
            }
            self.apply(self.turn.wrapping_sub(STEPS), at);
        }
        self.turn += 1;
        self.empty_batch();
    }

    /// Has the batch whose step it is take it.
    #[inline(always)]
    fn look_ahead(&mut self, step: usize) {
        let Feed { books, aheads, .. } = &mut *self.feed;
        books.look_ahead(&mut aheads[self.turn.wrapping_sub(step) % BATCHES], step);
    }

    /// Applies a message of a batch, if there is one.
    #[inline(always)]
    fn apply(&mut self, turn: usize, at: usize) {
        let Batch { messages, len, ends } = &self.batches[turn % BATCHES];
        let Some(message) = messages.get(at).filter(|_| at < *len) else { return };
        let feed = &mut *self.feed;
        feed.books.recall(&feed.aheads[turn % BATCHES], at);
        feed.apply_one(self.next, message);
        if ends >> at & 1 == 1 {
            feed.listener.on_packet_end(&feed.books, feed.at);
        }
        self.next = SeqNo::new(self.number_after(1));
        self.waiting -= 1;
    }

    #[inline(always)]
    fn empty_batch(&mut self) {
        *self.batch() = Batch::default();
        self.feed.aheads[self.turn % BATCHES].clear();
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
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use proptest::prelude::*;
    use wirebook_book::{Books, Capacity, Change, Locate, Reject, Stamp};

    use super::*;
    use crate::feed::FeedConfig;

    /// Writes down all that it hears, and the numbers of the messages and of the last ones of packets once more.
    #[derive(Default)]
    struct Diary {
        heard: Vec<String>,
        told: Vec<Told>,
        panics_at: Option<u64>,
    }

    #[derive(PartialEq, Eq, Debug)]
    enum Told {
        Message(u64),
        PacketUntil(u64),
    }

    impl Listener for Diary {
        fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
            self.heard.push(format!("{change:?} at {at:?} of {}", books.orders_live()));
        }

        fn on_reject(&mut self, _: &Books, locate: Locate, reject: &Reject, at: Stamp) {
            self.heard.push(format!("{reject:?} of {locate:?} at {at:?}"));
        }

        fn after_message(&mut self, _: &Books, at: Stamp) {
            self.heard.push(format!("{at:?}"));
            self.told.push(Told::Message(at.seq.get()));
            assert_ne!(Some(at.seq.get()), self.panics_at);
        }

        fn on_packet_end(&mut self, _: &Books, at: Stamp) {
            self.heard.push(format!("packet until {at:?}"));
            self.told.push(Told::PacketUntil(at.seq.get()));
        }
    }

    fn feed() -> Feed<Diary> {
        let books = Books::new(Capacity { orders: 256, levels: 256, locates: 8 }).unwrap();
        let config = FeedConfig { look_ahead_orders_min: 4, ..FeedConfig::default() };
        Feed::new(books, Diary::default(), config)
    }

    /// An order that is added, taken or replaced, or something that is no message.
    fn message((kind, locate, order, price): (u8, u8, u8, u8)) -> Vec<u8> {
        let (code, len) = [(b'A', 36), (b'D', 19), (b'U', 35), (b'X', 23), (b'A', 5), (b'?', 1)]
            [usize::from(kind)];
        let mut message = vec![0; 36];
        (message[0], message[2], message[18]) = (code, locate, order);
        if code == b'A' {
            (message[19], message[23]) = (if order % 2 == 0 { b'B' } else { b'S' }, 100);
            message[35] = price;
        } else {
            (message[22], message[26], message[34]) = (3, order ^ 1, price);
            message[30] = 50;
        }
        message.truncate(len);
        [&[0, u8::try_from(len).unwrap()], &message[..]].concat()
    }

    prop_compose! {
        fn packet()(
            messages in prop::collection::vec((0_u8..6, 0_u8..4, 0_u8..24, 1_u8..6), 1..12)
        ) -> (usize, Vec<u8>) {
            (messages.len(), messages.into_iter().flat_map(message).collect())
        }
    }

    #[test]
    fn nothing_more_is_told_when_a_listener_has_panicked() {
        let mut feed = feed();
        feed.listener.panics_at = Some(3);
        let bytes = [2, 4, 6, 8].map(|order| message((0, 1, order, 1))).concat();
        let messages = Messages::check(&bytes, 4).unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let mut flow = feed.flow();
            flow.on_packet(Block { first: SeqNo::new(1), messages });
            flow.settle();
        }));
        assert!(panic.is_err());
        let told = [Told::Message(1), Told::Message(2), Told::Message(3)];
        assert_eq!(feed.listener.told, told);
    }

    proptest! {
        #[test]
        fn messages_that_wait_are_told_as_if_they_had_not(
            packets in prop::collection::vec((packet(), 0_u8..12), 1..60)
        ) {
            let (mut plain, mut flowing) = (feed(), feed());
            let mut flow = flowing.flow();
            let (mut first, mut told) = (packets.len() as u64 % 2, Vec::new());
            for ((count, bytes), then) in &packets {
                let messages = Messages::check(bytes, *count).unwrap();
                let block = Block { first: SeqNo::new(first), messages };
                plain.on_packet(block.clone());
                told.extend(block.clone().numbered().map(|(seq, _)| Told::Message(seq.get())));
                told.push(Told::PacketUntil(block.last().get()));
                flow.on_packet(block);
                first = match then {
                    // Numbers may leap, end, and begin.
                    0 => first + 1000,
                    1 => 0,
                    _ if first == 0 => 1,
                    _ => first + *count as u64,
                };
                if *then == 2 {
                    prop_assert_eq!(&flow.settle().listener.heard, &plain.listener.heard);
                }
            }
            drop(flow);
            prop_assert_eq!(&flowing.listener.heard, &plain.listener.heard);
            prop_assert_eq!(&flowing.listener.told, &told);
            prop_assert_eq!(flowing.counts(), plain.counts());
        }
    }
}
