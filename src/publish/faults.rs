use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What goes wrong on the way, by chance: the same seed gives the same faults.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Faults {
    /// The share of line A's packets that are lost.
    pub loss_a: f64,
    /// The share of line B's packets that are lost.
    pub loss_b: f64,
    /// The share of packets that come twice.
    pub duplicates: f64,
    /// The share of packets that come after one to three later ones.
    pub reordered: f64,
    /// Both lines may lose the same packet.
    pub allow_gap: bool,
    /// The seed.
    pub seed: u64,
}

/// What happens to one packet on one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Fate {
    pub(super) is_lost: bool,
    pub(super) is_duplicated: bool,
    /// How many later packets go before it.
    pub(super) delay: u8,
}

/// The fates of packets, one after the other.
pub(super) struct Fates {
    faults: Faults,
    random: Xoshiro256PlusPlus,
}

impl Fates {
    pub(super) fn new(faults: Faults) -> Fates {
        Fates { faults, random: Xoshiro256PlusPlus::seed_from_u64(faults.seed) }
    }

    /// The fate of the next packet on each of `lines` lines.
    pub(super) fn next(&mut self, lines: usize) -> [Fate; 2] {
        let Faults { loss_a, loss_b, allow_gap, .. } = self.faults;
        let mut fates = [self.one(loss_a), self.one(loss_b)];
        let spared = usize::from(self.random.random_bool(0.5));
        if lines > 1 && !allow_gap && fates.iter().all(|fate| fate.is_lost) {
            fates[spared].is_lost = false;
        }
        fates
    }

    fn one(&mut self, loss: f64) -> Fate {
        let Faults { duplicates, reordered, .. } = self.faults;
        let is_lost = self.random.random_bool(loss);
        let is_duplicated = self.random.random_bool(duplicates);
        let is_late = self.random.random_bool(reordered);
        let delay = self.random.random_range(1..=3);
        Fate { is_lost, is_duplicated, delay: if is_late { delay } else { 0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(faults: Faults, lines: usize) -> Vec<[Fate; 2]> {
        let mut fates = Fates::new(faults);
        (0..10_000).map(|_| fates.next(lines)).collect()
    }

    #[test]
    fn no_packet_is_lost_on_both_lines_unless_that_is_allowed() {
        let faults = Faults { loss_a: 0.3, loss_b: 0.3, seed: 7, ..Faults::default() };
        let both =
            |fates: &[[Fate; 2]]| fates.iter().filter(|[a, b]| a.is_lost && b.is_lost).count();
        let spared = fates(faults, 2);
        assert_eq!(both(&spared), 0);
        assert!(both(&fates(Faults { allow_gap: true, ..faults }, 2)) > 700);
        let on = |line: usize| spared.iter().filter(|fates| fates[line].is_lost).count();
        assert!((2_300..2_800).contains(&on(0)) && (2_300..2_800).contains(&on(1)), "{}", on(0));
    }

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let faults =
            Faults { loss_a: 0.1, duplicates: 0.1, reordered: 0.1, seed: 3, ..Faults::default() };
        assert_eq!(fates(faults, 1), fates(faults, 1));
        assert_ne!(fates(faults, 1), fates(Faults { seed: 4, ..faults }, 1));
        let late = fates(faults, 1).iter().filter(|fates| fates[0].delay > 0).count();
        assert!((900..1_100).contains(&late), "{late}");
    }
}
