//! The queues of orders, one for each level.
//!
//! A level is a cache line with its totals and the first eight places of its queue. A queue that
//! needs more goes on in further lines, in a ring that begins and ends with the level's own. A
//! place holds a slot of the order table, or 0: an order that leaves the middle of a queue
//! leaves a hole and touches no neighbour. Whatever joins comes behind the last order; holes are
//! closed when a line has none of its places left behind it, and lines that have become sparse
//! are joined, so that a queue never takes more than a line for every two orders.

use crate::orders::{Orders, Slot};
use crate::queue_line::{ALL, PLACES, QueueLine};
use crate::region::{Plan, Region, RegionError, Table, Word32, lanes};
use crate::{Locate, Side};

pub(crate) use crate::queue_line::LineAt;

/// A line with so many orders or fewer is sparse: two neighbours that are become one line.
const SPARSE: u32 = 2;

/// How many lines that were never used are asked for ahead.
const SOON: u32 = 8;

/// All lines of all queues. Line 0 is never used: 0 is no line.
#[derive(Debug)]
pub(crate) struct Queues {
    lines: Table<QueueLine>,
    /// Lines that there are.
    lines_max: u32,
    levels_max: u32,
    levels_live: Word32,
    /// Lines from here on were never used.
    fresh: Word32,
    free: Word32,
}

impl Queues {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize = size_of::<QueueLine>() << 8 | PLACES;

    /// Every level has a line; beyond that a queue has at most a line for every two orders.
    fn lines(levels: u32, orders: u32) -> u32 {
        levels + orders / 2 + 2
    }

    pub(crate) fn plan(plan: &mut Plan, levels: u32, orders: u32) -> Result<(), RegionError> {
        plan.table::<QueueLine>(Queues::lines(levels, orders) as usize)
    }

    pub(crate) fn new(
        region: &mut Region,
        levels: u32,
        orders: u32,
    ) -> Result<Queues, RegionError> {
        let lines_max = Queues::lines(levels, orders);
        let lines = region.carve(lines_max as usize)?;
        let [levels_live, fresh, free] = [0, 1, 0].map(Word32::from);
        Ok(Queues { lines, lines_max, levels_max: levels, levels_live, fresh, free })
    }

    pub(crate) fn levels_live(&self) -> u32 {
        self.levels_live.get()
    }

    #[inline(always)]
    pub(crate) fn line(&self, line: u32) -> &QueueLine {
        self.lines.at(line)
    }

    #[inline(always)]
    pub(crate) fn line_at(&self, number: u32) -> LineAt<'_> {
        LineAt { number, line: self.lines.at(number) }
    }

    /// The level whose queue a line belongs to, as a line.
    #[inline(always)]
    pub(crate) fn level_at(&self, line: LineAt<'_>) -> LineAt<'_> {
        self.line_at(line.line.level.get())
    }

    #[inline(always)]
    pub(crate) fn prefetch(&self, line: u32) {
        self.lines.prefetch(line);
    }

    /// The level whose queue a line belongs to.
    #[inline(always)]
    pub(crate) fn level_of(&self, line: u32) -> u32 {
        self.lines.at(line).level.get()
    }

    /// A line, if it is the level of a price.
    #[inline(always)]
    pub(crate) fn level_if(
        &self,
        number: u32,
        locate: Locate,
        side: Side,
        price: u32,
    ) -> Option<LineAt<'_>> {
        let level = self.line_at(number);
        let line = level.line;
        let is_level = (number != 0) & (line.level.get() == number);
        let is_there = (line.locate() == locate) & (line.side() == side);
        (is_level & is_there & (line.price.get() == price)).then_some(level)
    }

    /// An empty level, or `None` where all are taken.
    #[inline]
    pub(crate) fn new_level(&self, locate: Locate, side: Side, price: u32) -> Option<LineAt<'_>> {
        if self.levels_live.get() >= self.levels_max {
            return None;
        }
        let level = self.new_line()?;
        self.levels_live.set(self.levels_live.get() + 1);
        let line = self.lines.at(level);
        line.qty.set(0);
        line.price.set(price);
        line.orders.set(0);
        line.level.set(level);
        line.locate.set(locate.get());
        line.side.set(side as u8);
        line.set_near_slot(None);
        line.before.set(level);
        line.behind.set(level);
        Some(LineAt { number: level, line })
    }

    /// Takes away a level that has no orders.
    #[inline]
    pub(crate) fn drop_level(&self, level: LineAt<'_>) {
        self.levels_live.set(self.levels_live.get() - 1);
        self.free_line(level);
    }

    /// A line without orders. The one that is taken next is asked for: nobody has looked at it lately.
    #[inline]
    fn new_line(&self) -> Option<u32> {
        let (free, fresh) = (self.free.get(), self.fresh.get());
        if free != 0 {
            let next = self.lines.at(free).behind.get();
            self.free.set(next);
            self.lines.prefetch(next);
            Some(free)
        } else if fresh < self.lines_max {
            self.fresh.set(fresh + 1);
            self.lines.prefetch(fresh.wrapping_add(SOON));
            Some(fresh)
        } else {
            None
        }
    }

    /// Every place of the line is 0.
    #[inline]
    fn free_line(&self, LineAt { number, line }: LineAt<'_>) {
        line.level.set(0);
        line.behind.set(self.free.get());
        self.free.set(number);
    }

    /// Puts the first order into the queue of a level that was made just now; its line. Nobody waits for that line to come:
    /// it is written, and not read.
    #[inline(always)]
    pub(crate) fn begin(&self, level: LineAt<'_>, slot: Slot) -> u32 {
        level.line.places[0].set(slot.number());
        level.number
    }

    /// Puts an order at the end of a level's queue. The line that it then stands in, or `None`
    /// where there is no line for it.
    #[inline(always)]
    pub(crate) fn append(&self, level: LineAt<'_>, slot: Slot, orders: &Orders) -> Option<u32> {
        let last = level.line.before.get();
        let line = self.lines.at(last);
        let behind = (u32::BITS - line.taken().leading_zeros()) as usize;
        if let Some(place) = line.places.get(behind) {
            place.set(slot.number());
            return Some(last);
        }
        self.append_to_full(level.number, last, slot, orders)
    }

    /// The last place of the last line is taken: closes its holes, or begins a line.
    #[cold]
    fn append_to_full(&self, level: u32, last: u32, slot: Slot, orders: &Orders) -> Option<u32> {
        if self.lines.at(last).taken() == ALL {
            let line = self.new_line()?;
            let new = self.lines.at(line);
            new.level.set(level);
            new.side.set(self.lines.at(level).side.get());
            new.before.set(last);
            new.behind.set(level);
            new.places[0].set(slot.number());
            self.lines.at(last).behind.set(line);
            self.lines.at(level).before.set(line);
            return Some(line);
        }
        self.gather(last, &[last], orders);
        let line = self.lines.at(last);
        line.places[line.taken().trailing_ones() as usize % PLACES].set(slot.number());
        Some(last)
    }

    /// Takes an order out of the line in which it stands. Whether it was the first of its queue.
    #[inline(always)]
    pub(crate) fn remove(
        &self,
        LineAt { number: at, line }: LineAt<'_>,
        level: u32,
        slot: Slot,
        orders: &Orders,
    ) -> bool {
        let taken = line.taken();
        let place = lanes::equal(&line.places, slot.number()).trailing_zeros() as usize % PLACES;
        line.places[place].set(0);
        let before = taken & ((1 << place) - 1);
        let mut first = before == 0;
        if line.behind.get() != at {
            first &= at == level || self.is_first_line(level, at);
            let left = taken & !(1 << place);
            if left.count_ones() <= SPARSE {
                self.tidy(level, at, orders);
            }
        }
        first
    }

    /// Whether a line is the first of its queue that has orders.
    #[cold]
    fn is_first_line(&self, level: u32, at: u32) -> bool {
        let own = self.lines.at(level);
        own.taken() == 0 && own.behind.get() == at
    }

    /// After an order left a line of a queue of several, which is sparse now: frees the line if it is
    /// empty, and joins it to a neighbour that is sparse, too, or that has room for its only order. So
    /// two neighbours behind the level's own line have four orders or more together, and hardly ever does
    /// more than one order move.
    #[cold]
    fn tidy(&self, level: u32, at: u32, orders: &Orders) {
        let count = |line: u32| self.lines.at(line).taken().count_ones();
        let line = self.lines.at(at);
        let (own, before, behind) = (count(at), line.before.get(), line.behind.get());
        if own == 0 && at != level {
            return self.unlink(at);
        }
        let is_moved = own < SPARSE && at != level;
        let most = if is_moved { ALL.count_ones() - own } else { SPARSE };
        if behind != level && count(behind) <= most {
            self.join(at, behind, level, orders);
        } else if at != level && count(before) <= most {
            self.join(before, at, level, orders);
        }
    }

    /// Makes one line of two that follow each other: of the one with more orders, or of the level's own.
    fn join(&self, first: u32, second: u32, level: u32, orders: &Orders) {
        let count = |line: u32| self.lines.at(line).taken().count_ones();
        let stays = first == level || count(first) >= count(second);
        let (to, gone) = if stays { (first, second) } else { (second, first) };
        self.gather(to, &[first, second], orders);
        self.unlink(gone);
    }

    /// Moves the orders of `from` to the first places of `to`, which is one of them, in order.
    fn gather(&self, to: u32, from: &[u32], orders: &Orders) {
        let mut gathered = [0; PLACES];
        let mut places = gathered.iter_mut();
        for &at in from {
            for place in &self.lines.at(at).places {
                let number = place.get();
                if number != 0
                    && let Some(next) = places.next()
                {
                    *next = number;
                    if at != to {
                        orders.set_line(Slot::from_number(number), to);
                    }
                }
                place.set(0);
            }
        }
        for (place, number) in self.lines.at(to).places.iter().zip(gathered) {
            place.set(number);
        }
    }

    /// Takes a line without orders, not the level's own, out of its ring.
    fn unlink(&self, at: u32) {
        let line = self.lines.at(at);
        let (before, behind) = (line.before.get(), line.behind.get());
        self.lines.at(before).behind.set(behind);
        self.lines.at(behind).before.set(before);
        self.free_line(LineAt { number: at, line });
    }

    /// The lines of a level's queue, in order. Never more than its orders can need, whatever a
    /// reader finds in a queue that is being changed.
    fn ring(&self, level: u32) -> impl Iterator<Item = u32> + use<'_> {
        let lines_max = 1 + self.lines.at(level).orders.get() as usize / 2;
        std::iter::successors((level != 0).then_some(level), move |&at| {
            let behind = self.lines.at(at).behind.get();
            (behind != level).then_some(behind)
        })
        .take(lines_max)
    }

    /// The orders of a level, the one that is executed next first.
    pub(crate) fn slots(&self, level: u32) -> impl Iterator<Item = Slot> + use<'_> {
        let places = self.ring(level).flat_map(|line| &self.lines.at(line).places);
        places.map(Word32::get).filter(|&number| number != 0).map(Slot::from_number)
    }

    /// How many lines there are in the table.
    pub(crate) fn lines_len(&self) -> usize {
        self.lines_max as usize
    }

    /// Finds out which lines are free: all that are not taken. `levels` of those that are begin
    /// queues.
    pub(crate) fn recover(&self, is_taken: impl Fn(u32) -> bool, levels: u32) {
        self.levels_live.set(levels);
        self.free.set(0);
        let fresh =
            (1..self.lines_max).rev().find(|&line| is_taken(line)).map_or(1, |line| line + 1);
        self.fresh.set(fresh);
        for line in (1..self.lines_max).rev().filter(|&line| !is_taken(line)) {
            let places = &self.lines.at(line).places;
            places.iter().filter(|place| place.get() != 0).for_each(|place| place.set(0));
            if self.level_of(line) != 0 {
                self.lines.at(line).level.set(0);
            }
            if line < fresh {
                self.free_line(self.line_at(line));
            }
        }
    }

    /// The same table for a reader: what only the writer needs to know is left out.
    pub(crate) fn share(&self) -> Queues {
        Queues {
            lines: self.lines.clone(),
            lines_max: self.lines_max,
            levels_max: self.levels_max,
            levels_live: Word32::default(),
            fresh: Word32::default(),
            free: Word32::default(),
        }
    }

    pub(crate) fn clear(&self) {
        for line in self.lines.as_slice().iter().take(self.fresh.get() as usize) {
            line.places.iter().for_each(|place| place.set(0));
            line.level.set(0);
        }
        self.levels_live.set(0);
        self.fresh.set(1);
        self.free.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OrderRef;
    use crate::orders::{Resting, Vacancy};

    /// A queue, and beside it what should be in it.
    struct Model {
        queues: Queues,
        orders: Orders,
        level: u32,
        expected: Vec<u64>,
        lines_before: u32,
    }

    impl Model {
        fn new() -> Model {
            let (levels, capacity) = (4, 1 << 10);
            let mut plan = Plan::default();
            Orders::plan(&mut plan, capacity).unwrap();
            Queues::plan(&mut plan, levels, capacity).unwrap();
            let mut region = Region::anonymous(plan).unwrap();
            let orders = Orders::new(&mut region, capacity).unwrap();
            let queues = Queues::new(&mut region, levels, capacity).unwrap();
            let level = queues.new_level(Locate::new(3), Side::Ask, 7).unwrap().number;
            let lines_before = queues.fresh.get();
            Model { queues, orders, level, expected: Vec::new(), lines_before }
        }

        fn join(&mut self, order_ref: u64) {
            let order_ref = OrderRef::new(order_ref);
            let Vacancy::At(slot) = self.orders.vacancy(order_ref) else { panic!("full") };
            let place = self.orders.order_at(slot, order_ref);
            let level = self.queues.line_at(self.level);
            let line = self.queues.append(level, place.slot, &self.orders).unwrap();
            self.orders.put(place, Resting { order_ref, line, qty: 1, arrival: 0 });
            self.expected.push(order_ref.get());
            self.count();
        }

        /// Keeps the level's count, as the books do.
        fn count(&self) {
            let count = u32::try_from(self.expected.len()).unwrap();
            self.queues.line(self.level).orders.set(count);
        }

        /// The lines of the queue, though they were more than it may have.
        fn lines(&self) -> usize {
            let behind = |line: &u32| Some(self.queues.line(*line).behind.get());
            let ring = std::iter::successors(behind(&self.level), behind);
            1 + ring.take_while(|&line| line != self.level).count()
        }

        fn leave(&mut self, at: usize) {
            let order_ref = self.expected.remove(at);
            let order_ref = OrderRef::new(order_ref);
            let place = self.orders.order_at(self.orders.find(order_ref).unwrap(), order_ref);
            let line = self.queues.line_at(place.line());
            assert_eq!(self.queues.level_at(line).number, self.level);
            let was_first = self.queues.remove(line, self.level, place.slot, &self.orders);
            assert_eq!(was_first, at == 0);
            self.orders.remove(place);
            self.count();
        }

        fn check(&self) {
            let slots = self.queues.slots(self.level);
            let found: Vec<u64> = slots.map(|s| self.orders.at(s).order_ref.get()).collect();
            assert_eq!(found, self.expected);
            let lines = self.lines();
            assert!(lines <= 1 + self.expected.len() / 2, "{lines} lines: {}", found.len());
            let level = self.queues.line(self.level);
            assert_eq!(
                (level.locate(), level.side(), level.price.get()),
                (Locate::new(3), Side::Ask, 7)
            );
        }
    }

    #[test]
    fn a_queue_keeps_its_order_whoever_leaves() {
        let mut model = Model::new();
        let mut random = 1u64;
        for round in 0..20_000u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (draw, len) = ((random >> 33) as usize, model.expected.len());
            // It fills to some hundred orders and empties again, over and over.
            let joins = if round % 1_000 < 500 { draw % 4 > 0 } else { draw % 4 == 0 };
            if joins && len < 900 {
                model.join(round);
            } else if len > 0 {
                model.leave(draw / 4 % len);
            }
            model.check();
        }
        while !model.expected.is_empty() {
            model.leave(0);
            model.check();
        }
        assert_eq!(model.lines(), 1, "only the level's own line is left");
        assert_eq!(model.lines_before, model.level + 1);
    }

    #[test]
    fn lines_are_used_again() {
        let mut model = Model::new();
        for order_ref in 0..100 {
            model.join(order_ref);
        }
        let fresh = model.queues.fresh.get();
        for _ in 0..3 {
            while !model.expected.is_empty() {
                model.leave(model.expected.len() / 2);
            }
            (0..100).for_each(|order_ref| model.join(order_ref));
            model.check();
        }
        assert_eq!(model.queues.fresh.get(), fresh);
    }
}
