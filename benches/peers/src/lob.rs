//! `lobster`: a matching engine for one symbol.
//!
//! It cannot take a part off an order: what is left of one joins anew, at the end of its queue.

use lobster::{BookLevel, OrderBook, OrderEvent, OrderType};
use wirebook::book::Side;

use crate::baseline::Operation;
use crate::peer::{Order, Peer, Touch, locate_max};

pub(crate) struct Books(Vec<OrderBook>);

impl Books {
    fn book(&mut self, order: &Order) -> Option<&mut OrderBook> {
        self.0.get_mut(usize::from(order.locate))
    }
}

impl Peer for Books {
    fn new(operations: &[Operation]) -> Books {
        let count = 1 + usize::from(locate_max(operations));
        let orders = operations.len() / 4 / count;
        Books((0..count).map(|_| OrderBook::new(orders, 4, false)).collect())
    }

    fn add(&mut self, order: &Order) -> Option<()> {
        let side = match order.side {
            Side::Bid => lobster::Side::Bid,
            Side::Ask => lobster::Side::Ask,
        };
        let (id, qty, price) = (order.order_ref.into(), order.qty.into(), order.price.into());
        let event = self.book(order)?.execute(OrderType::Limit { id, side, qty, price });
        matches!(event, OrderEvent::Placed { .. }).then_some(())
    }

    fn delete(&mut self, order: &Order) -> Option<()> {
        let event = self.book(order)?.execute(OrderType::Cancel { id: order.order_ref.into() });
        matches!(event, OrderEvent::Canceled { .. }).then_some(())
    }

    fn reduce(&mut self, order: &Order) -> Option<()> {
        self.delete(order)?;
        self.add(order)
    }

    fn touch(&self, locate: u16) -> Touch {
        let Some(book) = self.0.get(usize::from(locate)) else { return Touch::default() };
        // The best levels of a depth are not always its first.
        let depth = book.depth(usize::from(u16::MAX));
        let best = |price: Option<u64>, levels: &[BookLevel]| {
            let level = levels.iter().find(|level| Some(level.price) == price);
            level.map_or((0, 0), |level| (level.price, level.qty))
        };
        [best(book.max_bid(), &depth.bids), best(book.min_ask(), &depth.asks)]
    }
}
