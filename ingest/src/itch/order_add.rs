//! Orders that join the book (section 1.3).

use wirebook_book::{OrderRef, Price, Qty, Side, Symbol};

use super::Mpid;
use super::view::wire_message;

wire_message! {
    /// `A`, add order: an order without attribution joined the end of its queue (section 1.3.1).
    b'A', 36 => AddOrder, AddOrderFields {
        /// The order's reference, unique for the day.
        order_ref: OrderRef @ 11:8,
        /// The side that the order joins.
        side: Side @ 19:1,
        /// How much it shows.
        qty: Qty @ 20:4,
        /// The symbol.
        symbol: Symbol @ 24:8,
        /// The price it is shown at.
        price: Price @ 32:4,
    }
}

wire_message! {
    /// `F`, add order with attribution: as [`AddOrder`], and a firm shows itself (section 1.3.2).
    b'F', 40 => AddOrderAttributed, AddOrderAttributedFields {
        /// The order's reference, unique for the day.
        order_ref: OrderRef @ 11:8,
        /// The side that the order joins.
        side: Side @ 19:1,
        /// How much it shows.
        qty: Qty @ 20:4,
        /// The symbol.
        symbol: Symbol @ 24:8,
        /// The price it is shown at.
        price: Price @ 32:4,
        /// The firm that entered it.
        attribution: Mpid @ 36:4,
    }
}
