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

/// What all messages on an order have.
type Beginning = [u8; 19];

/// What the message with which `bytes` begin will do. All kinds are read alike, without a branch: fields that a message
/// does not have are read from what lies behind it, or before the end of `bytes`, and mean nothing.
///
/// All messages on an order have its locate at 1 and its reference at 11. A and F have a side at 19
/// and a price at 32, and no other byte than `S` is looked at: an order without a side is refused
/// in its turn. U has a new reference at 19 and a
/// price at 31.
#[inline(always)]
pub(super) fn foretell(bytes: &[u8]) -> Foretold {
    let Some(beginning) = bytes.first_chunk::<{ size_of::<Beginning>() }>() else {
        return Foretold::default();
    };
    let kind = beginning[0];
    let behind = eight_bytes(bytes, 19);
    // The eight bytes that end with the price.
    let price = eight_bytes(bytes, select_unpredictable(kind == b'U', 27, 28));
    Foretold {
        does: DOES[usize::from(kind)],
        locate: Locate::new(u16::from_be_bytes(field(beginning, 1))),
        order_ref: OrderRef::new(u64::from_be_bytes(field(beginning, 11))),
        new_ref: OrderRef::new(u64::from_be_bytes(behind)),
        side: select_unpredictable(behind[0] == b'S', Side::Ask, Side::Bid),
        price: u32::from_be_bytes([price[4], price[5], price[6], price[7]]),
    }
}

/// Eight bytes that begin so far in, or the last ones.
#[inline(always)]
fn eight_bytes(bytes: &[u8], at: usize) -> [u8; 8] {
    let at = at.min(bytes.len().saturating_sub(8));
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or_default()
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
            match kind {
                b'A' => (alone[19], alone[35]) = (b'S', 9),
                b'U' => (alone[26], alone[34]) = (8, 9),
                _ => {}
            }
            let told = foretell(&alone);
            assert_eq!((told.does, told.locate.get(), told.order_ref.get()), (does, 3, 7));
            match kind {
                b'A' => assert_eq!((told.side, told.price), (Side::Ask, 9)),
                b'U' => assert_eq!((told.new_ref.get(), told.price), (8, 9)),
                _ => {}
            }
            // What lies behind it changes nothing of that.
            let behind = [alone, vec![0xff; 40]].concat();
            let (again, told) = (foretell(&behind), (told.does, told.locate, told.order_ref));
            assert_eq!((again.does, again.locate, again.order_ref), told);
        }
        assert_eq!(foretell(&[]).does, Does::Nothing);
    }
}
