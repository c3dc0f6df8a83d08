//! What arrives when a stream of messages is sent on two lines that lose, repeat, reorder and
//! delay. The same seed gives the same arrivals.

use wirebook_ingest::session::Line;

use crate::feed::{DAY, end_of_session, heartbeat, packet};

/// Nanoseconds between two messages.
pub(crate) const SPACING_NS: u64 = 100;

/// xorshift64*: good enough to shuffle packets.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// From 0 to `bound` - 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub(crate) fn happens(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }
}

/// How one line treats its packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quality {
    pub(crate) lost_permille: u64,
    pub(crate) repeated_permille: u64,
    /// How many packets are held back, by up to `jitter_ns`.
    pub(crate) delayed_permille: u64,
    pub(crate) jitter_ns: u64,
    /// Delay of the whole line.
    pub(crate) skew_ns: u64,
}

pub(crate) struct Arrival {
    pub(crate) at: u64,
    pub(crate) line: Line,
    pub(crate) payload: Vec<u8>,
}

/// What arrives on both lines in the order of time, and what can be known from it.
pub(crate) struct Arrivals {
    pub(crate) arrivals: Vec<Arrival>,
    /// The runs of numbers that are on neither line.
    pub(crate) lost: Vec<(u64, u64)>,
    /// The number after the last that is there or was announced.
    pub(crate) end: u64,
}

/// The messages 1..=`messages` on both lines, each cut into packets of its own.
pub(crate) fn simulate(seed: u64, messages: u64, lines: [Quality; 2]) -> Arrivals {
    let mut rng = Rng::new(seed);
    let mut arrivals = Vec::new();
    let mut arrived = vec![false; usize::try_from(messages).unwrap() + 1];
    let mut end = 1;
    for (line, quality) in Line::ALL.into_iter().zip(lines) {
        let mut first = 1;
        while first <= messages {
            let last = (first + rng.below(7)).min(messages);
            if travel(&mut rng, line, quality, last, &packet(DAY, first, last), &mut arrivals) {
                arrived[usize::try_from(first).unwrap()..=usize::try_from(last).unwrap()]
                    .fill(true);
                end = end.max(last + 1);
            }
            if rng.happens(20) {
                let sent = heartbeat(DAY, last + 1);
                if travel(&mut rng, line, quality, last, &sent, &mut arrivals) {
                    end = end.max(last + 1);
                }
            }
            first = last + 1;
        }
        for repetition in 0..3 {
            let sent = end_of_session(DAY, messages + 1);
            let number = messages + repetition;
            if travel(&mut rng, line, quality, number, &sent, &mut arrivals) {
                end = messages + 1;
            }
        }
    }
    arrivals.sort_by_key(|arrival: &Arrival| arrival.at);
    Arrivals { arrivals, lost: holes(&arrived, end), end }
}

/// Sends what follows message `number` on one line; whether it arrives at all.
fn travel(
    rng: &mut Rng,
    line: Line,
    quality: Quality,
    number: u64,
    payload: &[u8],
    arrivals: &mut Vec<Arrival>,
) -> bool {
    if rng.happens(quality.lost_permille) {
        return false;
    }
    let copies = 1 + u64::from(rng.happens(quality.repeated_permille));
    for _ in 0..copies {
        let delayed = rng.happens(quality.delayed_permille);
        let delay = if delayed { rng.below(quality.jitter_ns + 1) } else { 0 };
        let at = number * SPACING_NS + quality.skew_ns + delay;
        arrivals.push(Arrival { at, line, payload: payload.to_vec() });
    }
    true
}

fn holes(arrived: &[bool], end: u64) -> Vec<(u64, u64)> {
    let mut holes: Vec<(u64, u64)> = Vec::new();
    for (number, arrived) in (0..end).zip(arrived).skip(1) {
        match holes.last_mut() {
            _ if *arrived => {}
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => holes.push((number, number)),
        }
    }
    holes
}
