//! How the exchange runs its day: directory, auctions, halts.

use wirebook_book::{Price, Qty, Side, TradingState};

use super::agenda::{Chore, is_in_round};
use super::desk::{Desk, Phase, Trader};
use super::floor::price_of;
use super::latent::ONE_TICK;
use super::stream::Flow;
use super::universe::{MARKET_MAKERS, TICK};
use crate::matching::{
    AuctionCollar, CrossKind, Event, HaltReason, MarketPosition, Refusal, Terms,
};

impl Flow {
    /// Does what is due. What needs more messages than it had reserved is only done if it fits.
    pub(super) fn do_chore(&mut self, chore: Chore) {
        let gap_bits = match chore {
            Chore::Directory | Chore::Spins => 16,
            Chore::Imbalances { .. } => 12,
            _ => 9,
        };
        match chore {
            Chore::System(event) => {
                let late_ns = self.floor.chance.below(100_000);
                self.clock.advance_to(self.clock.now().after(late_ns));
                self.floor.said.push(Event::System(event));
            }
            Chore::Directory => self.list_all(),
            Chore::Spins => self.spin(),
            Chore::CrossOrders(cross) => {
                for symbol in 0..self.floor.desks.len() {
                    self.cross_orders(symbol, cross);
                }
            }
            Chore::Imbalances { cross, round } => {
                for symbol in 0..self.floor.desks.len() {
                    if is_in_round(&self.floor.desks[symbol].instrument, round)
                        && self.floor.desks[symbol].phase == Phase::Trading
                    {
                        self.imbalance(symbol, cross);
                    }
                }
            }
            Chore::Cross { symbol, cross } => self.cross(symbol, cross),
            Chore::Halt { symbol, pause } => self.halt(symbol, pause),
            Chore::Quote { symbol, pause } => self.quote(symbol, pause),
            Chore::HaltImbalance { symbol } => self.halt_imbalance(symbol),
            Chore::Resume { symbol } => self.resume(symbol),
            Chore::Break => self.break_trade(),
        }
        self.publish(gap_bits);
    }

    /// The directory, by name as the exchange sends it.
    fn list_all(&mut self) {
        let floor = &mut self.floor;
        let mut listings: Vec<_> = floor.desks.iter().map(|at| at.instrument.listing).collect();
        listings.sort_by_key(|listing| listing.symbol);
        for listing in listings {
            let listed = floor.exchange.list(listing, &mut floor.said);
            debug_assert!(listed.is_ok(), "{listed:?}");
        }
    }

    fn spin(&mut self) {
        let said = &mut self.floor.said;
        // 7, 13 and 20 % below an index of 4,500.
        let levels = [93, 87, 80].map(|percent| 45 * percent * 100_000_000);
        said.push(Event::CircuitBreakers { levels });
        for Desk { instrument, .. } in &self.floor.desks {
            let (state, reason) = (TradingState::Trading, HaltReason::NONE);
            let told =
                self.floor.exchange.set_trading_state(instrument.locate(), state, reason, said);
            debug_assert!(told.is_ok(), "{told:?}");
        }
        for Desk { instrument, .. } in &self.floor.desks {
            let (locate, restriction) = (instrument.locate(), instrument.short_sale);
            said.push(Event::ShortSale { locate, restriction });
        }
        for Desk { instrument, .. } in &self.floor.desks {
            let first = self.floor.chance.index(MARKET_MAKERS.len());
            let makers = MARKET_MAKERS.iter().cycle().skip(first).take(instrument.market_makers);
            for (number, mpid) in makers.enumerate() {
                let (locate, mpid, primary) = (instrument.locate(), *mpid, number == 0);
                said.push(Event::MarketPosition(MarketPosition { locate, mpid, primary }));
            }
        }
    }

    /// The price that auctions are compared with.
    fn reference(&self, symbol: usize) -> Price {
        price_of(self.floor.desks[symbol].latent.belief() / ONE_TICK)
    }

    /// Orders that wait for a cross; about half of them take any price.
    fn cross_orders(&mut self, symbol: usize, cross: CrossKind) {
        let floor = &mut self.floor;
        let instrument = &floor.desks[symbol].instrument;
        let often = 60 + instrument.messages / 16;
        let step = (instrument.half_spread / ONE_TICK).max(1);
        if !floor.chance.happens(often.min(1000)) {
            return;
        }
        for _ in 0..=floor.chance.heavy(1, 8) {
            let side = if floor.chance.happens(512) { Side::Bid } else { Side::Ask };
            let ticks = floor.quote_ticks(symbol, side) + floor.chance.bell() * step;
            let limit = (!floor.chance.happens(512)).then_some(price_of(ticks));
            let qty = floor.order_size(symbol).shares() * floor.chance.between(1, 4);
            let terms = Terms::Auction { cross, limit };
            floor.submit(symbol, Trader::Auction, side, Qty::new(qty), terms);
        }
    }

    fn imbalance(&mut self, symbol: usize, cross: CrossKind) {
        let reference = self.reference(symbol);
        let floor = &mut self.floor;
        let locate = floor.desks[symbol].instrument.locate();
        let told = floor.exchange.publish_imbalance(locate, cross, reference, &mut floor.said);
        debug_assert!(told.is_ok(), "{told:?}");
    }

    /// Holds the cross of one symbol. Where the messages left might not do for all executions,
    /// the cross orders are withdrawn first, and nothing trades.
    fn cross(&mut self, symbol: usize, cross: CrossKind) {
        let desk = &self.floor.desks[symbol];
        if desk.phase != Phase::Trading {
            return;
        }
        let fits = desk.live() < self.free_messages();
        let locate = self.floor.desks[symbol].instrument.locate();
        if !fits {
            let withdrawn = self.floor.exchange.withdraw(locate, cross, &mut self.floor.said);
            debug_assert!(withdrawn.is_ok(), "{withdrawn:?}");
        }
        self.hold_cross(symbol, cross);
    }

    fn hold_cross(&mut self, symbol: usize, cross: CrossKind) {
        let reference = Some(self.reference(symbol));
        let floor = &mut self.floor;
        let locate = floor.desks[symbol].instrument.locate();
        let told = floor.said.len();
        let crossed = floor.exchange.cross(locate, cross, reference, &mut floor.said);
        debug_assert!(crossed.is_ok(), "{crossed:?}");
        for event in floor.said.get(told..).unwrap_or_default() {
            floor.desks[symbol].saw(event);
        }
    }

    fn set_state(&mut self, symbol: usize, state: TradingState, reason: HaltReason) {
        let locate = self.floor.desks[symbol].instrument.locate();
        let said = &mut self.floor.said;
        let told: Result<(), Refusal> =
            self.floor.exchange.set_trading_state(locate, state, reason, said);
        debug_assert!(told.is_ok(), "{told:?}");
    }

    /// Halts a symbol for news, or pauses it for volatility, if the messages left allow for the
    /// cross that ends it. What the symbol is worth changes meanwhile.
    fn halt(&mut self, symbol: usize, pause: bool) {
        let live = self.floor.desks[symbol].live();
        let crowd_max = live * 2 + 64;
        if self.free_messages() < crowd_max * 4 {
            return;
        }
        self.reserved += crowd_max;
        let basis_points = if pause { (250, 450) } else { (200, 1100) };
        let basis_points = self.floor.chance.between(basis_points.0, basis_points.1);
        let up = self.floor.chance.happens(512);
        let desk = &mut self.floor.desks[symbol];
        desk.phase = Phase::Halted;
        desk.crowd_max = crowd_max;
        let size = desk.latent.value() / 10_000 * i64::try_from(basis_points).unwrap_or(0);
        desk.latent.shift(if up { size } else { -size });
        if pause {
            self.set_state(symbol, TradingState::Paused, HaltReason::VOLATILITY_PAUSE);
        } else {
            self.set_state(symbol, TradingState::Halted, HaltReason::NEWS_PENDING);
        }
    }

    fn quote(&mut self, symbol: usize, pause: bool) {
        if self.floor.desks[symbol].phase != Phase::Halted {
            return;
        }
        let reason =
            if pause { HaltReason::PAUSE_QUOTATION } else { HaltReason::NEWS_AND_RESUMPTION };
        let reference = self.reference(symbol);
        self.set_state(symbol, TradingState::QuotationOnly, reason);
        if pause {
            let collar = Price::from_units(reference.units() / 20).round_down(TICK);
            self.floor.said.push(Event::AuctionCollar(AuctionCollar {
                locate: self.floor.desks[symbol].instrument.locate(),
                reference,
                upper: reference + collar,
                lower: reference - collar,
            }));
        }
        let desk = &mut self.floor.desks[symbol];
        desk.phase = Phase::Quoting;
        desk.latent.reveal();
    }

    fn halt_imbalance(&mut self, symbol: usize) {
        if self.floor.desks[symbol].phase != Phase::Quoting {
            return;
        }
        self.cross_orders(symbol, CrossKind::Halt);
        for _ in 0..self.free_messages().min(12) {
            self.floor.quote_while_halted(symbol);
        }
        self.imbalance(symbol, CrossKind::Halt);
    }

    fn resume(&mut self, symbol: usize) {
        if self.floor.desks[symbol].phase != Phase::Quoting {
            return;
        }
        let desk = &mut self.floor.desks[symbol];
        desk.phase = Phase::Trading;
        self.reserved = self.reserved.saturating_sub(desk.crowd_max);
        self.hold_cross(symbol, CrossKind::Halt);
        let reason = HaltReason::NEWS_AND_RESUMPTION;
        self.set_state(symbol, TradingState::Trading, reason);
    }

    fn break_trade(&mut self) {
        let trades = &self.recent_trades;
        let place = self.floor.chance.index(trades.len());
        if let Some((locate, match_no)) = trades.get(place).copied() {
            self.floor.said.push(Event::Broken { locate, match_no });
        }
    }
}
