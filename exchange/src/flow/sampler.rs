//! Draws symbols in proportion to their weights, in constant time.

use super::chance::Chance;

/// The alias method of Walker (1977), in Vose's form (1991), with integers.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    /// For each column: up to which of 2³² its own number is drawn, and the number drawn above.
    columns: Vec<(u32, u32)>,
}

impl Sampler {
    /// Weights are at most 2⁴⁰ and there are fewer than 2¹⁶ of them.
    pub(super) fn new(weights: &[u64]) -> Sampler {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum::<u128>().max(1);
        let count = weights.len() as u128;
        // Each column holds 2³²; the remainder of a division is below one part in 2³².
        let mut left: Vec<u64> = weights
            .iter()
            .map(|weight| {
                let scaled = ((u128::from(*weight) * count) << 32) / total;
                u64::try_from(scaled).unwrap_or(u64::MAX)
            })
            .collect();
        let mut columns: Vec<(u32, u32)> =
            (0..).map(|own| (u32::MAX, own)).take(left.len()).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..left.len()).partition(|i| left[*i] < FULL);
        while let (Some(less), Some(more)) = (small.pop(), large.last().copied()) {
            let own = u32::try_from(left[less]).unwrap_or(u32::MAX);
            columns[less] = (own, u32::try_from(more).unwrap_or(0));
            left[more] -= FULL - left[less];
            if left[more] < FULL {
                large.pop();
                small.push(more);
            }
        }
        Sampler { columns }
    }

    /// A number from 0 to the number of weights.
    pub(super) fn draw(&self, chance: &mut Chance) -> usize {
        let column = chance.index(self.columns.len());
        match self.columns.get(column) {
            Some((own, other)) if chance.bits() >> 32 >= u64::from(*own) => *other as usize,
            _ => column,
        }
    }
}

const FULL: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_in_proportion() {
        let sampler = Sampler::new(&[500, 0, 300, 200]);
        let mut chance = Chance::new(3);
        let mut drawn = [0_u32; 4];
        for _ in 0..100_000 {
            drawn[sampler.draw(&mut chance)] += 1;
        }
        assert_eq!(drawn[1], 0);
        for (drawn, expected) in drawn.iter().zip([50_000, 0, 30_000, 20_000]) {
            assert!(drawn.abs_diff(expected) < 600, "{drawn} of {expected}");
        }
    }
}
