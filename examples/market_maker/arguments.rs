//! The command line.

use std::path::PathBuf;

use clap::Parser;
use strategy_api::rust_decimal::Decimal;
use strategy_api::rust_decimal::prelude::ToPrimitive;
use strategy_api::{Money, Nanos, Price, Qty, Symbol};
use wirebook::{DayConfig, Input, InputError};

use crate::model::Intensity;
use crate::settings::{Estimates, Losses, Quoting, Session, Settings, Symbols};

/// Makes markets in several symbols at once on a simulated venue, with quotes that mind their
/// inventory, and shows what came of it.
#[derive(Debug, Parser)]
#[command(name = "market_maker")]
pub(crate) struct Arguments {
    /// A recording: ITCH 5.0 (.itch, .NASDAQ_ITCH50) or a capture (.pcap, .pcapng), plain, .gz or
    /// .zst. Without one, a made-up day that comes with the engine
    path: Option<PathBuf>,

    /// The capture of the redundant line
    #[arg(long, value_name = "PCAP", requires = "path")]
    line_b: Option<PathBuf>,

    /// Follow the books that another process keeps in this file (wirebook run --region), until it
    /// ends
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    pub(crate) follow: Option<PathBuf>,

    /// The seed of the made-up day
    #[arg(long, default_value_t = 1, conflicts_with = "path")]
    seed: u64,

    /// How many messages the made-up day has
    #[arg(long, default_value_t = 1_000_000, conflicts_with = "path")]
    messages: u64,

    /// Make markets in these symbols
    #[arg(long, value_delimiter = ',', value_parser = symbol)]
    symbols: Vec<Symbol>,

    /// Make markets in this many symbols: those with the most trades after the open
    #[arg(long, default_value_t = 5, conflicts_with = "symbols", value_parser = clap::value_parser!(u16).range(1..=64))]
    count: u16,

    /// Aversion to risk, per (tick · lot of one quote): more of it widens quotes and moves them
    /// further against the inventory
    #[arg(long, default_value = "0.3", value_parser = positive)]
    gamma: Decimal,

    /// How much of the mid's recent trend is taken to go on, from 0 (nothing) to 1
    #[arg(long, default_value = "0.25", value_parser = share)]
    trend: Decimal,

    /// Shares in a quote
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    size: u32,

    /// The most shares held of a symbol, long or short
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    position_max: u32,

    /// The most that may be lost in a symbol, after fees; then it is flattened and left alone
    #[arg(long, default_value = "1000", value_parser = money)]
    loss_max: Money,

    /// The most that may be lost altogether; then everything is flattened and the kill switch is
    /// pulled
    #[arg(long, default_value = "2500", value_parser = money)]
    loss_max_total: Money,

    /// The step of prices
    #[arg(long, default_value = "0.01", value_parser = tick)]
    tick: Price,

    /// No quotes before (HH:MM or HH:MM:SS)
    #[arg(long, default_value = "09:30", value_parser = time)]
    open: Nanos,

    /// Flat at this time: in the five minutes before, inventory is only reduced, and what is left
    /// a minute before is taken to the market
    #[arg(long, default_value = "16:00", value_parser = time)]
    close: Nanos,

    /// Seconds from the first trade after the open in which the most active symbols are looked for
    #[arg(long, default_value_t = 300)]
    watch: u32,

    /// Seconds in which a symbol is observed before it is quoted
    #[arg(long, default_value_t = 120)]
    warm_up: u32,

    /// Where to draw the symbol in which most was traded
    #[arg(long, default_value = "market_maker.svg")]
    pub(crate) svg: PathBuf,

    /// Report as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Symbols of the made-up day: few enough that a million messages make the busiest of them busy.
const DAY_SYMBOLS: u16 = 100;

impl Arguments {
    /// What is to be replayed.
    pub(crate) fn input(&self) -> Result<Input, InputError> {
        match &self.path {
            Some(path) => Input::open(path, self.line_b.as_deref(), None),
            None => Input::day(DayConfig {
                symbols: DAY_SYMBOLS,
                messages: self.messages,
                seed: self.seed,
            }),
        }
    }

    /// As settings, or one sentence on why they do not go together.
    pub(crate) fn settings(&self) -> Result<Settings, String> {
        if self.size > self.position_max {
            let (size, most) = (self.size, self.position_max);
            return Err(format!("quotes of {size} shares are above the position limit of {most}"));
        }
        if self.close <= self.open {
            return Err("the close must come after the open".to_owned());
        }
        let symbols = match self.symbols.as_slice() {
            [] => Symbols::MostActive(usize::from(self.count)),
            named => Symbols::Named(named.to_vec()),
        };
        // As many quotes on one side as the position limit has room for, by half.
        let trend_lots_max = f64::from(self.position_max) / f64::from(self.size) / 2.0;
        Ok(Settings {
            symbols,
            session: Session {
                open: self.open,
                close: self.close,
                watch_ns: seconds(self.watch),
                warm_up_ns: seconds(self.warm_up),
                reduce_ns: seconds(300),
                flatten_ns: seconds(60),
            },
            quoting: Quoting {
                tick: self.tick,
                size: Qty::from(self.size),
                position_max: Qty::from(self.position_max),
                gamma: self.gamma.to_f64().unwrap_or(f64::NAN),
                trend_share: self.trend.to_f64().unwrap_or(0.0),
                trend_lots_max,
                patience_ticks: 0.5,
                patience_share: 0.2,
            },
            estimates: Estimates {
                sigma: 1.0,
                intensity: Intensity { a: 0.2, k: 0.5 },
                prior_s: 10.0,
                sigma_constant_s: 600.0,
                trend_constant_s: 30.0,
                intensity_constant_s: 600.0,
            },
            losses: Losses { symbol_max: self.loss_max, total_max: self.loss_max_total },
        })
    }
}

fn seconds(seconds: u32) -> u64 {
    u64::from(seconds) * Nanos::PER_SECOND
}

fn symbol(text: &str) -> Result<Symbol, String> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let symbol = Symbol::new(&text.to_ascii_uppercase()).filter(|_| plain);
    symbol.ok_or_else(|| "a symbol has one to eight letters".to_owned())
}

fn decimal(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| "this is no decimal number".to_owned())
}

fn positive(text: &str) -> Result<Decimal, String> {
    let number = decimal(text)?;
    if number > Decimal::ZERO { Ok(number) } else { Err("it must be above zero".to_owned()) }
}

fn share(text: &str) -> Result<Decimal, String> {
    let number = decimal(text)?;
    let within = Decimal::ZERO <= number && number <= Decimal::ONE;
    within.then_some(number).ok_or_else(|| "it must be from 0 to 1".to_owned())
}

fn tick(text: &str) -> Result<Price, String> {
    Price::try_from(positive(text)?).map_err(|error| error.to_string())
}

fn money(text: &str) -> Result<Money, String> {
    let micros = positive(text)?.checked_mul(Decimal::from(1_000_000));
    let micros = micros.and_then(|micros| micros.trunc().to_i64());
    micros.map(Money::from_micros).ok_or_else(|| "it is too large".to_owned())
}

fn time(text: &str) -> Result<Nanos, String> {
    let mut parts = text.split(':').map(|part| part.parse::<u64>().ok());
    let parts = (parts.next().flatten(), parts.next().flatten(), parts.next(), parts.next());
    let (Some(hours @ 0..24), Some(minutes @ 0..60), seconds @ (None | Some(Some(0..60))), None) =
        parts
    else {
        return Err("a time is written HH:MM or HH:MM:SS".to_owned());
    };
    let seconds = seconds.flatten().unwrap_or(0);
    Ok(Nanos::new((hours * 3_600 + minutes * 60 + seconds) * Nanos::PER_SECOND))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Settings, String> {
        let words = std::iter::once("market_maker").chain(line.split_whitespace());
        let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        arguments.settings()
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn values_arrive_exactly() {
        let settings =
            parse("--gamma 0.05 --size 200 --loss-max 12.34 --tick 0.05 --close 15:59:30");
        let settings = settings.unwrap();
        assert!((settings.quoting.gamma - 0.05).abs() < 1e-15);
        assert_eq!(settings.quoting.size, Qty::new(200));
        assert_eq!(settings.losses.symbol_max, Money::from_micros(12_340_000));
        assert_eq!(settings.quoting.tick, Price::from_units(500));
        assert_eq!(settings.session.close, Nanos::new(57_570 * Nanos::PER_SECOND));
        assert_eq!(settings.symbols, Symbols::MostActive(5));
        let named = parse("--symbols goog,AMZN").unwrap().symbols;
        let [goog, amzn] = ["GOOG", "AMZN"].map(|name| Symbol::new(name).unwrap());
        assert_eq!(named, Symbols::Named(vec![goog, amzn]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "--gamma 0",
            "--gamma x",
            "--gamma -1",
            "--size 0",
            "--size 2000",
            "--trend 1.1",
            "--trend -0.1",
            "--tick 0.00001",
            "--loss-max 0",
            "--open 9",
            "--open 24:00",
            "--open 09:30:00:00",
            "--open 16:00 --close 09:30",
            "--symbols TOOLONGXX",
            "--symbols A --count 3",
            "--line-b b.pcap",
            "day.itch --seed 1",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
