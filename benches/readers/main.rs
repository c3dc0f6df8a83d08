//! What it costs to read a book that another thread writes, and what it costs the writer.
//!
//! `cargo bench --bench readers` measures reads of the touch and of ten levels a side, while
//! nobody writes and under a writer that never pauses, beside the usual ways to share a value;
//! the same in another process; then how long an update takes to a reader that waits for it, beside
//! the usual queues; and what a whole day costs its writer with busy readers. All in one run, the
//! writer on one core and the readers on another.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // figures to be read

mod attached;
mod cost;
#[path = "../day/mod.rs"]
mod day;
mod day_writer;
mod depth;
mod latency;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use clap::Parser;
use cost::Cost;
use crossbeam_utils::atomic::AtomicCell;
use day::{Day, median};
use depth::{Depth, Engine};
use latency::{FromBook, Latencies};
use left_right::{Absorb, ReadHandle, WriteHandle};
use parking_lot::RwLock;
use wirebook::book::Depth as Published;

/// Measures readers of books that another thread writes.
#[derive(Parser)]
struct Arguments {
    /// Milliseconds of each measurement.
    #[arg(long, default_value_t = 300)]
    milliseconds: u64,
    /// Updates of each latency.
    #[arg(long, default_value_t = 200_000)]
    updates: u64,
    /// Rounds; what is compared takes turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Messages of the day on which the writer is measured.
    #[arg(long, default_value_t = 8_000_000)]
    messages: u64,
    /// Its symbols.
    #[arg(long, default_value_t = 8_000)]
    symbols: u16,
    /// Attach to books, and measure reading them: the bench starts itself so.
    #[arg(long, hide = true)]
    attach: Option<PathBuf>,
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
        (arguments.milliseconds, arguments.updates, arguments.rounds) = (20, 2_000, 1);
        (arguments.messages, arguments.symbols) = (200_000, 500);
    }
    arguments.rounds = arguments.rounds.max(1);
    cost::pin(0);
    let time = Duration::from_millis(arguments.milliseconds);
    let done = match &arguments.attach {
        Some(file) => attached::attached(file, time),
        None => bench(&arguments, time),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("readers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments, time: Duration) -> Result<(), String> {
    costs(time, arguments.rounds)?;
    latencies(arguments.updates, arguments.rounds);
    day(arguments)
}

fn costs(time: Duration, rounds: usize) -> Result<(), String> {
    let kinds: [fn(Duration) -> Cost; 6] =
        [engine, mutex, rw_lock, arc_swap, left_right, atomic_cell];
    let mut costs: Vec<Vec<Cost>> = kinds.iter().map(|_| Vec::new()).collect();
    let mut attached = Vec::new();
    for _ in 0..rounds {
        for (costs, kind) in costs.iter_mut().zip(kinds) {
            costs.push(kind(time));
        }
        attached.push(attached::measure(time)?);
    }
    println!("ns: medians of {rounds}      idle reads          reads under a writer    an update");
    println!(
        "                       touch   10 levels   touch   10 levels   alone  with a reader   given up"
    );
    costs.iter().for_each(|costs| print_cost(costs));
    let at =
        |busy: usize, levels: usize| middle(attached.iter().map(|figures| figures[busy][levels]));
    let [idle, busy] = [0, 1].map(|busy| [at(busy, 0), at(busy, 1)]);
    println!(
        "  engine, attached   {:7.1} {:9.1} {:9.1} {:9.1}",
        idle[0], idle[1], busy[0], busy[1]
    );
    Ok(())
}

/// How long so many updates take to a reader.
type Measure = fn(u64) -> Latencies;

fn latencies(updates: u64, rounds: usize) {
    let runs: [(&str, Measure); 5] = [
        ("engine", latency::engine),
        ("its book, rtrb", latency::rtrb::<FromBook>),
        ("its book, disruptor", latency::disruptor::<FromBook>),
        ("no book, rtrb", latency::rtrb::<Depth>),
        ("no book, disruptor", latency::disruptor::<Depth>),
    ];
    let mut latencies = [(); 5].map(|()| Vec::new());
    for _ in 0..rounds {
        for (found, (_, run)) in latencies.iter_mut().zip(runs) {
            found.push(run(updates));
        }
    }
    println!("from an update to a reader that waits for it, ns (medians of {rounds})");
    for ((name, _), found) in runs.iter().zip(&latencies) {
        let at = |quantile| middle(found.iter().map(|h| h.value_at_quantile(quantile) as f64));
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(at);
        println!("  {name:20} p50 {p50:6.0}   p99 {p99:6.0}   p99.9 {p999:6.0}");
    }
}

fn day(arguments: &Arguments) -> Result<(), String> {
    let day = Day::generate(arguments.symbols, arguments.messages)?;
    let (mut costs, mut checksum, mut reads_ns) = ([(); 3].map(|()| Vec::new()), None, [0.0; 3]);
    for _ in 0..arguments.rounds {
        for (readers, costs) in costs.iter_mut().enumerate() {
            let (pass, reads) = day_writer::play(&day, arguments.symbols, readers)?;
            if *checksum.get_or_insert(pass.checksum) != pass.checksum {
                return Err(format!("{}: checksums differ", day.name));
            }
            reads_ns[readers] = reads as f64 / (pass.ns_per_message * arguments.messages as f64);
            costs.push(pass.ns_per_message);
        }
    }
    println!("{}: ns a message for the writer (medians of {})", day.name, arguments.rounds);
    let alone = costs[0].clone();
    for (readers, costs) in costs.iter_mut().enumerate() {
        let mut ratios: Vec<f64> =
            costs.iter().zip(&alone).map(|(with, alone)| with / alone).collect();
        println!(
            "  {readers} busy readers   {:6.1}   {:.3} of none   {:.1} million reads a second",
            median(costs),
            median(&mut ratios),
            1e3 * reads_ns[readers]
        );
    }
    Ok(())
}

fn print_cost(costs: &[Cost]) {
    let at = |figure: fn(&Cost) -> f64| middle(costs.iter().map(figure));
    println!(
        "  {:18} {:7.1} {:9.1} {:9.1} {:9.1} {:9.1} {:9.1} {:9.0} ppm",
        costs.first().map_or("", |cost| cost.name),
        at(|cost| cost.idle_ns[0]),
        at(|cost| cost.idle_ns[1]),
        at(|cost| cost.busy_ns[0]),
        at(|cost| cost.busy_ns[1]),
        at(|cost| cost.write_ns[0]),
        at(|cost| cost.write_ns[1]),
        at(|cost| cost.given_up_ppm),
    );
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    median(&mut values.collect::<Vec<_>>())
}

fn engine(time: Duration) -> Cost {
    let mut engine = Engine::new();
    let reader = engine.reader();
    let touch = || depth::top(&reader).is_some_and(|(_, touch)| touch > 0);
    let levels = || {
        let mut place = Published::new();
        depth::depth(&reader, &mut place) && depth::sum(&place) > 0
    };
    let write = move |seq| engine.update(seq, 0);
    cost::measure("engine", time, write, [&touch, &levels])
}

fn full() -> Depth {
    let mut depth = Depth::default();
    (0..depth::FIRST).for_each(|seq| depth.update(seq, 0));
    depth
}

fn mutex(time: Duration) -> Cost {
    let shared = Mutex::new(full());
    let read = |sum: fn(&Depth) -> u64| shared.lock().is_ok_and(|depth| sum(&depth) > 0);
    let write = |seq| shared.lock().expect("nobody panics").update(seq, 0);
    cost::measure("Mutex", time, write, [&|| read(Depth::touch), &|| read(Depth::sum)])
}

fn rw_lock(time: Duration) -> Cost {
    let shared = RwLock::new(full());
    let write = |seq| shared.write().update(seq, 0);
    let (touch, sum) = (|| shared.read().touch() > 0, || shared.read().sum() > 0);
    cost::measure("parking_lot RwLock", time, write, [&touch, &sum])
}

fn arc_swap(time: Duration) -> Cost {
    let (shared, mut depth) = (ArcSwap::from_pointee(full()), full());
    let write = |seq| {
        depth.update(seq, 0);
        shared.store(Arc::new(depth));
    };
    let (touch, sum) = (|| shared.load().touch() > 0, || shared.load().sum() > 0);
    cost::measure("arc-swap", time, write, [&touch, &sum])
}

/// An update for `left-right`.
struct Update(u64);

impl Absorb<Update> for Depth {
    fn absorb_first(&mut self, update: &mut Update, _: &Depth) {
        self.update(update.0, 0);
    }

    fn sync_with(&mut self, first: &Depth) {
        *self = *first;
    }
}

fn left_right(time: Duration) -> Cost {
    let (mut writer, reader): (WriteHandle<Depth, Update>, ReadHandle<Depth>) =
        left_right::new_from_empty(full());
    writer.publish();
    let factory = reader.factory();
    thread_local! {
        static READER: std::cell::RefCell<Option<ReadHandle<Depth>>> = const { std::cell::RefCell::new(None) };
    }
    let read = |sum: fn(&Depth) -> u64| {
        READER.with_borrow_mut(|reader| {
            let reader = reader.get_or_insert_with(|| factory.handle());
            reader.enter().is_some_and(|depth| sum(&depth) > 0)
        })
    };
    let write = |seq| {
        writer.append(Update(seq));
        writer.publish();
    };
    let cost =
        cost::measure("left-right", time, write, [&|| read(Depth::touch), &|| read(Depth::sum)]);
    READER.set(None);
    cost
}

fn atomic_cell(time: Duration) -> Cost {
    let (shared, mut depth) = (AtomicCell::new(full()), full());
    let write = |seq| {
        depth.update(seq, 0);
        shared.store(depth);
    };
    let (touch, sum) = (|| shared.load().touch() > 0, || shared.load().sum() > 0);
    cost::measure("AtomicCell", time, write, [&touch, &sum])
}
