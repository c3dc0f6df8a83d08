//! One symbol: both sides, the orders that wait for a cross, and continuous trading.

use wirebook_book::{MatchNo, OrderRef, Price, Qty, Side, TradingState};

use super::ladder::Ladder;
use super::slots::{Slot, SlotId, Slots, Standing};
use super::{
    Added, CrossKind, Deleted, Event, Exchange, Execution, Listing, NewOrder, ParticipantId,
    Receipt, Reduced, Refusal, Sink, Terms, Visibility,
};

/// The next numbers to be given out.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) order_ref: u64,
    pub(super) match_no: u64,
}

impl Numbers {
    pub(super) fn next_order(&mut self) -> OrderRef {
        let number = OrderRef::new(self.order_ref);
        self.order_ref = self.order_ref.saturating_add(1);
        number
    }

    pub(super) fn next_match(&mut self) -> MatchNo {
        let number = MatchNo::new(self.match_no);
        self.match_no = self.match_no.saturating_add(1);
        number
    }
}

/// What the books of all symbols share: their orders, and the numbers that are given out.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) slots: Slots,
    pub(super) numbers: Numbers,
}

/// Who trades with a resting order, and in what.
#[derive(Clone, Copy)]
pub(super) enum Against {
    Taker(ParticipantId),
    Cross(CrossKind),
}

/// A trade of a resting order.
#[derive(Clone, Copy)]
pub(super) struct Fill {
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) against: Against,
}

/// One symbol.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) listing: Listing,
    pub(super) state: TradingState,
    pub(super) ladders: [Ladder; 2],
    /// In order of arrival.
    pub(super) auction: Vec<SlotId>,
}

impl Book {
    pub(super) fn new(listing: Listing) -> Book {
        Book {
            listing,
            state: TradingState::Unknown,
            ladders: [Ladder::new(Side::Bid), Ladder::new(Side::Ask)],
            auction: Vec::new(),
        }
    }

    pub(super) fn ladder(&self, side: Side) -> &Ladder {
        &self.ladders[side.index()]
    }

    fn ladder_mut(&mut self, side: Side) -> &mut Ladder {
        &mut self.ladders[side.index()]
    }

    /// Whether the order may come in as it is.
    pub(super) fn check(&self, order: &NewOrder) -> Result<(), Refusal> {
        let takes = match order.terms {
            Terms::Immediate { .. } => self.state.is_trading(),
            Terms::Rest { .. } | Terms::Auction { .. } => self.takes_orders(),
        };
        if !takes {
            return Err(Refusal::NotTrading { locate: order.locate, state: self.state });
        }
        self.check_qty(order.qty)?;
        if let Some(limit) = order.terms.limit() {
            self.check_price(limit)?;
        }
        if let Terms::Rest { limit, visibility: Visibility::ShownAt(shown), .. } = order.terms {
            self.check_price(shown)?;
            let worse = match order.side {
                Side::Bid => shown < limit,
                Side::Ask => shown > limit,
            };
            if !worse {
                return Err(Refusal::ShownPrice { shown, limit });
            }
        }
        Ok(())
    }

    pub(super) fn takes_orders(&self) -> bool {
        matches!(self.state, TradingState::Trading | TradingState::QuotationOnly)
    }

    pub(super) fn check_qty(&self, qty: Qty) -> Result<(), Refusal> {
        if qty.is_zero() || qty > Qty::MAX_ORDER { Err(Refusal::QtyRange(qty)) } else { Ok(()) }
    }

    pub(super) fn check_price(&self, price: Price) -> Result<(), Refusal> {
        let tick = self.listing.tick;
        if price <= Price::ZERO || price > Exchange::MAX_PRICE {
            Err(Refusal::PriceRange(price))
        } else if price.round_down(tick) != price {
            Err(Refusal::OffTick { price, tick })
        } else {
            Ok(())
        }
    }

    /// Takes in an order that [`Book::check`] has passed.
    pub(super) fn enter(
        &mut self,
        order: &NewOrder,
        order_ref: OrderRef,
        ledger: &mut Ledger,
        sink: &mut impl Sink,
    ) -> Receipt {
        if let Terms::Auction { cross, limit } = order.terms {
            // Without a limit it is filed beyond every limit, which puts it first in its cross.
            let price = limit.unwrap_or(Exchange::any_price(order.side));
            let place = (Standing::Auction(cross), price);
            let id = settle(order, order_ref, order.qty, place, &mut ledger.slots);
            self.auction.push(id);
            return Receipt { order_ref, executed: Qty::ZERO, resting: order.qty };
        }
        let left = if self.state.is_trading() { self.take(order, ledger, sink) } else { order.qty };
        let rests = matches!(order.terms, Terms::Rest { .. }) && !left.is_zero();
        if rests {
            self.rest(order, order_ref, left, &mut ledger.slots, sink);
        }
        let resting = if rests { left } else { Qty::ZERO };
        Receipt { order_ref, executed: order.qty - left, resting }
    }

    /// Trades an incoming order with the other side; the quantity left over is returned.
    fn take(&mut self, order: &NewOrder, ledger: &mut Ledger, sink: &mut impl Sink) -> Qty {
        let (limit, mut left) = (order.terms.limit(), order.qty);
        while !left.is_zero() {
            let contra = self.ladder(order.side.opposite());
            let Some((price, id)) = contra.next_to_trade() else { break };
            if !contra.is_within(price, limit) {
                break;
            }
            let qty = left.min(ledger.slots.get(id).qty);
            left -= qty;
            let fill = Fill { price, qty, against: Against::Taker(order.participant) };
            self.execute(id, fill, ledger, sink);
        }
        left
    }

    /// Puts what is left of an order into the book.
    fn rest(
        &mut self,
        order: &NewOrder,
        order_ref: OrderRef,
        left: Qty,
        slots: &mut Slots,
        sink: &mut impl Sink,
    ) {
        let Terms::Rest { limit, visibility, attribution } = order.terms else { return };
        let price = match visibility {
            Visibility::Hidden => {
                let id = settle(order, order_ref, left, (Standing::Hidden, limit), slots);
                return self.ladder_mut(order.side).push(slots, id);
            }
            Visibility::Shown => limit,
            Visibility::ShownAt(price) => price,
        };
        let id = settle(order, order_ref, left, (Standing::Shown, price), slots);
        self.ladder_mut(order.side).push(slots, id);
        if price != limit && self.state.is_trading() {
            self.add_twin(id, limit, slots);
        }
        sink.publish(Event::Added(Added {
            locate: order.locate,
            order_ref,
            participant: order.participant,
            side: order.side,
            price,
            qty: left,
            attribution,
        }));
    }

    /// Lets a shown order work at a better price than the one it is shown at.
    fn add_twin(&mut self, shown: SlotId, works_at: Price, slots: &mut Slots) {
        let slot = *slots.get(shown);
        let twin = slots.insert(Slot {
            standing: Standing::Hidden,
            price: works_at,
            twin: Some(shown),
            ..slot
        });
        slots.get_mut(shown).twin = Some(twin);
        self.ladder_mut(slot.side).push(slots, twin);
    }

    /// Trades a resting order.
    pub(super) fn execute(
        &mut self,
        id: SlotId,
        fill: Fill,
        ledger: &mut Ledger,
        sink: &mut impl Sink,
    ) {
        let slots = &mut ledger.slots;
        let slot = *slots.get(id);
        let shown = match (slot.standing, slot.twin) {
            (Standing::Shown, _) => Some(slot.price),
            (_, Some(twin)) => Some(slots.get(twin).price),
            _ => None,
        };
        let (taker, cross) = match fill.against {
            Against::Taker(taker) => (Some(taker), None),
            Against::Cross(cross) => (None, Some(cross)),
        };
        let left = slot.qty - fill.qty;
        sink.publish(Event::Executed(Execution {
            locate: slot.locate,
            order_ref: slot.order_ref,
            participant: slot.participant,
            side: slot.side,
            price: fill.price,
            shown,
            qty: fill.qty,
            left,
            match_no: ledger.numbers.next_match(),
            taker,
            cross,
        }));
        if left.is_zero() {
            self.remove(id, slots);
        } else {
            self.shrink(id, fill.qty, slots);
        }
    }

    /// Takes `by` off an order and its twin; the caller has seen that more is left.
    fn shrink(&mut self, id: SlotId, by: Qty, slots: &mut Slots) {
        let slot = *slots.get(id);
        if matches!(slot.standing, Standing::Auction(_)) {
            slots.get_mut(id).qty -= by;
            return;
        }
        for id in [Some(id), slot.twin].into_iter().flatten() {
            self.ladder_mut(slot.side).reduce(slots, id, by);
        }
    }

    /// Takes an order and its twin off the book and forgets them.
    pub(super) fn remove(&mut self, id: SlotId, slots: &mut Slots) {
        let slot = *slots.get(id);
        if matches!(slot.standing, Standing::Auction(_)) {
            self.auction.retain(|waiting| *waiting != id);
            slots.forget(id);
            return;
        }
        self.ladder_mut(slot.side).remove(slots, id);
        let Some(twin) = slot.twin else { return slots.forget(id) };
        self.ladder_mut(slot.side).remove(slots, twin);
        slots.forget(id);
        slots.release(twin);
    }

    /// Takes an order off at its owner's wish, or because its cross is over.
    pub(super) fn delete(&mut self, id: SlotId, slots: &mut Slots, sink: &mut impl Sink) -> Qty {
        let slot = *slots.get(id);
        self.remove(id, slots);
        sink.publish(Event::Deleted(Deleted {
            locate: slot.locate,
            order_ref: slot.order_ref,
            participant: slot.participant,
            shown: slot.standing == Standing::Shown,
        }));
        slot.qty
    }

    /// Reduces an order at its owner's wish.
    pub(super) fn reduce(
        &mut self,
        id: SlotId,
        by: Qty,
        slots: &mut Slots,
        sink: &mut impl Sink,
    ) -> Result<Qty, Refusal> {
        let slot = *slots.get(id);
        if by.is_zero() {
            return Err(Refusal::QtyRange(by));
        }
        if by >= slot.qty {
            let order_ref = slot.order_ref;
            return Err(Refusal::NotAReduction { order_ref, by, left: slot.qty });
        }
        self.shrink(id, by, slots);
        let left = slot.qty - by;
        sink.publish(Event::Reduced(Reduced {
            locate: slot.locate,
            order_ref: slot.order_ref,
            by,
            left,
            shown: slot.standing == Standing::Shown,
        }));
        Ok(left)
    }

    /// Lets no order work at another price than it is shown at any more.
    pub(super) fn dissolve_twins(&mut self, slots: &mut Slots) {
        for ladder in &mut self.ladders {
            for hidden in ladder.working_twins(slots) {
                ladder.remove(slots, hidden);
                if let Some(shown) = slots.get(hidden).twin {
                    slots.get_mut(shown).twin = None;
                }
                slots.release(hidden);
            }
        }
    }
}

/// Gives an order a slot, to which its reference leads.
fn settle(
    order: &NewOrder,
    order_ref: OrderRef,
    qty: Qty,
    (standing, price): (Standing, Price),
    slots: &mut Slots,
) -> SlotId {
    let id = slots.insert(Slot {
        order_ref,
        participant: order.participant,
        locate: order.locate,
        side: order.side,
        standing,
        price,
        qty,
        ahead: None,
        behind: None,
        twin: None,
    });
    slots.register(id);
    id
}
