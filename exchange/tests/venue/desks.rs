//! Desks at the venue, with latencies drawn at random: what strategies believe comes true.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strategy_api::{
    Context, Desk, DeskCapacity, Limits, Money, Nanos, NewOrder, OrderEvent, OrderId, OrderUpdate,
    Qty, Side, TimeInForce,
};
use wirebook_exchange::venue::{Latency, LatencyCurve, Seat, VenueCapacity, VenueConfig};

use crate::floor::{A, A2, B, Floor, SYMBOL, capacity, cents, config};
use crate::flow::{Message, Recording, message, place};

const SEATS: [Seat; 3] = [A, B, A2];
const OPEN_ORDERS: usize = 3;
const POSITION_MAX: u64 = 100;

#[derive(Clone, Copy, Debug)]
enum Op {
    Message(Message),
    Submit { seat: Seat, side: Side, qty: u64, cents: i64, kind: u8 },
    Replace { seat: Seat, pick: usize, qty: u64, away: i64 },
    Cancel { seat: Seat, pick: usize },
    CancelAll { seat: Seat },
    Kill { seat: Seat },
}

fn op() -> impl Strategy<Value = Op> {
    let seat = prop_oneof![Just(A), Just(B), Just(A2)];
    let pick = 0..OPEN_ORDERS;
    prop_oneof![
        30 => message().prop_map(Op::Message),
        30 => (seat.clone(), place(), 1u64..80, 0u8..6).prop_map(
            |(seat, (side, cents), qty, kind)| Op::Submit { seat, side, qty, cents, kind }
        ),
        10 => (seat.clone(), pick.clone(), 1u64..120, -3i64..4)
            .prop_map(|(seat, pick, qty, away)| Op::Replace { seat, pick, qty, away }),
        5 => (seat.clone(), pick).prop_map(|(seat, pick)| Op::Cancel { seat, pick }),
        2 => seat.clone().prop_map(|seat| Op::CancelAll { seat }),
        1 => seat.prop_map(|seat| Op::Kill { seat }),
    ]
}

/// What was sent and filled of an order.
#[derive(Clone, Copy, Debug)]
struct Sent {
    wanted: u64,
    filled: u64,
}

struct Day {
    floor: Floor,
    recording: Recording,
    desks: Vec<Desk>,
    sent: BTreeMap<(Seat, OrderId), Sent>,
    filled: BTreeMap<Seat, (i64, Money)>,
    log: Vec<(Nanos, Seat, OrderEvent)>,
}

impl Day {
    fn new(seed: u64) -> Day {
        // Longer than the time between two messages, so that much is under way at any time.
        let curve = Latency::Curve(LatencyCurve::log_normal(100, 3_000));
        let config = VenueConfig { outbound: curve, inbound: curve, seed, ..config() };
        let capacity =
            VenueCapacity { orders: OPEN_ORDERS * SEATS.len(), taken: 512, ..capacity() };
        let desk = DeskCapacity { locates: 16, open_orders: OPEN_ORDERS, commands: 8, timers: 1 };
        let limits = Limits { position_max: Qty::new(POSITION_MAX), ..Limits::NONE };
        Day {
            floor: Floor::with(config, capacity),
            recording: Recording::default(),
            desks: SEATS.map(|_| Desk::new(desk, limits)).into(),
            sent: BTreeMap::new(),
            filled: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    fn run(seed: u64, ops: &[Op]) -> Result<Day, TestCaseError> {
        let mut day = Day::new(seed);
        for &op in ops {
            if let Op::Message(message) = op {
                day.recording.apply(&mut day.floor, message);
                day.deliver(day.floor.now)?;
            } else {
                day.act(op);
            }
        }
        day.floor.venue.close(day.floor.now);
        day.deliver(Nanos::new(u64::MAX))?;
        day.check_end()?;
        Ok(day)
    }

    /// A strategy does something; its commands leave.
    fn act(&mut self, op: Op) {
        let seat = match op {
            Op::Message(_) => return,
            Op::Submit { seat, .. } | Op::Replace { seat, .. } | Op::Cancel { seat, .. } => seat,
            Op::CancelAll { seat } | Op::Kill { seat } => seat,
        };
        let now = self.floor.now;
        let desk = &mut self.desks[seat.index()];
        let picked = |desk: &Desk, pick| desk.open_orders(SYMBOL).nth(pick).copied();
        let chosen = match op {
            Op::Replace { pick, .. } | Op::Cancel { pick, .. } => picked(desk, pick),
            _ => None,
        };
        let mut ctx = Context::new(&self.floor.books, desk, now);
        // A refusal is one of the things that may happen.
        match (op, chosen) {
            (Op::Submit { side, qty, cents: at, kind, .. }, _) => {
                let mut order = NewOrder::limit(SYMBOL, side, cents(at), Qty::new(qty));
                order.post_only = kind == 0;
                if kind == 1 {
                    order.time_in_force = TimeInForce::ImmediateOrCancel;
                }
                if let Ok(id) = ctx.submit(order) {
                    self.sent.insert((seat, id), Sent { wanted: qty, filled: 0 });
                }
            }
            (Op::Replace { qty, away, .. }, Some(order)) => {
                let price = cents(order.price.units() / 100 + away);
                let _ = ctx.replace(order.id, price, Qty::new(qty));
            }
            (Op::Cancel { .. }, Some(order)) => {
                let _ = ctx.cancel(order.id);
            }
            (Op::CancelAll { .. }, _) => ctx.cancel_all(),
            (Op::Kill { .. }, _) => ctx.kill(),
            _ => {}
        }
        for command in self.desks[seat.index()].commands() {
            self.floor.venue.send(seat, command, now).expect("room for what desks can send");
        }
    }

    /// Answers reach the desks.
    fn deliver(&mut self, until: Nanos) -> Result<(), TestCaseError> {
        while let Some(due) = self.floor.venue.next_due().filter(|&due| due <= until) {
            self.floor.venue.advance(due, &self.floor.books);
            while let Some((seat, event)) = self.floor.venue.take_answer(due) {
                prop_assert!(event.time < due);
                self.log.push((due, seat, event));
                self.apply(seat, &event)?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, seat: Seat, event: &OrderEvent) -> Result<(), TestCaseError> {
        let desk = &mut self.desks[seat.index()];
        let open = desk.open_order(event.id).copied();
        prop_assert_eq!(desk.apply(event), open.is_some());
        if let Some(order) = open {
            prop_assert_eq!((order.locate, order.side), (event.locate, event.side));
        }
        let sent = self.sent.get_mut(&(seat, event.id)).expect("an order that was sent");
        match event.update {
            OrderUpdate::Filled { qty, fee, .. } => {
                prop_assert!(open.is_some(), "an order that is filled is open");
                sent.filled += qty.shares();
                prop_assert!(sent.filled <= sent.wanted);
                let shares = i64::try_from(qty.shares()).expect("few shares");
                let (position, fees) = self.filled.entry(seat).or_default();
                *position += shares * event.side.sign();
                *fees += fee;
            }
            OrderUpdate::Replaced { leaves, .. } => sent.wanted = sent.filled + leaves.shares(),
            _ => {}
        }
        let position = self.desks[seat.index()].position(SYMBOL).shares;
        prop_assert!(position.unsigned_abs() <= POSITION_MAX, "{position} of {POSITION_MAX}");
        Ok(())
    }

    fn check_end(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.floor.venue.next_due(), None);
        prop_assert_eq!(self.floor.venue.counts().commands_refused, 0);
        for (seat, desk) in SEATS.iter().zip(&self.desks) {
            prop_assert_eq!(desk.open_count(), 0, "every order came to an end");
            let position = desk.position(SYMBOL);
            let (shares, fees) = self.filled.get(seat).copied().unwrap_or_default();
            prop_assert_eq!((position.shares, position.fees), (shares, fees));
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Positions are the sums of fills and stay within their limits whatever is under way, every
    /// order ends, no command is refused for want of room, and the same seed gives the same day.
    #[test]
    fn desks_and_venue_agree(seed in any::<u64>(), ops in prop::collection::vec(op(), 1..300)) {
        let day = Day::run(seed, &ops)?;
        let again = Day::run(seed, &ops)?;
        prop_assert_eq!(day.log, again.log);
    }
}

#[test]
fn another_seed_gives_another_day() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let ops = prop::collection::vec(op(), 2_000).new_tree(&mut runner).expect("a value").current();
    let ops: Vec<Op> = ops.into_iter().filter(|op| !matches!(op, Op::Kill { .. })).collect();
    let day = |seed| Day::run(seed, &ops).expect("the rules hold");
    let (one, two) = (day(1), day(2));
    assert_ne!(one.log, two.log);
    let counts = one.floor.venue.counts();
    assert!(counts.maker_fills > 10 && counts.taker_fills > 10, "{counts:?}");
    assert!(counts.orders_replaced > 10 && counts.orders_cancelled > 10, "{counts:?}");
}
