//! What anybody would write first: a `BTreeMap` of prices for each side, a hash map of orders.
//!
//! It keeps less than the books do (no queues, no counts, no states) and decodes nothing: its
//! operations are prepared beforehand. It trusts its input, which the books have checked.

use std::collections::{BTreeMap, HashMap};

use rustc_hash::FxBuildHasher;
use wirebook::book::Side;
use wirebook::ingest::itch::{self, Message};
use wirebook::ingest::mold::Messages;

/// One decoded message.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Add { locate: u16, side: Side, order_ref: u64, qty: u32, price: u32 },
    Reduce { order_ref: u64, qty: u32 },
    Delete { order_ref: u64 },
    Replace { old: u64, new: u64, qty: u32, price: u32 },
}

/// All operations among the messages.
pub(crate) fn operations(messages: Messages<'_>) -> Vec<Operation> {
    messages.filter_map(|bytes| operation(&itch::parse(bytes).ok()?)).collect()
}

fn operation(message: &Message<'_>) -> Option<Operation> {
    let qty = |qty: wirebook::book::Qty| u32::try_from(qty.shares()).ok();
    let price = |price: wirebook::book::Price| u32::try_from(price.units()).ok();
    Some(match message {
        Message::AddOrder(m) => Operation::Add {
            locate: m.locate().get(),
            side: m.side().ok()?,
            order_ref: m.order_ref().get(),
            qty: qty(m.qty())?,
            price: price(m.price())?,
        },
        Message::AddOrderAttributed(m) => Operation::Add {
            locate: m.locate().get(),
            side: m.side().ok()?,
            order_ref: m.order_ref().get(),
            qty: qty(m.qty())?,
            price: price(m.price())?,
        },
        Message::OrderExecuted(m) => {
            Operation::Reduce { order_ref: m.order_ref().get(), qty: qty(m.executed())? }
        }
        Message::OrderExecutedWithPrice(m) => {
            Operation::Reduce { order_ref: m.order_ref().get(), qty: qty(m.executed())? }
        }
        Message::OrderCancel(m) => {
            Operation::Reduce { order_ref: m.order_ref().get(), qty: qty(m.cancelled())? }
        }
        Message::OrderDelete(m) => Operation::Delete { order_ref: m.order_ref().get() },
        Message::OrderReplace(m) => Operation::Replace {
            old: m.old_ref().get(),
            new: m.new_ref().get(),
            qty: qty(m.qty())?,
            price: price(m.price())?,
        },
        _ => return None,
    })
}

struct Order {
    locate: u16,
    side: Side,
    qty: u32,
    price: u32,
}

/// The baseline's books.
pub(crate) struct Baseline {
    orders: HashMap<u64, Order, FxBuildHasher>,
    levels: Vec<[BTreeMap<u32, u64>; 2]>,
}

impl Baseline {
    pub(crate) fn new() -> Baseline {
        let levels = (0..=u16::MAX).map(|_| [BTreeMap::new(), BTreeMap::new()]).collect();
        Baseline { orders: HashMap::default(), levels }
    }

    #[inline(never)]
    pub(crate) fn run(&mut self, operations: &[Operation]) {
        for &operation in operations {
            match operation {
                Operation::Add { locate, side, order_ref, qty, price } => {
                    self.add(order_ref, Order { locate, side, qty, price });
                }
                Operation::Reduce { order_ref, qty } => self.reduce(order_ref, qty),
                Operation::Delete { order_ref } => {
                    self.delete(order_ref);
                }
                Operation::Replace { old, new, qty, price } => {
                    if let Some(Order { locate, side, .. }) = self.delete(old) {
                        self.add(new, Order { locate, side, qty, price });
                    }
                }
            }
        }
    }

    fn level(&mut self, locate: u16, side: Side) -> &mut BTreeMap<u32, u64> {
        &mut self.levels[usize::from(locate)][side.index()]
    }

    fn add(&mut self, order_ref: u64, order: Order) {
        *self.level(order.locate, order.side).entry(order.price).or_default() +=
            u64::from(order.qty);
        self.orders.insert(order_ref, order);
    }

    fn reduce(&mut self, order_ref: u64, qty: u32) {
        let Some(order) = self.orders.get_mut(&order_ref) else { return };
        if order.qty == qty {
            self.delete(order_ref);
            return;
        }
        order.qty -= qty;
        let (locate, side, price) = (order.locate, order.side, order.price);
        if let Some(total) = self.level(locate, side).get_mut(&price) {
            *total -= u64::from(qty);
        }
    }

    fn delete(&mut self, order_ref: u64) -> Option<Order> {
        let order = self.orders.remove(&order_ref)?;
        let level = self.level(order.locate, order.side);
        if let Some(total) = level.get_mut(&order.price) {
            *total -= u64::from(order.qty);
            if *total == 0 {
                level.remove(&order.price);
            }
        }
        Some(order)
    }

    /// The same number as `wirebook::replay::touch_checksum` gives for equal books.
    pub(crate) fn checksum(&self) -> u64 {
        let weighted = (0u64..).zip(&self.levels).map(|(locate, [bids, asks])| {
            let (bid, bid_qty) = bids.last_key_value().map_or((0, 0), |(&p, &q)| (p, q));
            let (ask, ask_qty) = asks.first_key_value().map_or((0, 0), |(&p, &q)| (p, q));
            let prices = 3 * u64::from(bid) + 7 * u64::from(ask);
            locate.wrapping_mul(prices + 5 * bid_qty + 11 * ask_qty)
        });
        weighted.fold(0, u64::wrapping_add)
    }
}
