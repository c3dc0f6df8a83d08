//! The rules of the session's text, each by itself.

use wirebook_book::{FeedState, Nanos, SeqNo};
use wirebook_ingest::mold::{FramingError, PacketError};
use wirebook_ingest::session::{Gap, Line, SessionConfig};

use crate::feed::{DAY, Feed, end_of_session, heartbeat, id, packet, unsequenced};

const START: [&str; 3] = ["session DAY1", "Recovering to Live", "1..=3"];

#[test]
fn live_begins_immediately_before_number_one() {
    let mut feed = Feed::waiting_for(8);
    assert_eq!(feed.session.state(), FeedState::Recovering);
    assert_eq!(feed.session.session_id(), None);
    assert_eq!(feed.a(1, 3), START);
    assert_eq!(feed.session.session_id(), Some(id(DAY)));
    assert_eq!(feed.a(4, 4), ["4..=4"]);
}

#[test]
fn a_packet_that_straddles_the_expected_number_gives_its_tail() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3);
    assert_eq!(feed.b(1, 5), ["4..=5"]);
    assert_eq!(feed.a(4, 4), [""; 0]);
    assert_eq!(feed.a(5, 6), ["6..=6"]);
    let stats = feed.session.stats();
    assert_eq!((stats.line(Line::A).first_wins, stats.line(Line::A).duplicates), (2, 1));
    assert_eq!((stats.line(Line::B).first_wins, stats.line(Line::B).messages), (1, 2));
}

#[test]
fn a_filled_hole_leaves_no_trace() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3);
    assert_eq!(feed.a(6, 7), [""; 0]);
    assert_eq!(feed.a(9, 9), [""; 0]);
    let hole = Gap { first: SeqNo::new(4), last: SeqNo::new(5) };
    assert_eq!(feed.session.hole(), Some(hole));
    assert_eq!(feed.b(4, 5), ["4..=5", "6..=7"]);
    assert_eq!(feed.b(7, 9), ["8..=9"]);
    assert_eq!(feed.session.hole(), None);
    assert_eq!(feed.finish(), [""; 0]);
    assert_eq!(feed.session.stats().window_packets_max, 2);
}

#[test]
fn overlapping_packets_wait_with_any_boundaries() {
    // Each gives 2..=12 with number 1 last, whatever covers whatever.
    let orders: [&[(u64, u64)]; 5] = [
        &[(2, 6), (5, 9), (8, 12)],
        &[(8, 12), (5, 9), (2, 6)],
        &[(5, 6), (2, 9), (9, 12)],
        &[(3, 4), (6, 7), (9, 10), (2, 12)],
        &[(2, 12), (2, 3), (11, 12)],
    ];
    for order in orders {
        let mut feed = Feed::waiting_for(8);
        for (first, last) in order {
            feed.b(*first, *last);
        }
        let heard = feed.a(1, 1);
        assert_eq!(heard.first().unwrap(), "Recovering to Live", "{order:?}");
        assert_eq!(feed.session.expected(), SeqNo::new(13), "{order:?}");
        assert_eq!(feed.session.stats().messages, 12);
    }
}

#[test]
fn what_waits_already_is_a_duplicate_and_takes_no_place() {
    let mut feed = Feed::waiting_for(2);
    feed.a(1, 3);
    feed.a(5, 8);
    feed.a(9, 10);
    assert_eq!(feed.b(6, 10), [""; 0]);
    assert_eq!(feed.session.stats().line(Line::B).duplicates, 1);
    // One that covers both takes the place of both.
    assert_eq!(feed.b(5, 12), [""; 0]);
    assert_eq!(feed.a(14, 14), [""; 0]);
    assert_eq!(feed.a(4, 4), ["4..=4", "5..=12"]);
}

#[test]
fn a_full_window_gives_up_the_first_hole_alone() {
    let mut feed = Feed::waiting_for(2);
    feed.a(1, 3);
    feed.a(5, 5);
    feed.a(7, 7);
    assert_eq!(feed.a(9, 9), ["lost 4..=4", "Live to Gapped", "5..=5"]);
    assert_eq!(feed.b(6, 6), ["6..=6", "7..=7"]);
    assert_eq!(feed.b(4, 4), [""; 0]);
    assert_eq!(feed.session.stats().line(Line::B).late, 1);
    assert_eq!(feed.finish(), ["lost 8..=8", "9..=9"]);
    let gaps = &feed.session.stats().gaps;
    assert_eq!((gaps.count(), gaps.messages()), (2, 2));
    assert_eq!(feed.session.state(), FeedState::Gapped);
}

#[test]
fn a_full_window_takes_the_arriving_packet_as_the_end_of_the_hole() {
    let mut feed = Feed::waiting_for(1);
    feed.a(1, 3);
    feed.a(9, 9);
    // 6 lies before what waits: only 4 and 5 are lost, 7 and 8 can still come.
    assert_eq!(feed.a(6, 6), ["lost 4..=5", "Live to Gapped", "6..=6"]);
    assert_eq!(feed.b(7, 8), ["7..=8", "9..=9"]);
}

#[test]
fn without_a_window_every_hole_is_a_gap_at_once() {
    let mut feed = Feed::waiting_for(0);
    feed.a(1, 3);
    assert_eq!(feed.a(5, 5), ["lost 4..=4", "Live to Gapped", "5..=5"]);
    assert_eq!(feed.on(Line::A, &heartbeat(DAY, 8)), ["lost 6..=7"]);
}

#[test]
fn what_lies_before_a_recording_that_begins_anywhere_is_no_gap() {
    let config =
        SessionConfig { window_packets: 2, begins_anywhere: true, ..SessionConfig::default() };
    let mut feed = Feed::new(config);
    assert_eq!(feed.a(7, 8), ["session DAY1"], "6 could still come");
    assert_eq!(feed.b(6, 6), [""; 0]);
    assert_eq!(feed.a(9, 9), ["Recovering to Live", "6..=6", "7..=8", "9..=9"]);
    assert_eq!(feed.a(11, 11), [""; 0]);
    feed.a(13, 13);
    assert_eq!(feed.a(15, 15), ["lost 10..=10", "Live to Gapped", "11..=11"], "a gap is a gap");
}

#[test]
fn a_packet_too_long_for_its_place_is_refused_until_its_turn() {
    let config = SessionConfig { packet_bytes_max: 16, ..SessionConfig::default() };
    let mut feed = Feed::new(config);
    feed.a(1, 3);
    assert_eq!(feed.a(5, 40), [""; 0]);
    assert_eq!(feed.session.stats().line(Line::A).refused, 1);
    assert_eq!(feed.session.hole(), None);
    assert_eq!(feed.a(4, 4), ["4..=4"]);
    assert_eq!(feed.b(5, 40), ["5..=40"]);
}

#[test]
fn a_hole_is_given_up_when_its_time_has_passed_and_not_before() {
    let mut feed = Feed::timed(1_000, u64::MAX);
    feed.a(1, 3); // at 1
    feed.a(5, 5); // at 2: 4 is missing since
    feed.now = 499;
    feed.a(9, 9); // at 500: 6..=8 are missing since
    feed.a(7, 7); // so they are after a part has come
    assert_eq!(feed.on_time(1_001), [""; 0]);
    assert_eq!(feed.on_time(1_002), ["lost 4..=4", "Live to Gapped", "5..=5"]);
    assert_eq!(feed.on_time(1_499), [""; 0]);
    assert_eq!(feed.on_time(1_500), ["lost 6..=6", "7..=7", "lost 8..=8", "9..=9"]);
}

#[test]
fn a_packet_tells_the_time_as_well() {
    let mut feed = Feed::timed(1_000, u64::MAX);
    feed.a(1, 3);
    feed.a(5, 5);
    feed.now = 2_000;
    assert_eq!(feed.a(6, 6), ["lost 4..=4", "Live to Gapped", "5..=5", "6..=6"]);
    // The packet that fills the hole is in time as long as nobody has looked at the clock.
    feed.a(8, 8);
    feed.now = 9_000;
    assert_eq!(feed.a(7, 7), ["7..=7", "8..=8"]);
}

#[test]
fn a_heartbeat_reveals_a_loss_at_the_end() {
    let mut feed = Feed::timed(1_000, u64::MAX);
    feed.a(1, 3);
    assert_eq!(feed.on(Line::A, &heartbeat(DAY, 4)), [""; 0]);
    assert_eq!(feed.on(Line::A, &heartbeat(DAY, 2)), [""; 0]);
    assert_eq!(feed.session.hole(), None);
    assert_eq!(feed.on(Line::B, &heartbeat(DAY, 6)), [""; 0]); // at 4
    let hole = Gap { first: SeqNo::new(4), last: SeqNo::new(5) };
    assert_eq!(feed.session.hole(), Some(hole));
    feed.now = 599;
    assert_eq!(feed.on(Line::B, &heartbeat(DAY, 8)), [""; 0]); // at 600
    assert_eq!(feed.b(4, 4), ["4..=4"]);
    assert_eq!(feed.on_time(1_003), [""; 0]);
    assert_eq!(feed.on_time(1_004), ["lost 5..=5", "Live to Gapped"]);
    assert_eq!(feed.b(6, 6), ["6..=6"]);
    assert_eq!(feed.on_time(1_600), ["lost 7..=7"]);
    assert_eq!(feed.finish(), [""; 0]);
}

#[test]
fn heartbeats_that_say_nothing_new_take_no_place() {
    let mut feed = Feed::waiting_for(2);
    feed.a(1, 3);
    for _ in 0..10 {
        assert_eq!(feed.on(Line::A, &heartbeat(DAY, 6)), [""; 0]);
    }
    feed.a(5, 7);
    assert_eq!(feed.on(Line::A, &heartbeat(DAY, 7)), [""; 0]);
    assert_eq!(feed.session.stats().window_packets_max, 1);
    assert_eq!(feed.b(4, 4), ["4..=4", "5..=7"]);
}

#[test]
fn the_end_is_reported_once_behind_everything_before_it() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3);
    assert_eq!(feed.on(Line::A, &end_of_session(DAY, 6)), [""; 0]);
    assert_eq!(feed.b(4, 5), ["4..=5", "end"]);
    assert_eq!(feed.on(Line::B, &end_of_session(DAY, 6)), [""; 0]);
    // Whatever it means, it is not dropped.
    assert_eq!(feed.a(6, 6), ["6..=6"]);
    assert_eq!(feed.session.stats().ends_of_session, 1);
}

#[test]
fn of_two_ends_the_later_one_counts() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3);
    feed.on(Line::A, &end_of_session(DAY, 8));
    feed.on(Line::B, &end_of_session(DAY, 6));
    assert_eq!(feed.a(4, 5), ["4..=5"]);
    assert_eq!(feed.a(6, 7), ["6..=7", "end"]);
}

#[test]
fn finish_declares_what_the_end_announced() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3);
    feed.on(Line::A, &end_of_session(DAY, 6));
    assert_eq!(feed.finish(), ["lost 4..=5", "Live to Gapped", "end"]);
    assert_eq!(feed.finish(), [""; 0]);
}

#[test]
fn another_session_delivers_what_waits_and_begins_at_one() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3);
    feed.a(5, 5);
    assert_eq!(
        feed.on(Line::A, &packet("DAY2", 1, 2)),
        [
            "lost 4..=4",
            "Live to Gapped",
            "5..=5",
            "Gapped to Recovering",
            "session DAY2",
            "Recovering to Live",
            "1..=2"
        ]
    );
    // The other line is still in the session before.
    assert_eq!(feed.b(4, 5), [""; 0]);
    assert_eq!(feed.on(Line::B, &heartbeat(DAY, 6)), [""; 0]);
    assert_eq!(feed.session.stats().line(Line::B).stale_session, 2);
    assert_eq!(feed.on(Line::B, &packet("DAY2", 1, 3)), ["3..=3"]);
    // The gap of the session before makes nothing late in this one.
    assert_eq!(feed.on(Line::B, &packet("DAY2", 3, 3)), [""; 0]);
    assert_eq!(feed.session.stats().line(Line::B).late, 0);
    assert_eq!(feed.session.stats().sessions, 2);
}

#[test]
fn a_late_join_ends_in_a_gap_from_one() {
    let mut feed = Feed::waiting_for(2);
    assert_eq!(feed.a(100, 101), ["session DAY1"]);
    assert_eq!(feed.session.state(), FeedState::Recovering);
    feed.a(102, 102);
    let given_up = ["lost 1..=99", "Recovering to Gapped", "100..=101", "102..=102", "103..=103"];
    assert_eq!(feed.a(103, 103), given_up);
}

#[test]
fn reordering_at_the_start_is_no_late_join() {
    let mut feed = Feed::waiting_for(8);
    assert_eq!(feed.a(4, 5), ["session DAY1"]);
    assert_eq!(feed.b(1, 3), ["Recovering to Live", "1..=3", "4..=5"]);
}

#[test]
fn silence_is_stale_and_ends_with_the_first_packet() {
    let mut feed = Feed::timed(1_000, 50);
    feed.a(1, 3); // at 1
    assert_eq!(feed.on_time(51), [""; 0]);
    assert_eq!(feed.on_time(52), ["Live to Stale"]);
    assert_eq!(feed.on_time(90), [""; 0]);
    assert_eq!(feed.b(1, 3), ["Stale to Live"]);
    assert_eq!(feed.on_time(142), ["Live to Stale"]);
    assert_eq!(feed.on(Line::A, &heartbeat(DAY, 4)), ["Stale to Live"]);
    assert_eq!(feed.on_time(194), ["Live to Stale"]);
    assert_eq!(feed.a(4, 4), ["Stale to Live", "4..=4"]);
}

#[test]
fn a_packet_after_silence_that_shows_a_loss_does_not_end_it() {
    let mut feed = Feed::timed(1_000, 50);
    feed.a(1, 3);
    feed.on_time(100);
    assert_eq!(feed.a(5, 5), [""; 0]);
    assert_eq!(feed.session.state(), FeedState::Stale);
    assert_eq!(feed.b(4, 4), ["Stale to Live", "4..=4", "5..=5"]);
    feed.on_time(200);
    assert_eq!(feed.a(7, 7), [""; 0]);
    assert_eq!(feed.finish(), ["lost 6..=6", "Stale to Gapped", "7..=7"]);
}

#[test]
fn silence_before_the_first_packet_counts_from_the_first_look_at_the_clock() {
    let mut feed = Feed::timed(1_000, 50);
    assert_eq!(feed.on_time(5_000), [""; 0]);
    assert_eq!(feed.on_time(5_051), ["Recovering to Stale"]);
    assert_eq!(
        feed.a(1, 1),
        ["Stale to Recovering", "session DAY1", "Recovering to Live", "1..=1"]
    );
}

#[test]
fn messages_without_numbers_are_delivered_and_trusted_no_further() {
    let mut feed = Feed::waiting_for(8);
    let zeros = "\0".repeat(10);
    let heard = feed.on(Line::A, &unsequenced(&zeros, 2));
    assert_eq!(heard[1..], ["Recovering to Gapped", "2 unnumbered"]);
    assert_eq!(feed.on(Line::A, &unsequenced(&zeros, 1)), ["1 unnumbered"]);
    assert_eq!(feed.on(Line::A, &heartbeat(&zeros, 0)), [""; 0]);
    assert_eq!(feed.finish(), [""; 0]);
    let stats = feed.session.stats();
    assert_eq!((stats.line(Line::A).unsequenced, stats.unsequenced_messages), (2, 3));
    // Numbers afterwards are in order, but what came before is not known.
    assert_eq!(feed.on(Line::A, &packet(&zeros, 1, 1)), ["1..=1"]);
    assert_eq!(feed.session.state(), FeedState::Gapped);
}

#[test]
fn a_malformed_packet_is_counted_and_changes_nothing() {
    let mut feed = Feed::timed(1_000, 50);
    feed.a(1, 3);
    let mut payload = packet(DAY, 4, 6);
    payload.pop();
    let error = feed.packet(Line::B, Nanos::new(9), &payload).unwrap_err();
    assert!(matches!(error, PacketError::Framing(FramingError::Truncated { index: 2, .. })));
    assert_eq!(feed.take(), [""; 0]);
    assert_eq!(feed.session.stats().line(Line::B).malformed, 1);
    assert_eq!(feed.session.expected(), SeqNo::new(4));
    // It is no sign of life either.
    assert_eq!(feed.on_time(53), ["Live to Stale"]);
    assert_eq!(feed.b(4, 6), ["Stale to Live", "4..=6"]);
}

#[test]
fn the_last_numbers_of_64_bits_do_not_wrap() {
    let mut feed = Feed::waiting_for(2);
    feed.a(1, 1);
    feed.a(u64::MAX - 2, u64::MAX - 1);
    feed.on(Line::A, &heartbeat(DAY, u64::MAX));
    let lost = format!("lost 2..={}", u64::MAX - 3);
    let rest = format!("{}..={}", u64::MAX - 2, u64::MAX - 1);
    assert_eq!(feed.finish(), [&lost, "Live to Gapped", &rest]);
    assert_eq!(feed.session.expected(), SeqNo::new(u64::MAX));
    assert_eq!(feed.a(1, 2), [""; 0]);
}

#[test]
fn lag_is_measured_against_the_line_that_was_first() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 3); // at 1
    feed.a(4, 4); // at 2
    feed.now = 100;
    feed.b(1, 2); // at 101
    feed.b(3, 4); // at 102
    let stats = feed.session.stats();
    let b = stats.line(Line::B);
    assert_eq!((b.lag_ns_last, b.lag_ns_max), (Some(100), Some(100)));
    assert_eq!(b.sequence_last, SeqNo::new(4));
    assert_eq!(stats.line(Line::A).lag_ns_max, None);
    feed.now = 200;
    feed.b(5, 5); // at 201
    feed.a(5, 5); // at 202
    assert_eq!(feed.session.stats().line(Line::A).lag_ns_last, Some(1));
}

#[test]
fn lag_in_another_session_is_not_measured_against_the_one_before() {
    let mut feed = Feed::waiting_for(8);
    feed.a(1, 5); // at 1
    feed.now = 100;
    feed.on(Line::A, &packet("DAY2", 1, 2)); // at 101
    feed.on(Line::B, &packet("DAY2", 1, 2)); // at 102
    assert_eq!(feed.session.stats().line(Line::B).lag_ns_max, Some(1));
}
