//! What a command has to say at its end, in words or as JSON.

use std::io::{self, ErrorKind, Write, stderr, stdout};

use serde::Serialize;

/// Says a value on standard output: as one line of JSON, or in the words that `text` has for it. A reader that
/// has gone away wants no more, and is no failure.
pub(super) fn tell<T: Serialize + ?Sized>(
    value: &T,
    as_json: bool,
    text: impl FnOnce(&mut dyn Write, &T) -> io::Result<()>,
) {
    let mut stdout = stdout().lock();
    let told = if as_json { tell_json(&mut stdout, value) } else { text(&mut stdout, value) };
    if let Err(error) = told
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = writeln!(stderr(), "wirebook: {error}");
    }
}

/// Writes a value as one line of JSON.
pub(super) fn tell_json<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let text = serde_json::to_string(value).map_err(io::Error::other)?;
    writeln!(out, "{text}")
}
