//! Random recordings.

use proptest::prelude::*;
use strategy_api::{Locate, OrderRef, Side, TradeKind, TradingState};

use crate::floor::{Floor, SYMBOL};

/// A recorded message. Orders are picked by any number, from those that are live.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    Add { side: Side, qty: u64, cents: i64 },
    Execute { pick: usize, qty: u64 },
    ExecuteAt { pick: usize, qty: u64, away: i64, printable: bool },
    Cancel { pick: usize, qty: u64 },
    Delete { pick: usize },
    Replace { pick: usize, qty: u64, away: i64 },
    Hidden { qty: u64, cents: i64 },
    Halt,
    Resume,
}

/// Where bids and asks are added: narrowly overlapping, so that orders meet.
fn cents_of(side: Side, offset: i64) -> i64 {
    1_000 - side.sign() * (offset - 2)
}

pub(crate) fn side() -> impl Strategy<Value = Side> + Clone {
    prop_oneof![Just(Side::Bid), Just(Side::Ask)]
}

/// A side with a price on it, near the touch.
pub(crate) fn place() -> impl Strategy<Value = (Side, i64)> + Clone {
    (side(), 0i64..7).prop_map(|(side, offset)| (side, cents_of(side, offset)))
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    let qty = 1u64..60;
    let pick = any::<usize>();
    prop_oneof![
        8 => (place(), qty.clone())
            .prop_map(|((side, cents), qty)| Message::Add { side, qty, cents }),
        5 => (pick, qty.clone()).prop_map(|(pick, qty)| Message::Execute { pick, qty }),
        1 => (pick, qty.clone(), -2i64..3, any::<bool>()).prop_map(
            |(pick, qty, away, printable)| Message::ExecuteAt { pick, qty, away, printable }
        ),
        2 => (pick, qty.clone()).prop_map(|(pick, qty)| Message::Cancel { pick, qty }),
        2 => pick.prop_map(|pick| Message::Delete { pick }),
        2 => (pick, qty.clone(), -2i64..3)
            .prop_map(|(pick, qty, away)| Message::Replace { pick, qty, away }),
        1 => (qty, 995i64..1006).prop_map(|(qty, cents)| Message::Hidden { qty, cents }),
        1 => Just(Message::Halt),
        6 => Just(Message::Resume),
    ]
}

/// A recorded order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Recorded {
    pub(crate) order_ref: u64,
    pub(crate) side: Side,
    pub(crate) cents: i64,
    pub(crate) qty: u64,
}

/// What a message did to the recorded orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    Nothing,
    Added(Recorded),
    /// The order as it was, what was executed and at which price.
    Executed {
        of: Recorded,
        qty: u64,
        cents: i64,
        printable: bool,
    },
    /// The order as it was, and by how much it was reduced.
    Reduced {
        of: Recorded,
        qty: u64,
    },
    Replaced {
        old: Recorded,
        new: Recorded,
    },
    Hidden {
        qty: u64,
        cents: i64,
    },
    Trading(bool),
}

/// The recorded orders in order of arrival, as a plain list.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) orders: Vec<Recorded>,
    refs: u64,
}

impl Recording {
    /// Applies a message to the books and the list, and tells the venue.
    pub(crate) fn apply(&mut self, floor: &mut Floor, message: Message) -> Done {
        match message {
            Message::Add { side, qty, cents } => {
                let order = self.push(side, cents, qty);
                floor.add(order.order_ref, side, qty, cents);
                Done::Added(order)
            }
            Message::Execute { pick, qty } => {
                let Some((of, qty)) = self.reduce(pick, qty) else { return Done::Nothing };
                floor.execute(of.order_ref, qty);
                Done::Executed { of, qty, cents: of.cents, printable: true }
            }
            Message::ExecuteAt { pick, qty, away, printable } => {
                let Some((of, qty)) = self.reduce(pick, qty) else { return Done::Nothing };
                let cents = of.cents + away;
                floor.execute_at(of.order_ref, qty, cents, printable);
                Done::Executed { of, qty, cents, printable }
            }
            Message::Cancel { pick, qty } => {
                let Some((of, qty)) = self.reduce(pick, qty) else { return Done::Nothing };
                floor.cancel(of.order_ref, qty);
                Done::Reduced { of, qty }
            }
            Message::Delete { pick } => {
                let Some((of, qty)) = self.reduce(pick, u64::MAX) else { return Done::Nothing };
                floor.delete(of.order_ref);
                Done::Reduced { of, qty }
            }
            Message::Replace { pick, qty, away } => {
                let Some((old, _)) = self.reduce(pick, u64::MAX) else { return Done::Nothing };
                let new = self.push(old.side, old.cents + away, qty);
                floor.replace(old.order_ref, new.order_ref, qty, new.cents);
                Done::Replaced { old, new }
            }
            Message::Hidden { qty, cents } => {
                floor.trade(TradeKind::Hidden, qty, cents);
                Done::Hidden { qty, cents }
            }
            Message::Halt => {
                floor.trading(TradingState::Halted);
                Done::Trading(false)
            }
            Message::Resume => {
                floor.trading(TradingState::Trading);
                Done::Trading(true)
            }
        }
    }

    fn push(&mut self, side: Side, cents: i64, qty: u64) -> Recorded {
        self.refs += 1;
        let order = Recorded { order_ref: self.refs, side, cents, qty };
        self.orders.push(order);
        order
    }

    /// Takes up to `qty` off some order; returns it as it was and what was taken.
    fn reduce(&mut self, pick: usize, qty: u64) -> Option<(Recorded, u64)> {
        let index = pick.checked_rem(self.orders.len())?;
        let order = self.orders.get_mut(index)?;
        let (before, taken) = (*order, qty.min(order.qty));
        order.qty -= taken;
        if order.qty == 0 {
            self.orders.remove(index);
        }
        Some((before, taken))
    }
}

/// The list and the books are the same.
pub(crate) fn check_books(floor: &Floor, recording: &Recording) -> Result<(), TestCaseError> {
    let locate: Locate = SYMBOL;
    let book = floor.books.book(locate).expect("a locate in range");
    prop_assert_eq!(book.orders() as usize, recording.orders.len());
    for order in &recording.orders {
        let found = floor.books.order(OrderRef::new(order.order_ref));
        prop_assert_eq!(found.map(|found| found.qty.shares()), Some(order.qty));
    }
    Ok(())
}
