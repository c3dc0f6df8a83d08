//! What a strategy can see and do in a callback.

use wirebook_book::{Book, Books, Locate, Nanos, Price, Qty, Symbol};

use crate::{Desk, Interest, Limits, NewOrder, OpenOrder, OrderError, OrderId, Position, TimerId};

/// What a strategy can see and do in a callback: read any book, send orders, set timers, see
/// its own orders and positions.
///
/// Commands leave when the callback returns, in the order in which they were given.
#[derive(Debug)]
pub struct Context<'a> {
    books: &'a Books,
    desk: &'a mut Desk,
    now: Nanos,
}

impl<'a> Context<'a> {
    /// For engines: what `desk` shows its strategy at `now`.
    #[must_use]
    pub fn new(books: &'a Books, desk: &'a mut Desk, now: Nanos) -> Context<'a> {
        Context { books, desk, now }
    }

    /// The time of the event: the exchange's time in a replay, that of arrival when live.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Asks to be told of a symbol, from now on or from when the feed names it. A later call
    /// for the same symbol takes the place of an earlier one. Allocates: for starting up.
    pub fn subscribe(&mut self, symbol: Symbol, interest: Interest) {
        self.desk.want(symbol, interest);
        if let Some(locate) = self.books.locate(symbol) {
            self.desk.on_name(locate, symbol);
        }
    }

    /// Asks to be told of every symbol that was not subscribed to by name.
    pub fn subscribe_all(&mut self, interest: Interest) {
        self.desk.want_all(interest);
        for book in self.books.iter() {
            self.desk.on_name(book.locate(), book.symbol());
        }
    }

    /// All books.
    #[must_use]
    pub fn books(&self) -> &'a Books {
        self.books
    }

    /// The book of a symbol; `None` for a locate beyond the capacity of the books.
    #[must_use]
    pub fn book(&self, locate: Locate) -> Option<Book<'a>> {
        self.books.book(locate)
    }

    /// Sends an order.
    pub fn submit(&mut self, order: NewOrder) -> Result<OrderId, OrderError> {
        self.desk.submit(self.now, order)
    }

    /// Asks for an order to be cancelled, also where a replacement is under way. It may still be
    /// filled until the venue answers. There is always room for this command.
    pub fn cancel(&mut self, id: OrderId) -> Result<(), OrderError> {
        self.desk.cancel(id)
    }

    /// Asks for an order to be given a new price and quantity; it goes to the end of its queue.
    /// `qty` stands for what [`OpenOrder::leaves`] says now: what is filled of the order before
    /// the venue carries this out comes off it, and where nothing remains the order is
    /// cancelled. One replacement of an order can be under way at a time.
    pub fn replace(&mut self, id: OrderId, price: Price, qty: Qty) -> Result<(), OrderError> {
        self.desk.replace(id, price, qty)
    }

    /// Asks for all open orders to be cancelled.
    pub fn cancel_all(&mut self) {
        self.desk.cancel_all();
    }

    /// Pulls the kill switch: cancels everything and refuses every order from now on.
    pub fn kill(&mut self) {
        self.desk.kill();
    }

    /// Whether the kill switch was pulled.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.desk.is_killed()
    }

    /// Sets a timer, or sets it anew. False where there is no room for another. Timers set for
    /// the same time fire in the order in which they were set.
    pub fn set_timer(&mut self, at: Nanos, timer: TimerId) -> bool {
        self.desk.set_timer(at.max(self.now.after(1)), timer)
    }

    /// Takes a timer back.
    pub fn cancel_timer(&mut self, timer: TimerId) {
        self.desk.cancel_timer(timer);
    }

    /// The position in a symbol.
    #[must_use]
    pub fn position(&self, locate: Locate) -> Position {
        self.desk.position(locate)
    }

    /// The positions in all symbols in which there ever was a fill.
    pub fn positions(&self) -> impl Iterator<Item = (Locate, Position)> + '_ {
        self.desk.positions()
    }

    /// The open orders of a symbol, latest first.
    pub fn open_orders(&self, locate: Locate) -> impl Iterator<Item = &OpenOrder> + '_ {
        self.desk.open_orders(locate)
    }

    /// An open order.
    #[must_use]
    pub fn open_order(&self, id: OrderId) -> Option<&OpenOrder> {
        self.desk.open_order(id)
    }

    /// The limits that orders are held against.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.desk.limits()
    }
}
