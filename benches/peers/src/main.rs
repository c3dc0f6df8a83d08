//! The same day through other people's books.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` generates a day of many symbols and a day of
//! one, and plays each through Wirebook (from bytes, queues kept, published to readers) and through
//! others (from decoded operations), in turns. The touch of every symbol must be the same in the end; a
//! peer that gets another one is named with its time, which counts for nothing.

#[path = "../../book_update/baseline.rs"]
mod baseline;
#[path = "../../day/mod.rs"]
mod day;
mod hft;
mod lob;
mod orderbook;
mod peer;

use std::process::ExitCode;

use baseline::{Baseline, Operation, operations};
use clap::Parser;
use day::{Day, feed_of_a_day, median, thread_time};
use peer::{Peer, Played};

/// Measures other people's books beside Wirebook's.
#[derive(Parser)]
struct Arguments {
    /// Messages of the day of many symbols.
    #[arg(long, default_value_t = 4_000_000)]
    messages: u64,
    /// Its symbols.
    #[arg(long, default_value_t = 8_000)]
    symbols: u16,
    /// Messages of the day of one symbol.
    #[arg(long, default_value_t = 1_000_000)]
    hot_messages: u64,
    /// Rounds; all take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Small days, to see that it works.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.messages, arguments.symbols) = (100_000, 200);
        (arguments.hot_messages, arguments.rounds) = (20_000, 1);
    }
    let days = [(arguments.symbols, arguments.messages), (1, arguments.hot_messages)];
    for (symbols, messages) in days {
        if let Err(error) = compare(symbols, messages, arguments.rounds.max(1)) {
            eprintln!("peers: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What a pass took, and the checksum of the touches it led to.
struct Pass {
    ns: f64,
    checksum: u64,
    /// Operations that were not taken.
    refused: u64,
}

/// One of those compared.
struct Row {
    name: &'static str,
    decodes: bool,
    keeps: &'static str,
    run: fn(&Day, &[Operation]) -> Result<Pass, String>,
}

const ROWS: [Row; 5] = [
    Row { name: "wirebook", decodes: true, keeps: "orders, queues, readers", run: wirebook },
    Row { name: "BTreeMap + FxHash", decodes: false, keeps: "orders, quantities", run: baseline },
    Row {
        name: "hftbacktest",
        decodes: false,
        keeps: "orders, quantities",
        run: peer::<hft::Books>,
    },
    Row { name: "lobster", decodes: false, keeps: "orders, queues", run: peer::<lob::Books> },
    Row {
        name: "orderbook-rs",
        decodes: false,
        keeps: "orders, queues, readers",
        run: peer::<orderbook::Books>,
    },
];

fn compare(symbols: u16, messages: u64, rounds: usize) -> Result<(), String> {
    let day = Day::generate(symbols, messages)?;
    let operations = operations(day.messages());
    let mut times = [const { Vec::new() }; ROWS.len()];
    let mut ends = [(0, 0); ROWS.len()];
    for _ in 0..rounds {
        for ((row, times), end) in ROWS.iter().zip(&mut times).zip(&mut ends) {
            let pass = (row.run)(&day, &operations)?;
            times.push(pass.ns);
            *end = (pass.checksum, pass.refused);
        }
    }
    let [(ours, _), (expected, _), ..] = ends;
    if ours != expected {
        return Err(format!("{}: wirebook's books are not the baseline's", day.name));
    }
    println!("{}, checksum {expected}, medians of {rounds}", day.name);
    println!("  {:18} {:>9} {:>10}  decodes  keeps", "", "ns", "wirebook's");
    let ours = median(&mut times[0].clone());
    for ((row, mut times), (checksum, refused)) in ROWS.iter().zip(times).zip(ends) {
        let (ns, decodes) = (median(&mut times), if row.decodes { "yes" } else { "no" });
        let mut wrong = if checksum == expected { "" } else { "; the books differ" }.to_owned();
        if refused > 0 {
            wrong += &format!("; refused {refused} operations");
        }
        println!(
            "  {:18} {ns:9.1} {:10.2}  {decodes:7}  {}{wrong}",
            row.name,
            ns / ours,
            row.keeps
        );
    }
    Ok(())
}

fn wirebook(day: &Day, _: &[Operation]) -> Result<Pass, String> {
    let pass = day.play(feed_of_a_day().map_err(|error| error.to_string())?)?;
    Ok(Pass { ns: pass.ns_per_message, checksum: pass.checksum, refused: 0 })
}

fn baseline(day: &Day, operations: &[Operation]) -> Result<Pass, String> {
    let mut books = Baseline::new();
    let time = thread_time();
    books.run(operations);
    let time = thread_time().saturating_sub(time);
    Ok(Pass { ns: day.per_message(time), checksum: books.checksum(), refused: 0 })
}

/// Plays the operations through books of which there is one for each symbol.
fn peer<P: Peer>(day: &Day, operations: &[Operation]) -> Result<Pass, String> {
    let mut played = Played::<P>::new(operations);
    let time = thread_time();
    let refused = played.run(operations);
    let time = thread_time().saturating_sub(time);
    Ok(Pass { ns: day.per_message(time), checksum: played.checksum(), refused })
}
