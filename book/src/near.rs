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

use core::hint::select_unpredictable;

use crate::header::{Best, Header};
use crate::region::seqlock::PUBLISHED;
use crate::region::{
    LINE, Plan, Region, RegionError, Table, Word32, Word64, lanes, prefetch, prefetch_to_write,
    words,
};
use crate::{Locate, Side};

/// Slots of a ring: as many ranks as there are in a line.
const SLOTS: usize = 16;
/// Levels that are near where a side has so many. There are more slots, so that levels can come
/// and go without others having to be brought from afar each time.
pub(crate) const NEAR_LEVELS: u32 = 10;

words! {
    /// A level in a slot.
    struct Entry, align(16) {
        qty: Word64,
        orders: Word32,
        level: Word32,
    }
}

words! {
    /// The slots of one side.
    struct Slots, align(64) {
        ranks: [Word32; SLOTS],
        entries: [Entry; SLOTS],
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

/// The rings of all sides of all books.
#[derive(Debug)]
pub(crate) struct Near {
    slots: Table<Slots>,
}

/// The ring of a side, before masking.
#[inline(always)]
fn number(locate: Locate, side: Side) -> u32 {
    2 * u32::from(locate.get()) + u32::from(side as u8)
}

impl Near {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize = size_of::<Slots>() << 8 | SLOTS;

    pub(crate) fn plan(plan: &mut Plan, locates: u32) -> Result<(), RegionError> {
        plan.table::<Slots>(2 * locates as usize)
    }

    pub(crate) fn new(region: &mut Region, locates: u32) -> Result<Near, RegionError> {
        Ok(Near { slots: region.carve(2 * locates as usize)? })
    }

    /// The same rings for a reader.
    pub(crate) fn share(&self) -> Near {
        Near { slots: self.slots.clone() }
    }

    /// The ring of one side of a symbol, whose header this is.
    #[inline(always)]
    pub(crate) fn ring<'a>(&'a self, header: &'a Header, locate: Locate, side: Side) -> Ring<'a> {
        Ring { header, side, slots: self.slots.at(number(locate, side)) }
    }

    /// Asks for the ranks of a side, which can be done before its header is there.
    #[inline(always)]
    pub(crate) fn prefetch_ranks(&self, locate: Locate, side: Side) {
        self.slots.prefetch(number(locate, side));
    }

    pub(crate) fn clear(&self) {
        for slots in self.slots.as_slice() {
            slots.ranks.iter().filter(|rank| rank.get() != 0).for_each(|rank| rank.set(0));
        }
    }
}

/// One ring. A position is a count that goes round: its slot is what it leaves of sixteen.
#[derive(Clone, Copy)]
pub(crate) struct Ring<'a> {
    pub(crate) header: &'a Header,
    pub(crate) side: Side,
    slots: &'a Slots,
}

impl<'a> Ring<'a> {
    /// How many levels are here.
    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        self.header.near_len(self.side)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // a small constant
    pub(crate) fn is_full(self) -> bool {
        self.len() >= SLOTS as u32
    }

    #[inline(always)]
    fn slot(self, position: u32) -> (&'a Word32, &'a Entry) {
        let at = position as usize % SLOTS;
        (&self.slots.ranks[at], &self.slots.entries[at])
    }

    /// The position of the level that so many are better than.
    #[inline(always)]
    fn place(self, better: u32) -> u32 {
        self.header.near_end(self.side).wrapping_sub(1).wrapping_sub(better)
    }

    /// How many levels are better than a rank.
    #[inline(always)]
    pub(crate) fn better(self, rank: u32) -> u32 {
        lanes::above(&self.slots.ranks, rank)
    }

    /// The rank of the level that so many are better than, and the level; if there are no more,
    /// anything.
    #[inline(always)]
    pub(crate) fn level(self, better: u32) -> (u32, u32) {
        let (rank, entry) = self.slot(self.place(better));
        (rank.get(), entry.level.get())
    }

    /// The level that so many are better than; if there are no more, anything.
    #[inline(always)]
    pub(crate) fn at(self, better: u32) -> NearLevel {
        self.get(self.place(better))
    }

    /// The best `N` slots, best first, whether they hold levels or not.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // a few
    pub(crate) fn first<const N: usize>(self) -> impl Iterator<Item = NearLevel> + use<'a, N> {
        let best = self.place(0);
        (0..N as u32).map(move |better| self.get(best.wrapping_sub(better)))
    }

    #[inline(always)]
    fn get(self, position: u32) -> NearLevel {
        let (rank, Entry { qty, orders, level }) = self.slot(position);
        NearLevel { rank: rank.get(), level: level.get(), orders: orders.get(), qty: qty.get() }
    }

    #[inline(always)]
    fn put(self, position: u32, now: &NearLevel) {
        let (rank, entry) = self.slot(position);
        rank.set(now.rank);
        entry.qty.set(now.qty);
        entry.orders.set(now.orders);
        entry.level.set(now.level);
    }

    /// The best level.
    #[inline(always)]
    pub(crate) fn best(self) -> Best {
        let (rank, entry) = self.slot(self.place(0));
        // Without a branch: of an empty ring, whose slots have rank 0, the quantity is left out.
        let qty = select_unpredictable(self.len() == 0, 0, entry.qty.get());
        Best { rank: rank.get(), qty }
    }

    /// Whether the slots can be those of a ring: its levels from best to worst, and nothing else.
    pub(crate) fn is_sound(self) -> bool {
        let len = self.len();
        #[allow(clippy::cast_possible_truncation)] // a small constant
        const ALL: u32 = SLOTS as u32;
        len <= ALL
            && (1..len).all(|better| self.level(better - 1).0 > self.level(better).0)
            && (len..ALL).all(|better| self.level(better).0 == 0)
    }

    /// Takes out all levels, whatever they are.
    pub(crate) fn forget(self) {
        self.slots.ranks.iter().for_each(|rank| rank.set(0));
        self.header.set_ring(self.side, 0, 0);
    }

    /// Asks for the slot of the level that so many are better than, in order to write it: readers on
    /// other cores may have it, and taking it from them takes longer than the rest of a message.
    #[inline(always)]
    pub(crate) fn prefetch_to_write(self, better: u32) {
        prefetch_to_write(self.slot(self.place(better)).1);
    }

    /// Asks for the ranks and the slots of all near levels.
    #[inline(always)]
    pub(crate) fn prefetch_all(self) {
        let base = core::ptr::from_ref(self.slots).cast::<u8>();
        for line in 0..size_of::<Slots>() / LINE {
            prefetch(base.wrapping_add(line * LINE));
        }
    }

    /// Asks for the slots of the best levels.
    #[inline(always)]
    pub(crate) fn prefetch_best(self) {
        prefetch(self.slot(self.place(0)).1);
    }

    /// Gives the level that so many are better than new totals.
    #[inline(always)]
    pub(crate) fn change(self, better: u32, orders: u32, qty: u64) {
        let (_, entry) = self.slot(self.place(better));
        entry.qty.set(qty);
        if PUBLISHED {
            entry.orders.set(orders);
        }
    }

    /// Puts a level behind so many better ones; there is room.
    #[inline(always)]
    pub(crate) fn insert(self, better: u32, now: &NearLevel) {
        let (end, len) = (self.header.near_end(self.side), self.len());
        for moved in 0..better {
            let to = end.wrapping_sub(moved);
            self.put(to, &self.get(to.wrapping_sub(1)));
        }
        self.put(end.wrapping_sub(better), now);
        self.header.set_ring(self.side, end.wrapping_add(1), len + 1);
    }

    /// Takes out the level that so many are better than.
    #[inline(always)]
    pub(crate) fn remove(self, better: u32) {
        let (end, len) = (self.header.near_end(self.side), self.len());
        let best = end.wrapping_sub(1);
        for moved in (0..better).rev() {
            let from = best.wrapping_sub(moved);
            self.put(from.wrapping_sub(1), &self.get(from));
        }
        self.slot(best).0.set(0);
        self.header.set_ring(self.side, best, len.saturating_sub(1));
    }

    /// Puts a level behind the worst one; there is room.
    pub(crate) fn append(self, now: &NearLevel) {
        let (end, len) = (self.header.near_end(self.side), self.len());
        self.put(self.place(len), now);
        self.header.set_ring(self.side, end, len + 1);
    }

    /// Takes out the worst level; there is one.
    pub(crate) fn take_worst(self) -> NearLevel {
        let (end, len) = (self.header.near_end(self.side), self.len());
        let position = self.place(len.saturating_sub(1));
        let worst = self.get(position);
        self.slot(position).0.set(0);
        self.header.set_ring(self.side, end, len.saturating_sub(1));
        worst
    }
}
