//! The symbols of a day: names, locates, prices, and how differently they behave.

use std::collections::BTreeSet;

use wirebook_book::{Locate, Price, Symbol};

use super::chance::Chance;
use super::latent::ONE_TICK;
use crate::matching::{Listing, ListingMarket, Mpid, ShortSale};

/// Units of one tick: a cent.
pub(super) const TICK: Price = Price::from_units(100);

/// Market makers that show their identifier. The names are made up.
pub(super) const MARKET_MAKERS: [Mpid; 12] = [
    Mpid::from_bytes(*b"WBMA"),
    Mpid::from_bytes(*b"ARDN"),
    Mpid::from_bytes(*b"BELT"),
    Mpid::from_bytes(*b"CRWN"),
    Mpid::from_bytes(*b"DOVR"),
    Mpid::from_bytes(*b"ELMS"),
    Mpid::from_bytes(*b"FJRD"),
    Mpid::from_bytes(*b"GRVE"),
    Mpid::from_bytes(*b"HOLT"),
    Mpid::from_bytes(*b"INLT"),
    Mpid::from_bytes(*b"JUNO"),
    Mpid::from_bytes(*b"KEEL"),
];

/// What does not change about a symbol during the day.
#[derive(Clone, Debug)]
pub(super) struct Instrument {
    pub(super) listing: Listing,
    /// In proportion to which it is active.
    pub(super) weight: u64,
    /// Messages it can expect.
    pub(super) messages: u64,
    /// Where its day begins.
    pub(super) open_ticks: i64,
    /// Half of what market makers want to earn, in 2⁻¹⁶ ticks.
    pub(super) half_spread: i64,
    /// Standard deviation of its value in one event, in 2⁻¹⁶ ticks.
    pub(super) sigma: i64,
    /// How far one step of the market's factor moves it, in 2⁻²⁴ ticks.
    pub(super) factor_load: i64,
    /// Long-lived orders at the height of the day.
    pub(super) core: u64,
    /// Short-lived orders at the height of the day.
    pub(super) fleeting: u64,
    /// Imbalance messages before each cross.
    pub(super) imbalances: u64,
    /// How many of the market makers are registered in it.
    pub(super) market_makers: usize,
    pub(super) short_sale: ShortSale,
}

impl Instrument {
    pub(super) fn locate(&self) -> Locate {
        self.listing.locate
    }
}

/// All symbols, the most active first. `messages` are those that are not spent on the directory.
pub(super) fn instruments(count: u16, messages: u64, chance: &mut Chance) -> Vec<Instrument> {
    let names = names(usize::from(count), chance);
    let locates = locates(count, chance);
    let ranks = 0..u64::from(count);
    let weights: Vec<u64> = ranks.map(|rank| weight(rank, u64::from(count), chance)).collect();
    let total: u64 = weights.iter().sum::<u64>().max(1);
    let share = |weight: u64, of: u64| {
        u64::try_from(u128::from(of) * u128::from(weight) / u128::from(total)).unwrap_or(0)
    };
    let roots: Vec<u64> = weights.iter().map(|weight| weight.isqrt()).collect();
    let roots_total = u128::from(roots.iter().sum::<u64>().max(1));
    let mut instruments = Vec::with_capacity(weights.len());
    for (rank, (name, locate)) in names.into_iter().zip(locates).enumerate() {
        let weight = weights[rank];
        let expected = share(weight, messages);
        // When most orders live, there is one for twelve messages of the day. Depth grows less than
        // activity does.
        let live = u128::from(messages / 12) * u128::from(roots[rank]) / roots_total;
        let live = u64::try_from(live).unwrap_or(0).min(expected / 4).max(6);
        let fleeting = (live / 3).clamp(4, 40 + live / 24);
        let traits = Traits {
            rank: rank as u64,
            count: u64::from(count),
            weight,
            expected,
            // The part of all events that are its own, in 2⁻³².
            share: share(weight, 1 << 32),
            live,
            fleeting,
        };
        instruments.push(traits.instrument(name, locate, chance));
    }
    instruments
}

/// Zipf's law with an offset, half as much noise, and a tenth of symbols that hardly trade.
fn weight(rank: u64, count: u64, chance: &mut Chance) -> u64 {
    let zipf = (1 << 36) / (rank + 8 + count / 500);
    let noisy = zipf * chance.between(768, 1280) / 1024;
    if rank * 10 >= count * 9 { noisy / 8 } else { noisy }
}

struct Traits {
    rank: u64,
    count: u64,
    weight: u64,
    expected: u64,
    share: u64,
    live: u64,
    fleeting: u64,
}

impl Traits {
    fn instrument(&self, symbol: Symbol, locate: Locate, chance: &mut Chance) -> Instrument {
        let fund = chance.happens(300);
        let open_ticks = self.open_ticks(chance);
        let half_spread = self.half_spread(open_ticks, chance);
        let sigma = self.sigma(open_ticks, half_spread, fund, chance);
        // With the root of its share of events, steps of the factor between two events of the
        // symbol add up to half of its own volatility.
        let root_of_share = i64::try_from((self.share << 32).isqrt()).unwrap_or(0);
        let factor_load = (sigma * 128).saturating_mul(root_of_share) >> 32;
        Instrument {
            listing: self.listing(symbol, locate, fund, chance),
            weight: self.weight,
            messages: self.expected,
            open_ticks,
            half_spread,
            sigma,
            factor_load,
            core: self.live - self.fleeting,
            fleeting: self.fleeting,
            imbalances: (self.expected / 400).min(60),
            market_makers: 1 + chance.index(4) + usize::from(self.rank * 10 < self.count) * 3,
            short_sale: if chance.happens(12) {
                ShortSale::StillRestricted
            } else {
                ShortSale::Free
            },
        }
    }

    /// Cents: log-normal around $36, and a few shares above $1,000.
    fn open_ticks(&self, chance: &mut Chance) -> i64 {
        if self.rank % 400 == 37 {
            return i64::try_from(chance.between(100_000, 350_000)).unwrap_or(100_000);
        }
        let mut cents: u64 = 3_600;
        for _ in 0..chance.bell().unsigned_abs() {
            cents = cents * 5 / 4;
        }
        if chance.happens(512) {
            cents = 3_600 * 3_600 / cents;
        }
        let cents = (cents * chance.between(900, 1150) / 1024).clamp(210, 82_000);
        i64::try_from(cents).unwrap_or(3_600)
    }

    /// From under a basis point for the busiest to about 40 for the least active, and never less
    /// than a quarter to three eighths of a tick.
    fn half_spread(&self, open_ticks: i64, chance: &mut Chance) -> i64 {
        let rank = i64::try_from(self.rank * 64 / self.count).unwrap_or(63);
        // Hundredths of a basis point.
        let wanted = (30 + rank * rank) * i64::try_from(chance.between(600, 1500)).unwrap_or(1024);
        let wanted = open_ticks * wanted / 1024 * ONE_TICK / 1_000_000;
        let least = i64::try_from(chance.between(16_384, 24_576)).unwrap_or(16_384);
        wanted.max(least)
    }

    /// A day's volatility of 0.6 % to 3.5 %, spread over the symbol's events, and no more in one
    /// event than quotes can follow.
    fn sigma(&self, open_ticks: i64, half_spread: i64, fund: bool, chance: &mut Chance) -> i64 {
        let basis_points = if fund { chance.between(60, 160) } else { chance.between(120, 350) };
        let day = open_ticks * ONE_TICK * i64::try_from(basis_points).unwrap_or(100) / 10_000;
        let events = i64::try_from(self.expected.isqrt()).unwrap_or(1).max(1);
        (day / events).min(half_spread / 5 + ONE_TICK / 16)
    }

    fn listing(&self, symbol: Symbol, locate: Locate, fund: bool, chance: &mut Chance) -> Listing {
        let market = match (fund, chance.below(10)) {
            (true, 0..2) => ListingMarket::Bats,
            (true, 2..7) => ListingMarket::NyseArca,
            (_, 0..4) => ListingMarket::GlobalSelect,
            (false, 4..5) => ListingMarket::Capital,
            (false, 5..6) => ListingMarket::NyseAmerican,
            (false, 6..9) => ListingMarket::Nyse,
            _ => ListingMarket::Global,
        };
        Listing {
            locate,
            symbol,
            market,
            fund,
            tier_one: self.rank * 3 < self.count,
            round_lot: 100,
            tick: TICK,
        }
    }
}

/// Made-up names of one to four letters, five for a few.
fn names(count: usize, chance: &mut Chance) -> Vec<Symbol> {
    const FIRST: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const NEXT: &[u8] = b"AABCDEEFGHIIKLMNOOPRSSTTUVXY";
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let letters = match chance.below(100) {
            0..2 => 2,
            2..42 => 3,
            42..98 => 4,
            _ => 5,
        };
        let mut name = [b' '; 8];
        for (place, letter) in name.iter_mut().take(letters).enumerate() {
            let alphabet = if place == 0 { FIRST } else { NEXT };
            *letter = alphabet[chance.index(alphabet.len())];
        }
        if taken.insert(name) {
            names.push(Symbol::from_bytes(name));
        }
    }
    names
}

/// Locates in no order, with one in fifty left out.
fn locates(count: u16, chance: &mut Chance) -> Vec<Locate> {
    let mut all: Vec<u16> = (1..=count.saturating_add(count / 50 + 3)).collect();
    for last in (1..all.len()).rev() {
        all.swap(last, chance.index(last + 1));
    }
    all.into_iter().map(Locate::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_differ_in_everything() {
        let all = instruments(2_000, 5_000_000, &mut Chance::new(1));
        assert_eq!(all.len(), 2_000);
        let locates: BTreeSet<Locate> = all.iter().map(Instrument::locate).collect();
        let symbols: BTreeSet<Symbol> = all.iter().map(|at| at.listing.symbol).collect();
        assert_eq!((locates.len(), symbols.len()), (2_000, 2_000));
        let highest = locates.last().map(|locate| locate.get());
        assert!(highest.is_some_and(|locate| (2_001..=2_043).contains(&locate)), "{highest:?}");

        let messages: Vec<u64> = all.iter().map(|at| at.messages).collect();
        assert!(messages[0] > 40_000 && messages[1_999] < 200, "{messages:?}");
        let live: u64 = all.iter().map(|at| at.core + at.fleeting).sum();
        assert!((350_000..420_000).contains(&live), "{live}");
        assert!(all.iter().all(|at| (200..=350_000).contains(&at.open_ticks)));
        assert!(all.iter().any(|at| at.open_ticks > 100_000));
        assert!(all.iter().all(|at| at.sigma > 0 && at.factor_load > 0));
    }
}
