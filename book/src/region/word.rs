//! Numbers in a region.
//!
//! One thread writes a region; others, in other processes too, may read it meanwhile. Every
//! number in it is therefore an atomic that is read and written whole, with no order among
//! them: on all processors that we know that costs what a plain number costs. What readers may
//! conclude from what they read is the business of the sequence lock.

use std::sync::atomic::Ordering;

// The one place where the atomics of a checker take the place of the processor's: with
// `--cfg loom` or `--cfg shuttle`, in this crate's own tests.
#[cfg(all(test, loom))]
use loom::sync::atomic;
#[cfg(all(test, shuttle, not(loom)))]
use shuttle::sync::atomic;
#[cfg(not(all(test, any(loom, shuttle))))]
use std::sync::atomic;

pub(crate) use atomic::fence;
use atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};

/// What a table may consist of.
///
/// # Safety
/// The type consists of words and nothing else: no padding, every bit pattern is a value, and it
/// can be read while another thread writes it.
pub unsafe trait Words: Send + Sync + 'static {}

macro_rules! word {
    ($name:ident, $number:ty, $atomic:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name($atomic);

        impl $name {
            /// Reads it.
            #[inline(always)]
            pub fn get(&self) -> $number {
                // Relaxed: see the module.
                self.0.load(Ordering::Relaxed)
            }

            /// Writes it.
            #[inline(always)]
            pub fn set(&self, number: $number) {
                // Relaxed: see the module.
                self.0.store(number, Ordering::Relaxed);
            }

            /// Reads it, and what was written before it by [`Self::set_release`].
            #[inline(always)]
            pub fn get_acquire(&self) -> $number {
                // Pairs with the store in `set_release`.
                self.0.load(Ordering::Acquire)
            }

            /// Writes it after all that was written before.
            #[inline(always)]
            pub fn set_release(&self, number: $number) {
                // Pairs with the load in `get_acquire`.
                self.0.store(number, Ordering::Release);
            }
        }

        impl From<$number> for $name {
            fn from(number: $number) -> $name {
                $name(<$atomic>::new(number))
            }
        }

        // SAFETY: an atomic integer has the layout of its integer, of which every bit pattern
        // is a value, and no padding. A checker's atomics have not: its models make their words
        // one by one (`Table::of`), and with it no other test may run.
        unsafe impl Words for $name {}
    };
}

word!(Word8, u8, AtomicU8, "Eight bits in a region.");
word!(Word16, u16, AtomicU16, "Sixteen bits in a region.");
word!(Word32, u32, AtomicU32, "Thirty-two bits in a region.");
word!(Word64, u64, AtomicU64, "Sixty-four bits in a region.");

/// Makes a struct of words that may be an item of a table.
///
/// The struct is laid out as written; that its fields leave no padding between or behind them is
/// checked when it is compiled.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident, align($align:literal) {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        #[repr(C, align($align))]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)+
        }

        const _: () = {
            const fn words<T: $crate::region::FieldWords>() -> usize { size_of::<T>() }
            // A checker's atomics are larger than what they stand for, and never in a region.
            let checked = cfg!(all(test, any(loom, shuttle)));
            let padded = size_of::<$name>() != 0 $(+ words::<$type>())+;
            assert!(checked || !padded, "padding between words");
        };

        // The one place where tables' items say this, for all of them.
        #[allow(unsafe_code)]
        // SAFETY: every field consists of words (`FieldWords`), and there is no padding (above).
        unsafe impl $crate::region::Words for $name {}
    };
}
pub(crate) use words;

/// What a field of a [`words!`] struct may be: a word, or an array of words.
pub(crate) trait FieldWords {}
impl<T: Words> FieldWords for T {}
impl<T: Words, const N: usize> FieldWords for [T; N] {}

#[cfg(all(test, any(loom, shuttle)))]
impl<T: Words + Default> super::Table<T> {
    /// A table in ordinary memory, whose words are made one by one.
    pub(crate) fn of(len: usize) -> super::Table<T> {
        let items: std::sync::Arc<[T]> = (0..len).map(|_| T::default()).collect();
        assert!(len.is_power_of_two());
        // SAFETY: `items` holds `len` of them, is moved nowhere and kept by the table; they are
        // words, so that whoever shares them reads and writes them atomically.
        unsafe {
            super::Table::from_raw(items.as_ptr().cast_mut(), len, std::sync::Arc::new(items))
        }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn every_word_keeps_every_bit() {
        macro_rules! keeps {
            ($($word:ident: $number:ty),+) => {$(
                assert_eq!(size_of::<$word>(), size_of::<$number>());
                let word = $word::default();
                for number in [<$number>::MAX, 0, 1, <$number>::MAX / 3] {
                    word.set(number);
                    assert_eq!((word.get(), word.get_acquire()), (number, number));
                    word.set_release(!number);
                    assert_eq!((word.get(), word.get_acquire()), (!number, !number));
                }
                assert_eq!($word::from(7).get(), 7);
            )+};
        }
        keeps!(Word8: u8, Word16: u16, Word32: u32, Word64: u64);
    }
}
