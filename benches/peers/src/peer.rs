//! What is asked of other people's books.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use wirebook::book::Side;

use crate::baseline::Operation;

/// A price and a quantity of each side, bid first; zeros where a side is empty.
pub(crate) type Touch = [(u64, u64); 2];

/// Books of all symbols by somebody else.
pub(crate) trait Peer {
    /// Books that have room for what will be done to them.
    fn new(operations: &[Operation]) -> Self;
    /// Applies every operation; how many were refused.
    fn run(&mut self, operations: &[Operation]) -> u64;
    fn touch(&self, locate: u16) -> Touch;
}

/// The same number as `wirebook::replay::touch_checksum` gives for equal books.
pub(crate) fn touch_checksum(peer: &impl Peer) -> u64 {
    let weighted = (0..=u16::MAX).map(|locate| {
        let [(bid, bid_qty), (ask, ask_qty)] = peer.touch(locate);
        let sum = 3 * bid + 7 * ask + 5 * bid_qty + 11 * ask_qty;
        u64::from(locate).wrapping_mul(sum)
    });
    weighted.fold(0, u64::wrapping_add)
}

/// An order, for peers whose messages must say more of it than ITCH's do.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) locate: u16,
    pub(crate) side: Side,
    pub(crate) qty: u32,
    pub(crate) price: u32,
}

/// The orders that are live, by their references.
pub(crate) type KnownOrders = HashMap<u64, Known, FxBuildHasher>;

/// The highest locate among the operations.
pub(crate) fn locate_max(operations: &[Operation]) -> u16 {
    let locate = |operation: &Operation| match operation {
        Operation::Add { locate, .. } => Some(*locate),
        _ => None,
    };
    operations.iter().filter_map(locate).max().unwrap_or(0)
}
