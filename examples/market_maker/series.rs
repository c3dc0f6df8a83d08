//! What is recorded of a day, in buffers that never grow.

use strategy_api::{Liquidity, Money, Nanos, Price, Qty, Side};

/// A series of fixed room: whenever it is full, every second point goes, and from then on only
/// every second of those that come is kept. What remains is spread evenly over all that came.
#[derive(Clone, Debug)]
pub(crate) struct Decimating<T> {
    points: Vec<T>,
    room: usize,
    stride: u64,
    came: u64,
}

impl<T: Copy> Decimating<T> {
    /// Room for `room` points (at least two).
    pub(crate) fn new(room: usize) -> Decimating<T> {
        let room = room.max(2);
        Decimating { points: Vec::with_capacity(room), room, stride: 1, came: 0 }
    }

    /// Adds a point. Allocates nothing.
    pub(crate) fn push(&mut self, point: T) {
        if self.came.is_multiple_of(self.stride) {
            if self.points.len() == self.room {
                let mut index = 0;
                self.points.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.stride *= 2;
            }
            if self.came.is_multiple_of(self.stride) {
                self.points.push(point);
            }
        }
        self.came += 1;
    }

    /// What was kept, in the order in which it came.
    pub(crate) fn points(&self) -> &[T] {
        &self.points
    }

    /// One of how many points was kept.
    pub(crate) fn stride(&self) -> u64 {
        self.stride
    }
}

/// One side of a market and of our quotes in it; `None` where there is no such price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SidePrices {
    /// The best price of the book.
    pub(crate) best: Option<Price>,
    /// Our own.
    pub(crate) own: Option<Price>,
}

/// The market and our quotes in it, at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct QuotePoint {
    /// When.
    pub(crate) time: Nanos,
    /// Bid and ask, by [`Side::index`].
    pub(crate) sides: [SidePrices; 2],
}

impl QuotePoint {
    /// Twice the middle between the best prices.
    pub(crate) fn mid_twice(&self) -> Option<Price> {
        let [bid, ask] = self.sides;
        Some(bid.best? + ask.best?)
    }
}

/// What we hold and have earned, at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AccountPoint {
    /// When.
    pub(crate) time: Nanos,
    /// Shares held; negative for short.
    pub(crate) shares: i64,
    /// PnL before fees, marked to the mid.
    pub(crate) before_fees: Money,
    /// PnL after fees, marked to the mid.
    pub(crate) after_fees: Money,
}

/// A fill of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fill {
    /// When it happened at the venue.
    pub(crate) time: Nanos,
    /// [`Side::Bid`] where we bought.
    pub(crate) side: Side,
    /// At this price.
    pub(crate) price: Price,
    /// This much.
    pub(crate) qty: Qty,
    /// As maker or taker.
    pub(crate) liquidity: Liquidity,
}

/// All that is recorded of one symbol.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// Market and quotes, once a heartbeat.
    pub(crate) quotes: Decimating<QuotePoint>,
    /// Inventory and PnL, once a heartbeat.
    pub(crate) account: Decimating<AccountPoint>,
    /// Our fills.
    pub(crate) fills: Decimating<Fill>,
    /// Each change of market and quotes over some minutes.
    pub(crate) close_up: CloseUp,
}

impl Recording {
    /// Room for a day of one symbol, some 350 KiB.
    pub(crate) fn new() -> Recording {
        Recording {
            quotes: Decimating::new(1 << 11),
            account: Decimating::new(1 << 11),
            fills: Decimating::new(1 << 11),
            close_up: CloseUp::new(1 << 10),
        }
    }
}

/// Each change of market and quotes, from a beginning until there is no more room or the span is
/// over.
#[derive(Clone, Debug)]
pub(crate) struct CloseUp {
    points: Vec<QuotePoint>,
    room: usize,
    from: Option<Nanos>,
}

impl CloseUp {
    /// How long it lasts at the most.
    pub(crate) const SPAN_NS: u64 = 900 * Nanos::PER_SECOND;

    fn new(room: usize) -> CloseUp {
        CloseUp { points: Vec::with_capacity(room), room, from: None }
    }

    /// Begins, unless it has begun.
    pub(crate) fn begin(&mut self, now: Nanos) {
        self.from.get_or_insert(now);
    }

    /// Notes how things stand now, if they changed and it is on.
    pub(crate) fn push(&mut self, point: QuotePoint) {
        let Some(from) = self.from else { return };
        let over = point.time.since(from) > CloseUp::SPAN_NS || self.points.len() == self.room;
        let same = self.points.last().is_some_and(|last| last.sides == point.sides);
        if !over && !same {
            self.points.push(point);
        }
    }

    /// What was noted.
    pub(crate) fn points(&self) -> &[QuotePoint] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_everything_while_there_is_room() {
        let mut series = Decimating::new(8);
        (0..8).for_each(|x| series.push(x));
        assert_eq!(series.points(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(series.stride(), 1);
    }

    #[test]
    fn keeps_every_second_then_every_fourth() {
        let mut series = Decimating::new(8);
        (0..9).for_each(|x| series.push(x));
        assert_eq!(series.points(), [0, 2, 4, 6, 8]);
        (9..33).for_each(|x| series.push(x));
        assert_eq!(series.points(), [0, 8, 16, 24, 32]);
    }

    #[test]
    fn never_allocates_again() {
        let mut series = Decimating::new(16);
        let room = series.points.capacity();
        (0..100_000).for_each(|x| series.push(x));
        assert_eq!(series.points.capacity(), room);
        let step = series.stride();
        assert!(series.points().windows(2).all(|two| two[1] - two[0] == step));
        assert!(series.points().len() >= 8);
    }

    fn point(time: Nanos, bid: i64) -> QuotePoint {
        let bid = SidePrices { best: Some(Price::from_units(bid)), own: None };
        QuotePoint { time, sides: [bid, SidePrices::default()] }
    }

    #[test]
    fn a_close_up_notes_changes_from_its_beginning_to_its_end() {
        let mut close_up = CloseUp::new(8);
        close_up.push(point(Nanos::new(1), 100));
        close_up.begin(Nanos::new(10));
        close_up.begin(Nanos::new(20));
        close_up.push(point(Nanos::new(11), 100));
        close_up.push(point(Nanos::new(12), 100));
        close_up.push(point(Nanos::new(10 + CloseUp::SPAN_NS), 200));
        close_up.push(point(Nanos::new(11 + CloseUp::SPAN_NS), 300));
        let times: Vec<_> = close_up.points().iter().map(|point| point.time.get()).collect();
        assert_eq!(times, [11, 10 + CloseUp::SPAN_NS]);
    }
}
