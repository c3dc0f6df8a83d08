//! The ring, and the sequence lock beside it, under every order that `loom` finds the processor
//! may give their steps, and under random orders of the threads by `shuttle`.

use super::{Polled, RingReader, RingSlot, RingWriter, UPDATE_WORDS};
use crate::region::Table;

/// An update that is whole only if all its words are of one writing.
fn update(number: u64) -> [u64; UPDATE_WORDS] {
    std::array::from_fn(|word| number.wrapping_mul(2 * word as u64 + 1))
}

/// What one reader got.
#[derive(Clone, Copy, Default)]
struct Got {
    delivered: u64,
    lost: u64,
}

/// Polls once: what comes is the update of the reader's position, whole, and what does not is
/// counted. Returns the number of the update, if there was one.
fn poll(reader: &mut RingReader, got: &mut Got) -> Option<u64> {
    let wanted = reader.position();
    let number = match reader.poll() {
        Polled::Nothing => None,
        Polled::Update(words) => {
            assert_eq!(words, update(wanted), "not the update at {wanted}, or torn");
            got.delivered += 1;
            Some(wanted)
        }
        Polled::Lost { updates } => {
            assert!(updates > 0);
            got.lost += updates;
            None
        }
    };
    assert_eq!(reader.position(), got.delivered + got.lost);
    number
}

/// When the writer has ended, a reader reaches the end, and the newest update is among those it
/// gets.
fn drain(reader: &mut RingReader, got: &mut Got, published: u64, slots: u64) {
    for _ in 0..=slots {
        poll(reader, got);
    }
    assert_eq!(got.delivered + got.lost, published);
    assert!(got.delivered > 0);
}

#[cfg(loom)]
mod loom_models {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const SLOTS: usize = 2;

    /// A writer of `updates`, of which it published the first few before, and readers from the
    /// first on that poll `polls` times meanwhile. Each fate of an update is to be met in some
    /// order of the steps, or the model is too small.
    fn check(readers: usize, before: u64, updates: u64, polls: u32) {
        let most_delivered = Arc::new(AtomicU64::new(0));
        let most_lost = Arc::new(AtomicU64::new(0));
        let most = (Arc::clone(&most_delivered), Arc::clone(&most_lost));
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(1);
        model.check(move || {
            let slots = Table::<RingSlot>::of(SLOTS);
            let mut writer = RingWriter::over(slots.clone());
            (0..before).for_each(|number| writer.publish(&update(number)));
            let readers: Vec<_> = (0..readers)
                .map(|_| {
                    let mut reader = RingReader { slots: slots.clone(), position: 0 };
                    loom::thread::spawn(move || {
                        let mut got = Got::default();
                        for _ in 0..polls {
                            poll(&mut reader, &mut got);
                        }
                        (reader, got)
                    })
                })
                .collect();
            (before..updates).for_each(|number| writer.publish(&update(number)));
            for reader in readers {
                let (mut reader, mut got) = reader.join().unwrap();
                most.0.fetch_max(got.delivered, Ordering::Relaxed);
                most.1.fetch_max(got.lost, Ordering::Relaxed);
                drain(&mut reader, &mut got, updates, SLOTS as u64);
            }
        });
        assert!(most_delivered.load(Ordering::Relaxed) > 0, "nothing was ever delivered");
        assert!(most_lost.load(Ordering::Relaxed) > 0, "no reader was ever overrun");
    }

    #[test]
    fn two_readers_get_or_count_every_update() {
        check(2, 0, 3, 2);
    }

    #[test]
    fn three_readers_get_or_count_every_update() {
        check(3, 2, 3, 2);
    }
}

#[cfg(all(shuttle, not(loom)))]
mod shuttle_models {
    use std::sync::Arc;

    use super::*;
    use crate::region::Word64;
    use crate::region::seqlock::Version;

    const SLOTS: usize = 4;
    const UPDATES: u64 = 12;
    const POLLS: u32 = 16;

    /// What the updates tell of, as a book is told of by its changes.
    #[derive(Default)]
    struct Told {
        version: Version,
        words: [Word64; 3],
    }

    impl Told {
        fn write(&self, number: u64) {
            self.version.begin();
            self.words.iter().for_each(|word| word.set(number));
            self.version.end();
        }

        fn read(&self, tries: u32) -> Option<u64> {
            let words = self.version.read(tries, || self.words.each_ref().map(Word64::get))?;
            assert_eq!(words, [words[0]; 3], "torn");
            Some(words[0])
        }
    }

    /// A reader that is told of an update finds what it tells of, or what came later.
    fn listen(told: &Told, mut reader: RingReader) -> (RingReader, Got) {
        let mut got = Got::default();
        for _ in 0..POLLS {
            let number = poll(&mut reader, &mut got);
            if let (Some(number), Some(seen)) = (number, told.read(2)) {
                assert!(seen > number, "told of {number} and found {seen}");
            }
        }
        (reader, got)
    }

    fn model() {
        let told = Arc::new(Told::default());
        let slots = Table::<RingSlot>::of(SLOTS);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let reader = RingReader::over(slots.clone());
                let told = Arc::clone(&told);
                shuttle::thread::spawn(move || listen(&told, reader))
            })
            .collect();
        let mut writer = RingWriter::over(slots);
        for number in 0..UPDATES {
            told.write(number + 1);
            writer.publish(&update(number));
        }
        for reader in readers {
            let (mut reader, mut got) = reader.join().unwrap();
            drain(&mut reader, &mut got, UPDATES, SLOTS as u64);
        }
        assert_eq!(told.read(1), Some(UPDATES));
    }

    /// `SCHEDULES` orders of the threads, or a few thousand; half of them change threads at any
    /// step, half at few.
    #[test]
    fn whatever_the_order_of_the_threads() {
        let schedules =
            std::env::var("SCHEDULES").map_or(4_000, |schedules| schedules.parse().unwrap());
        shuttle::check_random(model, schedules / 2);
        shuttle::check_pct(model, schedules - schedules / 2, 4);
    }
}
