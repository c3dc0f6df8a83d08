//! The command that measures what a message costs.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod support;

use support::command::{folder, replay, wirebook};
use support::generated::Generated;

/// A figure that is there.
fn figure(json: &serde_json::Value, path: &str) -> f64 {
    json.pointer(path)
        .and_then(serde_json::Value::as_f64)
        .unwrap_or_else(|| panic!("{path}: {json}"))
}

#[test]
fn a_recording_is_measured_with_the_books_that_a_replay_makes() {
    let day = Generated::new(30_000, 40);
    let replayed = replay(&[&day.itch]).json;
    for input in [&day.itch, &day.pcap] {
        let finished =
            wirebook(&[&"bench", input, &"--rounds", &"3", &"--orders-max", &"65536", &"--json"]);
        assert_eq!(finished.status, 0, "{finished:?}");
        let json = finished.json();
        for key in ["messages", "symbols", "orders_live", "final_bbo_checksum"] {
            assert_eq!(json[key], replayed[key], "{key}");
        }
        let rounds = json["ns_per_message"]["rounds"].as_array().unwrap();
        let (median, best) =
            (figure(&json, "/ns_per_message/median"), figure(&json, "/ns_per_message/best"));
        assert_eq!((rounds.len(), rounds.contains(&median.into())), (3, true));
        assert!(best > 1.0 && best <= median, "{best} and {median}");
        assert_eq!(figure(&json, "/latency_ns/samples"), 30.0, "one message in a thousand");
        let quantiles =
            ["p50", "p99", "p99.9", "max"].map(|at| figure(&json, &format!("/latency_ns/{at}")));
        assert!(quantiles.is_sorted() && quantiles[3] > 0.0, "{quantiles:?}");
    }
}

#[test]
fn without_a_recording_a_day_is_made_and_told_about_in_words() {
    let finished =
        wirebook(&[&"bench", &"--messages", &"5000", &"--symbols", &"20", &"--rounds", &"1"]);
    assert_eq!(finished.status, 0, "{finished:?}");
    let text = &finished.stdout;
    assert!(text.starts_with("5000 messages, 20 symbols, "), "{text}");
    assert!(
        text.contains(" ns a message (median of 1)") && text.contains("single messages: p50 "),
        "{text}"
    );
}

#[test]
fn what_cannot_be_measured_is_refused_in_one_sentence() {
    let missing = folder().path().join("nothing.itch");
    let no_file = wirebook(&[&"bench", &missing]);
    assert_eq!(no_file.status, 2, "{no_file:?}");
    assert!(
        no_file.stderr.contains("nothing.itch") && no_file.stderr.lines().count() == 1,
        "{no_file:?}"
    );
    let no_rounds = wirebook(&[&"bench", &"--rounds", &"0"]);
    assert_eq!((no_rounds.status, no_rounds.stdout.as_str()), (2, ""), "{no_rounds:?}");
    let no_core = wirebook(&[&"bench", &"--core", &"4095", &"--messages", &"1000"]);
    assert_eq!(no_core.status, 2, "{no_core:?}");
    assert!(no_core.stderr.contains("4095"), "{no_core:?}");
}
