//! Price levels as a reader sees them.

use crate::queue_line::QueueLine;
use crate::{Price, Qty};

/// One price level as a reader sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Level {
    /// Its price.
    pub price: Price,
    /// The quantity of all its orders together.
    pub qty: Qty,
    /// How many orders; zero in a book of bare levels.
    pub orders: u32,
}

impl From<&QueueLine> for Level {
    fn from(line: &QueueLine) -> Level {
        Level {
            price: Price::from_key(line.price.get()),
            qty: Qty::new(line.qty.get()),
            orders: line.orders.get(),
        }
    }
}
