//! The day as a picture: one symbol's market, quotes, fills, inventory and PnL, as SVG.

use std::ops::Range;

use plotters::prelude::*;
use strategy_api::{Money, Nanos, Side};

use crate::maker::MarketMaker;
use crate::panel::{BLUE, Canvas, Drawn, GREEN, GREY, INK, Panel, colour, currency, padded};
use crate::series::{CloseUp, Fill, QuotePoint};
use crate::symbol::SymbolMaker;

const SIZE: (u32, u32) = (1250, 1500);
/// Where one panel ends and the next begins.
const BREAKS: [i32; 3] = [430, 830, 1060];
const OWN: [&str; 2] = ["our bid", "our ask"];

/// The picture of the symbol in which most was traded, as SVG; `None` where nothing was quoted.
pub(crate) fn draw(strategy: &MarketMaker) -> Drawn<Option<String>> {
    let volume = |maker: &&SymbolMaker| {
        let position = maker.account().position;
        position.bought + position.sold
    };
    let quoted = |maker: &&SymbolMaker| !maker.recording().account.points().is_empty();
    let Some(maker) = strategy.makers().iter().filter(quoted).max_by_key(volume) else {
        return Ok(None);
    };
    let mut svg = String::new();
    panels(&SVGBackend::with_string(&mut svg, SIZE).into_drawing_area(), strategy, maker)?;
    Ok(Some(svg))
}

fn panels(root: &Canvas<'_>, strategy: &MarketMaker, maker: &SymbolMaker) -> Drawn {
    root.fill(&WHITE)?;
    let title = format!("{}: quotes, fills, inventory and PnL", maker.symbol);
    let style = ("sans-serif", 26).into_font().color(&INK);
    let inner = root.margin(8, 12, 12, 4).titled(&title, style)?;
    let areas = inner.split_by_breakpoints::<i32, i32, _, _>([], BREAKS);
    let [top, middle, inventory_area, bottom] = areas.as_slice() else { return Ok(()) };
    let account = maker.recording().account.points();
    let (Some(first), Some(last)) = (account.first(), account.last()) else { return Ok(()) };
    let day = first.time..last.time;
    whole(top, maker, day.clone())?;
    close_up(middle, maker.recording().close_up.points(), maker.recording().fills.points())?;
    inventory(inventory_area, maker, day.clone())?;
    pnl(bottom, strategy, maker, day)?;
    root.present()?;
    Ok(())
}

/// Mid, own quotes and fills.
fn whole(area: &Canvas<'_>, maker: &SymbolMaker, day: Range<Nanos>) -> Drawn {
    let (quotes, fills) = (maker.recording().quotes.points(), &maker.recording().fills);
    let mid = |point: &QuotePoint| Some(currency(point.mid_twice()?) / 2.0);
    let mids = || quotes.iter().map(|point| (point.time, mid(point)));
    let seen = mids().filter_map(|(_, mid)| mid);
    let range = padded(seen.chain(fills.points().iter().map(|fill| currency(fill.price))));
    let caption = match fills.stride() {
        1 => "The whole time".to_owned(),
        stride => format!("The whole time (one fill in {stride} is shown)"),
    };
    let mut panel = Panel::new(area, &caption, day, range, 2)?;
    for (side, name) in Side::BOTH.into_iter().zip(OWN) {
        let own = quotes.iter().map(|point| (point.time, point.sides[side.index()].own));
        let own = own.map(|(time, price)| (time, price.map(currency)));
        panel.steps(name, colour(side).mix(0.45).stroke_width(1), own)?;
    }
    panel.steps("mid", INK.stroke_width(1), mids())?;
    panel.fills(fills.points(), 3)
}

/// The touch, own quotes and fills, change by change.
fn close_up(area: &Canvas<'_>, points: &[QuotePoint], fills: &[Fill]) -> Drawn {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    // A moment before the first change, so that the first fill is seen whole.
    let from = Nanos::new(first.time.get().saturating_sub(CloseUp::SPAN_NS / 100));
    let span = from..last.time;
    let inside = |fill: &&Fill| span.start <= fill.time && fill.time <= span.end;
    let fills: Vec<Fill> = fills.iter().filter(inside).copied().collect();
    let prices = points.iter().flat_map(|point| point.sides).flat_map(|side| [side.best, side.own]);
    let prices = prices.flatten().chain(fills.iter().map(|fill| fill.price));
    let caption = "Close-up: every change of the touch and of our quotes from the first fill on";
    let mut panel = Panel::new(area, caption, span, padded(prices.map(currency)), 2)?;
    for (side, name) in Side::BOTH.into_iter().zip(["best bid and ask", ""]) {
        let best = points.iter().map(|point| (point.time, point.sides[side.index()].best));
        let best = best.map(|(time, price)| (time, price.map(currency)));
        panel.steps(name, GREY.stroke_width(1), best)?;
    }
    for (side, name) in Side::BOTH.into_iter().zip(OWN) {
        let own = points.iter().map(|point| (point.time, point.sides[side.index()].own));
        let own = own.map(|(time, price)| (time, price.map(currency)));
        panel.steps(name, colour(side).stroke_width(2), own)?;
    }
    panel.fills(&fills, 6)
}

fn inventory(area: &Canvas<'_>, maker: &SymbolMaker, day: Range<Nanos>) -> Drawn {
    let points = maker.recording().account.points();
    let shares = || points.iter().map(|point| (point.time, float(point.shares)));
    let range = padded(shares().map(|(_, shares)| shares).chain([0.0]));
    let mut panel = Panel::new(area, "Inventory (shares)", day.clone(), range, 0)?;
    zero(&mut panel, day)?;
    panel.steps("", INK.stroke_width(1), shares().map(|(time, shares)| (time, Some(shares))))
}

fn pnl(area: &Canvas<'_>, strategy: &MarketMaker, maker: &SymbolMaker, day: Range<Nanos>) -> Drawn {
    let points = maker.recording().account.points();
    let before: Vec<_> = points.iter().map(|point| (point.time, point.before_fees)).collect();
    let after: Vec<_> = points.iter().map(|point| (point.time, point.after_fees)).collect();
    let name = maker.symbol;
    let series = [
        (format!("{name} before fees"), GREY, before),
        (format!("{name} after fees"), BLUE, after),
        ("all after fees".to_owned(), GREEN, strategy.pnl().to_vec()),
    ];
    let values = series.iter().flat_map(|(.., points)| points).map(|&(_, pnl)| amount(pnl));
    let range = padded(values.chain([0.0]));
    let caption = "PnL, marked to the mid (currency)";
    let mut panel = Panel::new(area, caption, day.clone(), range, 2)?;
    zero(&mut panel, day)?;
    for (name, colour, points) in &series {
        let values = points.iter().map(|&(time, pnl)| (time, Some(amount(pnl))));
        panel.steps(name, colour.stroke_width(1), values)?;
    }
    Ok(())
}

/// A line at zero.
fn zero(panel: &mut Panel<'_, '_>, day: Range<Nanos>) -> Drawn {
    let ends = [day.start, day.end].into_iter();
    panel.steps("", GREY.stroke_width(1), ends.map(|time| (time, Some(0.0))))
}

#[allow(clippy::cast_precision_loss)] // for showing
fn float(number: i64) -> f64 {
    number as f64
}

fn amount(money: Money) -> f64 {
    float(money.micros()) * 1e-6
}
