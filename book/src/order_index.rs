//! From an order reference to its slot.
//!
//! Buckets of one cache line hold seven entries each. An entry stays where it was put until it
//! is removed: nothing is ever shifted, and a search looks at no more than [`REACH`] lines. A
//! bucket knows how far entries of its own had to go, so that a search ends at the first line in all
//! but crowded places.
//!
//! References of one day are nearly sequential, and an order that is removed was often added a
//! moment ago. Four neighbouring references therefore share a bucket, and groups of four are
//! scattered.

use bytemuck::{Pod, Zeroable};

use crate::OrderRef;
use crate::orders::{Index, NIL, Orders};
use crate::region::{Plan, Region, RegionError, Table, lanes};

const WAYS: usize = 7;

/// How many lines an entry may be away from its own. A table that is crowded to that point
/// refuses the order; with half of the entries in use that takes references made for the purpose.
const REACH: u32 = 32;

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
struct Bucket {
    /// In the first seven, 32 bits that each reference was scattered to, 0 in an empty entry; in
    /// the last one, [`DISPLACED`], the entries that should be here and lie in a later bucket:
    /// their count in the low half, in the high half the furthest there was since there were none.
    tags: [u32; WAYS + 1],
    slots: [Index; WAYS + 1],
}

const DISPLACED: usize = WAYS;
const ENTRIES: u32 = (1 << WAYS) - 1;
const COUNT: u32 = 0xffff;

impl Bucket {
    const EMPTY: Bucket = Bucket { tags: [0; WAYS + 1], slots: [0; WAYS + 1] };

    /// One bit for each entry with this tag.
    #[inline(always)]
    fn matching(&self, tag: u32) -> u32 {
        lanes::equal(&self.tags, tag) & ENTRIES
    }

    /// How many lines further entries of this bucket may lie.
    #[inline(always)]
    fn furthest(&self) -> u32 {
        self.tags[DISPLACED] >> 16
    }

    fn displace(&mut self, distance: u32) {
        let furthest = self.furthest().max(distance);
        self.tags[DISPLACED] = furthest << 16 | ((self.tags[DISPLACED] & COUNT) + 1);
    }

    fn undisplace(&mut self) {
        self.tags[DISPLACED] -= 1;
        if self.tags[DISPLACED] & COUNT == 0 {
            self.tags[DISPLACED] = 0;
        }
    }
}

/// Where an entry lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    bucket: u32,
    way: u32,
    home: u32,
    pub(crate) slot: Index,
}

#[derive(Debug)]
pub(crate) struct OrderIndex {
    buckets: Table<Bucket>,
}

/// The bucket (before masking) and the tag of a reference.
#[inline(always)]
fn scatter(order_ref: OrderRef) -> (u32, u32) {
    // An odd multiplier near 2⁶⁴ over the golden ratio spreads sequential groups evenly.
    let mixed = (order_ref.get() >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    #[allow(clippy::cast_possible_truncation)] // the high half, and the low bits of the number
    let (home, low) = ((mixed >> 32) as u32, order_ref.get() as u32);
    // The tag tells apart the four of a group and nearly all groups of a bucket; it is never 0.
    (home, (home.rotate_left(12) ^ low) | 0x8000_0000)
}

impl OrderIndex {
    fn buckets(capacity: u32) -> usize {
        // Seven entries for every four orders or fewer.
        (capacity as usize).div_ceil(4).max(REACH as usize)
    }

    pub(crate) fn plan(plan: &mut Plan, capacity: u32) -> Result<(), RegionError> {
        plan.table::<Bucket>(OrderIndex::buckets(capacity))
    }

    pub(crate) fn new(region: &mut Region, capacity: u32) -> Result<OrderIndex, RegionError> {
        let buckets = region.carve(OrderIndex::buckets(capacity))?;
        Ok(OrderIndex { buckets })
    }

    #[inline(always)]
    pub(crate) fn prefetch(&self, order_ref: OrderRef) {
        self.buckets.prefetch(scatter(order_ref).0);
    }

    /// A slot that may be the order's, from its own bucket alone: a guess to prefetch by.
    #[inline(always)]
    pub(crate) fn guess(&self, order_ref: OrderRef) -> Option<Index> {
        let (home, tag) = scatter(order_ref);
        let bucket = self.buckets.at(home);
        let found = bucket.matching(tag);
        bucket.slots.get(found.trailing_zeros() as usize).copied()
    }

    /// The entry of a live order.
    #[inline]
    pub(crate) fn find(&self, order_ref: OrderRef, orders: &Orders) -> Option<Entry> {
        let (home, tag) = scatter(order_ref);
        let furthest = self.buckets.at(home).furthest();
        for step in 0..=furthest {
            let at = home.wrapping_add(step);
            let bucket = self.buckets.at(at);
            let mut found = bucket.matching(tag);
            while found != 0 {
                let way = found.trailing_zeros();
                let slot = bucket.slots.get(way as usize).copied().unwrap_or(NIL);
                let order = orders.at(slot);
                if order.order_ref == order_ref.get() && order.live != 0 {
                    return Some(Entry { bucket: at, way, home, slot });
                }
                found &= found - 1;
            }
        }
        None
    }

    /// Whether [`OrderIndex::insert`] would find room.
    #[inline]
    pub(crate) fn has_room(&self, order_ref: OrderRef) -> bool {
        let (home, _) = scatter(order_ref);
        (0..REACH).any(|step| self.buckets.at(home.wrapping_add(step)).matching(0) != 0)
    }

    /// Files a slot under a reference that is not there yet. False where the neighbourhood of
    /// the reference is full.
    #[inline]
    pub(crate) fn insert(&mut self, order_ref: OrderRef, slot: Index) -> bool {
        let (home, tag) = scatter(order_ref);
        for step in 0..REACH {
            let bucket = self.buckets.at_mut(home.wrapping_add(step));
            let way = bucket.matching(0).trailing_zeros() as usize;
            if let (Some(t), Some(s)) = (bucket.tags.get_mut(way), bucket.slots.get_mut(way)) {
                (*t, *s) = (tag, slot);
                if step > 0 {
                    self.buckets.at_mut(home).displace(step);
                }
                return true;
            }
        }
        false
    }

    #[inline]
    pub(crate) fn remove(&mut self, entry: Entry) {
        if let Some(tag) = self.buckets.at_mut(entry.bucket).tags.get_mut(entry.way as usize) {
            *tag = 0;
        }
        if entry.bucket != entry.home {
            self.buckets.at_mut(entry.home).undisplace();
        }
    }

    pub(crate) fn prefault(&mut self) {
        self.buckets.prefault();
    }

    pub(crate) fn clear(&mut self) {
        self.buckets.as_mut_slice().fill(Bucket::EMPTY);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::orders::OrderSlot;

    fn tables(capacity: u32) -> (Orders, OrderIndex) {
        let mut plan = Plan::default();
        Orders::plan(&mut plan, capacity).unwrap();
        OrderIndex::plan(&mut plan, capacity).unwrap();
        let mut region = Region::anonymous(plan).unwrap();
        let orders = Orders::new(&mut region, capacity).unwrap();
        (orders, OrderIndex::new(&mut region, capacity).unwrap())
    }

    fn put(orders: &mut Orders, index: &mut OrderIndex, order_ref: u64) -> bool {
        let blank = OrderSlot {
            order_ref,
            level: NIL,
            qty: 1,
            ahead: NIL,
            behind: NIL,
            arrival: 0,
            locate: 0,
            side: 0,
            live: 1,
        };
        let Some(slot) = orders.take(blank) else { return false };
        let filed = index.insert(OrderRef::new(order_ref), slot);
        if !filed {
            orders.give_back(slot);
        }
        filed
    }

    fn take(orders: &mut Orders, index: &mut OrderIndex, order_ref: u64) -> bool {
        let Some(entry) = index.find(OrderRef::new(order_ref), orders) else { return false };
        index.remove(entry);
        orders.give_back(entry.slot);
        true
    }

    /// Every stride that feeds use, filled to capacity: no reference may be refused or lost.
    #[test]
    fn a_full_table_finds_every_order_and_no_other() {
        const CAPACITY: u32 = 1 << 16;
        for (base, stride) in [(1, 1), (7, 2), (1 << 48, 4), (0, 8), (u64::MAX / 2, 64), (3, 1000)]
        {
            let (mut orders, mut index) = tables(CAPACITY);
            let refs: Vec<u64> = (0..u64::from(CAPACITY)).map(|i| base + i * stride).collect();
            for &r in &refs {
                assert!(put(&mut orders, &mut index, r), "stride {stride}");
            }
            assert!(!put(&mut orders, &mut index, base + u64::from(CAPACITY) * stride));
            for &r in &refs {
                let entry = index.find(OrderRef::new(r), &orders).unwrap();
                assert_eq!(orders.at(entry.slot).order_ref, r);
                assert!(index.find(OrderRef::new(r ^ (1 << 63)), &orders).is_none());
            }
            for &r in refs.iter().step_by(2) {
                assert!(take(&mut orders, &mut index, r));
                assert!(!take(&mut orders, &mut index, r), "found after it was removed");
            }
            for &r in refs.iter().skip(1).step_by(2) {
                assert!(take(&mut orders, &mut index, r));
            }
            assert_eq!(orders.live(), 0);
            assert!(index.buckets.as_slice().iter().all(|b| b.tags[DISPLACED] == 0));
        }
    }

    /// References made to meet in one bucket: refused past the reach, found until then.
    #[test]
    fn references_that_collide_on_purpose_are_refused_in_bounded_time() {
        let (mut orders, mut index) = tables(1 << 16);
        let mask = u32::try_from(index.buckets.len()).unwrap() - 1;
        let home = scatter(OrderRef::new(0)).0 & mask;
        let colliding: Vec<u64> = (0..u64::MAX)
            .step_by(4)
            .filter(|&r| scatter(OrderRef::new(r)).0 & mask == home)
            .take(REACH as usize * WAYS + 10)
            .collect();
        let filed = colliding.iter().take_while(|&&r| put(&mut orders, &mut index, r)).count();
        assert_eq!(filed, REACH as usize * WAYS);
        assert!(!index.has_room(OrderRef::new(0)));
        // One that finds a place close by must not hide those that are far.
        assert!(take(&mut orders, &mut index, colliding[WAYS]));
        assert!(put(&mut orders, &mut index, colliding[WAYS]));
        for &r in &colliding[..filed] {
            assert!(take(&mut orders, &mut index, r));
        }
        assert_eq!(index.buckets.at(home).tags[DISPLACED], 0);
    }

    /// Two references with one tag in one bucket, found by looking at many.
    #[test]
    fn references_with_the_same_tag_are_told_apart() {
        let (mut orders, mut index) = tables(1);
        let mask = u32::try_from(index.buckets.len()).unwrap() - 1;
        let mut seen = HashMap::new();
        let (one, other) = (1..u64::MAX)
            .map(|i: u64| (i ^ i << 29).wrapping_mul(0x2545_f491_4f6c_dd1d))
            .find_map(|r| {
                let (home, tag) = scatter(OrderRef::new(r));
                seen.insert((home & mask, tag), r).map(|before| (before, r))
            })
            .unwrap();
        assert!(put(&mut orders, &mut index, one));
        assert!(index.find(OrderRef::new(one), &orders).is_some());
        assert!(index.find(OrderRef::new(other), &orders).is_none());
    }
}
