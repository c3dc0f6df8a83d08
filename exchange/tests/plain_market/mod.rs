//! A market rebuilt from messages alone, in the plainest way, that complains of everything a real
//! exchange would not send.

use std::collections::{BTreeMap, HashMap, HashSet};

use wirebook_book::{Locate, Side, Symbol, TradingState};
use wirebook_ingest::itch::codes::{CrossType, Flag, SystemEventCode};
use wirebook_ingest::itch::{self, Message};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) locate: u16,
    pub(crate) side: Side,
    pub(crate) price: i64,
    pub(crate) qty: u64,
}

/// One symbol: by price, the references in order of arrival.
#[derive(Default, Debug)]
pub(crate) struct Book {
    pub(crate) symbol: Option<Symbol>,
    pub(crate) state: TradingState,
    pub(crate) sides: [BTreeMap<i64, Vec<u64>>; 2],
    /// Bought and sold by displayed orders in the cross that is being held.
    crossing: [u64; 2],
    pub(crate) crosses: Vec<(u8, u64)>,
}

impl Book {
    pub(crate) fn best(&self, side: Side) -> Option<(i64, &Vec<u64>)> {
        let levels = &self.sides[side.index()];
        let best = match side {
            Side::Bid => levels.last_key_value(),
            Side::Ask => levels.first_key_value(),
        };
        best.map(|(price, queue)| (*price, queue))
    }

    pub(crate) fn spread(&self) -> Option<i64> {
        Some(self.best(Side::Ask)?.0 - self.best(Side::Bid)?.0)
    }
}

#[derive(Default, Debug)]
pub(crate) struct Market {
    pub(crate) books: BTreeMap<u16, Book>,
    pub(crate) orders: HashMap<u64, Order>,
    pub(crate) counts: BTreeMap<char, u64>,
    pub(crate) printable_c: u64,
    pub(crate) events: Vec<(u8, u64)>,
    pub(crate) live_max: usize,
    matches: HashSet<u64>,
    last_ref: u64,
    last_match: u64,
    pub(crate) last_time: u64,
}

const HOUR_NS: u64 = 3_600_000_000_000;

impl Market {
    pub(crate) fn messages(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(crate) fn apply(&mut self, bytes: &[u8]) {
        let message = itch::parse(bytes).unwrap();
        assert_eq!(message.as_bytes().len(), bytes.len(), "{message}");
        let time = message.timestamp().get();
        assert!(time >= self.last_time, "{message} after {}", self.last_time);
        self.last_time = time;
        assert!(self.events.last().is_none_or(|(event, _)| *event != b'C'), "after the end");
        *self.counts.entry(char::from(message.kind())).or_default() += 1;

        let about_market = matches!(message, Message::SystemEvent(_) | Message::BreakerLevels(_));
        assert_eq!(message.locate() == Locate::new(0), about_market, "{message}");
        if !about_market && !matches!(message, Message::StockDirectory(_)) {
            let book = self.books.get(&message.locate().get());
            let announced = book.and_then(|book| book.symbol);
            assert!(announced.is_some(), "not announced: {message}");
            if let Some(symbol) = symbol_of(message) {
                assert_eq!(Some(symbol), announced, "{message}");
            }
        }
        self.apply_kind(message);
        self.live_max = self.live_max.max(self.orders.len());
        if let Some(book) = self.books.get(&message.locate().get())
            && book.state == TradingState::Trading
        {
            assert!(book.spread().is_none_or(|spread| spread > 0), "crossed by {message}");
        }
    }

    fn apply_kind(&mut self, message: Message<'_>) {
        let locate = message.locate().get();
        match message {
            Message::SystemEvent(at) => self.system_event(at.event()),
            Message::StockDirectory(at) => {
                let symbol = Some(at.symbol());
                let twice = self.books.values().any(|book| book.symbol == symbol);
                let book = Book { symbol, ..Book::default() };
                assert!(!twice && self.books.insert(locate, book).is_none(), "{message}");
            }
            Message::TradingAction(at) => self.book(locate).state = at.state().state(),
            Message::AddOrder(at) => {
                let side = at.side().unwrap();
                let (qty, price) = (at.qty().shares(), at.price().units());
                self.add(at.order_ref().get(), Order { locate, side, price, qty });
            }
            Message::AddOrderAttributed(at) => {
                let side = at.side().unwrap();
                let (qty, price) = (at.qty().shares(), at.price().units());
                self.add(at.order_ref().get(), Order { locate, side, price, qty });
            }
            Message::OrderExecuted(at) => {
                let order_ref = at.order_ref().get();
                let order = self.order(locate, order_ref);
                assert_eq!(self.book(locate).state, TradingState::Trading, "{message}");
                let (price, queue) = self.book(locate).best(order.side).unwrap();
                assert_eq!((price, queue[0]), (order.price, order_ref), "not first: {message}");
                self.match_number(at.match_no().get());
                self.take(order_ref, at.executed().shares());
            }
            Message::OrderExecutedWithPrice(at) => {
                let order_ref = at.order_ref().get();
                let order = self.order(locate, order_ref);
                let price = at.price().units();
                let better = (price - order.price) * order.side.sign();
                if at.printable() == Flag::YES {
                    assert!(better > 0, "no better than shown: {message} {order:?}");
                    assert_eq!(self.book(locate).state, TradingState::Trading, "{message}");
                    self.printable_c += 1;
                } else {
                    assert!(better <= 0, "beyond its limit: {message} {order:?}");
                    self.book(locate).crossing[order.side.index()] += at.executed().shares();
                }
                self.match_number(at.match_no().get());
                self.take(order_ref, at.executed().shares());
            }
            Message::OrderCancel(at) => {
                let (order_ref, shares) = (at.order_ref().get(), at.cancelled().shares());
                assert!(self.order(locate, order_ref).qty > shares, "{message}");
                self.take(order_ref, shares);
            }
            Message::OrderDelete(at) => {
                let order = self.order(locate, at.order_ref().get());
                self.take(at.order_ref().get(), order.qty);
            }
            Message::OrderReplace(at) => {
                let old = self.order(locate, at.old_ref().get());
                self.take(at.old_ref().get(), old.qty);
                let (qty, price) = (at.qty().shares(), at.price().units());
                self.add(at.new_ref().get(), Order { qty, price, ..old });
            }
            Message::Trade(at) => {
                assert_eq!(self.book(locate).state, TradingState::Trading, "{message}");
                assert_eq!((at.order_ref().get(), at.side()), (0, Ok(Side::Bid)));
                self.match_number(at.match_no().get());
            }
            Message::CrossTrade(at) => {
                self.match_number(at.match_no().get());
                self.cross(locate, at.cross_type(), at.qty().shares());
            }
            Message::BrokenTrade(at) => {
                assert!(self.matches.contains(&at.match_no().get()), "{message}");
            }
            Message::Imbalance(at) => {
                let (near, far) = (at.near_price().units(), at.far_price().units());
                let collected = near > 0 || far > 0 || at.paired().is_zero();
                assert!(collected, "{message}");
            }
            Message::ShortSaleRestriction(_)
            | Message::ParticipantPosition(_)
            | Message::AuctionCollar(_)
            | Message::BreakerLevels(_) => {}
            other => panic!("{other} is not sent here"),
        }
    }

    fn system_event(&mut self, event: SystemEventCode) {
        const ORDER: [(u8, u64); 6] =
            [(b'O', 30), (b'S', 40), (b'Q', 95), (b'M', 160), (b'E', 200), (b'C', 200)];
        let (expected, tenths) = ORDER[self.events.len()];
        assert_eq!(event.get(), expected);
        let late = self.last_time - tenths * HOUR_NS / 10;
        let allowed = if expected == b'C' { HOUR_NS / 6 } else { 1_000_000 };
        assert!(late < allowed, "{event:?} at {}", self.last_time);
        self.events.push((event.get(), self.last_time));
    }

    fn book(&mut self, locate: u16) -> &mut Book {
        self.books.get_mut(&locate).unwrap()
    }

    fn order(&self, locate: u16, order_ref: u64) -> Order {
        let Some(order) = self.orders.get(&order_ref) else { panic!("{order_ref} is unknown") };
        assert_eq!(order.locate, locate);
        *order
    }

    fn add(&mut self, order_ref: u64, order: Order) {
        assert!(order_ref > self.last_ref, "{order_ref} after {}", self.last_ref);
        assert!(order_ref < self.last_ref + 100_000 || self.last_ref == 0, "a jump");
        self.last_ref = order_ref;
        assert!(order.qty > 0 && order.price > 0 && order.price % 100 == 0, "{order:?}");
        let book = self.book(order.locate);
        let takes = matches!(book.state, TradingState::Trading | TradingState::QuotationOnly);
        assert!(takes, "{order:?} while {}", book.state);
        book.sides[order.side.index()].entry(order.price).or_default().push(order_ref);
        self.orders.insert(order_ref, order);
    }

    fn take(&mut self, order_ref: u64, shares: u64) {
        let order = self.orders.get_mut(&order_ref).unwrap();
        assert!(shares > 0 && shares <= order.qty, "{shares} of {order:?}");
        order.qty -= shares;
        if order.qty > 0 {
            return;
        }
        let order = self.orders.remove(&order_ref).unwrap();
        let levels = &mut self.book(order.locate).sides[order.side.index()];
        let queue = levels.get_mut(&order.price).unwrap();
        queue.retain(|at| *at != order_ref);
        if queue.is_empty() {
            levels.remove(&order.price);
        }
    }

    fn match_number(&mut self, number: u64) {
        assert!(number > self.last_match, "{number} after {}", self.last_match);
        self.last_match = number;
        self.matches.insert(number);
    }

    /// The bulk print holds what the displayed orders traded on either side, and more.
    fn cross(&mut self, locate: u16, kind: CrossType, shares: u64) {
        let book = self.book(locate);
        let [bought, sold] = std::mem::take(&mut book.crossing);
        assert!(bought <= shares && sold <= shares, "{bought} {sold} of {shares}");
        assert!(book.spread().is_none_or(|spread| spread > 0), "still crossed");
        book.crosses.push((kind.get(), shares));
    }
}

fn symbol_of(message: Message<'_>) -> Option<Symbol> {
    Some(match message {
        Message::TradingAction(at) => at.symbol(),
        Message::ShortSaleRestriction(at) => at.symbol(),
        Message::ParticipantPosition(at) => at.symbol(),
        Message::AuctionCollar(at) => at.symbol(),
        Message::AddOrder(at) => at.symbol(),
        Message::AddOrderAttributed(at) => at.symbol(),
        Message::Trade(at) => at.symbol(),
        Message::CrossTrade(at) => at.symbol(),
        Message::Imbalance(at) => at.symbol(),
        _ => return None,
    })
}
