//! Books of a given shape, and messages that keep it: each order that leaves is followed by one that joins.

use rand::{RngExt as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use wirebook::book::{Locate, Nanos, OrderRef, Price, Qty, Side, Symbol};
use wirebook::ingest::itch::codes::SystemEventCode;
use wirebook::ingest::itch::{
    AddOrderFields, OrderDeleteFields, OrderReplaceFields, SystemEventFields, Tracking,
};

/// The price that both sides are away from, and the step from level to level.
const MIDDLE: u32 = 1_000_000;
const TICK: u32 = 100;

/// What the books are like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) symbols: u16,
    /// Orders live at any time, over all symbols.
    pub(crate) orders: u32,
    /// Levels of each side.
    pub(crate) levels: u32,
    /// Of those, the ones that messages concern, counted from the touch.
    pub(crate) busy: (u32, u32),
}

impl Shape {
    /// Every level is as busy as any other.
    pub(crate) fn even(symbols: u16, orders: u32, levels: u32) -> Shape {
        Shape { symbols, orders, levels, busy: (0, levels) }
    }

    /// Levels of all sides of all books.
    pub(crate) fn levels_total(&self) -> u32 {
        2 * u32::from(self.symbols) * self.levels
    }
}

/// A place where orders stand.
#[derive(Clone, Copy)]
struct Spot {
    locate: Locate,
    side: Side,
    level: u32,
}

impl Spot {
    fn price(self) -> Price {
        let away = TICK * (1 + self.level);
        let price = match self.side {
            Side::Bid => MIDDLE - away,
            Side::Ask => MIDDLE + away,
        };
        Price::from_units(price.into())
    }
}

/// Messages behind their lengths.
#[derive(Default)]
pub(crate) struct Bytes {
    pub(crate) bytes: Vec<u8>,
    pub(crate) messages: u64,
    next_ref: u64,
}

impl Bytes {
    fn push(&mut self, message: &[u8]) {
        let len = u16::try_from(message.len()).expect("a message of some dozen bytes");
        self.bytes.extend(len.to_be_bytes());
        self.bytes.extend(message);
        self.messages += 1;
    }

    /// The day begins: the books are whole from here on.
    pub(crate) fn start(&mut self) {
        let event = SystemEventFields {
            locate: Locate::new(0),
            tracking: Tracking::new(0),
            timestamp: Nanos::new(0),
            event: SystemEventCode::START_OF_MESSAGES,
        };
        self.push(&event.to_bytes().expect("values that fit"));
    }

    /// An order joins; its reference follows the last one's.
    fn add(&mut self, spot: Spot) -> u64 {
        self.next_ref += 1;
        self.add_as(self.next_ref, spot);
        self.next_ref
    }

    fn add_as(&mut self, order_ref: u64, spot: Spot) {
        let add = AddOrderFields {
            locate: spot.locate,
            tracking: Tracking::new(0),
            timestamp: Nanos::new(self.messages),
            order_ref: OrderRef::new(order_ref),
            side: spot.side,
            qty: Qty::new(1 + self.messages % 900),
            symbol: Symbol::UNKNOWN,
            price: spot.price(),
        };
        self.push(&add.to_bytes().expect("values that fit"));
    }

    fn delete(&mut self, locate: Locate, order_ref: u64) {
        let delete = OrderDeleteFields {
            locate,
            tracking: Tracking::new(0),
            timestamp: Nanos::new(self.messages),
            order_ref: OrderRef::new(order_ref),
        };
        self.push(&delete.to_bytes().expect("values that fit"));
    }

    /// An order gives way to another one.
    fn replace(&mut self, old: u64, spot: Spot) -> u64 {
        self.next_ref += 1;
        let replace = OrderReplaceFields {
            locate: spot.locate,
            tracking: Tracking::new(0),
            timestamp: Nanos::new(self.messages),
            old_ref: OrderRef::new(old),
            new_ref: OrderRef::new(self.next_ref),
            qty: Qty::new(1 + self.messages % 900),
            price: spot.price(),
        };
        self.push(&replace.to_bytes().expect("values that fit"));
        self.next_ref
    }

    /// What follows these messages.
    fn following(&self) -> Bytes {
        Bytes { next_ref: self.next_ref, ..Bytes::default() }
    }
}

/// The messages that make books of a shape, and so many that keep it.
pub(crate) fn messages(shape: &Shape, count: u64) -> (Bytes, Bytes) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(shape.orders.into());
    let mut filling = Bytes::default();
    filling.start();
    let mut busy = Vec::new();
    for number in 0..shape.orders {
        let spot = spot(shape, number);
        let order_ref = filling.add(spot);
        if (shape.busy.0..shape.busy.1).contains(&spot.level) {
            busy.push((order_ref, spot));
        }
    }
    let mut keeping = filling.following();
    for _ in 0..count / 2 {
        let at = random.random_range(0..busy.len());
        let (order_ref, spot) = busy[at];
        keeping.delete(spot.locate, order_ref);
        let to = busy[random.random_range(0..busy.len())].1;
        busy[at] = (keeping.add(to), to);
    }
    (filling, keeping)
}

/// Where the first orders stand: as many at every level.
fn spot(shape: &Shape, number: u32) -> Spot {
    let (symbols, levels) = (u32::from(shape.symbols), shape.levels);
    let (symbol, number) = (number % symbols, number / symbols);
    let side = if number.is_multiple_of(2) { Side::Bid } else { Side::Ask };
    let locate = u16::try_from(1 + symbol).unwrap_or(u16::MAX);
    Spot { locate: Locate::new(locate), side, level: number / 2 % levels }
}

/// The dearest messages that anybody could think of, one kind at a time: a name, what comes before, and the messages
/// that are measured.
pub(crate) fn hostile(count: u64) -> Vec<(&'static str, Bytes, Bytes)> {
    vec![deepest_levels(count), crowded_references(count), one_long_queue(count)]
}

/// The most levels that a side may have.
const SIDE_LEVELS: u32 = 16_384;

/// The worst level of the deepest side there can be gives way to one that is worse or better by a tick: each time all
/// others move twice.
fn deepest_levels(count: u64) -> (&'static str, Bytes, Bytes) {
    // Below the middle there is room for less than ten thousand levels.
    let spot = |level| Spot { locate: Locate::new(1), side: Side::Ask, level };
    let mut filling = Bytes::default();
    filling.start();
    let mut last = 0;
    (0..SIDE_LEVELS).for_each(|level| last = filling.add(spot(level)));
    let mut keeping = filling.following();
    for number in 0..count {
        let level = SIDE_LEVELS - u32::from(!number.is_multiple_of(2));
        last = keeping.replace(last, spot(level));
    }
    ("worst level of 16,384", filling, keeping)
}

/// References that all want one bucket of the table, as many as its neighbourhood holds: the last one of them leaves and
/// comes back.
fn crowded_references(count: u64) -> (&'static str, Bytes, Bytes) {
    // Those of one quarter of the table.
    let crowd: Vec<u64> = (1..)
        .map(|number| unfolded(number << 40))
        .filter(|order_ref| order_ref & 3 == 0)
        .take(190)
        .collect();
    let last = crowd.last().copied().unwrap_or(0);
    let spot = Spot { locate: Locate::new(1), side: Side::Bid, level: 0 };
    let mut filling = Bytes::default();
    filling.start();
    crowd.iter().for_each(|&order_ref| filling.add_as(order_ref, spot));
    let mut keeping = filling.following();
    for _ in 0..count / 2 {
        keeping.delete(spot.locate, last);
        keeping.add_as(last, spot);
    }
    ("references that collide", filling, keeping)
}

/// The reference that the table of orders folds into this number, of which it takes low digits alone.
fn unfolded(folded: u64) -> u64 {
    let once = folded ^ folded >> 26 ^ folded >> 52;
    once ^ once >> 13 ^ once >> 26 ^ once >> 39 ^ once >> 52
}

/// A million orders at one price; any of them leaves.
fn one_long_queue(count: u64) -> (&'static str, Bytes, Bytes) {
    let shape = Shape::even(1, 1_000_000, 1);
    let (filling, keeping) = messages(&shape, count);
    ("a million at a price", filling, keeping)
}
