//! Strategies that panic, and such that do not stop when the day does.

use super::*;

/// The callbacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    Start,
    Book,
    Trade,
    TradingState,
    FeedState,
    Order,
    Timer,
    Stop,
}

impl When {
    const ALL: [When; 8] = [
        When::Start,
        When::Book,
        When::Trade,
        When::TradingState,
        When::FeedState,
        When::Order,
        When::Timer,
        When::Stop,
    ];
}

/// Panics in one callback, and counts calls after that.
#[derive(Clone, Debug)]
pub(crate) struct Panicker {
    when: When,
    panicked: bool,
}

impl Panicker {
    pub(crate) fn new(when: When) -> Panicker {
        Panicker { when, panicked: false }
    }

    fn at(&mut self, when: When) {
        assert!(!self.panicked, "called again, in {when:?}");
        if when == self.when {
            self.panicked = true;
            panic!("in {when:?}");
        }
    }
}

impl Strategy for Panicker {
    fn name(&self) -> &str {
        "panicker"
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe_all(Interest::EVERYTHING);
        ctx.set_timer(Nanos::new(12 * 3600 * Nanos::PER_SECOND), TimerId(1));
        self.at(When::Start);
    }

    /// Sends an order so far away that nobody trades with it.
    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let locate = update.book.locate();
        if ctx.open_orders(locate).next().is_none() {
            let price = wirebook::book::Price::from_units(1);
            let _ = ctx.submit(NewOrder::limit(locate, Side::Bid, price, 100.into()));
        }
        self.at(When::Book);
    }

    fn on_trade(&mut self, _: &mut Context<'_>, _: &TradeEvent<'_>) {
        self.at(When::Trade);
    }

    fn on_trading_state(&mut self, _: &mut Context<'_>, _: &TradingStateChange) {
        self.at(When::TradingState);
    }

    fn on_feed_state(&mut self, _: &mut Context<'_>, _: &FeedStateChange) {
        self.at(When::FeedState);
    }

    fn on_order(&mut self, _: &mut Context<'_>, _: &OrderEvent) {
        self.at(When::Order);
    }

    fn on_timer(&mut self, _: &mut Context<'_>, _: TimerId) {
        self.at(When::Timer);
    }

    fn on_stop(&mut self, _: &mut Context<'_>) {
        self.at(When::Stop);
    }
}

/// Either of two, so that both sit in one engine and can be looked at afterwards.
#[derive(Clone, Debug)]
enum Either {
    Recorder(Recorder),
    Panicker(Panicker),
}

macro_rules! either {
    ($($callback:ident($event:ty),)+) => {
        impl Strategy for Either {
            fn on_start(&mut self, ctx: &mut Context<'_>) {
                match self {
                    Either::Recorder(one) => one.on_start(ctx),
                    Either::Panicker(one) => one.on_start(ctx),
                }
            }
            fn on_stop(&mut self, ctx: &mut Context<'_>) {
                match self {
                    Either::Recorder(one) => one.on_stop(ctx),
                    Either::Panicker(one) => one.on_stop(ctx),
                }
            }
            $(fn $callback(&mut self, ctx: &mut Context<'_>, event: $event) {
                match self {
                    Either::Recorder(one) => one.$callback(ctx, event),
                    Either::Panicker(one) => one.$callback(ctx, event),
                }
            })+
        }
    };
}

either! {
    on_book(&BookUpdate<'_>),
    on_trade(&TradeEvent<'_>),
    on_trading_state(&TradingStateChange),
    on_feed_state(&FeedStateChange),
    on_order(&OrderEvent),
    on_timer(TimerId),
}

/// What the recorders among them wrote down. The cancellations at the end of the day, all at one
/// time, come in the order of the venue's own table, and are put into that of their orders here.
fn recorders(all: &[Either]) -> Vec<Recorder> {
    let recorder = |one: &Either| match one {
        Either::Recorder(recorder) => Some(recorder.clone()),
        Either::Panicker(_) => None,
    };
    let mut recorders: Vec<Recorder> = all.iter().filter_map(recorder).collect();
    for recorder in &mut recorders {
        let from = recorder.answers.partition_point(|(_, _, event)| !event.update_at_end());
        recorder.answers[from..].sort_by_key(|(now, _, event)| (*now, event.locate, event.id));
    }
    recorders
}

#[test]
fn a_strategy_that_panics_is_detached_and_the_others_never_notice() {
    let day = Generated::new(MESSAGES, 61);
    let mut frames = day.frames();
    frames.remove(2_000); // so that the feed's state changes, too
    let path = day.write("lossy.pcap", &pcap(&frames));
    let recorder = Either::Recorder(Recorder::trader(3));
    let (alone, _) = run(&path, config(), vec![recorder.clone(), recorder.clone()]);
    assert!(recorders(&alone)[1].answers.len() > 100);
    for when in When::ALL {
        let panicker = Either::Panicker(Panicker::new(when));
        let all = vec![recorder.clone(), panicker, recorder.clone()];
        let (all, report) = run(&path, config(), all);
        let detached: Vec<Option<&str>> =
            report.seats.iter().map(|seat| seat.detached.as_deref()).collect();
        let words = format!("in {when:?}");
        assert_eq!(detached, [None, Some(&words[..]), None]);
        assert!(recorders(&all) == recorders(&alone), "the others notice a panic {words}");
    }
}

#[test]
fn the_orders_of_a_detached_strategy_are_cancelled() {
    let day = Generated::new(MESSAGES, 62);
    let (_, report) = run(&day.itch, config(), vec![Panicker::new(When::Timer)]);
    assert_eq!(report.seats[0].detached.as_deref(), Some("in Timer"));
    assert!(report.venue.orders_accepted > 0);
    assert_eq!(report.venue.orders_cancelled, report.venue.orders_accepted);
}

/// Sends an order whenever one has been cancelled, and one more at the end.
#[derive(Clone, Default)]
struct Stubborn {
    answers: Vec<OrderUpdate>,
    stopped: bool,
}

impl Stubborn {
    fn send(ctx: &mut Context<'_>, locate: Locate) {
        let price = wirebook::book::Price::from_units(100);
        ctx.submit(NewOrder::limit(locate, Side::Bid, price, 100.into())).unwrap();
    }
}

impl Strategy for Stubborn {
    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe_all(Interest::EVERYTHING);
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        if self.answers.is_empty() && ctx.open_orders(update.book.locate()).next().is_none() {
            Stubborn::send(ctx, update.book.locate());
        }
    }

    fn on_order(&mut self, ctx: &mut Context<'_>, event: &OrderEvent) {
        assert!(!self.stopped, "answered after the stop");
        assert!(self.answers.len() < 10_000, "the answers do not come to an end");
        self.answers.push(event.update);
        if matches!(event.update, OrderUpdate::Cancelled { .. } | OrderUpdate::Rejected(_)) {
            Stubborn::send(ctx, event.locate);
        }
    }

    fn on_stop(&mut self, ctx: &mut Context<'_>) {
        self.stopped = true;
        Stubborn::send(ctx, Locate::new(1));
    }
}

#[test]
fn orders_that_are_sent_when_the_day_is_over_are_not_carried_out() {
    let day = Generated::new(4_000, 63);
    let (all, report) = run(&day.itch, config(), vec![Stubborn::default()]);
    assert!(all[0].stopped, "it came to an end");
    let ended = |update: &&OrderUpdate| {
        matches!(update, OrderUpdate::Cancelled { reason: CancelReason::EndOfDay, .. })
    };
    let ended = all[0].answers.iter().filter(ended).count() as u64;
    assert!(ended > 0);
    assert_eq!(report.venue.orders_cancelled, ended);
    assert_eq!(report.venue.orders_accepted, ended, "each that was accepted was cancelled");
}
