//! What pages, looking ahead and publication each do for the cost of a message.
//!
//! `benches/levers.sh` builds this with publication and without, and has the one start both, in turns: a day of many
//! symbols and a day of one, with 4 KiB and 2 MiB pages, with and without looking ahead. Every pass must end with
//! the same touches.

mod chart;
#[path = "../day/mod.rs"]
mod day;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use day::{Day, median};
use serde::{Deserialize, Serialize};
use wirebook::book::region::{HugePages, RegionConfig};
use wirebook::book::{Books, Capacity};
use wirebook::ingest::feed::{Feed, FeedConfig};

/// Measures what pages, looking ahead and publication do.
#[derive(Parser)]
struct Arguments {
    /// The same program, built so that nothing is published.
    #[arg(long)]
    unpublished: Option<PathBuf>,
    /// Messages of the day of many symbols.
    #[arg(long, default_value_t = 8_000_000)]
    messages: u64,
    /// Its symbols.
    #[arg(long, default_value_t = 8_000)]
    symbols: u16,
    /// Messages of the day of one symbol.
    #[arg(long, default_value_t = 1_000_000)]
    hot_messages: u64,
    /// Rounds; all take turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where the picture goes.
    #[arg(long, default_value = "target/levers.svg")]
    picture: PathBuf,
    /// Play one day with these pages, and print what it took: started by the bench itself.
    #[arg(long, hide = true)]
    play: Option<PagesWanted>,
    /// Look ahead in it.
    #[arg(long, hide = true)]
    look_ahead: bool,
    /// A short run, to see that it works.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum PagesWanted {
    Small,
    Huge,
}

/// One way to play a day.
#[derive(Clone, Copy, Debug)]
struct Setting {
    pages: PagesWanted,
    looks_ahead: bool,
    publishes: bool,
}

/// What a pass took.
#[derive(Serialize, Deserialize)]
struct Played {
    ns_per_message: f64,
    checksum: u64,
    pages: String,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.messages, arguments.symbols) = (200_000, 500);
        (arguments.hot_messages, arguments.rounds) = (50_000, 1);
    }
    let done = match arguments.play {
        Some(pages) => play(&arguments, pages),
        None => compare(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("levers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play(arguments: &Arguments, pages: PagesWanted) -> Result<(), String> {
    let day = Day::generate(arguments.symbols, arguments.messages)?;
    let pages = match pages {
        PagesWanted::Small => HugePages::Never,
        PagesWanted::Huge => HugePages::Prefer,
    };
    let config = RegionConfig { pages, ..RegionConfig::default() };
    let capacity = Capacity { orders: 1 << 21, ..Capacity::WHOLE_DAY };
    let books = Books::create(capacity, &config).map_err(|error| error.to_string())?;
    let pages = books.region().map_or_else(String::new, |region| region.pages().size.to_string());
    let look_ahead_orders_min =
        if arguments.look_ahead { FeedConfig::default().look_ahead_orders_min } else { u32::MAX };
    let config = FeedConfig { look_ahead_orders_min, ..FeedConfig::default() };
    let pass = day.play(Feed::new(books, (), config))?;
    let played = Played { ns_per_message: pass.ns_per_message, checksum: pass.checksum, pages };
    println!("{}", serde_json::to_string(&played).map_err(|error| error.to_string())?);
    Ok(())
}

/// Every combination; without a program that publishes nothing, those that publish.
fn settings(unpublished: Option<&Path>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for pages in [PagesWanted::Small, PagesWanted::Huge] {
        for looks_ahead in [false, true] {
            for publishes in [false, true] {
                if publishes || unpublished.is_some() {
                    settings.push(Setting { pages, looks_ahead, publishes });
                }
            }
        }
    }
    settings
}

fn compare(arguments: &Arguments) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let programs = [arguments.unpublished.as_ref().unwrap_or(&own).as_path(), own.as_path()];
    let settings = settings(arguments.unpublished.as_deref());
    let days = [
        ("many symbols", arguments.symbols, arguments.messages),
        ("one symbol", 1, arguments.hot_messages),
    ];
    let mut charts = Vec::new();
    for (name, symbols, messages) in days {
        println!("{name}: {symbols}, {messages} messages, ns a message");
        let bars = measure(&settings, programs, (symbols, messages), arguments.rounds.max(1))?;
        charts.push((name, bars));
    }
    chart::draw(&arguments.picture, &charts)?;
    println!("picture: {}", arguments.picture.display());
    Ok(())
}

/// Plays a day in all settings, in turns, by the program that publishes nothing or by the one that does; prints
/// and returns the medians.
fn measure(
    settings: &[Setting],
    programs: [&Path; 2],
    (symbols, messages): (u16, u64),
    rounds: usize,
) -> Result<Vec<(Setting, f64)>, String> {
    let mut times = vec![Vec::new(); settings.len()];
    let (mut checksum, mut huge) = (None, String::new());
    for _ in 0..rounds {
        for (setting, times) in settings.iter().zip(&mut times) {
            let program = programs[usize::from(setting.publishes)];
            let played = start(program, setting, symbols, messages)?;
            if *checksum.get_or_insert(played.checksum) != played.checksum {
                return Err(format!("{setting:?}: checksums differ"));
            }
            if setting.pages == PagesWanted::Huge {
                huge = played.pages;
            }
            times.push(played.ns_per_message);
        }
    }
    let medians = times.iter_mut().map(|times| median(times));
    let bars: Vec<(Setting, f64)> = settings.iter().copied().zip(medians).collect();
    println!("  {:24} {:>12} {:>14}", "pages", "looks ahead", "published");
    for (setting, ns) in &bars {
        let pages = if setting.pages == PagesWanted::Huge { &huge } else { "4 KiB pages" };
        let [looks, publishes] =
            [setting.looks_ahead, setting.publishes].map(|is| if is { "yes" } else { "no" });
        println!("  {pages:24} {looks:>12} {publishes:>14} {ns:10.1}");
    }
    Ok(bars)
}

/// Plays a day in a process of its own: each with memory that nobody has touched.
fn start(program: &Path, setting: &Setting, symbols: u16, messages: u64) -> Result<Played, String> {
    let mut command = Command::new(program);
    let pages = if setting.pages == PagesWanted::Huge { "huge" } else { "small" };
    command.args(["--play", pages, "--symbols", &symbols.to_string()]);
    command.args(["--messages", &messages.to_string()]);
    if setting.looks_ahead {
        command.arg("--look-ahead");
    }
    let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
