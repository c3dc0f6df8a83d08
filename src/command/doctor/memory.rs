//! Pages for books and packets, and the kernel's room for packets.

use super::super::run::BackendKind;
use super::{Finding, number, read};

/// Bytes of packets that a socket asks to have kept.
const RECEIVE_BUFFER: u64 = 8 << 20;

pub(super) fn findings(kind: BackendKind) -> Vec<Finding> {
    let mut findings = vec![huge_pages(), transparent()];
    if matches!(kind, BackendKind::Socket | BackendKind::IoUring) {
        findings.push(receive_buffer());
    }
    findings
}

fn huge_pages() -> Finding {
    const CHECK: &str = "huge pages";
    let pool = |size: &str, what: &str| {
        number(&format!("/sys/kernel/mm/hugepages/hugepages-{size}/{what}_hugepages")).unwrap_or(0)
    };
    let (two, two_free) = (pool("2048kB", "nr"), pool("2048kB", "free"));
    let (one, one_free) = (pool("1048576kB", "nr"), pool("1048576kB", "free"));
    let found = format!("2 MiB: {two_free} of {two} free; 1 GiB: {one_free} of {one} free");
    if two_free > 0 || one_free > 0 {
        Finding::good(CHECK, found)
    } else {
        Finding::poor(CHECK, found, "sudo ./hugepages.sh --setup 1G")
    }
}

fn transparent() -> Finding {
    const CHECK: &str = "transparent pages";
    match read("/sys/kernel/mm/transparent_hugepage/enabled") {
        Some(modes) if modes.contains("[never]") => Finding::poor(
            CHECK,
            "off: where no huge pages are reserved, books lie in pages of 4 KiB",
            "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
        ),
        Some(modes) => Finding::good(CHECK, modes),
        None => Finding::unknown(CHECK, "the kernel has none"),
    }
}

fn receive_buffer() -> Finding {
    const CHECK: &str = "receive buffer";
    match number("/proc/sys/net/core/rmem_max") {
        Some(most) if most >= RECEIVE_BUFFER => Finding::good(CHECK, format!("up to {most} bytes")),
        Some(most) => Finding::poor(
            CHECK,
            format!("{most} bytes at most, without CAP_NET_ADMIN: a burst may not fit"),
            format!("sysctl -w net.core.rmem_max={RECEIVE_BUFFER}"),
        ),
        None => Finding::unknown(CHECK, "the system does not say"),
    }
}
