//! What is to stand in the market: the model's quotes as prices and quantities.

use strategy_api::{Price, Qty, Side, Touch};

use crate::model::Glft;
use crate::settings::Quoting;

/// What an order on one side should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    /// Its price, a multiple of the tick.
    pub(crate) price: Price,
    /// Its quantity.
    pub(crate) qty: Qty,
    /// An order from here…
    pub(crate) keep_from: Price,
    /// …to here is near enough: to move it would cost more (its place in the queue) than it gains.
    pub(crate) keep_to: Price,
}

/// What should stand on each side, by [`Side::index`].
pub(crate) type Targets = [Option<Target>; 2];

/// Nothing at all.
pub(crate) const NOTHING: Targets = [None, None];

/// Both sides as the model has them, never at a price that would take, and never more than the
/// position limit leaves room for. A side without a price that a book can hold is left out.
pub(crate) fn both_sides(rules: &Quoting, glft: Glft, touch: Touch, shares: i64) -> Targets {
    let Some(mid) = mid_ticks(touch, rules.tick) else { return NOTHING };
    let lots = lots(shares, rules.size);
    let patience = rules.patience_ticks.max(rules.patience_share * glft.half_spread());
    Side::BOTH.map(|side| {
        let (best_other, _) = touch.side(side.opposite())?;
        let qty = rules.size.min(room(rules.position_max, side, shares));
        let (wanted, rounded, post_only_limit) = match side {
            Side::Bid => {
                let wanted = mid + glft.bid(lots);
                (wanted, wanted.floor(), (best_other - Price::from_units(1)).round_down(rules.tick))
            }
            Side::Ask => {
                let wanted = mid + glft.ask(lots);
                (wanted, wanted.ceil(), (best_other + Price::from_units(1)).round_up(rules.tick))
            }
        };
        let away = |price: Price| match side {
            Side::Bid => price.min(post_only_limit),
            Side::Ask => price.max(post_only_limit),
        };
        let price = away(price(rounded, rules.tick));
        // Rounding takes up to a tick, always away from the mid.
        let (inner, outer) = (patience, patience + 1.0);
        let (below, above) = if side == Side::Bid { (outer, inner) } else { (inner, outer) };
        let target = Target {
            price,
            qty,
            keep_from: price.min(self::price((wanted - below).ceil(), rules.tick)),
            keep_to: price.max(self::price((wanted + above).floor(), rules.tick)),
        };
        let holds = Price::ZERO < price && price <= Price::MAX_BOOK && !qty.is_zero();
        holds.then_some(target)
    })
}

/// Only the side that reduces the inventory, at its best price.
pub(crate) fn reducing_side(rules: &Quoting, touch: Touch, shares: i64) -> Targets {
    let qty = rules.size.min(Qty::new(shares.unsigned_abs()));
    Side::BOTH.map(|side| {
        let (price, _) = touch.side(side)?;
        let reduces = side.sign() * shares.signum() < 0;
        reduces.then_some(Target { price, qty, keep_from: price, keep_to: price })
    })
}

/// The middle of the touch in ticks; `None` without one, or where it is no market (crossed).
pub(crate) fn mid_ticks(touch: Touch, tick: Price) -> Option<f64> {
    if touch.is_crossed() {
        return None;
    }
    touch.mid_twice().map(|twice| as_ticks(twice, tick) / 2.0)
}

/// A distance in ticks.
#[allow(clippy::cast_precision_loss)] // a price that a book holds is exact
pub(crate) fn as_ticks(distance: Price, tick: Price) -> f64 {
    distance.units() as f64 / tick.units() as f64
}

#[allow(clippy::cast_possible_truncation)] // a float saturates, and so does the product
fn price(ticks: f64, tick: Price) -> Price {
    Price::from_units((ticks as i64).saturating_mul(tick.units()))
}

/// The inventory in quotes of `size`.
#[allow(clippy::cast_precision_loss)] // for the model
fn lots(shares: i64, size: Qty) -> f64 {
    shares as f64 / size.shares().max(1) as f64
}

/// How much more may be bought (or sold) within the position limit.
fn room(position_max: Qty, side: Side, shares: i64) -> Qty {
    let held = Qty::new(shares.unsigned_abs());
    if shares.signum() == side.sign() { position_max - held } else { position_max + held }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Quoting = Quoting {
        tick: Price::from_units(100),
        size: Qty::new(100),
        position_max: Qty::new(1_000),
        gamma: 0.01,
        trend_share: 0.0,
        trend_lots_max: 1.0,
        patience_ticks: 0.5,
        patience_share: 0.0,
    };
    /// Half a spread of 1.5 ticks, and half a tick of skew for each lot.
    const GLFT: Glft = Glft { base: 1.25, skew: 0.5, target: 0.0 };

    fn touch(bid: i64, ask: i64) -> Touch {
        let (bid_price, ask_price) = (Price::from_units(bid), Price::from_units(ask));
        Touch { bid_price, bid_qty: Qty::new(300), ask_price, ask_qty: Qty::new(300) }
    }

    fn units(targets: Targets) -> [Option<i64>; 2] {
        targets.map(|target| target.map(|target| target.price.units()))
    }

    #[test]
    fn quotes_are_rounded_away_from_the_mid() {
        // A mid of 10,002 ticks: 10,000.5 and 10,003.5 are wanted.
        let targets = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_400), 0);
        assert_eq!(units(targets), [Some(1_000_000), Some(1_000_400)]);
        // A mid of 10,001.5 ticks: 10,000 and 10,003 are wanted.
        let targets = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_300), 0);
        assert_eq!(units(targets), [Some(1_000_000), Some(1_000_300)]);
    }

    #[test]
    fn a_long_inventory_lowers_both() {
        let targets = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_400), 400);
        assert_eq!(units(targets), [Some(999_800), Some(1_000_200)]);
    }

    #[test]
    fn no_quote_takes_liquidity() {
        let targets = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_100), 900);
        assert_eq!(units(targets)[1], Some(1_000_100));
        let targets = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_100), -900);
        assert_eq!(units(targets)[0], Some(1_000_000));
    }

    #[test]
    fn quantities_end_at_the_position_limit() {
        let qty = |shares| {
            let targets = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_400), shares);
            targets.map(|target| target.map(|target| target.qty.shares()))
        };
        assert_eq!(qty(0), [Some(100), Some(100)]);
        assert_eq!(qty(930), [Some(70), Some(100)]);
        assert_eq!(qty(1_000), [None, Some(100)]);
        assert_eq!(qty(-1_200), [Some(100), None]);
    }

    #[test]
    fn an_order_within_patience_is_kept() {
        let [bid, ask] = both_sides(&RULES, GLFT, touch(1_000_000, 1_000_300), 0);
        // Wanted are 10,000 and 10,003 ticks. Half a tick of patience reaches no other tick
        // inwards, and with the tick that rounding may take it reaches one outwards.
        let kept =
            |target: Option<Target>| target.map(|t| (t.keep_from.units(), t.keep_to.units()));
        assert_eq!(kept(bid), Some((999_900, 1_000_000)));
        assert_eq!(kept(ask), Some((1_000_300, 1_000_400)));
    }

    #[test]
    fn there_is_nothing_to_quote_without_a_market() {
        let no_ask = Touch { ask_price: Price::ZERO, ask_qty: Qty::ZERO, ..touch(1_000_000, 0) };
        assert_eq!(both_sides(&RULES, GLFT, no_ask, 0), NOTHING);
        assert_eq!(both_sides(&RULES, GLFT, touch(1_000_100, 1_000_000), 0), NOTHING);
    }

    #[test]
    fn prices_below_one_tick_are_left_out() {
        let targets = both_sides(&RULES, GLFT, touch(100, 200), 0);
        assert_eq!(units(targets), [None, Some(300)]);
        let wild = Glft { base: 1e300, skew: 1e300, target: 0.0 };
        assert_eq!(both_sides(&RULES, wild, touch(1_000_000, 1_000_300), 0), NOTHING);
    }

    #[test]
    fn near_the_close_only_what_reduces_is_quoted() {
        let market = touch(1_000_000, 1_000_300);
        assert_eq!(units(reducing_side(&RULES, market, 0)), [None, None]);
        assert_eq!(units(reducing_side(&RULES, market, 250)), [None, Some(1_000_300)]);
        let [bid, ask] = reducing_side(&RULES, market, -30);
        assert_eq!((bid.map(|bid| bid.qty), ask), (Some(Qty::new(30)), None));
    }
}
