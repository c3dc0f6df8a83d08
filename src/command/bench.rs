//! `wirebook bench`: what a message costs on this machine.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hdrhistogram::Histogram;
use serde::Serialize;
use tempfile::NamedTempFile;
use wirebook::book::{Books, Capacity, Stamp};
use wirebook::ingest::feed::{Feed, FeedConfig, Listener};
use wirebook::ingest::session::SessionConfig;
use wirebook::ingest::source::Format;
use wirebook::live::pin_to;
use wirebook::replay::{Player, Summary};
use wirebook::{Input, InputError};
use wirebook_exchange::feed::{self, Day};
use wirebook_exchange::flow::FlowConfig;

use super::outcome::{Failure, Outcome};
use super::tell::tell;

/// Measure what a message costs here: decoded, applied to the books and published, by the processor time of the thread.
///
/// A day is made, or a recording is played, again and again into new books; all rounds must end with the same books. A
/// last round takes the latency of single messages, from bytes to changed book, without looking ahead at what follows.
///
/// Exit status: 0 if all rounds led to the same books; 2 if not, or if the input is unusable; 3 if something is missing
/// in the recording.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A recording, as `replay` reads it; a day is made if it is left out.
    input: Option<PathBuf>,
    /// The capture of the redundant line.
    #[arg(long, value_name = "PCAP", requires = "input")]
    line_b: Option<PathBuf>,
    /// What the input is, where neither its content nor its name tells.
    #[arg(long, value_name = "FORMAT", requires = "input")]
    format: Option<Format>,
    /// Messages of the day that is made.
    #[arg(long, value_name = "N", default_value_t = 4_000_000, conflicts_with = "input")]
    messages: u64,
    /// Its symbols.
    #[arg(long, value_name = "N", default_value_t = 8_000, conflicts_with = "input")]
    symbols: u16,
    /// Which of all possible days.
    #[arg(long, value_name = "S", default_value_t = 1, conflicts_with = "input")]
    seed: u64,
    /// Rounds, of which the median is told.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// The core to run on.
    #[arg(long, value_name = "CORE")]
    core: Option<usize>,
    /// Orders that the books have room for.
    #[arg(long, value_name = "N", default_value_t = Capacity::default().orders)]
    orders_max: u32,
    /// Print the figures as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// Messages between two whose latency is taken: they use the caches meanwhile.
const BETWEEN: u64 = 1_000;

/// What was measured. Serializes as the JSON that `wirebook bench --json` prints.
#[derive(Serialize)]
struct Figures {
    messages: u64,
    symbols: usize,
    orders_live: u32,
    rounds: u16,
    ns_per_message: NsPerMessage,
    latency_ns: LatencyNs,
    final_bbo_checksum: u64,
    pages: String,
}

#[derive(Serialize)]
struct NsPerMessage {
    median: f64,
    best: f64,
    rounds: Vec<f64>,
}

#[derive(Serialize)]
struct LatencyNs {
    p50: u64,
    p99: u64,
    #[serde(rename = "p99.9")]
    p999: u64,
    max: u64,
    samples: u64,
    /// What asking for the time twice takes, which is subtracted.
    timer: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if let Some(core) = arguments.core {
        pin_to(core)?;
    }
    let day;
    let path = match &arguments.input {
        Some(path) => path.as_path(),
        None => {
            day = make_day(arguments)?;
            day.path()
        }
    };
    let round = || Ok::<_, Failure>(play(arguments, path, FeedConfig::default(), ())?.summary());
    let summary = round()?;
    let mut rounds = vec![summary.ns_per_message];
    for _ in 1..arguments.rounds {
        let next = round()?;
        rounds.push(next.ns_per_message);
        if next.final_bbo_checksum != summary.final_bbo_checksum {
            return Err(Failure::Rounds(summary.final_bbo_checksum, next.final_bbo_checksum));
        }
    }
    let latency = measure_latency(arguments, path)?;
    tell(&figures(arguments, &summary, rounds, latency), arguments.json, in_words);
    Ok(if summary.is_complete() { Outcome::Complete } else { Outcome::Missing })
}

/// A day in a file: made beforehand, so that making it does not use the caches between its messages.
fn make_day(arguments: &Arguments) -> Result<NamedTempFile, Failure> {
    let &Arguments { messages, symbols, seed, .. } = arguments;
    let mut day = Day::new(FlowConfig { symbols, messages, seed }).map_err(InputError::from)?;
    let of = |error| Failure::Output { path: std::env::temp_dir().display().to_string(), error };
    let mut file = tempfile::Builder::new().suffix(".itch").tempfile().map_err(of)?;
    let path = file.path().to_owned();
    let written = feed::write_itch(&mut day, std::io::BufWriter::new(file.as_file_mut()), |_| {});
    written.map_err(|error| Failure::Generate(path, error))?;
    Ok(file)
}

/// Plays the input into new books.
fn play<L: Listener>(
    arguments: &Arguments,
    path: &Path,
    config: FeedConfig,
    listener: L,
) -> Result<Player<L>, Failure> {
    let input = Input::open(path, arguments.line_b.as_deref(), arguments.format)?;
    let capacity = Capacity { orders: arguments.orders_max, ..Capacity::WHOLE_DAY };
    let mut books = Books::new(capacity)?;
    books.prefault();
    let feed = Feed::new(books, listener, config);
    let mut player = Player::new(input, feed, SessionConfig::default());
    while player.step()? {}
    player.finish().map_err(|error| Failure::ReplayOf(path.to_owned(), error))?;
    Ok(player)
}

/// Takes the time of one message in a thousand.
struct Stopwatch {
    until_next: u64,
    start: Option<Instant>,
    taken: Histogram<u64>,
}

impl Listener for Stopwatch {
    #[inline(always)]
    fn before_message(&mut self, _: &Books, _: Stamp) {
        self.until_next -= 1;
        if self.until_next == 0 {
            self.until_next = BETWEEN;
            self.start = Some(Instant::now());
        }
    }

    #[inline(always)]
    fn after_message(&mut self, _: &Books, _: Stamp) {
        if let Some(start) = self.start.take() {
            self.taken.saturating_record(nanoseconds(start));
        }
    }
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn measure_latency(arguments: &Arguments, path: &Path) -> Result<LatencyNs, Failure> {
    let timer = timer_ns();
    // An hour, to three digits.
    let taken = Histogram::new_with_max(3_600_000_000_000, 3)
        .map_err(|error| Failure::Option(error.to_string()))?;
    let config = FeedConfig { look_ahead_orders_min: u32::MAX, ..FeedConfig::default() };
    let stopwatch = Stopwatch { until_next: BETWEEN, start: None, taken };
    let player = play(arguments, path, config, stopwatch)?;
    let taken = &player.listener().taken;
    let at = |quantile| taken.value_at_quantile(quantile).saturating_sub(timer);
    Ok(LatencyNs {
        p50: at(0.5),
        p99: at(0.99),
        p999: at(0.999),
        max: taken.max().saturating_sub(timer),
        samples: taken.len(),
        timer,
    })
}

fn timer_ns() -> u64 {
    let mut taken: Vec<u64> = (0..1_001).map(|_| nanoseconds(Instant::now())).collect();
    taken.sort_unstable();
    taken[taken.len() / 2]
}

fn figures(
    arguments: &Arguments,
    summary: &Summary,
    rounds: Vec<f64>,
    latency_ns: LatencyNs,
) -> Figures {
    let mut sorted = rounds.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (median, best) = (sorted[sorted.len() / 2], sorted[0]);
    Figures {
        messages: summary.messages,
        symbols: summary.symbols,
        orders_live: summary.orders_live,
        rounds: arguments.rounds,
        ns_per_message: NsPerMessage { median, best, rounds },
        latency_ns,
        final_bbo_checksum: summary.final_bbo_checksum,
        pages: summary.pages.clone(),
    }
}

fn in_words(out: &mut dyn Write, figures: &Figures) -> std::io::Result<()> {
    let Figures { messages, symbols, orders_live, rounds, pages, .. } = figures;
    let NsPerMessage { median, best, .. } = figures.ns_per_message;
    let LatencyNs { p50, p99, p999, max, samples, .. } = figures.latency_ns;
    writeln!(out, "{messages} messages, {symbols} symbols, {orders_live} orders live at the end")?;
    writeln!(out, "books in pages of {pages}, checksum {}", figures.final_bbo_checksum)?;
    writeln!(out, "{median:.1} ns a message (median of {rounds}), {best:.1} at best")?;
    writeln!(
        out,
        "single messages: p50 {p50}, p99 {p99}, p99.9 {p999}, max {max} ns ({samples} samples)"
    )
}
