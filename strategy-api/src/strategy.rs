//! The trait that users implement.

use crate::{
    BookUpdate, Context, FeedStateChange, OrderEvent, TimerId, TradeEvent, TradingStateChange,
};

/// A trading strategy.
///
/// Every callback has a default that does nothing. Callbacks of one strategy never run at the
/// same time. Order of events: by the time at which the strategy may know of them; of events at
/// the same time, market data first, then order events, then timers.
///
/// A callback that panics detaches its strategy: its open orders are cancelled, its later
/// events are dropped, the engine reports it, and everybody else goes on.
pub trait Strategy {
    /// What reports call this strategy.
    fn name(&self) -> &str {
        "strategy"
    }

    /// Once, before anything else: the place to [subscribe](Context::subscribe).
    fn on_start(&mut self, ctx: &mut Context<'_>) {
        let _ = ctx;
    }

    /// A book changed in a way that was subscribed to.
    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let _ = (ctx, update);
    }

    /// A trade in a subscribed symbol.
    fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &TradeEvent<'_>) {
        let _ = (ctx, trade);
    }

    /// A subscribed symbol was halted, paused, resumed.
    fn on_trading_state(&mut self, ctx: &mut Context<'_>, change: &TradingStateChange) {
        let _ = (ctx, change);
    }

    /// The book of a subscribed symbol can be trusted, or no longer.
    fn on_feed_state(&mut self, ctx: &mut Context<'_>, change: &FeedStateChange) {
        let _ = (ctx, change);
    }

    /// On a thread or in a process of its own, the strategy was slower than the feed, and so many updates
    /// were lost. Books are not Live until each was read again, which happens before it is told
    /// of the next time.
    fn on_lost(&mut self, ctx: &mut Context<'_>, updates: u64) {
        let _ = (ctx, updates);
    }

    /// Something became of an order of this strategy. Position and open orders already show it.
    fn on_order(&mut self, ctx: &mut Context<'_>, event: &OrderEvent) {
        let _ = (ctx, event);
    }

    /// A timer that was [set](Context::set_timer) is due.
    fn on_timer(&mut self, ctx: &mut Context<'_>, timer: TimerId) {
        let _ = (ctx, timer);
    }

    /// Once, after everything else. Orders sent from here are not carried out.
    fn on_stop(&mut self, ctx: &mut Context<'_>) {
        let _ = ctx;
    }
}

impl<S: Strategy + ?Sized> Strategy for Box<S> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) {
        (**self).on_start(ctx);
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        (**self).on_book(ctx, update);
    }

    fn on_trade(&mut self, ctx: &mut Context<'_>, trade: &TradeEvent<'_>) {
        (**self).on_trade(ctx, trade);
    }

    fn on_trading_state(&mut self, ctx: &mut Context<'_>, change: &TradingStateChange) {
        (**self).on_trading_state(ctx, change);
    }

    fn on_feed_state(&mut self, ctx: &mut Context<'_>, change: &FeedStateChange) {
        (**self).on_feed_state(ctx, change);
    }

    fn on_lost(&mut self, ctx: &mut Context<'_>, updates: u64) {
        (**self).on_lost(ctx, updates);
    }

    fn on_order(&mut self, ctx: &mut Context<'_>, event: &OrderEvent) {
        (**self).on_order(ctx, event);
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, timer: TimerId) {
        (**self).on_timer(ctx, timer);
    }

    fn on_stop(&mut self, ctx: &mut Context<'_>) {
        (**self).on_stop(ctx);
    }
}
