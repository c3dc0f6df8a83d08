//! Ladders: the sorted prices of one side, the touch at the end.
//!
//! A rung is one `u64`: the price's rank in the high half, the level's index in the low half. A
//! higher rank is a better price on either side (for asks the rank is the price's complement),
//! so that both sides are ascending arrays whose last rung is the touch. Most messages concern
//! rungs near the end: a search looks there first, and an insertion moves only what is better.

use bytemuck::{Pod, Zeroable};

use crate::Side;
use crate::orders::{Index, NIL};
use crate::region::{Plan, Region, RegionError, Table};

/// Rungs of the smallest chunk: one cache line.
const SMALLEST: u32 = 8;
/// Chunk sizes: 8, 16, … 8 × 2¹¹.
const CLASSES: usize = 12;
/// The most rungs that one side may have.
#[cfg(test)]
pub(crate) const RUNGS_MAX: u32 = SMALLEST << (CLASSES - 1);

/// One side's place in the rung table.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Ladder {
    start: u32,
    len: u16,
    /// 0 for none yet, else the class of the chunk plus one.
    class: u16,
}

impl Ladder {
    /// A side without levels.
    pub(crate) const NONE: Ladder = Ladder { start: 0, len: 0, class: 0 };

    pub(crate) fn len(self) -> u32 {
        u32::from(self.len)
    }

    fn capacity(self) -> u32 {
        if self.class == 0 { 0 } else { SMALLEST << (self.class - 1) }
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

#[inline(always)]
fn rung(rank: u32, level: Index) -> u64 {
    u64::from(rank) << 32 | u64::from(level)
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // the two halves
fn halves(rung: u64) -> (u32, Index) {
    ((rung >> 32) as u32, rung as u32)
}

/// Where a rank is, or where it would have to go: a count of rungs from the worst.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// There is a level at that price.
    Level(Index),
    /// There is none; it would go here.
    Missing(u32),
}

/// The rungs of all sides of all books.
#[derive(Debug)]
pub(crate) struct Rungs {
    rungs: Table<u64>,
    /// Chunks of each class that a side outgrew or left, linked through their first rung.
    free: [Index; CLASSES],
    fresh: u32,
}

/// How many rungs are looked at one by one before the rest is halved.
const NEAR: usize = 8;

impl Rungs {
    /// Chunks are at most half empty, and outgrown ones wait for another side to need them.
    fn len(levels: u32, sides: u32) -> usize {
        4 * levels as usize + SMALLEST as usize * sides as usize
    }

    pub(crate) fn plan(plan: &mut Plan, levels: u32, sides: u32) -> Result<(), RegionError> {
        plan.table::<u64>(Rungs::len(levels, sides))
    }

    pub(crate) fn new(region: &mut Region, levels: u32, sides: u32) -> Result<Rungs, RegionError> {
        let rungs: Table<u64> = region.carve(Rungs::len(levels, sides))?;
        u32::try_from(rungs.len()).map_err(|_| RegionError::TooLarge)?;
        Ok(Rungs { rungs, free: [NIL; CLASSES], fresh: 0 })
    }

    /// All levels of a side, worst first.
    #[inline]
    pub(crate) fn of(&self, ladder: Ladder) -> &[u64] {
        let start = ladder.start as usize;
        self.rungs.as_slice().get(start..start + usize::from(ladder.len)).unwrap_or_default()
    }

    fn of_mut(&mut self, ladder: Ladder) -> &mut [u64] {
        let start = ladder.start as usize;
        self.rungs
            .as_mut_slice()
            .get_mut(start..start + usize::from(ladder.len))
            .unwrap_or_default()
    }

    /// The levels of a side, best first.
    pub(crate) fn levels(
        &self,
        ladder: Ladder,
    ) -> impl DoubleEndedIterator<Item = Index> + ExactSizeIterator {
        self.of(ladder).iter().rev().map(|&r| halves(r).1)
    }

    /// The best level.
    #[inline(always)]
    pub(crate) fn best(&self, ladder: Ladder) -> Option<Index> {
        self.of(ladder).last().map(|&r| halves(r).1)
    }

    #[inline(always)]
    pub(crate) fn prefetch_best(&self, ladder: Ladder) {
        self.rungs.prefetch((ladder.start + u32::from(ladder.len)).wrapping_sub(1));
    }

    /// A guess at the level of a price, from the best rungs alone, to prefetch by.
    #[inline(always)]
    pub(crate) fn guess(&self, ladder: Ladder, rank: u32) -> Option<Index> {
        let near = self.of(ladder).iter().rev().take(NEAR);
        near.copied().map(halves).find(|&(r, _)| r <= rank).map(|(_, level)| level)
    }

    /// Finds a rank on a side.
    #[inline]
    pub(crate) fn place(&self, ladder: Ladder, rank: u32) -> Place {
        let rungs = self.of(ladder);
        let far = rungs.len().saturating_sub(NEAR);
        let (far_rungs, near_rungs) = rungs.split_at(far);
        let mut below = rungs.len();
        for &candidate in near_rungs.iter().rev() {
            let (r, level) = halves(candidate);
            if r <= rank {
                return if r == rank { Place::Level(level) } else { missing(below) };
            }
            below -= 1;
        }
        let below = far_rungs.partition_point(|&r| halves(r).0 <= rank);
        match far_rungs.get(below.wrapping_sub(1)).copied().map(halves) {
            Some((r, level)) if r == rank => Place::Level(level),
            _ => missing(below),
        }
    }

    /// Puts a level on a side, `below` rungs from the worst. False where no rung is left.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        ladder: &mut Ladder,
        below: u32,
        rank: u32,
        level: Index,
    ) -> bool {
        if ladder.len() == ladder.capacity() && !self.grow(ladder) {
            return false;
        }
        ladder.len += 1;
        let rungs = self.of_mut(*ladder);
        if let Some(better) = rungs.get_mut(below as usize..).filter(|b| !b.is_empty()) {
            better.copy_within(..better.len() - 1, 1);
            better[0] = rung(rank, level);
        }
        true
    }

    /// Takes the level of a rank off a side.
    #[inline]
    pub(crate) fn remove(&mut self, ladder: &mut Ladder, rank: u32) {
        let rungs = self.of_mut(*ladder);
        let far = rungs.len().saturating_sub(NEAR);
        let near = rungs[far..].iter().rposition(|&r| halves(r).0 == rank).map(|at| far + at);
        let at = near.unwrap_or_else(|| rungs.partition_point(|&r| halves(r).0 < rank));
        if let Some(rest) = rungs.get_mut(at..).filter(|rest| !rest.is_empty()) {
            rest.copy_within(1.., 0);
            ladder.len -= 1;
            if ladder.is_roomy() {
                self.shrink(ladder);
            }
        }
    }

    /// Moves a side to a chunk of twice the size.
    #[cold]
    fn grow(&mut self, ladder: &mut Ladder) -> bool {
        let Some(start) = self.chunk(usize::from(ladder.class)) else { return false };
        self.settle(ladder, start, ladder.class + 1);
        true
    }

    /// Moves a side to a chunk of half the size, so that others can have what it was once deep
    /// enough to need. Where there is none, it stays.
    #[cold]
    fn shrink(&mut self, ladder: &mut Ladder) {
        let class = ladder.class - 1;
        let smaller = usize::from(class).checked_sub(1);
        if let Some(start) = smaller.and_then(|smaller| self.chunk(smaller)) {
            self.settle(ladder, start, class);
        }
    }

    /// Moves a side to another chunk and leaves its own to others.
    fn settle(&mut self, ladder: &mut Ladder, start: u32, class: u16) {
        let (from, len) = (ladder.start as usize, usize::from(ladder.len));
        self.rungs.as_mut_slice().copy_within(from..from + len, start as usize);
        if let Some(left) = usize::from(ladder.class).checked_sub(1) {
            *self.rungs.at_mut(ladder.start) = u64::from(self.free[left]);
            self.free[left] = ladder.start;
        }
        (ladder.start, ladder.class) = (start, class);
    }

    fn chunk(&mut self, class: usize) -> Option<Index> {
        let free = *self.free.get(class)?;
        if free != NIL {
            self.free[class] = halves(*self.rungs.at(free)).1;
            return Some(free);
        }
        let start = self.fresh;
        let end = start.checked_add(SMALLEST << class)?;
        if end as usize > self.rungs.len() {
            return None;
        }
        self.fresh = end;
        Some(start)
    }

    pub(crate) fn prefault(&mut self) {
        self.rungs.prefault();
    }

    pub(crate) fn clear(&mut self) {
        (self.free, self.fresh) = ([NIL; CLASSES], 0);
    }
}

#[inline(always)]
fn missing(below: usize) -> Place {
    #[allow(clippy::cast_possible_truncation)] // at most RUNGS_MAX
    Place::Missing(below as u32)
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
            Place::Missing(below) => rungs.insert(ladder, below, rank, rank.wrapping_mul(3)),
        }
    }

    #[test]
    fn stays_sorted_whatever_the_order_of_arrival() {
        let (mut rungs, mut ladder) = (rungs(4096), Ladder::NONE);
        let ranks: Vec<u32> = (0..2000u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        for &rank in &ranks {
            assert!(put(&mut rungs, &mut ladder, rank));
        }
        assert!(rungs.of(ladder).is_sorted());
        for &rank in &ranks {
            assert!(
                matches!(rungs.place(ladder, rank), Place::Level(l) if l == rank.wrapping_mul(3))
            );
            assert!(matches!(rungs.place(ladder, rank ^ 1), Place::Missing(_)));
        }
        for &rank in &ranks {
            rungs.remove(&mut ladder, rank);
            assert!(matches!(rungs.place(ladder, rank), Place::Missing(_)));
            assert!(rungs.of(ladder).is_sorted());
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
        let (fresh, mut other) = (rungs.fresh, Ladder::NONE);
        for rank in 0..RUNGS_MAX / 2 {
            assert!(put(&mut rungs, &mut other, rank));
        }
        assert_eq!(rungs.fresh, fresh, "the second side lives in what the first outgrew");
        assert_eq!(rungs.of(ladder).len(), RUNGS_MAX as usize);
    }

    #[test]
    fn asks_rank_the_lower_price_higher() {
        assert!(rank(Side::Ask, 1) > rank(Side::Ask, 2));
        assert!(rank(Side::Bid, 2) > rank(Side::Bid, 1));
    }
}
