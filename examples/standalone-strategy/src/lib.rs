//! A strategy in a crate of its own: it links `strategy-api` and nothing else.
//!
//! An engine takes it as any other:
//!
//! ```text
//! let mut engine = wirebook::Engine::new(wirebook::EngineConfig::default());
//! engine.add(standalone_strategy::Sweeper::new(Qty::new(200)));
//! engine.replay(wirebook::Input::embedded()?, |_| {})?;
//! ```

#![forbid(unsafe_code)]

use strategy_api::{
    BookUpdate, Context, Interest, NewOrder, OrderEvent, OrderUpdate, Qty, Side, Strategy,
};

/// Takes the ask when it has become thin: less is offered there than its own clip.
#[derive(Debug)]
pub struct Sweeper {
    clip: Qty,
    bought: Qty,
}

impl Sweeper {
    /// Buys at most `clip` at a time.
    #[must_use]
    pub fn new(clip: Qty) -> Sweeper {
        Sweeper { clip, bought: Qty::ZERO }
    }

    /// How much it has bought over all symbols.
    #[must_use]
    pub fn bought(&self) -> Qty {
        self.bought
    }
}

impl Strategy for Sweeper {
    fn name(&self) -> &str {
        "sweeper"
    }

    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe_all(Interest::TOUCH);
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let book = update.book;
        let trusted = book.feed_state().is_live() && book.trading_state().is_trading();
        let Some((price, offered)) = book.touch().side(Side::Ask).filter(|_| trusted) else {
            return;
        };
        let idle = ctx.open_orders(book.locate()).next().is_none();
        if idle && offered < self.clip && ctx.position(book.locate()).shares == 0 {
            let order = NewOrder::limit(book.locate(), Side::Bid, price, offered);
            // Where a limit refuses it, there is nothing to do.
            let _ = ctx.submit(order.immediate_or_cancel());
        }
    }

    fn on_order(&mut self, _: &mut Context<'_>, event: &OrderEvent) {
        if let OrderUpdate::Filled { qty, .. } = event.update {
            self.bought += qty;
        }
    }
}
