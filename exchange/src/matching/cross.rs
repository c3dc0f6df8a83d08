//! Auctions: how one would come out now, and holding it.

use wirebook_book::{Price, Qty, Side};

use super::book::{Against, Book, Fill, Ledger};
use super::slots::{SlotId, Slots, Standing};
use super::{Clearing, CrossKind, Crossed, Event, Exchange, Imbalance, Interest, Sink, clearing};

impl Book {
    /// The orders that wait for this cross.
    fn cross_interest(&self, cross: CrossKind, slots: &Slots) -> Interest {
        let mut interest = Interest::default();
        for slot in self.auction.iter().map(|id| slots.get(*id)) {
            if slot.standing == Standing::Auction(cross) {
                let takes_any = slot.price == Exchange::any_price(slot.side);
                interest.add(slot.side, (!takes_any).then_some(slot.price), slot.qty);
            }
        }
        interest
    }

    fn add_book_interest(&self, interest: &mut Interest, slots: &Slots) {
        for side in Side::BOTH {
            for (price, qty) in self.ladder(side).interest(slots) {
                interest.add(side, Some(price), qty);
            }
        }
    }

    /// How the cross would come out now.
    pub(super) fn imbalance(&self, cross: CrossKind, reference: Price, slots: &Slots) -> Imbalance {
        let mut interest = self.cross_interest(cross, slots);
        let sufficient = interest.is_two_sided();
        let far = clearing(interest.clone(), Some(reference), self.listing.tick);
        self.add_book_interest(&mut interest, slots);
        let near = clearing(interest.clone(), Some(reference), self.listing.tick);
        let price_or_zero = |found: Option<Clearing>| found.map_or(Price::ZERO, |at| at.price);

        let wanted = near.map_or(reference, |near| near.price);
        let [bid, ask] = Side::BOTH.map(|side| self.ladder(side).levels().next());
        let counted_at = match (bid, ask) {
            (Some(bid), Some(ask)) if bid.price <= ask.price => wanted.clamp(bid.price, ask.price),
            _ => wanted,
        };
        let counted = interest.at(counted_at);
        Imbalance {
            locate: self.listing.locate,
            cross,
            paired: counted.paired,
            imbalance: counted.imbalance,
            direction: counted.direction,
            sufficient,
            far: price_or_zero(far),
            near: price_or_zero(near),
            reference: counted_at,
        }
    }

    /// Trades the cross orders and the book at one price, then cancels what is left of the cross
    /// orders.
    ///
    /// Each order that trades is told of once. On either side a better limit trades first; at one
    /// limit, cross orders and displayed orders by the time they came, and hidden ones last.
    pub(super) fn hold_cross(
        &mut self,
        cross: CrossKind,
        reference: Option<Price>,
        ledger: &mut Ledger,
        sink: &mut impl Sink,
    ) -> Crossed {
        self.dissolve_twins(&mut ledger.slots);
        let mut interest = self.cross_interest(cross, &ledger.slots);
        self.add_book_interest(&mut interest, &ledger.slots);
        let found = clearing(interest, reference, self.listing.tick);
        if let Some(found) = found {
            for side in Side::BOTH {
                let mut left = found.paired;
                for id in self.in_turn(side, cross, found.price, &ledger.slots) {
                    let qty = left.min(ledger.slots.get(id).qty);
                    if qty.is_zero() {
                        break;
                    }
                    left -= qty;
                    let fill = Fill { price: found.price, qty, against: Against::Cross(cross) };
                    self.execute(id, fill, ledger, sink);
                }
            }
        }
        let crossed = Crossed {
            locate: self.listing.locate,
            cross,
            price: found.map_or(Price::ZERO, |found| found.price),
            qty: found.map_or(Qty::ZERO, |found| found.paired),
            match_no: ledger.numbers.next_match(),
        };
        sink.publish(Event::Crossed(crossed));
        self.withdraw(cross, &mut ledger.slots, sink);
        crossed
    }

    /// Cancels every order that waits for this cross.
    pub(super) fn withdraw(&mut self, cross: CrossKind, slots: &mut Slots, sink: &mut impl Sink) {
        let waits = |id: &SlotId| slots.get(*id).standing == Standing::Auction(cross);
        let waiting: Vec<SlotId> = self.auction.iter().copied().filter(waits).collect();
        for id in waiting {
            self.delete(id, slots, sink);
        }
    }

    /// The orders of one side that accept the price, in the order in which they trade.
    fn in_turn(&self, side: Side, cross: CrossKind, price: Price, slots: &Slots) -> Vec<SlotId> {
        let accepts = |id: &SlotId| {
            let slot = slots.get(*id);
            let limit_accepts = match side {
                Side::Bid => slot.price >= price,
                Side::Ask => slot.price <= price,
            };
            slot.side == side && slot.standing == Standing::Auction(cross) && limit_accepts
        };
        let waiting = self.auction.iter().copied().filter(accepts);
        let mut turn: Vec<SlotId> =
            waiting.chain(self.ladder(side).orders_within(slots, price)).collect();
        turn.sort_unstable_by_key(|id| {
            let slot = slots.get(*id);
            let rank = super::ladder::Rank::of(side, slot.price);
            // References are given out in order of arrival.
            (rank, slot.standing == Standing::Hidden, slot.order_ref)
        });
        turn
    }
}
