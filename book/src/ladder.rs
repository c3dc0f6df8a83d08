//! Ladders: the sorted levels of one side, the best of them near, the others far.
//!
//! A near level is better than every far one, and where there are far ones, as many are near as
//! are published, or more. So nearly all messages find what they need in one line of ranks, however
//! deep the book is.

use crate::far::{Ladder, Place, Rungs};
use core::hint::select_unpredictable;

use crate::header::{Best, Header};
use crate::near::{NEAR_LEVELS, Near, NearLevel, NearSide};
use crate::queues::{LineAt, Queues};
use crate::region::{Plan, Region, RegionError};
use crate::{Locate, Reject, Side};

pub(crate) use crate::far::{price_of, rank};

/// The most levels that one side may have.
const SIDE_LEVELS_MAX: u32 = 16_384;
/// So many become near again when fewer than [`NEAR_LEVELS`] are left.
const REFILLED: u32 = 12;

/// What a message did to a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Became {
    /// It was there and is there.
    Changed,
    /// It is new.
    Appeared,
    /// It is gone.
    Vanished,
}

/// Where the level of a price is on a side, or would be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) rank: u32,
    /// The level, 0 where there is none at the price.
    pub(crate) level: u32,
    pub(crate) is_near: bool,
    /// Where there is no level: near, how many are better; far, how many far ones are worse.
    place: u32,
    /// The slot of a level that is near.
    slot: u32,
}

impl Spot {
    /// The same spot, with a level.
    #[inline(always)]
    pub(crate) fn with(self, level: u32) -> Spot {
        Spot { level, ..self }
    }
}

/// A level as a message leaves it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelNow {
    pub(crate) became: Became,
    pub(crate) spot: Spot,
    pub(crate) orders: u32,
    pub(crate) qty: u64,
}

impl LevelNow {
    fn near(&self) -> NearLevel {
        let Spot { rank, level, .. } = self.spot;
        NearLevel { rank, level, orders: self.orders, qty: self.qty }
    }
}

/// A level of a side, in its order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked {
    pub(crate) rank: u32,
    pub(crate) level: u32,
    /// Where it is near.
    pub(crate) near: Option<Nearby>,
}

/// What a slot says of a level besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nearby {
    pub(crate) slot: u32,
    pub(crate) orders: u32,
    pub(crate) qty: u64,
}

/// All ladders of all books.
#[derive(Debug)]
pub(crate) struct Ladders {
    near: Near,
    far: Rungs,
}

impl Ladders {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize = Near::FINGERPRINT << 32 ^ Rungs::FINGERPRINT;

    pub(crate) fn plan(plan: &mut Plan, levels: u32, locates: u32) -> Result<(), RegionError> {
        Near::plan(plan, locates)?;
        Rungs::plan(plan, levels, 2 * locates)
    }

    pub(crate) fn new(
        region: &mut Region,
        levels: u32,
        locates: u32,
    ) -> Result<Ladders, RegionError> {
        let near = Near::new(region, locates)?;
        Ok(Ladders { near, far: Rungs::new(region, levels, 2 * locates)? })
    }

    /// The same ladders for a reader.
    pub(crate) fn share(&self) -> Ladders {
        Ladders { near: self.near.share(), far: self.far.share() }
    }

    pub(crate) fn clear(&self) {
        self.near.clear();
        self.far.clear();
    }

    /// Whether a header's words and what they lead to can be the levels of a side.
    pub(crate) fn is_sound(&self, header: &Header, locate: Locate, side: Side) -> bool {
        let (near, far) = (self.side(header, locate, side), header.far(side));
        let is_sorted = match (near.len().checked_sub(1), self.far.best(far)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(worst), Some((best, _))) => near.level(worst).0 > best,
        };
        near.is_sound()
            && self.far.is_sound(far)
            && is_sorted
            && (far.len() == 0 || near.len() >= NEAR_LEVELS)
    }

    /// The levels of a side with their ranks, best first.
    pub(crate) fn ranks<'a>(
        &'a self,
        header: &'a Header,
        locate: Locate,
        side: Side,
    ) -> impl Iterator<Item = Ranked> + use<'a> {
        let (near, far) = (self.side(header, locate, side), header.far(side));
        let nearby = (0..near.len()).map(move |better| {
            let NearLevel { rank, level, orders, qty } = near.at(better);
            let slot = near.standing().slot(better);
            Ranked { rank, level, near: Some(Nearby { slot, orders, qty }) }
        });
        let far = (0..far.len()).rev().map(move |below| self.far.rung(far, below));
        nearby.chain(far.map(|(rank, level)| Ranked { rank, level, near: None }))
    }

    /// Takes all levels off both sides, whatever they are; what they took is not given back.
    pub(crate) fn forget(&self, header: &Header, locate: Locate) {
        for side in Side::BOTH {
            self.side(header, locate, side).forget();
            header.set_far(side, Ladder::NONE);
        }
    }

    /// How many rungs there are for far levels.
    pub(crate) fn rungs_len(&self) -> usize {
        self.far.rungs_len()
    }

    /// Finds out what is free, where far levels use these chunks and no others.
    pub(crate) fn recover(&self, used: &[(u32, u8)]) {
        self.far.recover(used);
    }

    #[inline(always)]
    pub(crate) fn side<'a>(
        &'a self,
        header: &'a Header,
        locate: Locate,
        side: Side,
    ) -> NearSide<'a> {
        self.near.side(header, locate, side)
    }

    /// Asks for the ranks and levels of a side.
    #[inline(always)]
    pub(crate) fn prefetch(&self, locate: Locate, side: Side) {
        self.near.prefetch_ranks(locate, side);
    }

    /// The same if they are needed; else, without a branch, for those of some other side that is
    /// always the same.
    #[inline(always)]
    pub(crate) fn prefetch_if(&self, is_needed: bool, locate: Locate, side: Side) {
        let number = select_unpredictable(is_needed, locate.get(), 0);
        self.near.prefetch_ranks(Locate::new(number), side);
    }

    /// Asks for the best far levels of a side.
    #[inline(always)]
    pub(crate) fn prefetch_far(&self, near: NearSide<'_>) {
        self.far.prefetch(near.header.far(near.side));
    }

    /// How many levels a side has.
    #[inline(always)]
    pub(crate) fn len(near: NearSide<'_>) -> u32 {
        near.len() + near.header.far_len(near.side)
    }

    /// The levels of a side, best first.
    pub(crate) fn levels<'a>(
        &'a self,
        header: &'a Header,
        locate: Locate,
        side: Side,
    ) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + use<'a> {
        let (near, far) = (self.side(header, locate, side), header.far(side));
        let near_len = near.len();
        // What a reader finds in a book that is being changed may be more than there can be.
        let levels = u16::try_from(near_len + far.len()).unwrap_or(u16::MAX);
        (0..levels).map(move |better| {
            let better = u32::from(better);
            if better < near_len {
                near.level(better).1
            } else {
                self.far.level(far, (far.len() + near_len).wrapping_sub(better + 1))
            }
        })
    }

    /// Asks for what settling a level at a spot will write.
    #[inline(always)]
    pub(crate) fn prefetch_to_write(near: NearSide<'_>, spot: &Spot) {
        near.prefetch_to_write(spot.slot);
    }

    /// Finds a rank on a side.
    #[inline(always)]
    pub(crate) fn find(&self, near: NearSide<'_>, rank: u32) -> Spot {
        let (header, side) = (near.header, near.side);
        let (better, standing) = (near.better(rank), near.standing());
        let is_open = (header.far_len(side) == 0) & !standing.is_full();
        if (better < standing.len()) | is_open {
            let slot = standing.slot(better);
            let (found, level) = near.level_in(slot);
            let is_there = (better < standing.len()) & (found == rank);
            let level = select_unpredictable(is_there, level, 0);
            return Spot { rank, level, is_near: true, place: better, slot };
        }
        let (level, place) = self.find_far(header.far(side), rank);
        Spot { rank, level, is_near: false, place, slot: 0 }
    }

    /// The near level of a rank, 0 where there is none, and whether it may be far. Without a branch.
    #[inline(always)]
    pub(crate) fn near_level(near: NearSide<'_>, rank: u32) -> (u32, bool) {
        let (better, standing) = (near.better(rank), near.standing());
        let slot = standing.slot(better);
        near.prefetch(slot);
        let (found, level) = near.level_in(slot);
        let may_be_far = (better >= standing.len()) & (near.header.far_len(near.side) > 0);
        (select_unpredictable(found == rank, level, 0), may_be_far)
    }

    /// The spot of a level that is on the side, which knows it.
    #[inline(always)]
    pub(crate) fn spot(rank: u32, level: LineAt<'_>) -> Spot {
        let near = level.line.near_slot();
        // One that is far is looked for only where it has to go.
        Spot {
            rank,
            level: level.number,
            is_near: near.is_some(),
            place: 0,
            slot: near.unwrap_or(0),
        }
    }

    /// The far level of a rank, 0 where there is none, and how many are worse there.
    #[cold]
    fn find_far(&self, ladder: Ladder, rank: u32) -> (u32, u32) {
        match self.far.place(ladder, rank) {
            Place::Level(level) => (level, 0),
            Place::Missing(below) => (0, below),
        }
    }

    /// Sees to it that a level can be put where there is none.
    #[inline(always)]
    pub(crate) fn reserve(&self, near: NearSide<'_>, spot: &Spot) -> Result<(), Reject> {
        if spot.is_near && !near.is_full() && Ladders::len(near) < SIDE_LEVELS_MAX {
            return Ok(());
        }
        self.reserve_far(near)
    }

    #[cold]
    fn reserve_far(&self, near: NearSide<'_>) -> Result<(), Reject> {
        let (header, side) = (near.header, near.side);
        let mut ladder = header.far(side);
        if Ladders::len(near) >= SIDE_LEVELS_MAX || !self.far.reserve(&mut ladder) {
            return Err(Reject::LevelsFull);
        }
        header.set_far(side, ladder);
        Ok(())
    }

    /// Makes a side what a message left of a level, within the version of the header's line. The best
    /// level then, where `before` was the best one.
    #[inline(always)]
    pub(crate) fn settle(
        &self,
        near: NearSide<'_>,
        before: Best,
        now: &LevelNow,
        queues: &Queues,
    ) -> Best {
        let (header, side) = (near.header, near.side);
        let Spot { rank, level, place, slot, is_near } = now.spot;
        if !is_near {
            match now.became {
                Became::Changed => {}
                Became::Appeared => self.put_far(header, side, place, (rank, level)),
                Became::Vanished => self.take_far(header, side, rank),
            }
            return before;
        }
        let is_best = match now.became {
            Became::Changed => {
                near.change(slot, now.orders, now.qty);
                rank == before.rank
            }
            Became::Appeared => {
                if near.is_full() {
                    self.spill(near, queues);
                }
                let slot = near.insert(place, &now.near());
                queues.line(level).set_near_slot(Some(slot));
                place == 0
            }
            Became::Vanished => {
                near.remove(near.better(rank));
                if near.len() < NEAR_LEVELS && header.far_len(side) > 0 {
                    self.refill(near, queues);
                }
                return if rank == before.rank { near.best() } else { before };
            }
        };
        // Whether it is the best one cannot be foreseen.
        Best {
            rank: select_unpredictable(is_best, rank, before.rank),
            qty: select_unpredictable(is_best, now.qty, before.qty),
        }
    }

    #[cold]
    fn put_far(&self, header: &Header, side: Side, worse: u32, (rank, level): (u32, u32)) {
        let mut ladder = header.far(side);
        self.far.insert(&mut ladder, worse, rank, level);
        header.set_far(side, ladder);
    }

    #[cold]
    fn take_far(&self, header: &Header, side: Side, rank: u32) {
        let mut ladder = header.far(side);
        self.far.remove(&mut ladder, rank);
        header.set_far(side, ladder);
    }

    /// The worst near level becomes the best far one; there is room.
    #[cold]
    fn spill(&self, near: NearSide<'_>, queues: &Queues) {
        let (header, side) = (near.header, near.side);
        let mut ladder = header.far(side);
        let NearLevel { rank, level, .. } = near.take_worst();
        queues.line(level).set_near_slot(None);
        let worse = ladder.len();
        self.far.insert(&mut ladder, worse, rank, level);
        header.set_far(side, ladder);
    }

    /// The best far levels become near ones, until some more are near than have to be.
    #[cold]
    fn refill(&self, near: NearSide<'_>, queues: &Queues) {
        let (header, side) = (near.header, near.side);
        let mut ladder = header.far(side);
        while near.len() < REFILLED
            && let Some((rank, level)) = self.far.take_best(&mut ladder)
        {
            let line = queues.line(level);
            let (orders, qty) = (line.orders.get(), line.qty.get());
            let slot = near.append(&NearLevel { rank, level, orders, qty });
            line.set_near_slot(Some(slot));
        }
        header.set_far(side, ladder);
    }
}
