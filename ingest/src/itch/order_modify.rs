//! What becomes of orders in the book (section 1.4).
//!
//! None of these messages has a side or a symbol: both are known through the order's reference.

use wirebook_book::{MatchNo, OrderRef, Price, Qty};

use super::codes::Flag;
use super::view::wire_message;

wire_message! {
    /// `E`, order executed at its own price, in part or whole (section 1.4.1).
    b'E', 31 => OrderExecuted, OrderExecutedFields {
        /// The resting order.
        order_ref: OrderRef @ 11:8,
        /// How much was executed.
        executed: Qty @ 19:4,
        /// The number of the execution.
        match_no: MatchNo @ 23:8,
    }
}

wire_message! {
    /// `C`, order executed at another price than its own, in part or whole (section 1.4.2).
    b'C', 36 => OrderExecutedWithPrice, OrderExecutedWithPriceFields {
        /// The resting order.
        order_ref: OrderRef @ 11:8,
        /// How much was executed; it leaves the order whether or not it is printable.
        executed: Qty @ 19:4,
        /// The number of the execution.
        match_no: MatchNo @ 23:8,
        /// Whether it counts in volumes; if not, a later bulk print has it.
        printable: Flag @ 31:1,
        /// The price of the execution.
        price: Price @ 32:4,
    }
}

wire_message! {
    /// `X`, order cancelled in part (section 1.4.3).
    b'X', 23 => OrderCancel, OrderCancelFields {
        /// The order.
        order_ref: OrderRef @ 11:8,
        /// How much was taken off it.
        cancelled: Qty @ 19:4,
    }
}

wire_message! {
    /// `D`, order deleted: all that is left of it is gone (section 1.4.4).
    b'D', 19 => OrderDelete, OrderDeleteFields {
        /// The order.
        order_ref: OrderRef @ 11:8,
    }
}

wire_message! {
    /// `U`, order replaced: the old one is gone, the new one joins the end of its queue with the
    /// side and symbol of the old (section 1.4.5).
    b'U', 35 => OrderReplace, OrderReplaceFields {
        /// The order that leaves.
        old_ref: OrderRef @ 11:8,
        /// The order that comes.
        new_ref: OrderRef @ 19:8,
        /// How much the new order shows.
        qty: Qty @ 27:4,
        /// The price of the new order.
        price: Price @ 31:4,
    }
}
