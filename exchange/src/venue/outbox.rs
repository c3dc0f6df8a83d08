//! Answers on their way to their strategies.

use strategy_api::OrderEvent;
use wirebook_book::Nanos;

use super::Seat;
use super::in_flight::InFlight;

/// Whose room an answer takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Room {
    /// Set aside when a command was sent or an order accepted.
    SetAside,
    /// Among the fills that leave something of their order.
    Fills,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    seat: Seat,
    event: OrderEvent,
    room: Room,
}

/// Answers on their way to their strategies. No answer is ever lost for want of room: room for
/// the answer to a command and for the end of an order is set aside beforehand, and a fill that
/// leaves something of its order is only made where there is room to tell of it.
#[derive(Debug)]
pub(super) struct Outbox {
    answers: InFlight<Answer>,
    /// Room for answers other than fills, whether set aside or taken by those on their way.
    capacity: usize,
    taken: usize,
    fills_capacity: usize,
    fills: usize,
}

impl Outbox {
    pub(super) fn new(capacity: usize, fills_capacity: usize) -> Outbox {
        let answers = InFlight::new(capacity + fills_capacity);
        Outbox { answers, capacity, taken: 0, fills_capacity, fills: 0 }
    }

    /// Sets room aside for `count` answers. False, and nothing set aside, where there is not as
    /// much.
    pub(super) fn set_aside(&mut self, count: usize) -> bool {
        let room = self.capacity - self.taken >= count;
        if room {
            self.taken += count;
        }
        room
    }

    /// Gives back room that was set aside for one answer that is not given.
    pub(super) fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// Whether a fill can be told of that leaves something of its order.
    pub(super) fn has_room_for_fill(&self) -> bool {
        self.fills < self.fills_capacity
    }

    /// Sends an answer for which room was set aside.
    pub(super) fn post(&mut self, due: Nanos, seat: Seat, event: OrderEvent) {
        let sent = self.answers.send(due, Answer { seat, event, room: Room::SetAside });
        debug_assert!(sent, "room was set aside");
    }

    /// Sends a fill that leaves something of its order. Only where there is room for it.
    pub(super) fn post_fill(&mut self, due: Nanos, seat: Seat, event: OrderEvent) {
        let sent = self.answers.send(due, Answer { seat, event, room: Room::Fills });
        debug_assert!(sent && self.has_room_for_fill(), "somebody looked for room");
        self.fills += 1;
    }

    /// When the next answer is at its strategy.
    pub(super) fn next_due(&self) -> Option<Nanos> {
        self.answers.next_due()
    }

    /// Takes the next answer that is at its strategy by `now`.
    pub(super) fn take(&mut self, now: Nanos) -> Option<(Seat, OrderEvent)> {
        let (_, answer) = self.answers.take(now)?;
        match answer.room {
            Room::SetAside => self.give_back(),
            Room::Fills => self.fills = self.fills.saturating_sub(1),
        }
        Some((answer.seat, answer.event))
    }

    /// Room set aside and not used: for tests.
    #[cfg(test)]
    pub(super) fn promised(&self) -> usize {
        self.taken + self.fills - self.answers.len()
    }
}

#[cfg(test)]
mod tests {
    use strategy_api::{OrderId, OrderUpdate};
    use wirebook_book::{Locate, Qty, Side};

    use super::*;

    fn event() -> OrderEvent {
        OrderEvent {
            id: OrderId(1),
            locate: Locate::new(1),
            side: Side::Bid,
            update: OrderUpdate::Accepted,
            leaves: Qty::new(1),
            time: Nanos::new(1),
        }
    }

    #[test]
    fn room_comes_back_when_an_answer_is_taken_or_not_given() {
        let mut outbox = Outbox::new(2, 1);
        assert!(!outbox.set_aside(3));
        assert!(outbox.set_aside(2));
        assert!(!outbox.set_aside(1));
        outbox.post(Nanos::new(5), Seat(0), event());
        assert_eq!(outbox.promised(), 1);
        assert!(!outbox.set_aside(1), "an answer on its way still takes its room");
        assert_eq!(outbox.take(Nanos::new(4)), None);
        assert!(outbox.take(Nanos::new(5)).is_some());
        assert!(outbox.set_aside(1));
        outbox.give_back();
        outbox.give_back();
        assert!(outbox.set_aside(2));
    }

    #[test]
    fn fills_have_room_of_their_own() {
        let mut outbox = Outbox::new(1, 1);
        assert!(outbox.set_aside(1) && outbox.has_room_for_fill());
        outbox.post_fill(Nanos::new(1), Seat(0), event());
        assert!(!outbox.has_room_for_fill());
        outbox.post(Nanos::new(1), Seat(0), event());
        assert_eq!(outbox.next_due(), Some(Nanos::new(1)));
        assert!(outbox.take(Nanos::new(1)).is_some());
        assert!(outbox.has_room_for_fill());
        assert!(!outbox.set_aside(1));
    }
}
