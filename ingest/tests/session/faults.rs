//! The faults that concern a session, one test for each.

use wirebook_book::{FeedState, Nanos, SeqNo};
use wirebook_ingest::session::Line;

use crate::feed::{DAY, Feed, end_of_session, heartbeat, packet};

#[test]
fn loss_on_one_line_is_filled_by_the_other() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 2);
    feed.b(1, 2);
    feed.b(3, 4); // line A lost it
    feed.a(5, 6);
    assert_eq!(feed.session.state(), FeedState::Live);
    assert_eq!(feed.session.expected(), SeqNo::new(7));
    assert_eq!(feed.session.stats().gaps.count(), 0);
}

#[test]
fn loss_on_both_lines_is_declared_exactly() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 2);
    feed.a(5, 6); // A lost 3 and 4
    feed.b(4, 6); // B lost 3
    assert_eq!(feed.finish(), ["lost 3..=3", "Live to Gapped", "4..=6"]);
}

#[test]
fn duplicates_and_latecomers_are_applied_once() {
    let mut feed = Feed::waiting_for(8);
    for _ in 0..3 {
        feed.a(1, 4);
        feed.b(1, 4);
        feed.b(2, 3);
    }
    assert_eq!(feed.heard.messages, 4);
    let stats = feed.session.stats();
    assert_eq!(stats.total(|line| line.duplicates), 8);
    assert_eq!(stats.line(Line::A).first_wins, 1);
}

#[test]
fn reordering_is_invisible_within_the_window_and_a_gap_beyond_it() {
    for (window_packets, gaps) in [(3, 0), (2, 1)] {
        let mut feed = Feed::waiting_for(window_packets);
        feed.a(1, 1);
        [3, 4, 5, 2, 6].into_iter().for_each(|number| {
            feed.a(number, number);
        });
        assert_eq!(feed.session.stats().gaps.count(), gaps, "{window_packets}");
        assert_eq!(feed.session.expected(), SeqNo::new(7));
    }
}

#[test]
fn a_dead_line_costs_nothing() {
    let mut feed = Feed::timed(1_000, 1_000);
    for number in 1..=100 {
        feed.b(number, number);
        feed.on_time(feed.now);
    }
    let stats = feed.session.stats();
    assert_eq!((stats.line(Line::A).packets, stats.line(Line::B).first_wins), (0, 100));
    assert_eq!(feed.session.state(), FeedState::Live);
}

#[test]
fn truncated_padded_and_miscounted_packets_are_refused_whole() {
    let good = packet(DAY, 1, 5);
    let mut feed = Feed::waiting_for(8);
    let mut refused = 0;
    let mut try_all = |feed: &mut Feed, payload: &[u8]| {
        let result = feed.packet(Line::A, Nanos::new(0), payload);
        assert!(result.is_err());
        refused += 1;
    };
    for end in 0..good.len() {
        try_all(&mut feed, &good[..end]);
    }
    try_all(&mut feed, &[&good[..], &[0]].concat());
    for count in [1, 4, 6, 0xFFFE] {
        let mut payload = good.clone();
        payload[18..20].copy_from_slice(&u16::to_be_bytes(count));
        try_all(&mut feed, &payload);
    }
    assert_eq!(feed.session.stats().line(Line::A).malformed, refused);
    assert_eq!(feed.take(), [""; 0]);
    assert_eq!(feed.on(Line::B, &good)[2], "1..=5");
}

#[test]
fn heartbeats_and_ends_make_no_false_gap() {
    let mut feed = Feed::timed(10, u64::MAX);
    assert_eq!(feed.on(Line::A, &heartbeat(DAY, 1)), ["session DAY1"]);
    assert_eq!(feed.on_time(1_000), [""; 0]);
    feed.a(1, 5);
    for next in [0, 1, 5, 6] {
        feed.on(Line::B, &heartbeat(DAY, next));
    }
    assert_eq!(feed.on_time(2_000), [""; 0]);
    assert_eq!(feed.on(Line::B, &end_of_session(DAY, 6)), ["end"]);
    assert_eq!(feed.finish(), [""; 0]);
    assert_eq!(feed.session.state(), FeedState::Live);
}

#[test]
fn numbers_going_backwards_are_duplicates_in_this_session_and_news_in_another() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 9);
    assert_eq!(feed.a(1, 2), [""; 0]);
    assert_eq!(
        feed.on(Line::A, &packet("DAY2", 1, 2)),
        ["Live to Recovering", "session DAY2", "Recovering to Live", "1..=2"]
    );
}

#[test]
fn a_clock_that_steps_changes_no_order_and_no_state() {
    let mut feed = Feed::timed(1_000, 1_000);
    for (number, at) in [(1, 5_000), (2, 10), (4, 0), (3, 4_000)] {
        feed.now = at;
        feed.a(number, number);
    }
    // Back again: nothing is overdue by a clock that has not gone on.
    assert_eq!(feed.on_time(7), [""; 0]);
    assert_eq!(feed.session.state(), FeedState::Live);
    assert_eq!(feed.session.expected(), SeqNo::new(5));
}
