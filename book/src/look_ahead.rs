//! Bringing near what the messages to come will need.
//!
//! A message on a symbol that was not seen lately waits for memory several times over, each
//! time for an address that the last wait gave. Who knows the messages to come can have these
//! steps taken for many of them at once, so that they wait together: they are noted first, in
//! [`Ahead`]; [`Books::look_ahead`] then asks for what their bytes alone tell and follows from
//! there, a step at a time.
//!
//! All of it is advice: no step changes anything, and a wrong guess costs no more than the line
//! it fetched. Messages are kept by what they do, so that no step has to ask.

use crate::ladder::{Ladders, rank};
use crate::orders::Slot;
use crate::{Books, Locate, OrderRef, Side};

/// Where something may be found: what an earlier look has found, to be looked at first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    /// The order that a message takes from.
    pub(crate) slot: Slot,
    /// The level that an order joins, or some line that is none.
    pub(crate) level: u32,
}

/// What a message to come will do to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u64)]
pub enum Does {
    /// Nothing.
    #[default]
    Nothing = 0,
    /// Add one.
    Adds = JOINS,
    /// Execute, cancel or delete one.
    Takes = LEAVES,
    /// Replace one.
    Replaces = LEAVES | RETURNS,
}

/// The first message of a batch among those that have a kind of step to take: each kind has so many bits
/// as a batch has messages, so that all of them are noted at once.
const JOINS: u64 = 1;
const LEAVES: u64 = JOINS << Ahead::MESSAGES;
const RETURNS: u64 = LEAVES << Ahead::MESSAGES;

/// What is known of a message to come, rightly or wrongly.
#[derive(Clone, Copy, Debug, Default)]
pub struct Foretold {
    /// What it will do to its order.
    pub does: Does,
    /// The symbol.
    pub locate: Locate,
    /// The order; the old one where it is replaced.
    pub order_ref: OrderRef,
    /// The new one where it is replaced, else anything.
    pub new_ref: OrderRef,
    /// The side, where an order is added.
    pub side: Side,
    /// The price, where an order is added or replaced, in units of 10⁻⁴.
    pub price: u32,
}

/// Some messages of a batch, one bit for each, picked without a branch: which ones they are cannot be
/// foreseen.
#[derive(Clone, Copy, Debug, Default)]
struct Picked(u32);

impl Picked {
    const NONE: Picked = Picked(0);

    #[inline(always)]
    fn pick_if(&mut self, is_one: bool, message: usize) {
        self.0 |= u32::from(is_one) << (message % Ahead::MESSAGES);
    }

    #[inline(always)]
    fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let message = left.trailing_zeros() as usize % Ahead::MESSAGES;
            let is_left = left != 0;
            left &= left.wrapping_sub(1);
            is_left.then_some(message)
        })
    }
}

/// A batch of messages to come, as far as the books can prepare for them.
#[derive(Debug, Default)]
pub struct Ahead {
    /// What the messages do, one bit for each and each kind of step.
    does: u64,
    /// How many there are.
    noted: usize,
    /// Those whose level is likely far.
    far: Picked,
    told: [Foretold; Ahead::MESSAGES],
    /// The buckets of their orders.
    homes: [u32; Ahead::MESSAGES],
    /// The line in which an order stands that leaves, then that of its level, or the level that an
    /// order joins; 0 where it is unknown.
    lines: [u32; Ahead::MESSAGES],
    /// Where the orders are that leave.
    slots: [Slot; Ahead::MESSAGES],
}

impl Ahead {
    /// The most messages of a batch. Further ones are not prepared for.
    pub const MESSAGES: usize = 16;
    /// The steps that a batch takes.
    pub const STEPS: usize = 5;

    /// No messages. Hints of earlier ones stay: they would be looked at in vain, and do no harm.
    pub fn clear(&mut self) {
        (self.does, self.noted) = (0, 0);
        self.far = Picked::NONE;
    }

    /// What is known for a message of the batch.
    #[inline(always)]
    pub(crate) fn hint(&self, message: usize) -> Hint {
        let message = message % Ahead::MESSAGES;
        Hint { slot: self.slots[message], level: self.lines[message] }
    }

    /// The batch consists of the messages of which something is told here.
    #[inline(always)]
    pub fn note(&mut self, told: impl Iterator<Item = Foretold>) {
        let (mut does, mut noted) = (0, 0);
        for (place, told) in self.told.iter_mut().zip(told) {
            does |= (told.does as u64) << noted;
            noted += 1;
            *place = told;
        }
        (self.does, self.noted, self.far) = (does, noted, Picked::NONE);
    }

    #[inline(always)]
    fn those_that(&self, step: u64) -> Picked {
        #[allow(clippy::cast_possible_truncation)] // one bit for each message
        let picked = ((self.does / step) & (LEAVES - 1)) as u32;
        Picked(picked)
    }

    /// Those whose order joins a level.
    #[inline(always)]
    fn joining(&self) -> Picked {
        self.those_that(JOINS)
    }

    /// Those whose order leaves its level.
    #[inline(always)]
    fn leaving(&self) -> Picked {
        self.those_that(LEAVES)
    }

    /// Those whose order leaves and comes back.
    #[inline(always)]
    fn returning(&self) -> Picked {
        self.those_that(RETURNS)
    }

    /// Those whose order joins a level, be it a new one or one that comes back.
    #[inline(always)]
    fn arriving(&self) -> Picked {
        Picked(self.joining().0 | self.returning().0)
    }
}

impl Books {
    /// The next message that is applied is this one of the batch.
    #[inline(always)]
    pub fn recall(&mut self, ahead: &Ahead, message: usize) {
        self.hint = ahead.hint(message);
    }

    /// Takes one of the [steps](Ahead::STEPS) for a batch, from 0 in order: what its messages alone tell, then
    /// where its orders stand and its prices are, then which levels these are, then what lies behind those, then what
    /// lies behind the ones far from the touch.
    #[inline(always)]
    pub fn look_ahead(&self, ahead: &mut Ahead, step: usize) {
        if ahead.does == 0 {
            return;
        }
        match step {
            0 => self.look_for_buckets(ahead),
            1 => self.look_for_orders(ahead),
            2 => self.look_for_levels(ahead),
            3 => {
                self.look_for_totals(ahead);
                self.look_behind_levels(ahead);
            }
            _ => self.look_behind_far_levels(ahead),
        }
    }

    /// What a batch that took the first three steps alone still asks for when its turn has come: the ends of the queues that
    /// orders will join, and of those levels the ones far from the touch. It is late for its first messages, and in time
    /// for most: a further step beforehand would cost all of them more than it saves.
    #[inline(always)]
    pub fn look_again(&self, ahead: &mut Ahead) {
        if ahead.does != 0 {
            self.look_behind_levels(ahead);
        }
    }

    /// One right behind the other: where the processor must look up which page an address means, it goes on for so
    /// many instructions only, and what it looks up meanwhile costs nothing.
    #[inline(always)]
    fn look_for_buckets(&self, ahead: &mut Ahead) {
        for (told, home) in ahead.told.iter().zip(&mut ahead.homes).take(ahead.noted) {
            *home = self.orders.bucket(told.order_ref);
            self.orders.prefetch(*home);
            self.headers.prefetch(u32::from(told.locate.get()));
        }
    }

    #[inline(never)]
    fn look_for_orders(&self, ahead: &mut Ahead) {
        let (joining, leaving, returning) = (ahead.joining(), ahead.leaving(), ahead.returning());
        let Ahead { told, homes, lines, slots, .. } = ahead;
        // Of the others the side is not known yet: where an order comes back, both are asked for.
        for message in joining.iter() {
            let Foretold { locate, side, .. } = told[message];
            self.ladders.prefetch(locate, side);
            self.orders.prefetch_beside(homes[message]);
        }
        for message in returning.iter() {
            let Foretold { locate, new_ref, .. } = told[message];
            self.orders.prefetch(self.orders.bucket(new_ref));
            self.ladders.prefetch(locate, Side::Bid);
            self.ladders.prefetch(locate, Side::Ask);
        }
        let mut elsewhere = Picked::NONE;
        for message in leaving.iter() {
            let (slot, line) = self.orders.glance(homes[message], told[message].order_ref);
            slots[message] = slot;
            lines[message] = line;
            self.queues.prefetch(line);
            elsewhere.pick_if(line == 0, message);
        }
        elsewhere.iter().for_each(|message| self.orders.prefetch_displaced(homes[message]));
    }

    #[inline(never)]
    fn look_for_levels(&self, ahead: &mut Ahead) {
        let (joining, leaving, returning) = (ahead.joining(), ahead.leaving(), ahead.returning());
        let Ahead { told, lines, slots, .. } = ahead;
        let mut far = Picked::NONE;
        self.find_near_levels(joining, &mut far, told, lines);
        for message in leaving.iter() {
            if lines[message] == 0
                && let Some(slot) = self.orders.find(told[message].order_ref)
            {
                lines[message] = self.orders.line_of(slot);
                slots[message] = slot;
            }
            let (line, locate) = (self.queues.line(lines[message]), told[message].locate);
            let side = line.side();
            // Ranks are needed where its level will vanish.
            self.ladders.prefetch_if(line.orders.get() <= 1, locate, side);
            let is_far = (line.orders.get() == 1) & line.near_slot().is_none();
            far.pick_if(is_far, message);
            // Where it comes back is on the same side.
            told[message].side = side;
            lines[message] = self.queues.level_of(lines[message]);
            self.queues.prefetch(lines[message]);
        }
        self.find_near_levels(returning, &mut far, told, lines);
        self.look_far(far, told);
        ahead.far = far;
    }

    #[inline(never)]
    fn look_behind_levels(&self, ahead: &mut Ahead) {
        let arriving = ahead.arriving();
        let Ahead { far, told, lines, .. } = ahead;
        for message in arriving.iter() {
            self.queues.prefetch(self.queues.line(lines[message]).before.get());
        }
        *far = Picked(far.0 & arriving.0);
        self.find_far_levels(*far, told, lines);
    }

    /// Asks for the totals of the near levels that orders leave.
    #[inline(always)]
    fn look_for_totals(&self, ahead: &Ahead) {
        for message in ahead.leaving().iter() {
            let Foretold { locate, side, .. } = ahead.told[message];
            // Of a level that is far it is some slot, of an order that comes back that of its new level.
            let slot = self.queues.line(ahead.lines[message]).near_slot().unwrap_or(0);
            self.ladders.side(self.header(locate), locate, side).prefetch(slot);
        }
    }

    #[inline(never)]
    fn look_behind_far_levels(&self, ahead: &mut Ahead) {
        for message in ahead.far.iter() {
            self.queues.prefetch(self.queues.line(ahead.lines[message]).before.get());
        }
    }

    /// Finds the near levels that orders will join, and asks for their lines. Who stands far from the
    /// touch is looked for apart: whether one does cannot be foreseen, and a wrong guess would make
    /// the others wait.
    #[inline(always)]
    fn find_near_levels(
        &self,
        joining: Picked,
        far: &mut Picked,
        told: &[Foretold; Ahead::MESSAGES],
        lines: &mut [u32; Ahead::MESSAGES],
    ) {
        for message in joining.iter() {
            let Foretold { locate, side, price, .. } = told[message];
            let near = self.ladders.side(self.header(locate), locate, side);
            let (level, is_far) = Ladders::near_level(near, rank(side, price));
            lines[message] = level;
            self.queues.prefetch(level);
            far.pick_if(is_far, message);
        }
    }

    /// Asks for the rungs among which far levels will be looked for.
    #[inline(always)]
    fn look_far(&self, far: Picked, told: &[Foretold; Ahead::MESSAGES]) {
        for message in far.iter() {
            let Foretold { locate, side, .. } = told[message];
            self.ladders.prefetch_far(self.ladders.side(self.header(locate), locate, side));
        }
    }

    /// Finds the far levels that orders will join, and asks for their lines.
    #[inline(always)]
    fn find_far_levels(
        &self,
        far: Picked,
        told: &[Foretold; Ahead::MESSAGES],
        lines: &mut [u32; Ahead::MESSAGES],
    ) {
        for message in far.iter() {
            let Foretold { locate, side, price, .. } = told[message];
            let near = self.ladders.side(self.header(locate), locate, side);
            lines[message] = self.ladders.find(near, rank(side, price)).level;
            self.queues.prefetch(lines[message]);
        }
    }
}
