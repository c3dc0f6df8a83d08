//! The smallest market maker: in every symbol one lot, bought at the bid and then sold at the ask.
//! What it lacks to earn anything is in `market_maker`.

use strategy_api::{BookUpdate, Context, Interest, Money, NewOrder, Qty, Side, Strategy};
use wirebook::{Engine, EngineConfig, Input};

struct OneLot;

impl Strategy for OneLot {
    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe_all(Interest::TOUCH); // `on_book`: a best price or its quantity changed
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        let (touch, locate) = (update.book.touch(), update.book.locate());
        let held = ctx.position(locate).shares.unsigned_abs();
        let (side, shares) = if held == 0 { (Side::Bid, 100) } else { (Side::Ask, held) };
        // A refusal (a halt, a limit, no room) is an answer like any other; here nothing follows.
        let open = ctx.open_orders(locate).next().copied();
        let Some((best, _)) = touch.side(open.map_or(side, |order| order.side)) else { return };
        if let Some(order) = open.filter(|order| order.price != best) {
            let _ = ctx.replace(order.id, best, order.leaves);
        } else if open.is_none() {
            let _ = ctx.submit(NewOrder::limit(locate, side, best, Qty::new(shares)).post_only());
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut engine = Engine::new(EngineConfig::default());
    let seat = engine.add(OneLot);
    let messages = engine.replay(Input::embedded()?, |_| {})?.summary.messages;
    let (desk, books) = engine.desk(seat).zip(engine.books()).ok_or("nothing was replayed")?;
    let (mut fills, mut pnl) = (0, Money::ZERO);
    for (locate, position) in desk.positions() {
        let last = books.book(locate).and_then(|book| book.last_trade());
        fills += position.fills;
        pnl += position.pnl(last.map_or(Money::ZERO, |last| Money::each(last.price)));
    }
    println!("{messages} messages, {fills} fills, a PnL after fees of {pnl} at the last prices");
    Ok(())
}
