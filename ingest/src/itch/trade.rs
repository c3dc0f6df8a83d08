//! Trades that no order in the book shows (section 1.5). None of them touches a book.

use wirebook_book::{MatchNo, OrderRef, Price, Qty, Side, Symbol};

use super::codes::CrossType;
use super::view::wire_message;

wire_message! {
    /// `P`, trade: an order that was not displayed was executed (section 1.5.1).
    b'P', 44 => Trade, TradeFields {
        /// Zero since 2010-12-06.
        order_ref: OrderRef @ 11:8,
        /// Always a bid since 2014-07-14, whichever side rested.
        side: Side @ 19:1,
        /// How much was traded.
        qty: Qty @ 20:4,
        /// The symbol.
        symbol: Symbol @ 24:8,
        /// The price of the trade.
        price: Price @ 32:4,
        /// The number of the execution.
        match_no: MatchNo @ 36:8,
    }
}

wire_message! {
    /// `Q`, cross trade: an auction was completed (section 1.5.2).
    b'Q', 40 => CrossTrade, CrossTradeFields {
        /// How much was traded; zero where there was too little interest.
        qty: Qty @ 11:8,
        /// The symbol.
        symbol: Symbol @ 19:8,
        /// The price of the auction.
        price: Price @ 27:4,
        /// The number of the execution.
        match_no: MatchNo @ 31:8,
        /// Which auction.
        cross_type: CrossType @ 39:1,
    }
}

wire_message! {
    /// `B`, broken trade: an execution was undone for good (section 1.5.3).
    b'B', 19 => BrokenTrade, BrokenTradeFields {
        /// The number of the execution, from an E, C, P or Q message.
        match_no: MatchNo @ 11:8,
    }
}
