//! `orderbook-rs`: books that threads may change together, without locks.

use orderbook_rs::{Id, OrderBook, Side as Theirs, TimeInForce};
use pricelevel::{OrderUpdate, Quantity};
use wirebook::book::Side;

use crate::baseline::Operation;
use crate::peer::{Known, KnownOrders, Peer, Touch, locate_max};

pub(crate) struct Books {
    books: Vec<OrderBook<()>>,
    orders: KnownOrders,
}

fn side(side: Side) -> Theirs {
    match side {
        Side::Bid => Theirs::Buy,
        Side::Ask => Theirs::Sell,
    }
}

impl Peer for Books {
    fn new(operations: &[Operation]) -> Books {
        let books = (0..=locate_max(operations)).map(|_| OrderBook::new("")).collect();
        Books { books, orders: KnownOrders::default() }
    }

    #[inline(never)]
    fn run(&mut self, operations: &[Operation]) -> u64 {
        operations.iter().filter(|operation| self.apply(operation).is_none()).count() as u64
    }

    fn touch(&self, locate: u16) -> Touch {
        let Some(book) = self.books.get(usize::from(locate)) else { return Touch::default() };
        let level = |price: Option<u128>, side| {
            let price = price.unwrap_or(0);
            let qty = book.visible_quantity_at_price(price, side).unwrap_or(0);
            (u64::try_from(price).unwrap_or(0), qty)
        };
        [level(book.best_bid(), Theirs::Buy), level(book.best_ask(), Theirs::Sell)]
    }
}

impl Books {
    fn apply(&mut self, operation: &Operation) -> Option<()> {
        match *operation {
            Operation::Add { locate, side, order_ref, qty, price } => {
                self.add(order_ref, Known { locate, side, qty, price })
            }
            Operation::Reduce { order_ref, qty } => self.reduce(order_ref, qty),
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
        let book = self.books.get(usize::from(locate))?;
        let (id, gtc) = (Id::from_u64(order_ref), TimeInForce::Gtc);
        let added = book.add_limit_order(id, price.into(), qty.into(), side(order.side), gtc, None);
        added.ok().map(|_| ())
    }

    fn reduce(&mut self, order_ref: u64, qty: u32) -> Option<()> {
        let order = self.orders.get_mut(&order_ref)?;
        if order.qty == qty {
            return self.delete(order_ref).map(|_| ());
        }
        order.qty -= qty;
        let new_quantity = Quantity::new(order.qty.into());
        let update =
            OrderUpdate::UpdateQuantity { order_id: Id::from_u64(order_ref), new_quantity };
        self.books.get(usize::from(order.locate))?.update_order(update).ok()?.map(|_| ())
    }

    fn delete(&mut self, order_ref: u64) -> Option<Known> {
        let order = self.orders.remove(&order_ref)?;
        let book = self.books.get(usize::from(order.locate))?;
        book.cancel_order(Id::from_u64(order_ref)).ok()??;
        Some(order)
    }
}
