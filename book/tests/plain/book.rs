//! One symbol.

use std::collections::{BTreeMap, VecDeque};

use wirebook_book::{
    FeedState, LastTrade, Level, Order, OrderRef, Price, Qty, QueuePosition, Side, Stamp, Symbol,
    Touch, Trade, TradingState,
};

/// One price of one side: a queue of orders, or a quantity that the feed set.
#[derive(Debug, Default)]
pub(crate) struct PlainLevel {
    pub(crate) queue: VecDeque<Order>,
    pub(crate) bare_qty: Qty,
}

impl PlainLevel {
    pub(crate) fn qty(&self) -> Qty {
        self.bare_qty + self.queue.iter().map(|order| order.qty).sum()
    }

    pub(crate) fn seen_at(&self, price: Price) -> Level {
        let orders = u32::try_from(self.queue.len()).expect("fewer orders than references");
        Level { price, qty: self.qty(), orders }
    }

    pub(crate) fn place_of(&self, order_ref: OrderRef) -> Option<usize> {
        self.queue.iter().position(|order| order.order_ref == order_ref)
    }
}

/// The book of one symbol and what is known of it.
#[derive(Debug, Default)]
pub(crate) struct PlainBook {
    sides: [BTreeMap<Price, PlainLevel>; 2],
    pub(crate) symbol: Symbol,
    /// A message concerned it.
    pub(crate) known: bool,
    pub(crate) suspect: bool,
    pub(crate) dead: bool,
    /// The feed sets its levels.
    pub(crate) bare: bool,
    pub(crate) last: Stamp,
    pub(crate) last_trade: Option<LastTrade>,
    pub(crate) volume: Qty,
    general: TradingState,
    halted_here: bool,
}

impl PlainBook {
    pub(crate) fn side(&self, side: Side) -> &BTreeMap<Price, PlainLevel> {
        &self.sides[side.index()]
    }

    pub(crate) fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, PlainLevel> {
        &mut self.sides[side.index()]
    }

    /// The levels of a side, best first.
    pub(crate) fn levels(&self, side: Side) -> Vec<Level> {
        let seen = self.side(side).iter().map(|(&price, level)| level.seen_at(price));
        match side {
            Side::Bid => seen.rev().collect(),
            Side::Ask => seen.collect(),
        }
    }

    pub(crate) fn best(&self, side: Side) -> Option<Level> {
        let best = match side {
            Side::Bid => self.side(side).last_key_value(),
            Side::Ask => self.side(side).first_key_value(),
        };
        best.map(|(&price, level)| level.seen_at(price))
    }

    pub(crate) fn touch(&self) -> Touch {
        let bid = self.best(Side::Bid).unwrap_or_default();
        let ask = self.best(Side::Ask).unwrap_or_default();
        Touch { bid_price: bid.price, bid_qty: bid.qty, ask_price: ask.price, ask_qty: ask.qty }
    }

    pub(crate) fn is_crossed(&self) -> bool {
        match (self.best(Side::Bid), self.best(Side::Ask)) {
            (Some(bid), Some(ask)) => bid.price >= ask.price,
            _ => false,
        }
    }

    /// All orders: bids from the lowest price, then asks, each queue from its head.
    pub(crate) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.sides.iter().flat_map(BTreeMap::values).flat_map(|level| &level.queue)
    }

    pub(crate) fn queue_position(&self, order: &Order) -> Option<QueuePosition> {
        let level = self.side(order.side).get(&order.price)?;
        let place = level.place_of(order.order_ref)?;
        let qty_ahead = level.queue.iter().take(place).map(|ahead| ahead.qty).sum();
        Some(QueuePosition { orders_ahead: u32::try_from(place).ok()?, qty_ahead })
    }

    /// A dead book shows that; else the feed's own trouble shows, and the book's after it.
    pub(crate) fn feed_state(&self, feed: FeedState) -> FeedState {
        match (self.dead, feed, self.suspect) {
            (true, ..) => FeedState::Dead,
            (false, FeedState::Live, true) => FeedState::Suspect,
            (false, feed, _) => feed,
        }
    }

    /// A halt, a pause or mere quotation everywhere shows over a halt on this market alone.
    pub(crate) fn trading_state(&self) -> TradingState {
        match self.general {
            TradingState::Unknown | TradingState::Trading if self.halted_here => {
                TradingState::OperationalHalt
            }
            general => general,
        }
    }

    pub(crate) fn set_trading_state(&mut self, state: TradingState) {
        self.known = true;
        if state == TradingState::OperationalHalt {
            self.halted_here = true;
        } else {
            self.general = state;
        }
    }

    pub(crate) fn end_operational_halt(&mut self) {
        self.known = true;
        self.halted_here = false;
    }

    pub(crate) fn note_trade(&mut self, at: Stamp, trade: &Trade) {
        self.known = true;
        self.last_trade = Some(LastTrade {
            price: trade.price,
            qty: trade.qty,
            match_no: trade.match_no,
            time: at.time,
            seq: at.seq,
        });
        if trade.printable {
            self.volume += trade.qty;
        }
    }
}
