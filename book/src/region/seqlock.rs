//! Sequence locks: one writer publishes several words, any number of readers read them together.
//!
//! A [`Version`] is odd while the words are being written. A reader reads the version, the words,
//! and the version again: if it was even and is the same, the words belong together. A [`Lock`]
//! counts beginnings and ends apart, in words that may lie in different lines. The writer never waits
//! and never looks at a reader; readers write nothing.

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
    pub fn read<T>(&self, tries: u32, words: impl Fn() -> T) -> Option<T> {
        self.read_noting(tries, || (), words)
    }

    /// The same, calling `vain` after each try that met the writer: who counts those pays nothing
    /// for a read that met nobody.
    #[inline(always)]
    pub fn read_noting<T>(&self, tries: u32, vain: impl Fn(), words: impl Fn() -> T) -> Option<T> {
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

/// The versions of some words, counted where a write of them begins and where it ends.
///
/// A reader that waits for the next write looks at the second count alone. So the writer has to take
/// that count's line from it once, at the end, and what is written in between is not disturbed.
#[derive(Clone, Copy, Debug)]
pub struct Lock<'a> {
    begun: &'a Word32,
    ended: &'a Word32,
}

impl<'a> Lock<'a> {
    /// The lock whose counts these are.
    #[inline(always)]
    #[must_use]
    pub fn new(begun: &'a Word32, ended: &'a Word32) -> Lock<'a> {
        Lock { begun, ended }
    }

    /// The words that follow are about to be written. By their only writer, with no other write of
    /// them begun.
    #[inline(always)]
    pub fn begin(self) {
        if !PUBLISHED {
            return;
        }
        self.begun.set(self.ended.get().wrapping_add(1));
        // Pairs with the fence in `read`: who reads a word that is written from here on reads this
        // beginning, or a later one, afterwards.
        fence(Ordering::Release);
    }

    /// The same, where a writer that was killed may have begun and not ended.
    #[inline(always)]
    pub fn reopen(self) {
        if !self.is_open() {
            self.begin();
        }
    }

    /// The words were written.
    #[inline(always)]
    pub fn end(self) {
        if !PUBLISHED {
            return;
        }
        // Pairs with the first load in `read`: who reads this end reads the words, too.
        self.ended.set_release(self.begun.get());
    }

    /// Whether a writer has begun and not ended: it is at it, or was killed at it.
    #[inline(always)]
    #[must_use]
    pub fn is_open(self) -> bool {
        self.begun.get() != self.ended.get()
    }

    /// How many writes have ended. Two of these that are equal saw the same words, unless there
    /// were 2³² writes between them.
    #[inline(always)]
    #[must_use]
    pub fn number(self) -> u32 {
        self.ended.get()
    }

    /// What `words` reads, from words that belong together; `None` where each of `tries` met the
    /// writer. What it reads in vain may be any mixture: it has to cope with that, and to end.
    #[inline(always)]
    pub fn read<T>(self, tries: u32, words: impl FnMut() -> T) -> Option<T> {
        self.read_noting(tries, || (), words)
    }

    /// The same, calling `vain` after each try that met the writer.
    #[inline(always)]
    pub fn read_noting<T>(
        self,
        tries: u32,
        vain: impl Fn(),
        mut words: impl FnMut() -> T,
    ) -> Option<T> {
        for _ in 0..tries {
            let before = self.ended.get_acquire();
            let read = words();
            // Pairs with the fence in `begin`.
            fence(Ordering::Acquire);
            if self.begun.get() == before {
                return Some(read);
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
    fn a_lock_tells_a_write_that_ended_from_one_that_did_not() {
        let (begun, ended) = (Word32::from(u32::MAX), Word32::from(u32::MAX));
        let lock = Lock::new(&begun, &ended);
        assert_eq!(lock.read(1, || 7), Some(7));
        lock.begin();
        lock.reopen();
        assert!(lock.is_open());
        assert_eq!((lock.read(3, || 7), lock.number()), (None, u32::MAX));
        lock.end();
        assert!(!lock.is_open());
        assert_eq!((lock.read(1, || 7), lock.number()), (Some(7), 0));
        lock.reopen();
        assert!(lock.is_open(), "and not twice");
        let write = || {
            lock.end();
            lock.begin();
        };
        lock.end();
        assert_eq!(lock.read(5, write), None, "no more than the tries it was given");
    }

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

    use super::{Lock, Version};
    use crate::region::{Word32, Word64};

    /// Two words that are one number, under a version or under a lock.
    #[derive(Default)]
    struct Pair {
        has_lock: bool,
        version: Version,
        counts: [Word32; 2],
        words: [Word64; 2],
    }

    impl Pair {
        fn lock(&self) -> Lock<'_> {
            Lock::new(&self.counts[0], &self.counts[1])
        }

        fn write(&self, number: u64) {
            if self.has_lock {
                self.lock().begin();
                self.words.iter().for_each(|word| word.set(number));
                self.lock().end();
            } else {
                self.version.begin();
                self.words.iter().for_each(|word| word.set(number));
                self.version.end();
            }
        }

        fn read(&self) -> Option<u64> {
            let words = || self.words.each_ref().map(Word64::get);
            let [one, other] = if self.has_lock {
                self.lock().read(1, words)?
            } else {
                self.version.read(1, words)?
            };
            assert_eq!(one, other, "torn");
            Some(one)
        }
    }

    /// A writer of so many numbers, and readers that each look so many times.
    fn check(has_lock: bool, readers: usize, reads: u32, writes: u64, preemptions: usize) {
        let (read_all, read_none) = (AtomicBool::new(false), AtomicBool::new(false));
        let seen = Arc::new((read_all, read_none));
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(preemptions);
        let by_all = Arc::clone(&seen);
        model.check(move || {
            let pair = Arc::new(Pair { has_lock, ..Pair::default() });
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
        check(false, 2, 1, 2, 2);
    }

    #[test]
    fn three_readers_never_read_a_torn_pair() {
        check(false, 3, 1, 1, 1);
    }

    #[test]
    fn two_readers_never_read_a_torn_pair_under_a_lock() {
        check(true, 2, 1, 2, 2);
    }

    #[test]
    fn three_readers_never_read_a_torn_pair_under_a_lock() {
        check(true, 3, 1, 1, 1);
    }
}
