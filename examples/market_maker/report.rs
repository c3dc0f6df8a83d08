//! What came of the day, as a table or as JSON.

use std::fmt::{self, Display, Formatter, Write as _};

use serde::Serialize;
use strategy_api::Money;

use crate::clock_axis::clock;
use crate::maker::MarketMaker;
use crate::model::Glft;
use crate::statistics::{PerShare, TouchTime};
use crate::steering::OrderCounts;
use crate::symbol::{Conduct, SymbolMaker};

/// What came of the day.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    symbols: Vec<Row>,
    total: Figures,
    orders: Orders,
    /// When the loss limit over all symbols was reached.
    killed_at: Option<String>,
}

/// What came of one symbol.
#[derive(Debug, Serialize)]
struct Row {
    symbol: String,
    #[serde(flatten)]
    figures: Figures,
    model: Model,
    conduct: &'static str,
}

/// The figures of a symbol, or of all. Distances are in ticks, per share.
#[derive(Debug, Serialize)]
struct Figures {
    fills: u64,
    /// Fills that took liquidity.
    fills_taken: u64,
    bought: u64,
    sold: u64,
    inventory: i64,
    inventory_max: u64,
    #[serde(serialize_with = "as_number")]
    pnl_before_fees: Money,
    #[serde(serialize_with = "as_number")]
    fees: Money,
    #[serde(serialize_with = "as_number")]
    pnl_after_fees: Money,
    at_touch: Option<f64>,
    edge_ticks: Option<f64>,
    adverse_1s_ticks: Option<f64>,
    adverse_10s_ticks: Option<f64>,
}

/// What the model last went by, and its answer.
#[derive(Debug, Serialize)]
struct Model {
    sigma: f64,
    a: f64,
    k: f64,
    half_spread_ticks: Option<f64>,
    skew_ticks: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Orders {
    submitted: u64,
    replaced: u64,
    cancelled: u64,
    refused_by_limits: u64,
    rejected_by_venue: u64,
}

/// What symbols can be added up from.
#[derive(Clone, Copy, Default)]
struct Sums {
    fills: u64,
    fills_taken: u64,
    bought: u64,
    sold: u64,
    inventory: i64,
    inventory_max: u64,
    before_fees: Money,
    fees: Money,
    after_fees: Money,
    touch_time: TouchTime,
    edge: PerShare,
    adverse: [PerShare; 2],
}

impl Sums {
    fn of(maker: &SymbolMaker) -> Sums {
        let (account, fills) = (maker.account(), maker.fills());
        let position = account.position;
        let [adverse_1s, adverse_10s] = &fills.adverse;
        Sums {
            fills: position.fills,
            fills_taken: fills.taken,
            bought: position.bought.shares(),
            sold: position.sold.shares(),
            inventory: position.shares,
            inventory_max: account.shares_max,
            before_fees: account.before_fees,
            fees: position.fees,
            after_fees: account.after_fees,
            touch_time: *maker.touch_time(),
            edge: fills.edge,
            adverse: [adverse_1s.against_us, adverse_10s.against_us],
        }
    }

    fn and(self, other: Sums) -> Sums {
        Sums {
            fills: self.fills + other.fills,
            fills_taken: self.fills_taken + other.fills_taken,
            bought: self.bought + other.bought,
            sold: self.sold + other.sold,
            inventory: self.inventory + other.inventory,
            inventory_max: self.inventory_max.max(other.inventory_max),
            before_fees: self.before_fees + other.before_fees,
            fees: self.fees + other.fees,
            after_fees: self.after_fees + other.after_fees,
            touch_time: self.touch_time.and(other.touch_time),
            edge: self.edge.and(other.edge),
            adverse: [self.adverse[0].and(other.adverse[0]), self.adverse[1].and(other.adverse[1])],
        }
    }

    fn figures(&self, strategy: &MarketMaker) -> Figures {
        let tick = strategy.settings().quoting.tick;
        Figures {
            fills: self.fills,
            fills_taken: self.fills_taken,
            bought: self.bought,
            sold: self.sold,
            inventory: self.inventory,
            inventory_max: self.inventory_max,
            pnl_before_fees: self.before_fees,
            fees: self.fees,
            pnl_after_fees: self.after_fees,
            at_touch: self.touch_time.at_touch_share(),
            edge_ticks: self.edge.ticks(tick),
            adverse_1s_ticks: self.adverse[0].ticks(tick),
            adverse_10s_ticks: self.adverse[1].ticks(tick),
        }
    }
}

impl Report {
    /// From a strategy that has stopped.
    pub(crate) fn of(strategy: &MarketMaker) -> Report {
        let makers = strategy.makers();
        let sums = makers.iter().map(Sums::of).fold(Sums::default(), Sums::and);
        let counts = makers.iter().map(|maker| maker.steering().counts);
        let counts = counts.fold(OrderCounts::default(), OrderCounts::and);
        Report {
            symbols: makers.iter().map(|maker| Row::of(maker, strategy)).collect(),
            total: sums.figures(strategy),
            orders: Orders {
                submitted: counts.submitted,
                replaced: counts.replaced,
                cancelled: counts.cancelled,
                refused_by_limits: counts.refused,
                rejected_by_venue: counts.rejected,
            },
            killed_at: strategy.killed_at().map(clock),
        }
    }
}

impl Row {
    fn of(maker: &SymbolMaker, strategy: &MarketMaker) -> Row {
        let (sigma, intensity, glft) = maker.model();
        Row {
            symbol: maker.symbol.to_string(),
            figures: Sums::of(maker).figures(strategy),
            model: Model {
                sigma,
                a: intensity.a,
                k: intensity.k,
                half_spread_ticks: glft.map(Glft::half_spread),
                skew_ticks: glft.map(|glft| glft.skew),
            },
            conduct: match maker.conduct() {
                Conduct::Quoting => "quoting",
                Conduct::LossLimit => "stopped at its loss limit",
                Conduct::Killed => "stopped at the loss limit over all symbols",
            },
        }
    }
}

#[allow(clippy::cast_precision_loss)] // 53 bits of millionths are nine billion
fn as_number<S: serde::Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(money.micros() as f64 / 1e6)
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<8}{:>7}{:>6}{:>10}{:>10}{:>10}{:>7}{:>12}{:>10}{:>12}{:>9}{:>7}{:>8}{:>9}",
            "symbol",
            "fills",
            "taken",
            "bought",
            "sold",
            "inventory",
            "most",
            "PnL before",
            "fees",
            "PnL after",
            "at touch",
            "edge",
            "adv 1 s",
            "adv 10 s"
        )?;
        for row in &self.symbols {
            line(f, &row.symbol, &row.figures)?;
        }
        line(f, "total", &self.total)?;
        let Orders { submitted, replaced, cancelled, refused_by_limits, rejected_by_venue } =
            self.orders;
        writeln!(
            f,
            "\nOrders: {} submitted, {} replaced, {} cancelled; {} refused by limits, {} by the venue.",
            grouped(submitted),
            grouped(replaced),
            grouped(cancelled),
            grouped(refused_by_limits),
            grouped(rejected_by_venue)
        )?;
        if submitted == 0 {
            f.write_str(NO_ORDERS)?;
        }
        for row in self.symbols.iter().filter(|row| row.conduct != "quoting") {
            writeln!(f, "{} was {}.", row.symbol, row.conduct)?;
        }
        if let Some(time) = &self.killed_at {
            writeln!(f, "At {time} the loss limit over all symbols was reached.")?;
        }
        f.write_str(LEGEND)?;
        self.models(f)
    }
}

const NO_ORDERS: &str = "\
No order was sent. Quotes need a Live book in a symbol that trades, for longer than --watch and
--warm-up after --open.
";

const LEGEND: &str = "
PnL is marked to the mid; fees are negative where rebates exceed them. At touch: share of the
time in which quotes were allowed that they stood at the best price or better, mean of both
sides. Edge: ticks between the mid just before a fill of a quote and its price, in our favour.
Adv: ticks that the mid moved against us from just before such a fill to 1 s (10 s) after it;
positive is bad. Taken: fills that took liquidity, which only flattening does.
";

fn line(f: &mut Formatter<'_>, name: &str, figures: &Figures) -> fmt::Result {
    let share =
        figures.at_touch.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let ticks = |ticks: Option<f64>| ticks.map_or("–".to_owned(), |ticks| format!("{ticks:.2}"));
    writeln!(
        f,
        "{name:<8}{:>7}{:>6}{:>10}{:>10}{:>10}{:>7}{:>12}{:>10}{:>12}{share:>9}{:>7}{:>8}{:>9}",
        grouped(figures.fills),
        grouped(figures.fills_taken),
        grouped(figures.bought),
        grouped(figures.sold),
        figures.inventory,
        figures.inventory_max,
        figures.pnl_before_fees,
        figures.fees,
        figures.pnl_after_fees,
        ticks(figures.edge_ticks),
        ticks(figures.adverse_1s_ticks),
        ticks(figures.adverse_10s_ticks),
    )
}

impl Report {
    fn models(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nWhat the model last went by:")?;
        writeln!(
            f,
            "{:<8}{:>16}{:>12}{:>12}{:>20}{:>18}",
            "symbol",
            "σ (ticks/√s)",
            "A (1/s)",
            "k (1/tick)",
            "half spread (ticks)",
            "skew (ticks/lot)"
        )?;
        for Row { symbol, model, .. } in &self.symbols {
            let ticks = |ticks: Option<f64>| ticks.map_or("–".to_owned(), |x| format!("{x:.2}"));
            writeln!(
                f,
                "{symbol:<8}{:>16.3}{:>12.3}{:>12.3}{:>20}{:>18}",
                model.sigma,
                model.a,
                model.k,
                ticks(model.half_spread_ticks),
                ticks(model.skew_ticks)
            )?;
        }
        Ok(())
    }
}

/// Digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        let _ = text.write_char(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        let numbers = [0, 999, 1_000, 12_345, 1_234_567];
        let texts = numbers.map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
