//! One call of a method that changes books, as a value.

use wirebook_book::{
    Books, Change, Does, FeedState, Foretold, Locate, NewOrder, OrderRef, Price, Qty, Reject, Side,
    Stamp, Symbol, Trade, TradingState,
};

use super::PlainBooks;

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Add { locate: Locate, order: NewOrder },
    Execute { locate: Locate, order_ref: OrderRef, qty: Qty },
    Cancel { locate: Locate, order_ref: OrderRef, qty: Qty },
    Delete { locate: Locate, order_ref: OrderRef },
    Replace { locate: Locate, old: OrderRef, new: OrderRef, qty: Qty, price: Price },
    SetLevel { locate: Locate, side: Side, price: Price, qty: Qty },
    Name { locate: Locate, symbol: Symbol },
    SetTradingState { locate: Locate, state: TradingState },
    EndOperationalHalt { locate: Locate },
    NoteTrade(Trade),
    MarkSuspect { locate: Locate },
    SetFeedState(FeedState),
    Clear,
}

/// What a call returned.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Outcome {
    Changed(Result<Change, Reject>),
    Traded(Result<(TradingState, TradingState), Reject>),
    Named(Result<(), Reject>),
    Silent,
}

/// The same call on either kind of books.
macro_rules! call {
    ($operation:expr, $at:expr, $books:expr) => {{
        let (at, books) = ($at, $books);
        match $operation {
            Operation::Add { locate, order } => Outcome::Changed(books.add(at, locate, order)),
            Operation::Execute { locate, order_ref, qty } => {
                Outcome::Changed(books.execute(at, locate, order_ref, qty))
            }
            Operation::Cancel { locate, order_ref, qty } => {
                Outcome::Changed(books.cancel(at, locate, order_ref, qty))
            }
            Operation::Delete { locate, order_ref } => {
                Outcome::Changed(books.delete(at, locate, order_ref))
            }
            Operation::Replace { locate, old, new, qty, price } => {
                Outcome::Changed(books.replace(at, locate, old, new, qty, price))
            }
            Operation::SetLevel { locate, side, price, qty } => {
                Outcome::Changed(books.set_level(at, locate, side, price, qty))
            }
            Operation::Name { locate, symbol } => Outcome::Named(books.name(locate, symbol)),
            Operation::SetTradingState { locate, state } => {
                Outcome::Traded(books.set_trading_state(locate, state))
            }
            Operation::EndOperationalHalt { locate } => {
                Outcome::Traded(books.end_operational_halt(locate))
            }
            Operation::NoteTrade(trade) => {
                books.note_trade(at, &trade);
                Outcome::Silent
            }
            Operation::MarkSuspect { locate } => {
                books.mark_suspect(locate);
                Outcome::Silent
            }
            Operation::SetFeedState(state) => {
                books.set_feed_state(state);
                Outcome::Silent
            }
            Operation::Clear => {
                books.clear();
                Outcome::Silent
            }
        }
    }};
}

impl Operation {
    pub(crate) fn on_books(self, at: Stamp, books: &mut Books) -> Outcome {
        call!(self, at, books)
    }

    pub(crate) fn on_plain(self, at: Stamp, books: &mut PlainBooks) -> Outcome {
        call!(self, at, books)
    }

    /// The symbol that it concerns, if it is one.
    pub(crate) fn locate(self) -> Option<Locate> {
        match self {
            Operation::Add { locate, .. }
            | Operation::Execute { locate, .. }
            | Operation::Cancel { locate, .. }
            | Operation::Delete { locate, .. }
            | Operation::Replace { locate, .. }
            | Operation::SetLevel { locate, .. }
            | Operation::Name { locate, .. }
            | Operation::SetTradingState { locate, .. }
            | Operation::MarkSuspect { locate }
            | Operation::EndOperationalHalt { locate } => Some(locate),
            Operation::NoteTrade(trade) => Some(trade.locate),
            Operation::SetFeedState(_) | Operation::Clear => None,
        }
    }

    /// What is known of a message like this one when it is to come.
    pub(crate) fn foretold(self) -> Foretold {
        let (does, locate, order_ref, side, price) = match self {
            Operation::Add { locate, order: NewOrder { order_ref, side, price, .. } } => {
                (Does::Adds, locate, order_ref, side, price)
            }
            Operation::Execute { locate, order_ref, .. }
            | Operation::Cancel { locate, order_ref, .. }
            | Operation::Delete { locate, order_ref } => {
                (Does::Takes, locate, order_ref, Side::Ask, Price::from_units(7))
            }
            Operation::Replace { locate, old, price, .. } => {
                (Does::Replaces, locate, old, Side::Ask, price)
            }
            _ => return Foretold::default(),
        };
        let price = u32::try_from(price.units()).unwrap_or_default();
        let new_ref = if let Operation::Replace { new, .. } = self { new } else { order_ref };
        Foretold { does, locate, order_ref, new_ref, side, price }
    }
}
