use arrayvec::ArrayVec;

use super::{BackendCounts, Carried, DropCause, Received, Sorted, Subscription, WireLine};
use crate::frame::{FrameError, PlainFrame};
use crate::session::Line;

/// Makes datagrams of lines out of what a backend hands over, and keeps the account of it.
#[derive(Clone, Debug)]
pub struct Sorter {
    subscription: Subscription,
    /// What nearly all frames of each line are like.
    plain: ArrayVec<(Line, PlainFrame), 2>,
    packets: u64,
    bytes: u64,
    foreign: u64,
    malformed: u64,
    fragments: u64,
}

impl Sorter {
    /// For the lines of a subscription.
    #[must_use]
    pub fn new(subscription: Subscription) -> Sorter {
        let plain =
            |(name, line): (Line, WireLine)| (name, PlainFrame::new(Some(line.group), line.source));
        Sorter {
            plain: subscription.lines().map(plain).collect(),
            subscription,
            packets: 0,
            bytes: 0,
            foreign: 0,
            malformed: 0,
            fragments: 0,
        }
    }

    /// The line and payload of a packet; `None` where it is none of ours, which is counted.
    #[inline(always)]
    pub fn sort<'a>(&mut self, received: &Received<'a>) -> Option<(Line, &'a [u8])> {
        let (line, payload) = match received.carried() {
            Carried::Datagram(line, payload) => (line, payload),
            Carried::Frame(frame) => {
                let ours =
                    |(line, plain): &(Line, PlainFrame)| Some((*line, plain.payload(frame)?));
                match self.plain.iter().find_map(ours) {
                    Some(ours) => ours,
                    None => self.sort_any(frame)?,
                }
            }
        };
        self.packets += 1;
        self.bytes += payload.len() as u64;
        Some((line, payload))
    }

    /// The same of whatever frame may come, but for the count of what is ours.
    #[inline(never)]
    fn sort_any<'a>(&mut self, frame: &'a [u8]) -> Option<(Line, &'a [u8])> {
        match self.subscription.sort(frame) {
            Sorted::Ours(line, payload) => return Some((line, payload)),
            Sorted::Foreign => self.foreign += 1,
            Sorted::Bad(FrameError::Fragment { .. }) => self.fragments += 1,
            Sorted::Bad(_) => self.malformed += 1,
        }
        None
    }

    /// The account of a backend with that of what it handed over: packets are now datagrams of the lines.
    #[must_use]
    pub fn account(&self, mut counts: BackendCounts) -> BackendCounts {
        counts.packets = self.packets;
        counts.bytes = self.bytes;
        counts.foreign += self.foreign;
        counts.add_dropped(DropCause::Malformed, self.malformed);
        counts.add_dropped(DropCause::Fragment, self.fragments);
        counts
    }
}
