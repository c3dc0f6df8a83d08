//! Taking over books that another writer left when it was killed.
//!
//! Until the messages come to where that writer was, they are applied to books that are made for
//! the purpose: so counts, tapes and states are those of all messages, and it is known what the
//! books that were left should be. There, the books that were left take over: those that were
//! discarded are restored, and the others are compared.

use wirebook_book::{Books, Locate, Resumed, SeqNo, Snapshot};

use super::flow::Ends;
use super::{Feed, Listener};
use crate::mold::Block;

/// Books that were left, waiting.
#[derive(Debug)]
pub(super) struct Successor {
    resumed: Resumed,
}

impl Successor {
    pub(super) fn beat(&mut self, now_ns: u64) {
        self.resumed.books.beat(now_ns);
    }
}

/// What became of books that were left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Succession {
    /// The last message that their writer had applied.
    pub applied: SeqNo,
    /// The symbols whose books it was changing, which were restored.
    pub discarded: Vec<Locate>,
    /// The symbols whose books were not what the messages make of them, which were restored, too.
    pub differed: Vec<Locate>,
}

impl<L: Listener> Feed<L> {
    /// Lets books that another writer left take over where the messages come to where it was. The
    /// feed's own books, which are lost then, must be empty and of the same capacity.
    pub fn succeed(&mut self, resumed: Resumed) {
        self.successor = Some(Box::new(Successor { resumed }));
    }

    /// Where books that were left have not taken over yet: their session and the last message that
    /// was applied to them.
    #[must_use]
    pub fn awaits(&self) -> Option<(Option<[u8; 10]>, SeqNo)> {
        let resumed = &self.successor.as_ref()?.resumed;
        Some((resumed.session, resumed.applied))
    }

    /// What became of books that were left, if some have taken over.
    #[must_use]
    pub fn succession(&self) -> Option<&Succession> {
        self.succession.as_ref()
    }

    /// Applies the messages up to the one where the books that were left take over, if that is
    /// among them; what is left of the block.
    #[cold]
    pub(super) fn before_succession<'a>(&mut self, block: Block<'a>, ends: Ends) -> Block<'a> {
        let Some((session, applied)) = self.awaits() else { return block };
        // Books without any message go on with whatever session comes first.
        let is_session = applied == SeqNo::default() || session == Some(self.session);
        if !block.is_numbered() || !is_session || block.last() < applied {
            return block;
        }
        let Block { first, messages } = block;
        let count = (applied.get() + 1).saturating_sub(first.get());
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let rest = messages.clone().skip(count);
        if count > 0 {
            let before = messages.until(&rest);
            self.apply_block(Block { first, messages: before }, ends);
        }
        self.take_over();
        Block { first: SeqNo::new(first.get() + count as u64), messages: rest }
    }

    /// The books that were left become the feed's.
    fn take_over(&mut self) {
        let Some(successor) = self.successor.take() else { return };
        let Resumed { mut books, applied, discarded, .. } = successor.resumed;
        let mut differed = Vec::new();
        let locates = (0..=u16::MAX).map(Locate::new).take(books.capacity().locates as usize);
        for locate in locates {
            let Some((ours, theirs)) = snapshots(&self.books, &books, locate) else { continue };
            if ours.is_same(&theirs) {
                continue;
            }
            if !discarded.contains(&locate) {
                differed.push(locate);
            }
            // Where the one had room, so has the other; if not, the book is dead and says so.
            let _ = books.restore(&ours);
        }
        books.continue_from(&self.books);
        books.set_session(self.session);
        books.note_applied(applied);
        books.set_feed_state(self.books.feed_state());
        self.books = books;
        self.listener.on_succession(&self.books);
        self.succession = Some(Succession { applied, discarded, differed });
    }
}

/// Both books of a symbol, where either knows anything of it.
fn snapshots(ours: &Books, theirs: &Books, locate: Locate) -> Option<(Snapshot, Snapshot)> {
    let (ours, theirs) = (ours.book(locate)?, theirs.book(locate)?);
    let is_known = ours.is_known() || theirs.is_known();
    is_known.then(|| (Snapshot::of(&ours), Snapshot::of(&theirs)))
}
