//! Orders that trade on arrival.

use std::ops::ControlFlow;

use strategy_api::{Arrival, Book, CancelReason, Liquidity, Nanos, Order, Price, Qty};

use crate::venue::resting::{Resting, Ticket, reaches};
use crate::venue::{SelfTrade, Venue};

/// A simulated order that arrives.
#[derive(Clone, Copy, Debug)]
pub(in crate::venue) struct Incoming {
    pub(in crate::venue) ticket: Ticket,
    /// The worst price it may trade at.
    pub(in crate::venue) price: Price,
    pub(in crate::venue) leaves: Qty,
}

/// Why an order trades no further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::venue) enum Stop {
    /// All of it was filled.
    Filled,
    /// Nothing is left that it could trade with.
    NothingLeft,
    /// It came upon an order of its owner.
    SelfTrade,
    /// A capacity ran out.
    Full,
}

/// Whom an order would trade with first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::venue) enum Opponent {
    SameOwner,
    Other,
}

/// How far down the simulated orders of the other side an order may trade.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// To those that are filled before a recorded order of this price and arrival.
    Recorded(Price, Arrival),
    /// To its limit.
    Limit,
}

impl Venue {
    /// Whom an order would trade with first, if with anybody.
    pub(in crate::venue) fn first_opponent(
        &self,
        incoming: &Incoming,
        book: Book<'_>,
    ) -> Option<Opponent> {
        let Incoming { ticket, price, .. } = *incoming;
        let side = ticket.side.opposite();
        let levels = book.levels(side).take_while(|l| reaches(ticket.side, price, l.price));
        let mut recorded = levels.flat_map(|level| book.queue(side, level.price));
        let recorded = recorded.find(|order| !self.taken.available(order).is_zero());
        let simulated = self.resting.first(ticket.locate, side).map(|(_, order)| order);
        let simulated = simulated.filter(|order| reaches(ticket.side, price, order.price));
        match (simulated, recorded) {
            (None, None) => None,
            (Some(own), Some(other)) if !own.is_ahead_of(other.price, other.arrival) => {
                Some(Opponent::Other)
            }
            (Some(own), _) if self.same_owner(ticket, own) => Some(Opponent::SameOwner),
            _ => Some(Opponent::Other),
        }
    }

    /// Trades an order with the other side, best price first and at each price in order of
    /// arrival, recorded and simulated orders alike.
    pub(in crate::venue) fn take(
        &mut self,
        incoming: &mut Incoming,
        at: Nanos,
        book: Book<'_>,
    ) -> Stop {
        match self.walk(incoming, at, book) {
            ControlFlow::Break(stop) => stop,
            ControlFlow::Continue(()) => Stop::NothingLeft,
        }
    }

    fn walk(&mut self, incoming: &mut Incoming, at: Nanos, book: Book<'_>) -> ControlFlow<Stop> {
        let side = incoming.ticket.side;
        for level in book.levels(side.opposite()) {
            if !reaches(side, incoming.price, level.price) {
                break;
            }
            for order in book.queue(side.opposite(), level.price) {
                let until = Until::Recorded(order.price, order.arrival);
                self.meet_simulated(incoming, until, at)?;
                self.meet_recorded(incoming, &order, at)?;
            }
        }
        self.meet_simulated(incoming, Until::Limit, at)
    }

    /// Trades with a recorded order, as far as it has not been taken.
    fn meet_recorded(
        &mut self,
        incoming: &mut Incoming,
        order: &Order,
        at: Nanos,
    ) -> ControlFlow<Stop> {
        let qty = incoming.leaves.min(self.taken.available(order));
        if qty.is_zero() {
            return ControlFlow::Continue(());
        }
        let told = self.can_tell(qty, incoming.leaves);
        if !told || !self.taken.take(order.locate, order.order_ref, qty) {
            self.counts.fills_refused += 1;
            return ControlFlow::Break(Stop::Full);
        }
        self.fill_incoming(incoming, qty, order.price, at)
    }

    /// Trades with simulated orders.
    fn meet_simulated(
        &mut self,
        incoming: &mut Incoming,
        until: Until,
        at: Nanos,
    ) -> ControlFlow<Stop> {
        let Ticket { locate, side, .. } = incoming.ticket;
        while let Some((index, &order)) = self.resting.first(locate, side.opposite()) {
            let met = match until {
                Until::Recorded(price, arrival) => order.is_ahead_of(price, arrival),
                Until::Limit => reaches(side, incoming.price, order.price),
            };
            if !met {
                break;
            }
            if self.same_owner(incoming.ticket, &order) {
                if self.config.self_trade == SelfTrade::CancelIncoming {
                    return ControlFlow::Break(Stop::SelfTrade);
                }
                self.counts.self_trades_prevented += 1;
                self.cancel_resting(index, CancelReason::SelfTrade, at);
                continue;
            }
            let qty = incoming.leaves.min(order.leaves);
            if !self.can_tell(qty, incoming.leaves) || !self.can_tell(qty, order.leaves) {
                self.counts.fills_refused += 1;
                return ControlFlow::Break(Stop::Full);
            }
            self.fill_resting(index, qty, at);
            self.fill_incoming(incoming, qty, order.price, at)?;
        }
        ControlFlow::Continue(())
    }

    fn fill_incoming(
        &mut self,
        incoming: &mut Incoming,
        qty: Qty,
        price: Price,
        at: Nanos,
    ) -> ControlFlow<Stop> {
        incoming.leaves -= qty;
        self.counts.taker_fills += 1;
        self.tell(incoming.ticket, price, (qty, incoming.leaves), Liquidity::Taker, at);
        if incoming.leaves.is_zero() {
            ControlFlow::Break(Stop::Filled)
        } else {
            ControlFlow::Continue(())
        }
    }

    fn same_owner(&self, ticket: Ticket, order: &Resting) -> bool {
        let owner = |seat: crate::venue::Seat| self.seats.get(seat.index()).map(|s| s.owner);
        owner(ticket.seat) == owner(order.ticket.seat)
    }
}
