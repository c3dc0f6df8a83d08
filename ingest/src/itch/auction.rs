//! Auctions, the collars around them, and indications before them.

use wirebook_book::{Nanos, Price, Qty, Symbol};

use super::SecondsOfDay;
use super::codes::{
    CrossType, Flag, ImbalanceDirection, PriceVariation, ReleaseQualifier, RetailInterestFlag,
};
use super::view::wire_message;

wire_message! {
    /// `K`, quoting period update: when an IPO is released for quotation (section 1.2.6).
    b'K', 28 => QuotingPeriod, QuotingPeriodFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// When; zero where it is cancelled or postponed.
        release_time: SecondsOfDay @ 19:4,
        /// Expected or cancelled.
        qualifier: ReleaseQualifier @ 23:1,
        /// The IPO's price, for net changes; zero where it is cancelled or postponed.
        ipo_price: Price @ 24:4,
    }
}

wire_message! {
    /// `J`, auction collar: the prices between which a paused symbol may reopen (section 1.2.7).
    b'J', 35 => AuctionCollar, AuctionCollarFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// The price that the collars were set around.
        reference: Price @ 19:4,
        /// The upper collar.
        upper: Price @ 23:4,
        /// The lower collar.
        lower: Price @ 27:4,
        /// How often the reopening was extended.
        extensions: u32 @ 31:4,
    }
}

wire_message! {
    /// `I`, net order imbalance indicator: how an auction would end now (section 1.6).
    b'I', 50 => Imbalance, ImbalanceFields {
        /// How much could be matched at the reference price.
        paired: Qty @ 11:8,
        /// How much would be left over.
        imbalance: Qty @ 19:8,
        /// On which side.
        direction: ImbalanceDirection @ 27:1,
        /// The symbol.
        symbol: Symbol @ 28:8,
        /// The clearing price of the auction's own orders.
        far_price: Price @ 36:4,
        /// The clearing price of the auction's and the continuous orders.
        near_price: Price @ 40:4,
        /// The price that the quantities are for.
        reference: Price @ 44:4,
        /// Which auction.
        cross_type: CrossType @ 48:1,
        /// How far the near price is from the reference.
        variation: PriceVariation @ 49:1,
    }
}

wire_message! {
    /// `N`, retail price improvement indicator: sides with such orders (section 1.7). The
    /// programme ended on 2014-12-31.
    b'N', 20 => RetailInterest, RetailInterestFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// The sides.
        interest: RetailInterestFlag @ 19:1,
    }
}

wire_message! {
    /// `O`, direct listing with capital raise: its price discovery (section 1.8).
    b'O', 48 => DirectListing, DirectListingFields {
        /// The symbol.
        symbol: Symbol @ 11:8,
        /// Whether it may be released for trading.
        eligible: Flag @ 19:1,
        /// 20 % below the lowest price of the registration statement.
        minimum: Price @ 20:4,
        /// 80 % above its highest price.
        maximum: Price @ 24:4,
        /// The reference price when the volatility test was passed.
        near_price: Price @ 28:4,
        /// When the near price was set.
        near_time: Nanos @ 32:8,
        /// The lower collar, 10 % below the near price.
        lower: Price @ 40:4,
        /// The upper collar, 10 % above the near price.
        upper: Price @ 44:4,
    }
}
