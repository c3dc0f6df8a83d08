//! `orderbook-rs`: books that threads may change together, without locks.

use orderbook_rs::{Id, OrderBook, Side as Theirs, TimeInForce};
use pricelevel::{OrderUpdate, Quantity};
use wirebook::book::Side;

use crate::baseline::Operation;
use crate::peer::{Order, Peer, Touch, locate_max};

pub(crate) struct Books(Vec<OrderBook<()>>);

impl Books {
    fn book(&self, order: &Order) -> Option<&OrderBook<()>> {
        self.0.get(usize::from(order.locate))
    }
}

impl Peer for Books {
    fn new(operations: &[Operation]) -> Books {
        Books((0..=locate_max(operations)).map(|_| OrderBook::new("")).collect())
    }

    fn add(&mut self, order: &Order) -> Option<()> {
        let side = match order.side {
            Side::Bid => Theirs::Buy,
            Side::Ask => Theirs::Sell,
        };
        let (id, price, qty) =
            (Id::from_u64(order.order_ref), order.price.into(), order.qty.into());
        let book = self.book(order)?;
        book.add_limit_order(id, price, qty, side, TimeInForce::Gtc, None).ok().map(|_| ())
    }

    fn delete(&mut self, order: &Order) -> Option<()> {
        self.book(order)?.cancel_order(Id::from_u64(order.order_ref)).ok()?.map(|_| ())
    }

    fn reduce(&mut self, order: &Order) -> Option<()> {
        let (order_id, new_quantity) =
            (Id::from_u64(order.order_ref), Quantity::new(order.qty.into()));
        let update = OrderUpdate::UpdateQuantity { order_id, new_quantity };
        self.book(order)?.update_order(update).ok()?.map(|_| ())
    }

    fn touch(&self, locate: u16) -> Touch {
        let Some(book) = self.0.get(usize::from(locate)) else { return Touch::default() };
        let level = |price: Option<u128>, side| {
            let price = price.unwrap_or(0);
            let qty = book.visible_quantity_at_price(price, side).unwrap_or(0);
            (u64::try_from(price).unwrap_or(0), qty)
        };
        [level(book.best_bid(), Theirs::Buy), level(book.best_ask(), Theirs::Sell)]
    }
}
