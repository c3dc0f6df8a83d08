//! A feed of level sets: the quantity of one price level at a time, by symbol.

use std::collections::HashMap;

use wirebook_book::{FeedState, Locate, Reject, SeqNo, Stamp, Symbol};

use super::{Completeness, Feed, Listener};
use crate::level_set::{self, LevelSet, LevelSetError};

/// What is needed besides a [`Feed`] to take level sets: locates for symbols, which the messages
/// do not have, and the sequence, which they number themselves.
///
/// Messages are numbered from 0 or 1. A number that was passed is a duplicate and dropped; one
/// that is skipped is a gap, and nothing fills it. Of a datagram that does not end with a message
/// nothing is taken. Locates are given in the order in which symbols appear, from 1.
#[derive(Debug)]
pub struct LevelSetFeed {
    locates: HashMap<Symbol, Locate>,
    expected: Option<SeqNo>,
    stats: LevelSetStats,
}

/// What a level-set feed counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LevelSetStats {
    /// Datagrams that do not consist of whole messages.
    pub malformed_datagrams: u64,
    /// Messages whose number had been passed.
    pub duplicates: u64,
    /// Messages on symbols for which there is no locate left.
    pub symbols_full: u64,
}

impl Default for LevelSetFeed {
    fn default() -> LevelSetFeed {
        LevelSetFeed::new()
    }
}

impl LevelSetFeed {
    /// Room for as many symbols as there are locates.
    #[must_use]
    pub fn new() -> LevelSetFeed {
        LevelSetFeed {
            locates: HashMap::with_capacity(1 << 16),
            expected: None,
            stats: LevelSetStats::default(),
        }
    }

    /// What was counted.
    #[must_use]
    pub fn stats(&self) -> &LevelSetStats {
        &self.stats
    }

    /// Takes the messages of one datagram.
    ///
    /// # Errors
    /// [`LevelSetError::Length`], counted; nothing of the datagram was applied.
    pub fn on_datagram<L: Listener>(
        &mut self,
        feed: &mut Feed<L>,
        payload: &[u8],
    ) -> Result<(), LevelSetError> {
        let messages = level_set::messages(payload).inspect_err(|_| {
            self.stats.malformed_datagrams += 1;
        })?;
        for message in messages {
            self.on_message(feed, message);
        }
        feed.listener.on_packet_end(&feed.books, feed.at);
        Ok(())
    }

    fn on_message<L: Listener>(&mut self, feed: &mut Feed<L>, message: LevelSet<'_>) {
        let seq = message.sequence();
        if !self.in_order(feed, seq) {
            self.stats.duplicates += 1;
            return;
        }
        feed.at = Stamp { seq, time: message.timestamp() };
        feed.listener.before_message(&feed.books, feed.at);
        feed.counts.messages += 1;
        if let Some(locate) = self.locate(feed, message.symbol()) {
            apply(feed, locate, message);
        }
        feed.listener.after_message(&feed.books, feed.at);
    }

    /// Whether the message is new; a number that is skipped ends what is Live.
    fn in_order<L: Listener>(&mut self, feed: &mut Feed<L>, seq: SeqNo) -> bool {
        match self.expected {
            Some(expected) if seq < expected => return false,
            Some(expected) if seq > expected => {
                feed.counts.gaps += 1;
                feed.counts.gap_messages += seq.get() - expected.get();
                feed.set_source(FeedState::Gapped);
            }
            Some(_) => {}
            None => {
                let whole = seq.get() <= 1 || feed.config.assume_complete;
                feed.completeness = if whole { Completeness::Whole } else { Completeness::Missing };
                feed.set_source(FeedState::Live);
            }
        }
        self.expected = Some(seq.next());
        true
    }

    fn locate<L: Listener>(&mut self, feed: &mut Feed<L>, symbol: Symbol) -> Option<Locate> {
        if let Some(&locate) = self.locates.get(&symbol) {
            return Some(locate);
        }
        let next = u16::try_from(self.locates.len() + 1).ok().map(Locate::new);
        let Some(locate) = next else {
            self.stats.symbols_full += 1;
            return None;
        };
        self.locates.insert(symbol, locate);
        feed.name(locate, symbol);
        Some(locate)
    }
}

fn apply<L: Listener>(feed: &mut Feed<L>, locate: Locate, message: LevelSet<'_>) {
    if !feed.config.symbols.keeps(locate, || Some(message.symbol())) {
        feed.counts.filtered += 1;
        return;
    }
    let (Ok(side), Ok(price)) = (message.side(), message.price()) else {
        feed.counts.malformed += 1;
        feed.books.mark_suspect(locate);
        return feed.tell_transitions();
    };
    let result: Result<_, Reject> =
        feed.books.set_level(feed.at, locate, side, price, message.qty());
    match result {
        Ok(change) => feed.tell_change(&change),
        Err(reject) => feed.tell_reject(locate, &reject),
    }
}

#[cfg(test)]
mod tests {
    use wirebook_book::{Books, Capacity, Nanos, Price, Qty, Side};

    use super::*;
    use crate::feed::FeedConfig;
    use crate::level_set::{LEN, LevelSetFields};

    fn message(sequence: u64, symbol: &str, price: i64, qty: u64) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        LevelSetFields {
            sequence: SeqNo::new(sequence),
            timestamp: Nanos::new(sequence * 10),
            symbol: Symbol::new(symbol).unwrap(),
            price: Price::from_units(price),
            qty: Qty::new(qty),
            side: Side::Bid,
        }
        .write(&mut bytes)
        .unwrap();
        bytes
    }

    fn feed() -> (Feed<()>, LevelSetFeed) {
        let books = Books::new(Capacity::SMALL).unwrap();
        (Feed::new(books, (), FeedConfig::default()), LevelSetFeed::new())
    }

    #[test]
    fn sets_changes_and_removes_levels_of_named_symbols() {
        let (mut feed, mut sets) = feed();
        let both = [message(1, "AAPL", 100, 5), message(2, "MSFT", 200, 6)].concat();
        sets.on_datagram(&mut feed, &both).unwrap();
        sets.on_datagram(&mut feed, &message(3, "AAPL", 100, 9)).unwrap();
        let aapl = feed.books().locate(Symbol::new("AAPL").unwrap()).unwrap();
        let book = feed.books().book(aapl).unwrap();
        assert_eq!(book.touch().bid_qty, Qty::new(9));
        assert_eq!(book.feed_state(), FeedState::Live);
        sets.on_datagram(&mut feed, &message(4, "AAPL", 100, 0)).unwrap();
        assert_eq!(feed.books().book(aapl).unwrap().depth(Side::Bid), 0);
    }

    #[test]
    fn a_skipped_number_is_a_gap_and_a_passed_one_is_dropped() {
        let (mut feed, mut sets) = feed();
        sets.on_datagram(&mut feed, &message(1, "AAPL", 100, 5)).unwrap();
        sets.on_datagram(&mut feed, &message(1, "AAPL", 100, 7)).unwrap();
        assert_eq!(sets.stats().duplicates, 1);
        assert_eq!(feed.books().feed_state(), FeedState::Live);
        sets.on_datagram(&mut feed, &message(4, "AAPL", 100, 8)).unwrap();
        assert_eq!(feed.books().feed_state(), FeedState::Gapped);
        assert_eq!(feed.counts().gap_messages, 2);
        assert!(sets.on_datagram(&mut feed, &[0; LEN + 1]).is_err());
    }

    #[test]
    fn a_price_that_no_book_holds_marks_its_symbol_alone() {
        let (mut feed, mut sets) = feed();
        let both = [message(1, "AAPL", i64::MAX, 5), message(2, "MSFT", 200, 6)].concat();
        sets.on_datagram(&mut feed, &both).unwrap();
        let states: Vec<FeedState> = feed.books().iter().map(|b| b.feed_state()).collect();
        assert_eq!(states, [FeedState::Suspect, FeedState::Live]);
        assert_eq!(feed.books().rejects().price_range, 1);
    }
}
