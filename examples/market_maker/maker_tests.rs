//! The strategy on a stage: when it quotes, when it does not, and how it ends.

use strategy_api::{
    Command, FeedState, Liquidity, Money, Nanos, Price, Qty, Side, Symbol, TradingState,
};

use crate::maker::MarketMaker;
use crate::model::Intensity;
use crate::settings::{Estimates, Losses, Quoting, Session, Settings, Symbols};
use crate::stage::{LOCATE, Stage, at};
use crate::symbol::Conduct;

const SECOND: u64 = Nanos::PER_SECOND;

fn settings(symbols: Symbols) -> Settings {
    Settings {
        symbols,
        session: Session {
            open: at(9, 30, 0),
            close: at(16, 0, 0),
            watch_ns: 60 * SECOND,
            warm_up_ns: 10 * SECOND,
            reduce_ns: 300 * SECOND,
            flatten_ns: 60 * SECOND,
        },
        quoting: Quoting {
            tick: Price::from_units(100),
            size: Qty::new(100),
            position_max: Qty::new(300),
            gamma: 0.1,
            trend_share: 0.0,
            trend_lots_max: 1.0,
            patience_ticks: 0.5,
            patience_share: 0.2,
        },
        estimates: Estimates {
            sigma: 1.0,
            intensity: Intensity { a: 0.5, k: 0.5 },
            prior_s: 10.0,
            sigma_constant_s: 120.0,
            trend_constant_s: 30.0,
            intensity_constant_s: 600.0,
        },
        losses: Losses { symbol_max: Money::whole(100), total_max: Money::whole(150) },
    }
}

fn named() -> MarketMaker {
    MarketMaker::new(settings(Symbols::Named(vec![Symbol::new("TEST").unwrap()])))
}

/// Quoting since 10:00:10 in a market of 100.00 to 100.10.
fn quoting() -> Stage {
    let mut stage = Stage::new(named(), at(10, 0, 0));
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(10, 0, 11));
    stage.obey();
    stage
}

#[test]
fn quotes_both_sides_after_the_warm_up() {
    let mut stage = Stage::new(named(), at(10, 0, 0));
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(10, 0, 9));
    assert_eq!(stage.obey(), []);
    stage.wait_until(at(10, 0, 10));
    let sent = stage.obey();
    let all_post_only = sent.iter().all(|command| {
        matches!(command, Command::Submit(_, order) if order.post_only && order.qty == Qty::new(100))
    });
    assert!(sent.len() == 2 && all_post_only, "{sent:?}");
    let [(_, Side::Bid, bid, 100), (_, Side::Ask, ask, 100)] = stage.open()[..] else {
        panic!("{:?}", stage.open())
    };
    assert_eq!(bid + ask, 2_001_000, "without inventory they stand around the mid");
    assert_eq!((bid % 100, ask % 100), (0, 0));
}

#[test]
fn does_nothing_before_the_open() {
    let mut stage = Stage::new(named(), at(8, 0, 0));
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(9, 30, 9));
    stage.touch(1_000_000, 1_000_900);
    assert_eq!(stage.obey(), []);
    stage.wait_until(at(9, 30, 11));
    assert_eq!(stage.obey().len(), 2);
}

#[test]
fn small_moves_leave_quotes_where_they_are_and_large_ones_take_them_along() {
    let mut stage = quoting();
    let before = stage.open();
    stage.touch(1_000_000, 1_001_100);
    assert_eq!(stage.obey(), []);
    stage.touch(1_001_000, 1_002_000);
    assert!(stage.obey().iter().all(|command| matches!(command, Command::Replace { .. })));
    let moved: Vec<i64> =
        stage.open().iter().zip(&before).map(|(now, then)| now.2 - then.2).collect();
    assert_eq!(moved, [1_000, 1_000]);
}

#[test]
fn fills_move_both_quotes_against_the_inventory() {
    let mut stage = quoting();
    let before = stage.open();
    for _ in 0..2 {
        stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
        stage.obey();
    }
    assert_eq!(stage.desk.position(LOCATE).shares, 200);
    let after = stage.open();
    assert_eq!(after.len(), 2);
    assert!(after[0].2 < before[0].2 && after[1].2 < before[1].2, "{before:?} {after:?}");
}

#[test]
fn at_the_position_limit_only_the_way_back_is_quoted() {
    let mut stage = quoting();
    for _ in 0..3 {
        let bid = stage.open()[0].0;
        stage.fill(bid, 100, Liquidity::Maker);
        stage.obey();
    }
    assert_eq!(stage.desk.position(LOCATE).shares, 300);
    let open = stage.open();
    assert!(matches!(open[..], [(_, Side::Ask, _, 100)]), "{open:?}");
}

#[test]
fn a_halt_or_a_gap_takes_every_quote_away_until_it_is_over() {
    let mut stage = quoting();
    stage.trading_state(TradingState::Halted);
    assert!(stage.obey().iter().all(|command| matches!(command, Command::Cancel { .. })));
    assert_eq!(stage.open(), []);
    stage.touch(1_000_000, 1_001_000);
    assert_eq!(stage.obey(), []);
    stage.trading_state(TradingState::Trading);
    assert_eq!(stage.obey().len(), 2);
    for state in [FeedState::Gapped, FeedState::Recovering, FeedState::Stale, FeedState::Suspect] {
        stage.feed_state(state);
        stage.obey();
        assert_eq!(stage.open(), [], "{state}");
        stage.wait_until(at(10, 1, 0));
        assert_eq!(stage.obey(), [], "{state}");
        stage.feed_state(FeedState::Live);
        assert_eq!(stage.obey().len(), 2, "{state}");
    }
}

#[test]
fn a_quiet_market_is_not_quoted() {
    let mut stage = quoting();
    stage.wait_until(at(10, 4, 59));
    assert_eq!((stage.obey().len(), stage.open().len()), (0, 2));
    stage.wait_until(at(10, 5, 1));
    stage.obey();
    assert_eq!(stage.open(), []);
    stage.touch(1_000_000, 1_001_100);
    assert_eq!(stage.obey().len(), 2);
}

#[test]
fn what_the_venue_refuses_is_not_sent_again_at_once() {
    let mut stage = Stage::new(named(), at(10, 0, 0));
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(10, 0, 10));
    let sent: Vec<Command> = stage.desk.commands().collect();
    let [Command::Submit(bid, _), Command::Submit(ask, _)] = sent[..] else { panic!("{sent:?}") };
    stage.reject(bid);
    stage.reject(ask);
    stage.touch(1_000_000, 1_001_100);
    assert_eq!(stage.obey(), []);
    stage.wait_until(at(10, 0, 11));
    assert_eq!(stage.obey().len(), 2);
}

#[test]
fn a_crossed_book_is_no_market() {
    let mut stage = quoting();
    stage.touch(1_001_000, 1_000_900);
    stage.obey();
    assert_eq!(stage.open(), []);
    stage.touch(1_000_000, 1_001_000);
    stage.obey();
    stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
    stage.touch(1_001_000, 1_000_900);
    stage.wait_until(at(15, 56, 0));
    stage.obey();
    assert_eq!(stage.open(), [], "nor is it one to get out in");
}

#[test]
fn only_what_the_venue_has_is_recorded_as_a_quote() {
    let mut stage = Stage::new(named(), at(10, 0, 0));
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(10, 0, 10));
    let own = |stage: &Stage| {
        let points = stage.maker.makers()[0].recording().quotes.points();
        points.last().map(|point| point.sides.map(|side| side.own.is_some()))
    };
    assert_eq!(own(&stage), Some([false; 2]));
    stage.obey();
    stage.wait_until(at(10, 0, 11));
    assert_eq!(own(&stage), Some([true; 2]));
}

#[test]
fn the_day_ends_flat() {
    let mut stage = quoting();
    stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
    stage.obey();
    stage.wait_until(at(15, 55, 0));
    stage.obey();
    let open = stage.open();
    assert!(matches!(open[..], [(_, Side::Ask, 1_001_000, 100)]), "joins the best ask: {open:?}");
    stage.wait_until(at(15, 59, 0));
    let (id, order) = Stage::taking(&stage.obey()).unwrap();
    assert_eq!((order.side, order.qty), (Side::Ask, Qty::new(100)));
    assert!(order.price < Price::from_units(1_000_000), "it takes the bid: {order:?}");
    stage.fill(id, 100, Liquidity::Taker);
    stage.wait_until(at(16, 30, 0));
    assert_eq!(stage.obey(), []);
    assert_eq!(stage.desk.position(LOCATE).shares, 0);
    assert_eq!(stage.maker.makers()[0].fills().taken, 1);
}

#[test]
fn what_the_market_did_not_take_is_offered_again_a_second_later() {
    let mut stage = quoting();
    stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
    stage.obey();
    stage.wait_until(at(15, 59, 0));
    let (id, _) = Stage::taking(&stage.obey()).unwrap();
    stage.fill(id, 30, Liquidity::Taker);
    stage.expire(id);
    stage.touch(1_000_100, 1_001_000);
    assert_eq!(stage.obey(), []);
    stage.wait_until(at(15, 59, 1));
    let (_, order) = Stage::taking(&stage.obey()).unwrap();
    assert_eq!(order.qty, Qty::new(70));
}

#[test]
fn a_symbol_that_lost_too_much_is_flattened_and_left_alone() {
    let mut stage = quoting();
    stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
    stage.obey();
    // A fall of 1.20 on 100 shares: above the limit of 100, below that of 150.
    stage.touch(988_000, 989_000);
    stage.obey();
    stage.wait_until(at(10, 0, 12));
    let (id, order) = Stage::taking(&stage.obey()).unwrap();
    assert_eq!(stage.maker.makers()[0].conduct(), Conduct::LossLimit);
    assert_eq!((order.side, order.qty), (Side::Ask, Qty::new(100)));
    stage.fill(id, 100, Liquidity::Taker);
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(10, 5, 0));
    assert_eq!(stage.obey(), []);
    assert!(!stage.desk.is_killed());
}

#[test]
fn beyond_the_total_loss_the_kill_switch_is_pulled_once_flat() {
    let mut stage = quoting();
    stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
    stage.obey();
    stage.touch(980_000, 981_000);
    stage.obey();
    stage.wait_until(at(10, 0, 12));
    let (id, _) = Stage::taking(&stage.obey()).unwrap();
    assert!(stage.maker.killed_at().is_some() && !stage.desk.is_killed());
    stage.fill(id, 100, Liquidity::Taker);
    stage.wait_until(at(10, 0, 15));
    assert!(stage.desk.is_killed());
}

#[test]
fn the_kill_switch_does_not_wait_for_ever() {
    let mut stage = quoting();
    stage.fill(stage.open()[0].0, 100, Liquidity::Maker);
    stage.touch(980_000, 981_000);
    stage.trading_state(TradingState::Halted);
    stage.wait_until(at(10, 1, 0));
    assert!(stage.desk.is_killed());
}

#[test]
fn the_most_active_symbol_is_chosen_after_the_watch() {
    let mut stage = Stage::new(MarketMaker::new(settings(Symbols::MostActive(3))), at(9, 0, 0));
    stage.trade(Side::Bid, 1_000_000, 100);
    stage.wait_until(at(9, 40, 0));
    assert_eq!(stage.maker.makers().len(), 0);
    // The watch begins with the first trade after the open.
    stage.trade(Side::Bid, 1_000_000, 100);
    stage.wait_until(at(9, 41, 0));
    assert_eq!(stage.maker.makers().len(), 1);
    stage.touch(1_000_000, 1_001_000);
    stage.wait_until(at(9, 41, 9));
    assert_eq!(stage.obey(), []);
    stage.wait_until(at(9, 41, 11));
    assert_eq!(stage.obey().len(), 2);
}
