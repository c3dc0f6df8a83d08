//! A strategy that joins both sides of the touch, on order flow of real days: its places in the
//! queue are what the books say, and its fills are within what was executed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use strategy_api::{
    Action, Books, Change, Context, Desk, DeskCapacity, Limits, Locate, Nanos, NewOrder,
    OrderEvent, OrderId, OrderRef, OrderUpdate, Qty, Side, Stamp, Trade,
};
use wirebook_book::Capacity;
use wirebook_exchange::venue::{
    Latency, LatencyCurve, Owner, Seat, SendError, Venue, VenueCapacity, VenueConfig, VenueCounts,
};
use wirebook_ingest::feed::{Feed, FeedConfig, Listener};
use wirebook_ingest::source::Recording;

const LOT: Qty = Qty::new(100);
const OPEN_ORDERS: usize = 64;

/// What a test knows of an order that rests: the recorded orders that were ahead when it joined.
#[derive(Debug)]
struct Place {
    locate: Locate,
    side: Side,
    ahead: Vec<OrderRef>,
}

struct Joiner {
    venue: Venue,
    seat: Seat,
    desk: Desk,
    now: Nanos,
    places: BTreeMap<OrderId, Place>,
    shares: BTreeMap<Locate, i64>,
    log: Vec<(Nanos, OrderEvent)>,
    checked: u64,
}

impl Joiner {
    fn new(seed: u64) -> Joiner {
        let curve = |floor, median| Latency::Curve(LatencyCurve::log_normal(floor, median));
        let config = VenueConfig {
            outbound: curve(20_000, 40_000),
            inbound: curve(10_000, 20_000),
            seed,
            ..VenueConfig::default()
        };
        let locates = 64;
        let capacity =
            VenueCapacity { locates, orders: OPEN_ORDERS, taken: 1 << 12, fills: 1 << 10 };
        let mut venue = Venue::new(config, capacity).expect("a sound configuration");
        let seat = venue.open_seat(Owner(0)).expect("the first seat");
        let desk =
            DeskCapacity { locates, open_orders: OPEN_ORDERS, commands: OPEN_ORDERS, timers: 1 };
        let limits = Limits { position_max: Qty::new(1_000), ..Limits::NONE };
        Joiner {
            venue,
            seat,
            desk: Desk::new(desk, limits),
            now: Nanos::new(0),
            places: BTreeMap::new(),
            shares: BTreeMap::new(),
            log: Vec::new(),
            checked: 0,
        }
    }

    fn run_until(&mut self, books: &Books, until: Nanos) {
        while let Some(due) = self.venue.next_due().filter(|&due| due <= until) {
            self.now = due;
            self.venue.advance(due, books);
            self.note_places(books);
            while let Some((_, event)) = self.venue.take_answer(due) {
                self.log.push((due, event));
                self.desk.apply(&event);
                if let OrderUpdate::Filled { qty, .. } = event.update {
                    let shares = i64::try_from(qty.shares()).expect("few shares");
                    *self.shares.entry(event.locate).or_default() += shares * event.side.sign();
                }
                self.quote(books, event.locate);
            }
        }
        self.now = self.now.max(until);
    }

    /// Notes the queues of orders that rest since the last look, and forgets those gone.
    fn note_places(&mut self, books: &Books) {
        let (venue, seat) = (&self.venue, self.seat);
        self.places.retain(|&id, _| venue.working_order(seat, id).is_some());
        for locate in (0..64).map(Locate::new) {
            for order in self.desk.open_orders(locate) {
                let Some(working) = venue.working_order(seat, order.id) else { continue };
                self.places.entry(order.id).or_insert_with(|| {
                    let book = books.book(locate).expect("a locate in range");
                    let queue = book.queue(order.side, working.price);
                    let ahead = queue.map(|order| order.order_ref).collect();
                    Place { locate, side: order.side, ahead }
                });
            }
        }
    }

    /// Joins both sides of the touch and cancels what is no longer there.
    fn quote(&mut self, books: &Books, locate: Locate) {
        let Some(book) = books.book(locate) else { return };
        let touch = book.touch();
        let open: Vec<_> = self.desk.open_orders(locate).copied().collect();
        let mut ctx = Context::new(books, &mut self.desk, self.now);
        for side in Side::BOTH {
            let Some((price, _)) = touch.side(side) else { continue };
            let mut quoted = false;
            for order in open.iter().filter(|order| order.side == side) {
                quoted = true;
                if order.price != price {
                    // It may be on its way out already.
                    let _ = ctx.cancel(order.id);
                }
            }
            if !quoted && book.feed_state().is_live() {
                // The position may be at its limit.
                let _ = ctx.submit(NewOrder::limit(locate, side, price, LOT));
            }
        }
        for command in self.desk.commands() {
            match self.venue.send(self.seat, command, self.now) {
                Ok(()) | Err(SendError::Closed) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn leaves(&self) -> u64 {
        let working = self.places.keys().filter_map(|&id| self.venue.working_order(self.seat, id));
        working.map(|order| order.leaves.shares()).sum()
    }

    fn check_places(&mut self, books: &Books) {
        for (&id, place) in &self.places {
            let Some(order) = self.venue.working_order(self.seat, id) else { continue };
            let book = books.book(place.locate).expect("a locate in range");
            let queue = book.queue(place.side, order.price);
            let ahead = queue.filter(|order| place.ahead.contains(&order.order_ref));
            assert_eq!(order.recorded_ahead, ahead.map(|order| order.qty).sum::<Qty>());
            self.checked += 1;
        }
    }
}

impl Listener for Joiner {
    fn before_message(&mut self, books: &Books, at: Stamp) {
        self.run_until(books, at.time);
    }

    fn on_trade(&mut self, books: &Books, trade: &Trade, at: Stamp) {
        self.venue.on_trade(books, trade, at);
    }

    fn on_change(&mut self, books: &Books, change: &Change, at: Stamp) {
        let before = self.leaves();
        self.venue.on_change(books, change, at);
        let most = match change.action {
            Action::Executed => change.step.qty,
            Action::Added | Action::Replaced { .. } => change.step.left,
            Action::Cancelled | Action::Deleted | Action::LevelSet => Qty::ZERO,
        };
        assert!(before - self.leaves() <= most.shares(), "{change:?}");
        self.check_places(books);
        if change.touch_changed {
            self.quote(books, change.locate);
        }
    }
}

/// The day of one recording: what the strategy was told, and what the venue counted.
fn day(path: &Path, seed: u64) -> (Vec<(Nanos, OrderEvent)>, VenueCounts, u64) {
    let books = Books::new(Capacity::SMALL).expect("room for small books");
    let mut feed = Feed::new(books, Joiner::new(seed), FeedConfig::default());
    let Ok(Recording::Messages(mut messages)) = Recording::open(path, None, None) else {
        panic!("{} is no recording of messages", path.display());
    };
    while let Some(block) = messages.next_block().expect("a readable recording") {
        feed.on_file_block(block);
    }
    let (books, joiner) = feed.parts();
    joiner.venue.close(joiner.now);
    joiner.run_until(books, Nanos::new(u64::MAX));
    for (&locate, &shares) in &joiner.shares {
        assert_eq!(joiner.desk.position(locate).shares, shares);
        assert!(shares.abs() <= 1_000);
    }
    assert_eq!(feed.books().rejects().total(), 0);
    let joiner = feed.listener();
    (joiner.log.clone(), *joiner.venue.counts(), joiner.checked)
}

fn recording(name: &str) -> Option<PathBuf> {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/itch-lobster"));
    let path = data.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there; random flow covers the rules", path.display());
    None
}

#[test]
fn joins_the_touch_of_real_order_flow() {
    let Some(path) = recording("goog10_amzn5_20k.itch") else { return };
    let (log, counts, checked) = day(&path, 1);
    println!("{counts:?}, {checked} places checked");
    assert!(counts.maker_fills > 20 && counts.orders_accepted > 1_000, "{counts:?}");
    assert_eq!((counts.fills_refused, counts.commands_refused), (0, 0));
    assert!(checked > 10_000);
    assert_eq!(log, day(&path, 1).0, "the same seed, the same day");
    assert_ne!(log, day(&path, 2).0, "another seed, other latencies");
}
