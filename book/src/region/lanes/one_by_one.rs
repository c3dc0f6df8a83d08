//! Lane by lane, on any processor.

use super::MOVED;
use crate::region::{Word32, Word64};

#[inline(always)]
pub(super) fn equal(lanes: &[Word32; 8], wanted: u32) -> u32 {
    let found = lanes.iter().map(|lane| u32::from(lane.get() == wanted));
    found.enumerate().fold(0, |equal, (lane, found)| equal | found << lane)
}

#[inline(always)]
pub(super) fn above(lanes: &[Word32; 14], bound: u32) -> u32 {
    lanes.iter().map(|lane| u32::from(lane.get() > bound)).sum()
}

/// Moves `MOVED` words from a place to one that is a word further, or a word less far.
#[inline(always)]
pub(super) fn move_some<const UP: bool>(words: &[Word64; MOVED + 1]) {
    if UP {
        (0..MOVED).rev().for_each(|at| words[at + 1].set(words[at].get()));
    } else {
        (0..MOVED).for_each(|at| words[at].set(words[at + 1].get()));
    }
}
