//! All symbols: the rules by which messages are applied or refused.

use std::collections::{BTreeMap, HashMap};

use wirebook_book::{
    Action, Arrival, Capacity, Change, FeedState, Locate, NewOrder, Order, OrderRef, Price, Qty,
    Reject, RejectCounts, Side, Stamp, Step, Symbol, Trade, TradingState, Transition,
};

use super::PlainBook;

/// The most levels that one side may have ([`Reject::LevelsFull`]).
pub(crate) const SIDE_LEVELS_MAX: usize = 16_384;

/// Where a live order stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home {
    pub(crate) locate: Locate,
    pub(crate) side: Side,
    pub(crate) price: Price,
}

/// The books of every symbol.
#[derive(Debug)]
pub(crate) struct PlainBooks {
    pub(crate) capacity: Capacity,
    pub(crate) feed: FeedState,
    pub(crate) books: BTreeMap<Locate, PlainBook>,
    pub(crate) homes: HashMap<OrderRef, Home>,
    pub(crate) levels_live: u32,
    /// Orders added since the books were empty.
    pub(crate) added: u32,
    /// Arrivals cannot be made outside the crate: [`super::Pair`] says which one comes next.
    pub(crate) next_arrival: Arrival,
    pub(crate) rejects: RejectCounts,
    /// The changes of state that were not asked for yet.
    pub(crate) transitions: Vec<Transition>,
}

impl PlainBooks {
    pub(crate) fn new(capacity: Capacity) -> PlainBooks {
        PlainBooks {
            capacity,
            feed: FeedState::Recovering,
            books: BTreeMap::new(),
            homes: HashMap::new(),
            levels_live: 0,
            added: 0,
            next_arrival: Arrival::default(),
            rejects: RejectCounts::default(),
            transitions: Vec::new(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.books.clear();
        self.homes.clear();
        self.transitions.clear();
        (self.levels_live, self.added) = (0, 0);
    }

    pub(crate) fn set_feed_state(&mut self, state: FeedState) {
        self.feed = state;
    }

    pub(crate) fn mark_suspect(&mut self, locate: Locate) {
        self.transitions.clear();
        self.mark(locate, false);
    }

    pub(crate) fn name(&mut self, locate: Locate, symbol: Symbol) -> Result<(), Reject> {
        self.settle(locate, |books| {
            books.check_held(locate)?;
            books.book_mut(locate).symbol = symbol;
            Ok(())
        })
    }

    pub(crate) fn set_trading_state(
        &mut self,
        locate: Locate,
        state: TradingState,
    ) -> Result<(TradingState, TradingState), Reject> {
        self.settle(locate, |books| {
            books.check_held(locate)?;
            let book = books.book_mut(locate);
            let before = book.trading_state();
            book.set_trading_state(state);
            Ok((before, book.trading_state()))
        })
    }

    pub(crate) fn end_operational_halt(
        &mut self,
        locate: Locate,
    ) -> Result<(TradingState, TradingState), Reject> {
        self.settle(locate, |books| {
            books.check_held(locate)?;
            let book = books.book_mut(locate);
            let before = book.trading_state();
            book.end_operational_halt();
            Ok((before, book.trading_state()))
        })
    }

    /// A trade of a symbol that is not held is passed over.
    pub(crate) fn note_trade(&mut self, at: Stamp, trade: &Trade) {
        if self.check_held(trade.locate).is_ok() {
            self.book_mut(trade.locate).note_trade(at, trade);
        }
    }

    pub(crate) fn add(
        &mut self,
        at: Stamp,
        locate: Locate,
        order: NewOrder,
    ) -> Result<Change, Reject> {
        self.settle(locate, |books| {
            books.check_held(locate)?;
            books.check_new(locate, order.qty, order.price)?;
            books.check_unused(order.order_ref)?;
            books.check_room(locate, order.side, order.price)?;
            let mut before = books.before(locate, order.side);
            let step = books.join(locate, order, &mut before);
            Ok(books.report(at, locate, order.side, Action::Added, step, &before))
        })
    }

    pub(crate) fn execute(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Qty,
    ) -> Result<Change, Reject> {
        self.reduce(at, locate, order_ref, Some(qty), Action::Executed)
    }

    pub(crate) fn cancel(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Qty,
    ) -> Result<Change, Reject> {
        self.reduce(at, locate, order_ref, Some(qty), Action::Cancelled)
    }

    pub(crate) fn delete(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
    ) -> Result<Change, Reject> {
        self.reduce(at, locate, order_ref, None, Action::Deleted)
    }

    fn reduce(
        &mut self,
        at: Stamp,
        locate: Locate,
        order_ref: OrderRef,
        qty: Option<Qty>,
        action: Action,
    ) -> Result<Change, Reject> {
        self.settle(locate, |books| {
            let home = books.check_live(locate, order_ref)?;
            let left = books.order(order_ref).map_or(Qty::ZERO, |order| order.qty);
            let taken = qty.unwrap_or(left);
            if taken.is_zero() {
                return Err(Reject::ZeroQty);
            }
            if taken > left {
                return Err(Reject::TooMuch { order_ref, taken, left });
            }
            let mut before = books.before(locate, home.side);
            let step = books.leave(order_ref, home, taken, &mut before);
            Ok(books.report(at, locate, home.side, action, step, &before))
        })
    }

    pub(crate) fn replace(
        &mut self,
        at: Stamp,
        locate: Locate,
        old: OrderRef,
        new: OrderRef,
        qty: Qty,
        price: Price,
    ) -> Result<Change, Reject> {
        self.settle(locate, |books| {
            let home = books.check_live(locate, old)?;
            let mut before = books.before(locate, home.side);
            let left = books.order(old).map_or(Qty::ZERO, |order| order.qty);
            if books.is_dead(locate) {
                let old = books.leave(old, home, left, &mut before);
                books.report(at, locate, home.side, Action::Deleted, old, &before);
                return Err(Reject::DeadBook);
            }
            books.check_new(locate, qty, price)?;
            books.check_unused(new)?;
            let old = books.leave(old, home, left, &mut before);
            if let Err(reject) = books.check_room(locate, home.side, price) {
                books.report(at, locate, home.side, Action::Deleted, old, &before);
                return Err(reject);
            }
            let order = NewOrder { order_ref: new, side: home.side, qty, price };
            let step = books.join(locate, order, &mut before);
            Ok(books.report(at, locate, home.side, Action::Replaced { old }, step, &before))
        })
    }

    pub(crate) fn set_level(
        &mut self,
        at: Stamp,
        locate: Locate,
        side: Side,
        price: Price,
        qty: Qty,
    ) -> Result<Change, Reject> {
        self.settle(locate, |books| {
            books.check_held(locate)?;
            if books.is_dead(locate) && !qty.is_zero() {
                return Err(Reject::DeadBook);
            }
            if !PlainBooks::fits(price) {
                return Err(Reject::PriceRange(price));
            }
            if books.book(locate).is_some_and(|book| book.orders().next().is_some()) {
                return Err(Reject::MixedBook);
            }
            let mut before = books.before(locate, side);
            if qty.is_zero() {
                books.drop_level(locate, side, price, &mut before);
            } else {
                books.check_level_room(locate, side, price)?;
                books.make_level(locate, side, price, &mut before);
                let levels = books.book_mut(locate).side_mut(side);
                levels.entry(price).or_default().bare_qty = qty;
            }
            books.book_mut(locate).bare = true;
            let (order_ref, arrival) = (OrderRef::default(), Arrival::default());
            let step = Step { order_ref, price, qty, left: qty, arrival, at_head: false };
            Ok(books.report(at, locate, side, Action::LevelSet, step, &before))
        })
    }

    pub(crate) fn book(&self, locate: Locate) -> Option<&PlainBook> {
        self.books.get(&locate)
    }

    pub(crate) fn order(&self, order_ref: OrderRef) -> Option<&Order> {
        let home = self.homes.get(&order_ref)?;
        let level = self.book(home.locate)?.side(home.side).get(&home.price)?;
        level.queue.get(level.place_of(order_ref)?)
    }

    pub(super) fn book_mut(&mut self, locate: Locate) -> &mut PlainBook {
        self.books.entry(locate).or_default()
    }

    pub(super) fn is_dead(&self, locate: Locate) -> bool {
        self.book(locate).is_some_and(|book| book.dead)
    }
}
