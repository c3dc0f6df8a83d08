//! One side of one book: levels of displayed and of hidden orders.

use wirebook_book::{Price, Qty, Side};

use super::LevelView;
use super::slots::{Queue, SlotId, Slots, Standing};

/// A price as seen from one side: the smaller, the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Rank(i64);

impl Rank {
    pub(super) fn of(side: Side, price: Price) -> Rank {
        match side {
            Side::Bid => Rank(-price.units()),
            Side::Ask => Rank(price.units()),
        }
    }

    fn price(self, side: Side) -> Price {
        match side {
            Side::Bid => Price::from_units(-self.0),
            Side::Ask => Price::from_units(self.0),
        }
    }
}

/// Levels with the best at the end, where most of them come and go.
#[derive(Debug, Default)]
struct Levels(Vec<(Rank, Queue)>);

impl Levels {
    fn place(&self, rank: Rank) -> Result<usize, usize> {
        self.0.binary_search_by(|(at, _)| rank.cmp(at))
    }

    fn best(&self) -> Option<&(Rank, Queue)> {
        self.0.last()
    }

    fn get(&self, rank: Rank) -> Option<&Queue> {
        let place = self.place(rank).ok()?;
        self.0.get(place).map(|(_, queue)| queue)
    }

    fn get_mut(&mut self, rank: Rank) -> Option<&mut Queue> {
        let place = self.place(rank).ok()?;
        self.0.get_mut(place).map(|(_, queue)| queue)
    }

    fn push(&mut self, rank: Rank, slots: &mut Slots, id: SlotId) {
        match self.place(rank) {
            Ok(place) => self.0[place].1.push(slots, id),
            Err(place) => {
                let mut queue = Queue::default();
                queue.push(slots, id);
                self.0.insert(place, (rank, queue));
            }
        }
    }

    fn remove(&mut self, rank: Rank, slots: &mut Slots, id: SlotId) {
        let Ok(place) = self.place(rank) else { return };
        let (_, queue) = &mut self.0[place];
        queue.remove(slots, id);
        if queue.first.is_none() {
            self.0.remove(place);
        }
    }

    /// Best first.
    fn iter(&self) -> impl Iterator<Item = &(Rank, Queue)> {
        self.0.iter().rev()
    }
}

/// The levels of one side.
#[derive(Debug)]
pub(super) struct Ladder {
    side: Side,
    shown: Levels,
    hidden: Levels,
}

impl Ladder {
    pub(super) fn new(side: Side) -> Ladder {
        Ladder { side, shown: Levels::default(), hidden: Levels::default() }
    }

    /// The levels that the order stands in, and its rank there.
    fn levels_of(&mut self, slots: &Slots, id: SlotId) -> (&mut Levels, Rank) {
        let slot = slots.get(id);
        let rank = Rank::of(self.side, slot.price);
        let shown = slot.standing == Standing::Shown;
        (if shown { &mut self.shown } else { &mut self.hidden }, rank)
    }

    /// Puts an order at the end of the queue of its price.
    pub(super) fn push(&mut self, slots: &mut Slots, id: SlotId) {
        let (levels, rank) = self.levels_of(slots, id);
        levels.push(rank, slots, id);
    }

    /// Takes an order out of its queue; the slot stays.
    pub(super) fn remove(&mut self, slots: &mut Slots, id: SlotId) {
        let (levels, rank) = self.levels_of(slots, id);
        levels.remove(rank, slots, id);
    }

    /// Takes `by` off an order, which keeps its place; the caller has seen that more is left.
    pub(super) fn reduce(&mut self, slots: &mut Slots, id: SlotId, by: Qty) {
        let (levels, rank) = self.levels_of(slots, id);
        if let Some(queue) = levels.get_mut(rank) {
            queue.reduce(slots, id, by);
        }
    }

    /// The order that trades first: the best price, displayed before hidden, earlier before later.
    pub(super) fn next_to_trade(&self) -> Option<(Price, SlotId)> {
        let (rank, queue) = match (self.shown.best(), self.hidden.best()) {
            (Some(shown), Some(hidden)) if hidden.0 < shown.0 => hidden,
            (Some(shown), _) => shown,
            (None, hidden) => hidden?,
        };
        Some((rank.price(self.side), queue.first?))
    }

    /// The best price at which anything works.
    pub(super) fn best_working(&self) -> Option<Price> {
        self.next_to_trade().map(|(price, _)| price)
    }

    /// Whether an incoming order on the other side with this limit would trade.
    pub(super) fn is_reached_by(&self, limit: Option<Price>) -> bool {
        self.best_working().is_some_and(|best| self.is_within(best, limit))
    }

    /// Whether the other side's limit accepts this side's price.
    pub(super) fn is_within(&self, price: Price, limit: Option<Price>) -> bool {
        limit.is_none_or(|limit| Rank::of(self.side, price) <= Rank::of(self.side, limit))
    }

    /// The displayed levels, best first.
    pub(super) fn levels(&self) -> impl Iterator<Item = LevelView> + '_ {
        self.shown.iter().map(|(rank, queue)| LevelView {
            price: rank.price(self.side),
            qty: queue.qty,
            orders: queue.orders,
        })
    }

    /// The orders of one displayed level, first come first.
    pub(super) fn queue(&self, price: Price) -> Option<&Queue> {
        self.shown.get(Rank::of(self.side, price))
    }

    /// Price and quantity of everything that would take part in an auction: the displayed levels
    /// and the hidden orders, each order once and at the price it is filed at for the auction.
    pub(super) fn interest<'a>(
        &'a self,
        slots: &'a Slots,
    ) -> impl Iterator<Item = (Price, Qty)> + 'a {
        let shown = self.shown.iter().map(|(rank, queue)| (rank.price(self.side), queue.qty));
        let hidden = self.hidden.iter().flat_map(|(_, queue)| queue.ids(slots));
        let hidden = hidden.map(|id| slots.get(id)).filter(|slot| slot.twin.is_none());
        shown.chain(hidden.map(|slot| (slot.price, slot.qty)))
    }

    /// Every order whose price is `limit` or better.
    pub(super) fn orders_within<'a>(
        &'a self,
        slots: &'a Slots,
        limit: Price,
    ) -> impl Iterator<Item = SlotId> + 'a {
        let last = Rank::of(self.side, limit);
        let within = move |(rank, _): &&(Rank, Queue)| *rank <= last;
        let queues = self.shown.iter().take_while(within);
        let queues = queues.chain(self.hidden.iter().take_while(within));
        queues.flat_map(move |(_, queue)| queue.ids(slots))
    }

    /// The hidden parts of orders that are shown elsewhere.
    pub(super) fn working_twins(&self, slots: &Slots) -> Vec<SlotId> {
        let ids = self.hidden.iter().flat_map(|(_, queue)| queue.ids(slots));
        ids.filter(|id| slots.get(*id).twin.is_some()).collect()
    }
}
