//! Events as messages.

use thiserror::Error;
use wirebook_book::{Locate, Nanos, OrderRef, Price, Qty, Side, Symbol, TradingState};
use wirebook_ingest::itch::codes::{Authenticity, Flag, MarketMakerMode, ParticipantState};
use wirebook_ingest::itch::{
    AddOrderAttributedFields, AddOrderFields, AuctionCollarFields, BreakerLevelsFields,
    BrokenTradeFields, CrossTradeFields, ImbalanceFields, Mpid, OrderCancelFields,
    OrderDeleteFields, OrderExecutedFields, OrderExecutedWithPriceFields, OrderReplaceFields,
    OutOfRange, ParticipantPositionFields, Price8, Reason, ShortSaleRestrictionFields,
    StockDirectoryFields, SystemEventFields, Tracking, TradeFields, TradingActionFields,
};

use super::codes;
use crate::matching::{
    Added, AuctionCollar, Crossed, Event, Execution, Imbalance, Listing, MarketPosition, Replaced,
    TradingAction,
};

/// Bytes of the longest message that is made here (I).
const MESSAGE_BYTES_MAX: usize = ImbalanceFields::LEN;

/// Why an event cannot be a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum EncodeError {
    /// A symbol that was never listed has no name.
    #[error("{0:?} was never listed")]
    NeverListed(Locate),
    /// A value is beyond what its field holds.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// ITCH has no trading action for this state.
    #[error("no trading action says that a symbol is {0}")]
    NoSuchState(TradingState),
}

/// Turns events into ITCH 5.0 messages, one of each that is public.
///
/// It learns the names of symbols from the events that list them. Tracking numbers are zero.
#[derive(Clone, Debug)]
pub struct Encoder {
    /// By locate.
    symbols: Vec<Option<Symbol>>,
    message: [u8; MESSAGE_BYTES_MAX],
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder { symbols: Vec::new(), message: [0; MESSAGE_BYTES_MAX] }
    }
}

/// What all messages begin with.
#[derive(Clone, Copy)]
struct Head {
    at: Nanos,
    locate: Locate,
    symbol: Symbol,
}

const UNTRACKED: Tracking = Tracking::new(0);

/// The fields that all messages begin with, and those given.
macro_rules! message {
    ($fields:ident, $head:expr, { $($rest:tt)* }) => {
        $fields {
            locate: $head.locate,
            tracking: UNTRACKED,
            timestamp: $head.at,
            $($rest)*
        }
        .to_bytes()?
    };
}

impl Encoder {
    /// An encoder that knows no symbol yet.
    #[must_use]
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// The message of an event that happened `at` nanoseconds after midnight; `None` for an event
    /// that a feed does not tell of.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn encode(&mut self, at: Nanos, event: &Event) -> Result<Option<&[u8]>, EncodeError> {
        if !event.is_public() {
            return Ok(None);
        }
        let head = match *event {
            Event::System(_) | Event::CircuitBreakers { .. } => {
                Head { at, locate: Locate::new(0), symbol: Symbol::UNKNOWN }
            }
            Event::Listed(listing) => {
                self.learn(&listing);
                Head { at, locate: listing.locate, symbol: listing.symbol }
            }
            _ => self.head(at, locate_of(event))?,
        };
        match *event {
            Event::System(event) => {
                let event = codes::system_event(event);
                self.put(&message!(SystemEventFields, head, { event }))
            }
            Event::Listed(listing) => self.put(&directory(head, &listing)?),
            Event::TradingAction(action) => self.put(&trading_action(head, &action)?),
            Event::ShortSale { restriction, .. } => {
                let (symbol, action) = (head.symbol, codes::short_sale(restriction));
                self.put(&message!(ShortSaleRestrictionFields, head, { symbol, action }))
            }
            Event::MarketPosition(position) => self.put(&market_position(head, &position)?),
            Event::CircuitBreakers { levels: [first, second, third] } => {
                self.put(&message!(BreakerLevelsFields, head, {
                    level_1: Price8::from_units(first),
                    level_2: Price8::from_units(second),
                    level_3: Price8::from_units(third),
                }))
            }
            Event::AuctionCollar(collar) => self.put(&auction_collar(head, &collar)?),
            Event::Added(added) => self.added(head, &added),
            Event::Executed(execution) => self.executed(head, &execution),
            Event::Reduced(at) => {
                let (order_ref, cancelled) = (at.order_ref, at.by);
                self.put(&message!(OrderCancelFields, head, { order_ref, cancelled }))
            }
            Event::Deleted(at) => {
                let order_ref = at.order_ref;
                self.put(&message!(OrderDeleteFields, head, { order_ref }))
            }
            Event::Replaced(replaced) => self.put(&replacement(head, &replaced)?),
            Event::Crossed(crossed) => self.put(&cross_trade(head, &crossed)?),
            Event::Imbalance(imbalance) => self.put(&net_imbalance(head, &imbalance)?),
            Event::Broken { match_no, .. } => {
                self.put(&message!(BrokenTradeFields, head, { match_no }))
            }
        }
    }

    fn learn(&mut self, listing: &Listing) {
        let index = listing.locate.index();
        if self.symbols.len() <= index {
            self.symbols.resize(index + 1, None);
        }
        if let Some(place) = self.symbols.get_mut(index) {
            *place = Some(listing.symbol);
        }
    }

    fn head(&self, at: Nanos, locate: Locate) -> Result<Head, EncodeError> {
        let symbol = self.symbols.get(locate.index()).copied().flatten();
        let symbol = symbol.ok_or(EncodeError::NeverListed(locate))?;
        Ok(Head { at, locate, symbol })
    }

    #[allow(clippy::unnecessary_wraps)] // the end of every arm above
    fn put(&mut self, message: &[u8]) -> Result<Option<&[u8]>, EncodeError> {
        let place = self.message.get_mut(..message.len());
        Ok(place.map(|place| {
            place.copy_from_slice(message);
            &*place
        }))
    }

    fn added(&mut self, head: Head, added: &Added) -> Result<Option<&[u8]>, EncodeError> {
        let Added { order_ref, side, qty, price, .. } = *added;
        let symbol = head.symbol;
        match added.attribution {
            None => self.put(&message!(AddOrderFields, head, {
                order_ref, side, qty, symbol, price,
            })),
            Some(mpid) => {
                let attribution = Mpid::from_bytes(*mpid.as_bytes());
                self.put(&message!(AddOrderAttributedFields, head, {
                    order_ref, side, qty, symbol, price, attribution,
                }))
            }
        }
    }

    /// E at the price that the order is shown at, C at another, P where it is not shown.
    fn executed(&mut self, head: Head, at: &Execution) -> Result<Option<&[u8]>, EncodeError> {
        let Execution { order_ref, qty: executed, match_no, price, .. } = *at;
        match at.shown {
            None => self.put(&message!(TradeFields, head, {
                order_ref: OrderRef::new(0), // since 2010-12-06
                side: Side::Bid, // since 2014-07-14, whichever side rested
                qty: executed,
                symbol: head.symbol,
                price,
                match_no,
            })),
            Some(shown) if shown == price && at.cross.is_none() => {
                self.put(&message!(OrderExecutedFields, head, { order_ref, executed, match_no }))
            }
            Some(_) => self.put(&message!(OrderExecutedWithPriceFields, head, {
                order_ref,
                executed,
                match_no,
                printable: codes::flag(at.cross.is_none()),
                price,
            })),
        }
    }
}

/// The symbol that an event is about.
fn locate_of(event: &Event) -> Locate {
    match *event {
        Event::System(_) | Event::CircuitBreakers { .. } => Locate::new(0),
        Event::Listed(at) => at.locate,
        Event::TradingAction(at) => at.locate,
        Event::MarketPosition(at) => at.locate,
        Event::AuctionCollar(at) => at.locate,
        Event::Added(at) => at.locate,
        Event::Executed(at) => at.locate,
        Event::Reduced(at) => at.locate,
        Event::Deleted(at) => at.locate,
        Event::Replaced(at) => at.locate,
        Event::Crossed(at) => at.locate,
        Event::Imbalance(at) => at.locate,
        Event::ShortSale { locate, .. } | Event::Broken { locate, .. } => locate,
    }
}

fn directory(
    head: Head,
    listing: &Listing,
) -> Result<[u8; StockDirectoryFields::LEN], EncodeError> {
    Ok(message!(StockDirectoryFields, head, {
        symbol: listing.symbol,
        market_category: codes::market_category(listing.market),
        financial_status: codes::financial_status(listing),
        round_lot: Qty::from(listing.round_lot),
        round_lots_only: Flag::NO,
        classification: codes::classification(listing),
        sub_type: codes::sub_type(listing),
        authenticity: Authenticity::LIVE,
        short_sale_threshold: Flag::NO,
        ipo_flag: codes::ipo_flag(listing),
        luld_tier: codes::luld_tier(listing),
        etp_flag: codes::flag(listing.fund),
        etp_leverage: u32::from(listing.fund),
        inverse: Flag::NO,
    }))
}

fn trading_action(
    head: Head,
    action: &TradingAction,
) -> Result<[u8; TradingActionFields::LEN], EncodeError> {
    let no_such_state = EncodeError::NoSuchState(action.state);
    Ok(message!(TradingActionFields, head, {
        symbol: head.symbol,
        state: codes::trading_state(action.state).ok_or(no_such_state)?,
        reserved: b' ',
        reason: Reason::from_bytes(*action.reason.as_bytes()),
    }))
}

fn market_position(
    head: Head,
    position: &MarketPosition,
) -> Result<[u8; ParticipantPositionFields::LEN], EncodeError> {
    Ok(message!(ParticipantPositionFields, head, {
        mpid: Mpid::from_bytes(*position.mpid.as_bytes()),
        symbol: head.symbol,
        primary: codes::flag(position.primary),
        mode: MarketMakerMode::NORMAL,
        state: ParticipantState::ACTIVE,
    }))
}

fn auction_collar(
    head: Head,
    collar: &AuctionCollar,
) -> Result<[u8; AuctionCollarFields::LEN], EncodeError> {
    let AuctionCollar { reference, upper, lower, .. } = *collar;
    let symbol = head.symbol;
    Ok(message!(AuctionCollarFields, head, { symbol, reference, upper, lower, extensions: 0 }))
}

fn replacement(
    head: Head,
    replaced: &Replaced,
) -> Result<[u8; OrderReplaceFields::LEN], EncodeError> {
    let Replaced { old: old_ref, new: new_ref, qty, price, .. } = *replaced;
    Ok(message!(OrderReplaceFields, head, { old_ref, new_ref, qty, price }))
}

fn cross_trade(head: Head, crossed: &Crossed) -> Result<[u8; CrossTradeFields::LEN], EncodeError> {
    let Crossed { qty, price, match_no, .. } = *crossed;
    let (symbol, cross_type) = (head.symbol, codes::cross_type(crossed.cross));
    Ok(message!(CrossTradeFields, head, { qty, symbol, price, match_no, cross_type }))
}

fn net_imbalance(head: Head, at: &Imbalance) -> Result<[u8; ImbalanceFields::LEN], EncodeError> {
    let Imbalance { paired, imbalance, far, near, reference, .. } = *at;
    let price_of = |price: Price| price.max(Price::ZERO);
    Ok(message!(ImbalanceFields, head, {
        paired,
        imbalance,
        direction: codes::imbalance_direction(at),
        symbol: head.symbol,
        far_price: price_of(far),
        near_price: price_of(near),
        reference: price_of(reference),
        cross_type: codes::cross_type(at.cross),
        variation: codes::price_variation(near, reference),
    }))
}
