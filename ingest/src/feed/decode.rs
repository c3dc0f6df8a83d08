//! One ITCH message after the other: decoded, applied, told.

use wirebook_book::{
    Change, Locate, MatchNo, Nanos, NewOrder, Price, Reject, SeqNo, Stamp, Symbol, Trade,
    TradeKind, TradingState, Transition,
};

use super::{Completeness, Feed, FeedStateChange, Listener, Scope};
use crate::itch::codes::{Flag, OperationalHaltAction, SystemEventCode};
use crate::itch::{
    self, AddOrder, AddOrderAttributed, CrossTrade, ItchError, OperationalHalt, OrderCancel,
    OrderDelete, OrderExecuted, OrderExecutedWithPrice, OrderReplace, StockDirectory, SystemEvent,
    TradingAction,
};

/// An execution as E and C report it.
struct Execution {
    kind: TradeKind,
    match_no: MatchNo,
    /// The price, where it is not the order's own.
    price: Option<Price>,
    printable: bool,
}

/// The time of a message: 6 bytes at offset 5 in every kind.
#[inline(always)]
fn time_of(message: &[u8]) -> Option<Nanos> {
    let [_, _, _, tracking_and_time @ ..] = *message.first_chunk::<11>()?;
    Some(itch::timestamp(tracking_and_time))
}

/// The locate of a message: 2 bytes at offset 1 in every kind.
fn locate_of(message: &[u8]) -> Option<Locate> {
    let [_, a, b] = *message.first_chunk::<3>()?;
    Some(Locate::new(u16::from_be_bytes([a, b])))
}

impl<L: Listener> Feed<L> {
    #[inline(never)]
    pub(super) fn apply_one(&mut self, seq: SeqNo, message: &[u8]) {
        self.at = Stamp { seq, time: time_of(message).unwrap_or(self.at.time) };
        self.apply(message);
        self.books.note_applied(seq);
    }

    #[inline(always)]
    fn apply(&mut self, message: &[u8]) {
        self.listener.before_message(&self.books, self.at);
        self.counts.messages += 1;
        if self.completeness == Completeness::Awaited {
            self.begin(message);
        }
        if let Some(&kind) = message.first() {
            self.counts.by_kind[usize::from(kind)] += 1;
            if self.dispatch(kind, message).is_err() {
                self.malformed(kind, message);
            }
        } else {
            self.counts.empty += 1;
        }
        self.listener.after_message(&self.books, self.at);
    }

    #[inline(always)]
    fn dispatch(&mut self, kind: u8, message: &[u8]) -> Result<(), ItchError> {
        match kind {
            b'A' => {
                let add = AddOrder::new(message)?;
                let (order_ref, side) = (add.order_ref(), add.side()?);
                let order = NewOrder { order_ref, side, qty: add.qty(), price: add.price() };
                self.add(add.locate(), || Some(add.symbol()), order);
            }
            b'D' => self.delete(OrderDelete::new(message)?),
            b'U' => self.replace(OrderReplace::new(message)?),
            b'E' => self.executed(OrderExecuted::new(message)?),
            b'X' => self.cancel(OrderCancel::new(message)?),
            b'F' => {
                let add = AddOrderAttributed::new(message)?;
                let (order_ref, side) = (add.order_ref(), add.side()?);
                let order = NewOrder { order_ref, side, qty: add.qty(), price: add.price() };
                self.add(add.locate(), || Some(add.symbol()), order);
            }
            b'C' => self.executed_with_price(OrderExecutedWithPrice::new(message)?),
            b'P' => self.hidden_trade(itch::Trade::new(message)?),
            _ => return self.dispatch_seldom(kind, message),
        }
        Ok(())
    }

    #[inline(never)]
    fn dispatch_seldom(&mut self, kind: u8, message: &[u8]) -> Result<(), ItchError> {
        match kind {
            b'S' | b'V' | b'W' | b'Y' | b'L' | b'K' | b'J' | b'B' | b'I' | b'N' | b'O' => {
                itch::parse(message)?;
            }
            b'R' => {
                let entry = StockDirectory::new(message)?;
                self.name(entry.locate(), entry.symbol());
            }
            b'H' => {
                let action = TradingAction::new(message)?;
                let state = action.state().state();
                self.trading_state(action.locate(), action.symbol(), Some(state));
            }
            b'h' => {
                let halt = OperationalHalt::new(message)?;
                if halt.market() == self.config.market {
                    let halted = halt.action() == OperationalHaltAction::HALTED;
                    let state = halted.then_some(TradingState::OperationalHalt);
                    self.trading_state(halt.locate(), halt.symbol(), state);
                }
            }
            b'Q' => self.cross(CrossTrade::new(message)?),
            _ => self.counts.unknown_kind += 1,
        }
        Ok(())
    }

    #[inline(never)]
    fn add(&mut self, locate: Locate, symbol: impl Fn() -> Option<Symbol>, order: NewOrder) {
        if self.keeps(locate, &symbol) {
            if self.completeness == Completeness::Missing {
                self.name_late(locate, symbol());
            }
            let result = self.books.add(self.at, locate, order);
            self.settle(locate, result);
        }
    }

    /// After a late join no directory tells names; the messages that add orders do.
    #[cold]
    fn name_late(&mut self, locate: Locate, symbol: Option<Symbol>) {
        let named = self.books.book(locate).is_some_and(|book| book.symbol() != Symbol::UNKNOWN);
        if let (false, Some(symbol)) = (named, symbol) {
            self.name(locate, symbol);
        }
    }

    #[inline(always)]
    fn delete(&mut self, delete: OrderDelete<'_>) {
        if self.keeps(delete.locate(), || None) {
            let result = self.books.delete(self.at, delete.locate(), delete.order_ref());
            self.settle(delete.locate(), result);
        }
    }

    #[inline(never)]
    fn replace(&mut self, replace: OrderReplace<'_>) {
        let locate = replace.locate();
        if self.keeps(locate, || None) {
            let (old, new) = (replace.old_ref(), replace.new_ref());
            let (qty, price) = (replace.qty(), replace.price());
            let result = self.books.replace(self.at, locate, old, new, qty, price);
            self.settle(locate, result);
        }
    }

    #[inline(always)]
    fn cancel(&mut self, cancel: OrderCancel<'_>) {
        let locate = cancel.locate();
        if self.keeps(locate, || None) {
            let qty = cancel.cancelled();
            let result = self.books.cancel(self.at, locate, cancel.order_ref(), qty);
            self.settle(locate, result);
        }
    }

    #[inline(always)]
    fn executed(&mut self, executed: OrderExecuted<'_>) {
        let locate = executed.locate();
        if self.keeps(locate, || None) {
            let qty = executed.executed();
            let result = self.books.execute(self.at, locate, executed.order_ref(), qty);
            let execution = Execution {
                kind: TradeKind::Execution,
                match_no: executed.match_no(),
                price: None,
                printable: true,
            };
            self.settle_execution(locate, result, &execution);
        }
    }

    #[inline(never)]
    fn executed_with_price(&mut self, executed: OrderExecutedWithPrice<'_>) {
        let locate = executed.locate();
        if self.keeps(locate, || None) {
            let qty = executed.executed();
            let result = self.books.execute(self.at, locate, executed.order_ref(), qty);
            let execution = Execution {
                kind: TradeKind::ExecutionWithPrice,
                match_no: executed.match_no(),
                price: Some(executed.price()),
                printable: executed.printable() == Flag::YES,
            };
            self.settle_execution(locate, result, &execution);
        }
    }

    /// The side that P reports has been the constant `B` since 2014: it tells nothing.
    fn hidden_trade(&mut self, trade: itch::Trade<'_>) {
        if self.keeps(trade.locate(), || Some(trade.symbol())) {
            self.tell_trade(Trade {
                locate: trade.locate(),
                kind: TradeKind::Hidden,
                resting: None,
                order_ref: None,
                price: trade.price(),
                qty: trade.qty(),
                match_no: trade.match_no(),
                printable: true,
            });
        }
    }

    fn cross(&mut self, cross: CrossTrade<'_>) {
        if self.keeps(cross.locate(), || Some(cross.symbol())) && !cross.qty().is_zero() {
            self.tell_trade(Trade {
                locate: cross.locate(),
                kind: TradeKind::Cross,
                resting: None,
                order_ref: None,
                price: cross.price(),
                qty: cross.qty(),
                match_no: cross.match_no(),
                printable: true,
            });
        }
    }

    #[inline(always)]
    fn keeps(&mut self, locate: Locate, symbol: impl FnOnce() -> Option<Symbol>) -> bool {
        let kept = self.config.symbols.keeps(locate, symbol);
        self.counts.filtered += u64::from(!kept);
        kept
    }

    #[inline(always)]
    fn settle(&mut self, locate: Locate, result: Result<Change, Reject>) {
        match result {
            Ok(change) => self.tell_change(&change),
            Err(reject) => self.tell_reject(locate, &reject),
        }
    }

    #[inline(always)]
    fn settle_execution(
        &mut self,
        locate: Locate,
        result: Result<Change, Reject>,
        execution: &Execution,
    ) {
        let change = match result {
            Ok(change) => change,
            Err(reject) => return self.tell_reject(locate, &reject),
        };
        self.counts.off_head += u64::from(!change.step.at_head);
        self.tell_trade(Trade {
            locate,
            kind: execution.kind,
            resting: Some(change.side),
            order_ref: Some(change.step.order_ref),
            price: execution.price.unwrap_or(change.step.price),
            qty: change.step.qty,
            match_no: execution.match_no,
            printable: execution.printable,
        });
        self.tell_change(&change);
    }

    #[inline(always)]
    fn tell_trade(&mut self, trade: Trade) {
        self.counts.trades += 1;
        self.books.note_trade(self.at, &trade);
        self.listener.on_trade(&self.books, &trade, self.at);
    }

    #[inline(always)]
    pub(super) fn tell_change(&mut self, change: &Change) {
        self.counts.crossed += u64::from(change.crossed);
        self.counts.touch_changes += u64::from(change.touch_changed);
        self.listener.on_change(&self.books, change, self.at);
    }

    #[cold]
    pub(super) fn tell_reject(&mut self, locate: Locate, reject: &Reject) {
        self.listener.on_reject(&self.books, locate, reject, self.at);
        self.tell_transitions();
    }

    /// Tells of books that the last refusal has marked.
    pub(super) fn tell_transitions(&mut self) {
        for transition in self.books.transitions() {
            self.counts.state_changes += 1;
            let Transition { locate, from, to } = transition;
            let change = FeedStateChange { scope: Scope::Book(locate), from, to, at: self.at };
            self.listener.on_feed_state(&self.books, &change);
        }
    }

    /// The first message says whether the day is heard from its beginning.
    #[cold]
    fn begin(&mut self, message: &[u8]) {
        let event = SystemEvent::new(message).map(SystemEvent::event);
        let whole = event == Ok(SystemEventCode::START_OF_MESSAGES);
        self.completeness = if whole { Completeness::Whole } else { Completeness::Missing };
        self.update_state();
    }

    /// A message of a known kind cannot be read. What it would have changed is now wrong: one
    /// symbol's book or, where not even the locate is there, all of them.
    #[cold]
    fn malformed(&mut self, kind: u8, message: &[u8]) {
        self.counts.malformed += 1;
        if !matches!(kind, b'A' | b'F' | b'E' | b'C' | b'X' | b'D' | b'U' | b'H' | b'h') {
            return;
        }
        match locate_of(message) {
            Some(locate) => {
                self.books.mark_suspect(locate);
                self.tell_transitions();
            }
            None => {
                self.completeness = Completeness::Missing;
                self.update_state();
            }
        }
    }

    fn trading_state(&mut self, locate: Locate, symbol: Symbol, state: Option<TradingState>) {
        if !self.keeps(locate, || Some(symbol)) {
            return;
        }
        let result = match state {
            Some(state) => self.books.set_trading_state(locate, state),
            None => self.books.end_operational_halt(locate),
        };
        match result {
            Ok((from, to)) if from != to => {
                self.listener.on_trading_state(&self.books, locate, from, to, self.at);
            }
            Ok(_) => {}
            Err(reject) => self.tell_reject(locate, &reject),
        }
    }
}
