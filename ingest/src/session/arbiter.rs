use core::fmt;

use wirebook_book::{FeedState, Nanos, SeqNo};

use super::arrivals::Arrival;
use super::stream::Stream;
use super::window::{Offer, Window};
use super::{Gap, GapLog, Line, SessionStats, Sink};
use crate::mold::{Block, Header, Messages, Packet, PacketError, PacketKind, SessionId};

/// The sizes and times of a [`Session`]. All memory is taken at construction:
/// `window_packets` × `packet_bytes_max` bytes and some small change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionConfig {
    /// How many packets (and announcements of heartbeats) wait for a hole to be filled before it
    /// is given up; at most 65,536. With 0 every hole is a gap at once.
    pub window_packets: usize,
    /// Bytes of the messages of one such packet; at most 65,535.
    pub packet_bytes_max: usize,
    /// Nanoseconds for which a hole is waited for. `None` waits by count alone, as is right for
    /// a recording; then a hole at the end stays open until [`Session::finish`].
    pub window_ns: Option<u64>,
    /// Nanoseconds without a packet after which the state is Stale. `None` is never.
    pub silence_ns: Option<u64>,
    /// How many gaps [`SessionStats::gaps`] keeps; all are counted.
    pub gaps_kept: usize,
    /// The books are known to be empty before the first message that comes, whatever its number:
    /// what would lie before it is no gap.
    pub begins_anywhere: bool,
}

impl Default for SessionConfig {
    fn default() -> SessionConfig {
        SessionConfig {
            window_packets: 1024,
            packet_bytes_max: 9216,
            window_ns: None,
            silence_ns: None,
            gaps_kept: 4096,
            begins_anywhere: false,
        }
    }
}

/// Makes one ordered feed out of lines A and B. The rules are in the [module](super)'s text.
///
/// A packet that is in order costs the walk over its blocks, a comparison, and one call of the
/// sink with the very bytes that were passed in.
pub struct Session {
    config: SessionConfig,
    id: Option<SessionId>,
    /// The session left last, whose late packets are dropped.
    previous: Option<SessionId>,
    window: Window,
    stream: Stream,
    heard: Option<Nanos>,
    end: End,
}

/// What comes of a packet by itself.
#[derive(Clone, Debug)]
pub enum Turn<'a> {
    /// All of its messages are the next ones, and were shown. They count as delivered, and are to be applied before
    /// anything else is asked of the session but [`Session::in_turn`].
    Next(Block<'a>),
    /// The same of these, its last ones. Those before them are known, and none was shown.
    Rest(Block<'a>),
    /// Nothing in it is new. It is counted.
    Known,
    /// It may concern more than itself: it is one for [`Session::on_packet`], and not counted yet.
    Other,
}

/// What is known of the end of the session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Unknown,
    /// The number after the last message.
    At(SeqNo),
    Reported,
}

impl Session {
    /// A session that has heard nothing yet.
    #[must_use]
    pub fn new(config: SessionConfig) -> Session {
        let window_packets = config.window_packets.min(65_536);
        let packet_bytes_max = config.packet_bytes_max.min(65_535);
        Session {
            config,
            id: None,
            previous: None,
            window: Window::new(window_packets, packet_bytes_max),
            stream: Stream::new(GapLog::with_capacity(config.gaps_kept), config.begins_anywhere),
            heard: None,
            end: End::Unknown,
        }
    }

    /// Takes the UDP payload that came on `line` at the time `at` (of the clock that
    /// [`Session::on_time`] is called with).
    ///
    /// # Errors
    /// [`PacketError`] where the payload is no MoldUDP64 packet. It is counted, and none of it is
    /// applied.
    #[inline]
    pub fn on_packet<S: Sink + ?Sized>(
        &mut self,
        line: Line,
        at: Nanos,
        payload: &[u8],
        sink: &mut S,
    ) -> Result<(), PacketError> {
        let packet = Packet::check(payload);
        let counts = self.stream.stats.line_mut(line);
        counts.packets += 1;
        match &packet {
            Ok(packet) => self.accept(packet, Arrival { line, at }, sink),
            Err(_) => counts.malformed += 1,
        }
        packet.map(drop)
    }

    /// What comes of a UDP payload by itself: what nearly every one needs, and without a sink, so that whoever takes
    /// several packets can apply their messages together.
    ///
    /// Messages that may be the next ones are shown as they are found, so that nobody has to walk the packet again. They
    /// count for nothing unless it is [`Turn::Next`].
    #[inline(always)]
    pub fn in_turn<'a>(
        &mut self,
        line: Line,
        at: Nanos,
        payload: &'a [u8],
        mut show: impl FnMut(&'a [u8]),
    ) -> Turn<'a> {
        let Ok((header, body)) = Header::read(payload) else { return Turn::Other };
        let (first, expected) = (header.sequence, self.stream.expected());
        let is_plain = (self.id == Some(header.session))
            & (first.get() != 0)
            & (first <= expected)
            & self.stream.is_steady()
            & self.window.is_empty()
            & (self.end == End::Unknown);
        if !is_plain {
            return Turn::Other;
        }
        let is_next = first == expected;
        let show_next = |message| {
            if is_next {
                show(message);
            }
        };
        let packet = match Packet::check_and_show(header, body, show_next) {
            Ok(packet) if packet.kind() == PacketKind::Data => packet,
            _ => return Turn::Other,
        };
        self.stream.stats.line_mut(line).packets += 1;
        self.heard = Some(at);
        let arrival = Arrival { line, at };
        match self.unknown(&packet, arrival) {
            Some(messages) => {
                let block = self.stream.pass(arrival, messages);
                if is_next { Turn::Next(block) } else { Turn::Rest(block) }
            }
            None => Turn::Known,
        }
    }

    /// Counts a packet that begins at the expected number or before it; its messages from there on, if it has any.
    #[inline(always)]
    fn unknown<'a>(&mut self, packet: &Packet<'a>, arrival: Arrival) -> Option<Messages<'a>> {
        let (first, next) = (packet.sequence(), packet.next_sequence());
        let expected = self.stream.expected();
        let counts = self.stream.stats.line_mut(arrival.line);
        counts.sequence_last = counts.sequence_last.max(SeqNo::new(next.get() - 1));
        if next <= expected {
            self.stream.known(first, next, arrival);
            return None;
        }
        counts.first_wins += 1;
        Some(packet.messages().skip(known_messages(first, expected)))
    }

    /// Gives up holes that have been waited for long enough, and notices silence. To be called
    /// every now and then with a clock that does not go back.
    pub fn on_time<S: Sink + ?Sized>(&mut self, now: Nanos, sink: &mut S) {
        self.expire(now, sink);
        self.report_end(sink);
        // Silence before the first packet counts from the first look at the clock.
        let heard = *self.heard.get_or_insert(now);
        if let Some(silence_ns) = self.config.silence_ns
            && now.since(heard) > silence_ns
        {
            self.stream.fall_silent(sink);
        }
    }

    /// The input has ended: delivers everything that waits, and declares lost what it waits for.
    pub fn finish<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        while let Some(next) = self.window.front_first() {
            self.give_up(next, sink);
        }
        self.report_end(sink);
    }

    /// How far what was delivered can be trusted.
    #[must_use]
    pub fn state(&self) -> FeedState {
        self.stream.state()
    }

    /// All counters.
    #[must_use]
    pub fn stats(&self) -> &SessionStats {
        &self.stream.stats
    }

    /// The number of the next message to be delivered.
    #[must_use]
    pub fn expected(&self) -> SeqNo {
        self.stream.expected()
    }

    /// The session that packets are taken from; `None` before the first packet.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        self.id
    }

    /// The messages being waited for, up to the first that is there: what is to be requested
    /// again.
    #[must_use]
    pub fn hole(&self) -> Option<Gap> {
        let next = self.window.front_first()?;
        Some(Gap { first: self.expected(), last: SeqNo::new(next.get().saturating_sub(1)) })
    }

    #[inline]
    fn accept<S: Sink + ?Sized>(&mut self, packet: &Packet<'_>, arrival: Arrival, sink: &mut S) {
        if self.id != Some(packet.session()) && !self.enter(packet.session(), sink) {
            self.stream.stats.line_mut(arrival.line).stale_session += 1;
            return;
        }
        self.heard = Some(arrival.at);
        match packet.kind() {
            PacketKind::Data => self.on_data(packet, arrival, sink),
            PacketKind::Heartbeat => self.on_heartbeat(packet, arrival, sink),
            PacketKind::EndOfSession => {
                self.on_end(packet.sequence());
                self.on_heartbeat(packet, arrival, sink);
            }
        }
        if !self.window.is_empty() {
            self.expire(arrival.at, sink);
        }
        if self.end != End::Unknown {
            self.report_end(sink);
        }
        if self.stream.is_silent() && self.window.is_empty() {
            self.stream.is_heard_again(sink);
        }
    }

    #[inline]
    fn on_data<S: Sink + ?Sized>(&mut self, packet: &Packet<'_>, arrival: Arrival, sink: &mut S) {
        let first = packet.sequence();
        if first.get() == 0 {
            return self.stream.deliver_unsequenced(arrival, packet.messages(), sink);
        }
        if first > self.stream.expected() && !self.wait(packet, arrival, sink) {
            return;
        }
        let Some(messages) = self.unknown(packet, arrival) else { return };
        self.stream.deliver(arrival, messages, sink);
        if !self.window.is_empty() {
            self.drain(sink);
        }
    }

    /// Keeps a packet that came before its turn; `true` where holes had to be given up and its
    /// turn has come.
    #[cold]
    fn wait<S: Sink + ?Sized>(
        &mut self,
        packet: &Packet<'_>,
        arrival: Arrival,
        sink: &mut S,
    ) -> bool {
        let (first, next) = (packet.sequence(), packet.next_sequence());
        let counts = self.stream.stats.line_mut(arrival.line);
        counts.sequence_last = counts.sequence_last.max(SeqNo::new(next.get() - 1));
        while first > self.stream.expected() {
            let offer = self.window.keep(first, &packet.messages(), arrival);
            let counts = self.stream.stats.line_mut(arrival.line);
            match offer {
                Offer::Kept => counts.first_wins += 1,
                Offer::Known => counts.duplicates += 1,
                Offer::TooLong => counts.refused += 1,
                Offer::Full => {
                    self.give_up(first, sink);
                    continue;
                }
            }
            self.note_window();
            return false;
        }
        true
    }

    #[cold]
    fn on_heartbeat<S: Sink + ?Sized>(
        &mut self,
        packet: &Packet<'_>,
        arrival: Arrival,
        sink: &mut S,
    ) {
        self.stream.stats.line_mut(arrival.line).heartbeats += 1;
        let next = packet.sequence();
        while next > self.stream.expected() {
            match self.window.announce(next, arrival) {
                Offer::Full => self.give_up(next, sink),
                Offer::Kept | Offer::Known | Offer::TooLong => break,
            }
        }
        self.note_window();
    }

    fn on_end(&mut self, next: SeqNo) {
        self.end = match self.end {
            End::Unknown => End::At(next),
            End::At(end) => End::At(end.max(next)),
            End::Reported => End::Reported,
        };
    }

    fn report_end<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        if let End::At(end) = self.end
            && self.stream.expected() >= end
        {
            self.end = End::Reported;
            self.stream.report_end(sink);
        }
    }

    /// Takes up another session; `false` where it is the one left before.
    #[cold]
    fn enter<S: Sink + ?Sized>(&mut self, new: SessionId, sink: &mut S) -> bool {
        if self.previous == Some(new) {
            return false;
        }
        self.finish(sink);
        self.previous = self.id;
        self.id = Some(new);
        self.end = End::Unknown;
        self.stream.begin(self.previous, new, sink);
        true
    }

    fn expire<S: Sink + ?Sized>(&mut self, now: Nanos, sink: &mut S) {
        let Some(window_ns) = self.config.window_ns else {
            return;
        };
        while let Some(next) = self.window.front_first()
            && let Some(seen) = self.window.hole_seen()
            && now.since(seen) >= window_ns
        {
            self.give_up(next, sink);
        }
    }

    /// Goes on behind the first hole, which ends at `next` or where the window begins.
    ///
    /// This is the one place where a hole becomes a gap. Messages that are fetched instead are
    /// packets like any others and come in through [`Session::on_packet`].
    #[cold]
    fn give_up<S: Sink + ?Sized>(&mut self, next: SeqNo, sink: &mut S) {
        let next = self.window.front_first().map_or(next, |front| front.min(next));
        self.stream.declare_lost(next, sink);
        self.drain(sink);
    }

    /// Delivers what the window holds up to its first hole.
    #[cold]
    fn drain<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        while let Some(front) = self.window.front() {
            let expected = self.stream.expected();
            if front.first > expected {
                break;
            }
            if front.next > expected {
                let messages = front.messages.skip(known_messages(front.first, expected));
                self.stream.deliver(front.arrival, messages, sink);
            }
            self.window.pop_front();
        }
    }

    fn note_window(&mut self) {
        let high = &mut self.stream.stats.window_packets_max;
        *high = self.window.len().max(*high);
    }
}

/// Not the window, which is megabytes.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("expected", &self.expected())
            .field("state", &self.state())
            .field("hole", &self.hole())
            .finish_non_exhaustive()
    }
}

/// How many messages from `first` on are delivered already; a packet counts no more than 16 bits.
#[inline]
fn known_messages(first: SeqNo, expected: SeqNo) -> usize {
    usize::try_from(expected.get() - first.get()).unwrap_or(usize::MAX)
}
