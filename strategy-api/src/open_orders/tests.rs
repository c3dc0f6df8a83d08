//! The open orders against their answers, and against a plain map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wirebook_book::Price;

use super::*;
use crate::{CancelReason, Liquidity, Money, RejectReason};

fn event(order: &OpenOrder, update: OrderUpdate, leaves: Qty) -> OrderEvent {
    let OpenOrder { id, locate, side, .. } = *order;
    OrderEvent { id, locate, side, update, leaves, time: Nanos::new(0) }
}

fn one_order() -> (OpenOrders, OpenOrder) {
    let mut orders = OpenOrders::new(4, 2);
    let new = NewOrder::limit(Locate::new(1), Side::Bid, Price::from_units(100), Qty::new(50));
    let id = orders.insert(&new, Nanos::new(5)).unwrap();
    let order = *orders.get(id).unwrap();
    (orders, order)
}

fn state(orders: &OpenOrders, id: OrderId) -> OrderState {
    orders.get(id).unwrap().state
}

#[test]
fn a_cancellation_under_way_outlives_the_answers_to_a_replacement() {
    let replaced = OrderUpdate::Replaced { price: Price::from_units(90), leaves: 70.into() };
    let refused = OrderUpdate::ReplaceRejected(RejectReason::Tick);
    for (update, leaves) in [(replaced, Qty::new(70)), (refused, Qty::new(50))] {
        let (mut orders, order) = one_order();
        orders.apply(&event(&order, OrderUpdate::Accepted, order.leaves));
        assert_eq!(state(&orders, order.id), OrderState::Working);
        orders.note_replace(order.id, Qty::new(70));
        assert_eq!(state(&orders, order.id), OrderState::ReplaceSent);
        orders.note_cancel(order.id);
        orders.apply(&event(&order, update, leaves));
        assert_eq!(state(&orders, order.id), OrderState::CancelSent);
        let too_late = OrderUpdate::CancelRejected(RejectReason::Full);
        orders.apply(&event(&order, too_late, leaves));
        assert_eq!(state(&orders, order.id), OrderState::Working);
        assert_eq!(orders.exposure(order.locate, order.side), leaves);
    }
}

#[test]
fn a_refused_cancellation_leaves_a_replacement_under_way() {
    let (mut orders, order) = one_order();
    orders.note_replace(order.id, Qty::new(70));
    orders.note_cancel(order.id);
    let refused = OrderUpdate::CancelRejected(RejectReason::Full);
    orders.apply(&event(&order, refused, order.leaves));
    assert_eq!(state(&orders, order.id), OrderState::ReplaceSent);
    assert_eq!(orders.exposure(order.locate, order.side), Qty::new(70));
}

#[test]
fn a_fill_counts_against_a_replacement_under_way() {
    let (mut orders, order) = one_order();
    orders.note_replace(order.id, Qty::new(70));
    let filled = OrderUpdate::Filled {
        price: order.price,
        qty: Qty::new(20),
        liquidity: Liquidity::Maker,
        fee: Money::ZERO,
    };
    orders.apply(&event(&order, filled, Qty::new(30)));
    assert_eq!(orders.exposure(order.locate, order.side), Qty::new(50));
}

#[test]
fn a_number_is_never_given_twice_though_its_slot_is() {
    let (mut orders, order) = one_order();
    let cancelled = OrderUpdate::Cancelled { qty: order.leaves, reason: CancelReason::Requested };
    assert!(orders.apply(&event(&order, cancelled, Qty::ZERO)));
    assert!(!orders.apply(&event(&order, cancelled, Qty::ZERO)), "it is no longer open");
    let new = NewOrder::limit(order.locate, order.side, order.price, order.leaves);
    let id = orders.insert(&new, Nanos::new(6)).unwrap();
    assert_ne!(id, order.id);
    assert_eq!(orders.get(order.id), None);
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u16, Side, u64),
    Replace(usize, u64),
    Cancel(usize),
    Fill(usize, u64),
    Replaced(usize),
    Refused(usize, bool),
    Gone(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
    prop_oneof![
        4 => (0u16..4, side, 1u64..100).prop_map(|(l, s, q)| Op::Insert(l, s, q)),
        1 => (any::<usize>(), 1u64..100).prop_map(|(i, q)| Op::Replace(i, q)),
        1 => any::<usize>().prop_map(Op::Cancel),
        2 => (any::<usize>(), 1u64..100).prop_map(|(i, q)| Op::Fill(i, q)),
        1 => any::<usize>().prop_map(Op::Replaced),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(i, c)| Op::Refused(i, c)),
        1 => any::<usize>().prop_map(Op::Gone),
    ]
}

/// What a plain map keeps of an order.
#[derive(Clone, Copy, Debug)]
struct Model {
    order: OpenOrder,
    cancel: bool,
    replace: Option<Qty>,
    acknowledged: bool,
}

proptest! {
    #[test]
    fn agrees_with_a_plain_map(ops in prop::collection::vec(op(), 1..200)) {
        const CAPACITY: usize = 8;
        let mut orders = OpenOrders::new(CAPACITY, 3);
        let mut model: BTreeMap<OrderId, Model> = BTreeMap::new();
        for op in ops {
            let pick = |at: usize| model.keys().nth(at % model.len().max(1)).copied();
            let (id, update) = match op {
                Op::Insert(locate, side, qty) => {
                    let price = Price::from_units(100);
                    let new = NewOrder::limit(Locate::new(locate), side, price, Qty::new(qty));
                    let id = orders.insert(&new, Nanos::new(1));
                    prop_assert_eq!(id.is_some(), model.len() < CAPACITY && locate < 3);
                    if let Some(id) = id {
                        let order = OpenOrder {
                            id, locate: new.locate, side, price, leaves: new.qty,
                            state: OrderState::Sent, sent_at: Nanos::new(1),
                        };
                        let fresh = Model {
                            order, cancel: false, replace: None, acknowledged: false,
                        };
                        prop_assert!(model.insert(id, fresh).is_none());
                    }
                    continue;
                }
                Op::Replace(at, qty) => {
                    if let Some(id) = pick(at) {
                        orders.note_replace(id, Qty::new(qty));
                        model.get_mut(&id).unwrap().replace = Some(Qty::new(qty));
                    }
                    continue;
                }
                Op::Cancel(at) => {
                    if let Some(id) = pick(at) {
                        orders.note_cancel(id);
                        model.get_mut(&id).unwrap().cancel = true;
                    }
                    continue;
                }
                Op::Fill(at, qty) => (pick(at), OrderUpdate::Filled {
                    price: Price::from_units(100), qty: Qty::new(qty),
                    liquidity: Liquidity::Maker, fee: Money::ZERO,
                }),
                Op::Replaced(at) => {
                    let id = pick(at);
                    let asked = id.and_then(|id| model[&id].replace);
                    let leaves = asked.unwrap_or(Qty::new(7));
                    (id, OrderUpdate::Replaced { price: Price::from_units(90), leaves })
                }
                Op::Refused(at, true) =>
                    (pick(at), OrderUpdate::CancelRejected(RejectReason::Full)),
                Op::Refused(at, false) =>
                    (pick(at), OrderUpdate::ReplaceRejected(RejectReason::Full)),
                Op::Gone(at) => (pick(at), OrderUpdate::Cancelled {
                    qty: Qty::ZERO, reason: CancelReason::Requested,
                }),
            };
            let Some(id) = id else { continue };
            let mut kept = model[&id];
            kept.acknowledged = true;
            let order = &mut kept.order;
            match update {
                OrderUpdate::Filled { qty, .. } => {
                    order.leaves -= qty;
                    kept.replace = kept.replace.map(|asked| asked - qty);
                }
                OrderUpdate::Replaced { price, leaves } => {
                    (order.price, order.leaves, kept.replace) = (price, leaves, None);
                }
                OrderUpdate::CancelRejected(_) => kept.cancel = false,
                OrderUpdate::ReplaceRejected(_) => kept.replace = None,
                _ => order.leaves = Qty::ZERO,
            }
            prop_assert!(orders.apply(&event(&kept.order, update, kept.order.leaves)));
            if kept.order.leaves.is_zero() {
                model.remove(&id);
            } else {
                model.insert(id, kept);
            }
            check(&orders, &model)?;
        }
        check(&orders, &model)?;
    }
}

fn check(orders: &OpenOrders, model: &BTreeMap<OrderId, Model>) -> Result<(), TestCaseError> {
    prop_assert_eq!(orders.len(), model.len());
    for (&id, kept) in model {
        let state = match kept {
            Model { cancel: true, .. } => OrderState::CancelSent,
            Model { replace: Some(_), .. } => OrderState::ReplaceSent,
            Model { acknowledged: true, .. } => OrderState::Working,
            Model { .. } => OrderState::Sent,
        };
        prop_assert_eq!(orders.get(id), Some(&OpenOrder { state, ..kept.order }));
    }
    for locate in (0..4).map(Locate::new) {
        // Numbers count up, so the youngest order has the highest.
        let youngest_first =
            model.values().rev().map(|kept| kept.order).filter(|o| o.locate == locate);
        let expected: Vec<OrderId> = youngest_first.map(|order| order.id).collect();
        let found: Vec<OrderId> = orders.of(locate).map(|order| order.id).collect();
        prop_assert_eq!(found, expected);
        for side in Side::BOTH {
            let kept = model.values().filter(|k| k.order.locate == locate);
            let exposure: Qty = kept
                .filter(|k| k.order.side == side)
                .map(|k| k.order.leaves.max(k.replace.unwrap_or(Qty::ZERO)))
                .sum();
            prop_assert_eq!(orders.exposure(locate, side), exposure);
        }
    }
    Ok(())
}
