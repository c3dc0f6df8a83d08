//! The books against the plain books, after random operations.
//!
//! Small books, in which nearly every operation meets another one, are compared whole after
//! each operation. Deep books, with hundreds of levels on a side and sequences of thousands of
//! operations, are compared in counts, touch and state after each, and whole now and then.

#![forbid(unsafe_code)]

mod drawn;
mod plain;

use drawn::{Market, operations};
use plain::{Operation, Outcome, Pair};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use wirebook_book::{Action, Capacity, FeedState, Locate};

/// Does everything to both books and compares them whole after every `stride` operations.
fn agree(capacity: Capacity, operations: &[Operation], stride: usize) {
    let mut pair = Pair::new(capacity);
    pair.compare();
    pair.apply(Operation::SetFeedState(FeedState::Live));
    for (done, &operation) in operations.iter().enumerate() {
        pair.apply(operation);
        pair.compare_counts(operation.locate().unwrap_or(Locate::new(0)));
        if done % stride == 0 {
            pair.compare();
        }
    }
    pair.compare();
}

/// Draws that always miss prove nothing: every kind of change and of refusal must come up often.
#[test]
fn the_draws_reach_every_change_and_every_refusal() {
    let mut runner = TestRunner::deterministic();
    let roomy = Pair::new(Capacity { orders: 64, levels: 64, locates: 4 });
    let tight = Pair::new(Capacity { orders: 4, levels: 3, locates: 4 });
    let (mut pairs, mut changes) = ([roomy, tight], [0; 6]);
    for round in 0..400 {
        let market = [Market::SMALL, Market::TIGHT][round % 2];
        let draw = operations(market, 100..101).new_tree(&mut runner);
        let pair = &mut pairs[round % 2];
        for operation in draw.expect("nothing is filtered").current() {
            if let Outcome::Changed(Ok(change)) = pair.apply(operation) {
                changes[kind(change.action)] += 1;
            }
        }
        pair.apply(Operation::Clear);
    }
    let [roomy, tight] = pairs.map(|pair| pair.refusals());
    println!("changes {changes:?}, refusals {roomy:?} and {tight:?}");
    assert!(changes.iter().all(|&count| count >= 250), "{changes:?}");
    for (roomy, tight) in roomy.into_iter().zip(tight) {
        assert!(roomy + tight >= 100);
    }
}

fn kind(action: Action) -> usize {
    match action {
        Action::Added => 0,
        Action::Executed => 1,
        Action::Cancelled => 2,
        Action::Deleted => 3,
        Action::Replaced { .. } => 4,
        Action::LevelSet => 5,
    }
}

fn cases(cases: u32) -> ProptestConfig {
    // A failure is printed as a short list of operations, to be made a test with a name.
    let failure_persistence = None;
    let (max_shrink_iters, max_shrink_time) = (u32::MAX, 20_000);
    let default = ProptestConfig::default();
    ProptestConfig { cases, max_shrink_iters, max_shrink_time, failure_persistence, ..default }
}

proptest! {
    #![proptest_config(cases(400))]

    /// Two or three symbols, five prices, a dozen references, room enough.
    #[test]
    fn small_books_agree(operations in operations(Market::SMALL, 1..150)) {
        agree(Capacity { orders: 64, levels: 64, locates: 4 }, &operations, 1);
    }

    /// The same in books that hold next to nothing: capacities run out all the time.
    #[test]
    fn books_without_room_agree(
        orders in 1..12u32,
        levels in 1..8u32,
        locates in 1..5u32,
        operations in operations(Market::TIGHT, 1..150),
    ) {
        agree(Capacity { orders, levels, locates }, &operations, 1);
    }

    /// Two prices: queues of dozens of orders, which leave from anywhere in them.
    #[test]
    fn long_queues_agree(operations in operations(Market::QUEUES, 1..300)) {
        agree(Capacity { orders: 128, levels: 16, locates: 4 }, &operations, 4);
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// Hundreds of levels on a side are built, churned and taken down again.
    #[test]
    fn deep_books_agree(
        rise in operations(Market::DEEP.rising(), 1000..1500),
        churn in operations(Market::DEEP, 500..1000),
        fall in operations(Market::DEEP.falling(), 500..1000),
    ) {
        let all = [rise, churn, fall].concat();
        let capacity = Capacity { orders: 1 << 12, levels: 1 << 12, locates: 4 };
        agree(capacity, &all, 128);
    }

    /// The same with a level table that is full most of the time.
    #[test]
    fn deep_books_without_room_agree(
        levels in 100..400u32,
        rise in operations(Market::DEEP.rising(), 500..1000),
        churn in operations(Market::DEEP, 500..1000),
        fall in operations(Market::DEEP.falling(), 500..1000),
    ) {
        let all = [rise, churn, fall].concat();
        agree(Capacity { orders: 1 << 12, levels, locates: 64 }, &all, 128);
    }

    /// An order table that is nearly full: entries of the index give way to each other.
    #[test]
    fn crowded_books_agree(operations in operations(Market::CROWDED, 2000..3000)) {
        agree(Capacity { orders: 128, levels: 64, locates: 4 }, &operations, 32);
    }

    /// Hundreds of levels without orders.
    #[test]
    fn deep_bare_levels_agree(
        operations in operations(Market::BARE, 1000..2500),
    ) {
        let capacity = Capacity { orders: 8, levels: 1 << 12, locates: 4 };
        agree(capacity, &operations, 128);
    }
}
