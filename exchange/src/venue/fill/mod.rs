//! What fills simulated orders.

mod recorded;
mod walk;

pub(super) use walk::{Incoming, Opponent, Stop};

use strategy_api::{Liquidity, Money, Nanos, OrderEvent, OrderUpdate, Price, Qty};

use super::Venue;
use super::resting::{Index, Ticket};

impl Venue {
    /// Whether it could be told that `qty` of the `leaves` of an order was filled: what leaves
    /// nothing has its room already.
    fn can_tell(&self, qty: Qty, leaves: Qty) -> bool {
        qty >= leaves || self.outbox.has_room_for_fill()
    }

    /// Fills `qty` of an order that rests, at its own price. No more than it has left, and only
    /// where it [can be told](Venue::can_tell).
    fn fill_resting(&mut self, index: Index, qty: Qty, at: Nanos) {
        let Some(order) = self.resting.get_mut(index) else { return };
        order.leaves -= qty;
        let order = *order;
        if order.leaves.is_zero() {
            self.resting.remove(index);
        }
        self.counts.maker_fills += 1;
        self.tell(order.ticket, order.price, (qty, order.leaves), Liquidity::Maker, at);
    }

    /// Tells of a fill of `qty`, after which `leaves` is left.
    fn tell(
        &mut self,
        ticket: Ticket,
        price: Price,
        (qty, leaves): (Qty, Qty),
        liquidity: Liquidity,
        time: Nanos,
    ) {
        let each = match liquidity {
            Liquidity::Maker => self.config.fees.maker,
            Liquidity::Taker => self.config.fees.taker,
        };
        let fee = Money::per_share(each, i64::try_from(qty.shares()).unwrap_or(i64::MAX));
        let update = OrderUpdate::Filled { price, qty, liquidity, fee };
        if leaves.is_zero() {
            return self.answer(ticket, update, leaves, time);
        }
        let Ticket { seat, id, locate, side } = ticket;
        if let Some(state) = self.seats.get_mut(seat.index()) {
            let event = OrderEvent { id, locate, side, update, leaves, time };
            self.outbox.post_fill(state.delivery(time), seat, event);
        }
    }
}
