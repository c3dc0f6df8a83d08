//! Names of things that a feed numbers.

use core::fmt;

macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name($inner);

        impl $name {
            /// From the bare number.
            #[must_use]
            pub const fn new(number: $inner) -> $name {
                $name(number)
            }

            /// The bare number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// The number a feed gives a symbol for one day ("stock locate" in ITCH). Locates are
    /// assigned afresh each day and may have holes.
    Locate(u16)
}
number! {
    /// The exchange's reference of one order: unique for the day over all symbols of the feed.
    OrderRef(u64)
}
number! {
    /// The number of a message in its session, from 1 (MoldUDP64, section 3).
    SeqNo(u64)
}
number! {
    /// The exchange's number of one execution.
    MatchNo(u64)
}
number! {
    /// Nanoseconds since midnight by the exchange's clock (or, for sources without one, by the
    /// clock the source names). For showing and for simulated time; order is by sequence alone.
    Nanos(u64)
}

impl Locate {
    /// The locate as a table index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl SeqNo {
    /// The number after this one (staying at the last number there is).
    #[must_use]
    pub const fn next(self) -> SeqNo {
        SeqNo(self.0.saturating_add(1))
    }

    /// The number `count` messages later, if there is one.
    #[must_use]
    pub const fn checked_add(self, count: u64) -> Option<SeqNo> {
        match self.0.checked_add(count) {
            Some(number) => Some(SeqNo(number)),
            None => None,
        }
    }
}

impl Nanos {
    /// Nanoseconds in a second.
    pub const PER_SECOND: u64 = 1_000_000_000;

    /// The time `ns` nanoseconds later (staying at the last time there is).
    #[must_use]
    pub const fn after(self, ns: u64) -> Nanos {
        Nanos(self.0.saturating_add(ns))
    }

    /// Nanoseconds since `earlier`, or zero where that is later.
    #[must_use]
    pub const fn since(self, earlier: Nanos) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A symbol as feeds write it: eight bytes, padded on the right with spaces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Symbol([u8; 8]);

impl Symbol {
    /// Eight spaces: a locate whose name was never announced.
    pub const UNKNOWN: Symbol = Symbol(*b"        ");

    /// From the bytes on the wire. Trailing NULs, as some feeds pad, count as spaces.
    #[must_use]
    pub const fn from_bytes(mut bytes: [u8; 8]) -> Symbol {
        let mut end = bytes.len();
        while end > 0 && bytes[end - 1] == 0 {
            end -= 1;
            bytes[end] = b' ';
        }
        Symbol(bytes)
    }

    /// From text of at most eight bytes; `None` where it is longer.
    #[must_use]
    pub fn new(text: &str) -> Option<Symbol> {
        let mut bytes = *b"        ";
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Symbol::from_bytes(bytes))
    }

    /// The padded bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// The symbol without padding; `"?"` where the bytes are no text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.0.trim_ascii_end()).unwrap_or("?")
    }
}

impl Default for Symbol {
    fn default() -> Symbol {
        Symbol::UNKNOWN
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_padded_and_trimmed() {
        let aapl = Symbol::new("AAPL").unwrap();
        assert_eq!(aapl.as_bytes(), b"AAPL    ");
        assert_eq!(Symbol::from_bytes(*b"AAPL\0\0\0\0"), aapl);
        assert_eq!(aapl.as_str(), "AAPL");
        assert_eq!(Symbol::new("TOOLONGXX"), None);
        assert_eq!(Symbol::from_bytes([0xff; 8]).as_str(), "?");
    }
}
