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
pub(super) fn foretell(bytes: &[u8]) -> Foretold {
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
