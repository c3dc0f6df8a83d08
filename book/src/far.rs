//! The levels of a side behind those that are [near](crate::near), sorted, the best at the end.
//!
//! A rung is one `u64`: the price's rank in the high half, the level's index in the low half. A
//! higher rank is a better price on either side (for asks the rank is the price's complement), so
//! that both sides are ascending arrays. What falls out of the near levels, and what goes back there,
//! is the last rung.

use core::hint::select_unpredictable;

use crate::Side;
use crate::region::{Plan, Region, RegionError, Table, Word32, Word64, lanes};

/// Rungs of the smallest chunk: one cache line.
const SMALLEST: u32 = 8;
/// Lines of the best levels that look-ahead asks for.
const PREFETCHED_LINES: u32 = 4;
/// Chunk sizes: 8, 16, … 8 × 2¹¹.
const CLASSES: usize = CLASS_LAST as usize + 1;
/// The class of the largest.
const CLASS_LAST: u32 = 11;
/// The most rungs that one side may have.
#[cfg(test)]
pub(crate) const RUNGS_MAX: u32 = SMALLEST << (CLASSES - 1);
/// No chunk.
const NIL: u32 = u32::MAX;

/// One side's place in the rung table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ladder {
    pub(crate) start: u32,
    pub(crate) len: u16,
    /// 0 for none yet, else the class of the chunk plus one.
    pub(crate) class: u8,
}

impl Ladder {
    /// A side without far levels.
    pub(crate) const NONE: Ladder = Ladder { start: 0, len: 0, class: 0 };

    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        u32::from(self.len)
    }

    fn capacity(self) -> u32 {
        match u32::from(self.class).checked_sub(1) {
            None => 0,
            // A reader may find any class in a book that is being changed.
            Some(class) => SMALLEST << class.min(CLASS_LAST),
        }
    }

    /// All rungs of the chunk.
    pub(crate) fn rungs(self) -> impl Iterator<Item = u32> {
        self.start..self.start.saturating_add(self.capacity())
    }

    /// Whether three quarters of the chunk, or more, are of no use.
    fn is_roomy(self) -> bool {
        self.class > 1 && 4 * self.len() <= self.capacity()
    }
}

/// The rank of a price: higher is better.
#[inline(always)]
pub(crate) fn rank(side: Side, price: u32) -> u32 {
    match side {
        Side::Bid => price,
        Side::Ask => !price,
    }
}

/// The price of a rank: the counterpart of [`rank`].
#[inline(always)]
pub(crate) fn price_of(side: Side, of: u32) -> u32 {
    rank(side, of)
}

#[inline(always)]
fn rung(rank: u32, level: u32) -> u64 {
    u64::from(rank) << 32 | u64::from(level)
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // the two halves
fn halves(rung: u64) -> (u32, u32) {
    ((rung >> 32) as u32, rung as u32)
}

/// Where a rank is, or where it would have to go.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// There is a level at that price.
    Level(u32),
    /// There is none; it would go here: so many rungs are worse.
    Missing(u32),
}

/// The rungs of all sides of all books. Those of a chunk behind its last level are 0.
#[derive(Debug)]
pub(crate) struct Rungs {
    rungs: Table<Word64>,
    /// Chunks of each class that a side outgrew or left, linked through their first rung.
    free: [Word32; CLASSES],
    fresh: Word32,
}

impl Rungs {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize =
        size_of::<Word64>() << 16 | (SMALLEST as usize) << 8 | CLASSES;

    /// Chunks are at most half empty, and outgrown ones wait for another side to need them.
    fn len(levels: u32, sides: u32) -> usize {
        4 * levels as usize + SMALLEST as usize * sides as usize
    }

    pub(crate) fn plan(plan: &mut Plan, levels: u32, sides: u32) -> Result<(), RegionError> {
        plan.table::<Word64>(Rungs::len(levels, sides))
    }

    pub(crate) fn new(region: &mut Region, levels: u32, sides: u32) -> Result<Rungs, RegionError> {
        let rungs: Table<Word64> = region.carve(Rungs::len(levels, sides))?;
        u32::try_from(rungs.len()).map_err(|_| RegionError::TooLarge)?;
        Ok(Rungs { rungs, free: [NIL; CLASSES].map(Word32::from), fresh: Word32::default() })
    }

    #[inline(always)]
    fn at(&self, ladder: Ladder, below: u32) -> u64 {
        self.rungs.at(ladder.start.wrapping_add(below)).get()
    }

    #[inline(always)]
    fn set(&self, ladder: Ladder, below: u32, rung: u64) {
        self.rungs.at(ladder.start.wrapping_add(below)).set(rung);
    }

    /// The rungs of a side but for the worst `below`.
    #[inline(always)]
    fn from(&self, ladder: Ladder, below: u32) -> &[Word64] {
        let from = ladder.start as usize;
        self.rungs
            .as_slice()
            .get(from + below as usize..from + usize::from(ladder.len))
            .unwrap_or_default()
    }

    /// Asks for the best levels of a side.
    #[inline(always)]
    pub(crate) fn prefetch(&self, ladder: Ladder) {
        let end = ladder.start.wrapping_add(ladder.len());
        (1..=PREFETCHED_LINES)
            .for_each(|line| self.rungs.prefetch(end.wrapping_sub(SMALLEST * line)));
    }

    /// The rank that so many are worse than, and its level.
    pub(crate) fn rung(&self, ladder: Ladder, below: u32) -> (u32, u32) {
        halves(self.at(ladder, below))
    }

    /// The level that so many are worse than.
    pub(crate) fn level(&self, ladder: Ladder, below: u32) -> u32 {
        halves(self.at(ladder, below)).1
    }

    /// The rank of the best level, and the level.
    #[inline(always)]
    pub(crate) fn best(&self, ladder: Ladder) -> Option<(u32, u32)> {
        (ladder.len > 0).then(|| halves(self.at(ladder, ladder.len() - 1)))
    }

    /// Finds a rank on a side.
    pub(crate) fn place(&self, ladder: Ladder, rank: u32) -> Place {
        let below = self.not_better(ladder, rank, ladder.len());
        if below == 0 {
            return Place::Missing(0);
        }
        let (found, level) = halves(self.at(ladder, below - 1));
        if found == rank { Place::Level(level) } else { Place::Missing(below) }
    }

    /// How many of the worst `len` rungs are not better than a rank.
    fn not_better(&self, ladder: Ladder, rank: u32, len: u32) -> u32 {
        let last_of_rank = rung(rank, u32::MAX);
        let (mut from, mut len) = (0, len);
        while len > 0 {
            let half = len.div_ceil(2);
            let not_better = self.at(ladder, from + half - 1) <= last_of_rank;
            from = select_unpredictable(not_better, from + half, from);
            len -= half;
        }
        from
    }

    /// Makes room for one more level on a side. False where no rung is left.
    #[inline]
    pub(crate) fn reserve(&self, ladder: &mut Ladder) -> bool {
        ladder.len() < ladder.capacity() || self.grow(ladder)
    }

    /// Puts a level on a side, with `below` rungs that are worse, where there is
    /// [room](Rungs::reserve).
    pub(crate) fn insert(&self, ladder: &mut Ladder, below: u32, rank: u32, level: u32) {
        ladder.len += 1;
        lanes::move_up(self.from(*ladder, below));
        self.set(*ladder, below, rung(rank, level));
    }

    /// Takes the best level off a side: its rank, and the level.
    pub(crate) fn take_best(&self, ladder: &mut Ladder) -> Option<(u32, u32)> {
        let best = self.best(*ladder)?;
        self.set(*ladder, ladder.len() - 1, 0);
        ladder.len -= 1;
        if ladder.is_roomy() {
            self.shrink(ladder);
        }
        Some(best)
    }

    /// Takes the level of a rank off a side.
    #[inline]
    pub(crate) fn remove(&self, ladder: &mut Ladder, rank: u32) {
        let below = self.not_better(*ladder, rank, ladder.len());
        lanes::move_down(self.from(*ladder, below.saturating_sub(1)));
        if ladder.len > 0 {
            ladder.len -= 1;
            self.set(*ladder, ladder.len(), 0);
        }
        if ladder.is_roomy() {
            self.shrink(ladder);
        }
    }

    /// Moves a side to a chunk of twice the size.
    #[cold]
    fn grow(&self, ladder: &mut Ladder) -> bool {
        let Some(start) = self.chunk(usize::from(ladder.class)) else { return false };
        self.settle(ladder, start, ladder.class + 1);
        true
    }

    /// Moves a side to a chunk of half the size, so that others can have what it was once deep
    /// enough to need. Where there is none, it stays.
    #[cold]
    fn shrink(&self, ladder: &mut Ladder) {
        let class = ladder.class - 1;
        let smaller = usize::from(class).checked_sub(1);
        if let Some(start) = smaller.and_then(|smaller| self.chunk(smaller)) {
            self.settle(ladder, start, class);
        }
    }

    /// Moves a side to another chunk and leaves its own to others.
    fn settle(&self, ladder: &mut Ladder, start: u32, class: u8) {
        let old = *ladder;
        (ladder.start, ladder.class) = (start, class);
        for below in 0..ladder.capacity() {
            let rung = if below < old.len() { self.at(old, below) } else { 0 };
            self.set(*ladder, below, rung);
        }
        if let Some(left) = usize::from(old.class).checked_sub(1) {
            self.set(old, 0, u64::from(self.free[left].get()));
            self.free[left].set(old.start);
        }
    }

    /// How many rungs there are.
    pub(crate) fn rungs_len(&self) -> usize {
        self.rungs.len()
    }

    /// Whether a side can have its levels there: sorted, in a chunk of the table.
    pub(crate) fn is_sound(&self, ladder: Ladder) -> bool {
        let end = u64::from(ladder.start) + u64::from(ladder.capacity());
        usize::from(ladder.class) <= CLASSES
            && ladder.len() <= ladder.capacity()
            && end <= self.rungs.len() as u64
            && ladder.start.is_multiple_of(SMALLEST)
            && (1..ladder.len())
                .all(|at| halves(self.at(ladder, at - 1)).0 < halves(self.at(ladder, at)).0)
            && (ladder.len()..ladder.capacity()).all(|at| self.at(ladder, at) == 0)
    }

    /// Finds out which chunks are free: those between the ones in use, which are given by their
    /// starts, in order, and classes. No two overlap.
    pub(crate) fn recover(&self, used: &[(u32, u8)]) {
        self.clear();
        let mut fresh = 0;
        for &(start, class) in used {
            self.leave(fresh, start);
            let chunk = Ladder { start, len: 0, class };
            fresh = fresh.max(start.saturating_add(chunk.capacity()));
        }
        self.fresh.set(fresh);
    }

    /// Leaves the rungs from one up to another to whoever needs a chunk.
    fn leave(&self, mut from: u32, to: u32) {
        while from < to {
            let rungs = (to - from) / SMALLEST;
            let Some(class) = rungs.checked_ilog2().map(|class| class.min(CLASS_LAST)) else {
                break;
            };
            let free = &self.free[class as usize];
            self.rungs.at(from).set(u64::from(free.get()));
            free.set(from);
            from += SMALLEST << class;
        }
    }

    fn chunk(&self, class: usize) -> Option<u32> {
        let free = self.free.get(class)?;
        let chunk = free.get();
        if chunk != NIL {
            free.set(halves(self.rungs.at(chunk).get()).1);
            return Some(chunk);
        }
        let start = self.fresh.get();
        let end = start.checked_add(SMALLEST << class)?;
        if end as usize > self.rungs.len() {
            return None;
        }
        self.fresh.set(end);
        Some(start)
    }

    /// The same table for a reader: what only the writer needs to know is left out.
    pub(crate) fn share(&self) -> Rungs {
        Rungs {
            rungs: self.rungs.clone(),
            free: [NIL; CLASSES].map(Word32::from),
            fresh: Word32::default(),
        }
    }

    pub(crate) fn clear(&self) {
        self.free.iter().for_each(|free| free.set(NIL));
        self.fresh.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(levels: u32) -> Rungs {
        let mut plan = Plan::default();
        Rungs::plan(&mut plan, levels, 2).unwrap();
        Rungs::new(&mut Region::anonymous(plan).unwrap(), levels, 2).unwrap()
    }

    fn put(rungs: &mut Rungs, ladder: &mut Ladder, rank: u32) -> bool {
        match rungs.place(*ladder, rank) {
            Place::Level(_) => panic!("{rank} is there already"),
            Place::Missing(below) => {
                let room = rungs.reserve(ladder);
                if room {
                    rungs.insert(ladder, below, rank, rank.wrapping_mul(3));
                }
                room
            }
        }
    }

    fn sorted(rungs: &Rungs, ladder: Ladder) -> bool {
        (0..ladder.len()).map(|below| rungs.at(ladder, below)).is_sorted()
            && (ladder.len()..ladder.capacity()).all(|below| rungs.at(ladder, below) == 0)
    }

    #[test]
    fn stays_sorted_whatever_the_order_of_arrival() {
        let (mut rungs, mut ladder) = (rungs(4096), Ladder::NONE);
        let ranks: Vec<u32> = (0..2000u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        for &rank in &ranks {
            assert!(put(&mut rungs, &mut ladder, rank));
        }
        assert!(sorted(&rungs, ladder));
        for &rank in &ranks {
            assert!(
                matches!(rungs.place(ladder, rank), Place::Level(l) if l == rank.wrapping_mul(3))
            );
            assert!(matches!(rungs.place(ladder, rank ^ 1), Place::Missing(_)));
        }
        for &rank in &ranks {
            rungs.remove(&mut ladder, rank);
            assert!(matches!(rungs.place(ladder, rank), Place::Missing(_)));
            assert!(sorted(&rungs, ladder));
        }
        assert_eq!(ladder.len(), 0);
        assert_eq!(rungs.best(ladder), None);
    }

    #[test]
    fn a_side_never_grows_beyond_its_bound_and_outgrown_chunks_are_used_again() {
        let (mut rungs, mut ladder) = (rungs(RUNGS_MAX), Ladder::NONE);
        for rank in 0..RUNGS_MAX {
            assert!(put(&mut rungs, &mut ladder, rank));
        }
        assert!(!put(&mut rungs, &mut ladder, RUNGS_MAX));
        let (fresh, mut other) = (rungs.fresh.get(), Ladder::NONE);
        for rank in 0..RUNGS_MAX / 2 {
            assert!(put(&mut rungs, &mut other, rank));
        }
        assert_eq!(rungs.fresh.get(), fresh, "the second side lives in what the first outgrew");
        assert_eq!((ladder.len(), sorted(&rungs, ladder)), (RUNGS_MAX, true));
    }

    #[test]
    fn asks_rank_the_lower_price_higher() {
        assert!(rank(Side::Ask, 1) > rank(Side::Ask, 2));
        assert!(rank(Side::Bid, 2) > rank(Side::Bid, 1));
    }
}
