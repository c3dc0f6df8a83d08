//! Sequence locks: one writer publishes several words, any number of readers read them together.
//!
//! The version is odd while the words are being written. A reader reads the version, the words,
//! and the version again: if it was even and is the same, the words belong together. The writer
//! never waits and never looks at a reader; readers write nothing.

use std::sync::atomic::Ordering;

use super::Word32;
use super::word::Words;
pub(crate) use super::word::fence;

/// With `--cfg unpublished`, for a benchmark alone: nobody may read what is written, and so nothing is
/// done for readers.
pub(crate) const PUBLISHED: bool = cfg!(not(unpublished));

/// The version of some words.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Version(Word32);

// SAFETY: it is a word.
unsafe impl Words for Version {}

impl Version {
    /// The words that follow are about to be written. By their only writer.
    #[inline(always)]
    pub fn begin(&self) {
        if !PUBLISHED {
            return;
        }
        self.0.set(self.0.get().wrapping_add(1));
        // Pairs with the fence in `read`: who reads a word that is written from here on reads
        // the odd version, or a later one, afterwards.
        fence(Ordering::Release);
    }

    /// The same, where a writer that was killed may have begun and not ended.
    #[inline(always)]
    pub fn reopen(&self) {
        if !self.is_open() {
            self.begin();
        }
    }

    /// The version as a number. Two reads of it that are equal saw the same words, unless there
    /// were 2³¹ changes between them.
    #[inline(always)]
    #[must_use]
    pub fn number(&self) -> u32 {
        self.0.get()
    }

    /// The words were written.
    #[inline(always)]
    pub fn end(&self) {
        if !PUBLISHED {
            return;
        }
        // Pairs with the first load in `read`: who reads this version reads the words, too.
        self.0.set_release(self.0.get().wrapping_add(1));
    }

    /// Whether a writer has begun and not ended: it is at it, or was killed at it.
    #[inline(always)]
    pub fn is_open(&self) -> bool {
        !self.0.get().is_multiple_of(2)
    }

    /// What `words` reads, from words that belong together; `None` where each of `tries` met the
    /// writer. What it reads in vain may be any mixture: it has to cope with that, and to end.
    #[inline(always)]
    pub fn read<T>(&self, tries: u32, words: impl FnMut() -> T) -> Option<T> {
        self.read_noting(tries, || (), words)
    }

    /// The same, calling `vain` after each try that met the writer: who counts those pays nothing
    /// for a read that met nobody.
    #[inline(always)]
    pub fn read_noting<T>(
        &self,
        tries: u32,
        vain: impl Fn(),
        mut words: impl FnMut() -> T,
    ) -> Option<T> {
        for _ in 0..tries {
            let before = self.0.get_acquire();
            if before.is_multiple_of(2) {
                let read = words();
                // Pairs with the fence in `begin`.
                fence(Ordering::Acquire);
                if self.0.get() == before {
                    return Some(read);
                }
            }
            vain();
            std::hint::spin_loop();
        }
        None
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_written_is_not_read() {
        let version = Version::default();
        assert_eq!(version.read(1, || 7), Some(7));
        version.begin();
        assert!(version.is_open());
        assert_eq!(version.read(3, || 7), None);
        version.end();
        assert!(!version.is_open());
        assert_eq!(version.read(1, || 7), Some(7));
    }

    #[test]
    fn what_was_written_meanwhile_is_read_again() {
        let version = Version::default();
        let reads = std::cell::Cell::new(0);
        let read = version.read(5, || {
            reads.set(reads.get() + 1);
            if reads.get() < 3 {
                version.begin();
                version.end();
            }
            reads.get()
        });
        assert_eq!(read, Some(3));
        let vain = std::cell::Cell::new(0);
        let note = || vain.set(vain.get() + 1);
        assert_eq!((version.read_noting(5, note, || 7), vain.get()), (Some(7), 0));
        reads.set(0);
        let meeting = || {
            reads.set(reads.get() + 1);
            if reads.get() < 3 {
                version.begin();
                version.end();
            }
            reads.get()
        };
        assert_eq!((version.read_noting(5, note, meeting), vain.get()), (Some(3), 2));
        let write = || {
            version.begin();
            version.end();
        };
        assert_eq!(version.read(5, write), None, "no more than the tries it was given");
    }

    #[test]
    fn the_version_may_wrap() {
        let version = Version(Word32::from(u32::MAX - 1));
        version.begin();
        assert!(version.is_open());
        version.end();
        assert!(!version.is_open());
        assert_eq!((version.0.get(), version.read(1, || 7)), (0, Some(7)));
    }
}

#[cfg(test)]
#[cfg(loom)]
mod loom_models {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::Version;
    use crate::region::Word64;

    /// Two words that are one number.
    #[derive(Default)]
    struct Pair {
        version: Version,
        words: [Word64; 2],
    }

    impl Pair {
        fn write(&self, number: u64) {
            self.version.begin();
            self.words.iter().for_each(|word| word.set(number));
            self.version.end();
        }

        fn read(&self) -> Option<u64> {
            let [one, other] = self.version.read(1, || self.words.each_ref().map(Word64::get))?;
            assert_eq!(one, other, "torn");
            Some(one)
        }
    }

    /// A writer of so many numbers, and readers that each look so many times.
    fn check(readers: usize, reads: u32, writes: u64, preemptions: usize) {
        let (read_all, read_none) = (AtomicBool::new(false), AtomicBool::new(false));
        let seen = Arc::new((read_all, read_none));
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(preemptions);
        let by_all = Arc::clone(&seen);
        model.check(move || {
            let pair = Arc::new(Pair::default());
            let readers: Vec<_> = (0..readers)
                .map(|_| {
                    let (pair, seen) = (Arc::clone(&pair), Arc::clone(&by_all));
                    loom::thread::spawn(move || {
                        let mut last = 0;
                        for _ in 0..reads {
                            let read = pair.read();
                            assert!(read.is_none_or(|read| read >= last), "{read:?} after {last}");
                            last = read.unwrap_or(last);
                            seen.0.fetch_or(read == Some(writes), Ordering::Relaxed);
                            seen.1.fetch_or(read.is_none(), Ordering::Relaxed);
                        }
                    })
                })
                .collect();
            (1..=writes).for_each(|number| pair.write(number));
            readers.into_iter().for_each(|reader| reader.join().unwrap());
            assert_eq!(pair.read(), Some(writes));
        });
        assert!(seen.0.load(Ordering::Relaxed), "no reader ever read the last number");
        assert!(seen.1.load(Ordering::Relaxed), "no reader ever met the writer");
    }

    #[test]
    fn two_readers_never_read_a_torn_pair() {
        check(2, 1, 2, 2);
    }

    #[test]
    fn three_readers_never_read_a_torn_pair() {
        check(3, 1, 1, 1);
    }
}
