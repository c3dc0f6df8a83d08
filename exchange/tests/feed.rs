//! What the feed writes, read back by the readers of recordings.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use wirebook_book::{Locate, MatchNo, Nanos, OrderRef, Price, Qty, SeqNo, Side, TradingState};
use wirebook_exchange::feed::{Day, EncodeError, Encoder, Multicast, write_itch, write_pcap};
use wirebook_exchange::flow::{Flow, FlowConfig};
use wirebook_exchange::matching::{
    CrossKind, Deleted, Event, Execution, HaltReason, ParticipantId, TradingAction,
};
use wirebook_ingest::itch::codes::{CrossType, Flag, ImbalanceDirection};
use wirebook_ingest::itch::{self, Message, Price8};
use wirebook_ingest::mold::{Packet, PacketKind};
use wirebook_ingest::source::{CaptureReader, FramedReader};

const CONFIG: FlowConfig = FlowConfig { symbols: 60, messages: 30_000, seed: 9 };

fn messages() -> Vec<(Nanos, Vec<u8>)> {
    let (mut day, mut messages) = (Day::new(CONFIG).unwrap(), Vec::new());
    while let Some(message) = day.next_message().unwrap() {
        messages.push((message.at, message.bytes.to_vec()));
    }
    messages
}

#[test]
fn a_message_says_what_its_event_says() {
    let mut encoder = Encoder::new();
    for stamped in Flow::new(CONFIG).unwrap() {
        let bytes = encoder.encode(stamped.at, &stamped.event).unwrap().unwrap();
        let message = itch::parse(bytes).unwrap();
        assert_eq!(message.timestamp(), stamped.at);
        assert!(says(stamped.event, message), "{:?} as {message}", stamped.event);
    }
}

fn says(event: Event, message: Message<'_>) -> bool {
    match (event, message) {
        (Event::Listed(from), Message::StockDirectory(to)) => {
            from.locate == to.locate()
                && from.symbol == to.symbol()
                && to.round_lot() == Qty::from(from.round_lot)
                && (to.etp_flag() == Flag::YES) == from.fund
        }
        (Event::TradingAction(from), Message::TradingAction(to)) => {
            from.locate == to.locate()
                && from.state == to.state().state()
                && from.reason.as_bytes() == to.reason().as_bytes()
        }
        (Event::Added(from), Message::AddOrder(to)) => {
            from.attribution.is_none()
                && from.locate == to.locate()
                && from.order_ref == to.order_ref()
                && Ok(from.side) == to.side()
                && (from.price, from.qty) == (to.price(), to.qty())
        }
        (Event::Added(from), Message::AddOrderAttributed(to)) => {
            from.attribution.is_some_and(|mpid| mpid.as_bytes() == to.attribution().as_bytes())
                && from.locate == to.locate()
                && from.order_ref == to.order_ref()
                && Ok(from.side) == to.side()
                && (from.price, from.qty) == (to.price(), to.qty())
        }
        (Event::Executed(from), Message::OrderExecuted(to)) => {
            from.shown == Some(from.price)
                && from.cross.is_none()
                && (from.locate, from.order_ref) == (to.locate(), to.order_ref())
                && (from.qty, from.match_no) == (to.executed(), to.match_no())
        }
        (Event::Executed(from), Message::OrderExecutedWithPrice(to)) => {
            from.shown.is_some()
                && from.cross.is_none() == (to.printable() == Flag::YES)
                && (from.locate, from.order_ref) == (to.locate(), to.order_ref())
                && (from.qty, from.match_no) == (to.executed(), to.match_no())
                && from.price == to.price()
        }
        (Event::Executed(from), Message::Trade(to)) => {
            from.shown.is_none()
                && from.locate == to.locate()
                && (from.qty, from.match_no) == (to.qty(), to.match_no())
                && from.price == to.price()
        }
        (Event::Reduced(from), Message::OrderCancel(to)) => {
            (from.locate, from.order_ref) == (to.locate(), to.order_ref())
                && from.by == to.cancelled()
        }
        (Event::Deleted(from), Message::OrderDelete(to)) => {
            (from.locate, from.order_ref) == (to.locate(), to.order_ref())
        }
        (Event::Replaced(from), Message::OrderReplace(to)) => {
            (from.locate, from.old, from.new) == (to.locate(), to.old_ref(), to.new_ref())
                && (from.price, from.qty) == (to.price(), to.qty())
        }
        (Event::Crossed(from), Message::CrossTrade(to)) => {
            let kind = match from.cross {
                CrossKind::Opening => CrossType::OPENING,
                CrossKind::Closing => CrossType::CLOSING,
                CrossKind::Halt => CrossType::HALT_OR_IPO,
            };
            (from.locate, kind) == (to.locate(), to.cross_type())
                && (from.price, from.qty) == (to.price(), to.qty())
                && from.match_no == to.match_no()
        }
        (Event::Imbalance(from), Message::Imbalance(to)) => {
            let direction = match (from.sufficient, from.direction) {
                (false, _) => ImbalanceDirection::INSUFFICIENT_ORDERS,
                (true, None) => ImbalanceDirection::NONE,
                (true, Some(Side::Bid)) => ImbalanceDirection::BUY,
                (true, Some(Side::Ask)) => ImbalanceDirection::SELL,
            };
            (from.paired, from.imbalance) == (to.paired(), to.imbalance())
                && (from.far, from.near) == (to.far_price(), to.near_price())
                && (from.reference, direction) == (to.reference(), to.direction())
        }
        (Event::Broken { locate, match_no }, Message::BrokenTrade(to)) => {
            (locate, match_no) == (to.locate(), to.match_no())
        }
        (Event::MarketPosition(from), Message::ParticipantPosition(to)) => {
            from.mpid.as_bytes() == to.mpid().as_bytes()
                && from.locate == to.locate()
                && from.primary == (to.primary() == Flag::YES)
        }
        (Event::AuctionCollar(from), Message::AuctionCollar(to)) => {
            (from.reference, from.upper, from.lower) == (to.reference(), to.upper(), to.lower())
        }
        (Event::CircuitBreakers { levels }, Message::BreakerLevels(to)) => {
            levels == [to.level_1(), to.level_2(), to.level_3()].map(Price8::units)
        }
        (Event::System(_), Message::SystemEvent(_)) => true,
        (Event::ShortSale { locate, .. }, Message::ShortSaleRestriction(to)) => {
            locate == to.locate()
        }
        _ => false,
    }
}

#[test]
fn events_that_cannot_be_messages_are_errors_and_private_ones_are_none() {
    let mut encoder = Encoder::new();
    let (at, locate) = (Nanos::new(1), Locate::new(9));
    let deleted = |shown| {
        let (order_ref, participant) = (OrderRef::new(1), ParticipantId::new(1));
        Event::Deleted(Deleted { locate, order_ref, participant, shown })
    };
    assert_eq!(encoder.encode(at, &deleted(true)), Err(EncodeError::NeverListed(locate)));
    assert_eq!(encoder.encode(at, &deleted(false)), Ok(None));
    let hidden_in_a_cross = Event::Executed(Execution {
        locate,
        order_ref: OrderRef::new(1),
        participant: ParticipantId::new(1),
        side: Side::Bid,
        price: Price::from_units(100),
        shown: None,
        qty: Qty::new(1),
        left: Qty::ZERO,
        match_no: MatchNo::new(1),
        taker: None,
        cross: Some(CrossKind::Opening),
    });
    assert_eq!(encoder.encode(at, &hidden_in_a_cross), Ok(None));

    let listed = Flow::new(CONFIG).unwrap().find_map(|stamped| match stamped.event {
        Event::Listed(listing) => Some(listing),
        _ => None,
    });
    let listing = listed.unwrap();
    encoder.encode(at, &Event::Listed(listing)).unwrap();
    let (locate, state) = (listing.locate, TradingState::OperationalHalt);
    let action = TradingAction { locate, state, reason: HaltReason::NONE };
    let refused = encoder.encode(at, &Event::TradingAction(action)).map(|_| ());
    assert_eq!(refused, Err(EncodeError::NoSuchState(state)));
    let late = Nanos::new(1 << 48);
    let refused = encoder.encode(late, &Event::Listed(listing)).map(|_| ());
    assert!(matches!(refused, Err(EncodeError::OutOfRange(_))), "{refused:?}");
}

#[test]
fn a_file_holds_every_message() {
    let (mut file, mut reports) = (Vec::new(), Vec::new());
    let mut day = Day::new(CONFIG).unwrap();
    let written = write_itch(&mut day, &mut file, |count| reports.push(count)).unwrap();
    assert_eq!((written.messages, written.packets), (CONFIG.messages, 0));
    assert_eq!(reports, [CONFIG.messages]);

    let mut reader = FramedReader::new("day", &file[..]);
    let mut expected = messages().into_iter();
    while let Some(block) = reader.next_block().unwrap() {
        for message in block.messages {
            assert_eq!(message, expected.next().unwrap().1);
        }
    }
    assert_eq!(expected.next(), None);
}

/// Packets of a capture: when, sequence, kind, and messages.
type Packets = Vec<(Nanos, SeqNo, PacketKind, Vec<Vec<u8>>)>;

fn captured(line: &Multicast) -> Packets {
    let mut file = Vec::new();
    let written = write_pcap(&mut Day::new(CONFIG).unwrap(), line, &mut file, |_| ()).unwrap();
    assert_eq!(written.messages, CONFIG.messages);
    let mut reader = CaptureReader::new("day", &file[..]).unwrap();
    let mut packets = Vec::new();
    while let Some(burst) = reader.next_burst().unwrap() {
        for datagram in burst {
            assert_eq!((datagram.source, datagram.destination), (line.source, line.group));
            assert!(datagram.payload.len() <= line.payload_bytes_max);
            let packet = Packet::check(datagram.payload).unwrap();
            assert_eq!(packet.session(), line.session);
            let messages = packet.messages().map(<[u8]>::to_vec).collect();
            let at = Nanos::new(datagram.at.since(line.midnight));
            packets.push((at, packet.sequence(), packet.kind(), messages));
        }
    }
    assert_eq!(packets.len() as u64, written.packets);
    assert_eq!(reader.stats().frames, written.packets);
    packets
}

#[test]
fn a_capture_holds_every_message_in_packets_of_a_few_microseconds() {
    let line = Multicast::default();
    let packets = captured(&line);
    let mut expected = messages().into_iter();
    let (mut next, mut last_at, mut largest) = (1, Nanos::new(0), 0);
    let (data, ends) = packets.split_at(packets.len() - 3);
    for (at, sequence, kind, messages) in data {
        assert_eq!((*kind, sequence.get()), (PacketKind::Data, next));
        assert!(*at >= last_at);
        (next, last_at) = (next + messages.len() as u64, *at);
        largest = largest.max(messages.len());
        let sent: Vec<(Nanos, Vec<u8>)> = expected.by_ref().take(messages.len()).collect();
        let (first, last) = (sent.first().unwrap().0, sent.last().unwrap().0);
        assert!(last.since(first) <= line.window_ns && *at == last);
        assert!(sent.iter().map(|(_, bytes)| bytes).eq(messages));
    }
    assert_eq!((expected.next(), next), (None, CONFIG.messages + 1));
    assert!(largest > 10 && data.len() as u64 > CONFIG.messages / 4, "{largest} {}", data.len());
    for (_, sequence, kind, _) in ends {
        assert_eq!((*kind, sequence.get()), (PacketKind::EndOfSession, next));
    }
}

#[test]
fn a_line_with_heartbeats_is_never_silent_and_small_packets_stay_small() {
    let second = Nanos::PER_SECOND;
    let line = Multicast { heartbeat_ns: second, payload_bytes_max: 120, ..Multicast::default() };
    let packets = captured(&line);
    let mut heartbeats = 0;
    let mut next = 1;
    for (position, (at, sequence, kind, messages)) in packets.iter().enumerate() {
        assert_eq!(sequence.get(), next);
        next += messages.len() as u64;
        heartbeats += u32::from(*kind == PacketKind::Heartbeat);
        if let Some((later, ..)) = packets.get(position + 1) {
            // A packet waits for its last message.
            assert!(later.since(*at) <= second + line.window_ns);
        }
    }
    assert!(heartbeats > 10_000, "{heartbeats}");
    let too_small = Multicast { payload_bytes_max: 30, ..line };
    let refused = write_pcap(&mut Day::new(CONFIG).unwrap(), &too_small, Vec::new(), |_| ());
    assert!(refused.is_err());
}
