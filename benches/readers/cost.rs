//! What a read costs, and what it costs the writer.

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use core_affinity::CoreId;

use crate::depth::FIRST;

/// Reads between two looks at the clock.
const READS: u32 = 256;

/// The figures of one structure.
pub(crate) struct Cost {
    pub(crate) name: &'static str,
    /// Nanoseconds of a touch read and of a ten-level read while nobody writes.
    pub(crate) idle_ns: [f64; 2],
    /// The same under a writer that never pauses.
    pub(crate) busy_ns: [f64; 2],
    /// Nanoseconds of an update while nobody reads, and with a reader of touches.
    pub(crate) write_ns: [f64; 2],
    /// Reads that were given up, of a million.
    pub(crate) given_up_ppm: f64,
}

/// Measures a structure: `write` puts update number `n` there; `read` reads the touch or all levels
/// and says whether it got them.
pub(crate) fn measure(
    name: &'static str,
    time: Duration,
    mut write: impl FnMut(u64) + Send,
    read: [&(dyn Fn() -> bool + Sync); 2],
) -> Cost {
    let mut next = FIRST;
    let idle_ns = read.map(|read| reads(read, time).ns);
    let alone = writes(&mut write, &mut next, time);
    let (mut busy_ns, mut given_up, mut with_reader) = ([0.0; 2], 0.0, 0.0);
    for (kind, read) in read.into_iter().enumerate() {
        let (reading, writing) = at_once(&mut write, &mut next, read, time);
        busy_ns[kind] = reading.ns;
        given_up += reading.given_up_ppm / 2.0;
        if kind == 0 {
            with_reader = writing;
        }
    }
    Cost { name, idle_ns, busy_ns, write_ns: [alone, with_reader], given_up_ppm: given_up }
}

pub(crate) struct Reading {
    pub(crate) ns: f64,
    given_up_ppm: f64,
}

/// Reads on this thread for so long.
pub(crate) fn reads(read: &dyn Fn() -> bool, time: Duration) -> Reading {
    let (start, mut count, mut got) = (Instant::now(), 0u64, 0u64);
    while start.elapsed() < time {
        got += (0..READS).map(|_| u64::from(black_box(read()))).sum::<u64>();
        count += u64::from(READS);
    }
    let elapsed = start.elapsed().as_secs_f64() * 1e9;
    Reading {
        ns: elapsed / got.max(1) as f64,
        given_up_ppm: (count - got) as f64 * 1e6 / count as f64,
    }
}

fn writes(write: &mut impl FnMut(u64), next: &mut u64, time: Duration) -> f64 {
    let (start, first) = (Instant::now(), *next);
    while start.elapsed() < time {
        for _ in 0..READS {
            write(*next);
            *next += 1;
        }
    }
    start.elapsed().as_secs_f64() * 1e9 / (*next - first) as f64
}

/// Reads here while another thread writes as fast as it can.
fn at_once(
    write: &mut (impl FnMut(u64) + Send),
    next: &mut u64,
    read: &(dyn Fn() -> bool + Sync),
    time: Duration,
) -> (Reading, f64) {
    let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            pin(1);
            let (start, first) = (Instant::now(), *next);
            while !done.load(Ordering::Relaxed) {
                for _ in 0..READS {
                    write(*next);
                    *next += 1;
                }
                written.store(*next - first, Ordering::Relaxed);
            }
            start.elapsed().as_secs_f64() * 1e9 / (*next - first) as f64
        });
        while written.load(Ordering::Relaxed) == 0 {
            std::hint::spin_loop();
        }
        let reading = reads(read, time);
        done.store(true, Ordering::Relaxed);
        (reading, writing.join().expect("a writer that ends"))
    })
}

/// Puts this thread on one core, where there are so many.
pub(crate) fn pin(core: usize) {
    // Asked once: a thread that is on one core, and those it starts, are told of no other.
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    let cores = CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default());
    if let Some(&core) = cores.get(core) {
        core_affinity::set_for_current(core);
    }
}
