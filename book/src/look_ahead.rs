//! Bringing near what the messages to come will need.
//!
//! A message on a symbol that was not seen lately waits for memory several times over, each
//! time for an address that the last wait gave. Who knows the messages to come can have these
//! steps taken for many of them at once, so that they wait together: they are noted first, in
//! [`Ahead`], one batch before their turn, which asks for what their bytes alone tell;
//! [`Books::look_ahead`] then follows from there, a step at a time.
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
    /// One more than the slot of the near level that an order joins; 0 is none.
    near: u8,
}

impl Hint {
    /// The slot of the near level that an order joins.
    #[inline(always)]
    pub(crate) fn near(self) -> Option<u32> {
        u32::from(self.near).checked_sub(1)
    }
}

/// What a message to come will do to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Does {
    /// Nothing.
    #[default]
    Nothing,
    /// Add one.
    Adds,
    /// Execute, cancel or delete one.
    Takes,
    /// Replace one.
    Replaces,
}

/// What is known of a message to come, rightly or wrongly.
#[derive(Clone, Copy, Debug, Default)]
pub struct Foretold {
    /// What it will do to its order.
    pub does: Does,
    /// The symbol.
    pub locate: Locate,
    /// The order; the old one where it is replaced.
    pub order_ref: OrderRef,
    /// The new one where it is replaced, else the same.
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

impl std::ops::BitAnd for Picked {
    type Output = Picked;

    fn bitand(self, other: Picked) -> Picked {
        Picked(self.0 & other.0)
    }
}

/// A batch of messages to come, as far as the books can prepare for them.
#[derive(Debug, Default)]
pub struct Ahead {
    steps: u32,
    joining: Picked,
    leaving: Picked,
    /// Those whose order leaves and comes back.
    returning: Picked,
    /// Those whose level is likely far.
    far: Picked,
    told: [Foretold; Ahead::MESSAGES],
    /// The line in which an order stands that leaves, then that of its level, or the level that an
    /// order joins; 0 where it is unknown.
    lines: [u32; Ahead::MESSAGES],
    hints: [Hint; Ahead::MESSAGES],
}

impl Ahead {
    /// The most messages of a batch. Further ones are not prepared for.
    pub const MESSAGES: usize = 8;

    /// No messages. Hints of earlier ones stay: they would be looked at in vain, and do no harm.
    pub fn clear(&mut self) {
        self.steps = 0;
        (self.joining, self.leaving, self.returning, self.far) = Default::default();
    }

    /// What is known for a message of the batch.
    #[inline(always)]
    pub(crate) fn hint(&self, message: usize) -> Hint {
        self.hints.get(message).copied().unwrap_or_default()
    }

    /// Notes message number `message` of the batch, and asks for what its bytes alone tell.
    #[inline(always)]
    pub fn note(&mut self, books: &Books, message: usize, foretold: Foretold) {
        books.orders.prefetch(foretold.order_ref);
        books.headers.prefetch(u32::from(foretold.locate.get()));
        let message = message % Ahead::MESSAGES;
        self.told[message] = foretold;
        let (does, Foretold { locate, side, new_ref, .. }) = (foretold.does, foretold);
        books.orders.prefetch_beside(new_ref, does == Does::Adds);
        // Of the others the side is not known yet.
        books.ladders.prefetch_if(does == Does::Adds, locate, side);
        self.joining.pick_if(does == Does::Adds, message);
        self.leaving.pick_if(matches!(does, Does::Takes | Does::Replaces), message);
        self.returning.pick_if(does == Does::Replaces, message);
    }
}

impl Books {
    /// The next message that is applied is this one of the batch.
    #[inline(always)]
    pub fn recall(&mut self, ahead: &Ahead, message: usize) {
        self.hint = ahead.hint(message);
    }

    /// Takes the next step for a batch: where its orders stand and its prices are, then which
    /// levels they belong to, then what lies behind those. A fourth step does nothing.
    #[inline(always)]
    pub fn look_ahead(&self, ahead: &mut Ahead) {
        if ahead.joining.0 | ahead.leaving.0 == 0 {
            return;
        }
        ahead.steps += 1;
        match ahead.steps {
            1 => self.look_for_orders(ahead),
            2 => self.look_for_levels(ahead),
            3 => self.look_behind_levels(ahead),
            _ => {}
        }
    }

    #[inline(never)]
    fn look_for_orders(&self, ahead: &mut Ahead) {
        let Ahead { leaving, told, lines, hints, .. } = ahead;
        let mut elsewhere = Picked::default();
        for message in leaving.iter() {
            let (slot, line) = self.orders.glance(told[message].order_ref);
            hints[message].slot = slot;
            lines[message] = line;
            self.queues.prefetch(line);
            elsewhere.pick_if(line == 0, message);
        }
        elsewhere
            .iter()
            .for_each(|message| self.orders.prefetch_displaced(told[message].order_ref));
    }

    #[inline(never)]
    fn look_for_levels(&self, ahead: &mut Ahead) {
        let Ahead { joining, leaving, far, told, lines, hints, .. } = ahead;
        self.find_levels(joining, far, told, lines, hints);
        for message in leaving.iter() {
            if lines[message] == 0
                && let Some(slot) = self.orders.find(told[message].order_ref)
            {
                lines[message] = self.orders.line_of(slot);
                hints[message].slot = slot;
            }
            let (line, locate) = (self.queues.line(lines[message]), told[message].locate);
            let side = line.side();
            // Ranks are needed where its level will vanish, and where it comes back.
            let needs_ranks = (line.orders.get() <= 1) | (told[message].does == Does::Replaces);
            self.ladders.prefetch_if(needs_ranks, locate, side);
            let is_far = (line.orders.get() == 1) & line.near_slot().is_none();
            far.pick_if(is_far, message);
            // Where it comes back is on the same side.
            told[message].side = side;
            lines[message] = self.queues.level_of(lines[message]);
            self.queues.prefetch(lines[message]);
        }
        self.look_far(far, told);
    }

    #[inline(never)]
    fn look_behind_levels(&self, ahead: &mut Ahead) {
        let Ahead { joining, leaving, returning, far, told, lines, hints, .. } = ahead;
        for message in joining.iter() {
            self.queues.prefetch(self.queues.line(lines[message]).before.get());
        }
        for message in (*far & *joining).iter() {
            let Foretold { locate, side, price, .. } = told[message];
            let near = self.ladders.side(self.header(locate), locate, side);
            let spot = self.ladders.find(near, rank(side, price));
            self.queues.prefetch(spot.level);
        }
        for message in leaving.iter() {
            let Foretold { locate, side, .. } = told[message];
            // Of a level that is far it is some slot.
            let slot = self.queues.line(lines[message]).near_slot().unwrap_or(0);
            self.ladders.side(self.header(locate), locate, side).prefetch(slot);
        }
        *far = Picked::default();
        self.find_levels(returning, far, told, lines, hints);
        self.look_far(far, told);
    }

    /// Asks for far levels.
    #[inline(always)]
    fn look_far(&self, far: &Picked, told: &[Foretold; Ahead::MESSAGES]) {
        for message in far.iter() {
            let Foretold { locate, side, .. } = told[message];
            self.ladders.prefetch_far(self.ladders.side(self.header(locate), locate, side));
        }
    }

    /// Finds the levels that orders will join, and asks for their lines. Who stands far from the
    /// touch is looked for apart: whether one does cannot be foreseen, and a wrong guess would make
    /// the others wait.
    #[inline(always)]
    fn find_levels(
        &self,
        joining: &Picked,
        far: &mut Picked,
        told: &[Foretold; Ahead::MESSAGES],
        lines: &mut [u32; Ahead::MESSAGES],
        hints: &mut [Hint; Ahead::MESSAGES],
    ) {
        for message in joining.iter() {
            let Foretold { locate, side, price, .. } = told[message];
            let rank = rank(side, price);
            let near = self.ladders.side(self.header(locate), locate, side);
            let (level, is_far, slot) = Ladders::near_level(near, rank);
            lines[message] = level;
            #[allow(clippy::cast_possible_truncation)] // one of a few
            let hint = slot as u8 + 1;
            hints[message].near = hint;
            self.queues.prefetch(level);
            far.pick_if(is_far, message);
        }
    }
}
