//! The program that decides what comes to us.

use std::net::Ipv4Addr;

use aya::maps::{HashMap, MapData, PerCpuArray, XskMap};
use aya::programs::Xdp;
use aya::{Ebpf, EbpfLoader, programs, programs::links::FdLink};

use super::queue::Queue;
use super::{XdpMode, explain};
use crate::backend::{BackendError, Interface, Subscription};

/// Compiled from `filter.bpf.c` by the build script.
static PROGRAM: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/filter.bpf.o"));

/// Places in the program's arrays of counters: `enum verdict` in `filter.bpf.c`.
#[derive(Clone, Copy)]
enum Verdict {
    Redirected = 0,
    Passed = 1,
    Malformed = 2,
    Fragment = 3,
}

/// What the program has decided so far, frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Verdicts {
    pub(super) passed: u64,
    pub(super) malformed: u64,
    pub(super) fragments: u64,
}

/// The program, in the kernel as long as this is here.
pub(super) struct Filter {
    /// Ends before the program does.
    link: Option<FdLink>,
    program: Ebpf,
    verdicts: PerCpuArray<MapData, u64>,
}

impl Filter {
    /// Loads the program and tells it what is ours.
    pub(super) fn load(subscription: &Subscription) -> Result<Filter, BackendError> {
        let what = || "loading the XDP program".to_owned();
        let mut program =
            EbpfLoader::new().load(PROGRAM).map_err(|error| explain(what(), &error))?;
        let groups = program.map_mut("groups").ok_or_else(missing)?;
        let mut groups: HashMap<_, [u8; 8], u32> =
            HashMap::try_from(groups).map_err(|error| explain(what(), &error))?;
        for (_, line) in subscription.lines() {
            let source = line.source.map_or(0, on_the_wire);
            for port in [line.group.port(), 0] {
                let group = group_key(*line.group.ip(), port);
                groups.insert(group, source, 0).map_err(|error| explain(what(), &error))?;
            }
        }
        let verdicts = program.take_map("verdicts").ok_or_else(missing)?;
        let verdicts = PerCpuArray::try_from(verdicts).map_err(|error| explain(what(), &error))?;
        Ok(Filter { link: None, program, verdicts })
    }

    /// Frames of ours that come by a receive queue go to this socket.
    pub(super) fn direct(&mut self, number: u32, queue: &Queue) -> Result<(), BackendError> {
        let what = || format!("directing receive queue {number} to its socket");
        let sockets = self.program.map_mut("sockets").ok_or_else(missing)?;
        let mut sockets = XskMap::try_from(sockets).map_err(|error| explain(what(), &error))?;
        sockets.set(number, queue, 0).map_err(|error| explain(what(), &error))
    }

    /// Lets the program see what comes in.
    pub(super) fn attach(
        &mut self,
        interface: &Interface,
        mode: XdpMode,
    ) -> Result<(), BackendError> {
        let what = || format!("attaching the XDP program to {} ({mode})", interface.name());
        let failed = |error: programs::ProgramError| explain(what(), &error);
        let program: &mut Xdp =
            self.program.program_mut("filter").ok_or_else(missing)?.try_into().map_err(failed)?;
        program.load().map_err(failed)?;
        let mode = match mode {
            XdpMode::ZeroCopy | XdpMode::Native => programs::XdpMode::Driver,
            XdpMode::Generic => programs::XdpMode::Skb,
        };
        let id = program.attach_to_if_index(interface.index(), mode).map_err(failed)?;
        let link = program.take_link(id).map_err(failed)?;
        // A link that is a descriptor ends with this process, however that ends.
        self.link = Some(FdLink::try_from(link).map_err(|error| explain(what(), &error))?);
        Ok(())
    }

    /// The counters that are not zero, each processor's own.
    pub(super) fn details(&self) -> Vec<(String, u64)> {
        let named = [
            ("redirected", Verdict::Redirected),
            ("passed", Verdict::Passed),
            ("malformed", Verdict::Malformed),
            ("fragment", Verdict::Fragment),
        ];
        let mut details = Vec::new();
        for (name, verdict) in named {
            let Ok(counts) = self.verdicts.get(&(verdict as u32), 0) else { continue };
            for (cpu, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                details.push((format!("{name}_cpu{cpu}"), count));
            }
        }
        details
    }

    /// The counters, over all processors.
    pub(super) fn verdicts(&self) -> Verdicts {
        let count = |verdict: Verdict| {
            let counts = self.verdicts.get(&(verdict as u32), 0);
            counts.map_or(0, |counts| counts.iter().sum())
        };
        Verdicts {
            passed: count(Verdict::Passed),
            malformed: count(Verdict::Malformed),
            fragments: count(Verdict::Fragment),
        }
    }
}

/// `struct group` in `filter.bpf.c`.
fn group_key(address: Ipv4Addr, port: u16) -> [u8; 8] {
    let ([a, b, c, d], [e, f]) = (address.octets(), port.to_be_bytes());
    [a, b, c, d, e, f, 0, 0]
}

/// An address as the program compares it: in the byte order of the wire.
fn on_the_wire(address: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(address.octets())
}

fn missing() -> BackendError {
    BackendError::Library {
        what: "loading the XDP program".to_owned(),
        reason: "a part of it is not there".to_owned(),
        remedy: "build it anew: cargo clean -p wirebook-ingest",
    }
}
