//! A market kept in the plainest way there is: sorted maps, everything looked up anew.
//!
//! It shares no code with the books it is compared with, not even the reading of messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

/// The messages are behind `tape` and `depth` as lines; the rest is as it is at the end.
#[derive(Default)]
pub(crate) struct Plain {
    orders: HashMap<u64, Order>,
    books: BTreeMap<u16, Book>,
    /// Names by locate.
    pub(crate) names: BTreeMap<u16, String>,
    /// Messages that changed a book and left it locked or crossed.
    pub(crate) crossed: u64,
    /// Messages on orders that are not there.
    pub(crate) unknown_refs: u64,
    /// Locates of books that messages contradicted.
    pub(crate) suspect: BTreeSet<u16>,
    /// The touch tape with the locate of each line.
    pub(crate) tape: Vec<(u16, String)>,
    /// The messages that changed a book, with its locate.
    pub(crate) changes: Vec<(u64, u16)>,
    /// The depth tape.
    pub(crate) depth: String,
    levels: usize,
}

#[derive(Clone, Copy)]
struct Order {
    locate: u16,
    is_bid: bool,
    price: u32,
    qty: u32,
}

#[derive(Default)]
struct Book {
    bids: BTreeMap<u32, u64>,
    asks: BTreeMap<u32, u64>,
}

/// Bid price and quantity, ask price and quantity.
type Touch = [u64; 4];

impl Book {
    fn touch(&self) -> Touch {
        let (bid, bid_qty) = self.bids.last_key_value().map_or((0, 0), |(&p, &q)| (p, q));
        let (ask, ask_qty) = self.asks.first_key_value().map_or((0, 0), |(&p, &q)| (p, q));
        [bid.into(), bid_qty, ask.into(), ask_qty]
    }

    /// LOBSTER's columns.
    fn columns(&self, levels: usize) -> Vec<i64> {
        let mut asks = self.asks.iter().map(|(&p, &q)| [i64::from(p), q.cast_signed()]);
        let mut bids = self.bids.iter().rev().map(|(&p, &q)| [i64::from(p), q.cast_signed()]);
        let level = |_| {
            let ask = asks.next().unwrap_or([9_999_999_999, 0]);
            let bid = bids.next().unwrap_or([-9_999_999_999, 0]);
            ask.into_iter().chain(bid)
        };
        (0..levels).flat_map(level).collect()
    }
}

impl Plain {
    /// The market after `messages`, of which the first has number 1, with a depth tape of
    /// `levels` levels.
    pub(crate) fn after<M: AsRef<[u8]>>(messages: &[M], levels: usize) -> Plain {
        Plain::from_number(1, messages, levels)
    }

    /// The same where the first message has another number.
    pub(crate) fn from_number<M: AsRef<[u8]>>(first: u64, messages: &[M], levels: usize) -> Plain {
        let mut plain = Plain { levels, ..Plain::default() };
        for (number, message) in (first..).zip(messages) {
            plain.take(number, message.as_ref());
        }
        plain
    }

    /// The touch tape.
    pub(crate) fn tape(&self) -> String {
        self.tape_of(|_| true)
    }

    /// The lines of some locates.
    pub(crate) fn tape_of(&self, kept: impl Fn(u16) -> bool) -> String {
        self.tape.iter().filter(|(locate, _)| kept(*locate)).map(|(_, line)| &line[..]).collect()
    }

    /// The sum over locates of locate × (3·bid + 5·bid quantity + 7·ask + 11·ask quantity).
    pub(crate) fn checksum(&self) -> u64 {
        checksum(self.books.iter().map(|(&locate, book)| (locate, book.touch())))
    }

    pub(crate) fn orders_live(&self) -> usize {
        self.orders.len()
    }

    fn take(&mut self, number: u64, message: &[u8]) {
        let locate = u16::from_be_bytes([message[1], message[2]]);
        let touched = matches!(message[0], b'A' | b'F' | b'E' | b'C' | b'X' | b'D' | b'U');
        if message[0] == b'R' {
            let name = String::from_utf8(message[11..19].to_vec()).unwrap();
            self.names.insert(locate, name.trim_end().to_owned());
        }
        if !touched {
            return;
        }
        let book = self.books.entry(locate).or_default();
        let (touch, columns) = (book.touch(), book.columns(self.levels));
        if !self.apply(locate, message) {
            self.unknown_refs += 1;
            self.suspect.insert(locate);
            return;
        }
        self.changes.push((number, locate));
        let book = &self.books[&locate];
        let [bid, bid_qty, ask, ask_qty] = book.touch();
        self.crossed += u64::from(bid_qty > 0 && ask_qty > 0 && bid >= ask);
        if book.touch() != touch {
            let line = format!("{number},{locate},{bid},{bid_qty},{ask},{ask_qty}\n");
            self.tape.push((locate, line));
        }
        if book.columns(self.levels) != columns {
            write!(self.depth, "{number},{locate}").unwrap();
            for column in book.columns(self.levels) {
                write!(self.depth, ",{column}").unwrap();
            }
            self.depth.push('\n');
        }
    }

    /// False where the message is on an order that is not there.
    fn apply(&mut self, locate: u16, message: &[u8]) -> bool {
        let order_ref = number(message, 11);
        match message[0] {
            b'A' | b'F' => {
                let (is_bid, qty, price) =
                    (message[19] == b'B', word(message, 20), word(message, 32));
                self.add(order_ref, Order { locate, is_bid, price, qty });
            }
            b'E' | b'C' | b'X' => return self.reduce(order_ref, word(message, 19)).is_some(),
            b'D' => return self.reduce(order_ref, u32::MAX).is_some(),
            b'U' => {
                let Some(old) = self.reduce(order_ref, u32::MAX) else { return false };
                let (qty, price) = (word(message, 27), word(message, 31));
                self.add(number(message, 19), Order { qty, price, ..old });
            }
            other => panic!("kind {other}"),
        }
        true
    }

    fn side(&mut self, order: &Order) -> &mut BTreeMap<u32, u64> {
        let book = self.books.entry(order.locate).or_default();
        if order.is_bid { &mut book.bids } else { &mut book.asks }
    }

    fn add(&mut self, order_ref: u64, order: Order) {
        assert!(self.orders.insert(order_ref, order).is_none(), "order {order_ref} twice");
        *self.side(&order).entry(order.price).or_default() += u64::from(order.qty);
    }

    /// Takes up to `qty` off an order, and says what it was.
    fn reduce(&mut self, order_ref: u64, qty: u32) -> Option<Order> {
        let order = *self.orders.get(&order_ref)?;
        let qty = qty.min(order.qty);
        let side = self.side(&order);
        let level = side.get_mut(&order.price).unwrap();
        *level -= u64::from(qty);
        if *level == 0 {
            side.remove(&order.price);
        }
        if qty == order.qty {
            self.orders.remove(&order_ref);
        } else {
            self.orders.get_mut(&order_ref).unwrap().qty -= qty;
        }
        Some(order)
    }
}

/// The checksum of the touch of some books.
pub(crate) fn checksum(touches: impl IntoIterator<Item = (u16, Touch)>) -> u64 {
    let weighted = touches.into_iter().map(|(locate, [bid, bid_qty, ask, ask_qty])| {
        u64::from(locate) * (3 * bid + 5 * bid_qty + 7 * ask + 11 * ask_qty)
    });
    weighted.fold(0, u64::wrapping_add)
}

/// The checksum that the last lines of a touch tape give.
pub(crate) fn checksum_of_tape(tape: &str) -> u64 {
    let mut last = BTreeMap::new();
    for line in tape.lines() {
        let columns: Vec<u64> = line.split(',').map(|column| column.parse().unwrap()).collect();
        let &[_, locate, bid, bid_qty, ask, ask_qty] = &columns[..] else { panic!("{line}") };
        last.insert(u16::try_from(locate).unwrap(), [bid, bid_qty, ask, ask_qty]);
    }
    checksum(last)
}

/// The lines of a tape for messages before `number`.
pub(crate) fn tape_before(tape: &str, number: u64) -> String {
    let is_before = |line: &&str| line.split(',').next().unwrap().parse::<u64>().unwrap() < number;
    tape.split_inclusive('\n').take_while(is_before).collect()
}

fn word(message: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(message[at..at + 4].try_into().unwrap())
}

fn number(message: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(message[at..at + 8].try_into().unwrap())
}
