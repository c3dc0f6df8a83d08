//! A simulated venue: what would have become of a strategy's orders in a recorded day.
//!
//! The venue stands beside the recorded books and never changes them. Simulated orders meet the
//! recording where it shows, order by order, that they would have been met:
//!
//! - **Joining.** An order that rests stands behind every recorded order that is at its price at
//!   that moment. Later ones stand behind it: [`Arrival`] tells which is which, so that its queue
//!   position is exact, whatever leaves the queue in whatever order.
//! - **Executions.** A recorded execution of an order *behind* a simulated one (later at its
//!   price, or at a worse price) would have met the simulated one first: it is filled, up to the
//!   quantity executed. An execution ahead of it only moves it up. See [`OutOfTurn`] for the one
//!   doubtful case. An execution at a better price than that of the simulated order (ITCH C)
//!   fills nothing, nor do executions that are not printable: they are part of a cross, which is
//!   reported as one trade.
//! - **Arrivals.** A recorded order that comes to rest at or through the price of a simulated
//!   order of the other side would have traded with it instead.
//! - **Marketable orders** walk the other side of the recorded book, level by level and in each
//!   level in order of arrival, simulated orders of other owners among the recorded ones. Where
//!   they come upon one of their own owner, [`SelfTrade`] decides; a post-only order is refused
//!   there too.
//! - **Every share counts once.** What is taken of a recorded order is remembered until it
//!   leaves the book, and one recorded execution fills no more than its own quantity, in order
//!   of price and time among simulated orders.
//! - **Trading states.** Unless a symbol trades, orders are refused ([`RejectReason::Halted`]),
//!   those that rest stay and nothing fills them: halts end in crosses, to which the executions
//!   in those states belong. What came to stand across a simulated order meanwhile does not fill
//!   it afterwards.
//! - **Feed states.** Unless a book is Live, orders are refused ([`RejectReason::NotLive`]) and
//!   those that rest stay unfilled: nobody knows what they would have met. Cancellations are
//!   carried out in any state.
//!
//! What no recording can show is left out: others would have acted differently had they seen the
//! simulated orders. A share that the recording executes against an order which a simulated one
//! took from is not passed on to whoever stands behind, which errs on the side of fewer fills.
//!
//! Commands and answers take time ([`Latency`]); those of one seat never overtake each other.
//! Everything is in whole numbers and in a fixed order: the same recording, the same commands and
//! the same seed give the same answers. Nothing is allocated after [`Venue::open_seat`].
//!
//! An engine drives it in the order of time:
//!
//! ```
//! use strategy_api::{Books, Nanos, OrderEvent};
//! use wirebook_exchange::venue::{Seat, Venue};
//!
//! /// Before the recorded message of time `to` is applied: what happens until then.
//! fn run_until(venue: &mut Venue, books: &Books, to: Nanos, mut tell: impl FnMut(Seat, OrderEvent)) {
//!     while let Some(due) = venue.next_due().filter(|&due| due <= to) {
//!         venue.advance(due, books);
//!         while let Some((seat, event)) = venue.take_answer(due) {
//!             tell(seat, event); // which may make the strategy send commands at `due`
//!         }
//!     }
//! }
//! ```

mod config;
mod entry;
mod fill;
mod fixed_map;
mod in_flight;
mod latency;
mod outbox;
mod resting;
mod seat;
mod taken;
#[cfg(test)]
mod tests;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use strategy_api::{
    Books, CancelReason, Command, Nanos, OrderEvent, OrderId, OrderUpdate, Price, Qty, Trade,
};
#[cfg(doc)]
use {strategy_api::RejectReason, wirebook_book::Arrival};

pub use config::{
    Fees, HiddenTrades, OutOfTurn, SelfTrade, SendError, Ticks, VenueCapacity, VenueConfig,
    VenueError,
};
pub use latency::{CurveError, Latency, LatencyCurve};
pub use seat::{Owner, Seat};

use in_flight::InFlight;
use outbox::Outbox;
use resting::{Index, Resting, RestingOrders, Ticket};
use seat::SeatState;
use taken::Taken;

/// What a venue did, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VenueCounts {
    /// Orders that were accepted.
    pub orders_accepted: u64,
    /// Orders that were refused.
    pub orders_rejected: u64,
    /// Orders of which something was cancelled, for whatever reason.
    pub orders_cancelled: u64,
    /// Replacements that were carried out.
    pub orders_replaced: u64,
    /// Fills of orders that rested.
    pub maker_fills: u64,
    /// Fills on arrival.
    pub taker_fills: u64,
    /// Orders that were cancelled or refused because they would have traded with their owner's.
    pub self_trades_prevented: u64,
    /// Fills that were not made because a capacity ran out.
    pub fills_refused: u64,
    /// Commands that were not sent because a capacity ran out.
    pub commands_refused: u64,
}

/// A simulated order that rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkingOrder {
    /// Its price.
    pub price: Price,
    /// What is not filled yet.
    pub leaves: Qty,
    /// What the recorded orders ahead of it at its price have left.
    pub recorded_ahead: Qty,
    /// What the simulated orders ahead of it at its price have left.
    pub simulated_ahead: Qty,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    seat: Seat,
    command: Command,
}

/// A venue that fills strategies' orders on a recording. See the [module](self) for its rules.
#[derive(Debug)]
pub struct Venue {
    config: VenueConfig,
    rng: Xoshiro256PlusPlus,
    seats: Vec<SeatState>,
    commands: InFlight<Sent>,
    outbox: Outbox,
    resting: RestingOrders,
    taken: Taken,
    /// The trade of the execution that is told next.
    execution: Option<Trade>,
    /// The books were emptied, and orders that rest have not joined their queues anew.
    displaced: bool,
    closed: bool,
    counts: VenueCounts,
}

impl Venue {
    /// A venue without seats or orders.
    pub fn new(config: VenueConfig, capacity: VenueCapacity) -> Result<Venue, VenueError> {
        config.check()?;
        capacity.check()?;
        Ok(Venue {
            config,
            rng: Xoshiro256PlusPlus::seed_from_u64(config.seed),
            seats: Vec::new(),
            commands: InFlight::new(capacity.commands()),
            outbox: Outbox::new(capacity.answers(), capacity.fills),
            resting: RestingOrders::new(capacity.orders, capacity.locates),
            taken: Taken::new(capacity.taken, capacity.locates),
            execution: None,
            displaced: false,
            closed: false,
            counts: VenueCounts::default(),
        })
    }

    /// Gives a strategy a seat: the first is seat 0, the next seat 1. Allocates: for starting up.
    pub fn open_seat(&mut self, owner: Owner) -> Result<Seat, VenueError> {
        let seat = u16::try_from(self.seats.len()).map_err(|_| VenueError::SeatsFull)?;
        self.seats.push(SeatState::new(owner, &self.config, &mut self.rng));
        Ok(Seat(seat))
    }

    /// A command leaves its strategy at `now`. It arrives after the outbound latency, and not
    /// before commands that this seat sent earlier.
    ///
    /// Does not fail before the day [is closed](Venue::close) for desks that together have no
    /// more orders open than [`VenueCapacity::orders`].
    pub fn send(&mut self, seat: Seat, command: Command, now: Nanos) -> Result<(), SendError> {
        if self.closed {
            return Err(SendError::Closed);
        }
        let state = self.seats.get_mut(seat.index()).ok_or(SendError::UnknownSeat(seat))?;
        // An order needs room for two answers: whether it is accepted, and what ends it.
        let answers = if matches!(command, Command::Submit(..)) { 2 } else { 1 };
        if self.commands.is_full() || !self.outbox.set_aside(answers) {
            self.counts.commands_refused += 1;
            return Err(SendError::Full);
        }
        self.commands.send(state.arrival(now), Sent { seat, command });
        Ok(())
    }

    /// When the next command is at the venue or the next answer at its strategy.
    #[must_use]
    pub fn next_due(&self) -> Option<Nanos> {
        match (self.commands.next_due(), self.outbox.next_due()) {
            (Some(command), Some(answer)) => Some(command.min(answer)),
            (command, answer) => command.or(answer),
        }
    }

    /// Carries out the commands that are at the venue by `to`, in order of their arrival, on the
    /// books as they are. To be called before a recorded message of time `to` is applied.
    pub fn advance(&mut self, to: Nanos, books: &Books) {
        if self.displaced && books.feed_state().is_live() {
            self.rejoin(books);
        }
        while let Some((at, sent)) = self.commands.take(to) {
            self.carry_out(sent, at, books);
        }
    }

    /// Takes the next answer that is at its strategy by `now`, in order of delivery. The time in
    /// it is that at which it happened at the venue.
    pub fn take_answer(&mut self, now: Nanos) -> Option<(Seat, OrderEvent)> {
        self.outbox.take(now)
    }

    /// The books were emptied: a new session, or a snapshot that follows. What was taken of
    /// recorded orders is forgotten. Orders that rest are not filled until the feed is Live
    /// again, and then stand behind everything that is at their price.
    pub fn on_clear(&mut self) {
        self.taken.clear();
        self.displaced = true;
    }

    /// A strategy is gone: at `now` its orders are cancelled, and what it sent and is not carried
    /// out yet will be refused. Its answers can still be taken.
    pub fn detach(&mut self, seat: Seat, now: Nanos) {
        if let Some(state) = self.seats.get_mut(seat.index()) {
            state.detached = true;
            self.cancel_all(CancelReason::Detached, now, |order| order.ticket.seat == seat);
        }
    }

    /// The day ends at `now`: all orders are cancelled and all commands under way refused. None
    /// can be sent any more, so that the answers come to an end whatever strategies make of them.
    pub fn close(&mut self, now: Nanos) {
        self.closed = true;
        self.cancel_all(CancelReason::EndOfDay, now, |_| true);
        while let Some((_, sent)) = self.commands.take(Nanos::new(u64::MAX)) {
            self.refuse(sent, now);
        }
    }

    /// An order that rests, with what stands ahead of it at its price. Walks over the simulated
    /// orders there.
    #[must_use]
    pub fn working_order(&self, seat: Seat, id: OrderId) -> Option<WorkingOrder> {
        let index = self.resting.find(seat, id)?;
        let order = self.resting.get(index)?;
        let earlier = std::iter::successors(self.resting.before(index), |&(earlier, _)| {
            self.resting.before(earlier)
        });
        let level = earlier.take_while(|(_, earlier)| earlier.price == order.price);
        Some(WorkingOrder {
            price: order.price,
            leaves: order.leaves,
            recorded_ahead: order.ahead,
            simulated_ahead: level.map(|(_, earlier)| earlier.leaves).sum(),
        })
    }

    /// What the venue did so far.
    #[must_use]
    pub fn counts(&self) -> &VenueCounts {
        &self.counts
    }

    /// The rules that the venue was made with.
    #[must_use]
    pub fn config(&self) -> &VenueConfig {
        &self.config
    }

    /// Gives an answer for which room was set aside.
    fn answer(&mut self, ticket: Ticket, update: OrderUpdate, leaves: Qty, time: Nanos) {
        let Ticket { seat, id, locate, side } = ticket;
        if let Some(state) = self.seats.get_mut(seat.index()) {
            let event = OrderEvent { id, locate, side, update, leaves, time };
            self.outbox.post(state.delivery(time), seat, event);
        }
    }

    /// Ends an order that has `leaves`.
    fn end(&mut self, ticket: Ticket, leaves: Qty, reason: CancelReason, at: Nanos) {
        self.counts.orders_cancelled += 1;
        let update = OrderUpdate::Cancelled { qty: leaves, reason };
        self.answer(ticket, update, Qty::ZERO, at);
    }

    /// Cancels an order that rests.
    fn cancel_resting(&mut self, index: Index, reason: CancelReason, at: Nanos) {
        if let Some(order) = self.resting.remove(index) {
            self.end(order.ticket, order.leaves, reason, at);
        }
    }

    fn cancel_all(&mut self, reason: CancelReason, at: Nanos, which: impl Fn(&Resting) -> bool) {
        for index in self.resting.indices() {
            if self.resting.get(index).is_some_and(&which) {
                self.cancel_resting(index, reason, at);
            }
        }
    }
}
