//! What a packet costs the receiver, from the kernel or the card to the books.
//!
//! `cargo bench --bench drain --features xdp,dpdk` sends packets of a generated day, or of captures, over wires that it makes
//! (a pair of virtual interfaces each, one end in a namespace of its own), 1,800 at a time, and takes the processor time in
//! which the receiver drains them: with decoding and books, of packets with one message each and then of those that the sender
//! made, and then counting alone, beside the plainest program that receives and counts on the same path. Paths take turns, and
//! are compared round by round, so that what else the machine does concerns both; they are opened anew some times, since the
//! memory that they are given decides some percent. It takes root, reserves some huge pages while it runs, and fails unless all
//! paths end with the same books each time.

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
    /// How often all paths are opened for these rounds, each time with empty books.
    #[arg(long, default_value_t = 3)]
    openings: usize,
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
        (arguments.rounds, arguments.openings) = (4, 1);
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
    for messages in messages {
        frames = paths::frames(&captures, messages, rounds * PACKETS)?;
        if frames.len() <= WARM_UP * PACKETS {
            return Err(format!("{} packets are too few", frames.len()));
        }
        into_books(kinds, &frames, arguments.openings.max(1))?;
    }
    counting(kinds, &frames)
}

fn send(wire: &Wire, frames: &[Vec<u8>]) -> Result<(), String> {
    wire.there(0, |sender| frames.iter().try_for_each(|frame| sender.send(frame)))
        .map_err(|error| error.to_string())
}

fn into_books(kinds: &[Kind], frames: &[Vec<u8>], openings: usize) -> Result<(), String> {
    let mut costs: Vec<Costs> = kinds.iter().map(|_| Costs::default()).collect();
    let mut books = None;
    for _ in 0..openings {
        let end = drain_all(kinds, frames, &mut costs)?;
        if *books.get_or_insert(end) != end {
            return Err("the same packets lead to other books when they come again".to_owned());
        }
    }
    let (checksum, messages) = books.unwrap_or_default();
    let rounds = frames.len() / PACKETS;
    println!(
        "with decoding and books: {openings} times {} rounds of {PACKETS} packets of {:.2} messages, checksum {checksum}",
        rounds - WARM_UP,
        messages as f64 / (rounds * PACKETS) as f64,
    );
    for (kind, Costs { ns, ratios }) in kinds.iter().zip(&mut costs) {
        let opening = |ratios: &[f64]| median(&mut ratios.to_vec());
        let each = ratios.chunks(rounds - WARM_UP).map(opening);
        let (least, most) =
            each.fold((f64::MAX, f64::MIN), |(least, most), one| (one.min(least), one.max(most)));
        let (cost, ratio) = (median(ns), median(ratios));
        println!(
            "  {:<20} {cost:7.1} ns a packet, {ratio:.3} of the first in the same round ({least:.3} to {most:.3})",
            kind.name
        );
    }
    Ok(())
}

/// Opens all paths and has each drain all packets; their books at the end, and the messages of these.
fn drain_all(
    kinds: &[Kind],
    frames: &[Vec<u8>],
    costs: &mut [Costs],
) -> Result<(u64, u64), String> {
    let mut paths = kinds.iter().copied().map(Full::open).collect::<Result<Vec<_>, _>>()?;
    for (round, frames) in frames.chunks_exact(PACKETS).enumerate() {
        let mut first_ns = None;
        for (path, costs) in paths.iter_mut().zip(&mut *costs) {
            send(&path.wire, frames)?;
            let cost_ns = path.drain(frames.len())?;
            let ratio = cost_ns / *first_ns.get_or_insert(cost_ns);
            if round >= WARM_UP {
                costs.push(cost_ns, ratio);
            }
        }
    }
    let books = paths.first().map(Full::books).unwrap_or_default();
    if let Some(other) = paths.iter().find(|path| path.books() != books) {
        return Err(format!("{} ends with other books", other.kind.name));
    }
    Ok(books)
}

fn counting(kinds: &[Kind], frames: &[Vec<u8>]) -> Result<(), String> {
    println!("counting alone, and the plainest program on the same path:");
    for kind in kinds {
        let (mut ours, mut bare_ns) = (Costs::default(), Vec::new());
        // Which of two ports was opened last has the better memory: some nanoseconds a packet.
        for is_ours_first in [true, false] {
            match Pair::open(*kind, is_ours_first)? {
                Some(pair) => pair.drain(frames, &mut ours, &mut bare_ns)?,
                None => break,
            }
        }
        if !bare_ns.is_empty() {
            let (cost, bare, ratio) =
                (median(&mut ours.ns), median(&mut bare_ns), median(&mut ours.ratios));
            let name = kind.name;
            println!("  {name:<20} {cost:7.1} ns, plain {bare:7.1} ns: {ratio:.3} of its speed");
        }
    }
    Ok(())
}

/// What a packet costs on a path, round by round, and how that compares with another one.
#[derive(Default)]
struct Costs {
    ns: Vec<f64>,
    ratios: Vec<f64>,
}

impl Costs {
    fn push(&mut self, cost_ns: f64, ratio: f64) {
        self.ns.push(cost_ns);
        self.ratios.push(ratio);
    }
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
        let ours = || Counting::open(kind);
        let first = if is_ours_first { Some(ours()?) } else { None };
        let wire = Wire::new(1);
        let Some(bare) = kind.bare(&wire.here) else { return Ok(None) };
        let ours = first.map_or_else(ours, Ok)?;
        Ok(Some(Pair { ours, bare, wire }))
    }

    fn drain(
        mut self,
        frames: &[Vec<u8>],
        ours: &mut Costs,
        bare: &mut Vec<f64>,
    ) -> Result<(), String> {
        for (round, frames) in frames.chunks_exact(PACKETS).enumerate() {
            send(&self.ours.wire, frames)?;
            let our_ns = self.ours.drain(frames.len())?;
            send(&self.wire, frames)?;
            let bare_ns = drain_bare(&mut *self.bare, frames.len())?;
            if round >= WARM_UP {
                ours.push(our_ns, bare_ns / our_ns);
                bare.push(bare_ns);
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
