//! The best levels of each side, where nearly everything happens and what most readers want.
//!
//! A level stays in the slot where it was put until it leaves: none is ever moved. In which order
//! the slots are is one word, so that a level that comes or goes is a matter of some shifts, without
//! a loop. A slot without a level has rank 0, which is better than none: so the place of a price
//! among the levels is the number of ranks above it, and it is counted without a branch.
//!
//! The slots are part of the book and what is published of it at once: they change at the end of a
//! message, with the touch, under the version of the header's line. Their quantities are those of
//! the levels' own lines, said again so that readers find them together.

use core::hint::select_unpredictable;

use crate::header::{Best, Header};
use crate::region::seqlock::PUBLISHED;
use crate::region::{
    LINE, Plan, Region, RegionError, Table, Word32, Word64, lanes, prefetch, prefetch_to_write,
    words,
};
use crate::standing::{SLOTS, Standing};
use crate::{Locate, Side};

const SLOTS_LEN: usize = SLOTS as usize;
/// Levels that are near where a side has so many. There are more slots, so that levels can come
/// and go without others having to be brought from afar each time.
pub(crate) const NEAR_LEVELS: u32 = 10;

words! {
    /// The totals of a level in a slot.
    struct Totals, align(16) {
        qty: Word64,
        orders: Word32,
        _reserved: Word32,
    }
}

words! {
    /// The slots of one side.
    struct Slots, align(64) {
        ranks: [Word32; SLOTS_LEN],
        order: Word64,
        /// In a line of their own: look-ahead reads one as soon as it has found a rank, and where the
        /// totals of a slot lie it could not have known before.
        levels: [Word32; SLOTS_LEN],
        _unused: Word64,
        totals: [Totals; SLOTS_LEN],
        _reserved: [Word64; 4],
    }
}

/// A level as a slot has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NearLevel {
    pub(crate) rank: u32,
    pub(crate) level: u32,
    pub(crate) orders: u32,
    pub(crate) qty: u64,
}

/// What readers are shown of a level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Published {
    pub(crate) rank: u32,
    pub(crate) orders: u32,
    pub(crate) qty: u64,
}

/// A slot.
#[derive(Clone, Copy)]
struct Slot<'a> {
    rank: &'a Word32,
    level: &'a Word32,
    totals: &'a Totals,
}

/// The near levels of all sides of all books.
#[derive(Debug)]
pub(crate) struct Near {
    slots: Table<Slots>,
}

/// The number of a side, before masking.
#[inline(always)]
fn number(locate: Locate, side: Side) -> u32 {
    2 * u32::from(locate.get()) + u32::from(side as u8)
}

impl Near {
    /// What else than the version decides what lies where.
    pub(crate) const FINGERPRINT: usize = size_of::<Slots>() << 8 | SLOTS_LEN;

    pub(crate) fn plan(plan: &mut Plan, locates: u32) -> Result<(), RegionError> {
        plan.table::<Slots>(2 * locates as usize)
    }

    pub(crate) fn new(region: &mut Region, locates: u32) -> Result<Near, RegionError> {
        Ok(Near { slots: region.carve(2 * locates as usize)? })
    }

    /// The same levels for a reader.
    pub(crate) fn share(&self) -> Near {
        Near { slots: self.slots.clone() }
    }

    /// The near levels of one side of a symbol, whose header this is.
    #[inline(always)]
    pub(crate) fn side<'a>(
        &'a self,
        header: &'a Header,
        locate: Locate,
        side: Side,
    ) -> NearSide<'a> {
        NearSide { header, side, slots: self.slots.at(number(locate, side)) }
    }

    /// Asks for the ranks and levels of a side, which can be done before its header is there.
    #[inline(always)]
    pub(crate) fn prefetch_ranks(&self, locate: Locate, side: Side) {
        let slots = self.slots.at(number(locate, side));
        prefetch(&slots.ranks);
        prefetch(&slots.levels);
    }

    pub(crate) fn clear(&self) {
        for slots in self.slots.as_slice() {
            if slots.order.get() != 0 {
                slots.forget();
            }
        }
    }
}

impl Slots {
    fn forget(&self) {
        self.ranks.iter().for_each(|rank| rank.set(0));
        self.order.set(0);
    }
}

/// The near levels of one side of a symbol.
#[derive(Clone, Copy)]
pub(crate) struct NearSide<'a> {
    pub(crate) header: &'a Header,
    pub(crate) side: Side,
    slots: &'a Slots,
}

impl<'a> NearSide<'a> {
    /// The order of the slots.
    #[inline(always)]
    pub(crate) fn standing(self) -> Standing {
        Standing::from_word(self.slots.order.get())
    }

    /// How many levels are here.
    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        self.standing().len()
    }

    #[inline(always)]
    pub(crate) fn is_full(self) -> bool {
        self.standing().is_full()
    }

    #[inline(always)]
    fn slot(self, slot: u32) -> Slot<'a> {
        let (slot, slots) = ((slot as usize).min(SLOTS_LEN - 1), self.slots);
        Slot { rank: &slots.ranks[slot], level: &slots.levels[slot], totals: &slots.totals[slot] }
    }

    #[inline(always)]
    fn get(self, slot: u32) -> NearLevel {
        let Slot { rank, level, totals: Totals { qty, orders, .. } } = self.slot(slot);
        NearLevel { rank: rank.get(), level: level.get(), orders: orders.get(), qty: qty.get() }
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
        self.level_in(self.standing().slot(better))
    }

    /// The rank in a slot, and the level; if it has none, anything.
    #[inline(always)]
    pub(crate) fn level_in(self, slot: u32) -> (u32, u32) {
        let Slot { rank, level, .. } = self.slot(slot);
        (rank.get(), level.get())
    }

    /// The level that so many are better than; if there are no more, anything.
    #[inline(always)]
    pub(crate) fn at(self, better: u32) -> NearLevel {
        self.get(self.standing().slot(better))
    }

    /// What is published of the first `N` slots, best first, whether they hold levels or not. Their levels'
    /// numbers are in a line that this does not read.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // a few
    pub(crate) fn first<const N: usize>(self) -> impl Iterator<Item = Published> + use<'a, N> {
        let standing = self.standing();
        (0..N as u32).map(move |better| {
            let Slot { rank, totals: Totals { qty, orders, .. }, .. } =
                self.slot(standing.slot(better));
            Published { rank: rank.get(), orders: orders.get(), qty: qty.get() }
        })
    }

    /// The best level.
    #[inline(always)]
    pub(crate) fn best(self) -> Best {
        let standing = self.standing();
        let Slot { rank, totals, .. } = self.slot(standing.slot(0));
        // Without a branch: in an empty side, whose slots have rank 0, the quantity is left out.
        let qty = select_unpredictable(standing.len() == 0, 0, totals.qty.get());
        Best { rank: rank.get(), qty }
    }

    /// Whether the slots can be those of a side: its levels from best to worst, and nothing else.
    pub(crate) fn is_sound(self) -> bool {
        let len = self.len();
        self.standing().is_sound()
            && (1..len).all(|better| self.level(better - 1).0 > self.level(better).0)
            && (len..SLOTS).all(|better| self.level(better).0 == 0)
    }

    /// Takes out all levels, whatever they are.
    pub(crate) fn forget(self) {
        self.slots.forget();
    }

    /// Asks for a slot, in order to write it: readers on other cores may have it, and taking it from
    /// them takes longer than the rest of a message.
    #[inline(always)]
    pub(crate) fn prefetch_to_write(self, slot: u32) {
        prefetch_to_write(self.slot(slot).totals);
    }

    /// Asks for a slot.
    #[inline(always)]
    pub(crate) fn prefetch(self, slot: u32) {
        prefetch(self.slot(slot).totals);
    }

    /// Asks for all that is published of near levels.
    #[inline(always)]
    pub(crate) fn prefetch_published(self) {
        prefetch(&self.slots.ranks);
        self.slots
            .totals
            .chunks(LINE / size_of::<Totals>())
            .for_each(|line| prefetch(line.as_ptr()));
    }

    /// Gives the level in a slot new totals.
    #[inline(always)]
    pub(crate) fn change(self, slot: u32, orders: u32, qty: u64) {
        let totals = self.slot(slot).totals;
        totals.qty.set(qty);
        if PUBLISHED {
            totals.orders.set(orders);
        }
    }

    /// Puts a level behind so many better ones; there is room. Its slot.
    #[inline(always)]
    pub(crate) fn insert(self, better: u32, now: &NearLevel) -> u32 {
        let (standing, slot) = self.standing().insert(better);
        let Slot { rank, level, totals } = self.slot(slot);
        rank.set(now.rank);
        level.set(now.level);
        totals.qty.set(now.qty);
        totals.orders.set(now.orders);
        self.slots.order.set(standing.word());
        slot
    }

    /// Takes out the level that so many are better than; there is one.
    #[inline(always)]
    pub(crate) fn remove(self, better: u32) {
        let (standing, slot) = self.standing().remove(better);
        self.slot(slot).rank.set(0);
        self.slots.order.set(standing.word());
    }

    /// Puts a level behind the worst one; there is room. Its slot.
    pub(crate) fn append(self, now: &NearLevel) -> u32 {
        self.insert(self.len(), now)
    }

    /// Takes out the worst level; there is one.
    pub(crate) fn take_worst(self) -> NearLevel {
        let better = self.len().saturating_sub(1);
        let worst = self.at(better);
        self.remove(better);
        worst
    }
}
