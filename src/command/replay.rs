//! `wirebook replay`: rebuilds the books from a recording.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use wirebook::Input;
use wirebook::book::{Capacity, Symbol};
use wirebook::ingest::feed::{Feed, FeedConfig, Publisher, SymbolFilter};
use wirebook::ingest::session::SessionConfig;
use wirebook::ingest::source::Format;
use wirebook::replay::{DepthTape, Player, Summary, Tapes, TouchTape};

use super::outcome::{Failure, Outcome};
use super::output::Output;
use super::region::{Opened, RegionArguments};
use super::tell::tell;

/// Rebuild the books from a recording.
///
/// The recording goes through the same session, decode and book code as a live feed. It is a file
/// of ITCH 5.0 messages behind 2-byte lengths, or a pcap or pcapng capture of MoldUDP64, plain or
/// compressed by gzip or zstd.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The recording.
    input: PathBuf,
    /// The capture of the redundant line: packets of both are taken in capture-time order and
    /// arbitrated by sequence.
    #[arg(long, value_name = "PCAP")]
    line_b: Option<PathBuf>,
    /// What the recording is, where its content and name do not tell: itch, pcap or level-set.
    #[arg(long)]
    format: Option<Format>,
    /// Write the touch tape: a line `seq,locate,bid_price,bid_qty,ask_price,ask_qty` for each
    /// message that changes the touch of a book that is Live. `-` is standard output.
    #[arg(long, value_name = "OUT.csv")]
    bbo: Option<PathBuf>,
    /// Write the depth tape: a line for each message that changes the best N levels of a book
    /// that is Live, in LOBSTER's order of columns behind `seq,locate`.
    #[arg(long, value_name = "OUT.csv", requires = "levels")]
    depth: Option<PathBuf>,
    /// How many levels the depth tape shows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    levels: Option<u16>,
    /// Keep only these symbols.
    #[arg(long, value_delimiter = ',', value_name = "AAPL,GOOG")]
    symbols: Vec<String>,
    /// Write lines of books that are not Live too.
    #[arg(long)]
    any_state: bool,
    /// The recording begins with empty books, whatever its first message is.
    #[arg(long)]
    assume_complete: bool,
    /// Orders that can be live at the same time.
    #[arg(long, value_name = "N", default_value_t = Capacity::WHOLE_DAY.orders)]
    orders_max: u32,
    /// Price levels that can be there at the same time.
    #[arg(long, value_name = "N", default_value_t = Capacity::WHOLE_DAY.levels)]
    levels_max: u32,
    /// Packets that wait for a missing one before it is given up.
    #[arg(long, value_name = "PACKETS", default_value_t = SessionConfig::default().window_packets)]
    window: usize,
    #[command(flatten)]
    region: RegionArguments,
    /// Print the summary as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// How often readers in other processes are told that the replay is alive.
const BEAT: Duration = Duration::from_millis(100);

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let input = Input::open(&arguments.input, arguments.line_b.as_deref(), arguments.format)?;
    let bbo = arguments.bbo.as_deref().map(Output::create).transpose()?;
    let depth = arguments.depth.as_deref().map(Output::create).transpose()?;
    let summary = play(arguments, input, bbo.as_ref(), depth.as_ref())?;
    let on_stdout = [&bbo, &depth].into_iter().flatten().any(Output::is_standard);
    for output in [bbo, depth].into_iter().flatten() {
        output.finish()?;
    }
    report(&summary, arguments.json, on_stdout);
    Ok(if summary.is_complete() { Outcome::Complete } else { Outcome::Missing })
}

fn play(
    arguments: &Arguments,
    input: Input,
    bbo: Option<&Output>,
    depth: Option<&Output>,
) -> Result<Summary, Failure> {
    let any_state = arguments.any_state;
    let levels = usize::from(arguments.levels.unwrap_or(1));
    let tapes = Tapes {
        touch: TouchTape::new(bbo.map(Output::writer).transpose()?, any_state),
        depth: match depth {
            Some(output) => Some(DepthTape::new(output.writer()?, levels, any_state)),
            None => None,
        },
    };
    let capacity = Capacity {
        orders: arguments.orders_max,
        levels: arguments.levels_max,
        ..Capacity::WHOLE_DAY
    };
    let config = FeedConfig {
        assume_complete: arguments.assume_complete,
        symbols: SymbolFilter::only(symbols(&arguments.symbols)?),
        ..FeedConfig::default()
    };
    if arguments.region.is_shared() && !input.is_numbered() {
        return Err(Failure::RegionOf(arguments.input.clone()));
    }
    let Opened { books, resumed } = arguments.region.open(capacity)?;
    let publisher = Publisher::of(&books);
    let mut feed = Feed::new(books, (tapes, publisher), config);
    if let Some(resumed) = resumed {
        feed.succeed(resumed);
    }
    let session = SessionConfig {
        window_packets: arguments.window,
        begins_anywhere: arguments.assume_complete,
        ..SessionConfig::default()
    };
    let mut player = Player::new(input, feed, session);
    let of_input = |error| Failure::ReplayOf(arguments.input.clone(), error);
    let (start, mut beat_due) = (Instant::now(), Duration::ZERO);
    while player.step()? {
        player.with_feed(|_, (tapes, _)| tapes.touch.flush());
        let now = start.elapsed();
        if now >= beat_due {
            player.beat(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
            beat_due = now + BEAT;
        }
    }
    player.finish().map_err(of_input)?;
    finish(player, bbo, depth)
}

fn finish(
    mut player: Player<(Tapes<'_>, Publisher)>,
    bbo: Option<&Output>,
    depth: Option<&Output>,
) -> Result<Summary, Failure> {
    let mut summary = player.summary();
    player.with_feed(|_, (tapes, _)| {
        if let (Some(output), Err(error)) = (bbo, tapes.touch.finish()) {
            return Err(Failure::output(output.name())(error));
        }
        if let (Some(output), Some(Err(error))) =
            (depth, tapes.depth.as_mut().map(DepthTape::finish))
        {
            return Err(Failure::output(output.name())(error));
        }
        summary.bbo_changes = tapes.touch.count();
        summary.bbo_sha256 = tapes.touch.sha256();
        Ok(())
    })?;
    Ok(summary)
}

pub(super) fn symbols(names: &[String]) -> Result<Vec<Symbol>, Failure> {
    let symbol = |name: &String| {
        let name = name.trim();
        let symbol = (!name.is_empty()).then(|| Symbol::new(name)).flatten();
        symbol.ok_or_else(|| Failure::Symbol(name.to_owned()))
    };
    names.iter().map(symbol).collect()
}

/// Says what was found: on standard output, unless a tape is there already, and what is missing
/// on standard error.
fn report(summary: &Summary, json: bool, tape_on_stdout: bool) {
    if tape_on_stdout && !json {
        // A reader that has gone away is no failure of the replay.
        let _ = writeln!(std::io::stderr(), "{summary}");
    } else {
        tell(summary, json, |out, summary| writeln!(out, "{summary}"));
    }
    if summary.is_complete() {
        return;
    }
    for gap in &summary.gaps {
        eprintln!("wirebook: gap: messages {} to {} are missing", gap.first, gap.last);
    }
    if summary.unknown_refs > 0 {
        eprintln!("wirebook: {} messages name unknown orders", summary.unknown_refs);
    }
    let names = summary.books_not_live.join(" ");
    let count = summary.books_not_live.len();
    eprintln!(
        "wirebook: incomplete: the feed is {}; {count} books are not Live: {names}",
        summary.feed_state
    );
}
