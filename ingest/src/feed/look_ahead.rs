//! Fetching, for the messages to come, what the books will need.

use wirebook_book::{Books, Locate, OrderRef, Price, Side};

use crate::mold::Messages;

/// How many messages before its own turn a message takes its first, second and third step. The
/// first has the longest way (its line may be in no cache); each builds on what the one before
/// has fetched.
const STEPS: [usize; 3] = [24, 16, 8];

/// The three places ahead of the message that is applied.
pub(super) struct LookAhead<'a> {
    places: [Messages<'a>; 3],
}

impl<'a> LookAhead<'a> {
    /// Takes the steps that the first messages of a block need.
    pub(super) fn new(books: &Books, messages: &Messages<'a>) -> LookAhead<'a> {
        let mut ahead =
            LookAhead { places: [messages.clone(), messages.clone(), messages.clone()] };
        for turn in 0..STEPS[0] {
            let distance = STEPS[0] - turn;
            let [first, second, third] = &mut ahead.places;
            first_step(books, first.next());
            if distance <= STEPS[1] {
                second_step(books, second.next());
            }
            if distance <= STEPS[2] {
                third_step(books, third.next());
            }
        }
        ahead
    }

    /// Moves all three places on by one message.
    #[inline(always)]
    pub(super) fn step(&mut self, books: &Books) {
        let [first, second, third] = &mut self.places;
        first_step(books, first.next());
        second_step(books, second.next());
        third_step(books, third.next());
    }
}

/// What all order messages begin with: kind, locate (at 1) and reference (at 11).
#[inline(always)]
fn order_start(message: &[u8]) -> Option<(u8, Locate, OrderRef)> {
    let start = message.first_chunk::<19>()?;
    let [kind, a, b, .., s, t, u, v, w, x, y, z] = *start;
    let order_ref = u64::from_be_bytes([s, t, u, v, w, x, y, z]);
    Some((kind, Locate::new(u16::from_be_bytes([a, b])), OrderRef::new(order_ref)))
}

/// Side (at 19) and price (at 32) of an added order.
#[inline(always)]
fn added(message: &[u8]) -> Option<(Side, Price)> {
    let start = message.first_chunk::<36>()?;
    let [.., a, b, c, d] = *start;
    let side = if start[19] == b'B' { Side::Bid } else { Side::Ask };
    Some((side, Price::from_units(u32::from_be_bytes([a, b, c, d]).into())))
}

#[inline(always)]
fn first_step(books: &Books, message: Option<&[u8]>) {
    if let Some((_, locate, order_ref)) = message.and_then(order_start) {
        books.look_ahead_ref(locate, order_ref);
    }
}

#[inline(always)]
fn second_step(books: &Books, message: Option<&[u8]>) {
    let Some(message) = message else { return };
    match order_start(message) {
        Some((b'A' | b'F', locate, _)) => {
            if let Some((side, _)) = added(message) {
                books.look_ahead_side(locate, side);
            }
        }
        Some((b'D' | b'E' | b'X' | b'U' | b'C', _, order_ref)) => {
            books.look_ahead_order(order_ref);
        }
        _ => {}
    }
}

#[inline(always)]
fn third_step(books: &Books, message: Option<&[u8]>) {
    let Some(message) = message else { return };
    match order_start(message) {
        Some((b'A' | b'F', locate, _)) => {
            if let Some((side, price)) = added(message) {
                books.look_ahead_price(locate, side, price);
            }
        }
        Some((b'D' | b'E' | b'X' | b'U' | b'C', _, order_ref)) => {
            books.look_ahead_level(order_ref);
        }
        _ => {}
    }
}
