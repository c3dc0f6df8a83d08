//! The plainest book that there is: a total for each price, found by the order's number, and nothing else.
//!
//! What a message costs on this machine at the least, whatever is left out: there are no queues, no
//! counts, no states, no checks and no readers. Orders lie in an array by their references, which
//! must begin near zero; the prices of a side are a sorted vector, the best at its end. It decodes as
//! the books do, asks for what is needed 16 and 8 messages ahead, and has huge pages.

use memmap2::{Advice, MmapMut};
use wirebook::book::region::prefetch;
use wirebook::ingest::itch::OrderMessage;
use wirebook::ingest::mold::Messages;

/// How many messages before its turn an order is asked for, and its level.
const ORDERS_AHEAD: usize = 16;
const LEVELS_AHEAD: usize = 8;

/// A price of a side, the better the higher, and its level.
type Rung = (u32, u32);

/// The plainest books.
pub(crate) struct Plainest {
    /// For each reference, the quantity left and, in the high half, the level.
    orders: Words,
    /// For each level, its rank, symbol and side, then its quantity.
    levels: Words,
    free: Vec<u32>,
    fresh: u32,
    sides: Vec<Vec<Rung>>,
}

/// Numbers in huge pages.
struct Words(MmapMut);

impl Words {
    fn new(words: usize) -> std::io::Result<Words> {
        let mut map = MmapMut::map_anon(8 * words.max(1))?;
        map.advise(Advice::HugePage)?;
        map.fill(0);
        Ok(Words(map))
    }

    #[inline(always)]
    fn prefetch(&self, at: usize) {
        prefetch(self.0.as_ptr().wrapping_add(8 * at));
    }

    #[inline(always)]
    fn get(&self, at: usize) -> u64 {
        let bytes = self.0.get(8 * at..8 * at + 8).and_then(|bytes| bytes.try_into().ok());
        u64::from_le_bytes(bytes.unwrap_or_default())
    }

    #[inline(always)]
    fn set(&mut self, at: usize, word: u64) {
        if let Some(bytes) = self.0.get_mut(8 * at..8 * at + 8) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // the two halves
fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

fn word(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The number of an order.
#[inline(always)]
fn index(order_ref: wirebook::book::OrderRef) -> usize {
    usize::try_from(order_ref.get()).unwrap_or(0)
}

impl Plainest {
    /// For references up to one, and so many levels.
    pub(crate) fn new(order_refs: usize, levels: usize) -> std::io::Result<Plainest> {
        let (orders, levels) = (Words::new(order_refs + 1)?, Words::new(2 * levels)?);
        let sides = (0..2 << 16).map(|_| Vec::new()).collect();
        Ok(Plainest { orders, levels, free: Vec::new(), fresh: 1, sides })
    }

    #[inline(never)]
    pub(crate) fn run(&mut self, messages: Messages<'_>) {
        let mut messages = messages.filter_map(OrderMessage::read);
        let mut coming: [Option<OrderMessage>; ORDERS_AHEAD] =
            std::array::from_fn(|_| messages.next());
        for turn in 0usize.. {
            let next = messages.next();
            if let Some(next) = &next {
                self.orders.prefetch(index(next.order_ref));
            }
            if let Some(soon) = &coming[(turn + LEVELS_AHEAD) % ORDERS_AHEAD] {
                self.look_ahead(soon);
            }
            let Some(now) = std::mem::replace(&mut coming[turn % ORDERS_AHEAD], next) else {
                return;
            };
            self.apply(&now);
        }
    }

    #[inline(always)]
    fn look_ahead(&self, soon: &OrderMessage) {
        if !soon.is_add() {
            self.levels.prefetch(2 * halves(self.orders.get(index(soon.order_ref))).1 as usize);
        } else if let Some(best) = self.sides[side(soon)].last() {
            prefetch(best);
        }
    }

    #[inline(always)]
    fn apply(&mut self, now: &OrderMessage) {
        let order = index(now.order_ref);
        if now.is_add() {
            self.add(order, side(now), now);
            return;
        }
        let (left, level) = halves(self.orders.get(order));
        let of = halves(self.levels.get(2 * level as usize)).1 as usize;
        self.take(order, if matches!(now.kind, b'D' | b'U') { left } else { qty(now) });
        if now.kind == b'U' {
            self.add(index(now.new_ref), of, now);
        }
    }

    #[inline(always)]
    fn add(&mut self, order: usize, side: usize, now: &OrderMessage) {
        let price = u32::try_from(now.price.units()).unwrap_or(0);
        let rank = if side.is_multiple_of(2) { price } else { !price };
        let rungs = &mut self.sides[side];
        let worse = rungs.iter().rposition(|rung| rung.0 <= rank).map_or(0, |at| at + 1);
        let level = match rungs.get(worse.wrapping_sub(1)) {
            Some(&(there, level)) if there == rank => level,
            _ => {
                let level = self.free.pop().unwrap_or(self.fresh);
                self.fresh += u32::from(level == self.fresh);
                rungs.insert(worse, (rank, level));
                self.levels.set(2 * level as usize, word(rank, u32::try_from(side).unwrap_or(0)));
                level
            }
        };
        let total = 2 * level as usize + 1;
        self.levels.set(total, self.levels.get(total) + u64::from(qty(now)));
        self.orders.set(order, word(qty(now), level));
    }

    #[inline(always)]
    fn take(&mut self, order: usize, taken: u32) {
        let (left, level) = halves(self.orders.get(order));
        let total = 2 * level as usize + 1;
        let now = self.levels.get(total).wrapping_sub(u64::from(taken));
        self.levels.set(total, now);
        self.orders.set(order, word(left.wrapping_sub(taken), level));
        if now == 0 {
            let (rank, side) = halves(self.levels.get(total - 1));
            let rungs = &mut self.sides[side as usize];
            if let Some(at) = rungs.iter().rposition(|rung| rung.0 == rank) {
                rungs.remove(at);
            }
            self.free.push(level);
        }
    }

    /// The same number as `wirebook::replay::touch_checksum` gives for equal books.
    pub(crate) fn checksum(&self) -> u64 {
        let best = |side: &[Rung]| {
            side.last()
                .map_or((0, 0), |&(rank, level)| (rank, self.levels.get(2 * level as usize + 1)))
        };
        let weighted = (0u64..).zip(self.sides.chunks(2)).map(|(locate, sides)| {
            let ((bid, bid_qty), (ask, ask_qty)) = (best(&sides[0]), best(&sides[1]));
            let ask = if ask_qty == 0 { 0 } else { !ask };
            let prices = 3 * u64::from(bid) + 7 * u64::from(ask);
            locate.wrapping_mul(prices + 5 * bid_qty + 11 * ask_qty)
        });
        weighted.fold(0, u64::wrapping_add)
    }
}

/// The number of a side among those of all symbols.
#[inline(always)]
fn side(message: &OrderMessage) -> usize {
    2 * usize::from(message.locate.get()) + message.side.index()
}

#[inline(always)]
fn qty(message: &OrderMessage) -> u32 {
    u32::try_from(message.qty.shares()).unwrap_or(0)
}
