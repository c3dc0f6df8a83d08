//! The rules of the venue once more, with plain lists and without haste: queues are lists of
//! references, and everything is worked out anew each time.

use std::collections::{BTreeMap, BTreeSet};

use strategy_api::{
    CancelReason, Liquidity, Money, NewOrder, OrderId, OrderUpdate, Qty, RejectReason, Side,
    TimeInForce,
};
use wirebook_exchange::venue::{HiddenTrades, OutOfTurn, Seat, SelfTrade, VenueConfig};

use crate::floor::{B, MAKER_FEE, TAKER_FEE, cents};
use crate::flow::{Done, Recorded, Recording};

/// A simulated order that rests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Own {
    pub(crate) seat: Seat,
    pub(crate) id: OrderId,
    pub(crate) side: Side,
    pub(crate) cents: i64,
    pub(crate) leaves: u64,
    post_only: bool,
    /// The recorded orders that were at its price when it joined.
    ahead: BTreeSet<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Entry {
    Recorded(Recorded),
    Own(Own),
}

impl Entry {
    fn cents(&self) -> i64 {
        match self {
            Entry::Recorded(order) => order.cents,
            Entry::Own(own) => own.cents,
        }
    }
}

/// An answer: whose, what, and what is left.
pub(crate) type Answer = (Seat, OrderId, OrderUpdate, u64);

#[derive(Debug)]
pub(crate) struct Naive {
    config: VenueConfig,
    trading: bool,
    /// In the order in which they joined.
    pub(crate) resting: Vec<Own>,
    /// By reference.
    pub(crate) taken: BTreeMap<u64, u64>,
    pub(crate) answers: Vec<Answer>,
}

fn reaches(side: Side, limit: i64, price: i64) -> bool {
    limit * side.sign() >= price * side.sign()
}

fn owner(seat: Seat) -> bool {
    seat == B
}

impl Naive {
    pub(crate) fn new(config: VenueConfig) -> Naive {
        let (resting, taken, answers) = (Vec::new(), BTreeMap::new(), Vec::new());
        Naive { config, trading: true, resting, taken, answers }
    }

    /// What the recorded orders ahead of an order have left.
    pub(crate) fn ahead(own: &Own, recording: &Recording) -> u64 {
        let ahead = recording.orders.iter().filter(|order| own.ahead.contains(&order.order_ref));
        ahead.map(|order| order.qty).sum()
    }

    /// What the simulated orders ahead of an order at its price have left.
    pub(crate) fn simulated_ahead(&self, own: &Own) -> u64 {
        let earlier = self.resting.iter().take_while(|other| *other != own);
        let level = earlier.filter(|other| (other.side, other.cents) == (own.side, own.cents));
        level.map(|other| other.leaves).sum()
    }

    /// All orders of one side in the order in which they are filled, as `orders` has them.
    fn line(&self, side: Side, orders: &[Recorded]) -> Vec<Entry> {
        let prices: BTreeSet<i64> = orders
            .iter()
            .filter(|order| order.side == side)
            .map(|order| order.cents)
            .chain(self.resting.iter().filter(|own| own.side == side).map(|own| own.cents))
            .collect();
        let mut prices: Vec<i64> = prices.into_iter().collect();
        prices.sort_by_key(|cents| -cents * side.sign());
        let mut line = Vec::new();
        for price in prices {
            let level = orders.iter().filter(|order| (order.side, order.cents) == (side, price));
            let mut level: Vec<Entry> = level.copied().map(Entry::Recorded).collect();
            for own in self.resting.iter().filter(|own| (own.side, own.cents) == (side, price)) {
                let behind = level.iter().rposition(|entry| match entry {
                    Entry::Recorded(order) => own.ahead.contains(&order.order_ref),
                    Entry::Own(_) => true,
                });
                level.insert(behind.map_or(0, |at| at + 1), Entry::Own(own.clone()));
            }
            line.append(&mut level);
        }
        line
    }

    /// A recorded message, after which the recording is as given.
    pub(crate) fn on_message(&mut self, done: Done, recording: &Recording) {
        match done {
            Done::Nothing => {}
            Done::Trading(trading) => self.trading = trading,
            Done::Added(order) => self.on_added(order),
            Done::Reduced { of, qty } => self.on_reduced(of, qty),
            Done::Executed { of, qty, cents, printable } => {
                if printable && self.trading {
                    self.on_executed(of, qty, cents, recording);
                }
                self.on_reduced(of, qty);
            }
            Done::Replaced { old, new } => {
                if let Some(taken) = self.taken.remove(&old.order_ref) {
                    self.taken.insert(new.order_ref, taken.min(new.qty));
                }
                self.on_added(new);
            }
            Done::Hidden { mut qty, cents } => {
                if self.config.hidden_trades == HiddenTrades::Fill && self.trading {
                    for side in Side::BOTH {
                        for entry in self.line(side, &[]) {
                            if let Entry::Own(own) = entry
                                && reaches(side, own.cents, cents)
                            {
                                qty -= self.fill(&own, qty);
                            }
                        }
                    }
                }
            }
        }
    }

    fn on_reduced(&mut self, of: Recorded, qty: u64) {
        if let Some(taken) = self.taken.get_mut(&of.order_ref) {
            *taken = (*taken).min(of.qty - qty);
        }
    }

    fn on_added(&mut self, order: Recorded) {
        if !self.trading {
            return;
        }
        for entry in self.line(order.side.opposite(), &[]) {
            let taken = self.taken.get(&order.order_ref).copied().unwrap_or(0);
            if let Entry::Own(own) = entry
                && reaches(order.side, order.cents, own.cents)
            {
                let filled = self.fill(&own, order.qty - taken);
                *self.taken.entry(order.order_ref).or_default() += filled;
            }
        }
    }

    fn on_executed(&mut self, of: Recorded, qty: u64, cents: i64, recording: &Recording) {
        // The line as it was before the execution.
        let mut orders = recording.orders.clone();
        match orders.iter_mut().find(|order| order.order_ref == of.order_ref) {
            Some(order) => *order = of,
            None => {
                let at = orders.partition_point(|order| order.order_ref < of.order_ref);
                orders.insert(at, of);
            }
        }
        let line = self.line(of.side, &orders);
        let mut left = qty;
        for entry in line.into_iter().take_while(|entry| *entry != Entry::Recorded(of)) {
            let Entry::Own(own) = entry else { continue };
            let in_turn = Naive::ahead(&own, recording) == 0;
            let counts = self.config.out_of_turn == OutOfTurn::Fill || in_turn;
            if counts && reaches(of.side, own.cents, cents) {
                left -= self.fill(&own, left);
            }
        }
    }

    /// Fills an order that rests with up to `qty`.
    fn fill(&mut self, own: &Own, qty: u64) -> u64 {
        let at = self.resting.iter().position(|other| (other.seat, other.id) == (own.seat, own.id));
        let Some(at) = at else { return 0 };
        let order = &mut self.resting[at];
        let filled = qty.min(order.leaves);
        if filled > 0 {
            order.leaves -= filled;
            let left = order.leaves;
            if left == 0 {
                self.resting.remove(at);
            }
            self.tell((own.seat, own.id), own.cents, filled, left, Liquidity::Maker);
        }
        filled
    }

    fn tell(
        &mut self,
        (seat, id): (Seat, OrderId),
        at: i64,
        qty: u64,
        left: u64,
        liquidity: Liquidity,
    ) {
        let each = if liquidity == Liquidity::Maker { MAKER_FEE } else { TAKER_FEE };
        let fee = Money::per_share(each, i64::try_from(qty).expect("a small quantity"));
        let (price, qty) = (cents(at), Qty::new(qty));
        self.answers.push((seat, id, OrderUpdate::Filled { price, qty, liquidity, fee }, left));
    }

    pub(crate) fn cancel(&mut self, seat: Seat, id: OrderId) {
        self.end(seat, id, CancelReason::Requested);
    }

    fn end(&mut self, seat: Seat, id: OrderId, reason: CancelReason) {
        let at = self.resting.iter().position(|own| (own.seat, own.id) == (seat, id));
        let own = self.resting.remove(at.expect("an order that rests"));
        let qty = Qty::new(own.leaves);
        self.answers.push((seat, id, OrderUpdate::Cancelled { qty, reason }, 0));
    }

    pub(crate) fn submit(&mut self, seat: Seat, id: OrderId, new: NewOrder, recording: &Recording) {
        let own = Own {
            seat,
            id,
            side: new.side,
            cents: new.price.units() / 100,
            leaves: new.qty.shares(),
            post_only: new.post_only,
            ahead: BTreeSet::new(),
        };
        match self.refusal(&own, recording) {
            Some(reason) => self.answers.push((seat, id, OrderUpdate::Rejected(reason), 0)),
            None => {
                self.answers.push((seat, id, OrderUpdate::Accepted, own.leaves));
                let immediate = new.time_in_force == TimeInForce::ImmediateOrCancel;
                self.enter(own, immediate, recording);
            }
        }
    }

    pub(crate) fn replace(
        &mut self,
        (seat, id): (Seat, OrderId),
        (qty, at): (u64, i64),
        known: u64,
        recording: &Recording,
    ) {
        let index = self.resting.iter().position(|own| (own.seat, own.id) == (seat, id));
        let index = index.expect("an order that rests");
        let old = self.resting[index].clone();
        let leaves = qty.saturating_sub(known - old.leaves);
        if leaves == 0 {
            return self.cancel(seat, id);
        }
        let new = Own { leaves, cents: at, ahead: BTreeSet::new(), ..old.clone() };
        match self.refusal(&new, recording) {
            Some(reason) => {
                let update = OrderUpdate::ReplaceRejected(reason);
                self.answers.push((seat, id, update, old.leaves));
            }
            None => {
                self.resting.remove(index);
                let update = OrderUpdate::Replaced { price: cents(at), leaves: Qty::new(leaves) };
                self.answers.push((seat, id, update, leaves));
                self.enter(new, false, recording);
            }
        }
    }

    /// Whom an order may trade with, in order.
    fn opponents(&self, own: &Own, recording: &Recording) -> Vec<Entry> {
        let mut line = self.line(own.side.opposite(), &recording.orders);
        line.retain(|entry| {
            reaches(own.side, own.cents, entry.cents())
                && match entry {
                    Entry::Recorded(order) => self.available(order) > 0,
                    Entry::Own(_) => true,
                }
        });
        line
    }

    fn available(&self, order: &Recorded) -> u64 {
        order.qty - self.taken.get(&order.order_ref).copied().unwrap_or(0)
    }

    fn refusal(&self, own: &Own, recording: &Recording) -> Option<RejectReason> {
        if !self.trading {
            return Some(RejectReason::Halted);
        }
        let first = self.opponents(own, recording).into_iter().next()?;
        if own.post_only {
            return Some(RejectReason::WouldTake);
        }
        match first {
            Entry::Own(other)
                if owner(other.seat) == owner(own.seat)
                    && self.config.self_trade == SelfTrade::CancelIncoming =>
            {
                Some(RejectReason::SelfTrade)
            }
            _ => None,
        }
    }

    fn enter(&mut self, mut own: Own, immediate: bool, recording: &Recording) {
        let mut reason = immediate.then_some(CancelReason::Immediate);
        for entry in self.opponents(&own, recording) {
            if own.leaves == 0 {
                return;
            }
            let at = entry.cents();
            let filled = match entry {
                Entry::Recorded(order) => {
                    let filled = own.leaves.min(self.available(&order));
                    *self.taken.entry(order.order_ref).or_default() += filled;
                    filled
                }
                Entry::Own(other) if owner(other.seat) == owner(own.seat) => {
                    if self.config.self_trade == SelfTrade::CancelIncoming {
                        reason = Some(CancelReason::SelfTrade);
                        break;
                    }
                    self.end(other.seat, other.id, CancelReason::SelfTrade);
                    continue;
                }
                Entry::Own(other) => self.fill(&other, own.leaves),
            };
            own.leaves -= filled;
            self.tell((own.seat, own.id), at, filled, own.leaves, Liquidity::Taker);
        }
        if own.leaves == 0 {
            return;
        }
        if let Some(reason) = reason {
            let update = OrderUpdate::Cancelled { qty: Qty::new(own.leaves), reason };
            return self.answers.push((own.seat, own.id, update, 0));
        }
        let queue = recording.orders.iter();
        let queue = queue.filter(|order| (order.side, order.cents) == (own.side, own.cents));
        own.ahead = queue.map(|order| order.order_ref).collect();
        self.resting.push(own);
    }
}
