//! Between the start and the stop of a replay nothing is allocated: every allocation of a thread
//! is counted.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::Path;

use support::capture::{Frame, pcap};
use support::generated::Generated;
use wirebook::book::{Books, Capacity, Nanos, Side};
use wirebook::ingest::backend::socket::SocketOptions;
use wirebook::ingest::backend::uring::{TaskMode, UringOptions};
use wirebook::ingest::backend::{BackendConfig, Subscription, WireLine};
use wirebook::ingest::feed::{Feed, FeedConfig};
use wirebook::ingest::frame::LinkType;
use wirebook::ingest::receiver::{Pace, Protocol, Receiver};
use wirebook::ingest::session::SessionConfig;
use wirebook::live::live_tape;
use wirebook::replay::{DepthTape, Player, Summary, Tapes, TouchTape};
use wirebook::strategy_api::{
    BookUpdate, Context, Interest, NewOrder, OrderEvent, Strategy, TimerId, TradeEvent,
};
use wirebook::{Engine, EngineConfig, Input, Report};

/// The system's allocator, which counts.
struct Counting;

thread_local! {
    /// Calls of this thread that took memory or gave it back.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // At the end of a thread the counter may be gone already; nothing is counted then.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

fn calls() -> u64 {
    CALLS.with(Cell::get)
}

// SAFETY: every call is handed on as it came to the system's allocator, which keeps the promises
// of this trait; counting touches nothing but a number of this thread and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `alloc`, and they are the same here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count();
        // SAFETY: `memory` came from the system's allocator with this layout, as all of it does.
        unsafe { System.realloc(memory, layout, bytes) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn allocations_are_counted_at_all() {
    let before = calls();
    drop(std::hint::black_box(Vec::<u64>::with_capacity(10)));
    assert_eq!(calls() - before, 2);
}

const CAPACITY: Capacity = Capacity { orders: 1 << 16, levels: 1 << 15, locates: 1 << 16 };

/// Plays the input with both tapes on, and counts from before the first step to after the last.
fn replay(input: Input, out: &Path) -> (u64, Summary) {
    let writer = |name: &str| -> Box<dyn Write + Send> {
        Box::new(BufWriter::with_capacity(1 << 16, File::create(out.join(name)).unwrap()))
    };
    let tapes = Tapes {
        touch: TouchTape::new(Some(writer("bbo.csv")), true),
        depth: Some(DepthTape::new(writer("depth.csv"), 10, true)),
    };
    let feed = Feed::new(Books::new(CAPACITY).unwrap(), tapes, FeedConfig::default());
    let mut player = Player::new(input, feed, SessionConfig::default());
    let before = calls();
    while player.step().unwrap() {
        player.with_feed(|_, tapes| tapes.touch.flush());
    }
    player.finish().unwrap();
    let count = calls() - before;
    assert!(player.listener().touch.count() > 1_000);
    (count, player.summary())
}

/// Sends a day to the backend on the loopback interface, a packet and a step in turns, and counts over all steps.
fn receive(config: &BackendConfig, day: &Generated) -> u64 {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let group = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let lines = std::iter::once(WireLine { group, source: None }).collect();
    let subscription = Subscription { interface: "lo".to_owned(), lines };
    let backend = match config.open(&subscription) {
        Ok(backend) => backend,
        // Not every kernel has it for us; sockets are everywhere.
        Err(error) if matches!(config, BackendConfig::Uring(_)) => {
            println!("skipped {config:?}: {error}");
            return 0;
        }
        Err(error) => panic!("{error}"),
    };
    let books = Books::new(CAPACITY).unwrap();
    let (tape, writer) = live_tape(None, true);
    let writing = std::thread::spawn(|| writer.write_all());
    let feed = Feed::new(books, tape, FeedConfig::default());
    let session = SessionConfig::default();
    let mut receiver = Receiver::new(backend, feed, session, Protocol::Mold, Pace::Busy);
    receiver.step().unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let payloads: Vec<Vec<u8>> =
        day.frames().iter().map(|frame| datagram_of(&frame.bytes).to_vec()).collect();
    let before = calls();
    let mut received = 0;
    for burst in payloads.chunks(20) {
        for payload in burst {
            sender.send_to(payload, group).unwrap();
        }
        let wanted = received + burst.len();
        while received < wanted {
            received += receiver.step().unwrap();
        }
    }
    let count = calls() - before;
    assert!(receiver.feed().listener().count() > 1_000);
    assert!(receiver.feed().books().feed_state().is_live());
    drop(receiver);
    writing.join().unwrap().unwrap();
    count
}

fn datagram_of(frame: &[u8]) -> &[u8] {
    wirebook::ingest::frame::datagram(LinkType::Ethernet, frame).unwrap().payload
}

#[test]
fn live_packets_allocate_nothing() {
    let day = Generated::new(12_000, 65);
    let socket = BackendConfig::Socket(SocketOptions::default());
    assert_eq!(receive(&socket, &day), 0, "sockets");
    for tasks in [TaskMode::Deferred, TaskMode::KernelThread] {
        let uring = BackendConfig::Uring(UringOptions { tasks, ..UringOptions::default() });
        assert_eq!(receive(&uring, &day), 0, "io_uring, {tasks}");
    }
}

/// Loses every `part`-th packet and repeats every eleventh.
fn lossy(day: &Generated, part: usize) -> Vec<u8> {
    let frames: Vec<Frame> = day.frames();
    let kept = frames.iter().enumerate().filter(|(number, _)| number % part != 2);
    let sent =
        kept.flat_map(|(number, frame)| vec![frame.clone(); 1 + usize::from(number % 11 == 0)]);
    pcap(&sent.collect::<Vec<_>>())
}

#[test]
fn a_file_of_messages_allocates_nothing() {
    let day = Generated::new(30_000, 41);
    let input = Input::open(&day.itch, None, None).unwrap();
    let (count, summary) = replay(input, day.folder.path());
    assert_eq!((summary.messages, summary.is_complete()), (30_000, true));
    assert_eq!(count, 0);
}

#[test]
fn two_lines_with_losses_allocate_nothing() {
    let day = Generated::new(30_000, 42);
    let (a, b) = (day.write("a.pcap", &lossy(&day, 5)), day.write("b.pcap", &lossy(&day, 7)));
    let input = Input::open(&a, Some(&b), None).unwrap();
    let (count, summary) = replay(input, day.folder.path());
    assert!(summary.gaps_total > 0, "some packets are missing on both");
    assert!(summary.lines["A"].duplicates > 0 && summary.lines["B"].first_wins > 0);
    assert_eq!(count, 0);
}

#[test]
fn a_recording_that_contradicts_itself_allocates_nothing() {
    let day = Generated::new(30_000, 43);
    let messages = day.messages();
    let late = day.write("late.itch", &support::itch::framed(&messages[messages.len() / 2..]));
    let (count, summary) = replay(Input::open(&late, None, None).unwrap(), day.folder.path());
    assert!(summary.unknown_refs > 0);
    assert_eq!(count, 0);
}

/// Quotes every symbol, cancels, replaces, and sets timers.
#[derive(Default)]
struct Busy {
    interest: Interest,
    updates: u64,
    trades: u64,
    answers: u64,
    timers: u64,
}

impl Strategy for Busy {
    fn on_start(&mut self, ctx: &mut Context<'_>) {
        ctx.subscribe_all(self.interest.with_trades());
        ctx.set_timer(Nanos::new(1), TimerId(0));
    }

    fn on_book(&mut self, ctx: &mut Context<'_>, update: &BookUpdate<'_>) {
        self.updates += 1;
        let locate = update.book.locate();
        let side = if self.updates.is_multiple_of(2) { Side::Bid } else { Side::Ask };
        let Some((price, _)) = update.book.touch().side(side) else { return };
        let open = ctx.open_orders(locate).next().map(|order| order.id);
        // What cannot be done at the moment is left undone.
        let _ = match (open, self.updates % 3) {
            (Some(id), 0) => ctx.cancel(id),
            (Some(id), 1) => ctx.replace(id, price, 200.into()),
            _ => ctx.submit(NewOrder::limit(locate, side, price, 100.into())).map(drop),
        };
    }

    fn on_trade(&mut self, _: &mut Context<'_>, _: &TradeEvent<'_>) {
        self.trades += 1;
    }

    fn on_order(&mut self, _: &mut Context<'_>, _: &OrderEvent) {
        self.answers += 1;
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, timer: TimerId) {
        self.timers += 1;
        ctx.set_timer(ctx.now().after(Nanos::PER_SECOND), timer);
    }
}

/// Runs three strategies, and counts from the first report of progress to the last.
fn run(input: Input) -> (u64, u64, Report) {
    let mut engine = Engine::new(EngineConfig { capacity: CAPACITY, ..EngineConfig::default() });
    let interests = [Interest::EVERYTHING, Interest::TOUCH, Interest::PACKETS];
    let seats = interests.map(|interest| engine.add(Busy { interest, ..Busy::default() }));
    let (mut first, mut last, mut reports) = (None, 0, 0);
    let report = engine.replay(input, |_| {
        last = calls();
        first.get_or_insert(last);
        reports += 1;
    });
    for seat in seats {
        let Busy { updates, trades, answers, timers, .. } = engine.strategy(seat).unwrap();
        for count in [updates, trades, answers, timers] {
            assert!(*count > 100, "{updates} {trades} {answers} {timers}");
        }
    }
    (last - first.unwrap(), reports, report.unwrap())
}

#[test]
fn strategies_and_their_venue_allocate_nothing() {
    let day = Generated::new(60_000, 44);
    let b = day.write("b.pcap", &lossy(&day, 7));
    let inputs = [Input::open(&day.pcap, None, None), Input::open(&day.pcap, Some(&b), None)];
    for input in inputs {
        let (count, reports, report) = run(input.unwrap());
        assert!(reports > 4, "{reports} reports: most of the replay lies between them");
        let venue = report.venue;
        assert!(venue.maker_fills > 100 && venue.taker_fills > 0, "{venue:?}");
        assert!(venue.orders_replaced > 100 && venue.orders_cancelled > 100, "{venue:?}");
        assert_eq!(count, 0);
    }
}
