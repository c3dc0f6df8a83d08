//! Writes messages again from what was decoded of them.

use wirebook_ingest::itch::Message;

macro_rules! written {
    ($message:expr, $($view:ident)+) => {
        match $message {
            $(Message::$view(view) => view.fields().unwrap().to_bytes().unwrap().to_vec(),)+
        }
    };
}

/// The message written again from its decoded values.
pub(crate) fn rewritten(message: Message<'_>) -> Vec<u8> {
    written!(message, SystemEvent StockDirectory TradingAction ShortSaleRestriction
        ParticipantPosition BreakerLevels BreakerStatus QuotingPeriod AuctionCollar OperationalHalt
        AddOrder AddOrderAttributed OrderExecuted OrderExecutedWithPrice OrderCancel OrderDelete
        OrderReplace Trade CrossTrade BrokenTrade Imbalance RetailInterest DirectListing)
}
