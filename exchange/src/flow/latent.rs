//! What a symbol is worth, what market makers believe it is worth, and who knows.

use super::chance::Chance;
use super::universe::Instrument;

/// One tick in the unit of values: 2⁻¹⁶ ticks.
pub(super) const ONE_TICK: i64 = 1 << 16;

/// How agitated a symbol is. Volatility comes in clusters, and agitated symbols are also busier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Regime {
    Calm,
    Normal,
    Wild,
}

impl Regime {
    /// Quarters of the symbol's own volatility.
    fn volatility_quarters(self) -> i64 {
        match self {
            Regime::Calm => 2,
            Regime::Normal => 4,
            Regime::Wild => 10,
        }
    }

    /// How many of 1,024 draws of the symbol are kept.
    pub(super) fn kept_draws(self) -> u64 {
        match self {
            Regime::Calm => 560,
            Regime::Normal => 720,
            Regime::Wild => 1024,
        }
    }
}

/// The hidden state behind one symbol's quotes, in 2⁻¹⁶ ticks.
#[derive(Clone, Debug)]
pub(super) struct Latent {
    /// What it is worth. Informed traders know it.
    value: i64,
    /// What market makers believe.
    belief: i64,
    /// What the value returns to, slowly.
    anchor: i64,
    regime: Regime,
    /// The market's factor when the symbol last moved.
    factor_seen: i64,
}

impl Latent {
    pub(super) fn new(instrument: &Instrument) -> Latent {
        let value = instrument.open_ticks * ONE_TICK + ONE_TICK / 2;
        Latent { value, belief: value, anchor: value, regime: Regime::Normal, factor_seen: 0 }
    }

    pub(super) fn value(&self) -> i64 {
        self.value
    }

    pub(super) fn belief(&self) -> i64 {
        self.belief
    }

    pub(super) fn regime(&self) -> Regime {
        self.regime
    }

    /// One step of event time.
    pub(super) fn step(&mut self, instrument: &Instrument, factor: i64, chance: &mut Chance) {
        self.change_regime(chance);
        let quarters = self.regime.volatility_quarters();
        // A bell has a standard deviation of 4, and four quarters are one.
        let own = instrument.sigma * chance.bell() * quarters / 16;
        let common = (factor - self.factor_seen) * instrument.factor_load / 256;
        self.factor_seen = factor;
        self.value += own + common - (self.value - self.anchor) / 16_384;
        if chance.bits() >> 48 == 0 {
            // News, once in 65,536 events.
            let size = instrument.half_spread * i64::try_from(chance.between(8, 40)).unwrap_or(12);
            self.shift(if chance.happens(512) { size } else { -size });
        }
        self.clamp(instrument);
        self.belief += (self.value - self.belief) / 48;
    }

    fn change_regime(&mut self, chance: &mut Chance) {
        let draw = chance.bits() >> 50;
        self.regime = match (self.regime, draw) {
            (Regime::Normal, 0..12) => Regime::Wild,
            (Regime::Normal, 12..48) => Regime::Calm,
            (Regime::Calm, 0..40) | (Regime::Wild, 0..64) => Regime::Normal,
            (regime, _) => regime,
        };
    }

    /// News that moves the value for good.
    pub(super) fn shift(&mut self, by: i64) {
        self.value += by;
        self.anchor += by;
    }

    /// The value stays between a half and the double of the open.
    fn clamp(&mut self, instrument: &Instrument) {
        let open = instrument.open_ticks * ONE_TICK;
        self.value = self.value.clamp(open / 2, open * 2);
        self.anchor = self.anchor.clamp(open / 2, open * 2);
    }

    /// Market makers saw a trade: buyers make them raise their belief. They cannot tell who knew.
    pub(super) fn saw_trade(&mut self, instrument: &Instrument, buyer: bool) {
        let impact = instrument.half_spread / 4;
        self.belief += if buyer { impact } else { -impact };
    }

    /// Everyone knows, as after news in a halt.
    pub(super) fn reveal(&mut self) {
        self.belief = self.value;
    }
}
