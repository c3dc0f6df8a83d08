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

use arrayvec::ArrayVec;

use crate::ladder::rank;
use crate::orders::Slot;
use crate::{Books, Locate, OrderRef, Price, Side};

/// Where something may be found: what an earlier look has found, to be looked at first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    /// The order that a message takes from.
    pub(crate) slot: Slot,
}

/// An order that will join a queue.
#[derive(Clone, Copy, Debug)]
struct Joining {
    locate: Locate,
    side: Side,
    price: u32,
    level: u32,
}

/// An order that will leave its queue, or shrink.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    /// Which message of the batch says so.
    message: usize,
    locate: Locate,
    /// The line it stands in, then that of its level; 0 where it is unknown.
    line: u32,
    order_ref: OrderRef,
}

/// Some messages of a batch, by their numbers, picked without a branch: which ones they are cannot
/// be foreseen.
#[derive(Debug, Default)]
pub struct Picked {
    messages: [usize; Ahead::MESSAGES],
    count: usize,
}

impl Picked {
    /// Adds a message if it is one of them.
    #[inline(always)]
    pub fn push_if(&mut self, is_one: bool, message: usize) {
        self.messages[self.count % Ahead::MESSAGES] = message;
        self.count += usize::from(is_one);
    }

    /// Those that were added, in order.
    #[inline(always)]
    #[must_use]
    pub fn as_slice(&self) -> &[usize] {
        self.messages.get(..self.count).unwrap_or(&self.messages)
    }
}

/// A batch of messages to come, as far as the books can prepare for them.
#[derive(Debug, Default)]
pub struct Ahead {
    steps: u32,
    joining: ArrayVec<Joining, { Ahead::MESSAGES }>,
    leaving: ArrayVec<Leaving, { Ahead::MESSAGES }>,
    /// Of these the side is that of the order that leaves, the entry of `leaving` in `level`.
    returning: ArrayVec<Joining, { Ahead::MESSAGES }>,
    hints: [Hint; Ahead::MESSAGES],
}

impl Ahead {
    /// The most messages of a batch. Further ones are not prepared for.
    pub const MESSAGES: usize = 8;

    /// No messages. Hints of earlier ones stay: they would be looked at in vain, and do no harm.
    pub fn clear(&mut self) {
        self.steps = 0;
        self.joining.clear();
        self.leaving.clear();
        self.returning.clear();
    }

    /// What is known for a message of the batch.
    #[inline(always)]
    pub(crate) fn hint(&self, message: usize) -> Hint {
        self.hints.get(message).copied().unwrap_or_default()
    }

    /// A message of the batch will add an order.
    #[inline(always)]
    pub fn add(
        &mut self,
        books: &Books,
        locate: Locate,
        order_ref: OrderRef,
        side: Side,
        price: Price,
    ) {
        books.prefetch_start(locate, order_ref);
        books.ladders.prefetch(locate, side);
        let price = price.key().unwrap_or_default();
        let _ = self.joining.try_push(Joining { locate, side, price, level: 0 });
    }

    /// Message number `message` of the batch will execute, cancel or delete an order.
    #[inline(always)]
    pub fn take(&mut self, books: &Books, message: usize, locate: Locate, order_ref: OrderRef) {
        books.prefetch_start(locate, order_ref);
        let message = message % Ahead::MESSAGES;
        let _ = self.leaving.try_push(Leaving { message, locate, line: 0, order_ref });
    }

    /// Message number `message` of the batch will replace an order.
    #[inline(always)]
    pub fn replace(
        &mut self,
        books: &Books,
        message: usize,
        locate: Locate,
        [old, new]: [OrderRef; 2],
        price: Price,
    ) {
        let leaving = u32::try_from(self.leaving.len()).unwrap_or_default();
        self.take(books, message, locate, old);
        books.orders.prefetch(new);
        let price = price.key().unwrap_or_default();
        let returning = Joining { locate, side: Side::Bid, price, level: leaving };
        let _ = self.returning.try_push(returning);
    }
}

impl Books {
    #[inline(always)]
    fn prefetch_start(&self, locate: Locate, order_ref: OrderRef) {
        self.orders.prefetch(order_ref);
        self.headers.prefetch(u32::from(locate.get()));
    }

    /// The next message that is applied is this one of the batch.
    #[inline(always)]
    pub fn recall(&mut self, ahead: &Ahead, message: usize) {
        self.hint = ahead.hint(message);
    }

    /// Takes the next step for a batch: where its orders stand and its prices are, then which
    /// levels they belong to, then what lies behind those. A fourth step does nothing.
    #[inline(always)]
    pub fn look_ahead(&self, ahead: &mut Ahead) {
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
        let Ahead { joining, leaving, hints, .. } = ahead;
        for order in leaving {
            let slot = self.orders.find_near(order.order_ref);
            hints[order.message].slot = slot;
            order.line = if slot == Slot::NONE { 0 } else { self.orders.at(slot).line };
            self.queues.prefetch(order.line);
        }
        for order in joining {
            self.ladders.ring(self.header(order.locate), order.locate, order.side).prefetch_best();
        }
    }

    #[inline(never)]
    fn look_for_levels(&self, ahead: &mut Ahead) {
        let Ahead { joining, leaving, returning, hints, .. } = ahead;
        self.find_levels(joining);
        for order in leaving.iter_mut() {
            if order.line == 0
                && let Some(slot) = self.orders.find(order.order_ref)
            {
                order.line = self.orders.at(slot).line;
                hints[order.message].slot = slot;
                self.queues.prefetch(order.line);
            }
        }
        for order in leaving.iter_mut() {
            let (line, locate) = (self.queues.line(order.line), order.locate);
            self.ladders.prefetch(locate, line.side());
            self.ladders.ring(self.header(locate), locate, line.side()).prefetch_best();
        }
        for order in returning.iter_mut() {
            let line = leaving.get(order.level as usize).map_or(0, |leaving| leaving.line);
            order.side = self.queues.line(line).side();
        }
        for order in leaving.iter_mut() {
            order.line = self.queues.level_of(order.line);
            self.queues.prefetch(order.line);
        }
    }

    #[inline(never)]
    fn look_behind_levels(&self, ahead: &mut Ahead) {
        let Ahead { joining, returning, .. } = ahead;
        for order in joining.iter() {
            self.queues.prefetch_end(order.level);
        }
        self.find_levels(returning);
    }

    #[inline(always)]
    fn find_levels(&self, joining: &mut [Joining]) {
        for order in joining {
            let header = self.header(order.locate);
            let rank = rank(order.side, order.price);
            order.level = self.ladders.find(header, order.locate, order.side, rank).level;
            self.queues.prefetch(order.level);
        }
    }
}
