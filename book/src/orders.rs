//! The orders, found by their references.
//!
//! One hash table holds them: a bucket is a cache line with three orders, so that whoever has
//! found an order has it in the cache. An order stays where it was put until it leaves: nothing
//! is ever shifted, its place names it in its queue, and a search looks at no more than
//! [`REACH`] lines. A bucket knows how far orders of its own had to go, so that a search ends at
//! the first line in all but crowded places.
//!
//! References of one day rise in small steps, and what is added now is often removed in a
//! moment. Two neighbouring references therefore share a bucket.

use core::hint::select_unpredictable;

use crate::OrderRef;
use crate::bucket::{Bucket, WAYS};
use crate::region::{Plan, Region, RegionError, Table, Word32};

pub(crate) use crate::bucket::{OrderAt, Slot};

/// How many buckets, its own among them, an order may be put into: those that differ in the
/// lowest bits, one small page together. A table that is crowded to that point refuses the
/// order; with a third of all places in use, which is the most there can be, that takes
/// references that were made for the purpose.
const REACH: u32 = 64;

/// An order as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resting {
    pub(crate) order_ref: OrderRef,
    /// The line of the queue in which it stands.
    pub(crate) line: u32,
    pub(crate) qty: u32,
    pub(crate) arrival: u32,
}

/// Whether there is a place for an order to come.
pub(crate) enum Vacancy {
    /// Here.
    At(Slot),
    /// An order with the same reference is there.
    Taken(Slot),
    /// No.
    Full,
}

/// All orders.
#[derive(Debug)]
pub(crate) struct Orders {
    buckets: Table<Bucket>,
    capacity: u32,
    live: Word32,
}

impl Orders {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize = size_of::<Bucket>() << 8 | WAYS;

    /// A bucket for every order: fuller, too many orders lie elsewhere than at home.
    fn buckets(capacity: u32) -> usize {
        (capacity as usize).max(REACH as usize)
    }

    pub(crate) fn plan(plan: &mut Plan, capacity: u32) -> Result<(), RegionError> {
        plan.table::<Bucket>(Orders::buckets(capacity))
    }

    pub(crate) fn new(region: &mut Region, capacity: u32) -> Result<Orders, RegionError> {
        let buckets = region.carve(Orders::buckets(capacity))?;
        Ok(Orders { buckets, capacity, live: Word32::default() })
    }

    pub(crate) fn live(&self) -> u32 {
        self.live.get()
    }

    /// The bucket of a reference.
    ///
    /// References of one day rise, on some feeds one by one, on NASDAQ's by fours: two neighbours either way share a
    /// bucket, and 8,192 lie in four runs, one in each quarter of the table, so that what was added lately is near whatever
    /// the size of the table. The higher digits are folded in, so that references that leave out the lower ones spread, too.
    #[inline(always)]
    pub(crate) fn bucket(&self, order_ref: OrderRef) -> u32 {
        let mut folded = order_ref.get();
        folded ^= folded >> 13;
        folded ^= folded >> 26;
        let buckets = self.buckets.len() as u64;
        // The two lowest digits become the highest ones, as they are: folded, they could undo what they are added to.
        let quarter = order_ref.get().wrapping_mul(buckets >> 2);
        #[allow(clippy::cast_possible_truncation)] // a table has at most 2³² items
        let bucket = ((folded >> 3 ^ quarter) & (buckets - 1)) as u32;
        bucket
    }

    /// Asks for a bucket.
    #[inline(always)]
    pub(crate) fn prefetch(&self, bucket: u32) {
        self.buckets.prefetch(bucket);
    }

    /// Asks for the bucket beside the one of an order to come: there it goes if its own is full, and
    /// orders that come soon after it go there as likely.
    #[inline(always)]
    pub(crate) fn prefetch_beside(&self, home: u32) {
        self.buckets.prefetch(home ^ 1);
    }

    /// Where an order is and the line in which it stands, if its own bucket has it and no order that left had
    /// the same reference; else none. Without a branch.
    #[inline(always)]
    pub(crate) fn glance(&self, home: u32, order_ref: OrderRef) -> (Slot, u32) {
        let bucket = self.buckets.at(home);
        let way = bucket.likely_way_of(order_ref.get());
        let is_there = bucket.is_at(way, order_ref.get());
        let slot = Slot::new(home, way);
        (
            Slot::from_number(select_unpredictable(is_there, slot.number(), Slot::NONE.number())),
            select_unpredictable(is_there, bucket.lines[slot.way()].get(), 0),
        )
    }

    /// Asks for the buckets in which an order may be instead of its own.
    #[cold]
    pub(crate) fn prefetch_displaced(&self, home: u32) {
        if self.buckets.at(home).displaced.get() == 0 {
            return;
        }
        let furthest = (self.buckets.at(home).displaced.get() >> 16).clamp(1, REACH - 1);
        (1..=furthest).for_each(|distance| self.buckets.prefetch(home ^ distance));
    }

    /// Where a live order is: at `hint`, perhaps.
    #[inline(always)]
    pub(crate) fn find_from(&self, hint: Slot, order_ref: OrderRef) -> Option<Slot> {
        if hint != Slot::NONE {
            let (bucket, way) = (self.buckets.at(hint.bucket()), hint.way());
            let is_there =
                (bucket.refs[way].get() == order_ref.get()) & (bucket.lines[way].get() != 0);
            if is_there {
                return Some(hint);
            }
        }
        self.find(order_ref)
    }

    /// Where a live order is.
    #[inline(always)]
    pub(crate) fn find(&self, order_ref: OrderRef) -> Option<Slot> {
        let home = self.bucket(order_ref);
        let bucket = self.buckets.at(home);
        if let Some(way) = bucket.way_of(order_ref.get()) {
            Some(Slot::new(home, way))
        } else if bucket.displaced.get() == 0 {
            None
        } else {
            self.find_displaced(home, order_ref)
        }
    }

    #[cold]
    fn find_displaced(&self, home: u32, order_ref: OrderRef) -> Option<Slot> {
        let furthest = (self.buckets.at(home).displaced.get() >> 16).min(REACH - 1);
        (1..=furthest).map(|distance| home ^ distance).find_map(|at| {
            let way = self.buckets.at(at).way_of(order_ref.get())?;
            Some(Slot::new(at, way))
        })
    }

    /// A place and its bucket, of an order with this reference or for one.
    #[inline(always)]
    pub(crate) fn order_at(&self, slot: Slot, order_ref: OrderRef) -> OrderAt<'_> {
        let bucket = self.buckets.at(slot.bucket());
        OrderAt { slot, bucket, home: self.bucket(order_ref) }
    }

    /// Where an order could be put.
    #[inline(always)]
    pub(crate) fn vacancy(&self, order_ref: OrderRef) -> Vacancy {
        let home = self.bucket(order_ref);
        let bucket = self.buckets.at(home);
        let [zero, one, two] = [0, 1, 2].map(|way| bucket.refs[way].get() == order_ref.get());
        if (zero | one | two) | (bucket.displaced.get() != 0)
            && let Some(slot) = self.find(order_ref)
        {
            return Vacancy::Taken(slot);
        }
        if self.live.get() >= self.capacity {
            return Vacancy::Full;
        }
        match bucket.vacant() {
            Some(way) => Vacancy::At(Slot::new(home, way)),
            None => self.vacancy_elsewhere(home).map_or(Vacancy::Full, Vacancy::At),
        }
    }

    #[cold]
    fn vacancy_elsewhere(&self, home: u32) -> Option<Slot> {
        (1..REACH)
            .map(|distance| home ^ distance)
            .find_map(|at| self.buckets.at(at).vacant().map(|way| Slot::new(at, way)))
    }

    /// Puts an order where [`Orders::vacancy`] said.
    #[inline(always)]
    pub(crate) fn put(&self, place: OrderAt<'_>, order: Resting) {
        let (OrderAt { bucket, home, slot }, way) = (place, place.way());
        bucket.refs[way].set(order.order_ref.get());
        bucket.qtys[way].set(order.qty);
        bucket.arrivals[way].set(order.arrival);
        bucket.lines[way].set(order.line);
        self.live.set(self.live.get() + 1);
        if home != slot.bucket() {
            self.buckets.at(home).displace(home ^ slot.bucket());
        }
    }

    /// Takes an order away.
    #[inline(always)]
    pub(crate) fn remove(&self, place: OrderAt<'_>) {
        let (OrderAt { bucket, home, slot }, way) = (place, place.way());
        bucket.lines[way].set(0);
        self.live.set(self.live.get() - 1);
        if home != slot.bucket() {
            self.buckets.at(home).undisplace();
        }
    }

    /// The order in a slot.
    #[inline(always)]
    pub(crate) fn at(&self, slot: Slot) -> Resting {
        let (bucket, way) = (self.buckets.at(slot.bucket()), slot.way());
        Resting {
            order_ref: OrderRef::new(bucket.refs[way].get()),
            line: bucket.lines[way].get(),
            qty: bucket.qtys[way].get(),
            arrival: bucket.arrivals[way].get(),
        }
    }

    /// The line in which the order in a slot stands.
    #[inline(always)]
    pub(crate) fn line_of(&self, slot: Slot) -> u32 {
        self.buckets.at(slot.bucket()).lines[slot.way()].get()
    }

    /// Notes that an order now stands in another line.
    pub(crate) fn set_line(&self, slot: Slot, line: u32) {
        self.buckets.at(slot.bucket()).lines[slot.way()].set(line);
    }

    /// How many numbers of slots there are.
    pub(crate) fn slots_len(&self) -> usize {
        self.buckets.len() << 2
    }

    /// The order in the slot of a number that may be anything, where it can be one.
    pub(crate) fn resting_at(&self, number: u32) -> Option<Resting> {
        let slot = Slot::from_number(number);
        let is_slot = (number as usize) < self.slots_len() && number & 3 != 0;
        let order = is_slot.then(|| self.at(slot))?;
        (self.bucket(order.order_ref) ^ slot.bucket() < REACH).then_some(order)
    }

    /// Keeps the orders in slots of these numbers and forgets all others.
    pub(crate) fn recover(&self, is_live: impl Fn(u32) -> bool) {
        self.live.set(0);
        self.buckets.as_slice().iter().for_each(|bucket| {
            if bucket.displaced.get() != 0 {
                bucket.displaced.set(0);
            }
        });
        let buckets = self.buckets.as_slice().iter().zip(0..);
        for (bucket, at) in buckets {
            for (line, way) in bucket.lines.iter().zip(0..).filter(|(line, _)| line.get() != 0) {
                let slot = Slot::new(at, way);
                if !is_live(slot.number()) {
                    line.set(0);
                    continue;
                }
                self.live.set(self.live.get() + 1);
                let home = self.bucket(self.at(slot).order_ref);
                if home != at {
                    self.buckets.at(home).displace(home ^ at);
                }
            }
        }
    }

    /// The same table for a reader: what only the writer needs to know is left out.
    pub(crate) fn share(&self) -> Orders {
        Orders { buckets: self.buckets.clone(), capacity: self.capacity, live: Word32::default() }
    }

    pub(crate) fn clear(&self) {
        for bucket in self.buckets.as_slice() {
            bucket.lines.iter().for_each(|line| line.set(0));
            bucket.displaced.set(0);
        }
        self.live.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(capacity: u32) -> Orders {
        let mut plan = Plan::default();
        Orders::plan(&mut plan, capacity).unwrap();
        Orders::new(&mut Region::anonymous(plan).unwrap(), capacity).unwrap()
    }

    fn put(orders: &mut Orders, order_ref: u64) -> bool {
        let order_ref = OrderRef::new(order_ref);
        assert!(orders.find(order_ref).is_none());
        let Vacancy::At(slot) = orders.vacancy(order_ref) else { return false };
        orders.put(
            orders.order_at(slot, order_ref),
            Resting { order_ref, line: 1, qty: 1, arrival: 0 },
        );
        true
    }

    fn remove(orders: &mut Orders, order_ref: u64) {
        let order_ref = OrderRef::new(order_ref);
        let slot = orders.find(order_ref).unwrap();
        orders.remove(orders.order_at(slot, order_ref));
    }

    fn has(orders: &Orders, order_ref: u64) -> bool {
        let found = orders.find(OrderRef::new(order_ref));
        found.is_some_and(|slot| orders.at(slot).order_ref.get() == order_ref)
    }

    /// References that share one bucket of a table.
    fn crowd(orders: &Orders, count: usize) -> Vec<u64> {
        let wanted = orders.bucket(OrderRef::new(4));
        let same = |&r: &u64| orders.bucket(OrderRef::new(r)) == wanted;
        (0..).step_by(2).filter(same).take(count).collect()
    }

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        const CAPACITY: u64 = 1 << 12;
        let mut orders = orders(1 << 12);
        for round in 0..3u64 {
            let first = round * 1_000_003;
            for order_ref in first..first + CAPACITY {
                assert!(put(&mut orders, order_ref));
            }
            assert!(matches!(orders.vacancy(OrderRef::new(u64::MAX)), Vacancy::Full));
            assert!(matches!(orders.vacancy(OrderRef::new(first)), Vacancy::Taken(_)));
            assert!((first..first + CAPACITY).all(|r| has(&orders, r)));
            assert!(!has(&orders, first + CAPACITY) && !has(&orders, u64::MAX));
            for order_ref in (first..first + CAPACITY).step_by(2) {
                remove(&mut orders, order_ref);
            }
            assert!(
                (first..first + CAPACITY).all(|r| has(&orders, r) != (r - first).is_multiple_of(2))
            );
            for order_ref in (first + 1..first + CAPACITY).step_by(2) {
                remove(&mut orders, order_ref);
            }
        }
        assert_eq!(orders.live(), 0);
        let left =
            |b: &Bucket| b.displaced.get() != 0 || b.lines.iter().any(|line| line.get() != 0);
        assert!(!orders.buckets.as_slice().iter().any(left));
    }

    #[test]
    fn neighbours_by_ones_and_by_fours_share_buckets_and_all_find_room_at_home() {
        let firsts = [3, 5_000_001, (1 << 40) + 2];
        for (step, first) in [1, 4].into_iter().flat_map(|step| firsts.map(|first| (step, first))) {
            for capacity in (6..18).map(|bits| 1 << bits) {
                let mut orders = orders(capacity);
                for order_ref in (first..).step_by(step).take(capacity as usize) {
                    assert!(put(&mut orders, order_ref), "{order_ref} of {capacity} by {step}");
                }
                let buckets = orders.buckets.as_slice().iter();
                let is_used = |b: &&Bucket| b.lines.iter().any(|line| line.get() != 0);
                let used = buckets.clone().filter(is_used).count();
                assert!(used <= capacity as usize * 9 / 16 + 4, "{used} of {capacity} by {step}");
                let displaced: u32 = buckets.map(|bucket| bucket.displaced.get() & 0xffff).sum();
                assert_eq!(displaced, 0, "from {first} by {step} with room for {capacity}");
            }
        }
    }

    #[test]
    fn a_crowded_neighbourhood_refuses_and_recovers() {
        let mut orders = orders(1 << 10);
        let crowd = crowd(&orders, WAYS * REACH as usize + 1);
        let (last, rest) = crowd.split_last().unwrap();
        for &order_ref in rest {
            assert!(put(&mut orders, order_ref));
        }
        assert!(!put(&mut orders, *last), "every bucket in reach is full");
        assert!(rest.iter().all(|&r| has(&orders, r)) && !has(&orders, *last));
        remove(&mut orders, rest[WAYS]);
        assert!(put(&mut orders, *last) && has(&orders, *last));
    }

    #[test]
    fn the_reference_zero_is_a_reference() {
        let mut orders = orders(64);
        assert!(!has(&orders, 0));
        assert!(put(&mut orders, 0) && has(&orders, 0));
        remove(&mut orders, 0);
        assert!(!has(&orders, 0));
        orders.clear();
        assert!(put(&mut orders, 0));
    }
}
