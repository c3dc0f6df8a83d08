//! NASDAQ TotalView-ITCH 5.0: a view and a writer for each of its 23 messages.
//!
//! The source is the specification of 2026-02-19; each type names its section there. All integers
//! are big-endian and unsigned, alpha fields are padded on the right with spaces, "Price (4)" is
//! a `u32` of 10⁻⁴ units.
//!
//! * A *view* ([`AddOrder`] …) borrows the bytes of one message. Its constructor compares the
//!   length and the kind byte once; no accessor can fail or check anything afterwards, because
//!   every offset is a constant into an array of fixed length.
//! * A *field struct* ([`AddOrderFields`] …) owns the same values and writes them.
//! * [`parse`] makes a [`Message`] of any bytes. A loop that handles few kinds does better to
//!   match the kind byte itself and to make the one view it wants.
//!
//! What a newer revision of the specification may send is data, not an error: a message longer
//! than we know keeps its known prefix, and a code that we do not know is kept as its byte (see
//! [`codes`]). A buy/sell indicator that is neither `B` nor `S` is the exception: nothing sensible
//! can be done with such an order, so [`AddOrder::side`] and its like are typed errors.
//!
//! ```
//! use wirebook_book::{Locate, Nanos, OrderRef, Price, Qty, Side, Symbol};
//! use wirebook_ingest::itch::{self, AddOrder, AddOrderFields, Message, Tracking};
//!
//! let mut bytes = [0; AddOrder::LEN];
//! AddOrderFields {
//!     locate: Locate::new(13),
//!     tracking: Tracking::new(0),
//!     timestamp: Nanos::new(34_200_000_000_000),
//!     order_ref: OrderRef::new(1),
//!     side: Side::Bid,
//!     qty: Qty::new(100),
//!     symbol: Symbol::new("AAPL").expect("at most eight bytes"),
//!     price: Price::from_units(5_853_300),
//! }
//! .write(&mut bytes)?;
//!
//! let Message::AddOrder(add) = itch::parse(&bytes)? else { panic!("another kind") };
//! assert_eq!(add.price(), Price::from_units(5_853_300));
//! assert_eq!(add.side(), Ok(Side::Bid));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod auction;
pub mod codes;
mod directory;
mod error;
mod field;
mod message;
mod order;
mod order_add;
mod order_modify;
mod participant;
mod system;
mod trade;
mod trading;
mod view;

pub use auction::{
    AuctionCollar, AuctionCollarFields, DirectListing, DirectListingFields, Imbalance,
    ImbalanceFields, QuotingPeriod, QuotingPeriodFields, RetailInterest, RetailInterestFields,
};
pub use directory::{StockDirectory, StockDirectoryFields};
pub use error::{ItchError, OutOfRange};
pub(crate) use field::timestamp;
pub use field::{IssueSubType, Mpid, Price8, Reason, SecondsOfDay, Tracking};
pub use message::{LENGTHS, Message, parse};
pub use order::OrderMessage;
pub use order_add::{AddOrder, AddOrderAttributed, AddOrderAttributedFields, AddOrderFields};
pub use order_modify::{
    OrderCancel, OrderCancelFields, OrderDelete, OrderDeleteFields, OrderExecuted,
    OrderExecutedFields, OrderExecutedWithPrice, OrderExecutedWithPriceFields, OrderReplace,
    OrderReplaceFields,
};
pub use participant::{ParticipantPosition, ParticipantPositionFields};
pub use system::{
    BreakerLevels, BreakerLevelsFields, BreakerStatus, BreakerStatusFields, SystemEvent,
    SystemEventFields,
};
pub use trade::{BrokenTrade, BrokenTradeFields, CrossTrade, CrossTradeFields, Trade, TradeFields};
pub use trading::{
    OperationalHalt, OperationalHaltFields, ShortSaleRestriction, ShortSaleRestrictionFields,
    TradingAction, TradingActionFields,
};

/// Bytes that all messages begin with: kind, locate, tracking number and timestamp.
pub const HEADER_LEN: usize = 11;
