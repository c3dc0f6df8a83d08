//! Whole days, rebuilt from their bytes.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod plain_market;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use plain_market::Market;
use wirebook_book::{Locate, Side, TradingState};
use wirebook_exchange::feed::Day;
use wirebook_exchange::flow::{FlowConfig, FlowError};

fn config(symbols: u16, messages: u64, seed: u64) -> FlowConfig {
    FlowConfig { symbols, messages, seed }
}

/// The whole day, checked message by message. `look` sees the market after each message.
fn rebuild(config: FlowConfig, mut look: impl FnMut(&Market, &[u8])) -> (Market, Day) {
    let (mut day, mut market) = (Day::new(config).unwrap(), Market::default());
    while let Some(message) = day.next_message().unwrap() {
        market.apply(message.bytes);
        look(&market, message.bytes);
    }
    assert_eq!(market.messages(), config.messages, "{config:?}");
    assert_eq!(market.events.last().map(|(event, _)| *event), Some(b'C'), "{config:?}");
    assert_eq!(market.counts.get(&'R'), Some(&u64::from(config.symbols)));
    (market, day)
}

/// FNV-1a of all messages with their lengths.
fn checksum(config: FlowConfig) -> u64 {
    let mut day = Day::new(config).unwrap();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    while let Some(message) = day.next_message().unwrap() {
        let length = u8::try_from(message.bytes.len()).unwrap();
        for byte in std::iter::once(&length).chain(message.bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Spreads in ticks and orders at the bid, by locate, after each message in market hours.
type Touches = BTreeMap<u16, Vec<(i64, usize)>>;

static DEFAULT_DAY: LazyLock<(Market, Day, Touches)> = LazyLock::new(|| {
    const OPEN_NS: u64 = 34_203_000_000_000;
    const CLOSE_NS: u64 = 57_600_000_000_000;
    let mut touches = Touches::new();
    let (market, day) = rebuild(FlowConfig::default(), |market, bytes| {
        let locate = u16::from_be_bytes([bytes[1], bytes[2]]);
        if let Some(book) = market.books.get(&locate)
            && (OPEN_NS..CLOSE_NS).contains(&market.last_time)
            && let (Some(spread), Some((_, queue))) = (book.spread(), book.best(Side::Bid))
        {
            touches.entry(locate).or_default().push((spread / 100, queue.len()));
        }
    });
    (market, day, touches)
});

#[test]
fn the_default_day_is_a_day_of_a_real_exchange() {
    let (market, ..) = &*DEFAULT_DAY;
    let total = market.messages();
    let share = |kinds: &str| {
        let count: u64 = kinds.chars().map(|kind| market.counts.get(&kind).unwrap_or(&0)).sum();
        count as f64 * 100.0 / total as f64
    };
    for (kinds, low, high) in [
        ("AF", 46.0, 48.5),
        ("F", 0.8, 2.0),
        ("D", 38.0, 41.0),
        ("U", 5.0, 7.0),
        ("E", 3.0, 4.0),
        ("X", 0.8, 2.0),
        ("P", 0.4, 1.2),
        ("C", 0.1, 0.8),
        ("I", 0.2, 1.0),
    ] {
        let share = share(kinds);
        assert!((low..=high).contains(&share), "{kinds}: {share:.2} %");
    }
    for kind in "SRHYLVAFECXDUPQBIJ".chars() {
        assert!(market.counts.contains_key(&kind), "no {kind}");
    }
    assert!(market.printable_c > 50, "{}", market.printable_c);
    let live = market.live_max as f64 * 100.0 / total as f64;
    assert!((7.5..9.0).contains(&live), "{live:.2} % of messages live");
}

#[test]
fn the_messages_lead_to_the_books_of_the_exchange() {
    let (market, day, _) = &*DEFAULT_DAY;
    for (locate, book) in &market.books {
        for side in Side::BOTH {
            let expected = day.exchange().levels(Locate::new(*locate), side);
            let expected: Vec<(i64, usize)> =
                expected.map(|at| (at.price.units(), at.orders as usize)).collect();
            let levels = book.sides[side.index()].iter();
            let mut found: Vec<(i64, usize)> =
                levels.map(|(price, queue)| (*price, queue.len())).collect();
            if side == Side::Bid {
                found.reverse();
            }
            assert_eq!(found, expected, "{:?} {side}", book.symbol);
        }
    }
}

#[test]
fn every_symbol_opens_and_closes_and_the_halted_ones_resume() {
    let (mut halted, mut crossed_while_halted) = (0, 0);
    let (market, _) = rebuild(config(200, 120_000, 3), |market, bytes| {
        let locate = u16::from_be_bytes([bytes[1], bytes[2]]);
        let Some(book) = market.books.get(&locate) else { return };
        let quoted = book.state == TradingState::QuotationOnly;
        crossed_while_halted += u32::from(quoted && book.spread().is_some_and(|at| at <= 0));
        halted += u32::from(bytes[0] == b'H' && b"HP".contains(&bytes[19]));
    });
    assert!(halted >= 2, "{halted}");
    assert!(crossed_while_halted > 0);
    let mut traded = 0;
    for book in market.books.values() {
        assert_eq!(book.state, TradingState::Trading);
        let kinds: Vec<u8> = book.crosses.iter().map(|(kind, _)| *kind).collect();
        let mut expected = kinds.clone();
        expected.retain(|kind| b"OC".contains(kind));
        assert_eq!(expected, b"OC", "{:?}", book.symbol);
        traded += u32::from(book.crosses.iter().any(|(_, shares)| *shares > 0));
    }
    assert!(traded > 60, "{traded}");
    let halt_crosses = market.books.values().flat_map(|book| &book.crosses);
    assert!(halt_crosses.filter(|(kind, shares)| *kind == b'H' && *shares > 0).count() > 0);
}

/// On the twenty busiest symbols of the default day a market maker finds a touch one to three
/// ticks wide and queues of several orders, soon after the open and all day.
#[test]
fn busy_symbols_can_be_traded() {
    let (_, day, touches) = &*DEFAULT_DAY;
    let mut busiest: Vec<&Vec<(i64, usize)>> = touches.values().collect();
    busiest.sort_by_key(|seen| std::cmp::Reverse(seen.len()));
    let mut deep = 0;
    for seen in &busiest[..20] {
        let narrow = seen.iter().filter(|(spread, _)| *spread <= 3).count();
        assert!(narrow * 100 >= seen.len() * 85, "{narrow} of {}", seen.len());
        let mut queues: Vec<usize> = seen.iter().map(|(_, orders)| *orders).collect();
        queues.sort_unstable();
        let median = queues[queues.len() / 2];
        assert!(median >= 2, "{median}");
        deep += u32::from(median >= 4);
    }
    assert!(deep >= 12, "{deep}");
    // Others hardly trade at all.
    assert!(busiest[busiest.len() - 1].len() < 60);
    assert_eq!(day.messages_left(), 0);
}

#[test]
fn days_of_any_size_have_exactly_their_messages() {
    for seed in 0..12 {
        rebuild(config(1, FlowConfig::min_messages(1), seed), |_, _| ());
        rebuild(config(25, FlowConfig::min_messages(25), seed), |_, _| ());
        rebuild(config(40, 6_001 + seed * 37, seed), |_, _| ());
    }
    rebuild(config(1, 30_000, 1), |_, _| ());
    rebuild(config(2_000, FlowConfig::min_messages(2_000), 1), |_, _| ());
}

/// A longer run on demand: `WIREBOOK_DAY_MESSAGES`, `WIREBOOK_DAY_SYMBOLS`, `WIREBOOK_DAY_SEED`.
#[test]
fn the_day_asked_for_holds() {
    let asked = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let messages = asked("WIREBOOK_DAY_MESSAGES").unwrap_or(15_000);
    let symbols = asked("WIREBOOK_DAY_SYMBOLS").unwrap_or(30).try_into().unwrap();
    let seed = asked("WIREBOOK_DAY_SEED").unwrap_or(77);
    let (market, _) = rebuild(config(symbols, messages, seed), |_, _| ());
    let levels: usize = market.books.values().flat_map(|book| &book.sides).map(BTreeMap::len).sum();
    println!("{:?}", market.counts);
    println!("at most {} live orders; {levels} levels at the end", market.live_max);
}

#[test]
fn a_seed_is_a_day() {
    let first = checksum(config(50, 20_000, 1));
    assert_eq!(first, checksum(config(50, 20_000, 1)));
    assert_ne!(first, checksum(config(50, 20_000, 2)));
    // Whoever changes the flow on purpose changes this number too.
    assert_eq!(first, 0x4ed0_28bf_68e7_4f53, "{first:#018x}");
}

#[test]
fn days_that_cannot_be_are_refused() {
    let refused = |config| Day::new(config).map(|_| ()).unwrap_err();
    assert_eq!(refused(config(0, 1_000, 1)), FlowError::Symbols { found: 0 });
    let found = FlowConfig::MAX_SYMBOLS + 1;
    assert_eq!(refused(config(found, u64::MAX, 1)), FlowError::Symbols { found });
    let least = FlowConfig::min_messages(10);
    assert_eq!(
        refused(config(10, least - 1, 1)),
        FlowError::TooFewMessages { found: least - 1, least }
    );
    assert_eq!(refused(config(1, u64::MAX, 1)), FlowError::TooManyMessages { found: u64::MAX });
}
