//! The strategy: chooses symbols, hands events on to their market makers, and minds the losses.

use strategy_api::{
    BookUpdate, Cadence, Context, FeedStateChange, Interest, Locate, Money, Nanos, OrderEvent,
    Strategy, TimerId, TradeEvent, TradingStateChange,
};

use crate::selection::Activity;
use crate::series::Decimating;
use crate::settings::{Settings, Symbols};
use crate::symbol::{Conduct, SymbolMaker};

/// How often estimates, marks and limits are brought up to date.
const BEAT_NS: u64 = Nanos::PER_SECOND;
const HEARTBEAT: TimerId = TimerId(1);
const CHOOSE: TimerId = TimerId(2);

/// How long positions may be flattened after the loss limit, before the kill switch is pulled.
const GRACE_NS: u64 = 30 * Nanos::PER_SECOND;

/// No symbol of ours.
const NONE: u16 = u16::MAX;

/// Trades are listened to until the most active symbols are chosen.
const TRADES_ALONE: Interest = Interest { book: Cadence::Never, trades: true };
/// What is listened to in symbols of ours.
const TOUCH_AND_TRADES: Interest = Interest::TOUCH.with_trades();

/// Inventory-aware quoting in several symbols.
#[derive(Clone, Debug)]
pub(crate) struct MarketMaker {
    settings: Settings,
    makers: Vec<SymbolMaker>,
    /// Room for symbols that are not taken on yet.
    spare: Vec<SymbolMaker>,
    /// By locate, a place in `makers`.
    place_of: Vec<u16>,
    activity: Option<Activity>,
    watching: bool,
    last_beat: Option<Nanos>,
    killed_at: Option<Nanos>,
    /// PnL of all symbols after fees.
    pnl: Decimating<(Nanos, Money)>,
}

impl MarketMaker {
    /// All room is set aside here.
    pub(crate) fn new(settings: Settings) -> MarketMaker {
        let count = settings.symbols.count();
        let choose = matches!(settings.symbols, Symbols::MostActive(_));
        MarketMaker {
            makers: Vec::with_capacity(count),
            spare: vec![SymbolMaker::new(&settings); count],
            place_of: vec![NONE; usize::from(u16::MAX) + 1],
            activity: choose.then(Activity::new),
            watching: false,
            last_beat: None,
            killed_at: None,
            pnl: Decimating::new(1 << 11),
            settings,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The symbols that were taken on.
    pub(crate) fn makers(&self) -> &[SymbolMaker] {
        &self.makers
    }

    /// When too much was lost altogether, if ever.
    pub(crate) fn killed_at(&self) -> Option<Nanos> {
        self.killed_at
    }

    /// PnL of all symbols after fees, over time.
    pub(crate) fn pnl(&self) -> &[(Nanos, Money)] {
        self.pnl.points()
    }

    fn maker(&mut self, locate: Locate) -> Option<&mut SymbolMaker> {
        let place = *self.place_of.get(locate.index())?;
        self.makers.get_mut(usize::from(place))
    }

    /// Takes a symbol on, once.
    fn adopt(&mut self, ctx: &mut Context<'_>, locate: Locate) {
        let (Some(book), Some(place)) = (ctx.book(locate), self.place_of.get_mut(locate.index()))
        else {
            return;
        };
        if *place != NONE {
            return;
        }
        let Some(mut maker) = self.spare.pop() else { return };
        *place = u16::try_from(self.makers.len()).unwrap_or(NONE);
        let from = ctx.now().max(self.settings.session.open);
        maker.assign(locate, book.symbol(), from.after(self.settings.session.warm_up_ns));
        self.makers.push(maker);
        if self.last_beat.is_none() {
            self.last_beat = Some(from);
            ctx.set_timer(from.after(BEAT_NS), HEARTBEAT);
        }
    }

    /// The watch is over: from now on only the most active symbols are listened to.
    fn choose(&mut self, ctx: &mut Context<'_>) {
        let Some(activity) = self.activity.take() else { return };
        ctx.subscribe_all(Interest::default());
        for locate in activity.most_active(self.settings.symbols.count()) {
            if let Some(book) = ctx.book(locate) {
                ctx.subscribe(book.symbol(), TOUCH_AND_TRADES);
                self.adopt(ctx, locate);
            }
        }
    }

    fn watch(&mut self, ctx: &mut Context<'_>, trade: &TradeEvent<'_>) {
        let session = &self.settings.session;
        if ctx.now() < session.open {
            return;
        }
        if !self.watching {
            self.watching = true;
            ctx.set_timer(ctx.now().after(session.watch_ns), CHOOSE);
        }
        if let Some(activity) = &mut self.activity {
            activity.trade(trade.trade);
        }
    }

    fn on_heartbeat(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now();
        let beat_ns = self.last_beat.map_or(BEAT_NS, |last| now.since(last));
        self.last_beat = Some(now);
        for maker in &mut self.makers {
            maker.on_heartbeat(ctx, &self.settings, beat_ns);
        }
        let total: Money = self.makers.iter().map(|maker| maker.account().after_fees).sum();
        self.pnl.push((now, total));
        self.mind_total_loss(ctx, total);
        if now < self.settings.session.close {
            ctx.set_timer(now.after(BEAT_NS), HEARTBEAT);
        }
    }

    /// Beyond the limit everything is flattened, and then the kill switch is pulled: after it not
    /// even an order that flattens could be sent.
    fn mind_total_loss(&mut self, ctx: &mut Context<'_>, total: Money) {
        let now = ctx.now();
        if self.killed_at.is_none() && total < -self.settings.losses.total_max {
            self.killed_at = Some(now);
            self.makers.iter_mut().for_each(|maker| maker.stop(Conduct::Killed));
        }
        let Some(since) = self.killed_at.filter(|_| !ctx.is_killed()) else { return };
        let flat = self.makers.iter().all(|maker| maker.account().position.shares == 0);
        if flat || now.since(since) >= GRACE_NS {
            ctx.kill();
        }
    }
}

impl Strategy for MarketMaker {
    fn name(&self) -> &str {
        "market maker"
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) {
        match &self.settings.symbols {
            Symbols::Named(symbols) => {
                for symbol in symbols {
                    ctx.subscribe(*symbol, TOUCH_AND_TRADES);
                }
            }
            Symbols::MostActive(_) => ctx.subscribe_all(TRADES_ALONE),
        }
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let locate = update.book.locate();
        if self.activity.is_none() {
            self.adopt(ctx, locate);
        }
        let place = self.place_of.get(locate.index()).copied().unwrap_or(NONE);
        if let Some(maker) = self.makers.get_mut(usize::from(place)) {
            maker.on_market(ctx, &self.settings);
        }
    }

    fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &TradeEvent<'_>) {
        let tick = self.settings.quoting.tick;
        if self.activity.is_some() {
            self.watch(ctx, trade);
        } else if let Some(maker) = self.maker(trade.trade.locate) {
            maker.on_trade(trade, tick);
        }
    }

    fn on_trading_state(&mut self, ctx: &mut Context<'_>, change: &TradingStateChange) {
        let place = self.place_of.get(change.locate.index()).copied().unwrap_or(NONE);
        if let Some(maker) = self.makers.get_mut(usize::from(place)) {
            maker.on_market(ctx, &self.settings);
        }
    }

    fn on_feed_state(&mut self, ctx: &mut Context<'_>, change: &FeedStateChange) {
        let place = self.place_of.get(change.locate.index()).copied().unwrap_or(NONE);
        if let Some(maker) = self.makers.get_mut(usize::from(place)) {
            maker.on_market(ctx, &self.settings);
        }
    }

    fn on_order(&mut self, ctx: &mut Context<'_>, event: &OrderEvent) {
        let place = self.place_of.get(event.locate.index()).copied().unwrap_or(NONE);
        if let Some(maker) = self.makers.get_mut(usize::from(place)) {
            maker.on_order(ctx, event, &self.settings);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, timer: TimerId) {
        match timer {
            HEARTBEAT => self.on_heartbeat(ctx),
            CHOOSE => self.choose(ctx),
            _ => {}
        }
    }

    fn on_stop(&mut self, ctx: &mut Context<'_>) {
        self.makers.iter_mut().for_each(|maker| maker.mark(ctx));
    }
}
