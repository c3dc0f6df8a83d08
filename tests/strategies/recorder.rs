//! A strategy that writes down all that it is told, and trades by a simple rule if asked to.

use std::time::Duration;

use super::*;

/// What a strategy was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Book { seq: u64, locate: u16, time: Nanos, touch: [i64; 4], changed: Changed },
    Trade { seq: u64, qty: u64 },
    Trading { seq: u64, locate: u16, to: TradingState },
    Feed { locate: u16, from: FeedState, to: FeedState },
    Timer { now: Nanos, id: u32 },
    Stop,
}

impl Event {
    pub(crate) fn seq(&self) -> Option<u64> {
        match *self {
            Event::Book { seq, .. } | Event::Trade { seq, .. } | Event::Trading { seq, .. } => {
                Some(seq)
            }
            _ => None,
        }
    }

    /// As a line of the touch tape.
    pub(crate) fn tape_line(&self) -> Option<String> {
        let Event::Book { seq, locate, touch: [bid, bid_qty, ask, ask_qty], .. } = self else {
            return None;
        };
        Some(format!("{seq},{locate},{bid},{bid_qty},{ask},{ask_qty}\n"))
    }
}

/// Writes down all that it is told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) all: Option<Interest>,
    pub(crate) names: Vec<(Symbol, Interest)>,
    /// When to subscribe, if not at once.
    pub(crate) subscribe_at: Option<Nanos>,
    pub(crate) timers: Vec<(Nanos, u32)>,
    /// Trades at every so many-th update.
    pub(crate) trades_each: Option<u64>,
    pub(crate) events: Vec<Event>,
    /// When an answer came, and when its order was sent if it is open still.
    pub(crate) answers: Vec<(Nanos, Option<Nanos>, OrderEvent)>,
    pub(crate) sent: u64,
    /// Updates that were lost, and how long each update keeps it busy.
    pub(crate) lost: u64,
    pub(crate) busy: Duration,
    pub(crate) updates: u64,
}

/// The timer that subscribes.
const SUBSCRIBE: TimerId = TimerId(u32::MAX);

impl Recorder {
    pub(crate) fn of_all(interest: Interest) -> Recorder {
        Recorder { all: Some(interest), ..Recorder::default() }
    }

    pub(crate) fn of(symbol: Symbol, interest: Interest) -> Recorder {
        Recorder { names: vec![(symbol, interest)], ..Recorder::default() }
    }

    pub(crate) fn trader(each: u64) -> Recorder {
        Recorder { trades_each: Some(each), ..Recorder::of_all(Interest::EVERYTHING) }
    }

    fn subscribe(&self, ctx: &mut Context<'_>) {
        if let Some(interest) = self.all {
            ctx.subscribe_all(interest);
        }
        for &(symbol, interest) in &self.names {
            ctx.subscribe(symbol, interest);
        }
    }

    /// Takes, makes or cancels in turn.
    fn trade(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let (locate, turn) = (update.book.locate(), self.updates / 8);
        let side = if turn % 2 == 0 { Side::Bid } else { Side::Ask };
        let (own, other) =
            (update.book.touch().side(side), update.book.touch().side(side.opposite()));
        let open = ctx.open_orders(locate).next().map(|order| order.id);
        let limit = |(price, _)| NewOrder::limit(locate, side, price, Qty::new(100));
        let order = match (turn % 3, own, other, open) {
            (0, _, Some(other), _) => limit(other).immediate_or_cancel(),
            (1, Some(own), ..) => limit(own),
            (2, .., Some(id)) => {
                // It may wait for its cancellation already.
                let _ = ctx.cancel(id);
                return;
            }
            _ => return,
        };
        self.sent += u64::from(ctx.submit(order).is_ok());
    }
}

impl Strategy for Recorder {
    fn name(&self) -> &str {
        "recorder"
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) {
        match self.subscribe_at {
            Some(at) => assert!(ctx.set_timer(at, SUBSCRIBE)),
            None => self.subscribe(ctx),
        }
        for &(at, id) in &self.timers {
            assert!(ctx.set_timer(at, TimerId(id)));
        }
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let touch = update.book.touch();
        let [bid_qty, ask_qty] =
            [touch.bid_qty, touch.ask_qty].map(|qty| i64::try_from(qty.shares()).unwrap());
        assert_eq!(update.at.time, ctx.now());
        self.events.push(Event::Book {
            seq: update.at.seq.get(),
            locate: update.book.locate().get(),
            time: ctx.now(),
            touch: [touch.bid_price.units(), bid_qty, touch.ask_price.units(), ask_qty],
            changed: update.changed,
        });
        self.updates += 1;
        std::thread::sleep(self.busy);
        if self.trades_each.is_some_and(|each| self.updates.is_multiple_of(each)) {
            self.trade(ctx, update);
        }
    }

    fn on_lost(&mut self, ctx: &mut Context<'_>, updates: u64) {
        self.lost += updates;
        assert!(ctx.books().iter().all(|book| !book.feed_state().is_live()));
    }

    fn on_trade(&mut self, _: &mut Context<'_>, trade: &TradeEvent<'_>) {
        let qty = trade.trade.qty.shares();
        self.events.push(Event::Trade { seq: trade.at.seq.get(), qty });
    }

    fn on_trading_state(&mut self, _: &mut Context<'_>, change: &TradingStateChange) {
        let (seq, locate) = (change.at.seq.get(), change.locate.get());
        self.events.push(Event::Trading { seq, locate, to: change.to });
    }

    fn on_feed_state(&mut self, _: &mut Context<'_>, change: &FeedStateChange) {
        let locate = change.locate.get();
        self.events.push(Event::Feed { locate, from: change.from, to: change.to });
    }

    fn on_order(&mut self, ctx: &mut Context<'_>, event: &OrderEvent) {
        let sent_at = ctx.open_order(event.id).map(|order| order.sent_at);
        self.answers.push((ctx.now(), sent_at, *event));
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, timer: TimerId) {
        match timer {
            SUBSCRIBE => self.subscribe(ctx),
            TimerId(id) => self.events.push(Event::Timer { now: ctx.now(), id }),
        }
    }

    fn on_stop(&mut self, _: &mut Context<'_>) {
        self.events.push(Event::Stop);
    }
}
