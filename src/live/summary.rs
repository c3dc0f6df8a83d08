use core::fmt;
use std::collections::BTreeMap;

use serde::Serialize;
use wirebook_ingest::feed::Listener;
use wirebook_ingest::receiver::{LatencyFigures, Receiver};

/// Latencies in nanoseconds, from when a packet came in to when it was in the books.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[allow(missing_docs)] // the names say it
pub struct LatencySummary {
    pub packets: u64,
    pub min: u64,
    pub mean: f64,
    pub p50: u64,
    pub p99: u64,
    pub p999: u64,
    pub max: u64,
}

impl From<LatencyFigures> for LatencySummary {
    fn from(figures: LatencyFigures) -> LatencySummary {
        let LatencyFigures { packets, min_ns, mean_ns, p50_ns, p99_ns, p999_ns, max_ns } = figures;
        LatencySummary {
            packets,
            min: min_ns,
            mean: mean_ns,
            p50: p50_ns,
            p99: p99_ns,
            p999: p999_ns,
            max: max_ns,
        }
    }
}

/// What a backend got, received and dropped.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LiveSummary {
    /// What the backend is and what it got.
    pub backend: BTreeMap<String, String>,
    /// Datagrams received.
    pub packets_received: u64,
    /// Bytes of their payloads.
    pub bytes_received: u64,
    /// Frames that were for somebody else, where the path sees them.
    pub foreign_packets: u64,
    /// Datagrams dropped, by cause.
    pub drops: BTreeMap<String, u64>,
    /// Counters of the path's own (a driver's, those of the XDP program), by its own names.
    pub backend_counters: BTreeMap<String, u64>,
    /// Latencies since the start.
    pub latency_ns: LatencySummary,
    /// How often the ingest thread waited because the touch tape's writer had too much to do.
    pub tape_waits: u64,
}

impl LiveSummary {
    pub(crate) fn of<L: Listener>(receiver: &mut Receiver<L>) -> LiveSummary {
        let counts = receiver.counts();
        let latency = receiver.latency().whole();
        LiveSummary {
            backend: receiver.obtained().to_map(),
            packets_received: counts.packets,
            bytes_received: counts.bytes,
            foreign_packets: counts.foreign,
            drops: counts.drops().map(|(cause, count)| (cause.name().to_owned(), count)).collect(),
            backend_counters: receiver.details().into_iter().collect(),
            latency_ns: latency.into(),
            tape_waits: 0,
        }
    }
}

impl fmt::Display for LiveSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.backend.get("name").map_or("", String::as_str);
        write!(f, "backend      ")?;
        write!(
            f,
            " {name}: {} packets, {} bytes, dropped",
            self.packets_received, self.bytes_received
        )?;
        let mut any = false;
        for (cause, count) in self.drops.iter().filter(|(_, count)| **count > 0) {
            write!(f, " {cause} {count}")?;
            any = true;
        }
        if !any {
            write!(f, " none")?;
        }
        let latency = &self.latency_ns;
        write!(
            f,
            "\nlatency       p50 {} p99 {} p99.9 {} max {} ns over {} packets",
            latency.p50, latency.p99, latency.p999, latency.max, latency.packets
        )?;
        if self.tape_waits > 0 {
            write!(
                f,
                "\ntape          its writer kept the ingest thread waiting {} times",
                self.tape_waits
            )?;
        }
        Ok(())
    }
}
