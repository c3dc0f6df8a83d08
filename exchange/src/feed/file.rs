//! NASDAQ's file framing: each message behind its length in two big-endian bytes.

use std::io::Write;

use super::{Day, FeedError, PROGRESS_MESSAGES, Written};

/// Writes the rest of the day as a file in NASDAQ's framing. `progress` is told the number of
/// messages written from time to time.
///
/// It writes every message by itself: give it a [`BufWriter`](std::io::BufWriter).
///
/// # Errors
/// What the output says; the file is incomplete then.
pub fn write_itch(
    day: &mut Day,
    mut out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Written, FeedError> {
    let mut written = Written::default();
    while let Some(message) = day.next_message()? {
        // The longest message has fifty bytes.
        let length = u16::try_from(message.bytes.len()).unwrap_or(u16::MAX);
        out.write_all(&length.to_be_bytes())?;
        out.write_all(message.bytes)?;
        written.messages += 1;
        if written.messages % PROGRESS_MESSAGES == 0 {
            progress(written.messages);
        }
    }
    out.flush()?;
    progress(written.messages);
    Ok(written)
}
