//! One book as a value: read from some books, put into others.
//!
//! This is how a book comes back without the messages that made it: a reader copies it from the
//! writer's memory, a writer's successor from books that it has made again.

use crate::apply::Joins;
use crate::header::{Best, HeaderWords};
use crate::ladder::{Became, Ladders, LevelNow};
use crate::record::RecordWords;
use crate::view::Book;
use crate::{Arrival, Books, Locate, Order, Price, Qty, Reject, SeqNo, Side};

/// One book: its orders in their queues (or its bare levels), its name, states and last trade.
///
/// Taking one allocates: it is for joining, recovering and restarting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    locate: Locate,
    header: HeaderWords,
    record: RecordWords,
    /// Worst level first, so that each level is put at the end of its ladder; in each the order
    /// that is executed next first.
    orders: Vec<Order>,
    /// Worst first; only in a book of bare levels.
    levels: Vec<(Side, Price, Qty)>,
}

impl Snapshot {
    /// A copy of a book. Of one that another thread writes it may be any mixture, as with
    /// [`BookReader::read`](crate::BookReader::read); of that, too, it takes no more orders than
    /// there can be.
    #[must_use]
    pub fn of(book: &Book<'_>) -> Snapshot {
        let mut snapshot = Snapshot {
            locate: book.locate(),
            header: book.header_words(),
            record: book.record_words(),
            orders: Vec::new(),
            levels: Vec::new(),
        };
        let orders_max = book.orders_max();
        for side in Side::BOTH {
            for level in book.levels(side).rev() {
                if level.orders == 0 {
                    snapshot.levels.push((side, level.price, level.qty));
                }
                let room = orders_max - snapshot.orders.len();
                snapshot.orders.extend(book.queue(side, level.price).take(room));
            }
        }
        snapshot
    }

    /// The symbol's number.
    #[must_use]
    pub fn locate(&self) -> Locate {
        self.locate
    }

    /// The message that changed the book last.
    #[must_use]
    pub fn last_seq(&self) -> SeqNo {
        self.header.last_seq()
    }

    /// Whether two books are the same, whenever their orders arrived: that counts from when books
    /// were made.
    #[must_use]
    pub fn is_same(&self, other: &Snapshot) -> bool {
        let orders = |snapshot: &Snapshot| {
            let orders = snapshot.orders.clone().into_iter();
            orders.map(|order| Order { arrival: Arrival::default(), ..order }).collect::<Vec<_>>()
        };
        self.locate == other.locate
            && (self.header, self.record) == (other.header, other.record)
            && self.levels == other.levels
            && orders(self) == orders(other)
    }

    /// The message that reported the symbol's last trade, if there was one.
    #[must_use]
    pub fn trade_seq(&self) -> Option<SeqNo> {
        let [_, _, _, _, _, seq, _, trades] = self.record;
        (trades > 0).then_some(SeqNo::new(seq))
    }

    /// How many orders the book has.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.orders.len()
    }
}

impl Books {
    /// Makes a book what a snapshot says, whatever it was. Whether it is Live is again for the
    /// state of the feed, and for the marks in the snapshot, to say.
    ///
    /// # Errors
    /// [`Reject`] if there is no room, or another symbol has one of its orders. The book is then
    /// empty and dead.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Reject> {
        let locate = snapshot.locate;
        if !self.holds(locate) {
            return Err(Reject::LocatesFull(locate));
        }
        let header = self.header(locate);
        // Both, before anything is changed: what marks the book had must not be gone while anybody
        // can still read what it was.
        self.change(locate).reopen();
        self.lock(locate).reopen();
        self.empty(locate);
        let restored = self.fill(snapshot);
        if restored.is_err() {
            self.empty(locate);
            header.mark_dead();
        }
        header.set_touch(Side::BOTH.map(|side| self.ladders.side(header, locate, side).best()));
        self.lock(locate).end();
        self.change(locate).end();
        restored
    }

    /// Fills a book that is empty and open.
    fn fill(&self, snapshot: &Snapshot) -> Result<(), Reject> {
        let &Snapshot { locate, header: words, record, ref orders, ref levels } = snapshot;
        let header = self.header(locate);
        header.restore(&words);
        self.records.at(u32::from(locate.get())).restore(&record);
        for order in orders {
            let Order { order_ref, side, price, qty, .. } = *order;
            let (price, qty) = (
                price.key().ok_or(Reject::PriceRange(price))?,
                qty.as_order().ok_or(Reject::QtyRange(qty))?,
            );
            let place = self.check_fresh(order_ref)?;
            let joins = Joins { locate, order_ref, price, qty };
            let near = self.ladders.side(header, locate, side);
            let (_, now) = self.insert(near, place, &joins)?;
            self.ladders.settle(near, Best::NONE, &now, &self.queues);
        }
        for &(side, price, qty) in levels {
            let key = price.key().ok_or(Reject::PriceRange(price))?;
            let near = self.ladders.side(header, locate, side);
            let now = self.put_bare(near, locate, key, qty)?;
            self.ladders.settle(near, Best::NONE, &now, &self.queues);
        }
        Ok(())
    }

    /// Takes everything out of a book that is whole and open.
    fn empty(&self, locate: Locate) {
        let header = self.header(locate);
        for side in Side::BOTH {
            let near = self.ladders.side(header, locate, side);
            while Ladders::len(near) > 0 {
                let best = near.at(0);
                let spot = self.ladders.find(near, best.rank);
                let now = match self.queues.slots(best.level).next() {
                    Some(slot) => {
                        let order_ref = self.orders.at(slot).order_ref;
                        let found = self.found(self.orders.order_at(slot, order_ref));
                        self.take_out(near, &found).1
                    }
                    None => {
                        self.queues.drop_level(self.queues.line_at(best.level));
                        LevelNow { became: Became::Vanished, spot, orders: 0, qty: 0 }
                    }
                };
                self.ladders.settle(near, Best::NONE, &now, &self.queues);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Capacity, FeedState, Nanos, NewOrder, OrderRef, Stamp, Symbol, Trade, TradeKind,
        TradingState,
    };

    const LOCATE: Locate = Locate::new(3);

    fn stamp(seq: u64) -> Stamp {
        Stamp { seq: SeqNo::new(seq), time: Nanos::new(10 * seq) }
    }

    fn books() -> Books {
        let mut books = Books::new(Capacity::SMALL).unwrap();
        books.set_feed_state(FeedState::Live);
        books
    }

    fn add(books: &mut Books, locate: Locate, number: u64, side: Side, units: i64) {
        let (order_ref, qty) = (OrderRef::new(number), Qty::new(1 + number));
        let order = NewOrder { order_ref, side, qty, price: Price::from_units(units) };
        books.add(stamp(number), locate, order).unwrap();
    }

    fn filled() -> Books {
        let mut books = books();
        books.name(LOCATE, Symbol::new("AAPL").unwrap()).unwrap();
        books.set_trading_state(LOCATE, TradingState::Trading).unwrap();
        for number in 0..200 {
            let side = if number % 2 == 0 { Side::Bid } else { Side::Ask };
            let away = 1 + i64::try_from(number % 17).unwrap();
            let units = if side == Side::Bid { 1_000 - away } else { 1_000 + away };
            add(&mut books, LOCATE, number, side, units);
        }
        for number in (0..200).step_by(5) {
            books.delete(stamp(200 + number), LOCATE, OrderRef::new(number)).unwrap();
        }
        let trade = Trade {
            locate: LOCATE,
            kind: TradeKind::Hidden,
            resting: None,
            order_ref: None,
            price: Price::from_units(1_000),
            qty: Qty::new(3),
            match_no: crate::MatchNo::new(9),
            printable: true,
        };
        books.note_trade(stamp(999), &trade);
        books
    }

    fn snapshot(books: &Books, locate: Locate) -> Snapshot {
        Snapshot::of(&books.book(locate).unwrap())
    }

    /// As a snapshot, but for when its orders arrived: that counts from when they were put back.
    fn without_arrivals(mut snapshot: Snapshot) -> Snapshot {
        for order in &mut snapshot.orders {
            order.arrival = crate::Arrival::default();
        }
        snapshot
    }

    #[test]
    fn what_is_restored_is_what_was_copied() {
        let from = filled();
        let copy = snapshot(&from, LOCATE);
        assert_eq!((copy.orders(), copy.last_seq()), (160, SeqNo::new(395)));
        let mut into = books();
        add(&mut into, Locate::new(4), 5_000, Side::Ask, 7);
        // Something else is there, and goes.
        add(&mut into, LOCATE, 6_000, Side::Bid, 5_000);
        into.restore(&copy).unwrap();
        assert_eq!(
            without_arrivals(snapshot(&into, LOCATE)),
            without_arrivals(snapshot(&from, LOCATE))
        );
        let (restored, original) = (into.book(LOCATE).unwrap(), from.book(LOCATE).unwrap());
        assert_eq!(restored.touch(), original.touch());
        assert_eq!(restored.last_trade(), original.last_trade());
        assert_eq!((restored.volume(), restored.symbol()), (original.volume(), original.symbol()));
        assert_eq!(restored.feed_state(), FeedState::Live);
        assert_eq!((into.orders_live(), into.levels_live()), (161, from.levels_live() + 1));
        // Both go on alike.
        let (mut from, mut into) = (from, into);
        for number in [1, 2, 3, 4, 199] {
            let (at, order_ref) = (stamp(2_000 + number), OrderRef::new(number));
            assert_eq!(
                from.delete(at, LOCATE, order_ref).map(|change| change.touch_changed),
                into.delete(at, LOCATE, order_ref).map(|change| change.touch_changed)
            );
        }
        let reader = into.reader();
        assert_eq!(reader.top(LOCATE).unwrap().touch, from.book(LOCATE).unwrap().touch());
    }

    #[test]
    fn bare_levels_and_marks_are_restored() {
        let mut from = books();
        for (units, qty) in [(100, 5), (102, 7), (101, 9)] {
            let (price, qty) = (Price::from_units(units), Qty::new(qty));
            from.set_level(stamp(1), LOCATE, Side::Ask, price, qty).unwrap();
        }
        from.mark_suspect(LOCATE);
        let mut into = books();
        into.restore(&snapshot(&from, LOCATE)).unwrap();
        assert_eq!(snapshot(&into, LOCATE), snapshot(&from, LOCATE));
        assert_eq!(into.book(LOCATE).unwrap().feed_state(), FeedState::Suspect);
        let order = NewOrder {
            order_ref: OrderRef::new(1),
            side: Side::Bid,
            qty: Qty::new(1),
            price: Price::from_units(1),
        };
        assert_eq!(into.add(stamp(2), LOCATE, order), Err(Reject::MixedBook));
    }

    #[test]
    fn a_book_for_which_there_is_no_room_is_empty_and_dead() {
        let from = filled();
        let mut into = Books::new(Capacity { orders: 100, levels: 64, locates: 8 }).unwrap();
        into.set_feed_state(FeedState::Live);
        assert_eq!(into.restore(&snapshot(&from, LOCATE)), Err(Reject::OrdersFull));
        let book = into.book(LOCATE).unwrap();
        assert_eq!((book.feed_state(), book.orders(), into.orders_live()), (FeedState::Dead, 0, 0));
        let beyond = Locate::new(8);
        let copy = Snapshot { locate: beyond, ..snapshot(&from, LOCATE) };
        assert_eq!(into.restore(&copy), Err(Reject::LocatesFull(beyond)));
    }

    #[test]
    fn an_order_of_another_symbol_is_not_taken_from_it() {
        let from = filled();
        let mut into = books();
        add(&mut into, Locate::new(4), 7, Side::Bid, 3);
        let refused = into.restore(&snapshot(&from, LOCATE));
        let holder = Locate::new(4);
        assert_eq!(refused, Err(Reject::ReusedRef { order_ref: OrderRef::new(7), holder }));
        assert_eq!(into.book(holder).unwrap().orders(), 1);
        assert_eq!(into.book(LOCATE).unwrap().feed_state(), FeedState::Dead);
    }
}
