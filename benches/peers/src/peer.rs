//! What is asked of other people's books.
//!
//! Their messages say more of an order than ITCH's do: whoever takes from one must name its symbol, and often its
//! price. So the orders that are live are kept beside each peer's books, the same for all.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use wirebook::book::Side;

use crate::baseline::Operation;

/// A price and a quantity of each side, bid first; zeros where a side is empty.
pub(crate) type Touch = [(u64, u64); 2];

/// An order as it rests.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    pub(crate) order_ref: u64,
    pub(crate) locate: u16,
    pub(crate) side: Side,
    pub(crate) qty: u32,
    pub(crate) price: u32,
}

/// Books of all symbols by somebody else. `None` where one refuses.
pub(crate) trait Peer {
    /// Books that have room for what will be done to them.
    fn new(operations: &[Operation]) -> Self;
    fn add(&mut self, order: &Order) -> Option<()>;
    fn delete(&mut self, order: &Order) -> Option<()>;
    /// The order has less than before, and something.
    fn reduce(&mut self, order: &Order) -> Option<()>;
    fn touch(&self, locate: u16) -> Touch;
}

/// A peer's books and the orders in them.
pub(crate) struct Played<P> {
    pub(crate) books: P,
    orders: HashMap<u64, Order, FxBuildHasher>,
}

impl<P: Peer> Played<P> {
    pub(crate) fn new(operations: &[Operation]) -> Played<P> {
        Played { books: P::new(operations), orders: HashMap::default() }
    }

    /// Applies every operation; how many were refused.
    #[inline(never)]
    pub(crate) fn run(&mut self, operations: &[Operation]) -> u64 {
        operations.iter().filter(|operation| self.apply(operation).is_none()).count() as u64
    }

    fn apply(&mut self, operation: &Operation) -> Option<()> {
        match *operation {
            Operation::Add { locate, side, order_ref, qty, price } => {
                self.add(Order { order_ref, locate, side, qty, price })
            }
            Operation::Reduce { order_ref, qty } => {
                let order = self.orders.get_mut(&order_ref)?;
                if order.qty == qty {
                    return self.delete(order_ref).map(|_| ());
                }
                order.qty -= qty;
                self.books.reduce(order)
            }
            Operation::Delete { order_ref } => self.delete(order_ref).map(|_| ()),
            Operation::Replace { old, new, qty, price } => {
                let order = self.delete(old)?;
                self.add(Order { order_ref: new, qty, price, ..order })
            }
        }
    }

    fn add(&mut self, order: Order) -> Option<()> {
        self.orders.insert(order.order_ref, order);
        self.books.add(&order)
    }

    fn delete(&mut self, order_ref: u64) -> Option<Order> {
        let order = self.orders.remove(&order_ref)?;
        self.books.delete(&order)?;
        Some(order)
    }

    /// The same number as `wirebook::replay::touch_checksum` gives for equal books.
    pub(crate) fn checksum(&self) -> u64 {
        let weighted = (0..=u16::MAX).map(|locate| {
            let [(bid, bid_qty), (ask, ask_qty)] = self.books.touch(locate);
            let sum = 3 * bid + 7 * ask + 5 * bid_qty + 11 * ask_qty;
            u64::from(locate).wrapping_mul(sum)
        });
        weighted.fold(0, u64::wrapping_add)
    }
}

/// The highest locate among the operations.
pub(crate) fn locate_max(operations: &[Operation]) -> u16 {
    let locate = |operation: &Operation| match operation {
        Operation::Add { locate, .. } => Some(*locate),
        _ => None,
    };
    operations.iter().filter_map(locate).max().unwrap_or(0)
}
