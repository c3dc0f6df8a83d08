//! Recorded books and a venue beside them, driven message by message.

use strategy_api::{
    Books, Change, Command, FeedState, Liquidity, Locate, MatchNo, Money, Nanos, NewOrder,
    OrderEvent, OrderId, OrderRef, OrderUpdate, Price, Qty, SeqNo, Side, Stamp, Trade, TradeKind,
    TradingState,
};
use wirebook_book::{Capacity, Reject};
use wirebook_exchange::venue::{
    Fees, Latency, Owner, Seat, Venue, VenueCapacity, VenueConfig, WorkingOrder,
};

pub(crate) const SYMBOL: Locate = Locate::new(7);
pub(crate) const A: Seat = Seat(0);
pub(crate) const B: Seat = Seat(1);
/// A second strategy of the owner of [`A`].
pub(crate) const A2: Seat = Seat(2);

pub(crate) const OUTBOUND_NS: u64 = 10;
pub(crate) const INBOUND_NS: u64 = 5;
/// Between two recorded messages.
const STEP_NS: u64 = 1_000;

pub(crate) const MAKER_FEE: Money = Money::from_micros(-2_000);
pub(crate) const TAKER_FEE: Money = Money::from_micros(3_000);

pub(crate) fn config() -> VenueConfig {
    VenueConfig {
        outbound: Latency::Fixed(OUTBOUND_NS),
        inbound: Latency::Fixed(INBOUND_NS),
        fees: Fees { maker: MAKER_FEE, taker: TAKER_FEE },
        ..VenueConfig::default()
    }
}

pub(crate) fn capacity() -> VenueCapacity {
    VenueCapacity { locates: 16, orders: 64, taken: 64, fills: 64 }
}

/// A price in cents.
pub(crate) fn cents(cents: i64) -> Price {
    Price::from_units(cents * 100)
}

pub(crate) fn buy(qty: u64, at: i64) -> NewOrder {
    NewOrder::limit(SYMBOL, Side::Bid, cents(at), Qty::new(qty))
}

pub(crate) fn sell(qty: u64, at: i64) -> NewOrder {
    NewOrder::limit(SYMBOL, Side::Ask, cents(at), Qty::new(qty))
}

/// A fill without its fee, which [`Floor::fills`] has checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fill {
    pub(crate) id: OrderId,
    pub(crate) qty: u64,
    pub(crate) cents: i64,
    pub(crate) liquidity: Liquidity,
}

pub(crate) fn made(id: OrderId, qty: u64, cents: i64) -> Fill {
    Fill { id, qty, cents, liquidity: Liquidity::Maker }
}

pub(crate) fn took(id: OrderId, qty: u64, cents: i64) -> Fill {
    Fill { id, qty, cents, liquidity: Liquidity::Taker }
}

pub(crate) struct Floor {
    pub(crate) books: Books,
    pub(crate) venue: Venue,
    pub(crate) now: Nanos,
    seq: u64,
    ids: u64,
}

impl Floor {
    pub(crate) fn new() -> Floor {
        Floor::with(config(), capacity())
    }

    pub(crate) fn with(config: VenueConfig, capacity: VenueCapacity) -> Floor {
        let mut books = Books::new(Capacity::SMALL).expect("room for small books");
        books.set_feed_state(FeedState::Live);
        books.set_trading_state(SYMBOL, TradingState::Trading).expect("a locate in range");
        let mut venue = Venue::new(config, capacity).expect("a sound configuration");
        for (seat, owner) in [(A, 1), (B, 2), (A2, 1)] {
            assert_eq!(venue.open_seat(Owner(owner)), Ok(seat));
        }
        Floor { books, venue, now: Nanos::new(1_000_000), seq: 0, ids: 0 }
    }

    /// The stamp of the next message, before which everything that is due happens.
    pub(crate) fn stamp(&mut self) -> Stamp {
        self.now = self.now.after(STEP_NS);
        self.venue.advance(self.now, &self.books);
        self.seq += 1;
        Stamp { seq: SeqNo::new(self.seq), time: self.now }
    }

    fn applied(&mut self, change: Result<Change, Reject>, at: Stamp) {
        let change = change.expect("the recording is sound");
        self.venue.on_change(&self.books, &change, at);
    }

    pub(crate) fn add(&mut self, order_ref: u64, side: Side, qty: u64, at: i64) {
        let stamp = self.stamp();
        let order = wirebook_book::NewOrder {
            order_ref: OrderRef::new(order_ref),
            side,
            qty: Qty::new(qty),
            price: cents(at),
        };
        let change = self.books.add(stamp, SYMBOL, order);
        self.applied(change, stamp);
    }

    pub(crate) fn execute(&mut self, order_ref: u64, qty: u64) {
        self.execute_as(order_ref, qty, TradeKind::Execution, None, true);
    }

    /// An execution at another price than the order's own, printable or not.
    pub(crate) fn execute_at(&mut self, order_ref: u64, qty: u64, at: i64, printable: bool) {
        self.execute_as(order_ref, qty, TradeKind::ExecutionWithPrice, Some(at), printable);
    }

    fn execute_as(
        &mut self,
        order_ref: u64,
        qty: u64,
        kind: TradeKind,
        at: Option<i64>,
        printable: bool,
    ) {
        let stamp = self.stamp();
        let order_ref = OrderRef::new(order_ref);
        let change =
            self.books.execute(stamp, SYMBOL, order_ref, Qty::new(qty)).expect("a live order");
        let trade = Trade {
            locate: SYMBOL,
            kind,
            resting: Some(change.side),
            order_ref: Some(order_ref),
            price: at.map_or(change.step.price, cents),
            qty: change.step.qty,
            match_no: MatchNo::new(self.seq),
            printable,
        };
        self.venue.on_trade(&self.books, &trade, stamp);
        self.venue.on_change(&self.books, &change, stamp);
    }

    pub(crate) fn trade(&mut self, kind: TradeKind, qty: u64, at: i64) {
        let stamp = self.stamp();
        let trade = Trade {
            locate: SYMBOL,
            kind,
            resting: None,
            order_ref: None,
            price: cents(at),
            qty: Qty::new(qty),
            match_no: MatchNo::new(self.seq),
            printable: true,
        };
        self.venue.on_trade(&self.books, &trade, stamp);
    }

    pub(crate) fn cancel(&mut self, order_ref: u64, qty: u64) {
        let stamp = self.stamp();
        let change = self.books.cancel(stamp, SYMBOL, OrderRef::new(order_ref), Qty::new(qty));
        self.applied(change, stamp);
    }

    pub(crate) fn delete(&mut self, order_ref: u64) {
        let stamp = self.stamp();
        let change = self.books.delete(stamp, SYMBOL, OrderRef::new(order_ref));
        self.applied(change, stamp);
    }

    pub(crate) fn replace(&mut self, old: u64, new: u64, qty: u64, at: i64) {
        let stamp = self.stamp();
        let (old, new) = (OrderRef::new(old), OrderRef::new(new));
        let change = self.books.replace(stamp, SYMBOL, old, new, Qty::new(qty), cents(at));
        self.applied(change, stamp);
    }

    pub(crate) fn trading(&mut self, state: TradingState) {
        self.stamp();
        self.books.set_trading_state(SYMBOL, state).expect("a locate in range");
    }

    /// Sends a command and lets it arrive.
    pub(crate) fn send(&mut self, seat: Seat, command: Command) {
        self.venue.send(seat, command, self.now).expect("room for a command");
        self.now = self.now.after(OUTBOUND_NS);
        self.venue.advance(self.now, &self.books);
    }

    /// Numbers an order, sends it and lets it arrive.
    pub(crate) fn submit(&mut self, seat: Seat, order: NewOrder) -> OrderId {
        self.ids += 1;
        let id = OrderId(self.ids);
        self.send(seat, Command::Submit(id, order));
        id
    }

    /// An order that is expected to rest, its acceptance already taken.
    pub(crate) fn rest(&mut self, seat: Seat, order: NewOrder) -> OrderId {
        let id = self.submit(seat, order);
        assert_eq!(self.updates(), [(id, OrderUpdate::Accepted)]);
        assert!(self.venue.working_order(seat, id).is_some());
        id
    }

    /// Asks for another price and quantity, knowing how much is left of the order.
    pub(crate) fn change(&mut self, seat: Seat, id: OrderId, (qty, at): (u64, i64), leaves: u64) {
        let (price, qty, leaves) = (cents(at), Qty::new(qty), Qty::new(leaves));
        let (locate, side) = (SYMBOL, Side::Bid);
        self.send(seat, Command::Replace { id, locate, side, price, qty, leaves });
    }

    pub(crate) fn withdraw(&mut self, seat: Seat, id: OrderId) {
        self.send(seat, Command::Cancel { id, locate: SYMBOL, side: Side::Bid });
    }

    /// All answers, whenever they are delivered.
    pub(crate) fn events(&mut self) -> Vec<OrderEvent> {
        let venue = &mut self.venue;
        let taken = std::iter::from_fn(|| venue.take_answer(Nanos::new(u64::MAX)));
        taken.map(|(_, event)| event).collect()
    }

    pub(crate) fn updates(&mut self) -> Vec<(OrderId, OrderUpdate)> {
        self.events().into_iter().map(|event| (event.id, event.update)).collect()
    }

    /// The fills among all answers, whose fees are as configured.
    pub(crate) fn fills(&mut self) -> Vec<Fill> {
        let fills = self.events().into_iter().filter_map(|event| match event.update {
            OrderUpdate::Filled { price, qty, liquidity, fee } => {
                let each = if liquidity == Liquidity::Maker { MAKER_FEE } else { TAKER_FEE };
                let shares = i64::try_from(qty.shares()).expect("a small quantity");
                assert_eq!(fee, Money::per_share(each, shares));
                let (id, cents) = (event.id, price.units() / 100);
                Some(Fill { id, qty: qty.shares(), cents, liquidity })
            }
            _ => None,
        });
        fills.collect()
    }

    pub(crate) fn working(&self, seat: Seat, id: OrderId) -> WorkingOrder {
        self.venue.working_order(seat, id).expect("an order that rests")
    }

    /// What stands ahead of an order: recorded, simulated.
    pub(crate) fn ahead(&self, seat: Seat, id: OrderId) -> (u64, u64) {
        let order = self.working(seat, id);
        (order.recorded_ahead.shares(), order.simulated_ahead.shares())
    }
}
