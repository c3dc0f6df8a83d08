//! What came in together, on its way into the books.

use arrayvec::ArrayVec;
use wirebook_book::region::{LINE, prefetch};
use wirebook_book::{Nanos, SeqNo};

use crate::backend::{BURST, Burst, Received, Sorter};
use crate::feed::{Feed, LevelSetFeed, Listener, Noted};
use crate::mold::{Packet, PacketError, UncheckedPacket};
use crate::session::{Line, Session};

/// The packets of one poll.
pub(super) struct Arrivals<'a> {
    burst: Burst<'a>,
    /// When the poll had returned: packets without a stamp came in before.
    polled: Nanos,
    /// When those that are ours came in.
    stamps: ArrayVec<Nanos, BURST>,
}

/// A packet that was read and not applied yet.
struct Read<'a> {
    line: Line,
    packet: Result<Packet<'a>, PacketError>,
    noted: Noted,
}

/// How many packets' bytes are asked for before one of them is read: what a network card or another core has
/// written is far away.
const ASKED: usize = 16;

impl<'a> Arrivals<'a> {
    pub(super) fn new(burst: Burst<'a>, polled: Nanos) -> Arrivals<'a> {
        Arrivals { burst, polled, stamps: ArrayVec::new() }
    }

    /// Takes all of them through a session into the books; how many were ours.
    ///
    /// Packets are read well before their turn, so that the memory that they need is fetched while earlier ones are
    /// applied.
    #[inline]
    pub(super) fn through_session<L: Listener>(
        &mut self,
        sorter: &mut Sorter,
        session: &mut Session,
        now: Nanos,
        feed: &mut Feed<L>,
    ) -> usize {
        self.burst.iter().take(ASKED).for_each(ask);
        let known = session.expected();
        let mut reader = Reader { arrivals: self, sorter, known, next: 0, read: ArrayVec::new() };
        feed.begin_burst();
        while !feed.has_lead() && reader.read_one(feed) {}
        feed.lead();
        let mut taken = 0;
        loop {
            // One for each that is applied, and those that are not ours besides.
            while reader.read_one(feed) && reader.read.len() == taken {}
            let Some(Read { line, packet, noted }) = reader.read.get(taken) else { break };
            taken += 1;
            feed.turn_to(*noted);
            // What is no MoldUDP64 is counted, and is reported.
            session.on_checked(*line, now, packet.as_ref(), feed);
        }
        // Also where all that comes in is for somebody else, or unreadable.
        session.on_time(now, feed);
        taken
    }

    /// Takes all of them as level sets; how many were ours.
    pub(super) fn through_level_sets<L: Listener>(
        &mut self,
        sorter: &mut Sorter,
        sets: &mut LevelSetFeed,
        feed: &mut Feed<L>,
    ) -> usize {
        for received in &self.burst {
            if let Some((_, payload)) = sorter.sort(received) {
                // What is no level set has been counted, and is reported.
                let _ = sets.on_datagram(feed, payload);
                self.stamps.push(received.at().unwrap_or(self.polled));
            }
        }
        self.stamps.len()
    }

    /// How long ago each of ours came in.
    pub(super) fn latencies_ns(&self, done: Nanos) -> impl Iterator<Item = u64> {
        self.stamps.iter().map(move |at| done.since(*at))
    }
}

/// Reads packets in their order, ahead of those that are applied.
struct Reader<'r, 'a> {
    arrivals: &'r mut Arrivals<'a>,
    sorter: &'r mut Sorter,
    /// The number after the last message that was seen: what the other line has brought already, or brings in the same
    /// burst, changes nothing any more.
    known: SeqNo,
    /// The packet that is read next.
    next: usize,
    read: ArrayVec<Read<'a>, BURST>,
}

impl Reader<'_, '_> {
    /// Reads the next packet, and notes what its messages will need; whether there was one, ours or not.
    #[inline]
    fn read_one<L: Listener>(&mut self, feed: &mut Feed<L>) -> bool {
        let Arrivals { burst, polled, stamps } = &mut *self.arrivals;
        let Some(received) = burst.get(self.next) else { return false };
        if let Some(later) = burst.get(self.next + ASKED) {
            ask(later);
        }
        self.next += 1;
        if let Some((line, payload)) = self.sorter.sort(received) {
            let mut noted = Noted::default();
            let packet = UncheckedPacket::read(payload).and_then(|packet| {
                if packet.next_sequence() > self.known {
                    self.known = packet.next_sequence();
                    noted = feed.place(packet.messages_len());
                }
                if noted.is_none() {
                    return packet.check(|_| {});
                }
                packet.check(|bytes| feed.note(bytes))
            });
            stamps.push(received.at().unwrap_or(*polled));
            self.read.push(Read { line, packet, noted });
        }
        true
    }
}

/// Asks for the headers of a packet and two messages, or its end; what lies behind comes along.
#[inline(always)]
fn ask(received: &Received<'_>) {
    let bytes = received.bytes();
    for line in 0..3 {
        let at = (line * LINE).min(bytes.len().saturating_sub(1));
        prefetch(bytes.as_ptr().wrapping_add(at));
    }
}
