//! Readers in other threads see a book as it was between two messages, or say that they do not.

#![forbid(unsafe_code)]

mod writing;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use wirebook_book::{
    Book, Books, Capacity, FeedState, Locate, Nanos, NewOrder, OrderRef, Price, Qty, ReadError,
    SeqNo, Side, Stamp, Symbol, Trade, TradeKind, TradingState,
};
use writing::{LOCATE, Reads, Writer, read_until};

#[test]
fn no_read_is_torn_while_the_writer_runs() {
    let seconds =
        std::env::var("READERS_SECONDS").map_or(1.0, |text| text.parse().expect("seconds"));
    let mut writer = Writer::new(Books::new(Capacity::SMALL).expect("small books"));
    let readers = [writer.books.reader(), writer.books.reader().with_tries(50)];
    let done = AtomicBool::new(false);
    let reads = thread::scope(|scope| {
        let reading = readers.map(|reader| {
            let done = &done;
            let hunted = |reads: &Reads| reads.news > 0 && reads.depths > 0;
            let is_done = move |reads: &Reads| done.load(Ordering::Relaxed) && hunted(reads);
            scope.spawn(move || read_until(&reader, is_done))
        });
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        // A machine with other work may not have run a reader at all by then.
        while Instant::now() < end || !reading.iter().all(ScopedJoinHandle::is_finished) {
            (0..1_000).for_each(|_| writer.message());
            done.store(Instant::now() >= end, Ordering::Relaxed);
        }
        reading.map(|thread| thread.join().expect("a reader that ends"))
    });
    for reads in reads {
        println!("{reads}, of {} messages", writer.next);
        assert_eq!(reads.torn, 0, "{reads}");
    }
}

#[test]
fn a_reader_sees_what_the_writer_sees() {
    let mut books = Books::new(Capacity::SMALL).expect("small books");
    let reader = books.reader();
    assert_eq!(reader.top(LOCATE).map(|top| top.feed_state), Ok(FeedState::Recovering));
    books.set_feed_state(FeedState::Live);
    books.name(LOCATE, Symbol::new("AAPL").expect("a symbol")).expect("within the capacity");
    books.set_trading_state(LOCATE, TradingState::Trading).expect("within the capacity");
    let at = Stamp { seq: SeqNo::new(5), time: Nanos::new(9) };
    for (number, side, units) in [(1, Side::Bid, 100), (2, Side::Ask, 300), (3, Side::Bid, 100)] {
        let (order_ref, qty) = (OrderRef::new(number), Qty::new(10 * number));
        let order = NewOrder { order_ref, side, qty, price: Price::from_units(units) };
        books.add(at, LOCATE, order).expect("a message that fits");
    }
    let trade = Trade {
        locate: LOCATE,
        kind: TradeKind::Hidden,
        resting: None,
        order_ref: None,
        price: Price::from_units(200),
        qty: Qty::new(3),
        match_no: wirebook_book::MatchNo::new(1),
        printable: true,
    };
    books.note_trade(at, &trade);

    let book = books.book(LOCATE).expect("within the capacity");
    let top = reader.top(LOCATE).expect("nobody writes");
    assert_eq!((top.touch, top.last_seq, top.last_time), (book.touch(), at.seq, at.time));
    assert_eq!((top.feed_state, top.trading_state), (FeedState::Live, TradingState::Trading));
    assert_eq!(reader.last_trade(LOCATE), Ok(book.last_trade()));
    assert_eq!(book.last_trade().map(|trade| trade.qty), Some(Qty::new(3)));
    let queue = |book: Book<'_>| book.queue(Side::Bid, Price::from_units(100)).collect::<Vec<_>>();
    let read = reader.read(LOCATE, queue).expect("nobody writes");
    assert_eq!(read, queue(book));
    assert_eq!(read.iter().map(|order| order.qty.shares()).collect::<Vec<_>>(), [10, 30]);
    assert_eq!(reader.read(LOCATE, |book| book.symbol()), Ok(book.symbol()));
    assert_eq!(
        reader.read(LOCATE, |book| book.queue_position(OrderRef::new(3))),
        Ok(book.queue_position(OrderRef::new(3)))
    );

    let version = reader.version(LOCATE);
    assert!(version != 0 && version.is_multiple_of(2));
    assert_eq!(reader.depth_version(LOCATE), version);
    books.mark_suspect(LOCATE);
    assert_ne!(reader.depth_version(LOCATE), version);
    assert_eq!(reader.depth_version(LOCATE), reader.version(LOCATE));
    assert_eq!(reader.top(LOCATE).map(|top| top.feed_state), Ok(FeedState::Suspect));
    books.set_feed_state(FeedState::Gapped);
    assert_eq!(reader.top(LOCATE).map(|top| top.feed_state), Ok(FeedState::Gapped));
    books.clear();
    let empty = reader.read(LOCATE, |book| book.levels(Side::Bid).count());
    assert_eq!(empty, Ok(0));
    let beyond = Locate::new(u16::MAX);
    assert_eq!(reader.top(beyond), Err(ReadError::Beyond(beyond)));
    assert_eq!((reader.version(beyond), reader.depth_version(beyond)), (0, 0));
}
