//! Where a strategy sits.

use rand_xoshiro::Xoshiro256PlusPlus;
use wirebook_book::Nanos;

use super::VenueConfig;
use super::latency::LatencySource;

/// The number of a strategy at a venue, in the order in which the
/// [seats were opened](super::Venue::open_seat).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seat(pub u16);

impl Seat {
    /// The seat as a table index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whom orders belong to: orders of one owner do not trade with each other, whichever seats they
/// come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Owner(pub u16);

/// What the venue keeps of a seat.
#[derive(Debug)]
pub(super) struct SeatState {
    pub(super) owner: Owner,
    /// Its strategy was detached: nothing that it sent is carried out any more.
    pub(super) detached: bool,
    outbound: LatencySource,
    inbound: LatencySource,
    last_arrival: Nanos,
    last_delivery: Nanos,
}

impl SeatState {
    /// `rng` is moved on, so that each seat draws from numbers of its own: what one strategy
    /// sends never changes the latencies of another.
    pub(super) fn new(
        owner: Owner,
        config: &VenueConfig,
        rng: &mut Xoshiro256PlusPlus,
    ) -> SeatState {
        let mut own_numbers = || {
            let numbers = rng.clone();
            rng.jump();
            numbers
        };
        SeatState {
            owner,
            detached: false,
            outbound: LatencySource::new(config.outbound, own_numbers()),
            inbound: LatencySource::new(config.inbound, own_numbers()),
            last_arrival: Nanos::default(),
            last_delivery: Nanos::default(),
        }
    }

    /// When a command sent at `now` is at the venue: never before one sent earlier.
    pub(super) fn arrival(&mut self, now: Nanos) -> Nanos {
        self.last_arrival = self.last_arrival.max(now.after(self.outbound.draw_ns()));
        self.last_arrival
    }

    /// When an answer given at `now` is at the strategy: never before one given earlier.
    pub(super) fn delivery(&mut self, now: Nanos) -> Nanos {
        self.last_delivery = self.last_delivery.max(now.after(self.inbound.draw_ns()));
        self.last_delivery
    }
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::rand_core::SeedableRng;

    use super::*;
    use crate::venue::{Latency, LatencyCurve};

    fn seats(count: u16) -> Vec<SeatState> {
        let curve = Latency::Curve(LatencyCurve::log_normal(1_000, 50_000));
        let config = VenueConfig { outbound: curve, inbound: curve, ..VenueConfig::default() };
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        (0..count).map(|n| SeatState::new(Owner(n), &config, &mut rng)).collect()
    }

    #[test]
    fn nothing_overtakes_what_was_sent_before() {
        let mut seat = seats(1).pop().unwrap();
        let mut last = (Nanos::new(0), Nanos::new(0));
        let mut held_up = 0;
        for sent in (0..1_000).map(|i| Nanos::new(i * 10)) {
            let next = (seat.arrival(sent), seat.delivery(sent));
            assert!(next.0 >= last.0 && next.1 >= last.1);
            assert!(next.0 >= sent.after(1_000));
            held_up += u32::from(next.0 == last.0);
            last = next;
        }
        assert!(held_up > 0, "with such a tail, some would have overtaken");
    }

    #[test]
    fn a_second_seat_does_not_change_the_latencies_of_the_first() {
        let draw =
            |seat: &mut SeatState| (seat.arrival(Nanos::new(0)), seat.delivery(Nanos::new(0)));
        let (mut one, mut two) = (seats(1), seats(2));
        let alone: Vec<_> = (0..100).map(|_| draw(&mut one[0])).collect();
        let beside: Vec<_> = (0..100)
            .map(|_| {
                draw(&mut two[1]);
                draw(&mut two[0])
            })
            .collect();
        assert_eq!(alone, beside);
        assert_ne!(seats(2)[1].arrival(Nanos::new(0)), seats(2)[0].arrival(Nanos::new(0)));
    }
}
