//! The ring between real threads: a writer that never waits, and readers that keep up or do not.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use wirebook_book::region::{Plan, Region};
use wirebook_book::ring::UPDATE_WORDS;
use wirebook_book::{Polled, RingReader, RingWriter};

const SLOTS: usize = 64;
const UPDATES: u64 = 300_000;

fn ring() -> RingWriter {
    let mut plan = Plan::default();
    RingWriter::plan(&mut plan, SLOTS).unwrap();
    RingWriter::new(&mut Region::anonymous(plan).unwrap(), SLOTS).unwrap()
}

fn scatter(number: u64) -> u64 {
    let mixed = (number ^ number >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

/// The number of the update, five words made of it, and a checksum of them.
fn update(number: u64) -> [u64; UPDATE_WORDS] {
    let mut words = [number; UPDATE_WORDS];
    let (checksum, payload) = words.split_last_mut().unwrap();
    for (at, word) in (1..).zip(&mut payload[1..]) {
        *word = scatter(number.wrapping_add(at << 48));
    }
    *checksum = checksum_of(payload);
    words
}

fn checksum_of(payload: &[u64]) -> u64 {
    payload.iter().fold(0, |sum, word| scatter(sum.rotate_left(7) ^ word))
}

#[derive(Debug, Default, PartialEq)]
struct Got {
    delivered: u64,
    lost: u64,
    last: Option<u64>,
}

/// Polls until the writer has ended and nothing is left.
fn listen(mut reader: RingReader, ended: &AtomicBool) -> Got {
    let mut got = Got::default();
    loop {
        // Before the poll: what was published before the end is then found by it.
        let at_end = ended.load(Ordering::Acquire);
        match reader.poll() {
            Polled::Update(words) => {
                let (checksum, payload) = words.split_last().unwrap();
                assert_eq!(*checksum, checksum_of(payload), "torn: {words:?}");
                assert_eq!(payload[0], got.delivered + got.lost, "out of order");
                got.delivered += 1;
                got.last = Some(payload[0]);
            }
            Polled::Lost { updates } => {
                assert!(updates > 0);
                got.lost += updates;
            }
            Polled::Nothing if at_end => return got,
            Polled::Nothing => thread::yield_now(),
        }
        assert_eq!(reader.position(), got.delivered + got.lost);
    }
}

/// One writer, which pauses after so many updates, and two readers.
fn run(updates_between_pauses: u64) -> Vec<Got> {
    let mut writer = ring();
    let ended = AtomicBool::new(false);
    let (readers, ended) = ([writer.reader(), writer.reader()], &ended);
    thread::scope(|scope| {
        let readers = readers.map(|reader| scope.spawn(move || listen(reader, ended)));
        for number in 0..UPDATES {
            writer.publish(&update(number));
            if (number + 1).is_multiple_of(updates_between_pauses) {
                thread::yield_now();
            }
        }
        ended.store(true, Ordering::Release);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    })
}

fn check(readers: &[Got]) {
    for got in readers {
        assert_eq!(got.delivered + got.lost, UPDATES, "{got:?}");
        assert_eq!(got.last, Some(UPDATES - 1), "the last update reaches every reader: {got:?}");
    }
}

#[test]
fn updates_are_delivered_in_order_or_counted_as_lost() {
    check(&run(SLOTS as u64 / 4));
}

#[test]
fn a_writer_that_never_pauses_overruns_readers_and_tears_nothing() {
    check(&run(u64::MAX));
}

#[test]
fn a_reader_that_sleeps_through_laps_is_told_and_goes_on() {
    let mut writer = ring();
    let mut reader = writer.reader();
    (0..UPDATES).for_each(|number| writer.publish(&update(number)));
    assert_eq!(reader.poll(), Polled::Lost { updates: UPDATES - 1 });
    assert_eq!(reader.poll(), Polled::Update(update(UPDATES - 1)));
    assert_eq!(reader.poll(), Polled::Nothing);
}

#[test]
fn a_ring_that_was_not_planned_is_refused() {
    let mut region = Region::anonymous(Plan::default()).unwrap();
    assert!(RingWriter::new(&mut region, SLOTS).is_err());
    assert!(RingReader::new(&mut region, SLOTS).is_err());
}
