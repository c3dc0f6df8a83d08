//! The best levels of each book, in a record of their own that readers take in one go.
//!
//! The book itself is spread over many lines and is being changed for most of a message. The
//! record has its own sequence lock, which is open only while the few words that a message changed
//! are written, at the end of the message.
//!
//! Each side is a ring of slots whose end is behind its best level: a level that comes or goes
//! moves only the better ones, and a ring that is full drops its worst. It holds more levels than
//! are promised, so that some can go before the next ones have to be fetched from the book. A slot
//! without a level has rank 0, which is better than none: so the place of a price among the levels
//! is the number of ranks above it, in whatever order the slots are looked at.

use crate::region::seqlock::Version;
use crate::region::{Plan, Region, RegionError, Table, Word8, Word32, Word64, lanes, words};
use crate::{Locate, Nanos, SeqNo, Side, Stamp};

/// The most levels of a side that can be published.
pub const DEPTH_LEVELS_MAX: u32 = 58;

/// Slots that are searched together.
const BLOCK: usize = 16;
/// A ring holds so many levels more than are promised, or a few more.
const SLACK: u32 = 6;

words! {
    /// What both sides of a record have in common.
    struct DepthLine, align(64) {
        /// Odd while the record is being written.
        version: Version,
        /// The slot behind the best level, as a count that goes round.
        ends: [Word8; 2],
        /// Levels in the ring.
        lens: [Word8; 2],
        /// The message that changed the record last.
        seq: Word64,
        time: Word64,
        _reserved: [Word64; 5],
    }
}

words! {
    /// Some slots of one side.
    struct Block, align(64) {
        ranks: [Word32; BLOCK],
        orders: [Word32; BLOCK],
        qtys: [Word64; BLOCK],
    }
}

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

impl Became {
    /// By how much the side has more levels for it.
    #[inline(always)]
    fn more(self) -> u32 {
        match self {
            Became::Changed => 0,
            Became::Appeared => 1,
            Became::Vanished => u32::MAX,
        }
    }
}

/// A level as a message leaves it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelNow {
    pub(crate) became: Became,
    pub(crate) rank: u32,
    pub(crate) orders: u32,
    pub(crate) qty: u64,
}

/// The records of all books.
#[derive(Debug)]
pub(crate) struct Depths {
    lines: Table<DepthLine>,
    blocks: Table<Block>,
    /// Levels that are promised for each side; 0 where there are no records.
    levels: u32,
    /// Blocks of a side, a power of two.
    side_blocks: u32,
}

impl Depths {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize =
        size_of::<DepthLine>() << 24 | size_of::<Block>() << 8 | BLOCK;

    /// How many blocks a side needs.
    fn side_blocks(levels: u32) -> u32 {
        #[allow(clippy::cast_possible_truncation)] // a small constant
        const SLOTS: u32 = BLOCK as u32;
        (levels + SLACK).div_ceil(SLOTS).next_power_of_two()
    }

    fn lens(levels: u32, locates: u32) -> [usize; 2] {
        if levels == 0 {
            return [1; 2];
        }
        [locates as usize, 2 * locates as usize * Depths::side_blocks(levels) as usize]
    }

    pub(crate) fn plan(plan: &mut Plan, levels: u32, locates: u32) -> Result<(), RegionError> {
        let [lines, blocks] = Depths::lens(levels, locates);
        plan.table::<DepthLine>(lines)?;
        plan.table::<Block>(blocks)
    }

    pub(crate) fn new(
        region: &mut Region,
        levels: u32,
        locates: u32,
    ) -> Result<Depths, RegionError> {
        let [lines, blocks] = Depths::lens(levels, locates);
        Ok(Depths {
            lines: region.carve(lines)?,
            blocks: region.carve(blocks)?,
            levels,
            side_blocks: Depths::side_blocks(levels),
        })
    }

    /// The same records for a reader.
    pub(crate) fn share(&self) -> Depths {
        Depths { lines: self.lines.clone(), blocks: self.blocks.clone(), ..*self }
    }

    /// One side of a symbol's record.
    #[inline(always)]
    fn side(&self, locate: Locate, side: Side) -> Ring<'_> {
        #[allow(clippy::cast_possible_truncation)] // 0 or 1
        let number = 2 * u32::from(locate.get()) + side.index() as u32;
        Ring {
            depths: self,
            line: self.lines.at(u32::from(locate.get())),
            first: number * self.side_blocks,
            side: side.index(),
        }
    }

    /// Asks for what every message on a symbol needs.
    #[inline(always)]
    pub(crate) fn prefetch(&self, locate: Locate) {
        self.lines.prefetch(u32::from(locate.get()));
    }

    /// Asks for what a message on one side of it needs besides, at the best levels.
    #[inline(always)]
    pub(crate) fn prefetch_side(&self, locate: Locate, side: Side) {
        if self.levels == 0 {
            return;
        }
        let ring = self.side(locate, side);
        let best = ring.end().wrapping_sub(1);
        let (block, at) = ring.slot(best);
        crate::region::prefetch(&raw const block.ranks);
        crate::region::prefetch(&raw const block.orders);
        crate::region::prefetch(&raw const block.qtys[at]);
    }

    /// Notes what a message did to one or two levels of a side that has `levels` of them now.
    /// Where that concerns nothing that is published, nothing is written.
    ///
    /// `all` gives all levels of the side, best first, where some have to be fetched.
    #[inline(always)]
    pub(crate) fn publish<W: Iterator<Item = LevelNow>>(
        &self,
        (locate, side, at): (Locate, Side, Stamp),
        nows: [Option<LevelNow>; 2],
        levels: u32,
        all: impl FnOnce() -> W,
    ) {
        let [first, second] = nows;
        let (Some(first), true) = (first, self.levels > 0) else { return };
        let ring = self.side(locate, side);
        let more = |now: Option<LevelNow>| now.map_or(0, |now| now.became.more());
        let before_second = levels.wrapping_sub(more(second));
        let before = before_second.wrapping_sub(first.became.more());
        let place = ring.shown(&first, before);
        if second.is_none() && place.is_none() {
            return;
        }
        ring.line.version.begin();
        if let Some(better) = place {
            ring.note(&first, better);
        }
        if let Some(second) = second
            && let Some(better) = ring.shown(&second, before_second)
        {
            ring.note(&second, better);
        }
        if ring.len() < self.levels.min(levels) {
            ring.refill(all());
        }
        ring.close(at);
    }

    /// Makes a record anew from all levels of both sides, best first; whatever it was before.
    pub(crate) fn show<W: Iterator<Item = LevelNow>>(
        &self,
        (locate, at): (Locate, Stamp),
        levels: impl Fn(Side) -> W,
    ) {
        if self.levels == 0 {
            return;
        }
        self.lines.at(u32::from(locate.get())).version.reopen();
        for side in Side::BOTH {
            let ring = self.side(locate, side);
            ring.empty();
            ring.refill(levels(side));
        }
        self.side(locate, Side::Bid).close(at);
    }

    /// The levels of both sides, best first, as `level` makes them of rank, quantity and number of
    /// orders; with the message that changed the record last. `None` where each try met the writer.
    #[inline(always)]
    pub(crate) fn read<T>(
        &self,
        locate: Locate,
        tries: u32,
        copy: impl Fn([Levels<'_>; 2], SeqNo, Nanos) -> T,
    ) -> Option<T> {
        let line = self.lines.at(u32::from(locate.get()));
        line.version.read(tries, || {
            let sides = Side::BOTH.map(|side| self.side(locate, side).levels());
            copy(sides, SeqNo::new(line.seq.get()), Nanos::new(line.time.get()))
        })
    }

    /// The version of a record: it differs when the record does.
    #[inline(always)]
    pub(crate) fn version(&self, locate: Locate) -> u32 {
        self.lines.at(u32::from(locate.get())).version.number()
    }

    /// Readers of the record have to wait until [`Depths::show`].
    pub(crate) fn open(&self, locate: Locate) {
        self.lines.at(u32::from(locate.get())).version.reopen();
    }

    /// Opens all records that were ever written to.
    pub(crate) fn open_all(&self) {
        let lines = self.lines.as_slice().iter();
        lines.filter(|line| line.version.number() != 0).for_each(|line| line.version.reopen());
    }

    /// Empties and closes all that are open.
    pub(crate) fn clear(&self) {
        let lines = self.lines.as_slice().iter().zip((0..=u16::MAX).map(Locate::new));
        for (_, locate) in lines.filter(|(line, _)| line.version.is_open()) {
            self.show((locate, Stamp::default()), |_| std::iter::empty());
        }
    }
}

/// One side of one record.
#[derive(Clone, Copy)]
struct Ring<'a> {
    depths: &'a Depths,
    line: &'a DepthLine,
    /// Its first block.
    first: u32,
    side: usize,
}

impl<'a> Ring<'a> {
    #[inline(always)]
    fn end(&self) -> u32 {
        u32::from(self.line.ends[self.side].get())
    }

    #[inline(always)]
    fn len(&self) -> u32 {
        u32::from(self.line.lens[self.side].get())
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // counts that go round, and at most 64
    fn set_ends(&self, end: u32, len: u32) {
        self.line.ends[self.side].set(end as u8);
        self.line.lens[self.side].set(len as u8);
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // at most 64
    fn slots(&self) -> u32 {
        self.depths.side_blocks * BLOCK as u32
    }

    #[inline(always)]
    fn blocks(self) -> impl Iterator<Item = &'a Block> {
        (0..self.depths.side_blocks).map(move |block| self.depths.blocks.at(self.first + block))
    }

    /// The slot at a count that goes round.
    #[inline(always)]
    fn slot(&self, position: u32) -> (&'a Block, usize) {
        let at = position as usize % BLOCK;
        #[allow(clippy::cast_possible_truncation)] // a small constant
        let block = (position / BLOCK as u32) & (self.depths.side_blocks - 1);
        (self.depths.blocks.at(self.first + block), at)
    }

    /// How many levels are better than a rank.
    #[inline(always)]
    fn better(&self, rank: u32) -> u32 {
        self.blocks().map(|block| lanes::above16(&block.ranks, rank)).sum()
    }

    #[inline(always)]
    fn put(&self, position: u32, rank: u32, orders: u32, qty: u64) {
        let (block, at) = self.slot(position);
        block.ranks[at].set(rank);
        block.orders[at].set(orders);
        block.qtys[at].set(qty);
    }

    #[inline(always)]
    fn move_slot(&self, from: u32, to: u32) {
        let (block, at) = self.slot(from);
        self.put(to, block.ranks[at].get(), block.orders[at].get(), block.qtys[at].get());
    }

    /// How many levels are better than one, if that is published: before or after the message.
    /// `levels` is how many the side had before it.
    #[inline(always)]
    fn shown(&self, now: &LevelNow, levels: u32) -> Option<u32> {
        let (better, len) = (self.better(now.rank), self.len());
        let shown = if now.became == Became::Appeared {
            // Where all levels of the side are here, so is a new worst one, as long as there is room.
            (better < len) | ((len == levels) & (len < self.slots()))
        } else {
            let (block, at) = self.slot(self.place(better));
            (better < len) & (block.ranks[at].get() == now.rank)
        };
        shown.then_some(better)
    }

    /// The slot of the level that so many are better than, as a count that goes round.
    #[inline(always)]
    fn place(&self, better: u32) -> u32 {
        self.end().wrapping_sub(1).wrapping_sub(better)
    }

    #[inline(always)]
    fn note(&self, now: &LevelNow, better: u32) {
        match now.became {
            Became::Changed => {
                let (block, at) = self.slot(self.place(better));
                block.orders[at].set(now.orders);
                block.qtys[at].set(now.qty);
            }
            Became::Appeared => self.insert(now, better),
            Became::Vanished => self.remove(better),
        }
    }

    #[inline(always)]
    fn insert(&self, now: &LevelNow, better: u32) {
        let (end, len) = (self.end(), self.len());
        if better == len {
            return self.append(now);
        }
        for moved in 0..better {
            self.move_slot(end.wrapping_sub(1 + moved), end.wrapping_sub(moved));
        }
        self.put(end.wrapping_sub(better), now.rank, now.orders, now.qty);
        self.set_ends(end.wrapping_add(1), (len + 1).min(self.slots()));
    }

    #[inline(always)]
    fn remove(&self, better: u32) {
        let (end, len) = (self.end(), self.len());
        for moved in (0..better).rev() {
            let from = end.wrapping_sub(1 + moved);
            self.move_slot(from, from.wrapping_sub(1));
        }
        self.put(end.wrapping_sub(1), 0, 0, 0);
        self.set_ends(end.wrapping_sub(1), len.saturating_sub(1));
    }

    /// Fetches levels that are worse than all that are here, as far as there is room for them:
    /// `all` are those of the side, best first.
    #[cold]
    fn refill(&self, all: impl Iterator<Item = LevelNow>) {
        for now in all.skip(self.len() as usize) {
            if self.len() >= self.slots() {
                break;
            }
            self.append(&now);
        }
    }

    #[inline(always)]
    fn close(&self, at: Stamp) {
        self.line.seq.set(at.seq.get());
        self.line.time.set(at.time.get());
        self.line.version.end();
    }

    /// Puts a level behind the worst one.
    fn append(&self, now: &LevelNow) {
        let (end, len) = (self.end(), self.len());
        self.put(end.wrapping_sub(1).wrapping_sub(len), now.rank, now.orders, now.qty);
        self.set_ends(end, len + 1);
    }

    fn empty(&self) {
        for block in self.blocks() {
            block.ranks.iter().for_each(|rank| rank.set(0));
        }
        self.set_ends(0, 0);
    }

    #[inline(always)]
    fn levels(self) -> Levels<'a> {
        let len = self.len().min(self.depths.levels);
        Levels { ring: self, next: self.end().wrapping_sub(1), left: len }
    }
}

/// The published levels of one side, best first.
pub(crate) struct Levels<'a> {
    ring: Ring<'a>,
    next: u32,
    left: u32,
}

/// Rank, orders and quantity.
impl Iterator for Levels<'_> {
    type Item = (u32, u32, u64);

    #[inline(always)]
    fn next(&mut self) -> Option<(u32, u32, u64)> {
        self.left = self.left.checked_sub(1)?;
        let (block, at) = self.ring.slot(self.next);
        self.next = self.next.wrapping_sub(1);
        Some((block.ranks[at].get(), block.orders[at].get(), block.qtys[at].get()))
    }
}
