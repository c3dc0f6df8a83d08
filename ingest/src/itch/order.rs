//! Messages on orders, read alike.
//!
//! Which kind of message comes next cannot be foreseen: a decoder that chooses by it pays a
//! mispredicted jump for every other message, more than all its loads together. Here the kind chooses a row
//! of a table of places, and the loads are the same for all.

use wirebook_book::{Locate, Nanos, OrderRef, Price, Qty, Side};

use super::field::{at, timestamp};
use super::{
    AddOrder, AddOrderAttributed, OrderCancel, OrderDelete, OrderExecuted, OrderExecutedWithPrice,
    OrderReplace,
};

/// What one of the messages A, F, E, C, X, D and U says of its order. What its kind does not say is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderMessage {
    /// The kind byte.
    pub kind: u8,
    /// The symbol's number for the day.
    pub locate: Locate,
    /// When the message was made.
    pub timestamp: Nanos,
    /// The order; in U the one that leaves.
    pub order_ref: OrderRef,
    /// The order that takes its place, in U.
    pub new_ref: OrderRef,
    /// The side, in A and F; [`Side::Bid`] in the others.
    pub side: Side,
    /// How much joins or leaves; zero in D, with which all of it leaves.
    pub qty: Qty,
    /// The price, in A, F, U and C.
    pub price: Price,
}

impl OrderMessage {
    /// The message, without a branch that depends on which of the seven kinds it is; bytes after the known ones are
    /// left out. `None` where it is of another kind or cannot be read: [`parse`](super::parse) tells which, but
    /// for a side that is none, which [`AddOrder::side`] tells.
    #[inline(always)]
    #[must_use]
    pub fn read(message: &[u8]) -> Option<OrderMessage> {
        let shortest: &[u8; SHORTEST] = message.first_chunk()?;
        let kind = shortest[0];
        let places = &PLACES[usize::from(kind)];
        if message.len() < usize::from(places.len) {
            return None;
        }
        let side = SIDES[usize::from(*message.get(usize::from(places.side))?)];
        if side & places.sides == 0 {
            return None;
        }
        Some(OrderMessage {
            kind,
            locate: Locate::new(u16::from_be_bytes(at::<1, 2, SHORTEST>(shortest))),
            timestamp: timestamp(at::<3, 8, SHORTEST>(shortest)),
            order_ref: OrderRef::new(u64::from_be_bytes(at::<11, 8, SHORTEST>(shortest))),
            new_ref: OrderRef::new(
                u64::from_be_bytes(field(message, places.new_ref)?) & places.new_ref_mask,
            ),
            side: if side == ASK { Side::Ask } else { Side::Bid },
            qty: Qty::from(u32::from_be_bytes(field(message, places.qty)?) & places.qty_mask),
            price: Price::from_units(
                (u32::from_be_bytes(field(message, places.price)?) & places.price_mask).into(),
            ),
        })
    }

    /// Whether an order joins the book: A and F, which alone say a side.
    #[inline(always)]
    #[must_use]
    pub fn is_add(&self) -> bool {
        (self.kind == AddOrder::KIND) | (self.kind == AddOrderAttributed::KIND)
    }
}

/// The bytes of the shortest of them, D.
const SHORTEST: usize = OrderDelete::LEN;

/// Where one kind has what; what it does not have is read anywhere and masked.
#[derive(Clone, Copy)]
struct Places {
    new_ref_mask: u64,
    qty_mask: u32,
    price_mask: u32,
    /// Bytes of the message; more than any has for other kinds.
    len: u8,
    side: u8,
    /// What may stand there.
    sides: u8,
    new_ref: u8,
    qty: u8,
    price: u8,
}

const BID: u8 = 1;
const ASK: u8 = 2;
/// The kind byte, which stands for the side of a kind that has none.
const NO_SIDE: u8 = 4;

static SIDES: [u8; 256] = {
    let mut sides = [0; 256];
    sides[b'B' as usize] = BID;
    sides[b'S' as usize] = ASK;
    sides[OrderExecuted::KIND as usize] = NO_SIDE;
    sides[OrderExecutedWithPrice::KIND as usize] = NO_SIDE;
    sides[OrderCancel::KIND as usize] = NO_SIDE;
    sides[OrderDelete::KIND as usize] = NO_SIDE;
    sides[OrderReplace::KIND as usize] = NO_SIDE;
    sides
};

impl Places {
    /// No field but the first ones.
    const NONE: Places = Places {
        new_ref_mask: 0,
        qty_mask: 0,
        price_mask: 0,
        len: u8::MAX,
        side: 0,
        sides: NO_SIDE,
        new_ref: 0,
        qty: 0,
        price: 0,
    };

    #[allow(clippy::cast_possible_truncation)] // messages of some dozen bytes
    const fn of(len: usize) -> Places {
        Places { len: len as u8, ..Places::NONE }
    }

    const fn side(self, side: u8) -> Places {
        Places { side, sides: BID | ASK, ..self }
    }

    const fn new_ref(self, new_ref: u8) -> Places {
        Places { new_ref, new_ref_mask: u64::MAX, ..self }
    }

    const fn qty(self, qty: u8) -> Places {
        Places { qty, qty_mask: u32::MAX, ..self }
    }

    const fn price(self, price: u8) -> Places {
        Places { price, price_mask: u32::MAX, ..self }
    }
}

static PLACES: [Places; 256] = {
    let mut places = [Places::NONE; 256];
    places[AddOrder::KIND as usize] = Places::of(AddOrder::LEN).side(19).qty(20).price(32);
    places[AddOrderAttributed::KIND as usize] =
        Places::of(AddOrderAttributed::LEN).side(19).qty(20).price(32);
    places[OrderExecuted::KIND as usize] = Places::of(OrderExecuted::LEN).qty(19);
    places[OrderExecutedWithPrice::KIND as usize] =
        Places::of(OrderExecutedWithPrice::LEN).qty(19).price(32);
    places[OrderCancel::KIND as usize] = Places::of(OrderCancel::LEN).qty(19);
    places[OrderDelete::KIND as usize] = Places::of(OrderDelete::LEN);
    places[OrderReplace::KIND as usize] =
        Places::of(OrderReplace::LEN).new_ref(19).qty(27).price(31);
    places
};

/// The `N` bytes at a place of the table.
#[inline(always)]
fn field<const N: usize>(message: &[u8], place: u8) -> Option<[u8; N]> {
    message.get(usize::from(place)..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::itch::{self, LENGTHS, Message};

    /// The same by the views.
    fn by_views(message: &[u8]) -> Option<OrderMessage> {
        let parsed = itch::parse(message).ok()?;
        let read = OrderMessage {
            kind: parsed.kind(),
            locate: parsed.locate(),
            timestamp: parsed.timestamp(),
            order_ref: OrderRef::default(),
            new_ref: OrderRef::default(),
            side: Side::Bid,
            qty: Qty::default(),
            price: Price::default(),
        };
        Some(match parsed {
            Message::AddOrder(m) => OrderMessage {
                order_ref: m.order_ref(),
                side: m.side().ok()?,
                qty: m.qty(),
                price: m.price(),
                ..read
            },
            Message::AddOrderAttributed(m) => OrderMessage {
                order_ref: m.order_ref(),
                side: m.side().ok()?,
                qty: m.qty(),
                price: m.price(),
                ..read
            },
            Message::OrderExecuted(m) => {
                OrderMessage { order_ref: m.order_ref(), qty: m.executed(), ..read }
            }
            Message::OrderExecutedWithPrice(m) => OrderMessage {
                order_ref: m.order_ref(),
                qty: m.executed(),
                price: m.price(),
                ..read
            },
            Message::OrderCancel(m) => {
                OrderMessage { order_ref: m.order_ref(), qty: m.cancelled(), ..read }
            }
            Message::OrderDelete(m) => OrderMessage { order_ref: m.order_ref(), ..read },
            Message::OrderReplace(m) => OrderMessage {
                order_ref: m.old_ref(),
                new_ref: m.new_ref(),
                qty: m.qty(),
                price: m.price(),
                ..read
            },
            _ => return None,
        })
    }

    proptest! {
        #[test]
        fn any_bytes_read_as_their_view_does(
            kind in proptest::sample::select(b"AFECXDUPRSQ?".as_slice()),
            side in proptest::sample::select(b"BSB?".as_slice()),
            mut message in proptest::collection::vec(any::<u8>(), 0..60),
            cut in -1i32..3,
        ) {
            let len = i32::from(LENGTHS[usize::from(kind)]).saturating_add(cut);
            message.resize(usize::try_from(len).unwrap_or(0), 0x5a);
            if let Some(first) = message.first_mut() {
                *first = kind;
            }
            if let Some(byte) = message.get_mut(19) {
                *byte = side;
            }
            prop_assert_eq!(OrderMessage::read(&message), by_views(&message));
        }
    }
}
