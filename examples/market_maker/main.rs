//! A market maker that minds its inventory, in several symbols at once.
//!
//! ```text
//! cargo run --release --example market_maker                    # a made-up day
//! cargo run --release --example market_maker -- day.itch.gz     # a recording
//! cargo run --release --example market_maker -- --follow FILE   # the books of another process
//! ```
//!
//! It looks for the most active symbols in the first minutes after the open, estimates how
//! volatile they are (`volatility`) and how often quotes would be filled (`intensity`), and
//! quotes both sides of each where the model of Guéant, Lehalle and Fernandez-Tapia (`model`)
//! says: around a price that moves against its inventory. It quotes only while a symbol trades
//! and its book is Live, stays within a position limit and two loss limits, and ends the day
//! flat. At the end it prints what came of it, and draws the busiest symbol.
//!
//! | module | what is in it |
//! |---|---|
//! | `arguments`, `settings` | the command line, and what it means |
//! | `maker`, `symbol` | the strategy, and the market maker of one symbol |
//! | `model`, `volatility`, `trend`, `intensity` | where to quote, and from which estimates |
//! | `quoting`, `steering` | quotes as prices and quantities, and the orders they become |
//! | `statistics`, `series` | what is measured and recorded on the way |
//! | `report`, `chart`, `panel`, `clock_axis`, `progress` | what is shown |
//!
//! Exit status: 0 if the day was replayed, 1 if its results could not be written, 2 for arguments
//! or input that cannot be used.

#![forbid(unsafe_code)]

mod arguments;
mod chart;
mod clock_axis;
mod intensity;
mod maker;
#[cfg(test)]
mod maker_tests;
mod model;
mod panel;
mod progress;
mod quoting;
mod report;
mod selection;
mod series;
mod settings;
#[cfg(test)]
mod stage;
mod statistics;
mod steering;
mod symbol;
mod trend;
mod volatility;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Parser;
use strategy_api::Limits;
use thiserror::Error;
use wirebook::book::{Books, FeedState};
use wirebook::{Engine, EngineConfig, EngineError, Input, InputError, SeatReport};

use crate::arguments::Arguments;
use crate::maker::MarketMaker;
use crate::progress::ProgressView;
use crate::settings::{Settings, Symbols};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("market_maker: {failure}");
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Why there are no results, or none to be seen.
#[derive(Debug, Error)]
enum Failure {
    #[error("{0}")]
    Arguments(String),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("no market was made: {0}")]
    NoMarket(String),
    #[error("the strategy was detached: {0}")]
    Detached(String),
    #[error("the chart cannot be drawn: {0}")]
    Chart(String),
    #[error("{0}: cannot be written: {1}")]
    Write(PathBuf, io::Error),
    #[error("the report cannot be shown: {0}")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    fn exit_status(&self) -> u8 {
        match self {
            Failure::Arguments(_)
            | Failure::Input(_)
            | Failure::Engine(_)
            | Failure::NoMarket(_) => 2,
            Failure::Detached(_) | Failure::Chart(_) | Failure::Write(..) | Failure::Json(_) => 1,
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings = arguments.settings().map_err(Failure::Arguments)?;
    let mut config = EngineConfig::default();
    config.venue.ticks.from_one = settings.quoting.tick;
    let mut engine = Engine::new(config);
    let limits = limits(&settings);
    let seat = engine.add_with_limits(MarketMaker::new(settings), limits);
    let ended = match &arguments.follow {
        Some(path) => follow(&mut engine, path)?,
        None => replay(&mut engine, arguments.input()?)?,
    };
    let strategy = engine.strategy(seat).ok_or_else(|| nothing_to_show(ended.messages))?;
    if let Some(reason) = ended.seats.iter().find_map(|seat| seat.detached.clone()) {
        return Err(Failure::Detached(reason));
    }
    tell_of_what_is_missing(strategy, ended.state);
    if strategy.makers().is_empty() {
        return Err(nothing_to_show(ended.messages));
    }
    show(arguments, strategy)
}

/// How the day ended.
struct Ended {
    messages: u64,
    state: FeedState,
    seats: Vec<SeatReport>,
}

fn replay(engine: &mut Engine<MarketMaker>, input: Input) -> Result<Ended, Failure> {
    let mut view = ProgressView::new();
    let replayed = engine.replay(input, |progress| view.update(progress));
    view.finish();
    let report = replayed?;
    let state = engine.books().map_or(FeedState::Dead, Books::feed_state);
    Ok(Ended { messages: report.summary.messages, state, seats: report.seats })
}

fn follow(engine: &mut Engine<MarketMaker>, path: &Path) -> Result<Ended, Failure> {
    eprintln!("Following the books in {}.", path.display());
    let report = engine.follow(path)?;
    if report.followed.lost > 0 {
        eprintln!("{} updates came faster than they were followed.", report.followed.lost);
    }
    let state = engine.books().map_or(FeedState::Dead, Books::feed_state);
    Ok(Ended { messages: report.followed.updates, state, seats: report.seats })
}

/// What the desk holds every order against, whatever the strategy thinks it is doing: the same
/// position limit, and no more orders than two quotes a symbol.
fn limits(settings: &Settings) -> Limits {
    Limits {
        order_qty_max: settings.quoting.position_max,
        position_max: settings.quoting.position_max,
        open_orders_max: 2 * settings.symbols.count(),
        ..Limits::NONE
    }
}

fn show(arguments: &Arguments, strategy: &MarketMaker) -> Result<(), Failure> {
    let report = report::Report::of(strategy);
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&report)?)
    } else {
        report.to_string()
    };
    // Whoever reads only the first lines has what they wanted.
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(Failure::Write("standard output".into(), error));
        }
        _ => {}
    }
    let drawn = chart::draw(strategy).map_err(|error| Failure::Chart(error.to_string()))?;
    if let Some(svg) = drawn {
        let path = &arguments.svg;
        fs::write(path, svg).map_err(|error| Failure::Write(path.clone(), error))?;
        eprintln!("The chart is in {}.", path.display());
    }
    Ok(())
}

/// Symbols that never came, and a feed that was not whole: without them the figures would
/// mislead.
fn tell_of_what_is_missing(strategy: &MarketMaker, state: FeedState) {
    if let Symbols::Named(symbols) = &strategy.settings().symbols {
        let made = |symbol| strategy.makers().iter().any(|maker| maker.symbol == symbol);
        for symbol in symbols.iter().filter(|symbol| !made(**symbol)) {
            eprintln!("{symbol} has no book in this input.");
        }
    }
    if !state.is_live() {
        eprintln!("At its end the feed was {state}: where a book is not Live nothing is quoted.");
    }
}

fn nothing_to_show(messages: u64) -> Failure {
    let messages = report::grouped(messages);
    Failure::NoMarket(format!(
        "{messages} messages were read, and no symbol was found in them; there must be trades \
         after --open for longer than --watch, or --symbols must name symbols that have books"
    ))
}
