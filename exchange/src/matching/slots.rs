//! Where orders live: a slab of slots, the table by reference, and queues linked through them.

use core::num::NonZeroU32;

use rustc_hash::FxHashMap;
use wirebook_book::{Locate, OrderRef, Price, Qty, Side};

use super::{CrossKind, OrderView, ParticipantId, Refusal};

/// The number of a slot, from one, so that an `Option` of it stays four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SlotId(NonZeroU32);

/// Where an order stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// In a displayed queue.
    Shown,
    /// In a hidden queue.
    Hidden,
    /// Among the orders that wait for a cross.
    Auction(CrossKind),
}

/// One order, or the working part of an order that is shown elsewhere. A cache line each, since
/// in a market of many symbols hardly any is in the cache when it is wanted.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Slot {
    pub(super) order_ref: OrderRef,
    pub(super) participant: ParticipantId,
    pub(super) locate: Locate,
    pub(super) side: Side,
    pub(super) standing: Standing,
    /// The price of its queue.
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) ahead: Option<SlotId>,
    pub(super) behind: Option<SlotId>,
    /// For an order shown at a worse price than it works at, two slots name each other: the shown
    /// one, which the reference leads to, and the hidden one, which trades first.
    pub(super) twin: Option<SlotId>,
}

/// All orders of the exchange.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<SlotId>,
    by_ref: FxHashMap<OrderRef, SlotId>,
}

impl Slots {
    pub(super) fn with_capacity(orders: usize) -> Slots {
        Slots {
            slots: Vec::with_capacity(orders),
            free: Vec::new(),
            by_ref: FxHashMap::with_capacity_and_hasher(orders, rustc_hash::FxBuildHasher),
        }
    }

    /// How many orders are live.
    pub(super) fn live(&self) -> usize {
        self.by_ref.len()
    }

    /// Whether `more` slots can still be numbered.
    pub(super) fn room_for(&self, more: usize) -> Result<(), Refusal> {
        let most = u32::MAX as usize;
        if self.free.len() >= more || self.slots.len() + more <= most {
            Ok(())
        } else {
            Err(Refusal::OrdersFull)
        }
    }

    /// A slot for this order; the caller has asked [`Slots::room_for`] it.
    pub(super) fn insert(&mut self, slot: Slot) -> SlotId {
        if let Some(id) = self.free.pop() {
            *self.get_mut(id) = slot;
            return id;
        }
        self.slots.push(slot);
        let count = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        SlotId(NonZeroU32::new(count).unwrap_or(NonZeroU32::MAX))
    }

    /// Lets the order's reference lead to this slot.
    pub(super) fn register(&mut self, id: SlotId) {
        let order_ref = self.get(id).order_ref;
        self.by_ref.insert(order_ref, id);
    }

    /// Frees a slot to which no reference leads.
    pub(super) fn release(&mut self, id: SlotId) {
        self.free.push(id);
    }

    /// Frees a slot and forgets its reference.
    pub(super) fn forget(&mut self, id: SlotId) {
        let order_ref = self.get(id).order_ref;
        self.by_ref.remove(&order_ref);
        self.free.push(id);
    }

    pub(super) fn find(&self, order_ref: OrderRef) -> Option<SlotId> {
        self.by_ref.get(&order_ref).copied()
    }

    /// Slot numbers are handed out here and nowhere else, so the index is always in range.
    pub(super) fn get(&self, id: SlotId) -> &Slot {
        &self.slots[id.0.get() as usize - 1]
    }

    pub(super) fn get_mut(&mut self, id: SlotId) -> &mut Slot {
        &mut self.slots[id.0.get() as usize - 1]
    }

    pub(super) fn view(&self, id: SlotId) -> OrderView {
        let slot = self.get(id);
        OrderView {
            order_ref: slot.order_ref,
            participant: slot.participant,
            locate: slot.locate,
            side: slot.side,
            price: slot.price,
            qty: slot.qty,
            shown: slot.standing == Standing::Shown,
        }
    }
}

/// The orders at one price, first come first.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Queue {
    pub(super) first: Option<SlotId>,
    pub(super) last: Option<SlotId>,
    pub(super) orders: u32,
    pub(super) qty: Qty,
}

impl Queue {
    pub(super) fn push(&mut self, slots: &mut Slots, id: SlotId) {
        let last = self.last.replace(id);
        match last {
            Some(last) => slots.get_mut(last).behind = Some(id),
            None => self.first = Some(id),
        }
        let slot = slots.get_mut(id);
        slot.ahead = last;
        slot.behind = None;
        self.orders += 1;
        self.qty += slot.qty;
    }

    /// Takes the order out, with whatever is left of it.
    pub(super) fn remove(&mut self, slots: &mut Slots, id: SlotId) {
        let slot = *slots.get(id);
        match slot.ahead {
            Some(ahead) => slots.get_mut(ahead).behind = slot.behind,
            None => self.first = slot.behind,
        }
        match slot.behind {
            Some(behind) => slots.get_mut(behind).ahead = slot.ahead,
            None => self.last = slot.ahead,
        }
        self.orders -= 1;
        self.qty -= slot.qty;
    }

    /// Takes `by` off an order of this queue.
    pub(super) fn reduce(&mut self, slots: &mut Slots, id: SlotId, by: Qty) {
        slots.get_mut(id).qty -= by;
        self.qty -= by;
    }

    /// The orders, first come first.
    pub(super) fn ids<'a>(&self, slots: &'a Slots) -> impl Iterator<Item = SlotId> + use<'a> {
        let mut next = self.first;
        core::iter::from_fn(move || {
            let id = next?;
            next = slots.get(id).behind;
            Some(id)
        })
    }
}
