//! Codes of auctions and of the indications before them.

use wirebook_book::Side;

use super::code;

code! {
    /// What the release time of an IPO is (section 1.2.6).
    ReleaseQualifier {
        /// Expected.
        ANTICIPATED = b'A',
        /// Cancelled or postponed; time and price are zero.
        CANCELLED = b'C',
    }
}

code! {
    /// The auction that a message speaks of (sections 1.5.2 and 1.6).
    CrossType {
        /// The opening.
        OPENING = b'O',
        /// The closing.
        CLOSING = b'C',
        /// After a halt, a pause, or for an IPO.
        HALT_OR_IPO = b'H',
        /// The extended trading close; in imbalances only.
        EXTENDED_TRADING_CLOSE = b'A',
    }
}

code! {
    /// The side that an auction has too much of (section 1.6).
    ImbalanceDirection {
        /// Orders to buy.
        BUY = b'B',
        /// Orders to sell.
        SELL = b'S',
        /// Neither.
        NONE = b'N',
        /// There are too few orders to tell.
        INSUFFICIENT_ORDERS = b'O',
        /// Paused.
        PAUSED = b'P',
    }
}

impl ImbalanceDirection {
    /// The side that has too much, if one has.
    #[must_use]
    pub const fn side(self) -> Option<Side> {
        match self {
            ImbalanceDirection::BUY => Some(Side::Bid),
            ImbalanceDirection::SELL => Some(Side::Ask),
            _ => None,
        }
    }
}

code! {
    /// How far the near price is from the reference price (section 1.6).
    PriceVariation {
        /// Less than 1 %.
        BELOW_1 = b'L',
        /// 1 to 1.99 %.
        FROM_1 = b'1',
        /// 2 to 2.99 %.
        FROM_2 = b'2',
        /// 3 to 3.99 %.
        FROM_3 = b'3',
        /// 4 to 4.99 %.
        FROM_4 = b'4',
        /// 5 to 5.99 %.
        FROM_5 = b'5',
        /// 6 to 6.99 %.
        FROM_6 = b'6',
        /// 7 to 7.99 %.
        FROM_7 = b'7',
        /// 8 to 8.99 %.
        FROM_8 = b'8',
        /// 9 to 9.99 %.
        FROM_9 = b'9',
        /// 10 to 19.99 %.
        FROM_10 = b'A',
        /// 20 to 29.99 %.
        FROM_20 = b'B',
        /// 30 % or more.
        FROM_30 = b'C',
        /// Cannot be calculated.
        NOT_AVAILABLE = b' ',
    }
}

code! {
    /// The sides with retail price improvement orders (section 1.7).
    RetailInterestFlag {
        /// Orders to buy.
        BUY = b'B',
        /// Orders to sell.
        SELL = b'S',
        /// Both.
        BOTH = b'A',
        /// Neither.
        NONE = b'N',
    }
}
