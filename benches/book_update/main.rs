//! What a message costs, beside a baseline in the same run.
//!
//! `cargo bench --bench book_update` generates a day of 8,000 symbols and a day of one, plays
//! each through the engine (decoding included), through a `BTreeMap` + hash map baseline (decoding not
//! included) and through the plainest book that there is (totals of prices alone, decoding included), in
//! turns, and prints the medians and the engine's ratio to both. The resulting books must be equal, by a
//! checksum over every touch; if they are not, it fails.

mod arguments;
mod baseline;
#[path = "../day/mod.rs"]
mod day;
mod latency;
mod plainest;
mod workload;

use std::process::ExitCode;

use arguments::Arguments;
use day::{Pass, median};
use serde_json::json;
use workload::Workload;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    let days = [(arguments.symbols, arguments.messages), (1, arguments.hot_messages)];
    for (symbols, messages) in days {
        if let Err(error) = bench(symbols, messages, &arguments) {
            eprintln!("book_update: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn bench(symbols: u16, messages: u64, arguments: &Arguments) -> Result<(), String> {
    let workload = Workload::generate(symbols, messages)?;
    let name = &workload.day.name;
    let (mut engine, mut baseline, mut plainest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let passes = [workload.engine()?, workload.baseline(), workload.plainest()?];
        let checksums = passes.each_ref().map(|pass| pass.checksum);
        if checksums != [checksums[0]; 3] {
            return Err(format!("{name}: checksums differ: {checksums:?}"));
        }
        let [ours, theirs, least] = passes;
        engine.push(ours);
        baseline.push(theirs);
        plainest.push(least);
    }
    let mut ratios = ratios(&engine, &baseline);
    let to_plainest = median(&mut self::ratios(&engine, &plainest));
    let latency = latency::measure(&workload.day)?;
    let at = |quantile| latency.histogram.value_at_quantile(quantile);
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(at);
    let (max, timer) = (latency.histogram.max(), latency.timer_ns);
    let orders = engine.last().map_or(0, |pass| pass.orders_live);
    let checksum = engine.last().map_or(0, |pass| pass.checksum);
    let [[ours, fastest], [theirs, _], [least, _]] =
        [&engine, &baseline, &plainest].map(|passes| figures(passes));
    let ratio = median(&mut ratios);
    if arguments.json {
        let figures = json!({
            "workload": name, "rounds": arguments.rounds,
            "engine_ns": ours, "baseline_ns": theirs, "ratio": ratio, "ratios": ratios,
            "plainest_ns": least, "ratio_to_plainest": to_plainest,
            "checksum": checksum, "orders_live": orders,
            "latency_ns": { "p50": p50, "p99": p99, "p99.9": p999, "max": max },
            "timer_ns": timer, "latency_samples": latency.histogram.len(),
        });
        println!("{figures}");
        return Ok(());
    }
    println!("{name} ({orders} orders live at the end), checksum {checksum}");
    println!("  engine    {ours:7.1} ns a message, median of {}; best {fastest:.1}", engine.len());
    println!("  baseline  {theirs:7.1} ns a message");
    println!("  plainest  {least:7.1} ns a message");
    println!("  ratio     {ratio:7.3} to the baseline, {to_plainest:.3} to the plainest");
    println!(
        "  alone     p50 {p50}, p99 {p99}, p99.9 {p999}, max {max} ns \
         ({} messages, timer of {timer} ns subtracted)",
        latency.histogram.len()
    );
    Ok(())
}

/// Median and minimum.
fn figures(passes: &[Pass]) -> [f64; 2] {
    let mut times: Vec<f64> = passes.iter().map(|pass| pass.ns_per_message).collect();
    let median = median(&mut times);
    [median, times[0]]
}

/// Round by round.
fn ratios(of: &[Pass], to: &[Pass]) -> Vec<f64> {
    of.iter().zip(to).map(|(a, b)| a.ns_per_message / b.ns_per_message).collect()
}
