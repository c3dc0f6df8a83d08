//! Room for answers is set aside and given back to the last one.

use strategy_api::{Locate, NewOrder, Side, TradingState};
use wirebook_book::{Capacity, FeedState, OrderRef, Stamp};

use super::*;

const SYMBOL: Locate = Locate::new(1);

struct Rig {
    books: Books,
    venue: Venue,
    now: Nanos,
}

impl Rig {
    fn new(self_trade: SelfTrade) -> Rig {
        let mut books = Books::new(Capacity::SMALL).unwrap();
        books.set_feed_state(FeedState::Live);
        let config = VenueConfig { self_trade, ..VenueConfig::default() };
        let capacity = VenueCapacity { locates: 4, orders: 4, taken: 4, fills: 4 };
        let mut venue = Venue::new(config, capacity).unwrap();
        for owner in [1, 2] {
            venue.open_seat(Owner(owner)).unwrap();
        }
        Rig { books, venue, now: Nanos::new(1) }
    }

    /// A command arrives, and all that comes of it reaches the strategies.
    fn send(&mut self, seat: u16, command: Command) {
        self.venue.send(Seat(seat), command, self.now).unwrap();
        self.settle();
    }

    /// Nothing is under way any more: room is set aside for the end of each order and for
    /// nothing else.
    fn settle(&mut self) {
        while let Some(due) = self.venue.next_due() {
            self.now = due;
            self.venue.advance(due, &self.books);
            while self.venue.take_answer(due).is_some() {}
        }
        let resting = self.venue.resting.indices();
        let resting = resting.filter(|&index| self.venue.resting.get(index).is_some()).count();
        assert_eq!(self.venue.outbox.promised(), resting);
    }

    fn submit(&mut self, seat: u16, id: u64, side: Side, units: i64, qty: u64) {
        let price = Price::from_units(units);
        let order = NewOrder::limit(SYMBOL, side, price, Qty::new(qty));
        self.send(seat, Command::Submit(OrderId(id), order));
    }

    fn replace(&mut self, id: u64, units: i64, qty: u64, leaves: u64) {
        let (price, locate, side) = (Price::from_units(units), SYMBOL, Side::Bid);
        let (id, qty, leaves) = (OrderId(id), Qty::new(qty), Qty::new(leaves));
        self.send(0, Command::Replace { id, locate, side, price, qty, leaves });
    }

    fn cancel(&mut self, id: u64) {
        self.send(0, Command::Cancel { id: OrderId(id), locate: SYMBOL, side: Side::Bid });
    }
}

#[test]
fn every_way_through_the_venue_gives_its_room_back() {
    for self_trade in [SelfTrade::CancelResting, SelfTrade::CancelIncoming] {
        let mut rig = Rig::new(self_trade);
        rig.submit(0, 1, Side::Bid, 100_000, 10); // rests
        rig.submit(0, 1, Side::Bid, 100_000, 10); // its number is in use
        rig.submit(0, 2, Side::Bid, 100_050, 10); // off the tick
        rig.submit(0, 3, Side::Ask, 100_000, 10); // meets its owner's
        rig.cancel(1); // gone or not
        rig.cancel(3);
        rig.cancel(9); // never there
        rig.submit(0, 4, Side::Bid, 100_000, 10);
        rig.submit(1, 5, Side::Ask, 100_000, 4); // trades with part of it
        rig.submit(1, 6, Side::Ask, 100_000, 20); // with the rest, and rests
        rig.replace(4, 99_900, 5, 5); // too late
        rig.submit(0, 7, Side::Bid, 99_900, 10);
        rig.replace(7, 99_950, 5, 10); // off the tick
        rig.replace(7, 99_800, 8, 10); // goes through
        rig.replace(7, 99_700, 8, 99); // more was filled than is wanted
        rig.submit(0, 8, Side::Bid, 99_900, 10);
        rig.replace(8, 100_000, 10, 10); // takes all it wants
        rig.venue.detach(Seat(1), rig.now);
        rig.settle();
        rig.submit(1, 10, Side::Ask, 100_000, 4); // nobody is there
        rig.submit(0, 11, Side::Ask, 100_000, 4);
        rig.venue.close(rig.now);
        rig.settle();
        assert_eq!(rig.venue.outbox.promised(), 0);
    }
}

#[test]
fn fills_by_the_recording_give_their_room_back() {
    let mut rig = Rig::new(SelfTrade::default());
    rig.books.set_trading_state(SYMBOL, TradingState::Trading).unwrap();
    rig.submit(0, 1, Side::Bid, 100_000, 10);
    for (order_ref, qty) in [(1, 4), (2, 3), (3, 50)] {
        let at = Stamp { time: rig.now, ..Stamp::default() };
        let order = wirebook_book::NewOrder {
            order_ref: OrderRef::new(order_ref),
            side: Side::Ask,
            qty: Qty::new(qty),
            price: Price::from_units(100_000),
        };
        let change = rig.books.add(at, SYMBOL, order).unwrap();
        rig.venue.on_change(&rig.books, &change, at);
        rig.settle();
    }
    assert_eq!(rig.venue.counts().maker_fills, 3);
    assert_eq!(rig.venue.outbox.promised(), 0);
}
