use wirebook_book::SeqNo;

use super::Messages;

/// Consecutive messages: what a session delivers, and what a file of messages consists of.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The number of the first message, from 1; the others follow it. 0 where the sender did not
    /// number them: then no message of the block has a number.
    pub first: SeqNo,
    /// The messages, at least one.
    pub messages: Messages<'a>,
}

impl<'a> Block<'a> {
    /// Whether the messages have numbers.
    #[inline]
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.first.get() != 0
    }

    /// Each message with its number (0 for all of them where they have none).
    #[inline]
    pub fn numbered(self) -> impl Iterator<Item = (SeqNo, &'a [u8])> {
        let step = u64::from(self.is_numbered());
        let mut number = self.first.get();
        self.messages.map(move |message| {
            let this = SeqNo::new(number);
            number = number.wrapping_add(step);
            (this, message)
        })
    }

    /// The number of the last message (0 where they have none).
    #[inline]
    #[must_use]
    pub fn last(&self) -> SeqNo {
        match self.messages.len() {
            count if count > 0 && self.is_numbered() => {
                SeqNo::new(self.first.get().saturating_add(count as u64 - 1))
            }
            _ => self.first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_first_one_or_are_absent() {
        let messages = Messages::check(&[0, 1, b'a', 0, 1, b'b'], 2).unwrap();
        let block = Block { first: SeqNo::new(7), messages: messages.clone() };
        assert_eq!(block.last(), SeqNo::new(8));
        let numbered: Vec<_> = block.numbered().collect();
        assert_eq!(numbered, [(SeqNo::new(7), &b"a"[..]), (SeqNo::new(8), b"b")]);

        let block = Block { first: SeqNo::new(0), messages };
        assert_eq!(block.last(), SeqNo::new(0));
        assert!(block.numbered().all(|(number, _)| number == SeqNo::new(0)));
    }
}
