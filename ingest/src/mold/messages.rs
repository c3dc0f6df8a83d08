use thiserror::Error;

/// Bytes of a length prefix.
const LENGTH_BYTES: usize = 2;

/// A run of whole messages, each behind its length (2 bytes, big-endian), already checked.
///
/// It is an iterator over the messages' bytes that cannot fail, and as cheap to copy as the slice
/// it borrows; clone it to walk twice. The blocks of a MoldUDP64 packet and NASDAQ's files of
/// messages have this layout alike.
#[derive(Clone, Debug, Default)]
pub struct Messages<'a> {
    /// Exactly `count` messages with their lengths.
    bytes: &'a [u8],
    count: usize,
}

impl<'a> Messages<'a> {
    /// The `count` messages that `bytes` consist of.
    ///
    /// # Errors
    /// [`FramingError`] where `bytes` are not `count` messages to the byte. Offsets count from the
    /// first of `bytes`.
    #[inline]
    pub fn check(bytes: &'a [u8], count: usize) -> Result<Messages<'a>, FramingError> {
        Messages::check_and_show(bytes, count, 0, |_| {})
    }

    /// [`Messages::check`] for bytes that begin at offset `base` of what the caller names in its errors, which shows each
    /// message when it is found.
    #[inline(always)]
    pub(super) fn check_and_show(
        bytes: &'a [u8],
        count: usize,
        base: usize,
        mut show: impl FnMut(&'a [u8]),
    ) -> Result<Messages<'a>, FramingError> {
        let mut rest = bytes;
        for index in 0..count {
            let Some((message, behind)) = Messages::split_first(rest) else {
                return Err(cut_short(rest, base + bytes.len() - rest.len(), index, count));
            };
            show(message);
            rest = behind;
        }
        if !rest.is_empty() {
            let offset = base + bytes.len() - rest.len();
            return Err(FramingError::Trailing { count, offset, found: rest.len() });
        }
        Ok(Messages { bytes, count })
    }

    /// Whether `bytes` begin with a whole message.
    #[must_use]
    pub(crate) fn begin(bytes: &'a [u8]) -> bool {
        Messages::split_first(bytes).is_some()
    }

    /// The message that `bytes` begin with, and what follows it; `None` where it is not there to
    /// its end. Who needs no count of messages beforehand walks the bytes once so, and not twice.
    #[inline(always)]
    #[must_use]
    pub fn split_first(bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        rest.split_at_checked(u16::from_be_bytes(*length).into())
    }

    /// As many whole messages as `bytes` begin with, and how many bytes those take. What is left
    /// over is the beginning of a message that is not there to its end.
    #[must_use]
    pub fn prefix(bytes: &'a [u8]) -> (Messages<'a>, usize) {
        let mut rest = bytes;
        let mut count = 0;
        while let Some((_, behind)) = Messages::split_first(rest) {
            rest = behind;
            count += 1;
        }
        let consumed = bytes.len() - rest.len();
        (Messages { bytes: bytes.get(..consumed).unwrap_or_default(), count }, consumed)
    }

    /// Bytes that [`Messages::check`] has accepted as `count` messages before.
    pub(crate) fn checked_before(bytes: &'a [u8], count: usize) -> Messages<'a> {
        debug_assert!(Messages::check(bytes, count).is_ok());
        Messages { bytes, count }
    }

    /// How many messages are left.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether none is left.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of the messages that are left, with their lengths.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The messages before those that `rest` consists of, which are the last of these.
    #[must_use]
    pub(crate) fn until(&self, rest: &Messages<'a>) -> Messages<'a> {
        let len = self.bytes.len().saturating_sub(rest.bytes.len());
        let bytes = self.bytes.get(..len).unwrap_or_default();
        Messages { bytes, count: self.count.saturating_sub(rest.count) }
    }

    /// The messages behind the first `count` (none where there are not so many). Unlike
    /// [`Iterator::skip`], which it stands in for, it gives `Messages` again.
    #[inline]
    #[must_use]
    pub fn skip(mut self, count: usize) -> Messages<'a> {
        for _ in 0..count {
            if self.next().is_none() {
                break;
            }
        }
        self
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (message, rest) = Messages::split_first(self.bytes)?;
        self.bytes = rest;
        self.count -= 1;
        Some(message)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Messages<'_> {}
impl core::iter::FusedIterator for Messages<'_> {}

/// Why `rest` does not begin with a whole message.
#[cold]
fn cut_short(rest: &[u8], offset: usize, index: usize, count: usize) -> FramingError {
    if rest.is_empty() {
        return FramingError::Missing { index, count, offset };
    }
    let expected = match rest.first_chunk::<LENGTH_BYTES>() {
        Some(length) => LENGTH_BYTES + usize::from(u16::from_be_bytes(*length)),
        None => LENGTH_BYTES,
    };
    FramingError::Truncated { index, offset, expected, found: rest.len() }
}

/// Bytes that are not the messages they were said to be. Messages are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FramingError {
    /// The bytes end where message `index` should begin.
    #[error("{index} of {count} messages are there: the bytes end at offset {offset}")]
    Missing {
        /// The first message that is not there.
        index: usize,
        /// How many there should be.
        count: usize,
        /// Where the bytes end.
        offset: usize,
    },
    /// A message is not there to its end.
    #[error(
        "message {index} at offset {offset} is cut short: expected {expected} bytes with its \
         length, found {found}"
    )]
    Truncated {
        /// Which message.
        index: usize,
        /// Where its length begins.
        offset: usize,
        /// Bytes of the message and its length (of the length alone, where not even that is
        /// there).
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// Bytes follow the last message.
    #[error("{found} bytes follow the last of {count} messages, at offset {offset}")]
    Trailing {
        /// How many messages there are.
        count: usize,
        /// Where the last message ends.
        offset: usize,
        /// How many bytes follow it.
        found: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &[u8] = &[0, 2, b'h', b'i', 0, 0, 0, 1, b'!'];

    #[test]
    fn whole_messages_come_in_order_the_empty_one_too() {
        let messages = Messages::check(THREE, 3).unwrap();
        assert_eq!(messages.len(), 3);
        assert_eq!(messages.clone().collect::<Vec<_>>(), [&b"hi"[..], b"", b"!"]);
        assert_eq!(messages.skip(2).as_bytes(), [0, 1, b'!']);
    }

    #[test]
    fn skipping_past_the_end_leaves_nothing() {
        let messages = Messages::check(THREE, 3).unwrap().skip(4);
        assert!(messages.is_empty());
        assert!(messages.as_bytes().is_empty());
    }

    #[test]
    fn every_other_count_is_refused() {
        assert_eq!(
            Messages::check(THREE, 4).unwrap_err(),
            FramingError::Missing { index: 3, count: 4, offset: 9 }
        );
        assert_eq!(
            Messages::check(THREE, 2).unwrap_err(),
            FramingError::Trailing { count: 2, offset: 6, found: 3 }
        );
    }

    #[test]
    fn a_message_cut_short_is_named_with_its_place() {
        let error = Messages::check(&THREE[..8], 3).unwrap_err();
        assert_eq!(error, FramingError::Truncated { index: 2, offset: 6, expected: 3, found: 2 });
        assert_eq!(
            error.to_string(),
            "message 2 at offset 6 is cut short: expected 3 bytes with its length, found 2"
        );
        let error = Messages::check(&THREE[..7], 3).unwrap_err();
        assert_eq!(error, FramingError::Truncated { index: 2, offset: 6, expected: 2, found: 1 });
    }

    #[test]
    fn a_prefix_stops_at_the_message_that_is_not_whole() {
        for end in 6..THREE.len() {
            let (messages, consumed) = Messages::prefix(&THREE[..end]);
            assert_eq!((messages.len(), consumed), (2, 6));
        }
        let (messages, consumed) = Messages::prefix(THREE);
        assert_eq!((messages.len(), consumed), (3, 9));
        assert_eq!(messages.as_bytes(), THREE);
    }
}
