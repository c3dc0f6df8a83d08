//! What a message costs as there is more of everything.
//!
//! `cargo bench --bench growth` makes books of more and more symbols, orders and levels, and plays messages into
//! them that keep them as they are, through the engine (from bytes) and through a `BTreeMap` + hash map baseline
//! (from decoded operations), in turns; then the dearest messages that there can be; then the memory that a whole
//! day takes. Both must end with equal touches. The table's figures go into a picture, too.

#[path = "../book_update/baseline.rs"]
mod baseline;
mod chart;
#[path = "../day/mod.rs"]
mod day;
mod memory;
mod shape;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use baseline::{Baseline, Operation, operations};
use clap::Parser;
use day::{median, thread_time};
use hdrhistogram::Histogram;
use shape::{Bytes, Shape};
use wirebook::book::{Books, Capacity, SeqNo};
use wirebook::ingest::feed::{Feed, FeedConfig};
use wirebook::ingest::mold::{Block, Messages};
use wirebook::replay::touch_checksum;

/// Measures how the cost of a message grows.
#[derive(Parser)]
struct Arguments {
    /// Messages that are measured of each shape.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Rounds; engine and baseline take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The most orders that are live at the same time.
    #[arg(long, default_value_t = 10_000_000)]
    orders_max: u32,
    /// Where the picture goes.
    #[arg(long, default_value = "target/growth.svg")]
    picture: PathBuf,
    /// A short run, to see that it works.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.messages, arguments.rounds, arguments.orders_max) = (20_000, 1, 300_000);
    }
    arguments.rounds = arguments.rounds.max(1);
    match bench(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("growth: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One thing that grows: what it is, and the shapes by its number.
struct Growth {
    name: &'static str,
    shapes: Vec<(u32, Shape)>,
}

/// What a shape costs.
#[derive(Clone, Copy)]
struct Figures {
    number: u32,
    engine_ns: f64,
    baseline_ns: f64,
}

fn growths(orders_max: u32) -> [Growth; 4] {
    let orders = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];
    let levels = [10, 40, 160, 640, 2_500];
    let deep = |busy: fn(u32) -> (u32, u32)| {
        let shape = move |levels| Shape { busy: busy(levels), ..Shape::even(64, 640_000, levels) };
        levels.map(|levels| (levels, shape(levels))).to_vec()
    };
    let most = |shapes: Vec<(u32, Shape)>| {
        shapes.into_iter().filter(|(_, shape)| shape.orders <= orders_max.max(640_000)).collect()
    };
    [
        Growth {
            name: "symbols (500,000 orders, 10 levels a side)",
            shapes: [1_000, 2_000, 5_000, 10_000, 20_000]
                .map(|symbols| (symbols.into(), Shape::even(symbols, 500_000, 10)))
                .to_vec(),
        },
        Growth {
            name: "live orders (8,000 symbols, 5 levels a side)",
            shapes: most(orders.map(|orders| (orders, Shape::even(8_000, orders, 5))).to_vec()),
        },
        Growth {
            name: "levels a side, near the touch (64 symbols, 640,000 orders)",
            shapes: deep(|levels| (0, levels.min(10))),
        },
        Growth {
            name: "levels a side, behind the best half (64 symbols, 640,000 orders)",
            shapes: deep(|levels| (levels / 2, levels)),
        },
    ]
}

fn bench(arguments: &Arguments) -> Result<(), String> {
    let mut charts = Vec::new();
    for growth in growths(arguments.orders_max) {
        println!("{}", growth.name);
        println!("  {:>10} {:>10} {:>10} {:>7}", "", "engine ns", "baseline", "ratio");
        let mut rows = Vec::new();
        for (number, shape) in &growth.shapes {
            let figures = measure(*number, shape, arguments)?;
            let Figures { engine_ns, baseline_ns, .. } = figures;
            let ratio = engine_ns / baseline_ns;
            println!("  {number:10} {engine_ns:10.1} {baseline_ns:10.1} {ratio:7.3}");
            rows.push(figures);
        }
        charts.push((growth.name, rows));
    }
    hostile(arguments.messages.min(200_000))?;
    memory::print(if arguments.quick { 100_000 } else { memory::ORDERS })?;
    chart::draw(&arguments.picture, &charts)?;
    println!("picture: {}", arguments.picture.display());
    Ok(())
}

fn block(bytes: &Bytes, first: u64) -> Block<'_> {
    Block { first: SeqNo::new(first), messages: Messages::prefix(&bytes.bytes).0 }
}

/// A feed over books with room for so much, which has been filled.
fn filled(filling: &Bytes, capacity: Capacity) -> Result<Feed<()>, String> {
    let mut books = Books::new(capacity).map_err(|error| error.to_string())?;
    books.prefault();
    let mut feed = Feed::new(books, (), FeedConfig::default());
    feed.on_file_block(block(filling, 1));
    Ok(feed)
}

fn whole(feed: &Feed<()>) -> Result<(), String> {
    let books = feed.books();
    if books.rejects().total() > 0 || !books.feed_state().is_live() {
        return Err(format!("the books are not whole: {:?}", books.rejects()));
    }
    Ok(())
}

fn capacity(shape: &Shape) -> Capacity {
    Capacity {
        orders: shape.orders + 1,
        levels: shape.levels_total() + 1,
        locates: u32::from(shape.symbols) + 1,
    }
}

#[allow(clippy::cast_precision_loss)] // figures to be read
fn measure(number: u32, shape: &Shape, arguments: &Arguments) -> Result<Figures, String> {
    let (filling, keeping) = shape::messages(shape, arguments.messages);
    let [fill, keep]: [Vec<Operation>; 2] =
        [&filling, &keeping].map(|bytes| operations(Messages::prefix(&bytes.bytes).0));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let mut feed = filled(&filling, capacity(shape))?;
        let start = thread_time();
        feed.on_file_block(block(&keeping, 1 + filling.messages));
        ours.push((thread_time() - start).as_nanos() as f64 / keeping.messages as f64);
        whole(&feed)?;
        let checksum = touch_checksum(feed.books());
        drop(feed);
        let mut baseline = Baseline::new();
        baseline.run(&fill);
        let start = thread_time();
        baseline.run(&keep);
        theirs.push((thread_time() - start).as_nanos() as f64 / keeping.messages as f64);
        if baseline.checksum() != checksum {
            return Err(format!("{shape:?}: checksums differ"));
        }
    }
    Ok(Figures { number, engine_ns: median(&mut ours), baseline_ns: median(&mut theirs) })
}

/// What the dearest messages cost, one at a time.
fn hostile(count: u64) -> Result<(), String> {
    println!("the dearest messages, each by itself");
    println!("  {:26} {:>8} {:>8} {:>8}", "", "p50 ns", "p99", "p99.9");
    for (name, filling, keeping) in shape::hostile(count) {
        let mut feed = filled(&filling, Capacity { orders: 1 << 20, ..Capacity::WHOLE_DAY })?;
        let mut histogram =
            Histogram::<u64>::new_with_max(1_000_000_000, 3).map_err(|error| error.to_string())?;
        for (seq, message) in (1 + filling.messages..).zip(block(&keeping, 1).messages) {
            let (start, message) = (Instant::now(), one(message));
            feed.on_file_block(Block {
                first: SeqNo::new(seq),
                messages: Messages::prefix(&message).0,
            });
            let taken = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            histogram.saturating_record(taken);
        }
        whole(&feed)?;
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|q| histogram.value_at_quantile(q));
        println!("  {name:26} {p50:8} {p99:8} {p999:8}");
    }
    Ok(())
}

/// One message behind its length.
fn one(message: &[u8]) -> arrayvec::ArrayVec<u8, 64> {
    let len = u16::try_from(message.len()).unwrap_or(0).to_be_bytes();
    len.iter().chain(message).copied().take(64).collect()
}
