//! The exchange: all symbols, and the instructions it takes.

use wirebook_book::{Locate, MatchNo, OrderRef, Price, Qty, Side, TradingState};

use super::book::{Book, Ledger, Numbers};
use super::ladder::Ladder;
use super::slots::{SlotId, Slots, Standing};
use super::{
    CrossKind, Crossed, Event, HaltReason, Imbalance, LevelView, Listing, NewOrder, OrderView,
    ParticipantId, Receipt, Refusal, Replaced, Sink, Terms, TradingAction, Visibility,
};

/// Where the exchange starts counting, and how much it should expect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExchangeConfig {
    /// The reference of the first order.
    pub first_order: OrderRef,
    /// The number of the first trade.
    pub first_match: MatchNo,
    /// For how many live orders room is made at the start; it grows beyond.
    pub orders: usize,
}

impl Default for ExchangeConfig {
    fn default() -> ExchangeConfig {
        ExchangeConfig { first_order: OrderRef::new(1), first_match: MatchNo::new(1), orders: 1024 }
    }
}

/// An exchange with price-time priority. See the [module](crate::matching) for its rules.
#[derive(Debug)]
pub struct Exchange {
    /// By locate.
    books: Vec<Option<Book>>,
    ledger: Ledger,
}

impl Exchange {
    /// The highest price of an order (ITCH 5.0, "Data Types": 200,000.0000).
    pub const MAX_PRICE: Price = Price::from_units(2_000_000_000);

    /// An exchange without symbols.
    #[must_use]
    pub fn new(config: ExchangeConfig) -> Exchange {
        Exchange {
            books: Vec::new(),
            ledger: Ledger {
                slots: Slots::with_capacity(config.orders),
                numbers: Numbers {
                    order_ref: config.first_order.get(),
                    match_no: config.first_match.get(),
                },
            },
        }
    }

    /// Lists a symbol. It does not trade until [`Exchange::set_trading_state`] says so.
    ///
    /// # Errors
    /// [`Refusal::LocateTaken`] and [`Refusal::BadListing`].
    pub fn list(&mut self, listing: Listing, sink: &mut impl Sink) -> Result<(), Refusal> {
        let index = listing.locate.index();
        if listing.tick <= Price::ZERO || listing.round_lot == 0 {
            return Err(Refusal::BadListing(listing.locate));
        }
        if self.books.len() <= index {
            self.books.resize_with(index + 1, || None);
        }
        match self.books.get_mut(index) {
            Some(place @ None) => *place = Some(Book::new(listing)),
            _ => return Err(Refusal::LocateTaken(listing.locate)),
        }
        sink.publish(Event::Listed(listing));
        Ok(())
    }

    /// Takes in an order: it trades, rests or waits as its terms say.
    ///
    /// # Errors
    /// A [`Refusal`] of the symbol, its state, the price or the quantity.
    pub fn submit(&mut self, order: &NewOrder, sink: &mut impl Sink) -> Result<Receipt, Refusal> {
        let Exchange { books, ledger } = self;
        let book = find_mut(books, order.locate)?;
        book.check(order)?;
        ledger.slots.room_for(2)?;
        let order_ref = ledger.numbers.next_order();
        Ok(book.enter(order, order_ref, ledger, sink))
    }

    /// Takes `by` off an order, which keeps its place; what is left is returned.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`], [`Refusal::QtyRange`] and [`Refusal::NotAReduction`].
    pub fn reduce(
        &mut self,
        participant: ParticipantId,
        order_ref: OrderRef,
        by: Qty,
        sink: &mut impl Sink,
    ) -> Result<Qty, Refusal> {
        let (id, view) = self.find_order(participant, order_ref)?;
        find_mut(&mut self.books, view.locate)?.reduce(id, by, &mut self.ledger.slots, sink)
    }

    /// Takes an order off; the quantity that was left is returned.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`].
    pub fn cancel(
        &mut self,
        participant: ParticipantId,
        order_ref: OrderRef,
        sink: &mut impl Sink,
    ) -> Result<Qty, Refusal> {
        let (id, view) = self.find_order(participant, order_ref)?;
        Ok(find_mut(&mut self.books, view.locate)?.delete(id, &mut self.ledger.slots, sink))
    }

    /// Gives an order a new price and quantity, a new reference and the last place in its queue.
    ///
    /// An order that was shown at another price than it worked at works from now on at the price
    /// it is shown at. Where the new price trades at once, the old order is deleted and the new
    /// one comes in like any other, since a replacement tells of no executions.
    ///
    /// # Errors
    /// A [`Refusal`] of the order, the symbol's state, the price or the quantity.
    pub fn replace(
        &mut self,
        participant: ParticipantId,
        order_ref: OrderRef,
        price: Price,
        qty: Qty,
        sink: &mut impl Sink,
    ) -> Result<Receipt, Refusal> {
        let (id, view) = self.find_order(participant, order_ref)?;
        let Exchange { books, ledger } = self;
        let book = find_mut(books, view.locate)?;
        let standing = ledger.slots.get(id).standing;
        if matches!(standing, Standing::Auction(_)) {
            return Err(Refusal::WaitsForCross(order_ref));
        }
        let visibility = if view.shown { Visibility::Shown } else { Visibility::Hidden };
        let order = NewOrder {
            participant,
            locate: view.locate,
            side: view.side,
            qty,
            terms: Terms::Rest { limit: price, visibility, attribution: None },
        };
        book.check(&order)?;
        let new_ref = ledger.numbers.next_order();
        let contra = book.ladder(view.side.opposite());
        if book.state.is_trading() && contra.is_reached_by(Some(price)) {
            book.delete(id, &mut ledger.slots, sink);
            return Ok(book.enter(&order, new_ref, ledger, sink));
        }
        book.remove(id, &mut ledger.slots);
        sink.publish(Event::Replaced(Replaced {
            locate: view.locate,
            old: order_ref,
            new: new_ref,
            participant,
            side: view.side,
            price,
            qty,
            shown: view.shown,
        }));
        // What a replacement would publish as an addition was published as a replacement.
        Ok(book.enter(&order, new_ref, ledger, &mut Silence))
    }

    /// Halts, pauses, quotes or resumes a symbol.
    ///
    /// # Errors
    /// [`Refusal::UnknownSymbol`]; [`Refusal::Crossed`] where trading would resume in a book that
    /// is locked or crossed.
    pub fn set_trading_state(
        &mut self,
        locate: Locate,
        state: TradingState,
        reason: HaltReason,
        sink: &mut impl Sink,
    ) -> Result<(), Refusal> {
        let book = find_mut(&mut self.books, locate)?;
        if state.is_trading() {
            let [bid, ask] = Side::BOTH.map(|side| book.ladder(side).best_working());
            if let (Some(bid), Some(ask)) = (bid, ask)
                && bid >= ask
            {
                return Err(Refusal::Crossed { bid, ask });
            }
        } else {
            book.dissolve_twins(&mut self.ledger.slots);
        }
        book.state = state;
        sink.publish(Event::TradingAction(TradingAction { locate, state, reason }));
        Ok(())
    }

    /// Publishes how a cross would come out now. `reference` is the price that ties go to, and
    /// the price assumed where nothing would trade.
    ///
    /// # Errors
    /// [`Refusal::UnknownSymbol`].
    pub fn publish_imbalance(
        &self,
        locate: Locate,
        cross: CrossKind,
        reference: Price,
        sink: &mut impl Sink,
    ) -> Result<Imbalance, Refusal> {
        let book = find(&self.books, locate).ok_or(Refusal::UnknownSymbol(locate))?;
        let imbalance = book.imbalance(cross, reference, &self.ledger.slots);
        sink.publish(Event::Imbalance(imbalance));
        Ok(imbalance)
    }

    /// Holds a cross: the orders that wait for it and the book trade at one price. What is left of
    /// the cross orders is cancelled; the symbol's trading state stays as it is.
    ///
    /// # Errors
    /// [`Refusal::UnknownSymbol`]; [`Refusal::NotTrading`] where the symbol takes no orders.
    pub fn cross(
        &mut self,
        locate: Locate,
        cross: CrossKind,
        reference: Option<Price>,
        sink: &mut impl Sink,
    ) -> Result<Crossed, Refusal> {
        let Exchange { books, ledger } = self;
        let book = find_mut(books, locate)?;
        if !book.takes_orders() {
            return Err(Refusal::NotTrading { locate, state: book.state });
        }
        Ok(book.hold_cross(cross, reference, ledger, sink))
    }

    /// Cancels every order that waits for this cross, so that only the book takes part in it.
    ///
    /// # Errors
    /// [`Refusal::UnknownSymbol`].
    pub fn withdraw(
        &mut self,
        locate: Locate,
        cross: CrossKind,
        sink: &mut impl Sink,
    ) -> Result<(), Refusal> {
        find_mut(&mut self.books, locate)?.withdraw(cross, &mut self.ledger.slots, sink);
        Ok(())
    }

    /// Passes over as many order references as if that many orders had come in elsewhere.
    pub fn skip_order_refs(&mut self, count: u64) {
        self.ledger.numbers.order_ref = self.ledger.numbers.order_ref.saturating_add(count);
    }

    /// Passes over as many match numbers.
    pub fn skip_match_nos(&mut self, count: u64) {
        self.ledger.numbers.match_no = self.ledger.numbers.match_no.saturating_add(count);
    }

    /// How many orders are live, hidden and waiting ones included.
    #[must_use]
    pub fn live_orders(&self) -> usize {
        self.ledger.slots.live()
    }

    /// A live order.
    #[must_use]
    pub fn order(&self, order_ref: OrderRef) -> Option<OrderView> {
        Some(self.ledger.slots.view(self.ledger.slots.find(order_ref)?))
    }

    /// Whether a symbol trades.
    #[must_use]
    pub fn trading_state(&self, locate: Locate) -> TradingState {
        find(&self.books, locate).map_or(TradingState::Unknown, |book| book.state)
    }

    /// The displayed levels of one side, best first.
    pub fn levels(&self, locate: Locate, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        let ladder = find(&self.books, locate).map(|book| book.ladder(side));
        ladder.into_iter().flat_map(Ladder::levels)
    }

    /// The best displayed level of one side.
    #[must_use]
    pub fn touch(&self, locate: Locate, side: Side) -> Option<LevelView> {
        self.levels(locate, side).next()
    }

    /// The displayed orders of one level, first come first.
    pub fn queue(
        &self,
        locate: Locate,
        side: Side,
        price: Price,
    ) -> impl Iterator<Item = OrderView> + '_ {
        let queue = find(&self.books, locate).and_then(|book| book.ladder(side).queue(price));
        let ids = queue.into_iter().flat_map(|queue| queue.ids(&self.ledger.slots));
        ids.map(|id| self.ledger.slots.view(id))
    }

    /// The displayed order of one level that trades last.
    #[must_use]
    pub fn last_in_queue(&self, locate: Locate, side: Side, price: Price) -> Option<OrderView> {
        let queue = find(&self.books, locate)?.ladder(side).queue(price)?;
        Some(self.ledger.slots.view(queue.last?))
    }

    /// The price at which an order without a limit is filed: beyond every limit.
    pub(super) const fn any_price(side: Side) -> Price {
        match side {
            Side::Bid => Price::from_units(i64::MAX),
            Side::Ask => Price::ZERO,
        }
    }

    fn find_order(
        &self,
        participant: ParticipantId,
        order_ref: OrderRef,
    ) -> Result<(SlotId, OrderView), Refusal> {
        let id = self.ledger.slots.find(order_ref).ok_or(Refusal::UnknownOrder(order_ref))?;
        let view = self.ledger.slots.view(id);
        if view.participant == participant {
            Ok((id, view))
        } else {
            Err(Refusal::UnknownOrder(order_ref))
        }
    }
}

struct Silence;

impl Sink for Silence {
    fn publish(&mut self, _: Event) {}
}

fn find(books: &[Option<Book>], locate: Locate) -> Option<&Book> {
    books.get(locate.index())?.as_ref()
}

fn find_mut(books: &mut [Option<Book>], locate: Locate) -> Result<&mut Book, Refusal> {
    let book = books.get_mut(locate.index()).and_then(Option::as_mut);
    book.ok_or(Refusal::UnknownSymbol(locate))
}
