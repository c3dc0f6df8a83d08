//! The trading floor: strategies, the venue that fills their orders, and the time they live in.

use strategy_api::{
    Desk, FeedStateChange, Interest, OrderEvent, Strategy, TradeEvent, TradingStateChange,
};
use wirebook_book::{Books, Change, FeedState, Locate, Nanos, Stamp, Symbol, Trade, TradingState};
use wirebook_exchange::venue::{Seat, Venue};
use wirebook_ingest::feed::{self, Listener, Scope};

use super::place::Place;

/// Strategies and their venue, called by a feed.
///
/// Time is that of the messages. Before a message is applied, everything that was due earlier
/// happens in the order of its time: orders reach the venue, answers reach strategies, timers
/// fire.
#[derive(Debug)]
pub(super) struct Floor<S> {
    places: Vec<Place<S>>,
    venue: Venue,
    now: Nanos,
    /// Nothing is due before this.
    due: Nanos,
}

const NEVER: Nanos = Nanos::new(u64::MAX);

impl<S: Strategy> Floor<S> {
    pub(super) fn new(venue: Venue) -> Floor<S> {
        Floor { places: Vec::new(), venue, now: Nanos::new(0), due: NEVER }
    }

    pub(super) fn places(&self) -> &[Place<S>] {
        &self.places
    }

    pub(super) fn venue(&self) -> &Venue {
        &self.venue
    }

    pub(super) fn seat(&mut self, strategy: S, desk: Desk, seat: Seat, locates: usize) {
        self.places.push(Place::new(strategy, desk, seat, locates));
    }

    pub(super) fn start(&mut self, books: &Books) {
        self.each(books, |place, books, now| {
            place.call(books, now, S::on_start);
            true
        });
    }

    /// Ends the day: all orders are cancelled, the answers that are under way arrive.
    pub(super) fn stop(&mut self, books: &Books) {
        self.venue.close(self.now);
        while let Some(due) = self.venue.next_due() {
            self.now = self.now.max(due);
            self.answer(books, due);
        }
        self.each(books, |place, books, now| {
            place.call(books, now, S::on_stop);
            true
        });
    }

    /// Lets `tell` tell each strategy, and takes the commands of those that it told.
    #[inline(always)]
    fn each(&mut self, books: &Books, mut tell: impl FnMut(&mut Place<S>, &Books, Nanos) -> bool) {
        let mut told = false;
        for place in &mut self.places {
            if tell(place, books, self.now) {
                told = true;
                take_commands(place, &mut self.venue, self.now);
            }
        }
        if told {
            self.due = self.next_due();
        }
    }

    fn next_due(&self) -> Nanos {
        let timers = self.places.iter().filter_map(|place| place.desk().next_timer());
        timers.chain(self.venue.next_due()).min().unwrap_or(NEVER)
    }

    /// Everything that is due by `until`, in the order of its time.
    #[cold]
    fn catch_up(&mut self, books: &Books, until: Nanos) {
        while self.due <= until {
            let due = self.due;
            self.now = self.now.max(due);
            self.venue.advance(due, books);
            self.answer(books, due);
            self.fire(books, due);
            self.due = self.next_due();
        }
    }

    /// Answers that are at their strategies by `due`.
    fn answer(&mut self, books: &Books, due: Nanos) {
        while let Some((seat, event)) = self.venue.take_answer(due) {
            self.answer_one(books, seat, &event);
        }
    }

    fn answer_one(&mut self, books: &Books, seat: Seat, event: &OrderEvent) {
        let now = self.now;
        let Some(place) = self.places.get_mut(usize::from(seat.0)) else { return };
        if place.desk_mut().apply(event) {
            place.call(books, now, |strategy, ctx| strategy.on_order(ctx, event));
        }
        take_commands(place, &mut self.venue, now);
    }

    /// Timers that are due.
    fn fire(&mut self, books: &Books, due: Nanos) {
        self.each(books, |place, books, now| {
            let mut fired = false;
            while let Some((_, timer)) = place.desk_mut().take_timer(due) {
                place.call(books, now, |strategy, ctx| strategy.on_timer(ctx, timer));
                fired = true;
            }
            fired
        });
    }

    /// Tells of the state of one book. After a change of the whole feed that is not always the
    /// feed's: a book that was marked meanwhile shows its mark when the feed is Live again.
    fn tell_feed_state(&mut self, books: &Books, locate: Locate, change: &feed::FeedStateChange) {
        let Some(book) = books.book(locate) else { return };
        let (from, to) = (change.from, book.feed_state());
        let was_dead = change.scope == Scope::Feed && to == FeedState::Dead;
        if from == to || was_dead {
            return;
        }
        let change = FeedStateChange { locate, from, to, at: change.at };
        self.each(books, |place, books, now| {
            let wanted = place.interest(locate) != Interest::default();
            if wanted {
                place.call(books, now, |strategy, ctx| strategy.on_feed_state(ctx, &change));
            }
            wanted
        });
    }
}

/// Sends what a strategy wants sent; or, if it has just been detached, cancels what it has.
#[inline(always)]
fn take_commands<S: Strategy>(place: &mut Place<S>, venue: &mut Venue, now: Nanos) {
    let (seat, detached) = (place.seat, place.detached().is_some());
    for command in place.commands() {
        if !detached {
            // Refused when the day is over; there is room otherwise, and the venue counts.
            let _ = venue.send(seat, command, now);
        }
    }
    if detached {
        venue.detach(seat, now);
    }
}

impl<S: Strategy> Listener for Floor<S> {
    #[inline(always)]
    fn before_message(&mut self, books: &Books, at: Stamp) {
        if self.due <= at.time {
            self.catch_up(books, at.time);
        }
        self.now = self.now.max(at.time);
    }

    #[inline(always)]
    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        self.venue.on_change(books, change, at);
        self.each(books, |place, books, now| place.on_change(books, change, at, now));
        if let Some(due) = self.venue.next_due() {
            self.due = self.due.min(due);
        }
    }

    fn on_trade(&mut self, books: &Books, trade: &Trade, at: Stamp) {
        self.venue.on_trade(books, trade, at);
        let Some(book) = books.book(trade.locate) else { return };
        let event = TradeEvent { book, trade, at };
        self.each(books, |place, books, now| {
            let wanted = place.interest(trade.locate).trades;
            if wanted {
                place.call(books, now, |strategy, ctx| strategy.on_trade(ctx, &event));
            }
            wanted
        });
        if let Some(due) = self.venue.next_due() {
            self.due = self.due.min(due);
        }
    }

    fn on_name(&mut self, _books: &Books, locate: Locate, symbol: Symbol) {
        for place in &mut self.places {
            place.desk_mut().on_name(locate, symbol);
        }
    }

    fn on_trading_state(
        &mut self,
        books: &Books,
        locate: Locate,
        from: TradingState,
        to: TradingState,
        at: Stamp,
    ) {
        let change = TradingStateChange { locate, from, to, at };
        self.each(books, |place, books, now| {
            let wanted = place.interest(locate) != Interest::default();
            if wanted {
                place.call(books, now, |strategy, ctx| strategy.on_trading_state(ctx, &change));
            }
            wanted
        });
    }

    fn on_feed_state(&mut self, books: &Books, change: &feed::FeedStateChange) {
        match change.scope {
            Scope::Book(locate) => self.tell_feed_state(books, locate, change),
            Scope::Feed => {
                for book in books.iter() {
                    self.tell_feed_state(books, book.locate(), change);
                }
            }
        }
    }

    #[inline(always)]
    fn on_packet_end(&mut self, books: &Books, at: Stamp) {
        self.each(books, |place, books, now| place.on_packet_end(books, at, now));
    }

    fn on_lost(&mut self, books: &Books, updates: u64) {
        self.each(books, |place, books, now| {
            place.call(books, now, |strategy, ctx| strategy.on_lost(ctx, updates));
            true
        });
    }

    fn on_clear(&mut self, _books: &Books) {
        self.venue.on_clear();
    }
}
