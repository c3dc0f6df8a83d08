//! Why bytes are no ITCH message, and why values cannot be written as one.

use thiserror::Error;

/// Why bytes were not taken as an ITCH message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ItchError {
    /// There are no bytes, so there is no kind either.
    #[error("an empty message has no kind")]
    Empty,
    /// The specification of 2026-02-19 knows no such kind. Its sequence number is used up all the
    /// same.
    #[error("no message has the kind `{}`", kind.escape_ascii())]
    UnknownKind {
        /// The first byte.
        kind: u8,
    },
    /// A view was asked for that is not the view of this message.
    #[error("expected kind `{}`, found `{}`", expected.escape_ascii(), found.escape_ascii())]
    OtherKind {
        /// The kind of the view.
        expected: u8,
        /// The first byte.
        found: u8,
    },
    /// The message ends before its last field does.
    #[error("a message of kind `{}` has {expected} bytes, found {found}", kind.escape_ascii())]
    Short {
        /// The first byte.
        kind: u8,
        /// The length that the specification gives.
        expected: u8,
        /// The length there is.
        found: u8,
    },
    /// The buy/sell indicator (offset 19 in A, F and P) is neither `B` nor `S`.
    #[error("the side of a message of kind `{}` is `{}`", kind.escape_ascii(), found.escape_ascii())]
    Side {
        /// The first byte of the message.
        kind: u8,
        /// The indicator.
        found: u8,
    },
}

impl ItchError {
    /// That a byte is no side.
    #[cold]
    pub(super) const fn no_side(kind: u8, found: u8) -> ItchError {
        ItchError::Side { kind, found }
    }

    /// Why `message` is none of kind `KIND` with `LEN` bytes.
    #[cold]
    pub(super) const fn refused<const KIND: u8, const LEN: usize>(message: &[u8]) -> ItchError {
        match message {
            [] => ItchError::Empty,
            [found, ..] if *found != KIND => ItchError::OtherKind { expected: KIND, found: *found },
            _ => {
                // The longest message has 50 bytes, and a short one is shorter than its kind's.
                #[allow(clippy::cast_possible_truncation)]
                let (expected, found) = (LEN as u8, message.len() as u8);
                ItchError::Short { kind: KIND, expected, found }
            }
        }
    }
}

/// A value that its field in the message cannot hold. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the {field} of a message of kind `{}` does not fit into {width} bytes", kind.escape_ascii())]
pub struct OutOfRange {
    /// The kind of the message.
    pub kind: u8,
    /// The name of the field.
    pub field: &'static str,
    /// Bytes that the field has.
    pub width: usize,
}
