//! Strategies of several kinds in one list, and one that implements nothing.

use strategy_api::{
    BookUpdate, Books, Changed, Context, Desk, DeskCapacity, FeedState, FeedStateChange, Interest,
    Limits, Locate, Nanos, OrderEvent, OrderId, OrderUpdate, Qty, Side, Stamp, Strategy, Symbol,
    TimerId, Trade, TradeEvent, TradeKind, TradingState, TradingStateChange,
};
use wirebook_book::{Capacity, MatchNo, Price};

struct Idle;

impl Strategy for Idle {}

/// Writes down its callbacks, through what it was lent.
struct Recorder<'a> {
    calls: &'a mut Vec<&'static str>,
}

impl Strategy for Recorder<'_> {
    fn name(&self) -> &str {
        "recorder"
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe(Symbol::UNKNOWN, Interest::EVERYTHING);
        self.calls.push("start");
    }

    fn on_book(&mut self, _: &mut Context<'_>, _: &BookUpdate<'_>) {
        self.calls.push("book");
    }

    fn on_trade(&mut self, _: &mut Context<'_>, _: &TradeEvent<'_>) {
        self.calls.push("trade");
    }

    fn on_trading_state(&mut self, _: &mut Context<'_>, _: &TradingStateChange) {
        self.calls.push("trading state");
    }

    fn on_feed_state(&mut self, _: &mut Context<'_>, _: &FeedStateChange) {
        self.calls.push("feed state");
    }

    fn on_order(&mut self, _: &mut Context<'_>, _: &OrderEvent) {
        self.calls.push("order");
    }

    fn on_timer(&mut self, _: &mut Context<'_>, _: TimerId) {
        self.calls.push("timer");
    }

    fn on_stop(&mut self, _: &mut Context<'_>) {
        self.calls.push("stop");
    }
}

/// Calls every callback once, as an engine generic over its strategy would.
fn call_all<S: Strategy>(strategy: &mut S) -> String {
    let books = Books::new(Capacity::SMALL).expect("room for small books");
    let capacity = DeskCapacity { locates: 4, open_orders: 1, commands: 1, timers: 1 };
    let mut desk = Desk::new(capacity, Limits::NONE);
    let mut ctx = Context::new(&books, &mut desk, Nanos::new(1));
    let (locate, at) = (Locate::new(1), Stamp::default());
    let book = books.book(locate).expect("a locate within the capacity");
    let trade = Trade {
        locate,
        kind: TradeKind::Hidden,
        resting: None,
        order_ref: None,
        price: Price::ZERO,
        qty: Qty::new(1),
        match_no: MatchNo::new(1),
        printable: true,
    };
    let event = OrderEvent {
        id: OrderId(0),
        locate,
        side: Side::Bid,
        update: OrderUpdate::Accepted,
        leaves: Qty::new(1),
        time: Nanos::new(1),
    };
    strategy.on_start(&mut ctx);
    let update = BookUpdate { book, changed: Changed::default(), change: None, at };
    strategy.on_book(&mut ctx, &update);
    strategy.on_trade(&mut ctx, &TradeEvent { book, trade: &trade, at });
    let (from, to) = (TradingState::Trading, TradingState::Halted);
    strategy.on_trading_state(&mut ctx, &TradingStateChange { locate, from, to, at });
    let (from, to) = (FeedState::Live, FeedState::Gapped);
    strategy.on_feed_state(&mut ctx, &FeedStateChange { locate, from, to, at });
    strategy.on_order(&mut ctx, &event);
    strategy.on_timer(&mut ctx, TimerId(1));
    strategy.on_stop(&mut ctx);
    strategy.name().to_owned()
}

#[test]
fn a_box_passes_every_callback_on() {
    let mut calls = Vec::new();
    let mut boxed: Box<dyn Strategy + '_> = Box::new(Recorder { calls: &mut calls });
    assert_eq!(call_all(&mut boxed), "recorder");
    drop(boxed);
    let all = ["start", "book", "trade", "trading state", "feed state", "order", "timer", "stop"];
    assert_eq!(calls, all);
}

#[test]
fn several_kinds_of_strategy_fit_in_one_list() {
    let mut calls = Vec::new();
    let mut list: Vec<Box<dyn Strategy + '_>> =
        vec![Box::new(Idle), Box::new(Recorder { calls: &mut calls })];
    let names: Vec<String> = list.iter_mut().map(call_all).collect();
    assert_eq!(names, ["strategy", "recorder"]);
}
