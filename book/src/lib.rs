//! Limit order books, order by order, for every symbol of a feed.
//!
//! [`Books`] holds them all. It knows nothing of protocols, files, networks or clocks: whoever
//! decodes a feed calls [`Books::add`], [`Books::execute`] and so on, in the order of the
//! feed's sequence, and reads what came of it through [`Books::book`].
//!
//! ```
//! use wirebook_book::{Books, Capacity, Locate, NewOrder, OrderRef, Price, Qty, Side, Stamp};
//!
//! let mut books = Books::new(Capacity::SMALL)?;
//! let locate = Locate::new(11);
//! let order = NewOrder {
//!     order_ref: OrderRef::new(1),
//!     side: Side::Bid,
//!     qty: Qty::new(150),
//!     price: Price::from_units(5_853_000),
//! };
//! let change = books.add(Stamp::default(), locate, order)?;
//! assert!(change.touch_changed);
//! let touch = books.book(locate).unwrap().touch();
//! assert_eq!((touch.bid_price, touch.bid_qty), (order.price, order.qty));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Unsafe code is confined to [`region`], where the tables are carved from mapped memory.

#![deny(unsafe_code)]

mod apply;
mod books;
mod bucket;
mod change;
mod check;
mod depth;
mod far;
mod header;
mod ids;
mod ladder;
mod level;
mod look_ahead;
mod near;
mod orders;
mod price;
mod qty;
mod queue;
mod queue_line;
mod queues;
mod reader;
mod record;
#[allow(unsafe_code)]
pub mod region;
mod restart;
pub mod ring;
mod shared;
mod side;
mod snapshot;
mod standing;
mod state;
mod touch;
mod update;
mod view;

pub use apply::{NewOrder, Stamp};
pub use books::{Books, BooksError, Capacity, RejectCounts, Transition};
pub use change::{Action, Arrival, Change, Reject, Step, Trade, TradeKind};
pub use depth::Depth;
pub use ids::{Locate, MatchNo, Nanos, OrderRef, SeqNo, Symbol};
pub use level::Level;
pub use look_ahead::{Ahead, Does, Foretold};
pub use price::{Price, PriceError};
pub use qty::Qty;
pub use reader::{BookReader, ReadError, TopOfBook};
pub use record::LastTrade;
pub use restart::Resumed;
pub use ring::{Polled, RingReader, RingSlot, RingWriter};
pub use shared::attach;
pub use side::Side;
pub use snapshot::Snapshot;
pub use state::{FeedState, TradingState};
pub use touch::Touch;
pub use update::{Done, Update};
pub use view::{Book, Order, QueuePosition};
