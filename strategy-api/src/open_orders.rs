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
mod tests;
