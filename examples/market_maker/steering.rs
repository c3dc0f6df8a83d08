//! Bringing the orders in the market to what should stand there.

use strategy_api::{
    Context, Locate, Nanos, NewOrder, OpenOrder, OrderError, OrderId, OrderState, Price, Qty, Side,
    Touch,
};

use crate::quoting::{NOTHING, Target, Targets};

/// Between two attempts at something that the venue, or the market, did not do: it may never do
/// it, and to ask again with every answer would be to ask for ever.
const RETRY_NS: u64 = Nanos::PER_SECOND;

/// At most one quote a side, or one order that takes liquidity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steering {
    quotes: [Option<OrderId>; 2],
    took_at: Option<Nanos>,
    rejected_at: [Option<Nanos>; 2],
    pub(crate) counts: OrderCounts,
}

/// How many orders there were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OrderCounts {
    pub(crate) submitted: u64,
    pub(crate) replaced: u64,
    pub(crate) cancelled: u64,
    /// Refused by our own limits.
    pub(crate) refused: u64,
    /// Refused by the venue.
    pub(crate) rejected: u64,
}

impl OrderCounts {
    fn note<T>(&mut self, count: fn(&mut OrderCounts) -> &mut u64, result: &Result<T, OrderError>) {
        match result {
            Ok(_) => *count(self) += 1,
            // It waits for an answer; its event brings us back here.
            Err(OrderError::Pending(_)) => {}
            Err(_) => self.refused += 1,
        }
    }

    /// Both together.
    pub(crate) fn and(self, other: OrderCounts) -> OrderCounts {
        OrderCounts {
            submitted: self.submitted + other.submitted,
            replaced: self.replaced + other.replaced,
            cancelled: self.cancelled + other.cancelled,
            refused: self.refused + other.refused,
            rejected: self.rejected + other.rejected,
        }
    }
}

impl Steering {
    /// The venue rejected something on `side`.
    pub(crate) fn on_rejection(&mut self, now: Nanos, side: Side) {
        self.counts.rejected += 1;
        self.rejected_at[side.index()] = Some(now);
    }

    /// Sends, replaces or cancels so that the quotes become what they should be. Orders that wait
    /// for an answer of the venue are left alone until it came.
    pub(crate) fn quote(&mut self, ctx: &mut Context<'_>, locate: Locate, targets: Targets) {
        for (side, target) in Side::BOTH.into_iter().zip(targets) {
            let working = self.working(ctx, side);
            let lately = is_lately(self.rejected_at[side.index()], ctx.now());
            match (working, target) {
                (Some(order), None) => self.cancel(ctx, &order),
                (None, Some(target)) if !lately => self.submit(ctx, locate, side, target),
                (Some(order), Some(target)) if !lately => self.adjust(ctx, &order, target),
                _ => {}
            }
        }
    }

    /// Cancels the quotes and, once they are gone, sells or buys back `shares` at prices up to
    /// `slip` worse than the touch. What the market does not take is tried again a second later.
    pub(crate) fn flatten(
        &mut self,
        ctx: &mut Context<'_>,
        locate: Locate,
        touch: Touch,
        shares: i64,
        slip: Price,
    ) {
        self.quote(ctx, locate, NOTHING);
        let lately = is_lately(self.took_at, ctx.now());
        if shares == 0 || lately || ctx.open_orders(locate).next().is_some() {
            return;
        }
        let (side, slip) = if shares > 0 { (Side::Ask, -slip) } else { (Side::Bid, slip) };
        let Some((best, _)) = touch.side(side.opposite()) else { return };
        let price = (best + slip).clamp(Price::ZERO, Price::MAX_BOOK);
        let qty = Qty::new(shares.unsigned_abs()).min(ctx.limits().order_qty_max);
        let order = NewOrder::limit(locate, side, price, qty).immediate_or_cancel();
        let sent = ctx.submit(order);
        self.counts.note(|counts| &mut counts.submitted, &sent);
        self.took_at = Some(ctx.now());
    }

    /// The prices of our quotes that the venue has, by [`Side::index`].
    pub(crate) fn prices(&self, ctx: &Context<'_>) -> [Option<Price>; 2] {
        self.quotes.map(|id| {
            let order = ctx.open_order(id?)?;
            (order.state != OrderState::Sent).then_some(order.price)
        })
    }

    fn working(&mut self, ctx: &Context<'_>, side: Side) -> Option<OpenOrder> {
        let quote = &mut self.quotes[side.index()];
        let order = ctx.open_order((*quote)?).copied();
        if order.is_none() {
            *quote = None;
        }
        order
    }

    fn submit(&mut self, ctx: &mut Context<'_>, locate: Locate, side: Side, target: Target) {
        let order = NewOrder::limit(locate, side, target.price, target.qty).post_only();
        let sent = ctx.submit(order);
        self.counts.note(|counts| &mut counts.submitted, &sent);
        self.quotes[side.index()] = sent.ok();
    }

    fn cancel(&mut self, ctx: &mut Context<'_>, order: &OpenOrder) {
        let sent = ctx.cancel(order.id);
        self.counts.note(|counts| &mut counts.cancelled, &sent);
    }

    fn adjust(&mut self, ctx: &mut Context<'_>, order: &OpenOrder, target: Target) {
        let near = (target.keep_from..=target.keep_to).contains(&order.price);
        // What is left of a quote after a part of it was filled stays where it is in its queue.
        if (near && order.leaves <= target.qty) || order.state != OrderState::Working {
            return;
        }
        let sent = ctx.replace(order.id, target.price, target.qty);
        self.counts.note(|counts| &mut counts.replaced, &sent);
    }
}

fn is_lately(then: Option<Nanos>, now: Nanos) -> bool {
    then.is_some_and(|then| now.since(then) < RETRY_NS)
}
