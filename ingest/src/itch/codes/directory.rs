//! Codes of the stock directory (section 1.2.1).

use super::code;

code! {
    /// The market, or tier of it, that lists an issue (section 1.2.1).
    MarketCategory {
        /// Nasdaq Global Select Market.
        NASDAQ_GLOBAL_SELECT = b'Q',
        /// Nasdaq Global Market.
        NASDAQ_GLOBAL = b'G',
        /// Nasdaq Capital Market.
        NASDAQ_CAPITAL = b'S',
        /// New York Stock Exchange.
        NYSE = b'N',
        /// NYSE American.
        NYSE_AMERICAN = b'A',
        /// NYSE Arca.
        NYSE_ARCA = b'P',
        /// NYSE Texas.
        NYSE_TEXAS = b'M',
        /// BATS Z Exchange.
        BATS_Z = b'Z',
        /// Investors' Exchange.
        IEX = b'V',
        /// Not told.
        NOT_AVAILABLE = b' ',
    }
}

code! {
    /// How a Nasdaq-listed issuer stands to its listing requirements (section 1.2.1).
    FinancialStatus {
        /// In order.
        NORMAL = b'N',
        /// Deficient.
        DEFICIENT = b'D',
        /// Delinquent.
        DELINQUENT = b'E',
        /// Bankrupt.
        BANKRUPT = b'Q',
        /// Suspended.
        SUSPENDED = b'S',
        /// Deficient and bankrupt.
        DEFICIENT_BANKRUPT = b'G',
        /// Deficient and delinquent.
        DEFICIENT_DELINQUENT = b'H',
        /// Delinquent and bankrupt.
        DELINQUENT_BANKRUPT = b'J',
        /// Deficient, delinquent and bankrupt.
        DEFICIENT_DELINQUENT_BANKRUPT = b'K',
        /// Creations or redemptions of an exchange-traded product are suspended.
        CREATIONS_SUSPENDED = b'C',
        /// Not told, as for issues listed elsewhere.
        NOT_AVAILABLE = b' ',
    }
}

code! {
    /// The class of a security (appendix D).
    IssueClassification {
        /// American depositary share.
        AMERICAN_DEPOSITARY_SHARE = b'A',
        /// Bond.
        BOND = b'B',
        /// Common stock.
        COMMON_STOCK = b'C',
        /// Depository receipt.
        DEPOSITORY_RECEIPT = b'F',
        /// Under rule 144A.
        RULE_144A = b'I',
        /// Limited partnership.
        LIMITED_PARTNERSHIP = b'L',
        /// Notes.
        NOTES = b'N',
        /// Ordinary share.
        ORDINARY_SHARE = b'O',
        /// Preferred stock.
        PREFERRED_STOCK = b'P',
        /// Other securities.
        OTHER_SECURITIES = b'Q',
        /// Right.
        RIGHT = b'R',
        /// Shares of beneficial interest.
        SHARES_OF_BENEFICIAL_INTEREST = b'S',
        /// Convertible debenture.
        CONVERTIBLE_DEBENTURE = b'T',
        /// Unit.
        UNIT = b'U',
        /// Units of beneficial interest.
        UNITS_OF_BENEFICIAL_INTEREST = b'V',
        /// Warrant.
        WARRANT = b'W',
    }
}

code! {
    /// Whether an issue is real (section 1.2.1). Only live issues may be shown in public.
    Authenticity {
        /// Live.
        LIVE = b'P',
        /// A test issue.
        TEST = b'T',
    }
}

code! {
    /// Whether an issue is set up for release as an IPO (section 1.2.1).
    IpoFlag {
        /// A new IPO.
        IPO = b'Y',
        /// No new issue.
        NOT_IPO = b'N',
        /// Newly listed, but no IPO.
        NEW_LISTING = b'Z',
        /// Not told, as for issues listed elsewhere.
        NOT_AVAILABLE = b' ',
    }
}

code! {
    /// The limit-up-limit-down tier (section 1.2.1).
    LuldTier {
        /// Tier 1.
        TIER_1 = b'1',
        /// Tier 2.
        TIER_2 = b'2',
        /// Not told.
        NOT_AVAILABLE = b' ',
    }
}
