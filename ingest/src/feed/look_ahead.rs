//! What the bytes of a message tell before its turn.

use core::hint::select_unpredictable;

use wirebook_book::{Does, Foretold, Locate, OrderRef, Side};

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

/// What all messages on an order have: a locate at 1, and a reference at 11.
const BEGINNING_LEN: usize = 19;
/// How A and U end: with a side at 19 or a new reference there, and in any case with a price.
const END_LEN: usize = 17;

/// What a message will do. All kinds are read alike, without a branch: fields that a message does not have mean nothing.
///
/// F has four bytes behind its price. There are few of these: that side and price are guessed wrong costs less than to
/// ask each message.
#[inline(always)]
pub(super) fn foretell(message: &[u8]) -> Foretold {
    let Some(beginning) = message.first_chunk::<BEGINNING_LEN>() else {
        return Foretold::default();
    };
    let Some(end) = message.last_chunk::<END_LEN>() else { return Foretold::default() };
    let [kind, locate_a, locate_b, _, _, _, _, _, _, _, _, a, b, c, d, e, f, g, h] = *beginning;
    let [side, i, j, k, l, m, n, o, p, _, _, _, _, price @ ..] = *end;
    Foretold {
        does: DOES[usize::from(kind)],
        locate: Locate::new(u16::from_be_bytes([locate_a, locate_b])),
        order_ref: OrderRef::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])),
        new_ref: OrderRef::new(u64::from_be_bytes([i, j, k, l, m, n, o, p])),
        side: select_unpredictable(side == b'S', Side::Ask, Side::Bid),
        price: u32::from_be_bytes(price),
    }
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
    fn what_each_kind_does_is_foretold() {
        for (kind, len, does) in [
            (b'A', 36, Does::Adds),
            (b'F', 40, Does::Adds),
            (b'D', 19, Does::Takes),
            (b'X', 23, Does::Takes),
            (b'E', 31, Does::Takes),
            (b'C', 36, Does::Takes),
            (b'U', 35, Does::Replaces),
            (b'P', 44, Does::Nothing),
        ] {
            let mut message = message(kind, len);
            match kind {
                b'A' => (message[19], message[35]) = (b'S', 9),
                b'U' => (message[26], message[34]) = (8, 9),
                _ => {}
            }
            let told = foretell(&message);
            assert_eq!((told.does, told.locate.get(), told.order_ref.get()), (does, 3, 7));
            match kind {
                b'A' => assert_eq!((told.side, told.price), (Side::Ask, 9)),
                b'U' => assert_eq!((told.new_ref.get(), told.price), (8, 9)),
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_foretold_of_what_is_too_short() {
        for len in 0..BEGINNING_LEN {
            assert_eq!(foretell(&vec![b'D'; len]).does, Does::Nothing);
        }
    }
}
