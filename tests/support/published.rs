//! Books in a file, with a ring of updates, that a test plays a day into.

use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use wirebook::book::region::RegionConfig;
use wirebook::book::{Books, Capacity, SeqNo};
use wirebook::ingest::feed::{Feed, FeedConfig, Publisher};
use wirebook::ingest::mold::{Block, Messages};

/// A folder in memory, where there is one.
pub(crate) fn memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

/// A feed over books in a file of the folder, with a ring.
pub(crate) fn published(folder: &Path, updates: u32) -> Feed<Publisher> {
    let file = Some(folder.join("books"));
    let region = RegionConfig { file, updates, ..RegionConfig::default() };
    let capacity = Capacity { orders: 1 << 14, levels: 1 << 13, locates: 1 << 8 };
    let books = Books::create(capacity, &region).unwrap();
    let publisher = Publisher::of(&books);
    Feed::new(books, publisher, FeedConfig::default())
}

/// Plays all messages of a day, some at a time.
pub(crate) fn play(feed: &mut Feed<Publisher>, bytes: &[u8], at_a_time: usize, pause: Duration) {
    play_from(feed, Messages::prefix(bytes).0, SeqNo::new(1), at_a_time, pause);
}

/// Plays messages, some at a time.
pub(crate) fn play_from(
    feed: &mut Feed<Publisher>,
    mut rest: Messages<'_>,
    mut first: SeqNo,
    at_a_time: usize,
    pause: Duration,
) {
    while !rest.is_empty() {
        let after = rest.clone().skip(at_a_time);
        let taken = rest.as_bytes().len() - after.as_bytes().len();
        let messages = Messages::prefix(&rest.as_bytes()[..taken]).0;
        let next = SeqNo::new(first.get() + messages.len() as u64);
        feed.on_file_block(Block { first, messages });
        (rest, first) = (after, next);
        thread::sleep(pause);
    }
}
