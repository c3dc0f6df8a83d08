//! What an engine keeps for one strategy: subscriptions, orders, positions, timers, commands.
//!
//! A strategy sees its desk through [`Context`](crate::Context); the methods here are for
//! engines. Everything is set aside in [`Desk::new`].

use wirebook_book::{Locate, Nanos, Price, Qty, Side, Symbol};

use crate::open_orders::{OpenOrders, SLOTS_MAX};
use crate::timers::Timers;
use crate::{
    Breach, Interest, Limits, Money, NewOrder, OpenOrder, OrderError, OrderEvent, OrderId,
    OrderState, OrderUpdate, Position, TimerId,
};

/// How much a desk can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeskCapacity {
    /// Locates from 0, as in the books.
    pub locates: usize,
    /// Orders open at the same time; at most 2²⁰.
    pub open_orders: usize,
    /// Commands in one callback.
    pub commands: usize,
    /// Timers set at the same time.
    pub timers: usize,
}

impl Default for DeskCapacity {
    fn default() -> DeskCapacity {
        DeskCapacity { locates: 1 << 16, open_orders: 1 << 12, commands: 1 << 12, timers: 1 << 12 }
    }
}

/// What a strategy wants done at the venue.
///
/// Symbol and side of a cancellation or replacement are those of its order: a venue that no
/// longer knows the order can answer all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Send an order.
    Submit(OrderId, NewOrder),
    /// Cancel one.
    Cancel {
        /// The order.
        id: OrderId,
        /// Its symbol.
        locate: Locate,
        /// Its side.
        side: Side,
    },
    /// Give one a new price and quantity; it loses its place in the queue.
    Replace {
        /// The order.
        id: OrderId,
        /// Its symbol.
        locate: Locate,
        /// Its side.
        side: Side,
        /// Its new price.
        price: Price,
        /// What is then not filled yet, if no more was filled than the strategy knew of.
        qty: Qty,
        /// What the strategy knew not to be filled yet. What was filled beyond comes off `qty`,
        /// so that a fill on its way to the strategy never adds to what it asked for.
        leaves: Qty,
    },
}

/// What an engine keeps for one strategy.
#[derive(Debug)]
pub struct Desk {
    interest_in_all: Interest,
    interests: Vec<Interest>,
    wanted: Vec<(Symbol, Interest)>,
    orders: OpenOrders,
    positions: Vec<Position>,
    timers: Timers,
    /// Room for as many submissions and replacements as the capacity says and, beyond that, for
    /// the cancellation of every open order.
    commands: Vec<Command>,
    /// Those of `commands` that are no cancellations.
    bounded: usize,
    capacity: DeskCapacity,
    limits: Limits,
    killed: bool,
}

impl Desk {
    /// A desk with nothing on it.
    #[must_use]
    pub fn new(capacity: DeskCapacity, limits: Limits) -> Desk {
        let capacity =
            DeskCapacity { open_orders: capacity.open_orders.min(SLOTS_MAX), ..capacity };
        Desk {
            interest_in_all: Interest::default(),
            interests: vec![Interest::default(); capacity.locates],
            wanted: Vec::new(),
            orders: OpenOrders::new(capacity.open_orders, capacity.locates),
            positions: vec![Position::default(); capacity.locates],
            timers: Timers::new(capacity.timers),
            commands: Vec::with_capacity(capacity.commands.saturating_add(capacity.open_orders)),
            bounded: 0,
            capacity,
            limits,
            killed: false,
        }
    }

    /// What the strategy wants to be told of a symbol.
    #[inline]
    #[must_use]
    pub fn interest(&self, locate: Locate) -> Interest {
        self.interests.get(locate.index()).copied().unwrap_or_default()
    }

    /// A symbol got its name: a subscription by name takes hold.
    pub fn on_name(&mut self, locate: Locate, symbol: Symbol) {
        let wanted = self.wanted.iter().find(|(name, _)| *name == symbol);
        let interest = wanted.map_or(self.interest_in_all, |&(_, interest)| interest);
        if let Some(place) = self.interests.get_mut(locate.index()) {
            *place = interest;
        }
    }

    pub(crate) fn want(&mut self, symbol: Symbol, interest: Interest) {
        self.wanted.retain(|(name, _)| *name != symbol);
        self.wanted.push((symbol, interest));
    }

    pub(crate) fn want_all(&mut self, interest: Interest) {
        self.interest_in_all = interest;
        self.interests.fill(interest);
    }

    /// The commands given since the last call, oldest first; they are gone afterwards.
    pub fn commands(&mut self) -> impl Iterator<Item = Command> + '_ {
        self.bounded = 0;
        self.commands.drain(..)
    }

    /// Takes an answer of the venue into account. False where the order is not open here; a
    /// fill counts in the position all the same.
    pub fn apply(&mut self, event: &OrderEvent) -> bool {
        if let OrderUpdate::Filled { price, qty, fee, .. } = event.update
            && let Some(position) = self.positions.get_mut(event.locate.index())
        {
            position.fill(event.side, price, qty, fee);
        }
        self.orders.apply(event)
    }

    /// The time of the timer that is due next.
    #[must_use]
    pub fn next_timer(&self) -> Option<Nanos> {
        self.timers.next()
    }

    /// Takes the earliest timer that is due at `now`; of those due at the same time, the one
    /// that was set first.
    pub fn take_timer(&mut self, now: Nanos) -> Option<(Nanos, TimerId)> {
        self.timers.take(now)
    }

    pub(crate) fn set_timer(&mut self, at: Nanos, timer: TimerId) -> bool {
        self.timers.set(at, timer)
    }

    pub(crate) fn cancel_timer(&mut self, timer: TimerId) {
        self.timers.cancel(timer);
    }

    /// Whether the kill switch was pulled.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.killed
    }

    /// Pulls the kill switch: every open order is cancelled, none can be sent any more.
    pub fn kill(&mut self) {
        self.killed = true;
        self.cancel_all();
    }

    /// Cancels every open order that does not wait for its cancellation already.
    pub(crate) fn cancel_all(&mut self) {
        for slot in 0..self.orders.capacity() {
            if let Some(id) = self.orders.in_slot(slot) {
                // All that can be in the way is that the order waits for its cancellation.
                let _ = self.cancel(id);
            }
        }
    }

    /// The position in a symbol.
    #[must_use]
    pub fn position(&self, locate: Locate) -> Position {
        self.positions.get(locate.index()).copied().unwrap_or_default()
    }

    /// All symbols in which there ever was a fill.
    pub fn positions(&self) -> impl Iterator<Item = (Locate, Position)> + '_ {
        let all = (0..=u16::MAX).map(Locate::new).zip(self.positions.iter().copied());
        all.filter(|(_, position)| position.fills > 0)
    }

    /// The open orders of a symbol, latest first.
    pub fn open_orders(&self, locate: Locate) -> impl Iterator<Item = &OpenOrder> + '_ {
        self.orders.of(locate)
    }

    /// An open order.
    #[must_use]
    pub fn open_order(&self, id: OrderId) -> Option<&OpenOrder> {
        self.orders.get(id)
    }

    /// The limits that orders are held against.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.orders.len()
    }

    pub(crate) fn submit(&mut self, now: Nanos, new: NewOrder) -> Result<OrderId, OrderError> {
        self.check_room()?;
        self.check(new.locate, new.side, new.price, new.qty, Qty::ZERO)?;
        if self.orders.len() >= self.limits.open_orders_max {
            return Err(Breach::OpenOrders { limit: self.limits.open_orders_max }.into());
        }
        let id = self.orders.insert(&new, now).ok_or(OrderError::OrdersFull)?;
        self.give(Command::Submit(id, new));
        Ok(id)
    }

    pub(crate) fn cancel(&mut self, id: OrderId) -> Result<(), OrderError> {
        let OpenOrder { locate, side, state, .. } = *self.open(id)?;
        if state == OrderState::CancelSent {
            return Err(OrderError::Pending(id));
        }
        // Each open order is cancelled once, for which there is room, unless an engine takes
        // answers without taking the commands.
        if self.commands.len() >= self.commands.capacity() {
            return Err(OrderError::CommandsFull);
        }
        self.orders.note_cancel(id);
        self.commands.push(Command::Cancel { id, locate, side });
        Ok(())
    }

    pub(crate) fn replace(
        &mut self,
        id: OrderId,
        price: Price,
        qty: Qty,
    ) -> Result<(), OrderError> {
        self.check_room()?;
        let OpenOrder { locate, side, leaves, state, .. } = *self.open(id)?;
        if matches!(state, OrderState::CancelSent | OrderState::ReplaceSent) {
            return Err(OrderError::Pending(id));
        }
        // Until the venue answers, the order may be filled as it is or as it will be.
        self.check(locate, side, price, qty, leaves)?;
        self.orders.note_replace(id, qty);
        self.give(Command::Replace { id, locate, side, price, qty, leaves });
        Ok(())
    }

    fn give(&mut self, command: Command) {
        self.bounded += 1;
        self.commands.push(command);
    }

    fn check_room(&self) -> Result<(), OrderError> {
        if self.killed {
            return Err(OrderError::Killed);
        }
        let full = self.commands.len() >= self.commands.capacity();
        if self.bounded >= self.capacity.commands || full {
            return Err(OrderError::CommandsFull);
        }
        Ok(())
    }

    fn open(&self, id: OrderId) -> Result<&OpenOrder, OrderError> {
        self.orders.get(id).ok_or(OrderError::NotOpen(id))
    }

    /// Holds an order against the limits. `counted` is how much of it counts already, because
    /// it takes the place of an order that is open.
    fn check(
        &self,
        locate: Locate,
        side: Side,
        price: Price,
        qty: Qty,
        counted: Qty,
    ) -> Result<(), OrderError> {
        if qty.is_zero() || qty > Qty::MAX_ORDER {
            return Err(OrderError::Quantity(qty));
        }
        if price < Price::ZERO || price > Price::MAX_BOOK {
            return Err(OrderError::Price(price));
        }
        let Limits { order_qty_max, position_max, order_value_max, .. } = self.limits;
        if qty > order_qty_max {
            return Err(Breach::OrderQty { found: qty, limit: order_qty_max }.into());
        }
        let value = Money::of(price, qty);
        if value > order_value_max {
            return Err(Breach::OrderValue { found: value, limit: order_value_max }.into());
        }
        let working = self.orders.exposure(locate, side) + (qty - counted);
        let shares = i64::try_from(working.shares()).unwrap_or(i64::MAX);
        let after = self.position(locate).shares.saturating_add(shares.saturating_mul(side.sign()));
        let found = Qty::new(after.unsigned_abs());
        // An order that brings the position nearer to zero is never in the way of the limit.
        let away = after.signum() == side.sign();
        if away && found > position_max {
            return Err(Breach::Position { found, limit: position_max }.into());
        }
        Ok(())
    }
}
