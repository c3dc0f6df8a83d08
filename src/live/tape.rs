//! The touch tape of a live feed: what the ingest thread hands over, another one makes into text.
//!
//! A line takes some hundred nanoseconds to format and to hash, and a file may take any time. The thread that receives
//! does none of it: it puts a line into a queue, and waits only if a hundred thousand are in there, because a line that
//! is left out would make the tape a wrong one.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use rtrb::{Consumer, Producer, PushError, RingBuffer};
use wirebook_book::{Books, Change, Stamp};
use wirebook_ingest::feed::Listener;

use crate::replay::{TapeText, TouchLine};

/// Lines that are on their way: a tenth of a second of the busiest feed there is.
const LINES: usize = 1 << 17;
/// How often the writer looks for lines when there are none.
const PAUSE: Duration = Duration::from_micros(500);

/// The end at which lines go in: a listener of the feed.
pub struct LiveTape {
    lines: Producer<TouchLine>,
    any_state: bool,
    count: u64,
    waits: u64,
}

/// The end at which they come out as text.
pub struct TapeWriter<'w> {
    lines: Consumer<TouchLine>,
    text: TapeText<'w>,
}

/// A tape that is hashed, and written where there is an `out`; its lines are those of
/// [`TouchTape`](crate::replay::TouchTape).
#[must_use]
pub fn live_tape<'w>(
    out: Option<Box<dyn Write + Send + 'w>>,
    any_state: bool,
) -> (LiveTape, TapeWriter<'w>) {
    live_tape_of(LINES, out, any_state)
}

fn live_tape_of<'w>(
    capacity: usize,
    out: Option<Box<dyn Write + Send + 'w>>,
    any_state: bool,
) -> (LiveTape, TapeWriter<'w>) {
    let (producer, consumer) = RingBuffer::new(capacity);
    let tape = LiveTape { lines: producer, any_state, count: 0, waits: 0 };
    (tape, TapeWriter { lines: consumer, text: TapeText::new(out) })
}

impl LiveTape {
    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How often a line had to wait for room: the writer could not keep up.
    #[must_use]
    pub fn waits(&self) -> u64 {
        self.waits
    }

    #[inline(always)]
    fn push(&mut self, line: TouchLine) {
        self.count += 1;
        if let Err(PushError::Full(line)) = self.lines.push(line) {
            self.push_when_there_is_room(line);
        }
    }

    #[cold]
    fn push_when_there_is_room(&mut self, mut line: TouchLine) {
        self.waits += 1;
        while let Err(PushError::Full(back)) = self.lines.push(line) {
            if self.lines.is_abandoned() {
                return;
            }
            line = back;
            thread::yield_now();
        }
    }
}

impl Listener for LiveTape {
    #[inline(always)]
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        if let Some(line) = TouchLine::of(books, change, at, self.any_state) {
            self.push(line);
        }
    }
}

impl TapeWriter<'_> {
    /// Writes lines until the other end is gone and all of them are written: the SHA-256 over them, in hexadecimal. On a
    /// thread of its own.
    ///
    /// # Errors
    /// The first error of writing there was. Lines are taken all the same, so that nobody waits for room.
    pub fn write_all(mut self) -> io::Result<String> {
        loop {
            // Asked first: what was put in before the other end went is found after that.
            let is_last = self.lines.is_abandoned();
            while let Ok(line) = self.lines.pop() {
                self.text.write(&line);
            }
            if is_last {
                break;
            }
            thread::sleep(PAUSE);
        }
        self.text.finish()?;
        Ok(self.text.sha256())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use wirebook_book::{Capacity, FeedState, Locate, NewOrder, OrderRef, Price, Qty, SeqNo, Side};

    use super::*;
    use crate::replay::TouchTape;

    /// A file that takes its time.
    #[derive(Clone, Default)]
    struct Slow(Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_micros(50));
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A file that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Tells both of so many changes of the touch.
    fn changes(count: u64, tapes: &mut impl Listener) {
        let mut books = Books::new(Capacity::SMALL).unwrap();
        books.set_feed_state(FeedState::Live);
        for number in 1..=count {
            let at = Stamp { seq: SeqNo::new(number), ..Stamp::default() };
            let (qty, price) = (Qty::new(number), Price::from_units(100));
            let order = NewOrder { order_ref: OrderRef::new(number), side: Side::Bid, qty, price };
            let change = books.add(at, Locate::new(1), order).unwrap();
            tapes.on_change(&books, &change, at);
        }
    }

    #[test]
    fn a_slow_file_gets_every_line_in_order() {
        const COUNT: u64 = 2_000;
        let slow = Slow::default();
        let (mut live, writer) = live_tape_of(8, Some(Box::new(slow.clone())), false);
        let mut expected = Vec::new();
        let mut tape = TouchTape::new(Some(Box::new(&mut expected)), false);
        let sha256 = thread::scope(|scope| {
            let writing = scope.spawn(|| writer.write_all().unwrap());
            changes(COUNT, &mut live);
            assert_eq!(live.count(), COUNT);
            assert!(live.waits() > 0, "the queue is short and the file slow");
            drop(live);
            writing.join().unwrap()
        });
        changes(COUNT, &mut tape);
        tape.finish().unwrap();
        assert_eq!(sha256, tape.sha256());
        drop(tape);
        assert_eq!(*slow.0.lock().unwrap(), expected);
    }

    #[test]
    fn a_file_that_fails_is_reported_and_keeps_nobody_waiting() {
        let (mut live, writer) = live_tape_of(8, Some(Box::new(Full)), false);
        let error = thread::scope(|scope| {
            let writing = scope.spawn(|| writer.write_all().unwrap_err());
            changes(100, &mut live);
            drop(live);
            writing.join().unwrap()
        });
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
