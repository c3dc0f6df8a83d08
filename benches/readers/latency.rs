//! How long an update of ten levels takes to reach a reader that waits for it on another core.

use std::thread;
use std::time::{Duration, Instant};

use disruptor::{BusySpin, ProcessorSettings as _, Producer as _, Sequence};
use hdrhistogram::Histogram;

use wirebook::book::Depth as Published;

use crate::cost::pin;
use crate::depth::{self, Depth, Engine, FIRST};

/// Time between two updates: long enough that each is met by a reader that waits.
const PAUSE: Duration = Duration::from_micros(3);

/// How often a reader looks between two looks at whether the writer has ended.
const LOOKS: u32 = 256;

pub(crate) type Latencies = Histogram<u64>;

fn latencies() -> Latencies {
    Histogram::new_with_max(1_000_000_000, 3).expect("a range that fits")
}

/// Calls `update` with a number and the time, so often and at such a pace.
fn write(updates: u64, clock: Instant, mut update: impl FnMut(u64, u64)) {
    pin(1);
    let mut due = clock.elapsed() + Duration::from_millis(2);
    for seq in FIRST..FIRST + updates {
        while clock.elapsed() < due {
            std::hint::spin_loop();
        }
        update(seq, now(clock));
        due += PAUSE;
    }
}

fn now(clock: Instant) -> u64 {
    u64::try_from(clock.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The engine's book: from before the message is applied to when all levels were read after it.
pub(crate) fn engine(updates: u64) -> Latencies {
    let (mut engine, clock, mut found) = (Engine::new(), Instant::now(), latencies());
    let reader = engine.reader();
    thread::scope(|scope| {
        let writing = scope.spawn(|| write(updates, clock, |seq, time| engine.update(seq, time)));
        let (mut last, mut place) = (depth::version(&reader), Published::new());
        while !writing.is_finished() {
            for _ in 0..LOOKS {
                let version = depth::version(&reader);
                if version != last && version.is_multiple_of(2) && depth::depth(&reader, &mut place)
                {
                    found.saturating_record(now(clock).saturating_sub(place.last_time.get()));
                    std::hint::black_box(&place);
                    last = version;
                }
            }
        }
    });
    found
}

/// Where a writer has the depth from that it sends through a queue.
pub(crate) trait Source: Send + Default {
    /// The depth after an update.
    fn update(&mut self, seq: u64, time_ns: u64) -> Depth;
}

/// Kept as a value of which one level is set: no order, no queue, nothing to search.
impl Source for Depth {
    fn update(&mut self, seq: u64, time_ns: u64) -> Depth {
        Depth::update(self, seq, time_ns);
        *self
    }
}

/// The engine's book, to which the update is applied as a message, and its levels: what the writer
/// of whole books does that sends depths through a queue instead of letting them be read.
#[derive(Default)]
pub(crate) struct FromBook(Engine);

impl Source for FromBook {
    fn update(&mut self, seq: u64, time_ns: u64) -> Depth {
        self.0.update(seq, time_ns);
        self.0.value(seq, time_ns)
    }
}

/// A depth by value through `rtrb`.
pub(crate) fn rtrb<S: Source>(updates: u64) -> Latencies {
    let (clock, mut found) = (Instant::now(), latencies());
    let (mut producer, mut consumer) = rtrb::RingBuffer::<Depth>::new(1024);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut source = S::default();
            write(updates, clock, |seq, time| {
                let _ = producer.push(source.update(seq, time));
            });
        });
        while !writing.is_finished() {
            for _ in 0..LOOKS {
                if let Ok(depth) = consumer.pop() {
                    found.saturating_record(now(clock).saturating_sub(depth.time_ns));
                    std::hint::black_box(depth);
                }
            }
        }
    });
    found
}

/// A depth by value through `disruptor`.
pub(crate) fn disruptor<S: Source>(updates: u64) -> Latencies {
    let (clock, (sender, receiver)) = (Instant::now(), std::sync::mpsc::channel());
    let handle = {
        let mut found = latencies();
        let mut seen = 0;
        move |depth: &Depth, _: Sequence, _: bool| {
            let depth = *depth;
            found.saturating_record(now(clock).saturating_sub(depth.time_ns));
            std::hint::black_box(depth);
            seen += 1;
            if seen == updates {
                let _ = sender.send(found.clone());
            }
        }
    };
    let mut producer = disruptor::build_single_producer(1024, Depth::default, BusySpin)
        .pin_at_core(0)
        .handle_events_with(handle)
        .build();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut source = S::default();
            write(updates, clock, |seq, time| {
                let depth = source.update(seq, time);
                producer.publish(|slot| *slot = depth);
            });
        });
    });
    receiver.recv().expect("every update arrives")
}
