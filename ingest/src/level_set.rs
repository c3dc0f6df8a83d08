//! The level-set message: the quantity of one price level, set anew.
//!
//! A packed little-endian C structure, by itself or several back to back in one UDP datagram:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | sequence |
//! | 4 | 8 | timestamp |
//! | 12 | 8 | symbol, padded on the right with NULs or spaces |
//! | 20 | 8 | price, in units of 10⁻⁴ |
//! | 28 | 8 | quantity; zero removes the level |
//! | 36 | 1 | side: 0 bid, 1 ask |
//!
//! The fields add up to 37 bytes, and that is what a C compiler makes of them.

use core::fmt;

use thiserror::Error;
use wirebook_book::{Nanos, Price, Qty, SeqNo, Side, Symbol};

/// Bytes of one message.
pub const LEN: usize = 37;

/// Why bytes are no level-set messages, or a value is none of a book's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LevelSetError {
    /// A datagram is empty or ends inside a message.
    #[error("expected a message of {LEN} bytes at offset {offset}, found {found}")]
    Length {
        /// Where in the datagram the message begins.
        offset: usize,
        /// Bytes that are left there.
        found: usize,
    },
    /// A price that 63 bits do not hold.
    #[error("message {sequence}: a price of {found} units")]
    Price {
        /// The number of the message.
        sequence: SeqNo,
        /// The price, in units of 10⁻⁴.
        found: u64,
    },
    /// A side that is neither 0 nor 1.
    #[error("message {sequence}: side {found}")]
    Side {
        /// The number of the message.
        sequence: SeqNo,
        /// The byte.
        found: u8,
    },
}

/// A value that its field in the message cannot hold. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LevelSetOutOfRange {
    /// The sequence has 32 bits.
    #[error("sequence {0} does not fit into 4 bytes")]
    Sequence(SeqNo),
    /// The price is unsigned.
    #[error("a price of {0} is below zero")]
    Price(Price),
}

/// The messages of a datagram, in order.
///
/// # Errors
/// [`LevelSetError::Length`] where the datagram is empty or does not end with a message; then none
/// of its messages is given out, for nothing tells which bytes are missing.
#[inline]
pub fn messages(payload: &[u8]) -> Result<Messages<'_>, LevelSetError> {
    match payload.as_chunks() {
        (whole @ [_, ..], []) => Ok(Messages(whole.iter())),
        (whole, rest) => {
            Err(LevelSetError::Length { offset: whole.len() * LEN, found: rest.len() })
        }
    }
}

/// The messages of one datagram; made by [`messages`].
#[derive(Debug, Clone)]
pub struct Messages<'a>(core::slice::Iter<'a, [u8; LEN]>);

impl<'a> Iterator for Messages<'a> {
    type Item = LevelSet<'a>;

    #[inline]
    fn next(&mut self) -> Option<LevelSet<'a>> {
        self.0.next().map(LevelSet)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Messages<'_> {}

/// The view of one message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LevelSet<'a>(&'a [u8; LEN]);

impl<'a> LevelSet<'a> {
    /// The view of a message's bytes.
    #[inline]
    #[must_use]
    pub const fn new(message: &'a [u8; LEN]) -> LevelSet<'a> {
        LevelSet(message)
    }

    /// The bytes of the message.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8; LEN] {
        self.0
    }

    /// The number of the message.
    #[inline]
    #[must_use]
    pub fn sequence(self) -> SeqNo {
        let [a, b, c, d, ..] = *self.0;
        SeqNo::new(u64::from(u32::from_le_bytes([a, b, c, d])))
    }

    /// When the message was made, by the sender's clock.
    #[inline]
    #[must_use]
    pub fn timestamp(self) -> Nanos {
        Nanos::new(u64::from_le_bytes(self.eight::<4>()))
    }

    /// The symbol.
    #[inline]
    #[must_use]
    pub fn symbol(self) -> Symbol {
        Symbol::from_bytes(self.eight::<12>())
    }

    /// The price of the level.
    ///
    /// # Errors
    /// [`LevelSetError::Price`].
    #[inline]
    pub fn price(self) -> Result<Price, LevelSetError> {
        let found = u64::from_le_bytes(self.eight::<20>());
        match i64::try_from(found) {
            Ok(units) => Ok(Price::from_units(units)),
            Err(_) => Err(LevelSetError::Price { sequence: self.sequence(), found }),
        }
    }

    /// What the level holds from here on; zero where there is no such level any more.
    #[inline]
    #[must_use]
    pub fn qty(self) -> Qty {
        Qty::new(u64::from_le_bytes(self.eight::<28>()))
    }

    /// The side of the level.
    ///
    /// # Errors
    /// [`LevelSetError::Side`].
    #[inline]
    pub fn side(self) -> Result<Side, LevelSetError> {
        match self.0[36] {
            0 => Ok(Side::Bid),
            1 => Ok(Side::Ask),
            found => Err(LevelSetError::Side { sequence: self.sequence(), found }),
        }
    }

    /// All values of the message.
    ///
    /// # Errors
    /// As [`price`](LevelSet::price) and [`side`](LevelSet::side).
    #[inline]
    pub fn fields(self) -> Result<LevelSetFields, LevelSetError> {
        Ok(LevelSetFields {
            sequence: self.sequence(),
            timestamp: self.timestamp(),
            symbol: self.symbol(),
            price: self.price()?,
            qty: self.qty(),
            side: self.side()?,
        })
    }

    /// The eight bytes at `OFFSET`, which lie inside the message.
    #[inline(always)]
    const fn eight<const OFFSET: usize>(self) -> [u8; 8] {
        const { assert!(OFFSET + 8 <= LEN) };
        let mut field = [0; 8];
        let mut byte = 0;
        while byte < field.len() {
            field[byte] = self.0[OFFSET + byte];
            byte += 1;
        }
        field
    }
}

/// The fields as `name=value`, on one line.
impl fmt::Display for LevelSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sequence, timestamp, symbol) = (self.sequence(), self.timestamp(), self.symbol());
        // Escaped, so that no symbol breaks the line.
        let symbol = symbol.as_bytes().trim_ascii_end().escape_ascii();
        write!(f, "LevelSet sequence={sequence} timestamp={timestamp} symbol={symbol} price=")?;
        match self.price() {
            Ok(price) => write!(f, "{price}")?,
            Err(error) => write!(f, "({error})")?,
        }
        write!(f, " qty={} side=", self.qty())?;
        match self.side() {
            Ok(side) => write!(f, "{side}"),
            Err(error) => write!(f, "({error})"),
        }
    }
}

impl fmt::Debug for LevelSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The values of [`LevelSet`], to be written as a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelSetFields {
    /// The number of the message, of 32 bits.
    pub sequence: SeqNo,
    /// When the message was made, by the sender's clock.
    pub timestamp: Nanos,
    /// The symbol.
    pub symbol: Symbol,
    /// The price of the level, not below zero.
    pub price: Price,
    /// What the level holds from here on; zero removes it.
    pub qty: Qty,
    /// The side of the level.
    pub side: Side,
}

impl LevelSetFields {
    /// Writes the message into `out`, which stays as it was where a value does not fit. The
    /// symbol is padded with spaces.
    ///
    /// # Errors
    /// [`LevelSetOutOfRange`] names the first value that its field cannot hold.
    pub fn write(&self, out: &mut [u8; LEN]) -> Result<(), LevelSetOutOfRange> {
        let sequence = u32::try_from(self.sequence.get())
            .map_err(|_| LevelSetOutOfRange::Sequence(self.sequence))?;
        let price =
            u64::try_from(self.price.units()).map_err(|_| LevelSetOutOfRange::Price(self.price))?;
        out[..4].copy_from_slice(&sequence.to_le_bytes());
        out[4..12].copy_from_slice(&self.timestamp.get().to_le_bytes());
        out[12..20].copy_from_slice(self.symbol.as_bytes());
        out[20..28].copy_from_slice(&price.to_le_bytes());
        out[28..36].copy_from_slice(&self.qty.shares().to_le_bytes());
        out[36] = match self.side {
            Side::Bid => 0,
            Side::Ask => 1,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: LevelSetFields = LevelSetFields {
        sequence: SeqNo::new(7),
        timestamp: Nanos::new(1_700_000_000_000_000_001),
        symbol: Symbol::UNKNOWN,
        price: Price::from_units(1_000_000),
        qty: Qty::new(500),
        side: Side::Ask,
    };

    #[test]
    fn a_datagram_holds_whole_messages_or_none() {
        let offset_and_found = |len| match messages(&vec![0; len]) {
            Ok(messages) => Err(messages.len()),
            Err(LevelSetError::Length { offset, found }) => Ok((offset, found)),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(offset_and_found(0), Ok((0, 0)));
        assert_eq!(offset_and_found(LEN - 1), Ok((0, LEN - 1)));
        assert_eq!(offset_and_found(LEN), Err(1));
        assert_eq!(offset_and_found(3 * LEN), Err(3));
        assert_eq!(offset_and_found(3 * LEN + 1), Ok((3 * LEN, 1)));
    }

    #[test]
    fn values_of_no_book_are_errors_of_their_message() {
        let mut bytes = [0; LEN];
        FIELDS.write(&mut bytes).unwrap();
        assert_eq!(LevelSet::new(&bytes).fields(), Ok(FIELDS));

        bytes[36] = 2;
        let sequence = FIELDS.sequence;
        let view = LevelSet::new(&bytes);
        assert_eq!(view.side(), Err(LevelSetError::Side { sequence, found: 2 }));
        assert_eq!(view.price(), Ok(FIELDS.price));

        bytes[27] = 0x80;
        let found = (1 << 63) + 1_000_000;
        let error = LevelSetError::Price { sequence, found };
        assert_eq!(LevelSet::new(&bytes).price(), Err(error));
        assert_eq!(LevelSet::new(&bytes).fields(), Err(error));
    }

    #[test]
    fn no_symbol_breaks_the_line() {
        let symbol = Symbol::from_bytes(*b"A\nB\x1b\xff   ");
        let mut bytes = [0; LEN];
        LevelSetFields { symbol, ..FIELDS }.write(&mut bytes).unwrap();
        let dump = LevelSet::new(&bytes).to_string();
        assert!(dump.contains(r" symbol=A\nB\x1b\xff price="), "{dump}");
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut bytes = [0xaa; LEN];
        let late = SeqNo::new(1 << 32);
        let error = LevelSetFields { sequence: late, ..FIELDS }.write(&mut bytes);
        assert_eq!(error, Err(LevelSetOutOfRange::Sequence(late)));
        let below = Price::from_units(-1);
        let error = LevelSetFields { price: below, ..FIELDS }.write(&mut bytes);
        assert_eq!(error, Err(LevelSetOutOfRange::Price(below)));
        assert_eq!(bytes, [0xaa; LEN]);
    }
}
