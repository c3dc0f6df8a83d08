//! The open orders of a strategy: numbered slots, chained by symbol.

use wirebook_book::{Locate, Nanos, Qty, Side};

use crate::{NewOrder, OpenOrder, OrderEvent, OrderId, OrderState, OrderUpdate};

/// Bits of an order number that name its slot; the rest is a count.
const SLOT_BITS: u32 = 20;
/// The most slots that an order number can tell apart.
pub(crate) const SLOTS_MAX: usize = 1 << SLOT_BITS;
const NONE: u32 = u32::MAX;

/// What was sent to the venue about an order and not answered yet.
#[derive(Clone, Copy, Debug, Default)]
struct UnderWay {
    /// The venue has answered at least once.
    acknowledged: bool,
    cancel: bool,
    /// What a replacement asks for, less what was filled since it was sent.
    replace: Option<Qty>,
}

impl UnderWay {
    /// A cancellation hides a replacement: it is what the order comes to in the end.
    fn state(self) -> OrderState {
        match self {
            UnderWay { cancel: true, .. } => OrderState::CancelSent,
            UnderWay { replace: Some(_), .. } => OrderState::ReplaceSent,
            UnderWay { acknowledged: true, .. } => OrderState::Working,
            UnderWay { .. } => OrderState::Sent,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    order: Option<OpenOrder>,
    under_way: UnderWay,
    /// The next older open order of the symbol; in a free slot, the next free one.
    next: u32,
    /// The next younger open order of the symbol.
    prev: u32,
}

impl Slot {
    /// The most that the order can still add to the position, whatever the venue answers.
    fn exposure(&self) -> Qty {
        let leaves = self.order.map_or(Qty::ZERO, |order| order.leaves);
        leaves.max(self.under_way.replace.unwrap_or(Qty::ZERO))
    }
}

#[derive(Clone, Copy, Debug)]
struct OfSymbol {
    youngest: u32,
    exposure: [Qty; 2],
}

/// The open orders of a strategy. Allocates in [`OpenOrders::new`] and never again; everything
/// but walking over orders takes constant time.
#[derive(Debug)]
pub(crate) struct OpenOrders {
    slots: Vec<Slot>,
    free: u32,
    symbols: Vec<OfSymbol>,
    open: usize,
    sent: u64,
}

impl OpenOrders {
    /// Room for `capacity` orders (at most [`SLOTS_MAX`]) in symbols below `locates`.
    pub(crate) fn new(capacity: usize, locates: usize) -> OpenOrders {
        let vacant = Slot { order: None, under_way: UnderWay::default(), next: NONE, prev: NONE };
        let mut slots = vec![vacant; capacity.min(SLOTS_MAX)];
        for (slot, next) in slots.iter_mut().zip(1..) {
            slot.next = next;
        }
        let symbols = vec![OfSymbol { youngest: NONE, exposure: [Qty::ZERO; 2] }; locates];
        OpenOrders { slots, free: 0, symbols, open: 0, sent: 0 }
    }

    /// How many orders are open.
    pub(crate) fn len(&self) -> usize {
        self.open
    }

    /// Opens an order and numbers it; `None` where there is no room or no such symbol.
    pub(crate) fn insert(&mut self, new: &NewOrder, now: Nanos) -> Option<OrderId> {
        let index = self.free;
        let slot = self.slots.get_mut(index as usize)?;
        let symbol = self.symbols.get_mut(new.locate.index())?;
        let id = OrderId(self.sent << SLOT_BITS | u64::from(index));
        self.free = slot.next;
        let order = OpenOrder {
            id,
            locate: new.locate,
            side: new.side,
            price: new.price,
            leaves: new.qty,
            state: OrderState::Sent,
            sent_at: now,
        };
        let (under_way, next) = (UnderWay::default(), symbol.youngest);
        *slot = Slot { order: Some(order), under_way, next, prev: NONE };
        symbol.youngest = index;
        symbol.exposure[new.side.index()] += new.qty;
        if let Some(older) = self.slots.get_mut(next as usize) {
            older.prev = index;
        }
        self.sent += 1;
        self.open += 1;
        Some(id)
    }

    /// An open order.
    pub(crate) fn get(&self, id: OrderId) -> Option<&OpenOrder> {
        self.slots.get(self.slot_of(id)? as usize)?.order.as_ref()
    }

    /// The open orders of a symbol, youngest first.
    pub(crate) fn of(&self, locate: Locate) -> impl Iterator<Item = &OpenOrder> + '_ {
        let mut at = self.symbols.get(locate.index()).map_or(NONE, |symbol| symbol.youngest);
        std::iter::from_fn(move || {
            let slot = self.slots.get(at as usize)?;
            at = slot.next;
            slot.order.as_ref()
        })
    }

    /// The open order in a slot; slots are below the capacity.
    pub(crate) fn in_slot(&self, index: usize) -> Option<OrderId> {
        Some(self.slots.get(index)?.order?.id)
    }

    /// The number of slots.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The most that the open orders of one side of a symbol can still add to the position,
    /// replacements under way included.
    pub(crate) fn exposure(&self, locate: Locate, side: Side) -> Qty {
        self.symbols.get(locate.index()).map_or(Qty::ZERO, |symbol| symbol.exposure[side.index()])
    }

    /// A cancellation was sent.
    pub(crate) fn note_cancel(&mut self, id: OrderId) {
        if let Some(index) = self.slot_of(id) {
            self.change(index, |_, under_way| under_way.cancel = true);
        }
    }

    /// A replacement was sent, for `qty` in place of what is left.
    pub(crate) fn note_replace(&mut self, id: OrderId, qty: Qty) {
        if let Some(index) = self.slot_of(id) {
            self.change(index, |_, under_way| under_way.replace = Some(qty));
        }
    }

    /// Takes an answer of the venue into account. False where the order is not open.
    pub(crate) fn apply(&mut self, event: &OrderEvent) -> bool {
        let Some(index) = self.slot_of(event.id) else { return false };
        self.change(index, |order, under_way| {
            order.leaves = event.leaves;
            under_way.acknowledged = true;
            match event.update {
                OrderUpdate::Accepted | OrderUpdate::Rejected(_) => {}
                OrderUpdate::Cancelled { .. } => {}
                OrderUpdate::CancelRejected(_) => under_way.cancel = false,
                OrderUpdate::ReplaceRejected(_) => under_way.replace = None,
                OrderUpdate::Replaced { price, .. } => {
                    (order.price, under_way.replace) = (price, None);
                }
                OrderUpdate::Filled { qty, .. } => {
                    under_way.replace = under_way.replace.map(|asked| asked - qty);
                }
            }
        });
        let gone = matches!(event.update, OrderUpdate::Rejected(_) | OrderUpdate::Cancelled { .. });
        if gone || event.leaves.is_zero() {
            self.remove(index);
        }
        true
    }

    /// Changes an order, keeping its state and the exposure of its symbol in step.
    fn change(&mut self, index: u32, change: impl FnOnce(&mut OpenOrder, &mut UnderWay)) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        let before = slot.exposure();
        let Some(order) = slot.order.as_mut() else { return };
        change(order, &mut slot.under_way);
        order.state = slot.under_way.state();
        let (locate, side) = (order.locate, order.side);
        if let Some(symbol) = self.symbols.get_mut(locate.index()) {
            let exposure = &mut symbol.exposure[side.index()];
            *exposure = (*exposure + slot.exposure()) - before;
        }
    }

    fn remove(&mut self, index: u32) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        let exposure = slot.exposure();
        let (Some(order), next, prev) = (slot.order.take(), slot.next, slot.prev) else { return };
        slot.next = self.free;
        self.free = index;
        self.open -= 1;
        if let Some(older) = self.slots.get_mut(next as usize) {
            older.prev = prev;
        }
        let Some(symbol) = self.symbols.get_mut(order.locate.index()) else { return };
        symbol.exposure[order.side.index()] -= exposure;
        match self.slots.get_mut(prev as usize) {
            Some(younger) => younger.next = next,
            None => symbol.youngest = next,
        }
    }

    fn slot_of(&self, id: OrderId) -> Option<u32> {
        #[allow(clippy::cast_possible_truncation)] // 20 bits
        let index = (id.0 & ((1 << SLOT_BITS) - 1)) as u32;
        let order = self.slots.get(index as usize)?.order.as_ref()?;
        (order.id == id).then_some(index)
    }
}

#[cfg(test)]
mod tests {
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
        let cancelled =
            OrderUpdate::Cancelled { qty: order.leaves, reason: CancelReason::Requested };
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
}
