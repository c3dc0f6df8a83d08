//! Any bytes as an ITCH message: accessors agree with the bytes at the offsets of the
//! specification, and what was read is written as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirebook_book::Side;
use wirebook_ingest::itch::{self, ItchError, LENGTHS, Message, OrderMessage};

macro_rules! written {
    ($message:expr, $($view:ident)+) => {
        match $message {
            $(Message::$view(view) => view.fields().map(|fields| {
                fields.to_bytes().expect("what was read fits").to_vec()
            }),)+
        }
    };
}

fuzz_target!(|bytes: &[u8]| {
    // What is read by the table is what the view says; nothing else is read.
    let order = OrderMessage::read(bytes);
    let message = match itch::parse(bytes) {
        Ok(message) => message,
        Err(error) => {
            assert_eq!(order, None);
            return check_error(error, bytes);
        }
    };
    if let Some(order) = order {
        assert_eq!((order.kind, order.locate), (message.kind(), message.locate()));
        assert_eq!(order.timestamp, message.timestamp());
        assert_eq!(order.order_ref.get(), number(message.as_bytes(), 11, 8));
    }
    let known = message.as_bytes();
    assert_eq!(known, &bytes[..usize::from(LENGTHS[usize::from(bytes[0])])]);
    assert_eq!(message.kind(), bytes[0]);
    assert_eq!(u64::from(message.locate().get()), number(known, 1, 2));
    assert_eq!(message.timestamp().get(), number(known, 5, 6));
    assert!(message.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')));
    check_numbers(message, known);
    check_written(message, known);
});

/// The big-endian number of `len` bytes at `offset`.
fn number(message: &[u8], offset: usize, len: usize) -> u64 {
    message[offset..offset + len].iter().fold(0, |high, byte| high << 8 | u64::from(*byte))
}

fn check_error(error: ItchError, bytes: &[u8]) {
    let length = bytes.first().map(|kind| usize::from(LENGTHS[usize::from(*kind)]));
    match error {
        ItchError::Empty => assert_eq!(length, None),
        ItchError::UnknownKind { kind } => {
            assert_eq!((Some(&kind), length), (bytes.first(), Some(0)))
        }
        ItchError::Short { kind, expected, found } => {
            assert_eq!(Some(&kind), bytes.first());
            assert_eq!((length, bytes.len()), (Some(usize::from(expected)), usize::from(found)));
            assert!(found < expected);
        }
        ItchError::OtherKind { .. } | ItchError::Side { .. } => panic!("{error} of a parser"),
    }
}

/// What books are made of, against the offsets of the specification.
fn check_numbers(message: Message<'_>, known: &[u8]) {
    let at = |offset, len| number(known, offset, len);
    let price = |offset| i64::try_from(at(offset, 4)).unwrap();
    match message {
        Message::AddOrder(add) => {
            assert_eq!((add.order_ref().get(), add.qty().shares()), (at(11, 8), at(20, 4)));
            assert_eq!(add.price().units(), price(32));
            check_side(add.side(), known);
        }
        Message::AddOrderAttributed(add) => {
            assert_eq!((add.order_ref().get(), add.qty().shares()), (at(11, 8), at(20, 4)));
            assert_eq!(add.price().units(), price(32));
            assert_eq!(add.attribution().as_bytes().as_slice(), &known[36..40]);
            check_side(add.side(), known);
        }
        Message::OrderExecuted(execution) => {
            assert_eq!(execution.order_ref().get(), at(11, 8));
            assert_eq!(
                (execution.executed().shares(), execution.match_no().get()),
                (at(19, 4), at(23, 8))
            );
        }
        Message::OrderExecutedWithPrice(execution) => {
            assert_eq!(execution.order_ref().get(), at(11, 8));
            assert_eq!(
                (execution.executed().shares(), execution.match_no().get()),
                (at(19, 4), at(23, 8))
            );
            assert_eq!(
                (execution.printable().get(), execution.price().units()),
                (known[31], price(32))
            );
        }
        Message::OrderCancel(cancel) => {
            assert_eq!(
                (cancel.order_ref().get(), cancel.cancelled().shares()),
                (at(11, 8), at(19, 4))
            );
        }
        Message::OrderDelete(delete) => assert_eq!(delete.order_ref().get(), at(11, 8)),
        Message::OrderReplace(replace) => {
            assert_eq!((replace.old_ref().get(), replace.new_ref().get()), (at(11, 8), at(19, 8)));
            assert_eq!((replace.qty().shares(), replace.price().units()), (at(27, 4), price(31)));
        }
        Message::Trade(trade) => {
            assert_eq!((trade.qty().shares(), trade.match_no().get()), (at(20, 4), at(36, 8)));
            assert_eq!(trade.price().units(), price(32));
            check_side(trade.side(), known);
        }
        Message::CrossTrade(cross) => {
            assert_eq!((cross.qty().shares(), cross.match_no().get()), (at(11, 8), at(31, 8)));
            assert_eq!((cross.price().units(), cross.cross_type().get()), (price(27), known[39]));
        }
        _ => {}
    }
}

fn check_side(side: Result<Side, ItchError>, known: &[u8]) {
    let expected = match known[19] {
        b'B' => Ok(Side::Bid),
        b'S' => Ok(Side::Ask),
        found => Err(ItchError::Side { kind: known[0], found }),
    };
    assert_eq!(side, expected);
}

/// The same bytes come back, but for NULs after a symbol, which are read as spaces; and not at all
/// where there is a side that is none.
fn check_written(message: Message<'_>, known: &[u8]) {
    let written = written!(message, SystemEvent StockDirectory TradingAction ShortSaleRestriction
        ParticipantPosition BreakerLevels BreakerStatus QuotingPeriod AuctionCollar OperationalHalt
        AddOrder AddOrderAttributed OrderExecuted OrderExecutedWithPrice OrderCancel OrderDelete
        OrderReplace Trade CrossTrade BrokenTrade Imbalance RetailInterest DirectListing);
    let kind = known[0];
    if matches!(kind, b'A' | b'F' | b'P') && !matches!(known[19], b'B' | b'S') {
        assert_eq!(written, Err(ItchError::Side { kind, found: known[19] }));
        return;
    }
    let mut expected = known.to_vec();
    let symbol = match kind {
        b'R' | b'H' | b'Y' | b'K' | b'J' | b'h' | b'N' | b'O' => 11,
        b'L' => 15,
        b'Q' => 19,
        b'A' | b'F' | b'P' => 24,
        b'I' => 28,
        _ => expected.len(),
    };
    for byte in expected.iter_mut().skip(symbol).take(8).rev() {
        if *byte != 0 {
            break;
        }
        *byte = b' ';
    }
    assert_eq!(written, Ok(expected));
}
