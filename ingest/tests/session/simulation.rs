//! Two bad lines, seeded: what comes out must be what was sent, less exactly what was on neither.

use wirebook_book::{FeedState, Nanos};
use wirebook_ingest::session::{Line, SessionConfig};

use crate::feed::Feed;
use crate::line_simulation::{Arrivals, Quality, SPACING_NS, simulate};

const BAD: Quality = Quality {
    lost_permille: 0,
    repeated_permille: 30,
    delayed_permille: 150,
    jitter_ns: 40 * SPACING_NS,
    skew_ns: 0,
};

/// Everything that arrives, and the end of the input. The recorder checks order and content.
fn run(config: SessionConfig, arrivals: &Arrivals) -> Feed {
    let mut feed = Feed::new(config);
    for arrival in &arrivals.arrivals {
        let at = Nanos::new(arrival.at);
        feed.packet(arrival.line, at, &arrival.payload).unwrap();
        feed.time(at);
        feed.take();
    }
    feed.finish();
    feed
}

/// What came out is exactly what arrived on at least one line.
fn assert_exact(feed: &Feed, arrivals: &Arrivals, context: &str) {
    assert_eq!(feed.heard.gaps, arrivals.lost, "{context}");
    assert_eq!(feed.session.expected().get(), arrivals.end, "{context}");
    let lost: u64 = arrivals.lost.iter().map(|(first, last)| last - first + 1).sum();
    assert_eq!(feed.heard.messages, arrivals.end - 1 - lost, "{context}");
    assert_eq!(feed.session.stats().gaps.messages(), lost, "{context}");
    let state = if lost == 0 { FeedState::Live } else { FeedState::Gapped };
    assert_eq!(feed.session.state(), state, "{context}");
}

fn lossy(a_permille: u64, b_permille: u64, skew_ns: u64) -> [Quality; 2] {
    [
        Quality { lost_permille: a_permille, ..BAD },
        Quality { lost_permille: b_permille, skew_ns, ..BAD },
    ]
}

/// Waits by count, with room for all that this reorders.
fn by_count() -> SessionConfig {
    SessionConfig { window_packets: 4096, packet_bytes_max: 200, ..SessionConfig::default() }
}

#[test]
fn at_every_loss_rate_exactly_what_both_lines_lost_is_declared() {
    println!("loss    packets  messages  lost by both  gaps  longest wait");
    for percent in [0, 1, 2, 5, 10, 20, 30] {
        let (mut packets, mut messages, mut lost, mut gaps, mut wait) = (0, 0, 0, 0, 0);
        for seed in 0..12 {
            let lines = lossy(percent * 10, percent * 10, 15 * SPACING_NS);
            let arrivals = simulate(seed, 2_000, lines);
            let feed = run(by_count(), &arrivals);
            assert_exact(&feed, &arrivals, &format!("{percent} % with seed {seed}"));
            let stats = feed.session.stats();
            packets += stats.total(|line| line.packets);
            messages += stats.messages;
            lost += stats.gaps.messages();
            gaps += stats.gaps.count();
            wait = wait.max(stats.window_packets_max);
        }
        println!("{percent:3} %  {packets:8}  {messages:8}  {lost:12}  {gaps:4}  {wait:12}");
        // Both lines lose a message with about the square of the rate.
        assert!(if percent == 0 { lost == 0 } else { lost > 0 || percent < 5 }, "{percent} %");
        assert!(lost * 10_000 < 2 * percent * percent * 24_000 + 10_000, "{percent} %: {lost}");
    }
}

#[test]
fn loss_on_one_line_alone_is_never_seen() {
    for seed in 0..20 {
        for lines in [lossy(300, 0, 2_000), lossy(0, 300, 2_000), lossy(1000, 0, 0)] {
            let arrivals = simulate(seed, 1_000, lines);
            let feed = run(by_count(), &arrivals);
            assert_exact(&feed, &arrivals, &format!("seed {seed}"));
            assert_eq!(feed.session.state(), FeedState::Live, "seed {seed}");
        }
    }
}

#[test]
fn a_window_of_time_longer_than_the_disorder_declares_the_same_gaps() {
    let longest_ns = BAD.jitter_ns + 30 * SPACING_NS;
    for seed in 0..30 {
        // Loss that leaves no line behind the other by more than the skew and the jitter.
        let arrivals = simulate(seed, 1_500, lossy(100, 100, 30 * SPACING_NS));
        let window_ns = Some(longest_ns + 20 * SPACING_NS);
        let feed = run(SessionConfig { window_ns, ..by_count() }, &arrivals);
        assert_exact(&feed, &arrivals, &format!("seed {seed}"));
    }
}

#[test]
fn a_window_too_small_loses_more_but_nothing_silently() {
    let (mut late, mut more) = (0, 0);
    for seed in 0..60 {
        let arrivals = simulate(seed, 1_000, lossy(200, 200, 10 * SPACING_NS));
        let small = SessionConfig {
            window_packets: usize::try_from(seed % 6).unwrap(),
            packet_bytes_max: if seed % 2 == 0 { 200 } else { 30 },
            window_ns: (seed % 3 == 0).then_some(5 * SPACING_NS),
            ..SessionConfig::default()
        };
        let feed = run(small, &arrivals);
        let stats = feed.session.stats();
        let declared = stats.gaps.messages();
        let lost: u64 = arrivals.lost.iter().map(|(first, last)| last - first + 1).sum();
        let refused = stats.total(|line| line.refused);
        // With a refused packet at the very end the session cannot know of it.
        if refused == 0 {
            assert_eq!(stats.messages + declared, arrivals.end - 1, "seed {seed}");
            assert!(declared >= lost, "seed {seed}");
        }
        late += stats.total(|line| line.late);
        more += declared.saturating_sub(lost);
    }
    // The test would prove nothing if the windows had been large enough after all.
    assert!(late > 100 && more > 100, "{late} late, {more} more");
}

#[test]
fn one_line_with_everything_gives_everything_whatever_the_other_does() {
    for seed in 0..20 {
        let lines = [Quality::default(), Quality { lost_permille: 500, skew_ns: 100_000, ..BAD }];
        let arrivals = simulate(seed, 1_000, lines);
        let feed = run(SessionConfig { window_packets: 0, ..by_count() }, &arrivals);
        assert_exact(&feed, &arrivals, &format!("seed {seed}"));
        let a = feed.session.stats().line(Line::A);
        let b = feed.session.stats().line(Line::B);
        assert_eq!((a.messages, b.messages, b.first_wins), (1_000, 0, 0));
        // Line B is 100 µs behind, and 40 messages more at the most.
        let lag_ns = b.lag_ns_max.unwrap();
        assert!((100_000..=104_800).contains(&lag_ns), "{lag_ns}");
    }
}
