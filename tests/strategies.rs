//! Strategies on a feed: who is told of what, and when; and what becomes of their orders.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use support::capture::{packet, pcap};
use support::generated::Generated;
use support::plain::Plain;
use wirebook::book::{Capacity, FeedState, Locate, Nanos, Qty, Side, Symbol, TradingState};
use wirebook::exchange::venue::{Latency, LatencyCurve};
use wirebook::strategy_api::{
    BookUpdate, Cadence, CancelReason, Changed, Context, FeedStateChange, Interest, NewOrder,
    OrderEvent, OrderUpdate, Position, Strategy, TimerId, TradeEvent, TradingStateChange,
};
use wirebook::{Engine, EngineConfig, Input, Report, VenueConfig};

#[path = "strategies/recorder.rs"]
mod recorder;
#[path = "strategies/ring.rs"]
mod ring;
#[path = "strategies/trouble.rs"]
mod trouble;

use recorder::{Event, Recorder};

const MESSAGES: u64 = 12_000;

fn config() -> EngineConfig {
    let capacity = Capacity { orders: 1 << 16, levels: 1 << 15, locates: 1 << 16 };
    EngineConfig { capacity, ..EngineConfig::default() }
}

/// Replays a recording with some strategies, and gives them back.
fn run<S: Strategy + Clone + Send>(
    path: &Path,
    config: EngineConfig,
    all: Vec<S>,
) -> (Vec<S>, Report) {
    let mut engine = Engine::new(config);
    let seats: Vec<_> = all.into_iter().map(|strategy| engine.add(strategy)).collect();
    let report = engine.replay(Input::open(path, None, None).unwrap(), |_| {}).unwrap();
    (seats.iter().map(|&seat| engine.strategy(seat).unwrap().clone()).collect(), report)
}

fn run_one(path: &Path, recorder: Recorder) -> Recorder {
    run(path, config(), vec![recorder]).0.remove(0)
}

/// Number and locate of each update of a book.
fn updates(recorder: &Recorder) -> Vec<(u64, u16)> {
    let update = |event: &Event| match event {
        Event::Book { seq, locate, .. } => Some((*seq, *locate)),
        _ => None,
    };
    recorder.events.iter().filter_map(update).collect()
}

#[test]
fn every_cadence_is_told_what_it_asked_for() {
    let day = Generated::new(MESSAGES, 51);
    let plain = Plain::after(&day.messages(), 1);
    let of = |book| Recorder::of_all(Interest { book, trades: false });
    for path in [&day.itch, &day.pcap] {
        let cadences =
            [Cadence::EveryUpdate, Cadence::TouchChanges, Cadence::OncePerPacket, Cadence::Never];
        let (told, _) = run(path, config(), cadences.map(of).to_vec());
        assert_eq!(updates(&told[0]), plain.changes);
        let touches: Vec<(u64, u16)> = plain.tape.iter().map(numbered).collect();
        assert_eq!(updates(&told[1]), touches);
        assert_eq!(updates(&told[3]), []);
        // A file knows nothing of packets: there each message is one.
        let packets = if path == &day.pcap { packets(&day, &plain) } else { plain.changes.clone() };
        let mut found = updates(&told[2]);
        found.sort_unstable();
        assert_eq!(found, packets);
    }
}

fn numbered((locate, line): &(u16, String)) -> (u64, u16) {
    (line.split(',').next().unwrap().parse().unwrap(), *locate)
}

/// The last number of each packet with each locate that it changed.
fn packets(day: &Generated, plain: &Plain) -> Vec<(u64, u16)> {
    let mut packets = Vec::new();
    let frames = day.frames();
    for numbers in frames.iter().map(|frame| packet(frame).numbers()) {
        let inside = plain.changes.iter().filter(|(number, _)| numbers.contains(number));
        packets.extend(inside.map(|&(_, locate)| (numbers.end - 1, locate)));
    }
    packets.sort_unstable();
    let all = packets.len();
    packets.dedup();
    assert!(packets.len() < all, "some packets change a book twice");
    packets
}

#[test]
fn an_update_shows_the_book_right_after_its_message() {
    let day = Generated::new(MESSAGES, 52);
    let plain = Plain::after(&day.messages(), 1);
    let recorder = run_one(&day.itch, Recorder::of_all(Interest::TOUCH));
    let shown: String = recorder.events.iter().filter_map(Event::tape_line).collect();
    assert!(shown == plain.tape(), "the touch in the callbacks is another");
}

#[test]
fn a_name_is_subscribed_to_before_and_after_the_directory() {
    let day = Generated::new(MESSAGES, 53);
    let plain = Plain::after(&day.messages(), 1);
    let (locate, name) =
        plain.names.iter().max_by_key(|(l, _)| plain.tape_of(|x| x == **l).len()).unwrap();
    let symbol = Symbol::new(name).unwrap();
    let of_it: Vec<(u64, u16)> =
        plain.changes.iter().filter(|(_, other)| other == locate).copied().collect();

    let early = run_one(&day.itch, Recorder::of(symbol, Interest::EVERYTHING));
    assert_eq!(updates(&early), of_it);

    let noon = Nanos::new(12 * 3600 * Nanos::PER_SECOND);
    let late = Recorder { subscribe_at: Some(noon), ..Recorder::of(symbol, Interest::EVERYTHING) };
    let late = updates(&run_one(&day.itch, late));
    assert!(!late.is_empty() && late.len() < of_it.len(), "{} of {}", late.len(), of_it.len());
    assert_eq!(late, of_it[of_it.len() - late.len()..]);
    let first = &day.messages()[usize::try_from(late[0].0).unwrap() - 1];
    let before =
        &day.messages()[usize::try_from(of_it[of_it.len() - late.len() - 1].0).unwrap() - 1];
    assert!(time(before) < noon.get() && time(first) >= noon.get());

    let mut all_but_one = Recorder::of_all(Interest::EVERYTHING);
    all_but_one.names.push((symbol, Interest::default()));
    let rest: Vec<(u64, u16)> =
        plain.changes.iter().filter(|(_, other)| other != locate).copied().collect();
    assert_eq!(updates(&run_one(&day.itch, all_but_one)), rest);

    let nobody = Symbol::new("NOBODY").unwrap();
    assert_eq!(updates(&run_one(&day.itch, Recorder::of(nobody, Interest::EVERYTHING))), []);
}

fn time(message: &[u8]) -> u64 {
    u64::from_be_bytes([&[0, 0], &message[5..11]].concat().try_into().unwrap())
}

#[test]
fn trades_and_trading_states_are_told_as_the_messages_say_them() {
    let day = Generated::new(MESSAGES, 54);
    let recorder = run_one(&day.itch, Recorder::of_all(Interest::EVERYTHING));
    let (mut trades, mut states, mut last) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (number, message) in (1..).zip(day.messages()) {
        let locate = u16::from_be_bytes([message[1], message[2]]);
        let qty = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap());
        match message[0] {
            b'E' | b'C' => trades.push((number, u64::from(qty(19)))),
            b'P' => trades.push((number, u64::from(qty(20)))),
            b'Q' => {
                let qty = u64::from_be_bytes(message[11..19].try_into().unwrap());
                trades.extend((qty > 0).then_some((number, qty)));
            }
            b'H' if last.insert(locate, message[19]) != Some(message[19]) => {
                states.push((number, locate, message[19]));
            }
            _ => {}
        }
    }
    let told = |event: &Event| match *event {
        Event::Trade { seq, qty } => Some((seq, qty)),
        _ => None,
    };
    assert_eq!(recorder.events.iter().filter_map(told).collect::<Vec<_>>(), trades);
    let told = |event: &Event| match *event {
        Event::Trading { seq, locate, to } => Some((seq, locate, letter(to))),
        _ => None,
    };
    assert_eq!(recorder.events.iter().filter_map(told).collect::<Vec<_>>(), states);
    assert!(states.iter().any(|(_, _, state)| *state == b'H'), "a day with a halt");
}

fn letter(state: TradingState) -> u8 {
    match state {
        TradingState::Trading => b'T',
        TradingState::Halted => b'H',
        TradingState::Paused => b'P',
        TradingState::QuotationOnly => b'Q',
        other => panic!("{other}"),
    }
}

#[test]
fn a_gap_is_told_of_every_book_before_what_comes_behind_it() {
    let day = Generated::new(MESSAGES, 55);
    let mut frames = day.frames();
    let lost = packet(&frames.remove(700)).numbers();
    let path = day.write("lossy.pcap", &pcap(&frames));
    let plain = Plain::after(&day.messages(), 1);
    let recorder = run_one(&path, Recorder::of_all(Interest::EVERYTHING));
    let at = recorder.events.iter().position(|event| matches!(event, Event::Feed { .. })).unwrap();
    let (before, from) = recorder.events.split_at(at);
    let (told, behind) = from.split_at(plain.names.len());
    let expected: Vec<Event> = plain
        .names
        .keys()
        .map(|&locate| Event::Feed { locate, from: FeedState::Live, to: FeedState::Gapped })
        .collect();
    assert_eq!(told, expected);
    assert!(before.iter().filter_map(Event::seq).all(|seq| seq < lost.start));
    assert!(behind.iter().filter_map(Event::seq).all(|seq| seq >= lost.end));
    assert!(!behind.is_empty());
}

#[test]
fn timers_fire_in_their_order_at_their_time() {
    let day = Generated::new(4_000, 56);
    let hour = |hours: u64| Nanos::new(hours * 3600 * Nanos::PER_SECOND + 1);
    let timers = vec![(hour(15), 1), (hour(10), 2), (hour(12), 3), (hour(10), 4), (hour(12), 5)];
    let recorder = run_one(&day.itch, Recorder { timers, ..Recorder::of_all(Interest::TOUCH) });
    let fired: Vec<(Nanos, u32)> = recorder
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Timer { now, id } => Some((*now, *id)),
            _ => None,
        })
        .collect();
    let expected = [(hour(10), 2), (hour(10), 4), (hour(12), 3), (hour(12), 5), (hour(15), 1)];
    assert_eq!(fired, expected, "also between two messages");
    let (mut now, mut last) = (Nanos::new(0), 0);
    for event in &recorder.events {
        match event {
            Event::Timer { now: at, .. } => now = *at,
            Event::Book { seq, time, .. } => {
                assert!(*time >= now && *seq > last, "{event:?}");
                (now, last) = (*time, *seq);
            }
            _ => {}
        }
    }
}

#[test]
fn orders_are_answered_and_fills_make_the_position() {
    let day = Generated::new(MESSAGES, 57);
    let config = EngineConfig {
        venue: VenueConfig {
            outbound: Latency::Fixed(7_000),
            inbound: Latency::Fixed(3_000),
            ..Default::default()
        },
        ..config()
    };
    let mut engine = Engine::new(config);
    let traders = [Recorder::trader(3), Recorder::trader(5)];
    let seats = traders.map(|trader| engine.add(trader));
    let report = engine.replay(Input::open(&day.itch, None, None).unwrap(), |_| {}).unwrap();
    let (mut accepted, mut fills) = (0, 0);
    for seat in seats {
        let (trader, desk) = (engine.strategy(seat).unwrap(), engine.desk(seat).unwrap());
        let mut positions: BTreeMap<u16, (i64, u64)> = BTreeMap::new();
        for (now, sent_at, event) in &trader.answers {
            let late_ns = now.get() - event.time.get();
            assert!(late_ns == 3_000 || event.update_at_end(), "{event:?} at {now}");
            match event.update {
                OrderUpdate::Accepted => {
                    accepted += 1;
                    assert_eq!(event.time.get() - sent_at.unwrap().get(), 7_000);
                }
                OrderUpdate::Filled { qty, .. } => {
                    fills += 1;
                    let shares = i64::try_from(qty.shares()).unwrap() * event.side.sign();
                    let position = positions.entry(event.locate.get()).or_default();
                    *position = (position.0 + shares, position.1 + 1);
                }
                _ => {}
            }
        }
        let held: BTreeMap<u16, (i64, u64)> = desk
            .positions()
            .map(|(locate, Position { shares, fills, .. })| (locate.get(), (shares, fills)))
            .collect();
        assert_eq!(held, positions);
        assert!(!held.is_empty());
        assert_eq!(desk.open_count(), 0, "the day's end cancels what is open");
        assert!(trader.sent > 50);
    }
    assert_eq!(report.venue.orders_accepted, accepted);
    assert_eq!(report.venue.maker_fills + report.venue.taker_fills, fills);
    assert!(report.venue.maker_fills > 0 && report.venue.taker_fills > 0);
}

/// Whether the end of the day brought it, which comes behind the last message.
trait AtEnd {
    fn update_at_end(&self) -> bool;
}

impl AtEnd for OrderEvent {
    fn update_at_end(&self) -> bool {
        matches!(self.update, OrderUpdate::Cancelled { reason: CancelReason::EndOfDay, .. })
    }
}

#[test]
fn a_seed_gives_the_same_fills_twice() {
    let day = Generated::new(MESSAGES, 58);
    let play = |seed| {
        let curve = Latency::Curve(LatencyCurve::log_normal(5_000, 40_000_000));
        let venue = VenueConfig { outbound: curve, inbound: curve, seed, ..VenueConfig::default() };
        run(&day.itch, EngineConfig { venue, ..config() }, vec![Recorder::trader(2); 3])
    };
    let [(one, report), (again, report_again), (other, _)] = [play(1), play(1), play(2)];
    assert_eq!(one, again);
    assert_eq!(report.venue, report_again.venue);
    assert!(one != other, "another seed draws other latencies");
}

#[test]
fn types_mix_behind_a_box() {
    let day = Generated::new(4_000, 59);
    let mut engine: Engine<Box<dyn Strategy + Send>> = Engine::new(config());
    engine.add(Box::new(Recorder::trader(2)));
    engine.add(Box::new(trouble::Panicker::new(trouble::When::Book)));
    let report = engine.replay(Input::open(&day.itch, None, None).unwrap(), |_| {}).unwrap();
    let names: Vec<&str> = report.seats.iter().map(|seat| &seat.name[..]).collect();
    assert_eq!(names, ["recorder", "panicker"]);
    assert_eq!(report.seats[0].detached, None);
    assert_eq!(report.seats[1].detached.as_deref(), Some("in Book"));
    assert!(report.venue.orders_accepted > 0);
}
