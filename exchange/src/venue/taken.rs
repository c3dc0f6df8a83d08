//! What simulated orders took of recorded ones.

use wirebook_book::{Locate, Order, OrderRef, Qty};

use super::fixed_map::{FixedMap, Key};

impl Key for OrderRef {
    fn number(self) -> u64 {
        self.get()
    }
}

/// What simulated orders took of recorded ones that are still in the book, so that no share is
/// taken twice. The recorded book does not know of it.
#[derive(Debug)]
pub(super) struct Taken {
    by_ref: FixedMap<OrderRef, Qty>,
    /// How many orders of a symbol were taken from: most symbols have none, which is seen
    /// without a search.
    of_symbol: Vec<u32>,
}

impl Taken {
    /// Room for `orders` recorded orders in symbols below `locates`.
    pub(super) fn new(orders: usize, locates: usize) -> Taken {
        Taken { by_ref: FixedMap::new(orders), of_symbol: vec![0; locates] }
    }

    /// Whether no order of the symbol was taken from.
    pub(super) fn is_empty_of(&self, locate: Locate) -> bool {
        self.of_symbol.get(locate.index()).is_none_or(|&orders| orders == 0)
    }

    /// What was taken of an order.
    pub(super) fn of(&self, locate: Locate, order_ref: OrderRef) -> Qty {
        if self.is_empty_of(locate) {
            return Qty::ZERO;
        }
        self.by_ref.get(order_ref).unwrap_or(Qty::ZERO)
    }

    /// What is left of a recorded order for simulated ones.
    pub(super) fn available(&self, order: &Order) -> Qty {
        order.qty - self.of(order.locate, order.order_ref)
    }

    /// Whether it can be remembered that an order was taken from.
    pub(super) fn has_room(&self, locate: Locate, order_ref: OrderRef) -> bool {
        let of_symbol = self.of_symbol.get(locate.index()).is_some();
        of_symbol && (!self.by_ref.is_full() || !self.of(locate, order_ref).is_zero())
    }

    /// Remembers that `qty` was taken. False, and nothing remembered, where there is no room.
    pub(super) fn take(&mut self, locate: Locate, order_ref: OrderRef, qty: Qty) -> bool {
        let before = self.of(locate, order_ref);
        let Some(orders) = self.of_symbol.get_mut(locate.index()) else { return false };
        if qty.is_zero() || !self.by_ref.insert(order_ref, before + qty) {
            return false;
        }
        *orders += u32::from(before.is_zero());
        true
    }

    /// The recording left `left` of an order: no more than that can have been taken, and of an
    /// order that is gone there is nothing to remember.
    pub(super) fn keep_within(&mut self, locate: Locate, order_ref: OrderRef, left: Qty) {
        let taken = self.of(locate, order_ref);
        if taken.is_zero() {
            return;
        }
        if left.is_zero() {
            self.forget(locate, order_ref);
        } else if left < taken {
            self.by_ref.insert(order_ref, left);
        }
    }

    /// An order was replaced: what was taken of it is taken of what came in its place.
    pub(super) fn carry_over(&mut self, locate: Locate, old: OrderRef, new: OrderRef, left: Qty) {
        let taken = self.of(locate, old);
        if !taken.is_zero() {
            self.forget(locate, old);
            self.take(locate, new, taken.min(left));
        }
    }

    /// The books were emptied.
    pub(super) fn clear(&mut self) {
        self.by_ref.clear();
        self.of_symbol.fill(0);
    }

    fn forget(&mut self, locate: Locate, order_ref: OrderRef) {
        if self.by_ref.remove(order_ref).is_some()
            && let Some(orders) = self.of_symbol.get_mut(locate.index())
        {
            *orders -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Locate = Locate::new(1);

    fn order(number: u64) -> OrderRef {
        OrderRef::new(number)
    }

    #[test]
    fn what_was_taken_shrinks_with_the_order_and_goes_with_it() {
        let mut taken = Taken::new(4, 2);
        assert!(taken.take(A, order(7), Qty::new(60)));
        taken.keep_within(A, order(7), Qty::new(70));
        assert_eq!(taken.of(A, order(7)), Qty::new(60));
        taken.keep_within(A, order(7), Qty::new(20));
        assert_eq!(taken.of(A, order(7)), Qty::new(20));
        taken.keep_within(A, order(7), Qty::ZERO);
        assert!(taken.is_empty_of(A));
        assert_eq!(taken.of(A, order(7)), Qty::ZERO);
    }

    #[test]
    fn a_replacement_inherits_what_was_taken() {
        let mut taken = Taken::new(1, 2);
        assert!(taken.take(A, order(7), Qty::new(60)));
        taken.carry_over(A, order(7), order(8), Qty::new(100));
        assert_eq!((taken.of(A, order(7)), taken.of(A, order(8))), (Qty::ZERO, Qty::new(60)));
        taken.carry_over(A, order(8), order(9), Qty::new(50));
        assert_eq!(taken.of(A, order(9)), Qty::new(50));
        taken.keep_within(A, order(9), Qty::ZERO);
        assert!(taken.is_empty_of(A));
    }

    #[test]
    fn a_full_table_takes_more_only_of_what_it_knows() {
        let mut taken = Taken::new(1, 2);
        assert!(taken.take(A, order(7), Qty::new(1)));
        assert!(taken.has_room(A, order(7)) && !taken.has_room(A, order(8)));
        assert!(taken.take(A, order(7), Qty::new(1)));
        assert!(!taken.take(A, order(8), Qty::new(1)));
        assert!(!taken.take(Locate::new(2), order(7), Qty::new(1)), "beyond the symbols held");
        assert_eq!(taken.of(A, order(7)), Qty::new(2));
        taken.clear();
        assert!(taken.is_empty_of(A) && taken.take(A, order(8), Qty::new(1)));
    }
}
