//! Following every link of a book, and noting what whole books use.

use super::is_sound;
use crate::ladder::Ranked;
use crate::orders::Slot;
use crate::{Arrival, Books, Locate, Qty, Side};

/// What the books that were found whole use. Nothing is used twice.
pub(super) struct Survey {
    lines: Bits,
    slots: Bits,
    /// Where far levels are, with the classes of their chunks; and all their rungs.
    chunks: Vec<(u32, u8)>,
    rungs: Bits,
    levels: u32,
    newest: Option<u32>,
    /// What the book that is being looked at uses.
    here: Here,
}

#[derive(Default)]
struct Here {
    lines: Vec<u32>,
    slots: Vec<u32>,
    rungs: Vec<u32>,
    levels: u32,
}

impl Survey {
    pub(super) fn new(books: &Books) -> Survey {
        Survey {
            lines: Bits::new(books.queues.lines_len()),
            slots: Bits::new(books.orders.slots_len()),
            chunks: Vec::new(),
            rungs: Bits::new(books.ladders.rungs_len()),
            levels: 0,
            newest: None,
            here: Here::default(),
        }
    }

    /// Whether a book is whole; then what it uses is its.
    pub(super) fn admit(&mut self, books: &Books, locate: Locate) -> bool {
        self.here = Here::default();
        let header = books.header(locate);
        let is_whole = is_sound(books, header, locate)
            && Side::BOTH.iter().all(|&side| self.is_side_whole(books, locate, side));
        if is_whole {
            self.levels += self.here.levels;
            self.note_arrivals(books);
            let far = Side::BOTH.map(|side| header.far(side));
            self.chunks.extend(far.iter().filter(|f| f.class > 0).map(|f| (f.start, f.class)));
        } else {
            self.here.lines.iter().for_each(|&line| self.lines.clear(line));
            self.here.slots.iter().for_each(|&slot| self.slots.clear(slot));
            self.here.rungs.iter().for_each(|&rung| self.rungs.clear(rung));
        }
        is_whole
    }

    fn note_arrivals(&mut self, books: &Books) {
        for &slot in &self.here.slots {
            let arrival = books.orders.at(Slot::from_number(slot)).arrival;
            let is_newer = |newest| Arrival::new(newest).is_before(Arrival::new(arrival));
            if self.newest.is_none_or(is_newer) {
                self.newest = Some(arrival);
            }
        }
    }

    fn is_side_whole(&mut self, books: &Books, locate: Locate, side: Side) -> bool {
        let header = books.header(locate);
        let is_bare = header.is_bare();
        if !header.far(side).rungs().all(|rung| self.claim_rung(rung)) {
            return false;
        }
        let mut ranks = books.ladders.ranks(header, locate, side);
        let is_whole = ranks.all(|Ranked { rank, level, near }| {
            self.here.levels += 1;
            let line = books.queues.line(level);
            let totals = (line.orders.get(), line.qty.get());
            (line.locate(), line.side()) == (locate, side)
                && crate::ladder::rank(side, line.price.get()) == rank
                && near.is_none_or(|near| (near.orders, near.qty) == totals)
                && line.near_slot() == near.map(|near| near.slot)
                && self.queue(books, level, is_bare) == Some(totals)
        });
        is_whole && books.ladders.side(header, locate, side).best() == header.best(side)
    }

    /// The orders of a level and their quantity, if its queue is whole.
    fn queue(&mut self, books: &Books, level: u32, is_bare: bool) -> Option<(u32, u64)> {
        let (mut orders, mut qty) = (0u32, 0u64);
        let (mut at, mut before) = (level, books.queues.line(level).links().before);
        loop {
            let line = books.queues.line(at);
            let links = line.links();
            // A line that comes twice has been claimed.
            let is_next = links.level == level && links.before == before;
            if !is_next || !self.claim_line(at) {
                return None;
            }
            for number in line.numbers().into_iter().filter(|&number| number != 0) {
                let order = books.orders.resting_at(number).filter(|order| order.line == at)?;
                if order.qty == 0 || !self.claim_slot(number) {
                    return None;
                }
                orders += 1;
                qty += u64::from(order.qty);
            }
            if links.behind == level {
                break;
            }
            (before, at) = (at, links.behind);
        }
        if books.queues.line(level).links().before != at {
            return None;
        }
        match (is_bare, orders) {
            (false, 1..) => Some((orders, qty)),
            (true, 0) => {
                let qty = books.queues.line(level).qty.get();
                (!Qty::new(qty).is_zero()).then_some((0, qty))
            }
            _ => None,
        }
    }

    fn claim_line(&mut self, line: u32) -> bool {
        let is_free = line != 0 && self.lines.set(line);
        if is_free {
            self.here.lines.push(line);
        }
        is_free
    }

    fn claim_rung(&mut self, rung: u32) -> bool {
        let is_free = self.rungs.set(rung);
        if is_free {
            self.here.rungs.push(rung);
        }
        is_free
    }

    fn claim_slot(&mut self, slot: u32) -> bool {
        let is_free = self.slots.set(slot);
        if is_free {
            self.here.slots.push(slot);
        }
        is_free
    }

    /// Makes what the writer alone knows say what the books use.
    pub(super) fn rebuild(mut self, books: &Books) {
        books.orders.recover(|slot| self.slots.get(slot));
        books.queues.recover(|line| self.lines.get(line), self.levels);
        self.chunks.sort_unstable();
        books.ladders.recover(&self.chunks);
        books.set_arrivals(self.newest);
    }
}

/// One bit for each of many numbers.
struct Bits(Vec<u64>);

impl Bits {
    fn new(len: usize) -> Bits {
        Bits(vec![0; len.div_ceil(64)])
    }

    /// Sets a bit; whether there is such a one and it was not set before.
    fn set(&mut self, at: u32) -> bool {
        let Some(word) = self.0.get_mut(at as usize / 64) else { return false };
        let bit = 1 << (at % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn clear(&mut self, at: u32) {
        if let Some(word) = self.0.get_mut(at as usize / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    fn get(&self, at: u32) -> bool {
        self.0.get(at as usize / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }
}
