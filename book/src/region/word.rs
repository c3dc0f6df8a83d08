//! Numbers in a region.
//!
//! One thread writes a region; others, in other processes too, may read it meanwhile. Every
//! number in it is therefore an atomic that is read and written whole, with no order among
//! them: on all processors that we know that costs what a plain number costs. What readers may
//! conclude from what they read is the business of the sequence lock.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

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
        }

        impl From<$number> for $name {
            fn from(number: $number) -> $name {
                $name(<$atomic>::new(number))
            }
        }

        // SAFETY: an atomic integer has the layout of its integer, of which every bit pattern
        // is a value, and no padding.
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
            assert!(size_of::<$name>() == 0 $(+ words::<$type>())+, "padding between words");
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
