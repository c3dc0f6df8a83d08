//! Telling the books, a batch at a time, which messages are to come.

use core::hint::select_unpredictable;

use arrayvec::ArrayVec;
use wirebook_book::region::{LINE, prefetch};
use wirebook_book::{Ahead, Books, Does, Foretold, Locate, OrderRef, Side};

use crate::mold::{LENGTH_BYTES, Messages};

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

/// The batches from the one that is read to the one that is applied: each waits a turn for what its
/// last step has asked for.
#[derive(Default)]
pub(super) struct Window<'a> {
    coming: [Coming<'a>; BATCHES.next_power_of_two()],
}

/// One that is noted, those that take their steps, and one that is applied.
const BATCHES: usize = 1 + Ahead::STEPS + 1;

impl<'a> Window<'a> {
    /// The batch that was read so many turns ago.
    #[inline(always)]
    fn of_age(&mut self, turn: usize, age: usize) -> &mut Coming<'a> {
        let batches = self.coming.len();
        &mut self.coming[turn.wrapping_sub(age) % batches]
    }

    /// The place of the batch that is read in a turn.
    pub(super) fn newest(&mut self, turn: usize) -> &mut Coming<'a> {
        self.of_age(turn, 0)
    }

    /// The batch that is applied in a turn.
    pub(super) fn oldest(&mut self, turn: usize) -> &mut Coming<'a> {
        self.of_age(turn, BATCHES - 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.coming.iter().all(|coming| coming.batch.is_empty())
    }

    /// Before each second message of a turn, another batch takes its next step: what all of them ask for at
    /// once would have to wait for each other.
    #[inline(always)]
    pub(super) fn step(&mut self, books: &Books, turn: usize, message: usize) {
        if message % 2 == 1 {
            let step = message / 2;
            books.look_ahead(&mut self.of_age(turn, 1 + step).ahead, step);
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
    // Of their own, so that they need not be in memory after each.
    let mut left = messages.clone();
    while !batch.is_full() {
        let bytes = left.as_bytes();
        let Some(message) = left.next() else { break };
        if looks_ahead && let Some((_, bytes)) = bytes.split_first_chunk::<LENGTH_BYTES>() {
            ahead.note(books, batch.len(), foretell(bytes));
        }
        batch.push(message);
    }
    *messages = left;
    // Beyond the end of the block it asks in vain, which does no harm.
    let later = messages.as_bytes().as_ptr().wrapping_add(AHEAD_BYTES);
    for line in 0..BATCH_LINES {
        prefetch(later.wrapping_add(line * LINE));
    }
}

/// Looks ahead over the packets that came in together, of which each has too few messages to look ahead over by
/// itself: a part of what they need is asked for before each message that is applied.
#[derive(Debug, Default)]
pub(super) struct Scout {
    batches: Box<[Ahead; SCOUTED / Ahead::MESSAGES]>,
    /// Messages that were noted.
    noted: usize,
    /// The noted message that is applied next, unless it is another one.
    next: usize,
    /// Whether the message that is applied next may have been noted, and others with it.
    looks: bool,
}

/// Messages that are noted and not applied yet, at most.
const SCOUTED: usize = 256;

/// Where the messages of a packet were noted, if they were.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted(Option<usize>);

impl Noted {
    /// Whether they are not to be noted.
    #[inline]
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0.is_none()
    }
}

impl Scout {
    /// How many messages are noted before the first is applied: as many as are under way at once.
    const LEAD: usize = (Ahead::STEPS + 1) * Ahead::MESSAGES;

    #[inline(always)]
    fn batch(&mut self, batch: usize) -> &mut Ahead {
        let batches = self.batches.len();
        &mut self.batches[batch % batches]
    }

    /// Forgets all that was noted.
    pub(super) fn clear(&mut self) {
        (self.noted, self.next, self.looks) = (0, 0, false);
    }

    /// Whether enough is noted to begin with.
    pub(super) fn has_lead(&self) -> bool {
        self.noted >= Scout::LEAD
    }

    /// Where so many messages can be noted, all or none: none where they are enough to look ahead over by themselves.
    #[inline(always)]
    pub(super) fn place(&self, messages_len: usize) -> Noted {
        let fits = self.noted + messages_len <= self.next + SCOUTED;
        Noted((messages_len <= Ahead::MESSAGES && fits).then_some(self.noted))
    }

    /// Notes the message with which `bytes` begin, and asks for what it alone tells.
    #[inline(always)]
    pub(super) fn note(&mut self, books: &Books, bytes: &[u8]) {
        let at = self.noted % Ahead::MESSAGES;
        let ahead = self.batch(self.noted / Ahead::MESSAGES);
        if at == 0 {
            ahead.clear();
        }
        ahead.note(books, at, foretell(bytes));
        self.noted += 1;
    }

    /// Takes the steps for the first messages, as if messages had been applied before them.
    pub(super) fn lead(&mut self, books: &Books) {
        // Alone it would only wait for what it asks for.
        if self.noted > 1 {
            for step in 0..Ahead::STEPS {
                (0..Ahead::STEPS - step).for_each(|batch| self.step_of(books, batch, step));
            }
        }
    }

    #[inline(always)]
    fn step_of(&mut self, books: &Books, batch: usize, step: usize) {
        if batch * Ahead::MESSAGES < self.noted {
            books.look_ahead(self.batch(batch), step);
        }
    }

    /// The messages that are applied next were noted there.
    #[inline(always)]
    pub(super) fn turn_to(&mut self, noted: Noted) {
        self.looks = noted.0.is_some() & (self.noted > 1);
        self.next = noted.0.unwrap_or(self.next);
    }

    /// Whether the messages that are applied next were looked ahead over.
    #[inline(always)]
    pub(super) fn looks(&self) -> bool {
        self.looks
    }

    /// Tells the books what was found for the message that they are given next, and takes a step for later ones. Should
    /// it be another message, they find out.
    #[inline(always)]
    pub(super) fn recall(&mut self, books: &mut Books) {
        let (batch, at) = (self.next / Ahead::MESSAGES, self.next % Ahead::MESSAGES);
        // As many batches are under way as there are steps; before each second message one of them takes its next.
        if at % 2 == 1 {
            let step = at / 2;
            self.step_of(books, batch + Ahead::STEPS - step, step);
        }
        let ahead = &self.batches[batch % self.batches.len()];
        books.recall(ahead, at);
        self.next += 1;
    }
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

/// As much of a message as is read of any.
type Beginning = [u8; 36];

/// What the message with which `bytes` begin will do. All kinds are read alike, without a branch:
/// what lies behind a shorter message is read, too, and means nothing for it. Behind the last one of a
/// block lie zeros.
///
/// All messages on an order have its locate at 1 and its reference at 11. A and F have a side at 19
/// and a price at 32, and no other byte than `S` is looked at: an order without a side is refused
/// in its turn. U has a new reference at 19 and a
/// price at 31.
#[inline(always)]
fn foretell(bytes: &[u8]) -> Foretold {
    let padded;
    let bytes = match bytes.first_chunk() {
        Some(bytes) => bytes,
        None => {
            padded = pad(bytes);
            &padded
        }
    };
    let kind = bytes[0];
    // The eight bytes that end with the price, or one behind it.
    let shift = if kind == b'U' { 8 } else { 0 };
    #[allow(clippy::cast_possible_truncation)] // the low half
    let price = (u64::from_be_bytes(field(bytes, 28)) >> shift) as u32;
    Foretold {
        does: DOES[usize::from(kind)],
        locate: Locate::new(u16::from_be_bytes(field(bytes, 1))),
        order_ref: OrderRef::new(u64::from_be_bytes(field(bytes, 11))),
        new_ref: OrderRef::new(u64::from_be_bytes(field(bytes, 19))),
        side: select_unpredictable(bytes[19] == b'S', Side::Ask, Side::Bid),
        price,
    }
}

/// The beginning of the last message of a block, which is a short one: in small packets that is every other.
#[inline(never)]
fn pad(bytes: &[u8]) -> Beginning {
    let mut padded = [0; size_of::<Beginning>()];
    padded.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    padded
}

/// `N` bytes that begin so far in.
#[inline(always)]
fn field<const N: usize>(bytes: &Beginning, at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|field| field.try_into().ok()).unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of a kind on order 7 of symbol 3.
    fn message(kind: u8, len: usize) -> Vec<u8> {
        let mut message = vec![0; len];
        (message[0], message[2], message[18]) = (kind, 3, 7);
        message
    }

    #[test]
    fn the_last_message_of_a_block_is_foretold_too() {
        for (kind, len, does) in [
            (b'A', 36, Does::Adds),
            (b'D', 19, Does::Takes),
            (b'X', 23, Does::Takes),
            (b'E', 31, Does::Takes),
            (b'U', 35, Does::Replaces),
        ] {
            let mut alone = message(kind, len);
            if kind == b'U' {
                (alone[26], alone[34]) = (8, 9);
            }
            let told = foretell(&alone);
            assert_eq!((told.does, told.locate.get(), told.order_ref.get()), (does, 3, 7));
            if kind == b'U' {
                assert_eq!((told.new_ref.get(), told.price), (8, 9));
            }
            // What lies behind it changes nothing of that.
            let behind = [alone, vec![0xff; 40]].concat();
            let (again, told) = (foretell(&behind), (told.does, told.locate, told.order_ref));
            assert_eq!((again.does, again.locate, again.order_ref), told);
        }
        assert_eq!(foretell(&[]).does, Does::Nothing);
    }
}
