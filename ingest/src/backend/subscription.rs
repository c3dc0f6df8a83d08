use std::net::{Ipv4Addr, SocketAddrV4};

use arrayvec::ArrayVec;

use crate::frame::{self, FrameError, LinkType};
use crate::session::Line;

/// Where one line of a feed is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WireLine {
    /// The multicast group, or the address of this machine, and the port.
    pub group: SocketAddrV4,
    /// The only sender that is listened to, where the group is source-specific.
    pub source: Option<Ipv4Addr>,
}

/// What is to be received: one or two lines of a feed, on one interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// The interface's name.
    pub interface: String,
    /// Line A, and line B where there is one.
    pub lines: ArrayVec<WireLine, 2>,
}

/// What a frame is to a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sorted<'a> {
    /// A datagram of one of its lines.
    Ours(Line, &'a [u8]),
    /// Something else.
    Foreign,
    /// It contradicts itself, or is a fragment.
    Bad(FrameError),
}

impl Subscription {
    /// The lines with their names.
    pub fn lines(&self) -> impl Iterator<Item = (Line, WireLine)> + '_ {
        Line::ALL.into_iter().zip(self.lines.iter().copied())
    }

    /// The line to which a datagram with these addresses belongs.
    #[inline]
    #[must_use]
    pub fn line_of(&self, source: Ipv4Addr, destination: SocketAddrV4) -> Option<Line> {
        let ours = |line: &WireLine| {
            line.group == destination && line.source.is_none_or(|only| only == source)
        };
        self.lines().find(|(_, line)| ours(line)).map(|(name, _)| name)
    }

    /// What an Ethernet frame is.
    #[must_use]
    pub fn sort<'a>(&self, frame: &'a [u8]) -> Sorted<'a> {
        match frame::datagram(LinkType::Ethernet, frame) {
            Ok(datagram) => match self.line_of(*datagram.source.ip(), datagram.destination) {
                Some(line) => Sorted::Ours(line, datagram.payload),
                None => Sorted::Foreign,
            },
            Err(error) if error.is_foreign() => Sorted::Foreign,
            Err(error) => Sorted::Bad(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Tagging, UdpFrame, multicast_mac};

    fn frame_to(destination: SocketAddrV4, source: Ipv4Addr) -> Vec<u8> {
        let frame = UdpFrame {
            source_mac: [2; 6],
            destination_mac: multicast_mac(*destination.ip()),
            tagging: Tagging::Untagged,
            source: SocketAddrV4::new(source, 1),
            destination,
            identification: 0,
            time_to_live: 1,
        };
        let mut bytes = vec![0; 100];
        let length = frame.write(b"payload", &mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn a_frame_belongs_to_the_line_of_its_group_and_sender() {
        let group = |last, port| SocketAddrV4::new(Ipv4Addr::new(239, 1, 1, last), port);
        let (any, only) = (Ipv4Addr::new(10, 0, 0, 9), Ipv4Addr::new(10, 0, 0, 1));
        let lines = [
            WireLine { group: group(1, 5000), source: None },
            WireLine { group: group(2, 5000), source: Some(only) },
        ];
        let subscription = Subscription { interface: "lo".to_owned(), lines: lines.into() };
        let sort = |frame: &[u8]| match subscription.sort(frame) {
            Sorted::Ours(line, payload) => Some((line, payload.to_vec())),
            Sorted::Foreign => None,
            Sorted::Bad(error) => panic!("{error}"),
        };
        let payload = b"payload".to_vec();
        assert_eq!(sort(&frame_to(group(1, 5000), any)), Some((Line::A, payload.clone())));
        assert_eq!(sort(&frame_to(group(2, 5000), only)), Some((Line::B, payload)));
        assert_eq!(sort(&frame_to(group(2, 5000), any)), None, "another sender");
        assert_eq!(sort(&frame_to(group(1, 5001), any)), None, "another port");
        assert_eq!(sort(&frame_to(group(3, 5000), any)), None, "another group");
        let mut broken = frame_to(group(1, 5000), any);
        broken[14] = 0x41; // a header of one word
        assert!(matches!(subscription.sort(&broken), Sorted::Bad(_)));
        broken[12] = 8;
        broken[13] = 6; // ARP
        assert_eq!(subscription.sort(&broken), Sorted::Foreign);
    }
}
