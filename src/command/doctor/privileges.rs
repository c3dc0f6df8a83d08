//! What this process may do, and which clock it reads.

use rustix::process::{Resource, getrlimit};

use super::super::run::BackendKind;
use super::{Finding, read};

/// Bytes that a backend's shared memory takes for each queue.
const LOCKED_BYTES: u64 = 16 << 20;

/// Capabilities by their numbers (capabilities(7)).
const NET_ADMIN: (u32, &str) = (12, "cap_net_admin");
const NET_RAW: (u32, &str) = (13, "cap_net_raw");
const IPC_LOCK: (u32, &str) = (14, "cap_ipc_lock");
const BPF: (u32, &str) = (39, "cap_bpf");

pub(super) fn findings(kind: BackendKind) -> Vec<Finding> {
    vec![capabilities(kind), locked_memory(kind)]
}

pub(super) fn clock_source() -> Finding {
    const CHECK: &str = "clock";
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    match read(path).as_deref() {
        Some("tsc") => Finding::good(CHECK, "tsc"),
        Some(source @ ("kvm-clock" | "hyperv_clocksource_tsc_page")) => {
            Finding::good(CHECK, source)
        }
        Some(source) => Finding::poor(
            CHECK,
            format!("{source}: reading it takes a system call"),
            format!("echo tsc > {path}"),
        ),
        None => Finding::unknown(CHECK, "the system does not say"),
    }
}

fn capabilities(kind: BackendKind) -> Finding {
    const CHECK: &str = "capabilities";
    let needed: &[(u32, &str)] = match kind {
        BackendKind::Socket | BackendKind::IoUring => &[],
        BackendKind::Xdp => &[NET_ADMIN, NET_RAW, BPF],
        BackendKind::Dpdk => &[NET_ADMIN, NET_RAW, IPC_LOCK],
    };
    if needed.is_empty() {
        return Finding::good(CHECK, "none are needed");
    }
    let status = read("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let Some(effective) = line.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()) else {
        return Finding::unknown(CHECK, "the system does not say");
    };
    let missing: Vec<&str> = needed
        .iter()
        .filter(|(number, _)| effective & (1 << number) == 0)
        .map(|(_, name)| *name)
        .collect();
    if missing.is_empty() {
        return Finding::good(CHECK, "all that are needed");
    }
    let missing = missing.join(",");
    let program = std::env::current_exe().unwrap_or_default();
    let found = format!("{missing} missing");
    let remedy = format!("sudo setcap {missing}=ep {}", program.display());
    match kind {
        BackendKind::Xdp => Finding::bad(CHECK, found, remedy),
        // Some of its devices need none.
        _ => Finding::poor(CHECK, found, remedy),
    }
}

fn locked_memory(kind: BackendKind) -> Finding {
    const CHECK: &str = "locked memory";
    let limit = getrlimit(Resource::Memlock).current;
    match limit {
        None => Finding::good(CHECK, "unlimited"),
        Some(bytes) if bytes >= LOCKED_BYTES => {
            Finding::good(CHECK, format!("up to {bytes} bytes"))
        }
        Some(bytes) if kind == BackendKind::Socket => Finding::poor(
            CHECK,
            format!("{bytes} bytes: books are not locked in memory"),
            "ulimit -l unlimited",
        ),
        Some(bytes) => Finding::poor(
            CHECK,
            format!("{bytes} bytes: too few for shared packet memory without CAP_IPC_LOCK"),
            "ulimit -l unlimited, or LimitMEMLOCK=infinity in the service's unit",
        ),
    }
}
