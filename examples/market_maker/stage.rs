//! A stage for tests of the strategy: one book, a desk, and a venue that does as the test says.

use strategy_api::{
    BookUpdate, Books, CancelReason, Changed, Command, Context, Desk, DeskCapacity, FeedState,
    FeedStateChange, Limits, Liquidity, Locate, MatchNo, Money, Nanos, NewOrder, OrderEvent,
    OrderId, OrderUpdate, Price, Qty, RejectReason, SeqNo, Side, Stamp, Strategy, Symbol,
    TimeInForce, Trade, TradeEvent, TradeKind, TradingState, TradingStateChange,
};

use crate::maker::MarketMaker;

pub(crate) const LOCATE: Locate = Locate::new(7);
const SECOND: u64 = Nanos::PER_SECOND;

/// A time of the test's day.
pub(crate) const fn at(hours: u64, minutes: u64, seconds: u64) -> Nanos {
    Nanos::new(((hours * 60 + minutes) * 60 + seconds) * SECOND)
}

pub(crate) struct Stage {
    pub(crate) maker: MarketMaker,
    pub(crate) desk: Desk,
    books: Books,
    now: Nanos,
    touch: [Option<i64>; 2],
}

impl Stage {
    /// A Live book of a symbol that trades, empty, at `now`.
    pub(crate) fn new(maker: MarketMaker, now: Nanos) -> Stage {
        let mut books = Books::new(wirebook_book::Capacity::SMALL).unwrap();
        books.set_feed_state(FeedState::Live);
        books.name(LOCATE, Symbol::new("TEST").unwrap()).unwrap();
        books.set_trading_state(LOCATE, TradingState::Trading).unwrap();
        let capacity = DeskCapacity { locates: 1 << 10, ..DeskCapacity::default() };
        let desk = Desk::new(capacity, Limits::NONE);
        let mut stage = Stage { maker, desk, books, now, touch: [None; 2] };
        stage.call(Strategy::on_start);
        stage
    }

    fn call(&mut self, callback: impl FnOnce(&mut MarketMaker, &mut Context<'_>)) {
        let mut ctx = Context::new(&self.books, &mut self.desk, self.now);
        callback(&mut self.maker, &mut ctx);
    }

    fn stamp(&self) -> Stamp {
        Stamp { seq: SeqNo::new(self.now.get()), time: self.now }
    }

    /// Lets time pass, with every timer that is due.
    pub(crate) fn wait_until(&mut self, then: Nanos) {
        while let Some(due) = self.desk.next_timer().filter(|&due| due <= then) {
            self.now = self.now.max(due);
            while let Some((_, timer)) = self.desk.take_timer(due) {
                self.call(|maker, ctx| maker.on_timer(ctx, timer));
            }
        }
        self.now = then;
    }

    /// The touch becomes this, in units of price.
    pub(crate) fn touch(&mut self, bid: i64, ask: i64) {
        let at = self.stamp();
        for (side, units) in Side::BOTH.into_iter().zip([bid, ask]) {
            if let Some(old) = self.touch[side.index()].replace(units) {
                let gone = Price::from_units(old);
                self.books.set_level(at, LOCATE, side, gone, Qty::ZERO).unwrap();
            }
        }
        for (side, units) in Side::BOTH.into_iter().zip([bid, ask]) {
            let price = Price::from_units(units);
            self.books.set_level(at, LOCATE, side, price, Qty::new(500)).unwrap();
        }
        let mut ctx = Context::new(&self.books, &mut self.desk, self.now);
        let book = self.books.book(LOCATE).unwrap();
        let changed = Changed { touch: true, level: true, order: false };
        self.maker.on_book(&mut ctx, &BookUpdate { book, changed, change: None, at });
    }

    /// A trade against an order on the `resting` side.
    pub(crate) fn trade(&mut self, resting: Side, units: i64, shares: u64) {
        let at = self.stamp();
        let trade = Trade {
            locate: LOCATE,
            kind: TradeKind::Execution,
            resting: Some(resting),
            order_ref: None,
            price: Price::from_units(units),
            qty: Qty::new(shares),
            match_no: MatchNo::default(),
            printable: true,
        };
        let mut ctx = Context::new(&self.books, &mut self.desk, self.now);
        let book = self.books.book(LOCATE).unwrap();
        self.maker.on_trade(&mut ctx, &TradeEvent { book, trade: &trade, at });
    }

    pub(crate) fn trading_state(&mut self, to: TradingState) {
        let (from, to) = self.books.set_trading_state(LOCATE, to).unwrap();
        let change = TradingStateChange { locate: LOCATE, from, to, at: self.stamp() };
        self.call(|maker, ctx| maker.on_trading_state(ctx, &change));
    }

    pub(crate) fn feed_state(&mut self, to: FeedState) {
        let from = self.books.feed_state();
        self.books.set_feed_state(to);
        let change = FeedStateChange { locate: LOCATE, from, to, at: self.stamp() };
        self.call(|maker, ctx| maker.on_feed_state(ctx, &change));
    }

    /// The venue accepts, replaces and cancels whatever it was asked to; what it was asked to.
    pub(crate) fn obey(&mut self) -> Vec<Command> {
        let mut all = Vec::new();
        loop {
            let commands: Vec<Command> = self.desk.commands().collect();
            if commands.is_empty() {
                return all;
            }
            for command in commands {
                all.push(command);
                self.carry_out(command);
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        let (id, update, leaves) = match command {
            Command::Submit(id, order) => (id, OrderUpdate::Accepted, order.qty),
            Command::Replace { id, price, qty, .. } => {
                (id, OrderUpdate::Replaced { price, leaves: qty }, qty)
            }
            Command::Cancel { id, .. } => {
                let qty = self.desk.open_order(id).unwrap().leaves;
                let reason = CancelReason::Requested;
                (id, OrderUpdate::Cancelled { qty, reason }, Qty::ZERO)
            }
        };
        self.answer(id, update, leaves);
    }

    /// The venue fills `shares` of an order at its price.
    pub(crate) fn fill(&mut self, id: OrderId, shares: u64, liquidity: Liquidity) {
        let order = *self.desk.open_order(id).unwrap();
        let qty = Qty::new(shares);
        let update = OrderUpdate::Filled { price: order.price, qty, liquidity, fee: Money::ZERO };
        self.answer(id, update, order.leaves - qty);
    }

    /// The venue refuses an order.
    pub(crate) fn reject(&mut self, id: OrderId) {
        self.answer(id, OrderUpdate::Rejected(RejectReason::Tick), Qty::ZERO);
    }

    fn answer(&mut self, id: OrderId, update: OrderUpdate, leaves: Qty) {
        let order = *self.desk.open_order(id).unwrap();
        let (locate, side, time) = (order.locate, order.side, self.now);
        let event = OrderEvent { id, locate, side, update, leaves, time };
        assert!(self.desk.apply(&event));
        self.call(|maker, ctx| maker.on_order(ctx, &event));
    }

    /// Orders that are open, bids first: side, price in units, shares.
    pub(crate) fn open(&self) -> Vec<(OrderId, Side, i64, u64)> {
        let orders = self.desk.open_orders(LOCATE);
        let mut open: Vec<_> = orders
            .map(|order| (order.id, order.side, order.price.units(), order.leaves.shares()))
            .collect();
        open.sort_by_key(|&(_, side, ..)| side.index());
        open
    }

    /// The one order among `commands` that takes liquidity.
    pub(crate) fn taking(commands: &[Command]) -> Option<(OrderId, NewOrder)> {
        let mut taking = commands.iter().filter_map(|command| match command {
            Command::Submit(id, order) => Some((*id, *order)),
            _ => None,
        });
        let is_taking = |(_, order): &(OrderId, NewOrder)| {
            order.time_in_force == TimeInForce::ImmediateOrCancel
        };
        taking.next().filter(|order| is_taking(order) && taking.next().is_none())
    }

    /// The venue cancels what is left of an order that takes liquidity.
    pub(crate) fn expire(&mut self, id: OrderId) {
        let qty = self.desk.open_order(id).unwrap().leaves;
        let reason = CancelReason::Immediate;
        self.answer(id, OrderUpdate::Cancelled { qty, reason }, Qty::ZERO);
    }
}
