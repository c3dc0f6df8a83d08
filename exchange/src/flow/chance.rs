//! Randomness in integers alone, so that a seed gives the same day on every machine.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A seeded source of the few distributions that the flow needs.
///
/// xoshiro256++ is a fixed algorithm, seeded through SplitMix64. No floating point is used: the
/// logarithm and the like differ in their last digit from one C library to the next.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    rng: Xoshiro256PlusPlus,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance { rng: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform in `0..bound`; zero where the bound is zero. The bias of not rejecting is below
    /// 2⁻⁴⁰ for any bound used here.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        high_half(u128::from(self.bits()) * u128::from(bound))
    }

    /// Uniform in `low..=high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A table index, uniform in `0..len`.
    pub(super) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// True in `share` of 1,024 cases.
    pub(super) fn happens(&mut self, share: u64) -> bool {
        self.bits() >> 54 < share
    }

    /// Bell-shaped around zero with a standard deviation of four: heads less tails of 64 coins,
    /// halved.
    pub(super) fn bell(&mut self) -> i64 {
        i64::from(self.bits().count_ones()) - 32
    }

    /// Exponential with this mean (up to 64 · ln 2 times the mean).
    ///
    /// A geometric number of halvings, and within the last halving the inverse of the
    /// distribution from a table; the result is rounded down.
    pub(super) fn exponential(&mut self, mean: u64) -> u64 {
        let bits = self.bits();
        let halvings = u64::from((bits | 1).leading_zeros());
        let within = WITHIN_HALVING[usize::from(self.low_byte())];
        high_16(u128::from(mean) * u128::from(halvings * LN_2 + within))
    }

    /// Heavy-tailed with P(X > x) = scale / (scale + x), cut off at `most`.
    pub(super) fn heavy(&mut self, scale: u64, most: u64) -> u64 {
        let uniform = (self.bits() >> 48) + 1;
        let x = scale * ((1 << 16) - uniform) / uniform;
        x.min(most)
    }

    /// Heavier-tailed, with P(X > x) = √(scale / (scale + x)), and drawn again beyond `most`, so
    /// that nothing piles up there.
    pub(super) fn very_heavy(&mut self, scale: u64, most: u64) -> u64 {
        for _ in 0..8 {
            let uniform = (self.bits() >> 48) + 1;
            let square = u128::from(uniform * uniform);
            let x = u64::try_from((u128::from(scale) << 32) / square).unwrap_or(u64::MAX);
            let x = x.saturating_sub(scale);
            if x <= most {
                return x;
            }
        }
        self.below(most + 1)
    }

    /// Log-uniform: every number of bits from `low_bits` to below `high_bits` as often.
    pub(super) fn log_uniform(&mut self, low_bits: u64, high_bits: u64) -> u64 {
        let bits = low_bits + self.below(high_bits.saturating_sub(low_bits).max(1));
        let base = 1_u64 << bits.min(62);
        base + self.below(base)
    }

    fn low_byte(&mut self) -> u8 {
        let [byte, ..] = self.bits().to_le_bytes();
        byte
    }
}

/// ln 2 in 2⁻¹⁶.
const LN_2: u64 = 45_426;

/// −ln(1 − (i + ½) / 512) in 2⁻¹⁶, for i in 0..256: it rises from 0 to ln 2.
const WITHIN_HALVING: [u64; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < table.len() {
        // (1,024 − 2i − 1) / 1,024 in 2⁻³².
        table[i] = minus_ln((1023 - 2 * i as u64) << 22);
        i += 1;
    }
    table
};

/// −ln(u / 2³²) in 2⁻¹⁶ for u from 2³¹ to 2³²: the binary digits of log₂(1 / u), one squaring
/// each.
const fn minus_ln(u: u64) -> u64 {
    let mut x = (1 << 62) / u; // 1 / u, in 2⁻³⁰
    let mut log_2 = 0;
    let mut digit = 0;
    while digit < 24 {
        x = (x * x) >> 30;
        log_2 <<= 1;
        if x >= 2 << 30 {
            log_2 |= 1;
            x >>= 1;
        }
        digit += 1;
    }
    (log_2 * LN_2) >> 24
}

#[allow(clippy::cast_possible_truncation)] // 128 bits shifted by 64
const fn high_half(x: u128) -> u64 {
    (x >> 64) as u64
}

fn high_16(x: u128) -> u64 {
    u64::try_from(x >> 16).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 100_000;

    fn mean(mut draw: impl FnMut(&mut Chance) -> i64) -> f64 {
        let mut chance = Chance::new(1);
        let sum: i64 = (0..DRAWS).map(|_| draw(&mut chance)).sum();
        sum as f64 / DRAWS as f64
    }

    #[test]
    fn the_generator_is_the_published_one() {
        // First numbers of xoshiro256++ seeded with 1 through SplitMix64.
        let mut chance = Chance::new(1);
        let numbers = [chance.bits(), chance.bits()];
        assert_eq!(numbers, [0xcfc5_d07f_6f03_c29b, 0xbf42_4132_963f_e08d]);
    }

    #[test]
    fn distributions_have_their_means() {
        let exponential = mean(|chance| chance.exponential(1_000_000) as i64);
        assert!((0.99e6..1.01e6).contains(&exponential), "{exponential}");
        let square = mean(|chance| chance.bell() * chance.bell());
        assert!((-0.2..0.2).contains(&square), "independent draws: {square}");
        let variance = mean(|chance| chance.bell().pow(2));
        assert!((15.8..16.2).contains(&variance), "{variance}");
        let uniform = mean(|chance| chance.below(101) as i64);
        assert!((49.7..50.3).contains(&uniform), "{uniform}");
    }

    #[test]
    fn tails_are_as_heavy_as_they_say() {
        let beyond = mean(|chance| i64::from(chance.heavy(10, 1_000_000) > 90)) * 10.0;
        assert!((0.97..1.03).contains(&beyond), "{beyond}");
        let beyond = mean(|chance| i64::from(chance.very_heavy(10, 1_000_000) > 990)) * 10.0;
        assert!((0.93..1.05).contains(&beyond), "{beyond}");
        let mut chance = Chance::new(2);
        assert!((0..1000).all(|_| chance.very_heavy(50, 60) <= 60));
    }
}
