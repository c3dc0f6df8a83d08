//! The market maker of one symbol.

use strategy_api::{
    Context, Locate, Money, Nanos, OrderEvent, OrderUpdate, Position, Price, Symbol, Touch,
    TradeEvent, TradeKind,
};

use crate::intensity::FillIntensity;
use crate::model::{Glft, Intensity, MarketState};
use crate::quoting::{NOTHING, as_ticks, both_sides, mid_ticks, reducing_side};
use crate::series::{AccountPoint, Fill, QuotePoint, Recording, SidePrices};
use crate::settings::{Part, Quoting, Settings};
use crate::statistics::{FillStatistics, TouchTime};
use crate::steering::Steering;
use crate::trend::Trend;
use crate::volatility::{Volatility, seconds};

/// The mid is observed once in so many heartbeats. Over seconds it says more of the market's
/// plumbing than of what an inventory risks that is held for minutes.
const OBSERVE_EVERY: u64 = 10;

/// Trades are fitted to an intensity once in so many heartbeats.
const FIT_EVERY: u64 = 5;

/// A symbol in which nothing happened for so long is neither quoted nor learnt from: its last
/// touch is old news.
const QUIET_NS: u64 = 300 * Nanos::PER_SECOND;

/// How far beyond the touch an order that flattens may go, in ticks.
const SLIP_TICKS: i64 = 10;

/// What became of quoting a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Conduct {
    /// Quoted whenever there is a market.
    Quoting,
    /// Too much was lost in it: flattened and left alone.
    LossLimit,
    /// Too much was lost altogether.
    Killed,
}

/// What was held and earned, marked to the last mid.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    pub(crate) position: Position,
    pub(crate) before_fees: Money,
    pub(crate) after_fees: Money,
    /// The most shares held at a heartbeat, long or short.
    pub(crate) shares_max: u64,
}

/// Makes a market in one symbol, and keeps what there is to tell of it.
#[derive(Clone, Debug)]
pub(crate) struct SymbolMaker {
    pub(crate) locate: Locate,
    pub(crate) symbol: Symbol,
    quoted_from: Nanos,
    conduct: Conduct,
    touch: Touch,
    /// Whether there is a market: a touch that can be trusted, in a symbol that trades.
    market: bool,
    last_heard: Nanos,
    volatility: Volatility,
    trend: Trend,
    intensity: FillIntensity,
    fitted: Intensity,
    glft: Option<Glft>,
    steering: Steering,
    beats: u64,
    account: Account,
    fills: FillStatistics,
    touch_time: TouchTime,
    recording: Recording,
}

impl SymbolMaker {
    /// For any symbol; all room is set aside here.
    pub(crate) fn new(settings: &Settings) -> SymbolMaker {
        let of = &settings.estimates;
        SymbolMaker {
            locate: Locate::default(),
            symbol: Symbol::UNKNOWN,
            quoted_from: Nanos::new(u64::MAX),
            conduct: Conduct::Quoting,
            touch: Touch::default(),
            market: false,
            last_heard: Nanos::default(),
            volatility: Volatility::new(of.sigma, of.prior_s, of.sigma_constant_s),
            trend: Trend::new(of.trend_constant_s),
            intensity: FillIntensity::new(of.intensity, of.prior_s, of.intensity_constant_s),
            fitted: of.intensity,
            glft: None,
            steering: Steering::default(),
            beats: 0,
            account: Account::default(),
            fills: FillStatistics::new(),
            touch_time: TouchTime::default(),
            recording: Recording::new(),
        }
    }

    /// Takes a symbol on. It is quoted from `quoted_from` on.
    pub(crate) fn assign(&mut self, locate: Locate, symbol: Symbol, quoted_from: Nanos) {
        (self.locate, self.symbol, self.quoted_from) = (locate, symbol, quoted_from);
    }

    /// The market may have changed: its touch, or whether there is one.
    pub(crate) fn on_market(&mut self, ctx: &mut Context<'_>, settings: &Settings) {
        let Some(book) = ctx.book(self.locate) else { return };
        self.touch = book.touch();
        self.last_heard = ctx.now();
        let trusted = book.feed_state().is_live() && book.trading_state().is_trading();
        let mid = self.touch.mid_twice().filter(|_| trusted && !self.touch.is_crossed());
        self.market = mid.is_some();
        match mid {
            Some(mid_twice) => self.fills.mid(ctx.now(), mid_twice),
            None => {
                self.volatility.interrupt();
                self.trend.interrupt();
            }
        }
        self.review(ctx, settings);
    }

    /// A trade: another arrival, by how far from the mid it was.
    pub(crate) fn on_trade(&mut self, trade: &TradeEvent<'_>, tick: Price) {
        let displayed =
            matches!(trade.trade.kind, TradeKind::Execution | TradeKind::ExecutionWithPrice);
        let Some(resting) = trade.trade.resting.filter(|_| displayed && self.market) else {
            return;
        };
        let Some(mid_twice) = self.fills.mid_before(trade.at.time) else { return };
        let price = trade.trade.price;
        // What rests on the bid side rests below the mid.
        let beyond_twice = (price + price - mid_twice).units() * -resting.sign();
        let distance = as_ticks(Price::from_units(beyond_twice), tick) / 2.0;
        self.intensity.trade(trade.at.time, resting, distance);
    }

    /// An answer of the venue.
    pub(crate) fn on_order(
        &mut self,
        ctx: &mut Context<'_>,
        event: &OrderEvent,
        settings: &Settings,
    ) {
        match event.update {
            OrderUpdate::Filled { price, qty, liquidity, .. } => {
                let fill = Fill { time: event.time, side: event.side, price, qty, liquidity };
                self.fills.fill(fill);
                self.recording.fills.push(fill);
                self.recording.close_up.begin(ctx.now());
            }
            OrderUpdate::Rejected(_)
            | OrderUpdate::CancelRejected(_)
            | OrderUpdate::ReplaceRejected(_) => self.steering.on_rejection(ctx.now(), event.side),
            OrderUpdate::Accepted
            | OrderUpdate::Cancelled { .. }
            | OrderUpdate::Replaced { .. } => {}
        }
        self.review(ctx, settings);
    }

    /// Estimates, marks, records and reviews. Once a heartbeat, `beat_ns` after the last one.
    pub(crate) fn on_heartbeat(
        &mut self,
        ctx: &mut Context<'_>,
        settings: &Settings,
        beat_ns: u64,
    ) {
        let now = ctx.now();
        self.estimate(now, settings, beat_ns);
        self.fills.advance(now);
        self.mark(ctx);
        if self.account.after_fees < -settings.losses.symbol_max {
            self.stop(Conduct::LossLimit);
        }
        self.review(ctx, settings);
        self.recording.quotes.push(self.quote_point(ctx));
        self.recording.account.push(AccountPoint {
            time: now,
            shares: self.account.position.shares,
            before_fees: self.account.before_fees,
            after_fees: self.account.after_fees,
        });
    }

    fn estimate(&mut self, now: Nanos, settings: &Settings, beat_ns: u64) {
        self.beats += 1;
        if let Some(mid) =
            mid_ticks(self.touch, settings.quoting.tick).filter(|_| self.is_lively(now))
        {
            self.intensity.elapse(seconds(beat_ns));
            self.trend.observe(now, mid);
            if self.beats.is_multiple_of(OBSERVE_EVERY) {
                self.volatility.observe(now, mid);
            }
        }
        if self.beats.is_multiple_of(FIT_EVERY) {
            self.fitted = self.intensity.fit();
        }
        let Quoting { gamma, trend_share, trend_lots_max, .. } = settings.quoting;
        let state = MarketState {
            sigma: self.volatility.sigma(),
            trend: trend_share * self.trend.per_second(),
            intensity: self.fitted,
        };
        let glft = Glft::new(gamma, state);
        self.glft = glft.map(|glft| glft.with_target_within(trend_lots_max));
    }

    /// Brings the account up to date.
    pub(crate) fn mark(&mut self, ctx: &Context<'_>) {
        let position = ctx.position(self.locate);
        // Before there was a mid there was no position either.
        let mark = self.fills.mid_now().map_or(Money::ZERO, half_of_twice);
        self.account = Account {
            position,
            before_fees: position.pnl_before_fees(mark),
            after_fees: position.pnl(mark),
            shares_max: self.account.shares_max.max(position.shares.unsigned_abs()),
        };
    }

    /// No more quotes; what is held is sold or bought back. The first reason stays.
    pub(crate) fn stop(&mut self, conduct: Conduct) {
        if self.conduct == Conduct::Quoting {
            self.conduct = conduct;
        }
    }

    /// Brings the orders to what they should be now.
    fn review(&mut self, ctx: &mut Context<'_>, settings: &Settings) {
        let (now, rules) = (ctx.now(), &settings.quoting);
        let shares = ctx.position(self.locate).shares;
        let part = match settings.session.part(now) {
            Part::Quote | Part::Reduce if self.conduct != Conduct::Quoting => Part::Flatten,
            part => part,
        };
        let quoting = self.is_lively(now) && now >= self.quoted_from;
        match (part, self.glft) {
            (Part::Quote, Some(glft)) if quoting => {
                let targets = both_sides(rules, glft, self.touch, shares);
                self.steering.quote(ctx, self.locate, targets);
            }
            (Part::Reduce, _) if self.market => {
                let targets = reducing_side(rules, self.touch, shares);
                self.steering.quote(ctx, self.locate, targets);
            }
            (Part::Flatten, _) if self.market => {
                let slip = Price::from_units(SLIP_TICKS * rules.tick.units());
                self.steering.flatten(ctx, self.locate, self.touch, shares, slip);
            }
            // No market, or none that can be trusted: nothing of ours stays in it.
            _ => self.steering.quote(ctx, self.locate, NOTHING),
        }
        let point = self.quote_point(ctx);
        let counting = part == Part::Quote && quoting;
        self.touch_time.update(now, counting, point.sides);
        self.recording.close_up.push(point);
    }

    fn is_lively(&self, now: Nanos) -> bool {
        self.market && now.since(self.last_heard) <= QUIET_NS
    }

    fn quote_point(&self, ctx: &Context<'_>) -> QuotePoint {
        let own = self.steering.prices(ctx);
        let side = |side: strategy_api::Side| SidePrices {
            best: self.touch.side(side).map(|(price, _)| price).filter(|_| self.market),
            own: own[side.index()],
        };
        QuotePoint { time: ctx.now(), sides: strategy_api::Side::BOTH.map(side) }
    }

    pub(crate) fn conduct(&self) -> Conduct {
        self.conduct
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) fn fills(&self) -> &FillStatistics {
        &self.fills
    }

    pub(crate) fn touch_time(&self) -> &TouchTime {
        &self.touch_time
    }

    pub(crate) fn steering(&self) -> &Steering {
        &self.steering
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The volatility and the fills that the model last went by, and what came of them.
    pub(crate) fn model(&self) -> (f64, Intensity, Option<Glft>) {
        (self.volatility.sigma(), self.fitted, self.glft)
    }
}

/// What one share is worth at a mid of which twice is given: exact, unlike a `Price`.
fn half_of_twice(mid_twice: Price) -> Money {
    Money::from_micros(Money::each(mid_twice).micros() / 2)
}
