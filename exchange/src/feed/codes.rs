//! The exchange's own terms as codes of ITCH 5.0.

use wirebook_book::{Price, Side, TradingState};
use wirebook_ingest::itch::IssueSubType;
use wirebook_ingest::itch::codes::{
    CrossType, FinancialStatus, Flag, ImbalanceDirection, IpoFlag, IssueClassification, LuldTier,
    MarketCategory, PriceVariation, ShortSaleAction, SystemEventCode, TradingStateCode,
};

use crate::matching::{CrossKind, Imbalance, Listing, ListingMarket, ShortSale, SystemEvent};

pub(super) const fn system_event(event: SystemEvent) -> SystemEventCode {
    match event {
        SystemEvent::StartOfMessages => SystemEventCode::START_OF_MESSAGES,
        SystemEvent::StartOfSystemHours => SystemEventCode::START_OF_SYSTEM_HOURS,
        SystemEvent::StartOfMarketHours => SystemEventCode::START_OF_MARKET_HOURS,
        SystemEvent::EndOfMarketHours => SystemEventCode::END_OF_MARKET_HOURS,
        SystemEvent::EndOfSystemHours => SystemEventCode::END_OF_SYSTEM_HOURS,
        SystemEvent::EndOfMessages => SystemEventCode::END_OF_MESSAGES,
    }
}

pub(super) const fn market_category(market: ListingMarket) -> MarketCategory {
    match market {
        ListingMarket::GlobalSelect => MarketCategory::NASDAQ_GLOBAL_SELECT,
        ListingMarket::Global => MarketCategory::NASDAQ_GLOBAL,
        ListingMarket::Capital => MarketCategory::NASDAQ_CAPITAL,
        ListingMarket::Nyse => MarketCategory::NYSE,
        ListingMarket::NyseAmerican => MarketCategory::NYSE_AMERICAN,
        ListingMarket::NyseArca => MarketCategory::NYSE_ARCA,
        ListingMarket::Bats => MarketCategory::BATS_Z,
    }
}

/// Not told of issues that are listed elsewhere.
pub(super) const fn financial_status(listing: &Listing) -> FinancialStatus {
    if listing.market.is_nasdaq() {
        FinancialStatus::NORMAL
    } else {
        FinancialStatus::NOT_AVAILABLE
    }
}

/// Not told of issues that are listed elsewhere.
pub(super) const fn ipo_flag(listing: &Listing) -> IpoFlag {
    if listing.market.is_nasdaq() { IpoFlag::NOT_IPO } else { IpoFlag::NOT_AVAILABLE }
}

pub(super) const fn classification(listing: &Listing) -> IssueClassification {
    if listing.fund {
        IssueClassification::OTHER_SECURITIES
    } else {
        IssueClassification::COMMON_STOCK
    }
}

/// Index fund shares, or no sub-type.
pub(super) const fn sub_type(listing: &Listing) -> IssueSubType {
    IssueSubType::from_bytes(if listing.fund { *b"I " } else { *b"Z " })
}

pub(super) const fn luld_tier(listing: &Listing) -> LuldTier {
    if listing.tier_one { LuldTier::TIER_1 } else { LuldTier::TIER_2 }
}

pub(super) const fn flag(yes: bool) -> Flag {
    if yes { Flag::YES } else { Flag::NO }
}

/// ITCH has codes for the states that concern all markets; a halt on this market alone is a message
/// of its own, which the exchange does not send.
pub(super) const fn trading_state(state: TradingState) -> Option<TradingStateCode> {
    match state {
        TradingState::Trading => Some(TradingStateCode::TRADING),
        TradingState::Halted => Some(TradingStateCode::HALTED),
        TradingState::Paused => Some(TradingStateCode::PAUSED),
        TradingState::QuotationOnly => Some(TradingStateCode::QUOTATION_ONLY),
        TradingState::Unknown | TradingState::OperationalHalt => None,
    }
}

pub(super) const fn short_sale(restriction: ShortSale) -> ShortSaleAction {
    match restriction {
        ShortSale::Free => ShortSaleAction::NONE,
        ShortSale::RestrictedToday => ShortSaleAction::IN_EFFECT,
        ShortSale::StillRestricted => ShortSaleAction::REMAINS,
    }
}

pub(super) const fn cross_type(cross: CrossKind) -> CrossType {
    match cross {
        CrossKind::Opening => CrossType::OPENING,
        CrossKind::Closing => CrossType::CLOSING,
        CrossKind::Halt => CrossType::HALT_OR_IPO,
    }
}

pub(super) const fn imbalance_direction(imbalance: &Imbalance) -> ImbalanceDirection {
    match imbalance.direction {
        _ if !imbalance.sufficient => ImbalanceDirection::INSUFFICIENT_ORDERS,
        None => ImbalanceDirection::NONE,
        Some(Side::Bid) => ImbalanceDirection::BUY,
        Some(Side::Ask) => ImbalanceDirection::SELL,
    }
}

/// How far the near price is from the reference, in the classes of section 1.6.
pub(super) fn price_variation(near: Price, reference: Price) -> PriceVariation {
    if near <= Price::ZERO || reference <= Price::ZERO {
        return PriceVariation::NOT_AVAILABLE;
    }
    match (near - reference).units().abs().saturating_mul(100) / reference.units() {
        0 => PriceVariation::BELOW_1,
        1 => PriceVariation::FROM_1,
        2 => PriceVariation::FROM_2,
        3 => PriceVariation::FROM_3,
        4 => PriceVariation::FROM_4,
        5 => PriceVariation::FROM_5,
        6 => PriceVariation::FROM_6,
        7 => PriceVariation::FROM_7,
        8 => PriceVariation::FROM_8,
        9 => PriceVariation::FROM_9,
        10..20 => PriceVariation::FROM_10,
        20..30 => PriceVariation::FROM_20,
        _ => PriceVariation::FROM_30,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variations_are_whole_percents_rounded_down() {
        let variation =
            |near: i64| price_variation(Price::from_units(near), Price::from_units(10_000));
        assert_eq!(variation(10_099), PriceVariation::BELOW_1);
        assert_eq!(variation(9_900), PriceVariation::FROM_1);
        assert_eq!(variation(10_999), PriceVariation::FROM_9);
        assert_eq!(variation(11_000), PriceVariation::FROM_10);
        assert_eq!(variation(13_000), PriceVariation::FROM_30);
        assert_eq!(variation(0), PriceVariation::NOT_AVAILABLE);
    }
}
