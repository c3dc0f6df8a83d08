//! A line of a queue: a level, or what continues one.

use crate::region::{Word8, Word16, Word32, Word64, lanes, words};
use crate::{Locate, Side};

/// Places in a line.
pub(crate) const PLACES: usize = 8;
/// All of them, one bit for each.
pub(crate) const ALL: u32 = (1 << PLACES) - 1;

words! {
    /// One line of a queue: a level, or what continues one.
    pub(crate) struct QueueLine, align(64) {
        /// Of a level: the sum over its orders, or what the feed set.
        pub(crate) qty: Word64,
        /// Of a level.
        pub(crate) price: Word32,
        /// Of a level: how many orders its whole queue has.
        pub(crate) orders: Word32,
        /// The level whose queue this is: in a level the line itself, in a free line 0.
        pub(crate) level: Word32,
        pub(crate) locate: Word16,
        /// Of every line.
        pub(crate) side: Word8,
        /// Of a level: one more than its slot where it is near, 0 where it is far.
        pub(crate) slot: Word8,
        /// The line before; before the level's own, the last.
        pub(crate) before: Word32,
        /// The line behind; behind the last, the level's own. In a free line, the next free one.
        pub(crate) behind: Word32,
        pub(crate) places: [Word32; PLACES],
    }
}

impl QueueLine {
    #[inline(always)]
    pub(crate) fn locate(&self) -> Locate {
        Locate::new(self.locate.get())
    }

    #[inline(always)]
    pub(crate) fn side(&self) -> Side {
        if self.side.get() == 0 { Side::Bid } else { Side::Ask }
    }

    /// Of a level: its slot where it is near.
    #[inline(always)]
    pub(crate) fn near_slot(&self) -> Option<u32> {
        u32::from(self.slot.get()).checked_sub(1)
    }

    /// Notes where a level is.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // one of a few
    pub(crate) fn set_near_slot(&self, slot: Option<u32>) {
        self.slot.set(slot.map_or(0, |slot| slot as u8 + 1));
    }

    /// Its neighbours.
    pub(crate) fn links(&self) -> Links {
        let Self { level, before, behind, .. } = self;
        Links { level: level.get(), before: before.get(), behind: behind.get() }
    }

    /// What its places hold.
    pub(crate) fn numbers(&self) -> [u32; PLACES] {
        self.places.each_ref().map(Word32::get)
    }

    /// One bit for each place with an order.
    #[inline(always)]
    pub(crate) fn taken(&self) -> u32 {
        lanes::equal(&self.places, 0) ^ ALL
    }
}

/// A line, and its number.
#[derive(Clone, Copy)]
pub(crate) struct LineAt<'a> {
    pub(crate) number: u32,
    pub(crate) line: &'a QueueLine,
}

/// What a line names.
#[derive(Clone, Copy)]
pub(crate) struct Links {
    pub(crate) level: u32,
    pub(crate) before: u32,
    pub(crate) behind: u32,
}
