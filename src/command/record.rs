//! `wirebook record`: writes what a backend receives as a capture.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::Serialize;
use wirebook::book::Nanos;
use wirebook::ingest::backend::{Backend, Burst, Received, Sorter, Subscription, wall_clock};
use wirebook::ingest::frame::{LinkType, Tagging, UdpFrame, multicast_mac};
use wirebook::ingest::mold::{Packet, PacketKind};
use wirebook::ingest::session::Line;
use wirebook::ingest::source::{CaptureWriteError, PcapWriter};
use wirebook::live::{QUIET_AFTER_END, pin_to};

use super::outcome::{Failure, Outcome};
use super::output::Output;
use super::run::{Options, Plan, plans, stop_on_signals};
use super::tell::tell;

/// Write what a backend receives as a pcap file.
///
/// Backends that see whole frames write them as they came; others write the datagrams in frames made for them,
/// without the sender's address. Options that concern books are of no meaning here.
///
/// Exit status: 0 if nothing was dropped, 2 if it could not begin, 3 if packets were dropped.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The capture to write.
    output: PathBuf,
    /// A TOML file with any of the options below, as run takes it.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Print what was received as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// What was received. Serializes as the JSON that `wirebook record --json` prints.
#[derive(Serialize)]
struct Recorded {
    packets: u64,
    bytes: u64,
    drops: BTreeMap<&'static str, u64>,
    backend: BTreeMap<String, String>,
}

pub(super) fn run(arguments: Arguments) -> Result<Outcome, Failure> {
    let mut plans = plans(arguments.options, arguments.config.as_deref())?;
    let (Some(plan), true) = (plans.pop(), plans.is_empty()) else {
        return Err(Failure::Option("a capture is of one channel".into()));
    };
    let stop = stop_on_signals()?;
    let mut backend = plan.backend.open(&plan.subscription)?;
    let output = Output::create(&arguments.output)?;
    let recorded = {
        let writer = output.writer()?;
        let mut capture =
            PcapWriter::new(writer, LinkType::Ethernet).map_err(Failure::output(output.name()))?;
        eprintln!("wirebook: ready to receive by {}", backend.obtained());
        if let Some(core) = plan.core {
            pin_to(core)?;
        }
        let mut sorter = Sorter::new(plan.subscription.clone());
        receive(&mut *backend, &mut sorter, &plan, &stop, |at, received, line, payload| {
            write(&mut capture, &plan.subscription, (at, received), line, payload)
                .map_err(|error| Failure::output(output.name())(std::io::Error::other(error)))
        })?;
        capture.finish().map_err(Failure::output(output.name()))?;
        account(&mut *backend, &sorter)
    };
    drop(backend);
    output.finish()?;
    tell(&recorded, arguments.json, in_words);
    let dropped: u64 = recorded.drops.values().sum();
    Ok(if dropped == 0 { Outcome::Complete } else { Outcome::Missing })
}

fn receive(
    backend: &mut dyn Backend,
    sorter: &mut Sorter,
    plan: &Plan,
    stop: &AtomicBool,
    mut keep: impl FnMut(Nanos, &Received<'_>, Line, &[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut pace, mut heard, mut has_ended) = (plan.pace(), Instant::now(), false);
    // It orders nothing but itself.
    while !stop.load(Ordering::Relaxed) {
        let mut burst = Burst::new();
        backend.poll(&mut burst)?;
        if burst.is_empty() {
            drop(burst);
            let silence = heard.elapsed();
            let is_over = plan.exit_at_end && has_ended && silence >= QUIET_AFTER_END;
            if is_over || plan.exit_idle.is_some_and(|idle| silence >= idle) {
                return Ok(());
            }
            pace.wait(backend)?;
            continue;
        }
        let polled = wall_clock();
        for received in &burst {
            let Some((line, payload)) = sorter.sort(received) else { continue };
            heard = Instant::now();
            let end = Packet::check(payload).map(|packet| packet.kind());
            has_ended |= end == Ok(PacketKind::EndOfSession);
            keep(received.at().unwrap_or(polled), received, line, payload)?;
        }
        pace.heard();
    }
    Ok(())
}

fn write(
    capture: &mut PcapWriter<Box<dyn Write + Send + '_>>,
    subscription: &Subscription,
    (at, received): (Nanos, &Received<'_>),
    line: Line,
    payload: &[u8],
) -> Result<(), CaptureWriteError> {
    if let Some(frame) = received.frame() {
        return capture.write_frame(at, frame);
    }
    let unknown = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    let lines = &subscription.lines;
    let destination = lines.get(line.index()).map_or(unknown, |line| line.group);
    let frame = UdpFrame {
        source_mac: [0x02, 0, 0, 0, 0, 0],
        destination_mac: multicast_mac(*destination.ip()),
        tagging: Tagging::Untagged,
        source: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, destination.port()),
        destination,
        identification: 0,
        time_to_live: 1,
    };
    capture.write_datagram(at, &frame, payload)
}

fn account(backend: &mut dyn Backend, sorter: &Sorter) -> Recorded {
    let counts = sorter.account(backend.counts());
    Recorded {
        packets: counts.packets,
        bytes: counts.bytes,
        drops: counts.drops().map(|(cause, count)| (cause.name(), count)).collect(),
        backend: backend.obtained().to_map(),
    }
}

fn in_words(out: &mut dyn Write, recorded: &Recorded) -> std::io::Result<()> {
    let Recorded { packets, bytes, drops, .. } = recorded;
    let dropped: u64 = drops.values().sum();
    writeln!(out, "{packets} packets, {bytes} bytes, {dropped} dropped")
}
