//! The best levels of each side, where nearly everything happens and what most readers want.
//!
//! Each side is a ring of slots whose end is behind its best level: a level that comes or goes
//! moves only the better ones, and none of the others. A slot without a level has rank 0, which is
//! better than none: so the place of a price among the levels is the number of ranks above it, in
//! whatever order the slots are looked at, and it is counted without a branch.
//!
//! The ring is part of the book and what is published of it at once: it changes at the end of a
//! message, with the touch, under the version of the header's line. Its quantities are those of
//! the levels' own lines, said again so that readers find them together.

use crate::header::{Best, Header};
use crate::region::{Plan, Region, RegionError, Table, Word32, Word64, lanes, prefetch, words};
use crate::{Locate, Side};

/// Slots that are searched together.
const BLOCK: usize = 16;
#[allow(clippy::cast_possible_truncation)] // a small constant
const BLOCK_SLOTS: u32 = BLOCK as u32;
/// A ring has so many slots more than levels are published, or a few more: levels come and go
/// without others having to be brought from afar each time.
const SLACK: u32 = 6;

words! {
    /// A level in a slot.
    struct Entry, align(16) {
        qty: Word64,
        orders: Word32,
        level: Word32,
    }
}

words! {
    /// Some slots of one side.
    struct Block, align(64) {
        ranks: [Word32; BLOCK],
        entries: [Entry; BLOCK],
    }
}

/// A level as a ring has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NearLevel {
    pub(crate) rank: u32,
    pub(crate) level: u32,
    pub(crate) orders: u32,
    pub(crate) qty: u64,
}

impl NearLevel {
    const NONE: NearLevel = NearLevel { rank: 0, level: 0, orders: 0, qty: 0 };
}

/// The rings of all sides of all books.
#[derive(Debug)]
pub(crate) struct Near {
    blocks: Table<Block>,
    /// Blocks of a side, a power of two.
    side_blocks: u32,
}

impl Near {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize = size_of::<Block>() << 8 | BLOCK;

    fn side_blocks(published: u32) -> u32 {
        (published + SLACK).div_ceil(BLOCK_SLOTS).next_power_of_two()
    }

    fn blocks(published: u32, locates: u32) -> usize {
        2 * locates as usize * Near::side_blocks(published) as usize
    }

    pub(crate) fn plan(plan: &mut Plan, published: u32, locates: u32) -> Result<(), RegionError> {
        plan.table::<Block>(Near::blocks(published, locates))
    }

    pub(crate) fn new(
        region: &mut Region,
        published: u32,
        locates: u32,
    ) -> Result<Near, RegionError> {
        let blocks = region.carve(Near::blocks(published, locates))?;
        Ok(Near { blocks, side_blocks: Near::side_blocks(published) })
    }

    /// The same rings for a reader.
    pub(crate) fn share(&self) -> Near {
        Near { blocks: self.blocks.clone(), side_blocks: self.side_blocks }
    }

    /// The ring of one side of a symbol, whose header this is.
    #[inline(always)]
    pub(crate) fn ring<'a>(&'a self, header: &'a Header, locate: Locate, side: Side) -> Ring<'a> {
        #[allow(clippy::cast_possible_truncation)] // 0 or 1
        let number = 2 * u32::from(locate.get()) + side.index() as u32;
        Ring { near: self, header, side, first: number * self.side_blocks }
    }

    /// Asks for the ranks of a side, which can be done before its header is there.
    #[inline(always)]
    pub(crate) fn prefetch_ranks(&self, locate: Locate, side: Side) {
        #[allow(clippy::cast_possible_truncation)] // 0 or 1
        let number = 2 * u32::from(locate.get()) + side.index() as u32;
        self.blocks.prefetch(number * self.side_blocks);
    }

    pub(crate) fn clear(&self) {
        for block in self.blocks.as_slice() {
            block.ranks.iter().filter(|rank| rank.get() != 0).for_each(|rank| rank.set(0));
        }
    }
}

/// One ring.
#[derive(Clone, Copy)]
pub(crate) struct Ring<'a> {
    near: &'a Near,
    header: &'a Header,
    side: Side,
    /// Its first block.
    first: u32,
}

impl<'a> Ring<'a> {
    /// How many levels are here.
    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        self.header.ring(self.side).1
    }

    /// How many there can be.
    #[inline(always)]
    pub(crate) fn slots(self) -> u32 {
        self.near.side_blocks * BLOCK_SLOTS
    }

    #[inline(always)]
    pub(crate) fn is_full(self) -> bool {
        self.len() >= self.slots()
    }

    /// The slot at a count that goes round.
    #[inline(always)]
    fn slot(self, position: u32) -> (&'a Block, usize) {
        let block = (position / BLOCK_SLOTS) & (self.near.side_blocks - 1);
        (self.near.blocks.at(self.first + block), position as usize % BLOCK)
    }

    /// The position of the level that so many are better than.
    #[inline(always)]
    fn place(self, better: u32) -> u32 {
        self.header.ring(self.side).0.wrapping_sub(1).wrapping_sub(better)
    }

    /// How many levels are better than a rank.
    #[inline(always)]
    pub(crate) fn better(self, rank: u32) -> u32 {
        let blocks = (0..self.near.side_blocks).map(|at| self.near.blocks.at(self.first + at));
        blocks.map(|block| lanes::above16(&block.ranks, rank)).sum()
    }

    /// The level that so many are better than; if there are no more, anything.
    #[inline(always)]
    pub(crate) fn at(self, better: u32) -> NearLevel {
        let (block, at) = self.slot(self.place(better));
        let Entry { qty, orders, level } = &block.entries[at];
        NearLevel {
            rank: block.ranks[at].get(),
            level: level.get(),
            orders: orders.get(),
            qty: qty.get(),
        }
    }

    /// The best level.
    #[inline(always)]
    pub(crate) fn best(self) -> Best {
        if self.len() == 0 {
            return Best::NONE;
        }
        let (block, at) = self.slot(self.place(0));
        Best { rank: block.ranks[at].get(), qty: block.entries[at].qty.get() }
    }

    /// Asks for the slots of the best levels.
    #[inline(always)]
    pub(crate) fn prefetch_best(self) {
        let (block, at) = self.slot(self.place(0));
        prefetch(&raw const block.entries[at]);
    }

    #[inline(always)]
    fn put(self, position: u32, now: &NearLevel) {
        let (block, at) = self.slot(position);
        block.ranks[at].set(now.rank);
        let entry = &block.entries[at];
        entry.qty.set(now.qty);
        entry.orders.set(now.orders);
        entry.level.set(now.level);
    }

    /// Gives the level that so many are better than new totals.
    #[inline(always)]
    pub(crate) fn change(self, better: u32, orders: u32, qty: u64) {
        let (block, at) = self.slot(self.place(better));
        block.entries[at].qty.set(qty);
        block.entries[at].orders.set(orders);
    }

    /// Puts a level behind so many better ones; there is room.
    #[inline(always)]
    pub(crate) fn insert(self, better: u32, now: &NearLevel) {
        let (end, len) = self.header.ring(self.side);
        for moved in 0..better {
            let level = self.at(moved);
            self.put(end.wrapping_sub(moved), &level);
        }
        self.put(end.wrapping_sub(better), now);
        self.header.set_ring(self.side, end.wrapping_add(1), len + 1);
    }

    /// Takes out the level that so many are better than.
    #[inline(always)]
    pub(crate) fn remove(self, better: u32) {
        let (end, len) = self.header.ring(self.side);
        for moved in (0..better).rev() {
            let level = self.at(moved);
            self.put(end.wrapping_sub(2 + moved), &level);
        }
        self.put(end.wrapping_sub(1), &NearLevel::NONE);
        self.header.set_ring(self.side, end.wrapping_sub(1), len.saturating_sub(1));
    }

    /// Puts a level behind the worst one; there is room.
    pub(crate) fn append(self, now: &NearLevel) {
        let (end, len) = self.header.ring(self.side);
        self.put(self.place(len), now);
        self.header.set_ring(self.side, end, len + 1);
    }

    /// Takes out the worst level; there is one.
    pub(crate) fn take_worst(self) -> NearLevel {
        let (end, len) = self.header.ring(self.side);
        let worst = self.at(len.saturating_sub(1));
        self.put(self.place(len.saturating_sub(1)), &NearLevel::NONE);
        self.header.set_ring(self.side, end, len.saturating_sub(1));
        worst
    }
}
