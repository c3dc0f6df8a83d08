//! A bucket: the line in which orders are kept, and their places in it.

use crate::OrderRef;
use crate::region::{Word32, Word64, words};

/// Orders in one bucket.
pub(crate) const WAYS: usize = 3;

/// The place of an order: its bucket and its way in it; never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Slot(u32);

impl Slot {
    /// No order's place. Read as one, it is some place that is not the wanted one.
    pub(crate) const NONE: Slot = Slot(0);

    #[inline(always)]
    pub(crate) fn new(bucket: u32, way: u32) -> Slot {
        Slot(bucket << 2 | (way + 1))
    }

    /// As it is kept in a queue. What is not from [`Slot::number`] names some order, too.
    #[inline(always)]
    pub(crate) fn from_number(number: u32) -> Slot {
        Slot(number)
    }

    #[inline(always)]
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    #[inline(always)]
    pub(crate) fn bucket(self) -> u32 {
        self.0 >> 2
    }

    #[inline(always)]
    pub(crate) fn way(self) -> usize {
        (self.0 as usize & 3).wrapping_sub(1).min(WAYS - 1)
    }
}

words! {
    /// The orders whose references were scattered here, or nearby.
    pub(crate) struct Bucket, align(64) {
        pub(crate) refs: [Word64; WAYS],
        /// The line of the queue in which the order stands; 0 where there is no order.
        pub(crate) lines: [Word32; WAYS],
        pub(crate) qtys: [Word32; WAYS],
        pub(crate) arrivals: [Word32; WAYS],
        /// The orders that should be here and lie in another bucket: their count in the low half,
        /// in the high half the furthest that there was since there were none.
        pub(crate) displaced: Word32,
    }
}

const COUNT: u32 = 0xffff;

impl Bucket {
    /// The way of the order with this reference.
    #[inline(always)]
    pub(crate) fn way_of(&self, order_ref: u64) -> Option<u32> {
        let way = self.likely_way_of(order_ref);
        if self.is_at(way, order_ref) { Some(way) } else { self.way_among_left(order_ref) }
    }

    /// The same without a branch. At most one order has the reference, but places that orders left keep
    /// theirs: it is the right way unless such a place has it, too, or none has.
    #[inline(always)]
    pub(crate) fn likely_way_of(&self, order_ref: u64) -> u32 {
        let [one, two] = [1, 2].map(|way| self.refs[way].get() == order_ref);
        (u32::from(one) + 2 * u32::from(two)).min(2)
    }

    #[cold]
    fn way_among_left(&self, order_ref: u64) -> Option<u32> {
        (0..3).find(|&way| self.is_at(way, order_ref))
    }

    #[inline(always)]
    pub(crate) fn is_at(&self, way: u32, order_ref: u64) -> bool {
        let way = (way as usize).min(WAYS - 1);
        (self.refs[way].get() == order_ref) & (self.lines[way].get() != 0)
    }

    /// A way without an order.
    #[inline(always)]
    pub(crate) fn vacant(&self) -> Option<u32> {
        let [zero, one, two] = [0, 1, 2].map(|way| self.lines[way].get() == 0);
        let way = if one { 1 } else { 2 };
        (zero | one | two).then_some(if zero { 0 } else { way })
    }

    pub(crate) fn displace(&self, distance: u32) {
        let displaced = self.displaced.get();
        let furthest = (displaced >> 16).max(distance);
        self.displaced.set(furthest << 16 | ((displaced & COUNT) + 1));
    }

    pub(crate) fn undisplace(&self) {
        let left = self.displaced.get().wrapping_sub(1);
        self.displaced.set(if left & COUNT == 0 { 0 } else { left });
    }
}

/// The place of an order, and its bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderAt<'a> {
    pub(crate) slot: Slot,
    pub(crate) bucket: &'a Bucket,
    /// The bucket where it should be.
    pub(crate) home: u32,
}

impl OrderAt<'_> {
    #[inline(always)]
    pub(crate) fn way(&self) -> usize {
        self.slot.way()
    }

    #[inline(always)]
    pub(crate) fn order_ref(&self) -> OrderRef {
        OrderRef::new(self.bucket.refs[self.way()].get())
    }

    /// The line of the queue in which the order stands.
    #[inline(always)]
    pub(crate) fn line(&self) -> u32 {
        self.bucket.lines[self.way()].get()
    }

    #[inline(always)]
    pub(crate) fn qty(&self) -> u32 {
        self.bucket.qtys[self.way()].get()
    }

    #[inline(always)]
    pub(crate) fn arrival(&self) -> u32 {
        self.bucket.arrivals[self.way()].get()
    }

    #[inline(always)]
    pub(crate) fn set_qty(&self, qty: u32) {
        self.bucket.qtys[self.way()].set(qty);
    }
}
