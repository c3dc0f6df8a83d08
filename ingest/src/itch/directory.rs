//! The stock directory.

use wirebook_book::{Qty, Symbol};

use super::IssueSubType;
use super::codes::{
    Authenticity, FinancialStatus, Flag, IpoFlag, IssueClassification, LuldTier, MarketCategory,
};
use super::view::wire_message;

wire_message! {
    /// `R`, stock directory: the locate of a symbol for today, and what is known of the issue
    /// (section 1.2.1).
    b'R', 39 => StockDirectory, StockDirectoryFields {
        /// The symbol that the locate stands for.
        symbol: Symbol @ 11:8,
        /// The market that lists it.
        market_category: MarketCategory @ 19:1,
        /// How its issuer stands to the listing requirements.
        financial_status: FinancialStatus @ 20:1,
        /// Shares in a round lot.
        round_lot: Qty @ 21:4,
        /// Whether orders must be round lots.
        round_lots_only: Flag @ 25:1,
        /// The class of the security.
        classification: IssueClassification @ 26:1,
        /// The sub-type of the security.
        sub_type: IssueSubType @ 27:2,
        /// Whether the issue is live or a test.
        authenticity: Authenticity @ 29:1,
        /// Whether short sales must be closed out (SEC rule 203(b)(3)).
        short_sale_threshold: Flag @ 30:1,
        /// Whether it is set up for release as an IPO.
        ipo_flag: IpoFlag @ 31:1,
        /// The limit-up-limit-down tier.
        luld_tier: LuldTier @ 32:1,
        /// Whether it is an exchange-traded product.
        etp_flag: Flag @ 33:1,
        /// The product's leverage, rounded down to a whole number.
        etp_leverage: u32 @ 34:4,
        /// Whether the product moves against its index.
        inverse: Flag @ 38:1,
    }
}
