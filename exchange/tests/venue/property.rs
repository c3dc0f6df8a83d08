//! Random recordings and random orders: the venue does what the plain rules say.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strategy_api::{NewOrder, OrderId, OrderUpdate, Qty};
use wirebook_exchange::venue::{HiddenTrades, OutOfTurn, Seat, SelfTrade, VenueConfig};

use crate::floor::{A, A2, B, Floor, SYMBOL, capacity, cents, config};
use crate::flow::{Done, Message, Recording, check_books, message, place};
use crate::naive::{Answer, Naive};

#[derive(Clone, Copy, Debug)]
enum Op {
    Message(Message),
    Submit {
        seat: Seat,
        order: NewOrder,
    },
    /// `stale` is what the strategy does not know of: it was filled beyond.
    Replace {
        pick: usize,
        qty: u64,
        away: i64,
        stale: u64,
    },
    Cancel {
        pick: usize,
    },
}

fn order() -> impl Strategy<Value = NewOrder> {
    (place(), 1u64..80, 0u8..6).prop_map(|((side, at), qty, kind)| {
        let order = NewOrder::limit(SYMBOL, side, cents(at), Qty::new(qty));
        match kind {
            0 => order.post_only(),
            1 => order.immediate_or_cancel(),
            _ => order,
        }
    })
}

fn op() -> impl Strategy<Value = Op> {
    let seat = prop_oneof![Just(A), Just(B), Just(A2)];
    prop_oneof![
        6 => message().prop_map(Op::Message),
        3 => (seat, order()).prop_map(|(seat, order)| Op::Submit { seat, order }),
        1 => (any::<usize>(), 1u64..80, -3i64..4, prop_oneof![Just(0u64), 0u64..90])
            .prop_map(|(pick, qty, away, stale)| Op::Replace { pick, qty, away, stale }),
        1 => any::<usize>().prop_map(|pick| Op::Cancel { pick }),
    ]
}

fn rules() -> impl Strategy<Value = VenueConfig> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(resting, fill, hidden)| VenueConfig {
        self_trade: if resting { SelfTrade::CancelResting } else { SelfTrade::CancelIncoming },
        out_of_turn: if fill { OutOfTurn::Fill } else { OutOfTurn::Ignore },
        hidden_trades: if hidden { HiddenTrades::Fill } else { HiddenTrades::Ignore },
        ..config()
    })
}

/// The venue and the plain rules side by side.
struct Pair {
    floor: Floor,
    naive: Naive,
    recording: Recording,
    /// By order: what was wanted of it, and what was filled.
    orders: BTreeMap<OrderId, (u64, u64)>,
}

impl Pair {
    fn new(config: VenueConfig) -> Pair {
        let big = wirebook_exchange::venue::VenueCapacity { orders: 512, ..capacity() };
        let big = wirebook_exchange::venue::VenueCapacity { taken: 512, fills: 512, ..big };
        Pair {
            floor: Floor::with(config, big),
            naive: Naive::new(config),
            recording: Recording::default(),
            orders: BTreeMap::new(),
        }
    }

    /// Does one thing to both; returns what the venue answered.
    fn step(&mut self, op: Op) -> Result<Vec<Answer>, TestCaseError> {
        let mut message_qty = None;
        match op {
            Op::Message(message) => {
                let done = self.recording.apply(&mut self.floor, message);
                self.naive.on_message(done, &self.recording);
                message_qty = match done {
                    Done::Added(new) | Done::Replaced { new, .. } => Some(new.qty),
                    Done::Executed { qty, .. } | Done::Hidden { qty, .. } => Some(qty),
                    Done::Nothing | Done::Reduced { .. } | Done::Trading(_) => Some(0),
                };
            }
            Op::Submit { seat, order } => {
                let id = self.floor.submit(seat, order);
                self.orders.insert(id, (order.qty.shares(), 0));
                self.naive.submit(seat, id, order, &self.recording);
            }
            Op::Replace { pick, qty, away, stale } => {
                let Some((seat, id, leaves, at)) = self.pick(pick) else { return Ok(Vec::new()) };
                let (known, at) = (leaves + stale, at + away);
                self.floor.change(seat, id, (qty, at), known);
                self.naive.replace((seat, id), (qty, at), known, &self.recording);
            }
            Op::Cancel { pick } => {
                let Some((seat, id, ..)) = self.pick(pick) else { return Ok(Vec::new()) };
                self.floor.withdraw(seat, id);
                self.naive.cancel(seat, id);
            }
        }
        let answers = self.answers();
        prop_assert_eq!(&answers, &std::mem::take(&mut self.naive.answers));
        self.check_quantities(&answers, message_qty)?;
        self.check_places()?;
        check_books(&self.floor, &self.recording)?;
        Ok(answers)
    }

    fn pick(&self, pick: usize) -> Option<(Seat, OrderId, u64, i64)> {
        let own = &self.naive.resting.get(pick.checked_rem(self.naive.resting.len())?)?;
        Some((own.seat, own.id, own.leaves, own.cents))
    }

    fn answers(&mut self) -> Vec<Answer> {
        let venue = &mut self.floor.venue;
        let taken = std::iter::from_fn(|| venue.take_answer(strategy_api::Nanos::new(u64::MAX)));
        taken.map(|(seat, e)| (seat, e.id, e.update, e.leaves.shares())).collect()
    }

    /// No order is filled beyond what was wanted, and no message fills more than it has.
    fn check_quantities(
        &mut self,
        answers: &[Answer],
        message_qty: Option<u64>,
    ) -> Result<(), TestCaseError> {
        let mut filled = 0;
        for (_, id, update, leaves) in answers {
            let (wanted, had) = self.orders.get_mut(id).expect("an order that was sent");
            match update {
                OrderUpdate::Filled { qty, .. } => {
                    *had += qty.shares();
                    filled += qty.shares();
                    prop_assert!(had <= wanted);
                    prop_assert_eq!(*wanted - *had, *leaves);
                }
                OrderUpdate::Replaced { leaves, .. } => *wanted = *had + leaves.shares(),
                _ => {}
            }
        }
        prop_assert!(message_qty.is_none_or(|qty| filled <= qty), "{filled} of {message_qty:?}");
        for order in &self.recording.orders {
            let taken = self.naive.taken.get(&order.order_ref).copied().unwrap_or(0);
            prop_assert!(taken <= order.qty, "{taken} taken of {order:?}");
        }
        Ok(())
    }

    /// Every order that rests has ahead of it what the lists say.
    fn check_places(&self) -> Result<(), TestCaseError> {
        for own in &self.naive.resting {
            let order = self.floor.working(own.seat, own.id);
            prop_assert_eq!(order.leaves.shares(), own.leaves);
            prop_assert_eq!(order.price, cents(own.cents));
            prop_assert_eq!(order.recorded_ahead.shares(), Naive::ahead(own, &self.recording));
            prop_assert_eq!(order.simulated_ahead.shares(), self.naive.simulated_ahead(own));
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn does_what_the_plain_rules_say(
        config in rules(),
        ops in prop::collection::vec(op(), 1..150),
    ) {
        let mut pair = Pair::new(config);
        for op in ops {
            pair.step(op)?;
        }
        prop_assert_eq!(pair.floor.venue.counts().fills_refused, 0);
    }
}

/// A test of the test: random flow reaches every kind of answer often enough to mean something.
#[test]
fn random_flow_reaches_every_rule() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut made, mut took, mut prevented, mut replaced) = (0, 0, 0, 0);
    for _ in 0..50 {
        let tree = (rules(), prop::collection::vec(op(), 100)).new_tree(&mut runner);
        let (config, ops) = tree.expect("a value").current();
        let mut pair = Pair::new(config);
        for op in ops {
            pair.step(op).expect("the rules hold");
        }
        let counts = *pair.floor.venue.counts();
        made += counts.maker_fills;
        took += counts.taker_fills;
        prevented += counts.self_trades_prevented;
        replaced += counts.orders_replaced;
    }
    assert!(made > 200 && took > 150, "{made} made, {took} took");
    assert!(prevented > 15 && replaced > 100, "{prevented} prevented, {replaced} replaced");
}
