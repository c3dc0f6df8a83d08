//! Two processes: the first plays a day into books that lie in a file, the second watches them.
//!
//! `cargo run --release --example watch` is both: it starts itself a second time with `--watch
//! FILE`. The watcher maps the file read-only; the writer does not know of it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, thread};

use wirebook::DayConfig;
use wirebook::book::region::{RegionConfig, WriterState};
use wirebook::book::{Book, Books, Capacity, Locate, SeqNo, Side};
use wirebook::exchange::feed::{self, Day};
use wirebook::ingest::feed::{Feed, FeedConfig};
use wirebook::ingest::mold::{Block, Messages};

/// How long the day takes, whatever its messages say.
const DAY: Duration = Duration::from_secs(3);
const PACKETS: usize = 3_000;
const CAPACITY: Capacity = Capacity { orders: 1 << 17, levels: 1 << 16, locates: 1 << 10 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => play(),
        (Some(option), Some(file)) if option == "--watch" => watch(Path::new(&file)),
        _ => Err("usage: watch [--watch FILE]".into()),
    }
}

fn play() -> Result<(), Box<dyn Error>> {
    let mut day = Day::new(DayConfig::default())?;
    let mut bytes = Vec::new();
    feed::write_itch(&mut day, &mut bytes, |_| {})?;
    let folder = tempfile::Builder::new().prefix("wirebook").tempdir_in(memory())?;
    let file = folder.path().join("books");
    let config = RegionConfig { file: Some(file.clone()), ..RegionConfig::default() };
    let books = Books::create(CAPACITY, &config)?;
    println!("books in {}: {}", file.display(), books.region().ok_or("a region")?.pages());
    let mut feed = Feed::new(books, (), FeedConfig::default());
    let mut watcher = Command::new(env::current_exe()?).arg("--watch").arg(&file).spawn()?;

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
    if watcher.wait()?.success() { Ok(()) } else { Err("the watcher failed".into()) }
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
