//! Order slots: the order itself, its place in its queue, and free slots.

use bytemuck::{Pod, Zeroable};

use crate::region::{Plan, Region, RegionError, Table};
use crate::{Arrival, Locate, OrderRef, Side};

/// The index of a slot or a level; [`NIL`] is none.
pub(crate) type Index = u32;

/// No slot, no level.
pub(crate) const NIL: Index = u32::MAX;

/// One order: half a cache line, so that no order straddles two.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(32))]
pub(crate) struct OrderSlot {
    pub(crate) order_ref: u64,
    /// The level whose queue the order stands in.
    pub(crate) level: Index,
    pub(crate) qty: u32,
    /// The order ahead in the queue.
    pub(crate) ahead: Index,
    /// The order behind in the queue; in a free slot, the next free one.
    pub(crate) behind: Index,
    pub(crate) arrival: u32,
    pub(crate) locate: u16,
    pub(crate) side: u8,
    /// 1 while an order is here. A free slot keeps its old reference, which must not be found.
    pub(crate) live: u8,
}

impl OrderSlot {
    pub(crate) fn locate(&self) -> Locate {
        Locate::new(self.locate)
    }

    pub(crate) fn side(&self) -> Side {
        if self.side == 0 { Side::Bid } else { Side::Ask }
    }

    pub(crate) fn order_ref(&self) -> OrderRef {
        OrderRef::new(self.order_ref)
    }

    pub(crate) fn arrival(&self) -> Arrival {
        Arrival::new(self.arrival)
    }
}

/// All slots. A slot that was freed last is used first: it is still in the cache.
#[derive(Debug)]
pub(crate) struct Orders {
    slots: Table<OrderSlot>,
    capacity: u32,
    /// Slots from here on were never used.
    fresh: u32,
    free: Index,
    live: u32,
}

impl Orders {
    pub(crate) fn plan(plan: &mut Plan, capacity: u32) -> Result<(), RegionError> {
        plan.table::<OrderSlot>(capacity as usize)
    }

    pub(crate) fn new(region: &mut Region, capacity: u32) -> Result<Orders, RegionError> {
        let slots = region.carve(capacity as usize)?;
        Ok(Orders { slots, capacity, fresh: 0, free: NIL, live: 0 })
    }

    pub(crate) fn live(&self) -> u32 {
        self.live
    }

    pub(crate) fn is_full(&self) -> bool {
        self.live >= self.capacity
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: Index) -> &OrderSlot {
        self.slots.at(index)
    }

    #[inline(always)]
    pub(crate) fn at_mut(&mut self, index: Index) -> &mut OrderSlot {
        self.slots.at_mut(index)
    }

    #[inline(always)]
    pub(crate) fn prefetch(&self, index: Index) {
        self.slots.prefetch(index);
    }

    /// A slot for `order`, or `None` where all are taken.
    #[inline]
    pub(crate) fn take(&mut self, order: OrderSlot) -> Option<Index> {
        if self.is_full() {
            return None;
        }
        let index = if self.free == NIL {
            self.fresh += 1;
            self.fresh - 1
        } else {
            let index = self.free;
            self.free = self.slots.at(index).behind;
            index
        };
        self.live += 1;
        *self.slots.at_mut(index) = order;
        Some(index)
    }

    #[inline]
    pub(crate) fn give_back(&mut self, index: Index) {
        let free = self.free;
        let slot = self.slots.at_mut(index);
        slot.live = 0;
        slot.behind = free;
        self.free = index;
        self.live -= 1;
    }

    pub(crate) fn prefault(&mut self) {
        self.slots.prefault();
    }

    pub(crate) fn clear(&mut self) {
        // Slots in use are below `fresh`; marking them free is enough.
        for index in 0..self.fresh {
            self.slots.at_mut(index).live = 0;
        }
        (self.fresh, self.free, self.live) = (0, NIL, 0);
    }
}
