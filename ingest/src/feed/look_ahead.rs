//! Telling the books, a batch at a time, which messages are to come.

use core::hint::select_unpredictable;

use arrayvec::ArrayVec;
use wirebook_book::region::{LINE, prefetch};
use wirebook_book::{Ahead, Books, Locate, OrderRef, Picked, Price, Side};

use crate::itch::OrderReplace;
use crate::mold::Messages;

/// How far before its turn a message's own bytes are asked for, and how many lines a batch has.
const AHEAD_BYTES: usize = 2048;
const BATCH_LINES: usize = 9;

/// Messages that follow each other.
pub(super) type Batch<'a> = ArrayVec<&'a [u8], { Ahead::MESSAGES }>;

/// A batch and what is known of it.
#[derive(Default)]
pub(super) struct Coming<'a> {
    pub(super) batch: Batch<'a>,
    pub(super) ahead: Ahead,
}

/// The batches between the one that is read and the one that is applied: each waits a turn for
/// what its last step has asked for.
#[derive(Default)]
pub(super) struct Window<'a> {
    coming: [Coming<'a>; STEPS],
}

/// Noting a batch, three steps, and applying it.
const STEPS: usize = 5;

impl<'a> Window<'a> {
    /// The place of the batch that is read in a turn.
    pub(super) fn newest(&mut self, turn: usize) -> &mut Coming<'a> {
        &mut self.coming[turn % STEPS]
    }

    /// The batch that is applied in a turn.
    pub(super) fn oldest(&mut self, turn: usize) -> &mut Coming<'a> {
        &mut self.coming[(turn + 1) % STEPS]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.coming.iter().all(|coming| coming.batch.is_empty())
    }

    /// Takes the next step for all batches that have one left.
    pub(super) fn step(&mut self, books: &Books, turn: usize) {
        for age in 1..STEPS {
            books.look_ahead(&mut self.coming[(turn + STEPS - age) % STEPS].ahead);
        }
    }
}

/// Takes the next messages, at most a batch of them, and notes what they will need, if anybody is
/// to look ahead.
#[inline(never)]
pub(super) fn take<'a>(
    books: &Books,
    messages: &mut Messages<'a>,
    coming: &mut Coming<'a>,
    looks_ahead: bool,
) {
    let Coming { batch, ahead } = coming;
    batch.clear();
    ahead.clear();
    while !batch.is_full() {
        let Some(message) = messages.next() else { break };
        batch.push(message);
    }
    if looks_ahead {
        note(books, batch, ahead);
    }
    let later = messages.as_bytes().get(AHEAD_BYTES..).unwrap_or_default();
    for line in later.chunks(LINE).take(BATCH_LINES) {
        prefetch(line.as_ptr());
    }
}

/// What a message will do to an order, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    Adds,
    Takes,
    Replaces,
}

const DOES: [Does; 256] = {
    let mut does = [Does::Nothing; 256];
    does[b'A' as usize] = Does::Adds;
    does[b'F' as usize] = Does::Adds;
    does[b'D' as usize] = Does::Takes;
    does[b'E' as usize] = Does::Takes;
    does[b'C' as usize] = Does::Takes;
    does[b'X' as usize] = Does::Takes;
    does[b'U' as usize] = Does::Replaces;
    does
};

/// The picked messages of a batch, with their numbers.
#[inline(always)]
fn of<'a, 'b>(
    picked: &'b Picked,
    batch: &'b Batch<'a>,
) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a, 'b> {
    picked.as_slice().iter().filter_map(|&at| Some((at, *batch.get(at)?)))
}

/// Tells the books which messages are to come. What cannot be read they are not told.
#[inline(always)]
fn note(books: &Books, batch: &Batch<'_>, ahead: &mut Ahead) {
    let [mut adding, mut taking, mut replacing] = [0; 3].map(|_| Picked::default());
    for (at, message) in batch.iter().enumerate() {
        let does = message.first().map_or(Does::Nothing, |&kind| DOES[usize::from(kind)]);
        adding.push_if(does == Does::Adds, at);
        taking.push_if(does == Does::Takes, at);
        replacing.push_if(does == Does::Replaces, at);
    }
    for (_, message) in of(&adding, batch) {
        if let Some((locate, order_ref, side, price)) = added(message) {
            ahead.add(books, locate, order_ref, side, price);
        }
    }
    for (at, message) in of(&taking, batch) {
        if let Some((locate, order_ref)) = order(message) {
            ahead.take(books, at, locate, order_ref);
        }
    }
    for (at, message) in of(&replacing, batch) {
        if let Ok(m) = OrderReplace::new(message) {
            ahead.replace(books, at, m.locate(), [m.old_ref(), m.new_ref()], m.price());
        }
    }
}

/// What all messages on an order begin with: locate (at 1) and reference (at 11).
#[inline(always)]
fn order(message: &[u8]) -> Option<(Locate, OrderRef)> {
    let [_, a, b, .., s, t, u, v, w, x, y, z] = *message.first_chunk::<19>()?;
    let order_ref = u64::from_be_bytes([s, t, u, v, w, x, y, z]);
    Some((Locate::new(u16::from_be_bytes([a, b])), OrderRef::new(order_ref)))
}

/// The same of A and F, and side (at 19) and price (at 32). No other byte than `S` is looked at:
/// an order without a side is refused in its turn.
#[inline(always)]
fn added(message: &[u8]) -> Option<(Locate, OrderRef, Side, Price)> {
    let (locate, order_ref) = order(message)?;
    let [.., a, b, c, d] = *message.first_chunk::<36>()?;
    let side = select_unpredictable(message.get(19) == Some(&b'S'), Side::Ask, Side::Bid);
    let price = Price::from_units(u32::from_be_bytes([a, b, c, d]).into());
    Some((locate, order_ref, side, price))
}
