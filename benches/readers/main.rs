//! What it costs to read a book that another thread writes, and what it costs the writer.
//!
//! `cargo bench --bench readers` measures reads of the touch and of ten levels a side, while
//! nobody writes and under a writer that never pauses, beside the usual ways to share a value;
//! then how long an update takes to a reader that waits for it, beside the usual queues. All in
//! one run, the writer on one core and the reader on another.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // figures to be read

mod cost;
mod depth;
mod latency;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use clap::Parser;
use cost::Cost;
use crossbeam_utils::atomic::AtomicCell;
use depth::{Depth, Engine};
use left_right::{Absorb, ReadHandle, WriteHandle};
use parking_lot::RwLock;

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
    /// A short run, to see that it works.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.milliseconds, arguments.updates, arguments.rounds) = (20, 2_000, 1);
    }
    cost::pin(0);
    let time = Duration::from_millis(arguments.milliseconds);
    let rounds = arguments.rounds.max(1);
    let kinds: [fn(Duration) -> Cost; 6] =
        [engine, mutex, rw_lock, arc_swap, left_right, atomic_cell];
    let mut costs: Vec<Vec<Cost>> = kinds.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (costs, kind) in costs.iter_mut().zip(kinds) {
            costs.push(kind(time));
        }
    }
    println!("ns: medians of {rounds}      idle reads          reads under a writer    an update");
    println!(
        "                       touch   10 levels   touch   10 levels   alone  with a reader   given up"
    );
    costs.iter().for_each(|costs| print_cost(costs));
    let mut latencies: [_; 3] = [(); 3].map(|()| Vec::new());
    for _ in 0..rounds {
        let runs: [fn(u64) -> _; 3] = [latency::engine, latency::rtrb, latency::disruptor];
        for (found, run) in latencies.iter_mut().zip(runs) {
            found.push(run(arguments.updates));
        }
    }
    println!("from an update to a reader that waits for it, ns (medians of {rounds})");
    for (name, found) in ["engine", "rtrb", "disruptor"].iter().zip(&latencies) {
        let at = |quantile| median(found.iter().map(|h| h.value_at_quantile(quantile) as f64));
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(at);
        println!("  {name:18} p50 {p50:6.0}   p99 {p99:6.0}   p99.9 {p999:6.0}");
    }
}

fn print_cost(costs: &[Cost]) {
    let at = |figure: fn(&Cost) -> f64| median(costs.iter().map(figure));
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

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn engine(time: Duration) -> Cost {
    let mut engine = Engine::new();
    let reader = engine.reader();
    let touch = || depth::top(&reader).is_some_and(|(_, touch)| touch > 0);
    let levels = || depth::depth(&reader).is_some_and(|depth| depth.sum() > 0);
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
