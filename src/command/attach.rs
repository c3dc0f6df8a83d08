//! `wirebook attach`: looks at the books that another process keeps.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use wirebook::attach;
use wirebook::book::region::{Region, RegionHeader, WriterState};
use wirebook::book::{BookReader, BooksError, Locate, Symbol, TopOfBook};
use wirebook::follow_writer;
use wirebook::ingest::feed::{Followed, Follower};
use wirebook::replay::{TouchTape, touch_term};

use super::outcome::{Failure, Outcome};
use super::output::Output;
use super::tell::tell;

/// Look at the books that another process keeps in a file, without disturbing it.
///
/// Exit status: 0 if every book is Live, 2 if there are none to read, 3 if some are not Live.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file.
    path: PathBuf,
    /// Follow the touch until the writer ends, and write it as `replay --bbo` does: from here on, or from
    /// the beginning where nothing was done yet. What the writer was faster with is counted.
    #[arg(long, value_name = "OUT.csv")]
    bbo: Option<PathBuf>,
    /// Print what was found as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was found. Serializes as the JSON that `wirebook attach --json` prints.
#[derive(Serialize)]
struct Found {
    writer: &'static str,
    writer_pid: u32,
    session: Option<String>,
    last_sequence: u64,
    feed_state: String,
    symbols: usize,
    books_not_live: Vec<String>,
    states_not_live: BTreeMap<String, String>,
    final_bbo_checksum: u64,
    pages: String,
    /// Lines on the touch tape, where it was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    bbo_changes: Option<u64>,
    /// Updates that were followed, and those that came too late to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    updates: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updates_lost: Option<u64>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let reader = attach(&arguments.path)?;
    let followed = arguments.bbo.as_deref().map(|out| follow(&arguments.path, out)).transpose()?;
    let mut found = look(&reader);
    if let Some(region) = reader.region() {
        // Of a file that was cut nothing can be said.
        region.check_length().map_err(BooksError::from)?;
    }
    if let Some((changes, followed)) = followed {
        found.bbo_changes = Some(changes);
        found.updates = Some(followed.updates);
        found.updates_lost = Some(followed.lost);
    }
    tell(&found, arguments.json, in_words);
    let is_live = found.feed_state == "Live" && found.books_not_live.is_empty();
    Ok(if is_live { Outcome::Complete } else { Outcome::Missing })
}

/// Follows the touch until the writer ends: how many lines there were.
fn follow(path: &Path, out: &Path) -> Result<(u64, Followed), Failure> {
    let output = Output::create(out)?;
    let tape = TouchTape::new(Some(output.writer()?), false);
    let mut follower = Follower::new(attach(path)?, tape)?;
    eprintln!("wirebook: following {}", path.display());
    follow_writer(&mut follower);
    let (_, tape) = follower.parts();
    tape.finish().map_err(Failure::output(output.name()))?;
    let (changes, followed) = (tape.count(), follower.followed());
    drop(follower);
    output.finish()?;
    Ok((changes, followed))
}

fn look(reader: &BookReader) -> Found {
    let writer = writer_name(reader.check_writer());
    let mut checksum = 0u64;
    let mut not_live = BTreeMap::new();
    let symbols = reader.symbols();
    for &(locate, symbol) in &symbols {
        let name = name_of(locate, symbol);
        match reader.top(locate) {
            Ok(TopOfBook { touch, feed_state, .. }) => {
                checksum = checksum.wrapping_add(touch_term(locate, &touch));
                if !feed_state.is_live() {
                    not_live.insert(name, feed_state.name().to_owned());
                }
            }
            // It was being changed when its writer was killed.
            Err(_) => {
                not_live.insert(name, "torn".to_owned());
            }
        }
    }
    let header = reader.region().map(Region::header);
    let session = header.and_then(RegionHeader::session).filter(|session| *session != [0; 10]);
    Found {
        writer,
        writer_pid: header.map_or(0, |header| header.writer().pid),
        session: session.map(|session| String::from_utf8_lossy(&session).trim_end().to_owned()),
        last_sequence: header.map_or(0, RegionHeader::last_sequence),
        feed_state: reader.feed_state().name().to_owned(),
        symbols: symbols.len(),
        books_not_live: not_live.keys().cloned().collect(),
        states_not_live: not_live,
        final_bbo_checksum: checksum,
        pages: reader.region().map_or_else(String::new, |region| region.pages().size.to_string()),
        bbo_changes: None,
        updates: None,
        updates_lost: None,
    }
}

/// The name that JSON and tables use.
pub(super) fn writer_name(writer: WriterState) -> &'static str {
    match writer {
        WriterState::Alive => "alive",
        WriterState::Dead => "dead",
        WriterState::Finished => "finished",
    }
}

pub(super) fn name_of(locate: Locate, symbol: Symbol) -> String {
    if symbol == Symbol::UNKNOWN { format!("locate {locate}") } else { symbol.to_string() }
}

fn in_words(out: &mut dyn Write, found: &Found) -> std::io::Result<()> {
    writeln!(out, "writer        {}, process {}", found.writer, found.writer_pid)?;
    let session = found.session.as_deref().unwrap_or("none");
    writeln!(out, "session       {session}, message {}", found.last_sequence)?;
    let (count, of) = (found.books_not_live.len(), found.symbols);
    writeln!(out, "feed          {}; {count} of {of} books are not Live", found.feed_state)?;
    writeln!(out, "touch         checksum {}", found.final_bbo_checksum)?;
    writeln!(out, "memory        {}", found.pages)
}
