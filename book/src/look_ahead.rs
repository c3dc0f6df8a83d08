//! Bringing near what the messages to come will need.
//!
//! A message on a symbol that was not seen lately waits for memory several times over, each
//! time for an address that the last wait gave. Who knows the messages to come can take these
//! steps for several messages at once: the first step long before the message, the next ones
//! closer to it. All of it is advice: no step changes anything, and a wrong guess costs no more
//! than the line it fetched.

use crate::ladder::rank;
use crate::{Books, Locate, OrderRef, Price, Side};

impl Books {
    /// First step for a message on an order: the place where its reference is filed, and its symbol.
    #[inline(always)]
    pub fn look_ahead_ref(&self, locate: Locate, order_ref: OrderRef) {
        self.index.prefetch(order_ref);
        self.headers.prefetch(u32::from(locate.get()));
    }

    /// Second step for a message on an order: the order.
    #[inline(always)]
    pub fn look_ahead_order(&self, order_ref: OrderRef) {
        if let Some(slot) = self.index.guess(order_ref) {
            self.orders.prefetch(slot);
        }
    }

    /// Third step for a message on an order: its level and its neighbours in the queue.
    #[inline(always)]
    pub fn look_ahead_level(&self, order_ref: OrderRef) {
        if let Some(slot) = self.index.guess(order_ref) {
            let slot = self.orders.at(slot);
            self.levels.prefetch(slot.level);
            self.orders.prefetch(slot.ahead);
            self.orders.prefetch(slot.behind);
        }
    }

    /// Second step for a message that adds an order: the better prices of its side.
    #[inline(always)]
    pub fn look_ahead_side(&self, locate: Locate, side: Side) {
        self.rungs.prefetch_best(self.header(locate).ladders[side.index()]);
    }

    /// Third step for a message that adds an order: the level, if it is near the touch.
    #[inline(always)]
    pub fn look_ahead_price(&self, locate: Locate, side: Side, price: Price) {
        let ladder = self.header(locate).ladders[side.index()];
        if let Some(level) = price.key().and_then(|key| self.rungs.guess(ladder, rank(side, key))) {
            self.levels.prefetch(level);
        }
    }
}
