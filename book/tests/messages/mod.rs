//! Messages that follow from a seed, of every kind that changes books.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use wirebook_book::{
    Books, Locate, MatchNo, Nanos, NewOrder, OrderRef, Price, Qty, SeqNo, Side, Stamp, Symbol,
    Trade, TradeKind, TradingState,
};

/// Symbols from locate 1; messages on locate 0 are of symbols that nobody knows.
pub(crate) const SYMBOLS: u16 = 12;
/// Orders that are kept alive, more or less.
const ORDERS: usize = 1_200;

#[derive(Clone, Copy)]
struct Live {
    order_ref: OrderRef,
    locate: Locate,
    qty: u64,
}

/// The messages of a seed, one after the other.
#[derive(Clone)]
pub(crate) struct Messages {
    draw: Xoshiro256PlusPlus,
    last: u64,
    live: Vec<Live>,
}

impl Messages {
    pub(crate) fn new(seed: u64) -> Messages {
        Messages { draw: Xoshiro256PlusPlus::seed_from_u64(seed), last: 0, live: Vec::new() }
    }

    /// The number of the last message.
    pub(crate) fn last(&self) -> SeqNo {
        SeqNo::new(self.last)
    }

    /// Applies the next message, and notes that it was applied.
    pub(crate) fn apply_next(&mut self, books: &mut Books) {
        self.last += 1;
        let at = Stamp { seq: self.last(), time: Nanos::new(7 * self.last) };
        // What is refused, in books that lost some of theirs, is refused.
        match self.draw.random_range(0..100) {
            0 => self.tell_of_a_symbol(books),
            1 => self.trade(at, books),
            2 => {
                let unknown = OrderRef::new(u64::MAX - self.last);
                let _ = books.delete(at, Locate::new(0), unknown);
            }
            _ if self.live.len() < ORDERS / 2 || self.draw.random_bool(0.45) => {
                self.add(at, books);
            }
            _ => self.change(at, books),
        }
        books.note_applied(at.seq);
    }

    fn locate(&mut self) -> Locate {
        Locate::new(self.draw.random_range(1..=SYMBOLS))
    }

    fn price(&mut self, side: Side) -> Price {
        // Some far from the touch, most near it.
        let away = self.draw.random_range(1..8) * self.draw.random_range(1..8);
        Price::from_units(10_000 - side.sign() * away)
    }

    fn add(&mut self, at: Stamp, books: &mut Books) {
        let locate = self.locate();
        let side = if self.draw.random() { Side::Bid } else { Side::Ask };
        let (price, qty) = (self.price(side), self.draw.random_range(1..500));
        let order_ref = OrderRef::new(self.last);
        let order = NewOrder { order_ref, side, qty: Qty::new(qty), price };
        let _ = books.add(at, locate, order);
        self.live.push(Live { order_ref, locate, qty });
    }

    fn change(&mut self, at: Stamp, books: &mut Books) {
        let index = self.draw.random_range(0..self.live.len());
        let Live { order_ref, locate, qty } = self.live[index];
        let taken = self.draw.random_range(1..=qty);
        match self.draw.random_range(0..10) {
            0..4 => {
                let _ = books.delete(at, locate, order_ref);
                self.live.swap_remove(index);
            }
            4..6 => {
                // The side is not known here: the price is one that either may have.
                let (side, new) = (Side::Bid, OrderRef::new(self.last));
                let (price, qty) = (self.price(side), self.draw.random_range(1..500));
                let _ = books.replace(at, locate, order_ref, new, Qty::new(qty), price);
                self.live[index] = Live { order_ref: new, locate, qty };
            }
            draw => {
                let _ = if draw < 8 {
                    books.execute(at, locate, order_ref, Qty::new(taken))
                } else {
                    books.cancel(at, locate, order_ref, Qty::new(taken))
                };
                if draw < 8 {
                    self.note(at, books, locate, taken);
                }
                self.live[index].qty -= taken;
                if self.live[index].qty == 0 {
                    self.live.swap_remove(index);
                }
            }
        }
    }

    fn trade(&mut self, at: Stamp, books: &mut Books) {
        let locate = self.locate();
        self.note(at, books, locate, 5);
    }

    fn note(&mut self, at: Stamp, books: &mut Books, locate: Locate, qty: u64) {
        let trade = Trade {
            locate,
            kind: TradeKind::Hidden,
            resting: None,
            order_ref: None,
            price: Price::from_units(10_000),
            qty: Qty::new(qty),
            match_no: MatchNo::new(self.last),
            printable: true,
        };
        books.note_trade(at, &trade);
    }

    fn tell_of_a_symbol(&mut self, books: &mut Books) {
        let locate = self.locate();
        if self.draw.random() {
            let symbol = Symbol::new(&format!("S{locate}")).expect("a symbol");
            books.name(locate, symbol).expect("within the capacity");
        } else {
            let state =
                if self.draw.random() { TradingState::Trading } else { TradingState::Halted };
            books.set_trading_state(locate, state).expect("within the capacity");
        }
    }
}
