//! Three processes: the first plays a day into books that lie in a file, the second watches them, and
//! in the third a strategy follows every update.
//!
//! `cargo run --release --example watch` is all of them: it starts itself with `--watch FILE` and with
//! `--follow FILE`. Both map the file read-only; the writer does not know of them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, thread};

use wirebook::DayConfig;
use wirebook::book::region::{RegionConfig, WriterState};
use wirebook::book::{Book, Books, Capacity, Locate, Price, SeqNo, Side};
use wirebook::exchange::feed::{self, Day};
use wirebook::ingest::feed::{Feed, FeedConfig, Publisher};
use wirebook::ingest::mold::{Block, Messages};
use wirebook::strategy_api::{BookUpdate, Context, Interest, Strategy};
use wirebook::{Engine, EngineConfig};

/// How long the day takes, whatever its messages say.
const DAY: Duration = Duration::from_secs(3);
const PACKETS: usize = 3_000;
/// Updates that the ring holds.
const UPDATES: u32 = 1 << 16;
const CAPACITY: Capacity = Capacity { orders: 1 << 17, levels: 1 << 16, locates: 1 << 10 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => play(),
        (Some(option), Some(file)) if option == "--watch" => watch(Path::new(&file)),
        (Some(option), Some(file)) if option == "--follow" => follow(Path::new(&file)),
        _ => Err("usage: watch [--watch FILE | --follow FILE]".into()),
    }
}

fn play() -> Result<(), Box<dyn Error>> {
    let mut day = Day::new(DayConfig::default())?;
    let mut bytes = Vec::new();
    feed::write_itch(&mut day, &mut bytes, |_| {})?;
    let folder = tempfile::Builder::new().prefix("wirebook").tempdir_in(memory())?;
    let file = folder.path().join("books");
    let config =
        RegionConfig { file: Some(file.clone()), updates: UPDATES, ..RegionConfig::default() };
    let books = Books::create(CAPACITY, &config)?;
    println!("books in {}: {}", file.display(), books.region().ok_or("a region")?.pages());
    let publisher = Publisher::of(&books);
    let mut feed = Feed::new(books, publisher, FeedConfig::default());
    let start_self =
        |option: &str| Command::new(env::current_exe()?).arg(option).arg(&file).spawn();
    let mut others = [start_self("--watch")?, start_self("--follow")?];

    let mut messages = Messages::prefix(&bytes).0;
    let (count, start, mut first) = (messages.len(), Instant::now(), SeqNo::new(1));
    for packet in 1..=PACKETS {
        let wanted = (count * packet / PACKETS).saturating_sub(count - messages.len());
        let rest = messages.clone().skip(wanted);
        let taken = messages.as_bytes().len() - rest.as_bytes().len();
        let block = Messages::prefix(messages.as_bytes().get(..taken).unwrap_or_default()).0;
        let last = SeqNo::new(first.get() + block.len() as u64);
        feed.on_file_block(Block { first, messages: block });
        (messages, first) = (rest, last);
        let elapsed = start.elapsed();
        feed.beat(u64::try_from(elapsed.as_nanos())?);
        let due = DAY * u32::try_from(packet)? / u32::try_from(PACKETS)?;
        thread::sleep(due.saturating_sub(elapsed));
    }
    feed.finish()?;
    println!("{count} messages played");
    for other in &mut others {
        if !other.wait()?.success() {
            return Err("one of the others failed".into());
        }
    }
    Ok(())
}

/// Counts changes of the touch, and those that left it wider than a cent.
#[derive(Default)]
struct Counter {
    changes: u64,
    wide: u64,
    lost: u64,
}

const CENT: Price = Price::from_units(100);

impl Strategy for Counter {
    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe_all(Interest::TOUCH);
    }

    fn on_book(&mut self, _: &mut Context<'_>, update: &BookUpdate<'_>) {
        self.changes += 1;
        self.wide += u64::from(update.book.touch().spread().is_some_and(|spread| spread > CENT));
    }

    fn on_lost(&mut self, _: &mut Context<'_>, updates: u64) {
        self.lost += updates;
    }
}

fn follow(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut engine = Engine::new(EngineConfig::default());
    let seat = engine.add(Counter::default());
    let report = engine.follow(file)?;
    let Counter { changes, wide, lost } = engine.strategy(seat).ok_or("a strategy")?;
    println!(
        "followed {} updates: the touch changed {changes} times, and was wider than a cent \
         {wide} times; {lost} updates were lost; the writer: {:?}",
        report.followed.updates, report.writer
    );
    Ok(())
}

/// A folder whose files are memory, where there is one.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { env::temp_dir() }
}

fn watch(file: &Path) -> Result<(), Box<dyn Error>> {
    let reader = wirebook::attach(file)?;
    let mut writer = WriterState::Alive;
    while writer == WriterState::Alive {
        thread::sleep(Duration::from_millis(500));
        writer = reader.check_writer();
        for locate in (1..=3).map(Locate::new) {
            // A book that changes too fast to be read is read the next time.
            if let Ok(line) = reader.read(locate, describe) {
                println!("  {line}");
            }
        }
        println!("  feed {}, writer {writer:?}", reader.feed_state());
    }
    Ok(())
}

fn describe(book: Book<'_>) -> String {
    let depth = |side| {
        let levels = book.levels(side).take(3);
        levels.map(|level| format!("{}@{}", level.qty, level.price)).collect::<Vec<_>>().join(" ")
    };
    format!(
        "{:8} {:?}  bids {}  asks {}",
        book.symbol(),
        book.last_seq(),
        depth(Side::Bid),
        depth(Side::Ask)
    )
}
