//! Commands as they arrive at the venue.

use strategy_api::{
    Book, Books, CancelReason, Command, Nanos, NewOrder, OrderUpdate, Price, Qty, RejectReason,
    Side, TimeInForce, TradingState,
};

use super::fill::{Incoming, Opponent, Stop};
use super::resting::{Resting, Ticket};
use super::{SelfTrade, Sent, Venue};

impl Venue {
    /// Carries out a command that arrived at `at`.
    pub(super) fn carry_out(&mut self, sent: Sent, at: Nanos, books: &Books) {
        let detached = self.seats.get(sent.seat.index()).is_none_or(|seat| seat.detached);
        if detached {
            return self.refuse(sent, at);
        }
        match sent.command {
            Command::Submit(id, new) => {
                let NewOrder { locate, side, .. } = new;
                let ticket = Ticket { seat: sent.seat, id, locate, side };
                if let Err(reason) = self.submit(ticket, new, at, books) {
                    self.reject(ticket, reason, at);
                }
            }
            Command::Cancel { id, locate, side } => {
                self.cancel(Ticket { seat: sent.seat, id, locate, side }, at);
            }
            Command::Replace { id, locate, side, price, qty, leaves } => {
                let ticket = Ticket { seat: sent.seat, id, locate, side };
                self.replace(ticket, price, (qty, leaves), at, books);
            }
        }
    }

    /// Refuses a command of a strategy that is gone, or after the end of the day. Its order does
    /// not rest: it was cancelled then.
    pub(super) fn refuse(&mut self, sent: Sent, at: Nanos) {
        let seat = sent.seat;
        match sent.command {
            Command::Submit(id, NewOrder { locate, side, .. }) => {
                self.reject(Ticket { seat, id, locate, side }, RejectReason::Closed, at);
            }
            Command::Cancel { id, locate, side } => {
                self.cancel(Ticket { seat, id, locate, side }, at);
            }
            Command::Replace { id, locate, side, .. } => {
                let update = OrderUpdate::ReplaceRejected(RejectReason::TooLate);
                self.answer(Ticket { seat, id, locate, side }, update, Qty::ZERO, at);
            }
        }
    }

    fn reject(&mut self, ticket: Ticket, reason: RejectReason, at: Nanos) {
        self.counts.orders_rejected += 1;
        self.answer(ticket, OrderUpdate::Rejected(reason), Qty::ZERO, at);
        self.outbox.give_back(); // no order, no end of it
    }

    fn submit(
        &mut self,
        ticket: Ticket,
        new: NewOrder,
        at: Nanos,
        books: &Books,
    ) -> Result<(), RejectReason> {
        let NewOrder { price, qty, time_in_force, post_only, .. } = new;
        let book = self.check(ticket, price, qty, books)?;
        if self.resting.find(ticket.seat, ticket.id).is_some() {
            return Err(RejectReason::ReusedId);
        }
        if time_in_force == TimeInForce::Day && self.resting.is_full() {
            return Err(RejectReason::Full);
        }
        let mut incoming = Incoming { ticket, price, leaves: qty };
        self.check_opponent(&incoming, post_only, book)?;
        self.counts.orders_accepted += 1;
        self.answer(ticket, OrderUpdate::Accepted, qty, at);
        let stop = self.take(&mut incoming, at, book);
        if stop == Stop::NothingLeft && time_in_force == TimeInForce::ImmediateOrCancel {
            self.end(ticket, incoming.leaves, CancelReason::Immediate, at);
        } else {
            self.settle(incoming, stop, post_only, at, books);
        }
        Ok(())
    }

    fn cancel(&mut self, ticket: Ticket, at: Nanos) {
        match self.resting.find(ticket.seat, ticket.id) {
            Some(index) => {
                self.cancel_resting(index, CancelReason::Requested, at);
                self.outbox.give_back(); // the end of the order is the answer
            }
            None => {
                let update = OrderUpdate::CancelRejected(RejectReason::TooLate);
                self.answer(ticket, update, Qty::ZERO, at);
            }
        }
    }

    /// `leaves` is what the strategy knew to be left when it asked for `qty`.
    fn replace(
        &mut self,
        ticket: Ticket,
        price: Price,
        (qty, leaves): (Qty, Qty),
        at: Nanos,
        books: &Books,
    ) {
        let index = self.resting.find(ticket.seat, ticket.id);
        let Some((index, resting)) = index.and_then(|i| Some((i, *self.resting.get(i)?))) else {
            let update = OrderUpdate::ReplaceRejected(RejectReason::TooLate);
            return self.answer(ticket, update, Qty::ZERO, at);
        };
        let filled_meanwhile = leaves - resting.leaves;
        let qty_left = qty - filled_meanwhile;
        if qty_left.is_zero() {
            self.cancel_resting(index, CancelReason::Requested, at);
            return self.outbox.give_back(); // the end of the order is the answer
        }
        // Symbol and side are those of the order, whatever the command says.
        let ticket = resting.ticket;
        let mut incoming = Incoming { ticket, price, leaves: qty_left };
        let checked = self.check(ticket, price, qty, books).and_then(|book| {
            self.check_opponent(&incoming, resting.post_only, book)?;
            Ok(book)
        });
        match checked {
            Ok(book) => {
                self.resting.remove(index);
                self.counts.orders_replaced += 1;
                let update = OrderUpdate::Replaced { price, leaves: qty_left };
                self.answer(ticket, update, qty_left, at);
                let stop = self.take(&mut incoming, at, book);
                self.settle(incoming, stop, resting.post_only, at, books);
            }
            Err(reason) => {
                let update = OrderUpdate::ReplaceRejected(reason);
                self.answer(ticket, update, resting.leaves, at);
            }
        }
    }

    /// The book in which an order may be entered.
    fn check<'a>(
        &self,
        ticket: Ticket,
        price: Price,
        qty: Qty,
        books: &'a Books,
    ) -> Result<Book<'a>, RejectReason> {
        let book = books.book(ticket.locate).ok_or(RejectReason::NotLive)?;
        if !self.resting.holds(ticket.locate) {
            return Err(RejectReason::Full);
        }
        if !book.feed_state().is_live() {
            return Err(RejectReason::NotLive);
        }
        if !self.trades(book) {
            return Err(RejectReason::Halted);
        }
        let is_bare = |side| book.best(side).is_some_and(|level| level.orders == 0);
        if Side::BOTH.into_iter().any(is_bare) {
            return Err(RejectReason::LevelsOnly);
        }
        let in_range = price >= Price::ZERO && price <= Price::MAX_BOOK;
        if !in_range || price != price.round_down(self.config.ticks.at(price)) {
            return Err(RejectReason::Tick);
        }
        let whole_lots = qty.shares().is_multiple_of(self.config.lot.shares());
        if qty.is_zero() || qty > Qty::MAX_ORDER || !whole_lots {
            return Err(RejectReason::Lot);
        }
        Ok(book)
    }

    /// Whether orders in a book are matched.
    pub(super) fn trades(&self, book: Book<'_>) -> bool {
        match book.trading_state() {
            TradingState::Unknown => self.config.unknown_trades,
            state => state.is_trading(),
        }
    }

    /// Whether an order may meet what it would meet first.
    fn check_opponent(
        &self,
        incoming: &Incoming,
        post_only: bool,
        book: Book<'_>,
    ) -> Result<(), RejectReason> {
        match self.first_opponent(incoming, book) {
            None => Ok(()),
            Some(_) if post_only => Err(RejectReason::WouldTake),
            Some(Opponent::SameOwner) if self.config.self_trade == SelfTrade::CancelIncoming => {
                Err(RejectReason::SelfTrade)
            }
            Some(_) => Ok(()),
        }
    }

    /// What becomes of an order for the day that traded as far as it could.
    fn settle(
        &mut self,
        incoming: Incoming,
        stop: Stop,
        post_only: bool,
        at: Nanos,
        books: &Books,
    ) {
        let Incoming { ticket, price, leaves } = incoming;
        match stop {
            Stop::Filled => {}
            Stop::SelfTrade => {
                self.counts.self_trades_prevented += 1;
                self.end(ticket, leaves, CancelReason::SelfTrade, at);
            }
            Stop::Full => self.end(ticket, leaves, CancelReason::Full, at),
            Stop::NothingLeft => {
                let (joined, ahead) = place(books, ticket, price);
                if !self.resting.insert(Resting { ticket, price, leaves, post_only, joined, ahead })
                {
                    self.end(ticket, leaves, CancelReason::Full, at);
                }
            }
        }
    }

    /// Puts all orders that rest behind what is at their prices now: after the books were
    /// emptied and filled anew.
    pub(super) fn rejoin(&mut self, books: &Books) {
        for index in self.resting.indices() {
            if let Some(order) = self.resting.get_mut(index) {
                (order.joined, order.ahead) = place(books, order.ticket, order.price);
            }
        }
        self.displaced = false;
    }
}

/// Where an order that joins now stands: the arrival of the first order behind it, and what is
/// ahead of it.
fn place(books: &Books, ticket: Ticket, price: Price) -> (strategy_api::Arrival, Qty) {
    let level = books.book(ticket.locate).and_then(|book| book.level(ticket.side, price));
    (books.next_arrival(), level.map_or(Qty::ZERO, |level| level.qty))
}
