//! `wirebook top`: the busiest books that another process keeps, again and again.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use wirebook::attach;
use wirebook::book::region::{Region, RegionHeader, WriterState};
use wirebook::book::{BookReader, BooksError, Locate, Price, Qty, Symbol};

use super::attach::{name_of, writer_name};
use super::outcome::{Failure, Outcome};
use super::tell::tell_json;

/// Show the busiest books that another process keeps in a file, every second, without disturbing it.
///
/// It ends with the writer. Exit status: 0 if the writer has finished, or was alive at the last look; 2 if there
/// are no books to read; 3 if the writer has died.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file.
    path: PathBuf,
    /// Seconds between two looks, over which changes are counted.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = interval)]
    interval: f64,
    /// Books to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,
    /// Looks; without end if left out.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print a JSON object for each look, on a line of its own.
    #[arg(long)]
    json: bool,
}

fn interval(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds @ 0.01..=3600.0) => Ok(seconds),
        _ => Err("from 0.01 to 3600 seconds".to_owned()),
    }
}

/// One book. Prices are in whole 10⁻⁴ units in JSON.
#[derive(Serialize)]
struct Row {
    symbol: String,
    locate: u16,
    feed_state: &'static str,
    trading_state: &'static str,
    bid_price: i64,
    bid_qty: u64,
    ask_price: i64,
    ask_qty: u64,
    last_price: Option<i64>,
    last_qty: Option<u64>,
    changes_per_second: f64,
}

/// All that a look has found. Serializes as a line of `wirebook top --json`.
#[derive(Serialize)]
struct Look {
    writer: &'static str,
    feed_state: &'static str,
    last_sequence: u64,
    messages_per_second: f64,
    symbols: usize,
    books_not_live: usize,
    top: Vec<Row>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let reader = attach(&arguments.path)?;
    let mut stdout = std::io::stdout().lock();
    let is_screen = stdout.is_terminal() && !arguments.json;
    let mut counts = Counts::of(&reader);
    for number in 1.. {
        thread::sleep(Duration::from_secs_f64(arguments.interval));
        // Asked before the books are read: of one that was alive they are at least as late as that.
        let writer = reader.check_writer();
        let look = counts.look(&reader, writer, arguments.rows);
        if let Some(region) = reader.region() {
            // Of a file that was cut nothing can be said.
            region.check_length().map_err(BooksError::from)?;
        }
        let told = if arguments.json {
            tell_json(&mut stdout, &look).and_then(|()| stdout.flush())
        } else {
            tell(&mut stdout, &look, is_screen)
        };
        let is_last = arguments.count.is_some_and(|count| number >= count);
        // A reader that has gone away wants no more.
        if told.is_err() || is_last || writer != WriterState::Alive {
            return Ok(if writer == WriterState::Dead {
                Outcome::Missing
            } else {
                Outcome::Complete
            });
        }
    }
    Ok(Outcome::Complete)
}

/// What was counted at the last look.
struct Counts {
    at: Instant,
    sequence: u64,
    /// The version of each book, by locate.
    versions: Vec<u32>,
}

fn sequence(reader: &BookReader) -> u64 {
    reader.region().map(Region::header).map_or(0, RegionHeader::last_sequence)
}

impl Counts {
    fn of(reader: &BookReader) -> Counts {
        let locates = (0..=u16::MAX).take(reader.capacity().locates as usize).map(Locate::new);
        let versions = locates.map(|locate| reader.depth_version(locate)).collect();
        Counts { at: Instant::now(), sequence: sequence(reader), versions }
    }

    /// Looks at all books, and counts anew.
    fn look(&mut self, reader: &BookReader, writer: WriterState, rows: usize) -> Look {
        let now = Counts::of(reader);
        let seconds = now.at.duration_since(self.at).as_secs_f64();
        let symbols = reader.symbols();
        let mut books_not_live = 0;
        let mut busiest: Vec<(u32, Locate, Symbol)> = Vec::with_capacity(symbols.len());
        for &(locate, symbol) in &symbols {
            books_not_live +=
                usize::from(!reader.top(locate).is_ok_and(|top| top.feed_state.is_live()));
            busiest.push((now.changes(self, locate), locate, symbol));
        }
        busiest.sort_unstable_by_key(|&(changes, locate, _)| (std::cmp::Reverse(changes), locate));
        let row = |&(changes, locate, symbol): &(u32, Locate, Symbol)| {
            row(reader, locate, symbol, f64::from(changes) / seconds)
        };
        #[allow(clippy::cast_precision_loss)] // a rate to be read
        let messages = now.sequence.saturating_sub(self.sequence) as f64;
        let look = Look {
            writer: writer_name(writer),
            feed_state: reader.feed_state().name(),
            last_sequence: now.sequence,
            messages_per_second: messages / seconds,
            symbols: symbols.len(),
            books_not_live,
            top: busiest.iter().take(rows).filter_map(row).collect(),
        };
        *self = now;
        look
    }

    /// How often a book was changed since then: its version rises by two each time.
    fn changes(&self, since: &Counts, locate: Locate) -> u32 {
        let of = |counts: &Counts| counts.versions.get(locate.index()).copied().unwrap_or(0);
        of(self).wrapping_sub(of(since)) / 2
    }
}

/// A book as it is now; `None` where it changes faster than it can be read.
fn row(reader: &BookReader, locate: Locate, symbol: Symbol, changes: f64) -> Option<Row> {
    let top = reader.top(locate).ok()?;
    let last = reader.last_trade(locate).ok()?;
    Some(Row {
        symbol: name_of(locate, symbol),
        locate: locate.get(),
        feed_state: top.feed_state.name(),
        trading_state: top.trading_state.name(),
        bid_price: top.touch.bid_price.units(),
        bid_qty: top.touch.bid_qty.shares(),
        ask_price: top.touch.ask_price.units(),
        ask_qty: top.touch.ask_qty.shares(),
        last_price: last.map(|last| last.price.units()),
        last_qty: last.map(|last| last.qty.shares()),
        changes_per_second: changes,
    })
}

fn tell(out: &mut impl Write, look: &Look, is_screen: bool) -> std::io::Result<()> {
    if is_screen {
        // To the first place of the screen, and all behind it gone.
        write!(out, "\x1b[H\x1b[J")?;
    }
    writeln!(
        out,
        "writer {}, feed {}, message {}, {:.0} a second; {} books, {} not Live",
        look.writer,
        look.feed_state,
        look.last_sequence,
        look.messages_per_second,
        look.symbols,
        look.books_not_live
    )?;
    writeln!(
        out,
        "{:10} {:10} {:15} {:>9} {:>12} {:>12} {:>9} {:>12} {:>10}",
        "symbol", "feed", "trading", "bid qty", "bid", "ask", "ask qty", "last", "changes/s"
    )?;
    for row in &look.top {
        let price = |units: i64, qty: u64| match qty {
            0 => "-".to_owned(),
            _ => Price::from_units(units).to_string(),
        };
        let last =
            row.last_price.map_or_else(|| "-".to_owned(), |p| Price::from_units(p).to_string());
        writeln!(
            out,
            "{:10} {:10} {:15} {:>9} {:>12} {:>12} {:>9} {:>12} {:>10.0}",
            row.symbol,
            row.feed_state,
            row.trading_state,
            Qty::new(row.bid_qty),
            price(row.bid_price, row.bid_qty),
            price(row.ask_price, row.ask_qty),
            Qty::new(row.ask_qty),
            last,
            row.changes_per_second
        )?;
    }
    out.flush()
}
