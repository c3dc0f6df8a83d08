use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use wirebook_book::{Books, Capacity, Change, Locate, Reject, Stamp};

use super::*;
use crate::feed::FeedConfig;
use crate::session::SessionConfig;

/// Writes down all that it hears, and the numbers of the messages and of the last ones of packets once more.
#[derive(Default)]
struct Diary {
    heard: Vec<String>,
    told: Vec<Told>,
    panics_at: Option<u64>,
}

#[derive(PartialEq, Eq, Debug)]
enum Told {
    Message(u64),
    PacketUntil(u64),
}

impl Listener for Diary {
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        self.heard.push(format!("{change:?} at {at:?} of {}", books.orders_live()));
    }

    fn on_reject(&mut self, _: &Books, locate: Locate, reject: &Reject, at: Stamp) {
        self.heard.push(format!("{reject:?} of {locate:?} at {at:?}"));
    }

    fn after_message(&mut self, _: &Books, at: Stamp) {
        self.heard.push(format!("{at:?}"));
        self.told.push(Told::Message(at.seq.get()));
        assert_ne!(Some(at.seq.get()), self.panics_at);
    }

    fn on_packet_end(&mut self, _: &Books, at: Stamp) {
        self.heard.push(format!("packet until {at:?}"));
        self.told.push(Told::PacketUntil(at.seq.get()));
    }
}

fn feed() -> Feed<Diary> {
    let books = Books::new(Capacity { orders: 256, levels: 256, locates: 8 }).unwrap();
    let config = FeedConfig { look_ahead_orders_min: 4, ..FeedConfig::default() };
    Feed::new(books, Diary::default(), config)
}

/// An order that is added, taken or replaced, or something that is no message.
fn message((kind, locate, order, price): (u8, u8, u8, u8)) -> Vec<u8> {
    let (code, len) =
        [(b'A', 36), (b'D', 19), (b'U', 35), (b'X', 23), (b'A', 5), (b'?', 1)][usize::from(kind)];
    let mut message = vec![0; 36];
    (message[0], message[2], message[18]) = (code, locate, order);
    if code == b'A' {
        (message[19], message[23]) = (if order % 2 == 0 { b'B' } else { b'S' }, 100);
        message[35] = price;
    } else {
        (message[22], message[26], message[34]) = (3, order ^ 1, price);
        message[30] = 50;
    }
    message.truncate(len);
    [&[0, u8::try_from(len).unwrap()], &message[..]].concat()
}

prop_compose! {
    fn packet()(
        messages in prop::collection::vec((0_u8..6, 0_u8..4, 0_u8..24, 1_u8..6), 1..40)
    ) -> (usize, Vec<u8>) {
        (messages.len(), messages.into_iter().flat_map(message).collect())
    }
}

#[test]
fn nothing_more_is_told_when_a_listener_has_panicked() {
    let mut feed = feed();
    feed.listener.panics_at = Some(3);
    let bytes = [2, 4, 6, 8].map(|order| message((0, 1, order, 1))).concat();
    let messages = Messages::check(&bytes, 4).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut flow = feed.flow();
        flow.on_packet(Block { first: SeqNo::new(1), messages });
        flow.settle();
    }));
    assert!(panic.is_err());
    let told = [Told::Message(1), Told::Message(2), Told::Message(3)];
    assert_eq!(feed.listener.told, told);
}

/// What becomes of a packet on its way.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Comes,
    /// Of both lines.
    ComesTwice,
    /// Its first messages once more with those before them.
    Overlaps,
    IsLost,
    /// Its end is missing.
    IsCut,
    /// What comes next is asked for when nothing waits.
    IsLast,
}

fn fate() -> impl Strategy<Value = Fate> {
    use Fate::{Comes, ComesTwice, IsCut, IsLast, IsLost, Overlaps};
    prop_oneof![
        20 => Just(Comes),
        4 => Just(ComesTwice),
        2 => Just(Overlaps),
        1 => Just(IsLost),
        1 => Just(IsCut),
        1 => Just(IsLast),
    ]
}

fn payload(first: u64, count: usize, bytes: &[u8]) -> Vec<u8> {
    let count = u16::try_from(count).unwrap().to_be_bytes();
    [&b"0123456789"[..], &first.to_be_bytes(), &count, bytes].concat()
}

/// The payloads that come of packets of messages, with whether nothing waits behind one.
fn arriving(packets: &[(Vec<Vec<u8>>, Fate)]) -> Vec<(Vec<u8>, bool)> {
    let (mut arriving, mut first, mut before) = (Vec::new(), 1, Vec::new());
    for (messages, fate) in packets {
        let whole = payload(first, messages.len(), &messages.concat());
        match fate {
            Fate::Comes => arriving.push((whole, false)),
            Fate::ComesTwice => arriving.extend([(whole.clone(), false), (whole, false)]),
            Fate::Overlaps => {
                let both = [&before[..], &messages[..]].concat();
                let first = first - before.len() as u64;
                arriving.push((payload(first, both.len(), &both.concat()), false));
            }
            Fate::IsLost => {}
            Fate::IsCut => arriving.push((whole[..whole.len() - 1].to_vec(), false)),
            Fate::IsLast => arriving.push((whole, true)),
        }
        first += messages.len() as u64;
        before.clone_from(messages);
    }
    arriving
}

fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one = (0_u8..6, 0_u8..4, 0_u8..24, 1_u8..6).prop_map(message);
    // Some are more than there is room for.
    prop_oneof![
        20 => prop::collection::vec(one.clone(), 1..5),
        1 => prop::collection::vec(one, 20..170),
    ]
}

proptest! {
    #[test]
    fn packets_that_flow_are_told_as_if_they_came_one_by_one(
        packets in prop::collection::vec((messages(), fate()), 1..80)
    ) {
        let arriving = arriving(&packets);
        // What is lost is given up at once.
        let config = SessionConfig { window_packets: 0, ..SessionConfig::default() };
        let sessions = [Session::new(config), Session::new(config)];
        let ([mut session, mut other], mut plain, mut flowing) = (sessions, feed(), feed());
        let mut flow = flowing.flow();
        for (payload, is_last) in &arriving {
            let at = Nanos::new(1);
            let result = session.on_packet(Line::A, at, payload, &mut plain);
            prop_assert_eq!(flow.on_datagram(&mut other, Line::A, at, payload), result);
            if *is_last {
                prop_assert_eq!(&flow.settle().listener.heard, &plain.listener.heard);
            }
        }
        drop(flow);
        prop_assert_eq!(&flowing.listener.heard, &plain.listener.heard);
        prop_assert_eq!(&flowing.listener.told, &plain.listener.told);
        prop_assert_eq!(flowing.counts(), plain.counts());
        prop_assert_eq!(session.stats().messages, other.stats().messages);
        prop_assert_eq!(session.stats().line(Line::A), other.stats().line(Line::A));
    }

    #[test]
    fn messages_that_wait_are_told_as_if_they_had_not(
        packets in prop::collection::vec((packet(), 0_u8..12), 1..60)
    ) {
        let (mut plain, mut flowing) = (feed(), feed());
        let mut flow = flowing.flow();
        let (mut first, mut told) = (packets.len() as u64 % 2, Vec::new());
        for ((count, bytes), then) in &packets {
            let messages = Messages::check(bytes, *count).unwrap();
            let block = Block { first: SeqNo::new(first), messages };
            plain.on_packet(block.clone());
            told.extend(block.clone().numbered().map(|(seq, _)| Told::Message(seq.get())));
            told.push(Told::PacketUntil(block.last().get()));
            flow.on_packet(block);
            first = match then {
                // Numbers may leap, end, and begin.
                0 => first + 1000,
                1 => 0,
                _ if first == 0 => 1,
                _ => first + *count as u64,
            };
            if *then == 2 {
                prop_assert_eq!(&flow.settle().listener.heard, &plain.listener.heard);
            }
        }
        drop(flow);
        prop_assert_eq!(&flowing.listener.heard, &plain.listener.heard);
        prop_assert_eq!(&flowing.listener.told, &told);
        prop_assert_eq!(flowing.counts(), plain.counts());
    }
}
