//! Simulated orders that rest, in the order in which they are filled.

use strategy_api::OrderId;
use wirebook_book::{Arrival, Locate, Price, Qty, Side};

use super::Seat;
use super::fixed_map::{FixedMap, Key};

/// Whether `price` comes before `other` on a side.
pub(super) fn outranks(side: Side, price: Price, other: Price) -> bool {
    match side {
        Side::Bid => price > other,
        Side::Ask => price < other,
    }
}

/// Whether an order of a side with a limit may trade at a price.
pub(super) fn reaches(side: Side, limit: Price, price: Price) -> bool {
    !outranks(side, price, limit)
}

/// Which simulated order, and where it belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ticket {
    pub(super) seat: Seat,
    pub(super) id: OrderId,
    pub(super) locate: Locate,
    pub(super) side: Side,
}

/// A simulated order that rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Resting {
    pub(super) ticket: Ticket,
    pub(super) price: Price,
    pub(super) leaves: Qty,
    pub(super) post_only: bool,
    /// The arrival of the first recorded order behind it: those that arrived before are ahead.
    pub(super) joined: Arrival,
    /// What recorded orders ahead of it at its price have left.
    pub(super) ahead: Qty,
}

impl Resting {
    /// Whether it is filled before a recorded order of its side.
    pub(super) fn is_ahead_of(&self, price: Price, arrival: Arrival) -> bool {
        let level = self.price == price && !arrival.is_before(self.joined);
        level || outranks(self.ticket.side, self.price, price)
    }
}

/// The index of a slot; [`NONE`] is none.
pub(super) type Index = u32;
pub(super) const NONE: Index = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    order: Option<Resting>,
    /// The order that is filled next after this one; in a free slot, the next free one.
    next: Index,
    prev: Index,
}

/// The two ends of the orders of one side of one symbol.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: Index,
    last: Index,
}

type Name = (Seat, OrderId);

impl Key for Name {
    fn number(self) -> u64 {
        // Orders of one seat differ in low bits; the seat goes where theirs seldom reach.
        self.1.0 ^ u64::from(self.0.0) << 48
    }
}

/// Simulated orders that rest: for each side of each symbol a chain in order of price, then of
/// time. To insert one takes time in proportion to those of its side that are filled after it.
#[derive(Debug)]
pub(super) struct RestingOrders {
    slots: Vec<Slot>,
    free: Index,
    chains: Vec<[Chain; 2]>,
    by_name: FixedMap<Name, Index>,
}

impl RestingOrders {
    pub(super) fn new(capacity: usize, locates: usize) -> RestingOrders {
        let mut slots = vec![Slot { order: None, next: NONE, prev: NONE }; capacity];
        for (slot, next) in slots.iter_mut().zip(1..) {
            slot.next = next;
        }
        let chains = vec![[Chain { first: NONE, last: NONE }; 2]; locates];
        RestingOrders { slots, free: 0, chains, by_name: FixedMap::new(capacity) }
    }

    pub(super) fn is_full(&self) -> bool {
        self.by_name.is_full()
    }

    /// Whether orders of a symbol can rest here at all.
    pub(super) fn holds(&self, locate: Locate) -> bool {
        locate.index() < self.chains.len()
    }

    /// Whether no order rests in a symbol. One cache line, whatever the number of orders.
    #[inline]
    pub(super) fn is_empty_of(&self, locate: Locate) -> bool {
        self.chains
            .get(locate.index())
            .is_none_or(|[bids, asks]| bids.first == NONE && asks.first == NONE)
    }

    pub(super) fn find(&self, seat: Seat, id: OrderId) -> Option<Index> {
        self.by_name.get((seat, id))
    }

    pub(super) fn get(&self, index: Index) -> Option<&Resting> {
        self.slots.get(index as usize)?.order.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: Index) -> Option<&mut Resting> {
        self.slots.get_mut(index as usize)?.order.as_mut()
    }

    /// The order of a side that is filled first, with its index.
    pub(super) fn first(&self, locate: Locate, side: Side) -> Option<(Index, &Resting)> {
        let first = self.chains.get(locate.index())?.get(side.index())?.first;
        Some((first, self.get(first)?))
    }

    /// The order that is filled next after another, with its index.
    pub(super) fn after(&self, index: Index) -> Option<(Index, &Resting)> {
        let next = self.slots.get(index as usize)?.next;
        Some((next, self.get(next)?))
    }

    /// The order that is filled just before another.
    pub(super) fn before(&self, index: Index) -> Option<(Index, &Resting)> {
        let prev = self.slots.get(index as usize)?.prev;
        Some((prev, self.get(prev)?))
    }

    /// The indices of all orders that rest, in no particular order.
    pub(super) fn indices(&self) -> impl Iterator<Item = Index> + use<> {
        0..Index::try_from(self.slots.len()).unwrap_or(NONE)
    }

    /// Puts an order behind all others at its price. False where there is no room, or an order
    /// of that name.
    pub(super) fn insert(&mut self, order: Resting) -> bool {
        let index = self.free;
        let Resting { ticket: Ticket { seat, id, locate, side }, price, .. } = order;
        let Some(&slot) = self.slots.get(index as usize) else { return false };
        let Some(&chain) = self.chains.get(locate.index()).and_then(|c| c.get(side.index())) else {
            return false;
        };
        if self.find(seat, id).is_some() || !self.by_name.insert((seat, id), index) {
            return false;
        }
        let mut prev = chain.last;
        while self.get(prev).is_some_and(|other| outranks(side, price, other.price)) {
            prev = self.slots.get(prev as usize).map_or(NONE, |slot| slot.prev);
        }
        let next = self.slots.get(prev as usize).map_or(chain.first, |slot| slot.next);
        self.free = slot.next;
        self.link(locate, side, prev, index);
        self.link(locate, side, index, next);
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.order = Some(order);
        }
        true
    }

    /// Takes an order out.
    pub(super) fn remove(&mut self, index: Index) -> Option<Resting> {
        let Slot { order, next, prev } = *self.slots.get(index as usize)?;
        let order = order?;
        let Ticket { seat, id, locate, side } = order.ticket;
        self.by_name.remove((seat, id));
        self.link(locate, side, prev, next);
        let free = self.free;
        *self.slots.get_mut(index as usize)? = Slot { order: None, next: free, prev: NONE };
        self.free = index;
        Some(order)
    }

    /// Makes two orders neighbours; none stands for the end of the chain.
    fn link(&mut self, locate: Locate, side: Side, prev: Index, next: Index) {
        let Some([bids, asks]) = self.chains.get_mut(locate.index()) else { return };
        let chain = if side == Side::Bid { bids } else { asks };
        match self.slots.get_mut(prev as usize) {
            Some(slot) => slot.next = next,
            None => chain.first = next,
        }
        match self.slots.get_mut(next as usize) {
            Some(slot) => slot.prev = prev,
            None => chain.last = prev,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(seat: u16, id: u64, side: Side, units: i64) -> Resting {
        let (seat, id, locate) = (Seat(seat), OrderId(id), Locate::new(1));
        Resting {
            ticket: Ticket { seat, id, locate, side },
            price: Price::from_units(units),
            leaves: Qty::new(1),
            post_only: false,
            joined: Arrival::default(),
            ahead: Qty::ZERO,
        }
    }

    fn chain(orders: &RestingOrders, side: Side) -> Vec<u64> {
        let first = orders.first(Locate::new(1), side);
        let all = std::iter::successors(first, |&(index, _)| orders.after(index));
        all.map(|(_, order)| order.ticket.id.0).collect()
    }

    #[test]
    fn better_prices_come_first_then_earlier_orders() {
        let mut orders = RestingOrders::new(8, 2);
        for (id, units) in [(1, 100), (2, 102), (3, 100), (4, 101), (5, 102)] {
            assert!(orders.insert(order(0, id, Side::Bid, units)));
        }
        assert_eq!(chain(&orders, Side::Bid), [2, 5, 4, 1, 3]);
        for (id, units) in [(6, 200), (7, 199), (8, 200)] {
            assert!(orders.insert(order(0, id, Side::Ask, units)));
        }
        assert_eq!(chain(&orders, Side::Ask), [7, 6, 8]);
        assert!(orders.is_full() && !orders.insert(order(0, 9, Side::Ask, 1)));
    }

    #[test]
    fn two_seats_may_use_the_same_number() {
        let mut orders = RestingOrders::new(4, 2);
        assert!(orders.insert(order(0, 1, Side::Bid, 100)));
        assert!(orders.insert(order(1, 1, Side::Bid, 100)));
        assert!(!orders.insert(order(1, 1, Side::Ask, 100)));
        let index = orders.find(Seat(1), OrderId(1)).unwrap();
        assert_eq!(orders.get(index).unwrap().ticket.seat, Seat(1));
        assert_eq!(orders.before(index).unwrap().1.ticket.seat, Seat(0));
        assert!(orders.is_empty_of(Locate::new(0)) && !orders.is_empty_of(Locate::new(1)));
        assert!(orders.is_empty_of(Locate::new(9)), "beyond the capacity there is nothing");
    }

    proptest! {
        #[test]
        fn agrees_with_a_sorted_list(
            ops in prop::collection::vec((any::<bool>(), 0i64..4, any::<prop::sample::Index>()), 1..150),
        ) {
            let mut orders = RestingOrders::new(6, 2);
            let mut list: Vec<Resting> = Vec::new();
            for (id, (insert, units, pick)) in (1..).zip(ops) {
                if insert {
                    let new = order(0, id, Side::Bid, units);
                    prop_assert_eq!(orders.insert(new), list.len() < 6);
                    if list.len() < 6 {
                        let at = list.partition_point(|other| other.price >= new.price);
                        list.insert(at, new);
                    }
                } else if !list.is_empty() {
                    let gone = list.remove(pick.index(list.len()));
                    let index = orders.find(gone.ticket.seat, gone.ticket.id).unwrap();
                    prop_assert_eq!(orders.remove(index), Some(gone));
                    prop_assert_eq!(orders.find(gone.ticket.seat, gone.ticket.id), None);
                }
                let expected: Vec<u64> = list.iter().map(|order| order.ticket.id.0).collect();
                prop_assert_eq!(chain(&orders, Side::Bid), expected);
            }
        }
    }
}
