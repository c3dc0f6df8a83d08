//! What came in together, on its way into the books.

use arrayvec::ArrayVec;
use wirebook_book::Nanos;
use wirebook_book::region::{LINE, prefetch};

use crate::backend::{BURST, Burst, Received, Sorter};
use crate::feed::{Feed, LevelSetFeed, Listener};
use crate::session::Session;

/// The packets of one poll.
pub(super) struct Arrivals<'b, 'a> {
    burst: &'b Burst<'a>,
    /// When the poll had returned: packets without a stamp came in before.
    polled: Nanos,
    ours: Ours,
}

/// When those that are ours came in, where they have a stamp, and how many have none.
#[derive(Default)]
struct Ours {
    stamps: ArrayVec<Nanos, BURST>,
    unstamped: usize,
}

impl Ours {
    #[inline(always)]
    fn add(&mut self, at: Option<Nanos>) {
        match at {
            Some(at) => self.stamps.push(at),
            None => self.unstamped += 1,
        }
    }

    fn len(&self) -> usize {
        self.stamps.len() + self.unstamped
    }
}

/// How many packets' bytes are asked for before one of them is read: what a network card or another core has
/// written is far away.
const ASKED: usize = 16;

impl<'b, 'a> Arrivals<'b, 'a> {
    pub(super) fn new(burst: &'b Burst<'a>, polled: Nanos) -> Arrivals<'b, 'a> {
        Arrivals { burst, polled, ours: Ours::default() }
    }

    /// Takes all of them through a session into the books; how many were ours.
    ///
    /// Messages are read some time before their turn, so that the memory that they need is fetched while earlier ones
    /// are applied.
    #[inline]
    pub(super) fn through_session<L: Listener>(
        &mut self,
        sorter: &mut Sorter,
        session: &mut Session,
        now: Nanos,
        feed: &mut Feed<L>,
    ) -> usize {
        let Arrivals { burst, ours, .. } = self;
        burst.iter().take(ASKED).for_each(ask);
        let mut flow = feed.flow();
        for (received, at) in burst.iter().zip(ASKED..) {
            if let Some(later) = burst.get(at) {
                ask(later);
            }
            let Some((line, payload)) = sorter.sort(received) else { continue };
            ours.add(received.at());
            // What is no MoldUDP64 is counted, and is reported.
            let _ = flow.on_datagram(session, line, now, payload);
        }
        // Also where all that comes in is for somebody else, or unreadable.
        session.on_time(now, flow.settle());
        ours.len()
    }

    /// Takes all of them as level sets; how many were ours.
    pub(super) fn through_level_sets<L: Listener>(
        &mut self,
        sorter: &mut Sorter,
        sets: &mut LevelSetFeed,
        feed: &mut Feed<L>,
    ) -> usize {
        for received in self.burst {
            if let Some((_, payload)) = sorter.sort(received) {
                // What is no level set has been counted, and is reported.
                let _ = sets.on_datagram(feed, payload);
                self.ours.add(received.at());
            }
        }
        self.ours.len()
    }

    /// How long ago ours came in, and how many of them.
    pub(super) fn latencies_ns(&self, done: Nanos) -> impl Iterator<Item = (u64, usize)> {
        let Ours { stamps, unstamped } = &self.ours;
        let polled = (*unstamped > 0).then_some((done.since(self.polled), *unstamped));
        polled.into_iter().chain(stamps.iter().map(move |at| (done.since(*at), 1)))
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
