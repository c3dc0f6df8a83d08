//! Levels: the total at one price and the queue of its orders.

use bytemuck::{Pod, Zeroable};

use crate::orders::{Index, NIL};
use crate::region::{Plan, Region, RegionError, Table};
use crate::{Price, Qty};

/// One price of one side of one book. Its index is fixed for its life, so that an order finds
/// its level without a search.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(32))]
pub(crate) struct LevelSlot {
    /// The sum over its orders, or what the feed set.
    pub(crate) qty: u64,
    pub(crate) price: u32,
    pub(crate) orders: u32,
    /// The order that is executed next.
    pub(crate) head: Index,
    /// The order that came last; in a free slot, the next free one.
    pub(crate) tail: Index,
    _reserved: u64,
}

impl LevelSlot {
    pub(crate) fn empty(price: u32) -> LevelSlot {
        LevelSlot { qty: 0, price, orders: 0, head: NIL, tail: NIL, _reserved: 0 }
    }
}

/// All level slots.
#[derive(Debug)]
pub(crate) struct Levels {
    slots: Table<LevelSlot>,
    capacity: u32,
    fresh: u32,
    free: Index,
    live: u32,
}

impl Levels {
    pub(crate) fn plan(plan: &mut Plan, capacity: u32) -> Result<(), RegionError> {
        plan.table::<LevelSlot>(capacity as usize)
    }

    pub(crate) fn new(region: &mut Region, capacity: u32) -> Result<Levels, RegionError> {
        let slots = region.carve(capacity as usize)?;
        Ok(Levels { slots, capacity, fresh: 0, free: NIL, live: 0 })
    }

    pub(crate) fn live(&self) -> u32 {
        self.live
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: Index) -> &LevelSlot {
        self.slots.at(index)
    }

    #[inline(always)]
    pub(crate) fn at_mut(&mut self, index: Index) -> &mut LevelSlot {
        self.slots.at_mut(index)
    }

    #[inline(always)]
    pub(crate) fn prefetch(&self, index: Index) {
        self.slots.prefetch(index);
    }

    /// An empty level, or `None` where all are taken.
    pub(crate) fn take(&mut self, price: u32) -> Option<Index> {
        if self.live >= self.capacity {
            return None;
        }
        let index = if self.free == NIL {
            self.fresh += 1;
            self.fresh - 1
        } else {
            let index = self.free;
            self.free = self.slots.at(index).tail;
            index
        };
        self.live += 1;
        *self.slots.at_mut(index) = LevelSlot::empty(price);
        Some(index)
    }

    pub(crate) fn give_back(&mut self, index: Index) {
        self.slots.at_mut(index).tail = self.free;
        self.free = index;
        self.live -= 1;
    }

    pub(crate) fn prefault(&mut self) {
        self.slots.prefault();
    }

    pub(crate) fn clear(&mut self) {
        (self.fresh, self.free, self.live) = (0, NIL, 0);
    }
}

/// One price level as a reader sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Level {
    /// Its price.
    pub price: Price,
    /// The quantity of all its orders together.
    pub qty: Qty,
    /// How many orders; zero in a book of bare levels.
    pub orders: u32,
}

impl From<&LevelSlot> for Level {
    fn from(slot: &LevelSlot) -> Level {
        Level { price: Price::from_key(slot.price), qty: Qty::new(slot.qty), orders: slot.orders }
    }
}
