//! `wirebook attach`: looks at the books that another process keeps.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use wirebook::attach;
use wirebook::book::region::{Region, RegionHeader, WriterState};
use wirebook::book::{BookReader, Locate, Symbol, TopOfBook};
use wirebook::replay::touch_term;

use super::outcome::{Failure, Outcome};

/// Look at the books that another process keeps in a file, without disturbing it.
///
/// Exit status: 0 if every book is Live, 3 if some are not.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file.
    path: PathBuf,
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
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let reader = attach(&arguments.path)?;
    let found = look(&reader);
    let mut stdout = std::io::stdout().lock();
    // A reader that has gone away is no failure.
    let _ = if arguments.json {
        match serde_json::to_string(&found) {
            Ok(text) => writeln!(stdout, "{text}"),
            Err(error) => writeln!(std::io::stderr(), "wirebook: {error}"),
        }
    } else {
        tell(&mut stdout, &found)
    };
    let is_live = found.feed_state == "Live" && found.books_not_live.is_empty();
    Ok(if is_live { Outcome::Complete } else { Outcome::Missing })
}

fn look(reader: &BookReader) -> Found {
    let writer = match reader.check_writer() {
        WriterState::Alive => "alive",
        WriterState::Dead => "dead",
        WriterState::Finished => "finished",
    };
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
    }
}

fn name_of(locate: Locate, symbol: Symbol) -> String {
    if symbol == Symbol::UNKNOWN { format!("locate {locate}") } else { symbol.to_string() }
}

fn tell(out: &mut impl Write, found: &Found) -> std::io::Result<()> {
    writeln!(out, "writer        {}, process {}", found.writer, found.writer_pid)?;
    let session = found.session.as_deref().unwrap_or("none");
    writeln!(out, "session       {session}, message {}", found.last_sequence)?;
    let (count, of) = (found.books_not_live.len(), found.symbols);
    writeln!(out, "feed          {}; {count} of {of} books are not Live", found.feed_state)?;
    writeln!(out, "touch         checksum {}", found.final_bbo_checksum)?;
    writeln!(out, "memory        {}", found.pages)
}
