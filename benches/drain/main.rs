//! What a packet costs the receiver, from the kernel or the card to the books.
//!
//! `cargo bench --bench drain --features xdp,dpdk` sends packets of a generated day, or of captures, over wires that it makes
//! (a pair of virtual interfaces each, one end in a namespace of its own), 1,800 at a time, and takes the processor time in
//! which the receiver drains them: with decoding and books, of packets with one message each and then of those that the sender
//! made, and then counting alone, beside the plainest program that receives and counts on the same path. Paths take turns. It
//! takes root, reserves some huge pages while it runs, and fails unless all paths end with the same books.

#![allow(clippy::unwrap_used)] // what fails here ends the benchmark
#![allow(clippy::cast_precision_loss)] // figures to be read

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod bare;
#[path = "../day/mod.rs"]
mod day;
#[path = "../../ingest/tests/conformance/net.rs"]
#[allow(dead_code)] // it makes wires of more kinds than are needed
mod net;
mod pages;
mod paths;

use bare::Bare;
use day::{median, thread_time};
use net::Wire;
use pages::HugePages;
use paths::{Counting, Full, Kind};

/// Measures what a packet costs the receiver.
#[derive(Parser)]
struct Arguments {
    /// Rounds; all paths take turns.
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// Captures of MoldUDP64 packets (lines A and B of a feed, say), sent in the order of their numbers instead of a
    /// generated day's.
    #[arg(long, num_args = 1..)]
    recording: Vec<PathBuf>,
    /// At most so many messages in a packet; by default one, and then as many as its sender has put together.
    #[arg(long)]
    messages: Option<usize>,
    /// Only paths whose names begin like this.
    #[arg(long)]
    only: Option<String>,
    /// A short run, for its checksums.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Packets that wait when draining begins.
const PACKETS: usize = 1_800;
/// Rounds that are not counted: the first ones find nothing in the caches.
const WARM_UP: usize = 3;

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        arguments.rounds = 4;
    }
    if !net::may_make_wires("drain") {
        return ExitCode::SUCCESS;
    }
    let is_wanted =
        |kind: &Kind| arguments.only.as_ref().is_none_or(|only| kind.name.starts_with(only));
    let kinds: Vec<Kind> = Kind::all().filter(is_wanted).collect();
    let _pages = HugePages::reserve();
    match bench(&kinds, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("drain: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(kinds: &[Kind], arguments: &Arguments) -> Result<(), String> {
    let rounds = arguments.rounds.max(1) + WARM_UP;
    let read =
        |path: &PathBuf| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut captures = arguments.recording.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if captures.is_empty() {
        captures.push(paths::generated(rounds * PACKETS)?);
    }
    // The senders have the other one.
    core_affinity::set_for_current(core_affinity::CoreId { id: 1 });
    let messages = arguments.messages.map_or(vec![Some(1), None], |messages| vec![Some(messages)]);
    let mut frames = Vec::new();
    for (messages, number) in messages.into_iter().zip(0..) {
        frames = paths::frames(&captures, messages, rounds * PACKETS)?;
        if frames.len() <= WARM_UP * PACKETS {
            return Err(format!("{} packets are too few", frames.len()));
        }
        into_books(kinds, &frames, number)?;
    }
    counting(kinds, &frames)
}

fn send(wire: &Wire, frames: &[Vec<u8>]) -> Result<(), String> {
    wire.there(0, |sender| frames.iter().try_for_each(|frame| sender.send(frame)))
        .map_err(|error| error.to_string())
}

fn into_books(kinds: &[Kind], frames: &[Vec<u8>], number: u32) -> Result<(), String> {
    let open = |&kind: &Kind| Full::open(kind, number);
    let mut paths = kinds.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let mut costs = vec![Vec::new(); paths.len()];
    let rounds = frames.len() / PACKETS;
    for (round, frames) in frames.chunks_exact(PACKETS).enumerate() {
        for (path, costs) in paths.iter_mut().zip(&mut costs) {
            send(&path.wire, frames)?;
            let cost_ns = path.drain(frames.len())?;
            if round >= WARM_UP {
                costs.push(cost_ns);
            }
        }
    }
    let first = paths.first().map(Full::checksum);
    if let Some(other) = paths.iter().find(|path| Some(path.checksum()) != first) {
        return Err(format!("{} ends with other books", other.kind.name));
    }
    let messages = paths.first().map_or(0, Full::messages);
    println!(
        "with decoding and books: {} rounds of {PACKETS} packets of {:.2} messages, checksum {}",
        rounds - WARM_UP,
        messages as f64 / (rounds * PACKETS) as f64,
        first.unwrap_or(0)
    );
    let mut baseline = None;
    for (path, costs) in paths.iter().zip(&mut costs) {
        let cost = median(costs);
        let ratio = cost / *baseline.get_or_insert(cost);
        println!("  {:<20} {cost:7.1} ns a packet, {ratio:.3} of the first", path.kind.name);
    }
    Ok(())
}

fn counting(kinds: &[Kind], frames: &[Vec<u8>]) -> Result<(), String> {
    println!("counting alone, and the plainest program on the same path:");
    for kind in kinds {
        let mut costs = Costs::default();
        // Which of two ports was opened last has the better memory: some nanoseconds a packet.
        for is_ours_first in [true, false] {
            match Pair::open(*kind, is_ours_first)? {
                Some(pair) => pair.drain(frames, &mut costs)?,
                None => break,
            }
        }
        if !costs.ratios.is_empty() {
            let Costs { ours, bare, ratios } = &mut costs;
            let (ours, bare, ratio) = (median(ours), median(bare), median(ratios));
            let name = kind.name;
            println!("  {name:<20} {ours:7.1} ns, plain {bare:7.1} ns: {ratio:.3} of its speed");
        }
    }
    Ok(())
}

/// What a packet costs both of a pair, and their ratio in each round.
#[derive(Default)]
struct Costs {
    ours: Vec<f64>,
    bare: Vec<f64>,
    ratios: Vec<f64>,
}

/// A backend that counts, and the plainest program that does, each with a wire of its own.
struct Pair {
    ours: Counting,
    bare: Box<dyn Bare>,
    wire: Wire,
}

impl Pair {
    /// `None` where the path has no plainest program.
    fn open(kind: Kind, is_ours_first: bool) -> Result<Option<Pair>, String> {
        // The numbers before are those of the paths into books.
        let ours = || Counting::open(kind, 2 + u32::from(is_ours_first));
        let first = if is_ours_first { Some(ours()?) } else { None };
        let wire = Wire::new(1);
        let Some(bare) = kind.bare(&wire.here) else { return Ok(None) };
        let ours = first.map_or_else(ours, Ok)?;
        Ok(Some(Pair { ours, bare, wire }))
    }

    fn drain(mut self, frames: &[Vec<u8>], costs: &mut Costs) -> Result<(), String> {
        for (round, frames) in frames.chunks_exact(PACKETS).enumerate() {
            send(&self.ours.wire, frames)?;
            let our_ns = self.ours.drain(frames.len())?;
            send(&self.wire, frames)?;
            let bare_ns = drain_bare(&mut *self.bare, frames.len())?;
            if round >= WARM_UP {
                costs.ours.push(our_ns);
                costs.bare.push(bare_ns);
                costs.ratios.push(bare_ns / our_ns);
            }
        }
        Ok(())
    }
}

fn drain_bare(bare: &mut dyn Bare, packets: usize) -> Result<f64, String> {
    let start = thread_time();
    let mut total = 0;
    while total < packets as u64 {
        total += bare.drain();
        let spent = thread_time().saturating_sub(start);
        if spent.as_secs() > 2 {
            return Err(format!("{total} of {packets} packets came in"));
        }
    }
    Ok(paths::per_packet(thread_time().saturating_sub(start), packets))
}
