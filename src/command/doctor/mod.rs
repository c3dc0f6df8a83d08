//! `wirebook doctor`: whether this host can run a backend, and what would make it run better.

mod cores;
mod memory;
mod network;
mod privileges;

use std::fmt;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};

use serde::Serialize;

use super::outcome::{Failure, Outcome};
use super::run::{BackendKind, Options, plans};
use super::tell::tell;

/// Check this host for a backend.
///
/// Says what is as it should be, what costs latency and with which command to change it, and whether the backend can
/// run at all: for that it is really opened for a moment, on the interface or device that is named.
///
/// Exit status: 0 if the backend can run, 2 if it cannot.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Print the findings as one JSON object.
    #[arg(long)]
    json: bool,
}

/// How a check went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// As it should be.
    Good,
    /// It works, but costs latency or packets.
    Poor,
    /// The backend cannot run.
    Bad,
    /// The host does not say.
    Unknown,
}

/// What was found in one place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Finding {
    check: &'static str,
    health: Health,
    found: String,
    /// What to do, by command, where something is to be done.
    remedy: Option<String>,
}

impl Finding {
    fn good(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, health: Health::Good, found: found.into(), remedy: None }
    }

    fn unknown(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, health: Health::Unknown, found: found.into(), remedy: None }
    }

    fn poor(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, health: Health::Poor, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn bad(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, health: Health::Bad, found: found.into(), remedy: Some(remedy.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let health = match self.health {
            Health::Good => "good",
            Health::Poor => "POOR",
            Health::Bad => "BAD",
            Health::Unknown => "?",
        };
        write!(f, "{health:<5}{:<18}{}", self.check, self.found)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n{:<23}-> {remedy}", ""),
            None => Ok(()),
        }
    }
}

/// Everything that was found. Serializes as the JSON that `wirebook doctor --json` prints.
#[derive(Serialize)]
struct Findings {
    backend: &'static str,
    can_run: bool,
    findings: Vec<Finding>,
}

pub(super) fn run(arguments: Arguments) -> Result<Outcome, Failure> {
    let kind = arguments.options.backend.unwrap_or(BackendKind::Socket);
    let interface = arguments.options.interface.clone();
    let mut findings = vec![kernel(), privileges::clock_source()];
    findings.extend(cores::findings());
    findings.extend(memory::findings(kind));
    findings.extend(privileges::findings(kind));
    if let Some(interface) = &interface {
        findings.extend(network::findings(interface));
    }
    findings.push(attempt(arguments.options, kind));
    let can_run = findings.iter().all(|finding| finding.health != Health::Bad);
    let findings = Findings { backend: name(kind), can_run, findings };
    tell(&findings, arguments.json, in_words);
    if can_run { Ok(Outcome::Complete) } else { Err(Failure::CannotRun(name(kind))) }
}

fn name(kind: BackendKind) -> &'static str {
    match kind {
        BackendKind::Socket => "socket",
        BackendKind::IoUring => "io_uring",
        BackendKind::Xdp => "xdp",
        BackendKind::Dpdk => "dpdk",
    }
}

/// Opens the backend for a moment. A group of its own that nobody sends to does, where none is named.
fn attempt(mut options: Options, kind: BackendKind) -> Finding {
    const CHECK: &str = "backend";
    if kind == BackendKind::Dpdk && options.device.is_none() {
        let what = "not tried: no --device is named";
        return Finding::unknown(CHECK, what);
    }
    if options.interface.is_none() && kind != BackendKind::Dpdk {
        if kind == BackendKind::Xdp {
            return Finding::unknown(CHECK, "not tried: no --interface is named");
        }
        options.interface = Some("lo".to_owned());
    }
    let anywhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    options.group = options.group.or(Some(anywhere));
    let opened = plans(options, None).and_then(|plans| {
        let Some(plan) = plans.first() else { return Err(Failure::Option("no channel".into())) };
        Ok(plan.backend.open(&plan.subscription)?.obtained().to_string())
    });
    match opened {
        Ok(obtained) => Finding::good(CHECK, format!("opened: {obtained}")),
        Err(failure) => {
            let text = failure.to_string();
            let (found, remedy) = text.rsplit_once("; ").unwrap_or((&text, "see above"));
            Finding::bad(CHECK, found, remedy)
        }
    }
}

fn kernel() -> Finding {
    match read("/proc/sys/kernel/osrelease") {
        Some(release) => Finding::good("kernel", format!("Linux {release}")),
        None => Finding::unknown("kernel", "not Linux, or no /proc"),
    }
}

fn in_words(out: &mut dyn Write, findings: &Findings) -> std::io::Result<()> {
    findings.findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
    let verdict = if findings.can_run { "can run" } else { "CANNOT run" };
    writeln!(out, "the {} backend {verdict} here", findings.backend)
}

/// The text of a file, without the end of its last line.
fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// A number that a file holds.
fn number(path: &str) -> Option<u64> {
    read(path)?.parse().ok()
}
