//! `lobster`: a matching engine for one symbol.
//!
//! It cannot take a part off an order: what is left of one joins anew, at the end of its queue.

use lobster::{BookLevel, OrderBook, OrderEvent, OrderType};
use wirebook::book::Side;

use crate::baseline::Operation;
use crate::peer::{Known, KnownOrders, Peer, Touch, locate_max};

pub(crate) struct Books {
    books: Vec<OrderBook>,
    orders: KnownOrders,
}

fn side(side: Side) -> lobster::Side {
    match side {
        Side::Bid => lobster::Side::Bid,
        Side::Ask => lobster::Side::Ask,
    }
}

impl Peer for Books {
    fn new(operations: &[Operation]) -> Books {
        let count = 1 + usize::from(locate_max(operations));
        let orders = operations.len() / 4 / count;
        let books = (0..count).map(|_| OrderBook::new(orders, 4, false)).collect();
        Books { books, orders: KnownOrders::default() }
    }

    #[inline(never)]
    fn run(&mut self, operations: &[Operation]) -> u64 {
        operations.iter().filter(|operation| self.apply(operation).is_none()).count() as u64
    }

    fn touch(&self, locate: u16) -> Touch {
        let Some(book) = self.books.get(usize::from(locate)) else { return Touch::default() };
        // The best levels of a depth are not always its first.
        let depth = book.depth(usize::from(u16::MAX));
        let best = |price: Option<u64>, levels: &[BookLevel]| {
            let level = levels.iter().find(|level| Some(level.price) == price);
            level.map_or((0, 0), |level| (level.price, level.qty))
        };
        [best(book.max_bid(), &depth.bids), best(book.min_ask(), &depth.asks)]
    }
}

impl Books {
    fn apply(&mut self, operation: &Operation) -> Option<()> {
        match *operation {
            Operation::Add { locate, side, order_ref, qty, price } => {
                self.add(order_ref, Known { locate, side, qty, price })
            }
            Operation::Reduce { order_ref, qty } => {
                let order = self.delete(order_ref)?;
                match order.qty - qty {
                    0 => Some(()),
                    left => self.add(order_ref, Known { qty: left, ..order }),
                }
            }
            Operation::Delete { order_ref } => self.delete(order_ref).map(|_| ()),
            Operation::Replace { old, new, qty, price } => {
                let order = self.delete(old)?;
                self.add(new, Known { qty, price, ..order })
            }
        }
    }

    fn add(&mut self, order_ref: u64, order: Known) -> Option<()> {
        let Known { locate, qty, price, .. } = order;
        self.orders.insert(order_ref, order);
        let (id, qty, price) = (order_ref.into(), qty.into(), price.into());
        let limit = OrderType::Limit { id, side: side(order.side), qty, price };
        let event = self.books.get_mut(usize::from(locate))?.execute(limit);
        matches!(event, OrderEvent::Placed { .. }).then_some(())
    }

    fn delete(&mut self, order_ref: u64) -> Option<Known> {
        let order = self.orders.remove(&order_ref)?;
        let cancel = OrderType::Cancel { id: order_ref.into() };
        let event = self.books.get_mut(usize::from(order.locate))?.execute(cancel);
        matches!(event, OrderEvent::Canceled { .. }).then_some(order)
    }
}
