//! Resting orders that the recording meets.

use strategy_api::{
    Action, Book, Books, Change, Locate, Nanos, Qty, Side, Stamp, Step, Trade, TradeKind,
};

use crate::venue::resting::{Index, Resting, reaches};
use crate::venue::{HiddenTrades, OutOfTurn, Venue};

impl Venue {
    /// The recording changed a book: to be called for each change, after it was applied.
    ///
    /// Takes the time of one look where no simulated order rests in the symbol or took from it;
    /// otherwise time in proportion to the simulated orders at the price of the change and
    /// better ones.
    #[inline]
    pub fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        let locate = change.locate;
        let concerned = !self.resting.is_empty_of(locate) || !self.taken.is_empty_of(locate);
        if concerned && !self.displaced {
            self.meet(books, change, at.time);
        }
    }

    /// The recording reported a trade. That of an execution (ITCH E, C) is to be told before its
    /// change, as feeds do: it says at which price it was, and whether it was part of a cross.
    /// Of the other trades only [hidden ones](TradeKind::Hidden) matter, and only if
    /// [`HiddenTrades`] says so.
    #[inline]
    pub fn on_trade(&mut self, books: &Books, trade: &Trade, at: Stamp) {
        match trade.kind {
            TradeKind::Execution | TradeKind::ExecutionWithPrice => self.execution = Some(*trade),
            TradeKind::Hidden if self.config.hidden_trades == HiddenTrades::Fill => {
                self.fill_with_hidden(books, trade, at.time);
            }
            TradeKind::Hidden | TradeKind::Cross => {}
        }
    }

    fn fill_with_hidden(&mut self, books: &Books, trade: &Trade, at: Nanos) {
        let concerned = !self.resting.is_empty_of(trade.locate) && !self.displaced;
        if !concerned || !self.fills_in(books, trade.locate) {
            return;
        }
        let mut qty = trade.qty;
        for side in Side::BOTH {
            let met = |order: &Resting| reaches(side, order.price, trade.price);
            self.fill_while(trade.locate, side, &mut qty, at, met, |_| true);
        }
    }

    fn meet(&mut self, books: &Books, change: &Change, at: Nanos) {
        let Change { locate, side, step, .. } = *change;
        match change.action {
            Action::Added => self.on_added(books, locate, side, &step, at),
            Action::Executed => self.on_executed(books, locate, side, &step, at),
            Action::Cancelled | Action::Deleted => self.on_reduced(locate, side, &step),
            Action::Replaced { old } => {
                self.move_up(locate, side, &old);
                self.taken.carry_over(locate, old.order_ref, step.order_ref, step.left);
                self.on_added(books, locate, side, &step, at);
            }
            Action::LevelSet => {}
        }
    }

    /// Whether resting orders are filled in a book as it is.
    fn fills_in(&self, books: &Books, locate: Locate) -> bool {
        let fills = |book: Book<'_>| book.feed_state().is_live() && self.trades(book);
        books.book(locate).is_some_and(fills)
    }

    /// An order came to rest: simulated orders of the other side that it reaches would have
    /// traded with it.
    fn on_added(&mut self, books: &Books, locate: Locate, side: Side, step: &Step, at: Nanos) {
        let reached = |order: &Resting| reaches(side, step.price, order.price);
        let first = self.resting.first(locate, side.opposite());
        if !first.is_some_and(|(_, order)| reached(order)) || !self.fills_in(books, locate) {
            return;
        }
        let mut left = step.left - self.taken.of(locate, step.order_ref);
        if !self.taken.has_room(locate, step.order_ref) {
            self.counts.fills_refused += 1;
            return;
        }
        let before = left;
        self.fill_while(locate, side.opposite(), &mut left, at, reached, |_| true);
        self.taken.take(locate, step.order_ref, before - left);
    }

    /// An order was executed: simulated orders of its side that are filled before it would have
    /// been filled instead. Not so those at a worse price than that of the execution: an order
    /// may be worth more than it displays (ITCH C), and then it is not behind them.
    fn on_executed(&mut self, books: &Books, locate: Locate, side: Side, step: &Step, at: Nanos) {
        let order = (locate, Some(step.order_ref));
        let trade = self.execution.take().filter(|t| (t.locate, t.order_ref) == order);
        let continuous = trade.is_none_or(|trade| trade.printable);
        if continuous && self.fills_in(books, locate) {
            let price = trade.map_or(step.price, |trade| trade.price);
            let before = |order: &Resting| {
                order.is_ahead_of(step.price, step.arrival) && reaches(side, order.price, price)
            };
            let anyhow = self.config.out_of_turn == OutOfTurn::Fill;
            let in_turn = |order: &Resting| anyhow || order.ahead.is_zero();
            let mut executed = step.qty;
            self.fill_while(locate, side, &mut executed, at, before, in_turn);
        }
        self.on_reduced(locate, side, step);
    }

    /// Fills the orders of a side, in the order in which they are filled, for as long as they
    /// are `met` and something of `qty` is left; of those met, only the ones that are `eligible`.
    fn fill_while(
        &mut self,
        locate: Locate,
        side: Side,
        qty: &mut Qty,
        at: Nanos,
        met: impl Fn(&Resting) -> bool,
        eligible: impl Fn(&Resting) -> bool,
    ) {
        let mut next = self.resting.first(locate, side).map(|(index, _)| index);
        while let Some(index) = next.filter(|_| !qty.is_zero()) {
            let Some(&order) = self.resting.get(index).filter(|order| met(order)) else { break };
            next = self.resting.after(index).map(|(index, _)| index);
            let filled = order.leaves.min(*qty);
            if !eligible(&order) {
                continue;
            }
            if !self.can_tell(filled, order.leaves) {
                self.counts.fills_refused += 1;
                break;
            }
            *qty -= filled;
            self.fill_resting(index, filled, at);
        }
    }

    /// An order has less than before, or is gone.
    fn on_reduced(&mut self, locate: Locate, side: Side, step: &Step) {
        self.move_up(locate, side, step);
        self.taken.keep_within(locate, step.order_ref, step.left);
    }

    /// Something was taken off the queue at a price: orders behind it move up.
    fn move_up(&mut self, locate: Locate, side: Side, step: &Step) {
        let behind =
            |order: &Resting| order.price == step.price && step.arrival.is_before(order.joined);
        let mut next: Option<Index> = self.resting.first(locate, side).map(|(index, _)| index);
        while let Some(index) = next {
            next = self.resting.after(index).map(|(index, _)| index);
            let Some(order) = self.resting.get_mut(index) else { break };
            if !reaches(side, order.price, step.price) {
                break; // a worse price, as are all that follow
            }
            if behind(order) {
                order.ahead -= step.qty;
            }
        }
    }
}
