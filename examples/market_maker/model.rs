//! Where to quote: the closed form of Guéant, Lehalle and Fernandez-Tapia.
//!
//! Source: O. Guéant, C.-A. Lehalle, J. Fernandez-Tapia, "Dealing with the inventory risk: a
//! solution to the market making problem", Mathematics and Financial Economics 7 (2013),
//! 477–507, [arXiv:1105.3115](https://arxiv.org/abs/1105.3115), the asymptotic quotes and their
//! closed-form approximation, with a trend. It solves the problem of M. Avellaneda and S. Stoikov,
//! "High-frequency trading in a limit order book", Quantitative Finance 8 (2008), 217–224, for
//! a day whose end is far away.
//!
//! The mid is a Brownian motion of volatility σ with a trend μ. A quote at distance δ from it is
//! filled λ(δ) = A·exp(−k·δ) times a second. A market maker with the utility −exp(−γ·wealth) who
//! holds q then bids δᵇ(q) below the mid and asks δᵃ(q) above it:
//!
//! ```text
//! δᵇ(q) = c + (2(q − m) + 1)/2 · s      c = 1/γ · ln(1 + γ/k)
//! δᵃ(q) = c − (2(q − m) − 1)/2 · s      s = √( σ²γ / (2kA) · (1 + γ/k)^(1 + k/γ) )
//!                                       m = μ / (γσ²)
//! ```
//!
//! Put differently: half a spread of `c + s/2` around a reservation price of `mid − (q − m)·s`.
//!
//! | | meaning | unit |
//! |---|---|---|
//! | δ, c | distance from the mid | ticks |
//! | q | inventory | lots, of one quote's size each |
//! | m | the inventory to hold, were it to be had at the mid | lots |
//! | s | how far one lot moves both quotes | ticks per lot |
//! | σ | volatility of the mid | ticks per √second |
//! | μ | trend of the mid | ticks per second |
//! | A | fills at the mid | per second |
//! | k | how fast fills grow rare with distance | per tick |
//! | γ | aversion to risk | per (tick · lot) |
//!
//! The model knows nothing of queues, of a tick, or of order flow that foretells the mid. What
//! is sent is therefore rounded away from the mid, kept from taking, and judged afterwards (see
//! `statistics`).

/// How often a quote is filled, by its distance δ from the mid: A·exp(−k·δ).
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Intensity {
    /// A: fills at the mid, per second.
    pub(crate) a: f64,
    /// k: per tick.
    pub(crate) k: f64,
}

impl Intensity {
    /// Fills per second at `distance` ticks.
    pub(crate) fn at(self, distance: f64) -> f64 {
        self.a * (-self.k * distance).exp()
    }
}

/// What there is to know of a market.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct MarketState {
    /// σ: volatility of the mid, in ticks per √second.
    pub(crate) sigma: f64,
    /// μ: trend of the mid, in ticks per second.
    pub(crate) trend: f64,
    /// A and k.
    pub(crate) intensity: Intensity,
}

/// The quotes of the model, for one state of the market and every inventory.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Glft {
    /// c: the half spread that pays for the risk of a fill, in ticks.
    pub(crate) base: f64,
    /// s: how far one lot of inventory moves both quotes, in ticks.
    pub(crate) skew: f64,
    /// m: the inventory to hold, in lots.
    pub(crate) target: f64,
}

impl Glft {
    /// The quotes for an aversion `gamma`. `None` where one of the numbers but the trend is not
    /// positive: the model then has no answer.
    pub(crate) fn new(gamma: f64, market: MarketState) -> Option<Glft> {
        let MarketState { sigma, trend, intensity: Intensity { a, k } } = market;
        let usable = |x: f64| x.is_finite() && x > 0.0;
        if ![gamma, sigma, a, k].into_iter().all(usable) {
            return None;
        }
        // ln(1 + γ/k) by `ln_1p`: γ/k may be tiny, and 1/γ would magnify the rounding.
        let log = (gamma / k).ln_1p();
        let base = log / gamma;
        let power = ((1.0 + k / gamma) * log).exp();
        let skew = (sigma * sigma * gamma / (2.0 * k * a) * power).sqrt();
        let target = trend / (gamma * sigma * sigma);
        let glft = Glft { base, skew, target };
        (usable(base) && usable(skew) && target.is_finite()).then_some(glft)
    }

    /// The same with a target of no more than `lots`, long or short: a trend is an estimate, and a
    /// market maker no investor.
    pub(crate) fn with_target_within(self, lots: f64) -> Glft {
        Glft { target: self.target.clamp(-lots.abs(), lots.abs()), ..self }
    }

    /// What the inventory of `lots` makes the mid worth to its holder, in ticks from the mid.
    pub(crate) fn reservation(self, lots: f64) -> f64 {
        (self.target - lots) * self.skew
    }

    /// Half the distance between the quotes, in ticks.
    pub(crate) fn half_spread(self) -> f64 {
        self.base + self.skew / 2.0
    }

    /// The bid with an inventory of `lots`, in ticks from the mid (negative below it).
    pub(crate) fn bid(self, lots: f64) -> f64 {
        self.reservation(lots) - self.half_spread()
    }

    /// The ask with an inventory of `lots`, in ticks from the mid.
    pub(crate) fn ask(self, lots: f64) -> f64 {
        self.reservation(lots) + self.half_spread()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTENSITY: Intensity = Intensity { a: 0.9, k: 0.3 };
    const SIGMA: f64 = 0.3;
    const MARKET: MarketState = MarketState { sigma: SIGMA, trend: 0.0, intensity: INTENSITY };
    const GAMMA: f64 = 0.01;

    /// The exact asymptotic quotes of the paper, from the eigenvector f of the smallest
    /// eigenvalue of its tridiagonal matrix (α·q² − β·q on the diagonal, −η beside it) for
    /// inventories from −`q_max` to `q_max`: δᵇ(q) = ln(f(q)/f(q+1))/k + ln(1 + γ/k)/γ.
    fn exact_bid_distances(gamma: f64, market: MarketState, q_max: i32) -> Vec<(f64, f64)> {
        let MarketState { sigma, trend, intensity: Intensity { a, k } } = market;
        let (alpha, beta) = (k / 2.0 * gamma * sigma * sigma, k * trend);
        let eta = a * (1.0 + gamma / k).powf(-(1.0 + k / gamma));
        let inventories: Vec<f64> = (-q_max..=q_max).map(f64::from).collect();
        let largest = f64::from(q_max);
        let shift = alpha * largest * largest + beta.abs() * largest + 2.0 * eta;
        let mut f = vec![1.0; inventories.len()];
        for _ in 0..5_000 {
            // One power iteration of shift − M, whose largest eigenvalue is M's smallest.
            let mut before = 0.0;
            for (i, inventory) in inventories.iter().enumerate() {
                let behind = f.get(i + 1).copied().unwrap_or(0.0);
                let diagonal = alpha * inventory * inventory - beta * inventory;
                let next = (shift - diagonal) * f[i] + eta * (before + behind);
                before = std::mem::replace(&mut f[i], next);
            }
            let largest = f.iter().copied().fold(0.0, f64::max);
            f.iter_mut().for_each(|x| *x /= largest);
        }
        let distance = |pair: &[f64]| (pair[0] / pair[1]).ln() / k + (1.0 + gamma / k).ln() / gamma;
        inventories.iter().copied().zip(f.windows(2).map(distance)).collect()
    }

    #[test]
    fn the_closed_form_is_near_the_exact_solution() {
        for (gamma, sigma) in [(0.01, 0.3), (0.3, 0.1)] {
            for trend in [0.0, 0.1 * gamma * sigma, -0.2 * gamma * sigma] {
                let market = MarketState { sigma, trend, ..MARKET };
                let glft = Glft::new(gamma, market).unwrap();
                let exact: Vec<_> = exact_bid_distances(gamma, market, 30)
                    .into_iter()
                    .filter(|(q, _)| q.abs() <= 3.0)
                    .collect();
                for &(q, exact) in &exact {
                    let close = -glft.bid(q);
                    assert!((close - exact).abs() < 0.02 * exact, "{market:?}, {q}: {exact}");
                }
                // How far a lot moves the quotes is the smaller part of them: by itself.
                let (first, last) = (exact[0], exact[exact.len() - 1]);
                let skew = (last.1 - first.1) / (last.0 - first.0);
                assert!((glft.skew - skew).abs() < 0.02 * skew, "{glft:?}: {skew}");
            }
        }
    }

    #[test]
    fn bids_and_asks_mirror_each_other() {
        let glft = Glft::new(GAMMA, MARKET).unwrap();
        for lots in [-4.0, -0.5, 0.0, 2.0] {
            assert!((glft.bid(lots) + glft.ask(-lots)).abs() < 1e-12);
        }
    }

    #[test]
    fn inventory_moves_both_quotes_against_itself_and_leaves_the_spread() {
        let glft = Glft::new(GAMMA, MARKET).unwrap();
        let spread = |lots| glft.ask(lots) - glft.bid(lots);
        assert!(glft.bid(2.0) < glft.bid(0.0) && glft.ask(2.0) < glft.ask(0.0));
        assert!((spread(5.0) - spread(0.0)).abs() < 1e-12);
    }

    #[test]
    fn risk_widens_and_fills_narrow() {
        const BUSY: Intensity = Intensity { a: 9.0, ..INTENSITY };
        let calm = Glft::new(GAMMA, MARKET).unwrap();
        let wild = Glft::new(GAMMA, MarketState { sigma: 3.0 * SIGMA, ..MARKET }).unwrap();
        let busy = Glft::new(GAMMA, MarketState { intensity: BUSY, ..MARKET }).unwrap();
        assert!((wild.skew - 3.0 * calm.skew).abs() < 1e-12);
        assert!(busy.half_spread() < calm.half_spread());
    }

    #[test]
    fn without_aversion_the_base_is_the_monopolists_one_over_k() {
        let glft = Glft::new(1e-9, MARKET).unwrap();
        assert!((glft.base - 1.0 / INTENSITY.k).abs() < 1e-6);
    }

    #[test]
    fn a_trend_makes_an_inventory_worth_holding() {
        let glft = Glft::new(GAMMA, MarketState { trend: 0.0018, ..MARKET }).unwrap();
        assert!((glft.target - 2.0).abs() < 1e-12);
        assert!((glft.bid(2.0) + glft.ask(2.0)).abs() < 1e-12, "around the mid when it is held");
        let careful = glft.with_target_within(0.5);
        assert!((careful.reservation(0.0) - 0.5 * glft.skew).abs() < 1e-12);
        assert!((glft.with_target_within(9.0).target - 2.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_comes_of_what_is_no_positive_number() {
        let with = |intensity| Glft::new(GAMMA, MarketState { intensity, ..MARKET });
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Glft::new(bad, MARKET), None);
            assert_eq!(Glft::new(GAMMA, MarketState { sigma: bad, ..MARKET }), None);
            assert_eq!(with(Intensity { a: bad, k: 0.3 }), None);
            assert_eq!(with(Intensity { a: 0.9, k: bad }), None);
        }
        assert_eq!(Glft::new(GAMMA, MarketState { trend: f64::NAN, ..MARKET }), None);
    }
}
