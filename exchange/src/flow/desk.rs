//! Who trades, and what each symbol has live.

use wirebook_book::OrderRef;

use super::chance::Chance;
use super::latent::Latent;
use super::universe::{Instrument, MARKET_MAKERS};
use crate::matching::{Event, ParticipantId};

/// The kinds of traders. What kind an order's participant is of tells how long it will live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trader {
    /// Quotes near the touch and changes its mind all the time.
    MarketMaker(usize),
    /// Leaves orders away from the touch for hours.
    Investor,
    /// Does not show its orders.
    Hidden,
    /// Takes what is there.
    Taker,
    /// Trades in crosses.
    Auction,
}

impl Trader {
    pub(super) fn id(self) -> ParticipantId {
        ParticipantId::new(match self {
            Trader::Investor => 1,
            Trader::Hidden => 2,
            Trader::Taker => 3,
            Trader::Auction => 4,
            Trader::MarketMaker(number) => {
                100 + u32::try_from(number % MARKET_MAKERS.len()).unwrap_or(0)
            }
        })
    }

    pub(super) fn of(participant: ParticipantId) -> Trader {
        match participant.get() {
            1 => Trader::Investor,
            2 => Trader::Hidden,
            3 => Trader::Taker,
            4 => Trader::Auction,
            number => Trader::MarketMaker(number.saturating_sub(100) as usize),
        }
    }

    /// Where live orders of such traders are kept.
    fn pool(self) -> Pool {
        match self {
            Trader::Investor => Pool::Core,
            Trader::Hidden => Pool::Hidden,
            Trader::MarketMaker(_) | Trader::Taker | Trader::Auction => Pool::Fleeting,
        }
    }
}

/// Orders that live alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pool {
    Fleeting,
    Core,
    Hidden,
}

impl Pool {
    pub(super) const ALL: [Pool; 3] = [Pool::Fleeting, Pool::Core, Pool::Hidden];
}

/// References of orders that live alike. Some are of orders that traded since; they are dropped
/// when they are drawn, or all at once where they are most.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    refs: Vec<OrderRef>,
    live: u64,
}

impl Orders {
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    pub(super) fn newest(&self) -> Option<OrderRef> {
        self.refs.last().copied()
    }

    /// Draws an order to be taken off: the newest, or any.
    pub(super) fn draw(&self, newest: bool, chance: &mut Chance) -> Option<(usize, OrderRef)> {
        let last = self.refs.len().checked_sub(1)?;
        let place = if newest { last } else { chance.index(self.refs.len()) };
        Some((place, *self.refs.get(place)?))
    }

    /// Drops the references of dead orders, if they may be more than those of live ones.
    pub(super) fn drop_dead(&mut self, is_live: impl Fn(OrderRef) -> bool) {
        if self.refs.len() as u64 > 2 * self.live + 32 {
            self.refs.retain(|order_ref| is_live(*order_ref));
        }
    }

    /// Drops a reference that was drawn.
    pub(super) fn drop_at(&mut self, place: usize) {
        self.refs.swap_remove(place);
    }
}

/// What a symbol is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Trading,
    Halted,
    Quoting,
}

/// One symbol: what it is, and what is going on in it.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Desk {
    pub(super) instrument: Instrument,
    pub(super) latent: Latent,
    pub(super) phase: Phase,
    /// While it is quoted: how many orders its cross may at most execute.
    pub(super) crowd_max: u64,
    pools: [Orders; 3],
    /// An uninformed buyer or seller works a large order in many small ones.
    pub(super) worked_buy: bool,
    pub(super) worked_left: u64,
}

impl Desk {
    pub(super) fn new(instrument: Instrument) -> Desk {
        Desk {
            latent: Latent::new(&instrument),
            instrument,
            phase: Phase::Trading,
            crowd_max: 0,
            pools: [Orders::default(), Orders::default(), Orders::default()],
            worked_buy: true,
            worked_left: 0,
        }
    }

    /// One step of event time.
    pub(super) fn step(&mut self, factor: i64, chance: &mut Chance) {
        self.latent.step(&self.instrument, factor, chance);
    }

    /// Market makers saw a trade.
    pub(super) fn saw_trade(&mut self, buyer: bool) {
        self.latent.saw_trade(&self.instrument, buyer);
    }

    pub(super) fn pool(&self, pool: Pool) -> &Orders {
        &self.pools[pool as usize]
    }

    pub(super) fn pool_mut(&mut self, pool: Pool) -> &mut Orders {
        &mut self.pools[pool as usize]
    }

    /// Displayed orders; no action on the symbol executes more than these and the hidden ones.
    pub(super) fn live(&self) -> u64 {
        self.pools.iter().map(Orders::live).sum()
    }

    /// A hidden order rests; no event tells of it.
    pub(super) fn hide(&mut self, order_ref: OrderRef) {
        let hidden = self.pool_mut(Pool::Hidden);
        hidden.refs.push(order_ref);
        hidden.live += 1;
    }

    /// Keeps count of what lives.
    pub(super) fn saw(&mut self, event: &Event) {
        match event {
            Event::Added(at) => {
                let orders = self.pool_mut(Trader::of(at.participant).pool());
                orders.refs.push(at.order_ref);
                orders.live += 1;
            }
            Event::Replaced(at) => {
                self.pool_mut(Trader::of(at.participant).pool()).refs.push(at.new);
            }
            Event::Executed(at) if at.left.is_zero() => self.lost(at.participant),
            Event::Deleted(at) => self.lost(at.participant),
            _ => {}
        }
    }

    fn lost(&mut self, participant: ParticipantId) {
        // Orders that wait for a cross were never counted.
        let trader = Trader::of(participant);
        if trader != Trader::Auction {
            let orders = self.pool_mut(trader.pool());
            orders.live = orders.live.saturating_sub(1);
        }
    }
}
