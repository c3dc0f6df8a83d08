//! What is checked before a message is applied, and what it then does to queues and levels.

use std::collections::btree_map::Entry;

use wirebook_book::{
    Action, Change, Locate, NewOrder, Order, OrderRef, Price, Qty, Reject, Side, Stamp, Step,
    Transition,
};

use super::books::{Home, SIDE_LEVELS_MAX};
use super::{PlainBooks, PlainLevel};

/// A side before a message.
pub(super) struct Before {
    touch: Option<(Price, Qty)>,
    pub(super) levels_changed: bool,
}

impl PlainBooks {
    /// Counts a refusal and marks the symbols that it concerns.
    pub(super) fn settle<T>(
        &mut self,
        locate: Locate,
        apply: impl FnOnce(&mut PlainBooks) -> Result<T, Reject>,
    ) -> Result<T, Reject> {
        let outcome = apply(self);
        if let Err(reject) = outcome {
            let (counter, other) = self.concerned(reject);
            *counter += 1;
            self.transitions.clear();
            self.mark(locate, reject.is_capacity());
            if let Some(other) = other {
                self.mark(other, false);
            }
        }
        outcome
    }

    /// Marks a book, if it is held, and notes what that makes of its state.
    pub(super) fn mark(&mut self, locate: Locate, dead: bool) {
        if self.check_held(locate).is_ok() {
            let feed = self.feed;
            let book = self.book_mut(locate);
            let from = book.feed_state(feed);
            book.known = true;
            *if dead { &mut book.dead } else { &mut book.suspect } = true;
            let to = book.feed_state(feed);
            if from != to {
                self.transitions.push(Transition { locate, from, to });
            }
        }
    }

    /// The counter of a refusal, and the symbol that it concerns besides the message's own.
    fn concerned(&mut self, reject: Reject) -> (&mut u64, Option<Locate>) {
        let counts = &mut self.rejects;
        match reject {
            Reject::UnknownRef(_) => (&mut counts.unknown_refs, None),
            Reject::ReusedRef { holder, .. } => (&mut counts.reused_refs, Some(holder)),
            Reject::OtherSymbol { found, .. } => (&mut counts.other_symbol, Some(found)),
            Reject::TooMuch { .. } => (&mut counts.too_much, None),
            Reject::ZeroQty => (&mut counts.zero_qty, None),
            Reject::QtyRange(_) => (&mut counts.qty_range, None),
            Reject::PriceRange(_) => (&mut counts.price_range, None),
            Reject::MixedBook => (&mut counts.mixed_book, None),
            Reject::OrdersFull => (&mut counts.orders_full, None),
            Reject::LevelsFull => (&mut counts.levels_full, None),
            Reject::LocatesFull(_) => (&mut counts.locates_full, None),
            Reject::DeadBook => (&mut counts.dead_book, None),
        }
    }

    pub(super) fn check_held(&self, locate: Locate) -> Result<(), Reject> {
        if u32::from(locate.get()) < self.capacity.locates {
            Ok(())
        } else {
            Err(Reject::LocatesFull(locate))
        }
    }

    pub(super) fn check_live(&self, locate: Locate, order_ref: OrderRef) -> Result<Home, Reject> {
        self.check_held(locate)?;
        match self.homes.get(&order_ref) {
            Some(&home) if home.locate == locate => Ok(home),
            Some(home) => {
                Err(Reject::OtherSymbol { order_ref, expected: locate, found: home.locate })
            }
            None if self.is_dead(locate) => Err(Reject::DeadBook),
            None => Err(Reject::UnknownRef(order_ref)),
        }
    }

    /// What a new order must be, whatever else is live.
    pub(super) fn check_new(&self, locate: Locate, qty: Qty, price: Price) -> Result<(), Reject> {
        if self.is_dead(locate) {
            Err(Reject::DeadBook)
        } else if qty.is_zero() {
            Err(Reject::ZeroQty)
        } else if qty > Qty::MAX_ORDER {
            Err(Reject::QtyRange(qty))
        } else if !PlainBooks::fits(price) {
            Err(Reject::PriceRange(price))
        } else if self.book(locate).is_some_and(|book| book.bare) {
            Err(Reject::MixedBook)
        } else {
            Ok(())
        }
    }

    pub(super) fn fits(price: Price) -> bool {
        (Price::ZERO..=Price::MAX_BOOK).contains(&price)
    }

    pub(super) fn check_unused(&self, order_ref: OrderRef) -> Result<(), Reject> {
        match self.homes.get(&order_ref) {
            Some(home) => Err(Reject::ReusedRef { order_ref, holder: home.locate }),
            None => Ok(()),
        }
    }

    pub(super) fn check_room(
        &self,
        locate: Locate,
        side: Side,
        price: Price,
    ) -> Result<(), Reject> {
        if self.homes.len() >= self.capacity.orders as usize {
            return Err(Reject::OrdersFull);
        }
        self.check_level_room(locate, side, price)
    }

    pub(super) fn check_level_room(
        &self,
        locate: Locate,
        side: Side,
        price: Price,
    ) -> Result<(), Reject> {
        let on_side = self.book(locate).map(|book| book.side(side));
        let full = self.levels_live >= self.capacity.levels
            || on_side.is_some_and(|levels| levels.len() >= SIDE_LEVELS_MAX);
        if full && !on_side.is_some_and(|levels| levels.contains_key(&price)) {
            return Err(Reject::LevelsFull);
        }
        Ok(())
    }

    pub(super) fn before(&self, locate: Locate, side: Side) -> Before {
        let touch = self.book(locate).and_then(|book| book.touch().side(side));
        Before { touch, levels_changed: false }
    }

    /// Sees to it that there is a level at a price.
    pub(super) fn make_level(
        &mut self,
        locate: Locate,
        side: Side,
        price: Price,
        before: &mut Before,
    ) {
        if let Entry::Vacant(place) = self.book_mut(locate).side_mut(side).entry(price) {
            place.insert(PlainLevel::default());
            self.levels_live += 1;
            before.levels_changed = true;
        }
    }

    pub(super) fn drop_level(
        &mut self,
        locate: Locate,
        side: Side,
        price: Price,
        before: &mut Before,
    ) {
        if self.book_mut(locate).side_mut(side).remove(&price).is_some() {
            self.levels_live -= 1;
            before.levels_changed = true;
        }
    }

    /// An order joins the end of its queue.
    pub(super) fn join(&mut self, locate: Locate, new: NewOrder, before: &mut Before) -> Step {
        let NewOrder { order_ref, side, qty, price } = new;
        let arrival = self.next_arrival;
        self.added = self.added.wrapping_add(1);
        self.make_level(locate, side, price, before);
        let levels = self.book_mut(locate).side_mut(side);
        let queue = &mut levels.entry(price).or_default().queue;
        let at_head = queue.is_empty();
        queue.push_back(Order { order_ref, locate, side, price, qty, arrival });
        self.homes.insert(order_ref, Home { locate, side, price });
        Step { order_ref, price, qty, left: qty, arrival, at_head }
    }

    /// An order loses some of its quantity, and its place if nothing is left.
    pub(super) fn leave(
        &mut self,
        order_ref: OrderRef,
        home: Home,
        taken: Qty,
        before: &mut Before,
    ) -> Step {
        let Home { locate, side, price } = home;
        let levels = self.book_mut(locate).side_mut(side);
        let queue = &mut levels.get_mut(&price).expect("a live order has a level").queue;
        let place = queue.iter().position(|order| order.order_ref == order_ref);
        let place = place.expect("a live order stands in its queue");
        let order = &mut queue[place];
        order.qty -= taken;
        let Order { qty: left, arrival, .. } = *order;
        if left.is_zero() {
            queue.remove(place);
            let was_last = queue.is_empty();
            self.homes.remove(&order_ref);
            if was_last {
                self.drop_level(locate, side, price, before);
            }
        }
        Step { order_ref, price, qty: taken, left, arrival, at_head: place == 0 }
    }

    pub(super) fn report(
        &mut self,
        at: Stamp,
        locate: Locate,
        side: Side,
        action: Action,
        step: Step,
        before: &Before,
    ) -> Change {
        let book = self.book_mut(locate);
        (book.known, book.last) = (true, at);
        Change {
            locate,
            side,
            action,
            step,
            touch_changed: book.touch().side(side) != before.touch,
            levels_changed: before.levels_changed,
            crossed: book.is_crossed(),
        }
    }
}
