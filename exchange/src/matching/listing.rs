//! What the exchange announces about symbols and about its day.

use wirebook_book::{Locate, Price, Symbol, TradingState};

use super::Mpid;

/// An event of the whole market (ITCH 5.0, section 1.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SystemEvent {
    /// The first message of the day.
    StartOfMessages,
    /// Orders are taken from now on.
    StartOfSystemHours,
    /// Market hours begin.
    StartOfMarketHours,
    /// Market hours are over.
    EndOfMarketHours,
    /// No orders are taken any more.
    EndOfSystemHours,
    /// The last message of the day.
    EndOfMessages,
}

/// Where a symbol is listed (ITCH 5.0, section 1.2.1, "Market Category").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListingMarket {
    /// Nasdaq Global Select Market.
    GlobalSelect,
    /// Nasdaq Global Market.
    Global,
    /// Nasdaq Capital Market.
    Capital,
    /// New York Stock Exchange.
    Nyse,
    /// NYSE American.
    NyseAmerican,
    /// NYSE Arca.
    NyseArca,
    /// Cboe BZX.
    Bats,
}

impl ListingMarket {
    /// Whether this exchange is the listing market.
    #[must_use]
    pub const fn is_nasdaq(self) -> bool {
        matches!(self, ListingMarket::GlobalSelect | ListingMarket::Global | ListingMarket::Capital)
    }
}

/// A symbol of the exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Its number for the day.
    pub locate: Locate,
    /// Its name.
    pub symbol: Symbol,
    /// Where it is listed.
    pub market: ListingMarket,
    /// Whether it is an exchange-traded fund rather than a common share.
    pub fund: bool,
    /// Whether it is in tier 1 of the limit-up limit-down plan.
    pub tier_one: bool,
    /// Shares of one round lot.
    pub round_lot: u32,
    /// The smallest price increment.
    pub tick: Price,
}

/// Why a symbol's trading state changed: four letters (ITCH 5.0, appendix C).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(transparent)]
pub struct HaltReason([u8; 4]);

impl HaltReason {
    /// No reason is given.
    pub const NONE: HaltReason = HaltReason(*b"    ");
    /// Halted, news pending.
    pub const NEWS_PENDING: HaltReason = HaltReason(*b"T1  ");
    /// News and resumption times.
    pub const NEWS_AND_RESUMPTION: HaltReason = HaltReason(*b"T3  ");
    /// Volatility trading pause.
    pub const VOLATILITY_PAUSE: HaltReason = HaltReason(*b"LUDP");
    /// Single-security trading pause, quotation-only period.
    pub const PAUSE_QUOTATION: HaltReason = HaltReason(*b"T7  ");

    /// The four bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

/// A change of trading state (ITCH 5.0, section 1.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TradingAction {
    /// The symbol.
    pub locate: Locate,
    /// Its state from now on.
    pub state: TradingState,
    /// Why.
    pub reason: HaltReason,
}

/// Restrictions on short sales (Regulation SHO, Rule 201; ITCH 5.0, section 1.2.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShortSale {
    /// No price test.
    Free,
    /// Restricted, because the price fell today.
    RestrictedToday,
    /// Restricted since an earlier day.
    StillRestricted,
}

/// The position of a market maker in a symbol (ITCH 5.0, section 1.2.4). Mode is always normal
/// and state always active.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarketPosition {
    /// The symbol.
    pub locate: Locate,
    /// The market maker.
    pub mpid: Mpid,
    /// Whether it is a primary market maker.
    pub primary: bool,
}

/// Between which prices a paused symbol may reopen (ITCH 5.0, section 1.2.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuctionCollar {
    /// The symbol.
    pub locate: Locate,
    /// The price that the others are computed from.
    pub reference: Price,
    /// The highest price.
    pub upper: Price,
    /// The lowest price.
    pub lower: Price,
}
