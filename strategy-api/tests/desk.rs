//! What a strategy can do at its desk, and what the engine finds there afterwards.

use strategy_api::{
    Books, Breach, Cadence, CancelReason, Command, Context, Desk, DeskCapacity, Interest, Limits,
    Liquidity, Locate, Money, Nanos, NewOrder, OrderError, OrderEvent, OrderId, OrderState,
    OrderUpdate, Price, Qty, RejectReason, Side, Symbol, TimerId,
};
use wirebook_book::Capacity;

const SYMBOL: Locate = Locate::new(3);
const CAPACITY: DeskCapacity = DeskCapacity { locates: 16, open_orders: 8, commands: 4, timers: 4 };

struct Floor {
    books: Books,
    desk: Desk,
}

impl Floor {
    fn new(limits: Limits) -> Floor {
        let books = Books::new(Capacity::SMALL).expect("room for small books");
        Floor { books, desk: Desk::new(CAPACITY, limits) }
    }

    fn ctx(&mut self) -> Context<'_> {
        Context::new(&self.books, &mut self.desk, Nanos::new(1_000))
    }

    fn commands(&mut self) -> Vec<Command> {
        self.desk.commands().collect()
    }

    fn answer(&mut self, id: OrderId, update: OrderUpdate, leaves: u64) -> bool {
        let side = self.desk.open_order(id).map_or(Side::Bid, |order| order.side);
        let (locate, leaves, time) = (SYMBOL, Qty::new(leaves), Nanos::new(2_000));
        self.desk.apply(&OrderEvent { id, locate, side, update, leaves, time })
    }

    fn fill(&mut self, id: OrderId, qty: u64, leaves: u64) -> bool {
        let update = OrderUpdate::Filled {
            price: price(100),
            qty: Qty::new(qty),
            liquidity: Liquidity::Maker,
            fee: Money::from_micros(-10),
        };
        self.answer(id, update, leaves)
    }
}

fn price(units: i64) -> Price {
    Price::from_units(units)
}

fn buy(qty: u64) -> NewOrder {
    NewOrder::limit(SYMBOL, Side::Bid, price(100), Qty::new(qty))
}

fn sell(qty: u64) -> NewOrder {
    NewOrder::limit(SYMBOL, Side::Ask, price(200), Qty::new(qty))
}

#[test]
fn commands_leave_once_and_in_order() {
    let mut floor = Floor::new(Limits::NONE);
    let first = floor.ctx().submit(buy(10)).unwrap();
    let second = floor.ctx().submit(sell(20)).unwrap();
    floor.ctx().cancel(first).unwrap();
    let (locate, side) = (SYMBOL, Side::Bid);
    let expected = [
        Command::Submit(first, buy(10)),
        Command::Submit(second, sell(20)),
        Command::Cancel { id: first, locate, side },
    ];
    assert_eq!(floor.commands(), expected);
    assert_eq!(floor.commands(), []);
    assert_eq!(floor.desk.open_count(), 2, "a cancellation is only asked for");
}

#[test]
fn a_replacement_can_be_cancelled_but_not_replaced_again() {
    let mut floor = Floor::new(Limits::NONE);
    let id = floor.ctx().submit(buy(10)).unwrap();
    floor.answer(id, OrderUpdate::Accepted, 10);
    floor.ctx().replace(id, price(101), Qty::new(15)).unwrap();
    let again = floor.ctx().replace(id, price(102), Qty::new(15));
    assert_eq!(again, Err(OrderError::Pending(id)));
    floor.ctx().cancel(id).unwrap();
    assert_eq!(floor.ctx().cancel(id), Err(OrderError::Pending(id)));
    assert_eq!(floor.desk.open_order(id).unwrap().state, OrderState::CancelSent);
    floor.answer(id, OrderUpdate::Replaced { price: price(101), leaves: 15.into() }, 15);
    assert_eq!(floor.desk.open_order(id).unwrap().state, OrderState::CancelSent);
    let cancelled = OrderUpdate::Cancelled { qty: 15.into(), reason: CancelReason::Requested };
    assert!(floor.answer(id, cancelled, 0));
    assert_eq!(floor.ctx().cancel(id), Err(OrderError::NotOpen(id)));
    assert!(!floor.answer(id, cancelled, 0));
}

#[test]
fn the_kill_switch_cancels_every_order_though_no_more_could_be_sent() {
    let mut floor = Floor::new(Limits::NONE);
    let mut ids = Vec::new();
    for _ in 0..2 {
        for _ in 0..CAPACITY.commands {
            ids.push(floor.ctx().submit(buy(1)).unwrap());
        }
        assert_eq!(floor.ctx().submit(buy(1)), Err(OrderError::CommandsFull));
        if ids.len() < CAPACITY.open_orders {
            floor.commands();
        }
    }
    assert_eq!(floor.desk.open_count(), CAPACITY.open_orders);
    floor.ctx().kill();
    let cancelled: Vec<OrderId> = floor
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Cancel { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(cancelled, ids);
    assert_eq!(floor.ctx().submit(buy(1)), Err(OrderError::Killed));
    assert_eq!(floor.ctx().replace(ids[0], price(1), 1.into()), Err(OrderError::Killed));
    assert!(floor.ctx().is_killed());
}

#[test]
fn orders_beyond_the_room_are_refused() {
    let mut floor = Floor::new(Limits::NONE);
    for _ in 0..CAPACITY.open_orders {
        floor.ctx().submit(buy(1)).unwrap();
        floor.commands();
    }
    assert_eq!(floor.ctx().submit(buy(1)), Err(OrderError::OrdersFull));
    assert_eq!(floor.commands(), [], "what is refused is not sent");
    let beyond = NewOrder { locate: Locate::new(16), ..buy(1) };
    assert_eq!(Floor::new(Limits::NONE).ctx().submit(beyond), Err(OrderError::OrdersFull));
}

#[test]
fn every_limit_refuses_what_breaks_it() {
    let limits = Limits {
        order_qty_max: Qty::new(100),
        position_max: Qty::new(150),
        order_value_max: Money::from_micros(900_000),
        open_orders_max: 2,
    };
    let mut floor = Floor::new(limits);
    let breach = Breach::OrderQty { found: 101.into(), limit: 100.into() };
    assert_eq!(floor.ctx().submit(buy(101)), Err(breach.into()));
    let breach =
        Breach::OrderValue { found: Money::from_micros(1_000_000), limit: limits.order_value_max };
    assert_eq!(floor.ctx().submit(buy(100)), Err(breach.into()));
    let nothing = floor.ctx().submit(buy(0));
    assert_eq!(nothing, Err(OrderError::Quantity(Qty::ZERO)));
    let below_zero = NewOrder { price: price(-1), ..buy(1) };
    assert_eq!(floor.ctx().submit(below_zero), Err(OrderError::Price(price(-1))));

    let first = floor.ctx().submit(buy(80)).unwrap();
    let breach = Breach::Position { found: 160.into(), limit: 150.into() };
    assert_eq!(floor.ctx().submit(buy(80)), Err(breach.into()), "the open order counts");
    assert!(floor.ctx().submit(NewOrder { price: price(10), ..sell(80) }).is_ok());
    assert_eq!(floor.ctx().submit(buy(1)), Err(Breach::OpenOrders { limit: 2 }.into()));
    floor.fill(first, 80, 0);
    assert_eq!(floor.ctx().submit(buy(71)), {
        Err(Breach::Position { found: 151.into(), limit: 150.into() }.into())
    });
    assert!(floor.ctx().submit(buy(70)).is_ok(), "the position counts once");
}

#[test]
fn a_position_beyond_its_limit_can_be_brought_down() {
    let limits = Limits { position_max: Qty::new(50), ..Limits::NONE };
    let mut floor = Floor::new(limits);
    let id = floor.ctx().submit(sell(50)).unwrap();
    floor.fill(id, 50, 0);
    assert!(floor.ctx().submit(sell(1)).is_err());
    assert!(floor.ctx().submit(buy(100)).is_ok(), "from 50 short to 50 long");
    assert!(floor.ctx().submit(buy(1)).is_err());
}

#[test]
fn a_replacement_under_way_counts_as_the_larger_of_both() {
    let limits = Limits { position_max: Qty::new(100), ..Limits::NONE };
    let mut floor = Floor::new(limits);
    let id = floor.ctx().submit(buy(40)).unwrap();
    let breach = Breach::Position { found: 101.into(), limit: 100.into() };
    assert_eq!(floor.ctx().replace(id, price(100), 101.into()), Err(breach.into()));
    floor.ctx().replace(id, price(100), 90.into()).unwrap();
    assert!(floor.ctx().submit(buy(11)).is_err(), "the larger quantity counts already");
    floor.answer(id, OrderUpdate::ReplaceRejected(RejectReason::Halted), 40);
    floor.ctx().replace(id, price(100), 10.into()).unwrap();
    assert!(floor.ctx().submit(buy(61)).is_err(), "the smaller one does not count yet");
    floor.answer(id, OrderUpdate::Replaced { price: price(100), leaves: 10.into() }, 10);
    assert!(floor.ctx().submit(buy(90)).is_ok());
}

#[test]
fn what_the_strategy_knew_goes_along_with_a_replacement() {
    let mut floor = Floor::new(Limits::NONE);
    let id = floor.ctx().submit(buy(40)).unwrap();
    floor.answer(id, OrderUpdate::Accepted, 40);
    floor.fill(id, 15, 25);
    floor.commands();
    floor.ctx().replace(id, price(99), 30.into()).unwrap();
    let replace = Command::Replace {
        id,
        locate: SYMBOL,
        side: Side::Bid,
        price: price(99),
        qty: Qty::new(30),
        leaves: Qty::new(25),
    };
    assert_eq!(floor.commands(), [replace]);
}

#[test]
fn fills_make_the_position_and_close_the_order() {
    let mut floor = Floor::new(Limits::NONE);
    let id = floor.ctx().submit(buy(40)).unwrap();
    assert!(floor.fill(id, 15, 25));
    assert_eq!(floor.desk.open_order(id).unwrap().leaves, Qty::new(25));
    assert!(floor.fill(id, 25, 0));
    assert_eq!(floor.desk.open_order(id), None);
    let position = floor.ctx().position(SYMBOL);
    assert_eq!((position.shares, position.fills), (40, 2));
    assert_eq!(position.fees, Money::from_micros(-20));
    assert!(!floor.fill(id, 1, 0), "no order is open");
    let all: Vec<_> = floor.ctx().positions().collect();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].0, all[0].1.shares), (SYMBOL, 41), "but shares are never lost");
}

#[test]
fn subscriptions_by_name_outrank_that_to_all_and_wait_for_the_name() {
    let mut floor = Floor::new(Limits::NONE);
    let (aapl, goog) = (Symbol::new("AAPL").unwrap(), Symbol::new("GOOG").unwrap());
    floor.books.name(Locate::new(1), aapl).unwrap();
    floor.ctx().subscribe(aapl, Interest::EVERYTHING);
    floor.ctx().subscribe(goog, Interest::PACKETS.with_trades());
    floor.ctx().subscribe_all(Interest::TOUCH);
    assert_eq!(floor.desk.interest(Locate::new(1)), Interest::EVERYTHING);
    assert_eq!(floor.desk.interest(Locate::new(2)), Interest::TOUCH);
    floor.desk.on_name(Locate::new(2), goog);
    let interest = floor.desk.interest(Locate::new(2));
    assert_eq!((interest.book, interest.trades), (Cadence::OncePerPacket, true));
    assert_eq!(floor.desk.interest(Locate::new(99)), Interest::default());
}

#[test]
fn timers_are_taken_when_due() {
    let mut floor = Floor::new(Limits::NONE);
    assert!(floor.ctx().set_timer(Nanos::new(10_300), TimerId(1)));
    assert!(floor.ctx().set_timer(Nanos::new(10_200), TimerId(2)));
    floor.ctx().set_timer(Nanos::new(10_250), TimerId(3));
    floor.ctx().cancel_timer(TimerId(3));
    assert_eq!(floor.desk.next_timer(), Some(Nanos::new(10_200)));
    assert_eq!(floor.desk.take_timer(Nanos::new(10_190)), None);
    assert_eq!(floor.desk.take_timer(Nanos::new(10_300)), Some((Nanos::new(10_200), TimerId(2))));
    assert_eq!(floor.desk.take_timer(Nanos::new(10_300)), Some((Nanos::new(10_300), TimerId(1))));
    assert_eq!(floor.desk.next_timer(), None);
    // A strategy that sets its timer anew from the timer itself lets time go on.
    assert!(floor.ctx().set_timer(Nanos::new(5), TimerId(1)));
    assert_eq!(floor.desk.next_timer(), Some(Nanos::new(1_001)));
}
