//! A book as its owner's thread reads it: borrowed, never copied.

use std::fmt;

use crate::header::HeaderWords;
use crate::ladder::{Ladders, rank};
use crate::level::Level;
use crate::orders::Slot;
use crate::record::{LastTrade, RecordWords};
use crate::touch::Touch;
use crate::{
    Arrival, Books, FeedState, Locate, Nanos, OrderRef, Price, Qty, SeqNo, Side, Symbol,
    TradingState,
};

/// A live order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its reference.
    pub order_ref: OrderRef,
    /// Its symbol.
    pub locate: Locate,
    /// Its side.
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// What it has left.
    pub qty: Qty,
    /// When it joined its queue.
    pub arrival: Arrival,
}

impl Order {
    pub(crate) fn new(books: &Books, slot: Slot) -> Order {
        let order = books.orders.at(slot);
        let level = books.queues.line(books.queues.level_of(order.line));
        Order {
            order_ref: order.order_ref,
            locate: level.locate(),
            side: level.side(),
            price: Price::from_key(level.price.get()),
            qty: Qty::from(order.qty),
            arrival: Arrival::new(order.arrival),
        }
    }
}

/// What stands before an order in its queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueuePosition {
    /// How many orders are executed before it.
    pub orders_ahead: u32,
    /// How much they have together.
    pub qty_ahead: Qty,
}

/// The book of one symbol, borrowed from [`Books`].
#[derive(Clone, Copy)]
pub struct Book<'a> {
    books: &'a Books,
    locate: Locate,
}

impl<'a> Book<'a> {
    pub(crate) fn new(books: &'a Books, locate: Locate) -> Book<'a> {
        Book { books, locate }
    }

    /// The symbol's number in this feed.
    #[must_use]
    pub fn locate(&self) -> Locate {
        self.locate
    }

    /// The symbol, or [`Symbol::UNKNOWN`] where the feed has not named it.
    #[must_use]
    pub fn symbol(&self) -> Symbol {
        self.books.records.at(u32::from(self.locate.get())).symbol()
    }

    /// Whether the symbol was named or has ever had an order, a level, a trade, a trading state
    /// or a refusal.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let record = self.books.records.at(u32::from(self.locate.get()));
        self.books.header(self.locate).is_used() || record.is_used()
    }

    /// How far the book can be trusted: a dead book says so; any other shows the state of the
    /// feed where that is not Live, and its own, Suspect or Live, where it is.
    #[must_use]
    pub fn feed_state(&self) -> FeedState {
        self.books.header(self.locate).feed_state(self.books.feed_state())
    }

    /// Whether the symbol trades.
    #[must_use]
    pub fn trading_state(&self) -> TradingState {
        self.books.header(self.locate).trading_state()
    }

    /// The touch. One cache line, whatever the depth.
    #[inline]
    #[must_use]
    pub fn touch(&self) -> Touch {
        self.books.header(self.locate).touch()
    }

    /// Whether the best bid is at or above the best ask.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.books.header(self.locate).is_crossed()
    }

    /// The message that changed the book last.
    #[must_use]
    pub fn last_seq(&self) -> SeqNo {
        self.books.header(self.locate).seq()
    }

    /// The exchange's time in the message that changed the book last.
    #[must_use]
    pub fn last_time(&self) -> Nanos {
        self.books.header(self.locate).time()
    }

    /// The last trade, if there was one.
    #[must_use]
    pub fn last_trade(&self) -> Option<LastTrade> {
        self.books.records.at(u32::from(self.locate.get())).last_trade()
    }

    /// The quantity of all printable trades.
    #[must_use]
    pub fn volume(&self) -> Qty {
        self.books.records.at(u32::from(self.locate.get())).volume()
    }

    /// How many orders the book has: the sum over its levels.
    #[must_use]
    pub fn orders(&self) -> u32 {
        let levels = Side::BOTH.into_iter().flat_map(|side| self.levels(side));
        levels.map(|level| level.orders).sum()
    }

    /// How many levels a side has.
    #[must_use]
    pub fn depth(&self, side: Side) -> u32 {
        let header = self.books.header(self.locate);
        Ladders::len(self.books.ladders.side(header, self.locate, side))
    }

    /// The levels of a side, best first.
    pub fn levels(
        &self,
        side: Side,
    ) -> impl DoubleEndedIterator<Item = Level> + ExactSizeIterator + use<'a> {
        let books = self.books;
        let header = books.header(self.locate);
        books
            .ladders
            .levels(header, self.locate, side)
            .map(|level| Level::from(books.queues.line(level)))
    }

    /// The best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.levels(side).next()
    }

    /// The level at a price.
    #[must_use]
    pub fn level(&self, side: Side, price: Price) -> Option<Level> {
        self.level_index(side, price).map(|level| Level::from(self.books.queues.line(level)))
    }

    /// The orders at a price, the one that is executed next first.
    pub fn queue(&self, side: Side, price: Price) -> impl Iterator<Item = Order> + use<'a> {
        let books = self.books;
        let level = self.level_index(side, price).unwrap_or_default();
        books.queues.slots(level).map(|slot| Order::new(books, slot))
    }

    /// What stands before an order of this book. Walks the queue from its head to the order.
    #[must_use]
    pub fn queue_position(&self, order_ref: OrderRef) -> Option<QueuePosition> {
        let Books { orders, queues, .. } = self.books;
        let slot = orders.find(order_ref)?;
        let level = queues.level_of(orders.line_of(slot));
        if queues.line(level).locate() != self.locate {
            return None;
        }
        let mut position = QueuePosition::default();
        for ahead in queues.slots(level).take_while(|&ahead| ahead != slot) {
            position.orders_ahead += 1;
            position.qty_ahead += Qty::from(orders.at(ahead).qty);
        }
        Some(position)
    }

    pub(crate) fn header_words(&self) -> HeaderWords {
        self.books.header(self.locate).words()
    }

    pub(crate) fn record_words(&self) -> RecordWords {
        self.books.records.at(u32::from(self.locate.get())).words()
    }

    /// How many orders there can be over all symbols.
    pub(crate) fn orders_max(&self) -> usize {
        self.books.capacity.orders as usize
    }

    fn level_index(&self, side: Side, price: Price) -> Option<u32> {
        let (books, header) = (self.books, self.books.header(self.locate));
        let near = books.ladders.side(header, self.locate, side);
        let spot = books.ladders.find(near, rank(side, price.key()?));
        (spot.level != 0).then_some(spot.level)
    }
}

impl fmt::Debug for Book<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book")
            .field("symbol", &self.symbol())
            .field("locate", &self.locate)
            .field("feed_state", &self.feed_state())
            .field("touch", &self.touch())
            .field("orders", &self.orders())
            .finish()
    }
}
