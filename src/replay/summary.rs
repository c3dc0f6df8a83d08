//! What a replay found, as a table or as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use wirebook_book::{Book, Books, FeedState, Locate, Symbol, Touch};
use wirebook_ingest::feed::{Counts, Feed, LevelSetStats, Listener};
use wirebook_ingest::receiver::Receiver;
use wirebook_ingest::session::{Line, Session};
use wirebook_ingest::source::{CaptureStats, Captures, Input};

use super::host;
use super::player::sum_over_lines;
use crate::live::LiveSummary;

/// Where the messages came from.
pub(super) enum Origin<'a> {
    Messages,
    Packets(&'a Captures<Input>, &'a Session),
    LevelSets(&'a Captures<Input>, &'a LevelSetStats),
    Live(Option<&'a Session>, Option<&'a LevelSetStats>),
}

/// One gap.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GapSummary {
    /// The first message that is missing.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// What brought the messages back after all; nothing, so far.
    pub recovered: Option<String>,
}

/// One line of a feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[allow(missing_docs)] // the counters of `ingest::session::LineStats`
pub struct LineSummary {
    pub packets: u64,
    pub messages: u64,
    pub duplicates: u64,
    pub first_wins: u64,
    pub late: u64,
    pub heartbeats: u64,
    pub malformed: u64,
    pub unsequenced: u64,
    pub refused: u64,
    pub stale_session: u64,
    pub lag_ns_max: Option<u64>,
}

/// What a replay found. Serializes as the JSON that `wirebook replay --json` prints.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Summary {
    /// Messages, of whatever kind.
    pub messages: u64,
    /// The same by their first byte.
    pub messages_by_type: BTreeMap<String, u64>,
    /// Symbols that have a name or a book.
    pub symbols: usize,
    /// Orders live at the end.
    pub orders_live: u32,
    /// Price levels at the end.
    pub levels_live: u32,
    /// Lines on the touch tape.
    pub bbo_changes: u64,
    /// SHA-256 over those lines; empty where no tape was kept.
    pub bbo_sha256: String,
    /// Messages on orders that are not known.
    pub unknown_refs: u64,
    /// Messages refused by the books, of whatever cause; the unknown references among them.
    pub rejected: u64,
    /// Messages that could not be read.
    pub malformed_messages: u64,
    /// Messages of a kind that is not known.
    pub unknown_kinds: u64,
    /// Messages that left their book locked or crossed.
    pub crossed_messages: u64,
    /// Executions of an order that was not at the head of its queue.
    pub off_head_executions: u64,
    /// Trades.
    pub trades: u64,
    /// The lines, by name.
    pub lines: BTreeMap<String, LineSummary>,
    /// What was missing, as far as the session keeps it.
    pub gaps: Vec<GapSummary>,
    /// How many gaps there were.
    pub gaps_total: u64,
    /// Messages missing in all of them.
    pub gap_messages: u64,
    /// The name of the session.
    pub session: Option<String>,
    /// Frames that the captures held, if the input was one.
    pub frames: u64,
    /// Frames that held no UDP over IPv4.
    pub foreign_frames: u64,
    /// Frames that contradict themselves, fragments, and frames that were cut.
    pub broken_frames: u64,
    /// The state of the feed as a whole.
    pub feed_state: String,
    /// The symbols whose books are not Live.
    pub books_not_live: Vec<String>,
    /// The same with their states.
    pub states_not_live: BTreeMap<String, String>,
    /// Sum over locates of locate × (3·bid price + 5·bid quantity + 7·ask price + 11·ask
    /// quantity), modulo 2⁶⁴.
    pub final_bbo_checksum: u64,
    /// Processor time of decoding and applying a message.
    pub ns_per_message: f64,
    /// Where the books of a killed replay were gone on with: the last message they had.
    pub resumed_from: Option<u64>,
    /// The symbols whose books it was changing when it was killed.
    pub books_discarded: Vec<String>,
    /// The symbols whose books were not what the recording makes of them. There is none unless memory
    /// was damaged, or the recording is another one.
    pub books_differed: Vec<String>,
    /// The pages that the books got.
    pub pages: String,
    /// The most memory that was resident at a time.
    pub rss_peak_mib: Option<u64>,
    /// What the backend received and dropped, where the messages came live.
    #[serde(flatten)]
    pub live: Option<LiveSummary>,
}

impl Summary {
    pub(super) fn of<L: Listener>(feed: &Feed<L>, origin: &Origin<'_>, work: Duration) -> Summary {
        let (books, counts) = (feed.books(), feed.counts());
        let succession = feed.succession();
        let not_live: BTreeMap<String, String> = books
            .iter()
            .filter(|book| !book.feed_state().is_live())
            .map(|book| (name_of(&book), book.feed_state().name().to_owned()))
            .collect();
        let mut summary = Summary {
            messages: counts.messages,
            messages_by_type: by_type(counts),
            symbols: books.iter().count(),
            orders_live: books.orders_live(),
            levels_live: books.levels_live(),
            bbo_changes: 0,
            bbo_sha256: String::new(),
            unknown_refs: books.rejects().unknown_refs,
            rejected: books.rejects().total(),
            malformed_messages: counts.malformed,
            unknown_kinds: counts.unknown_kind,
            crossed_messages: counts.crossed,
            off_head_executions: counts.off_head,
            trades: counts.trades,
            lines: BTreeMap::new(),
            gaps: Vec::new(),
            gaps_total: counts.gaps,
            gap_messages: counts.gap_messages,
            session: None,
            frames: 0,
            foreign_frames: 0,
            broken_frames: 0,
            feed_state: books.feed_state().name().to_owned(),
            books_not_live: not_live.keys().cloned().collect(),
            states_not_live: not_live,
            final_bbo_checksum: touch_checksum(books),
            ns_per_message: per_message(work, counts.messages),
            resumed_from: succession.map(|succession| succession.applied.get()),
            books_discarded: succession.map_or_else(Vec::new, |it| names_of(books, &it.discarded)),
            books_differed: succession.map_or_else(Vec::new, |it| names_of(books, &it.differed)),
            pages: books
                .region()
                .map_or_else(String::new, |region| region.pages().size.to_string()),
            rss_peak_mib: host::rss_peak_mib(),
            live: None,
        };
        match origin {
            Origin::Messages => {}
            Origin::Packets(captures, session) => {
                summary.add_frames(captures);
                summary.add_session(session, |line| captures.stats(line).is_some());
            }
            Origin::Live(session, level_sets) => {
                if let Some(session) = session {
                    summary.add_session(session, |line| session.stats().line(line).packets > 0);
                }
                if let Some(stats) = level_sets {
                    summary.malformed_messages += stats.malformed_datagrams;
                }
            }
            Origin::LevelSets(captures, stats) => {
                summary.add_frames(captures);
                summary.malformed_messages += stats.malformed_datagrams;
            }
        }
        summary
    }

    /// What a receiver has made of a live feed.
    pub fn of_live<L: Listener>(receiver: &mut Receiver<L>) -> Summary {
        let live = LiveSummary::of(receiver);
        let origin = Origin::Live(receiver.session(), receiver.level_sets());
        let mut summary = Summary::of(receiver.feed(), &origin, receiver.worked());
        summary.live = Some(live);
        summary
    }

    /// Whether nothing is missing and every book can be trusted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.feed_state == FeedState::Live.name()
            && self.books_not_live.is_empty()
            && self.gaps_total == 0
    }

    fn add_frames(&mut self, captures: &Captures<Input>) {
        let sum = |count: fn(&CaptureStats) -> u64| sum_over_lines(captures, count);
        self.frames = sum(|stats| stats.frames);
        self.foreign_frames = sum(|stats| stats.foreign);
        self.broken_frames = sum(|stats| stats.malformed + stats.fragments + stats.snapped);
    }

    fn add_session(&mut self, session: &Session, has_line: impl Fn(Line) -> bool) {
        let stats = session.stats();
        self.session = session.session_id().map(|id| id.to_string());
        self.gaps = stats
            .gaps
            .kept()
            .iter()
            .map(|gap| GapSummary { first: gap.first.get(), last: gap.last.get(), recovered: None })
            .collect();
        for (line, name) in [(Line::A, "A"), (Line::B, "B")] {
            if !has_line(line) {
                continue;
            }
            let line = stats.line(line);
            let summary = LineSummary {
                packets: line.packets,
                messages: line.messages,
                duplicates: line.duplicates,
                first_wins: line.first_wins,
                late: line.late,
                heartbeats: line.heartbeats,
                malformed: line.malformed,
                unsequenced: line.unsequenced,
                refused: line.refused,
                stale_session: line.stale_session,
                lag_ns_max: line.lag_ns_max,
            };
            self.lines.insert(name.to_owned(), summary);
        }
    }
}

/// What a reader calls a book: its symbol, or its locate where the feed has not named it.
fn name_of(book: &Book<'_>) -> String {
    match book.symbol() {
        Symbol::UNKNOWN => format!("locate {}", book.locate()),
        symbol => symbol.to_string(),
    }
}

fn names_of(books: &Books, locates: &[Locate]) -> Vec<String> {
    locates.iter().filter_map(|&locate| Some(name_of(&books.book(locate)?))).collect()
}

fn by_type(counts: &Counts) -> BTreeMap<String, u64> {
    let kinds = (0..=u8::MAX).zip(counts.by_kind).filter(|&(_, count)| count > 0);
    kinds.map(|(kind, count)| (kind.escape_ascii().to_string(), count)).collect()
}

fn per_message(work: Duration, messages: u64) -> f64 {
    if messages == 0 {
        return 0.0;
    }
    #[allow(clippy::cast_precision_loss)] // a figure to be read
    let (ns, count) = (work.as_nanos() as f64, messages as f64);
    ns / count
}

/// One number for the touch of every book; equal books give equal numbers.
#[must_use]
pub fn touch_checksum(books: &Books) -> u64 {
    let terms = books.iter().map(|book| touch_term(book.locate(), &book.touch()));
    terms.fold(0, u64::wrapping_add)
}

/// What the touch of one book adds to [`touch_checksum`].
#[must_use]
pub fn touch_term(locate: Locate, touch: &Touch) -> u64 {
    let (bid, ask) = (touch.bid_price.units(), touch.ask_price.units());
    let sum = 3u64
        .wrapping_mul(bid.cast_unsigned())
        .wrapping_add(5u64.wrapping_mul(touch.bid_qty.shares()))
        .wrapping_add(7u64.wrapping_mul(ask.cast_unsigned()))
        .wrapping_add(11u64.wrapping_mul(touch.ask_qty.shares()));
    u64::from(locate.get()).wrapping_mul(sum)
}

/// The summary as a short text.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.messages_by_type.iter().map(|(kind, count)| format!(" {kind} {count}"));
        writeln!(f, "messages      {} ({:.1} ns each)", self.messages, self.ns_per_message)?;
        writeln!(f, "by type      {}", kinds.collect::<String>())?;
        writeln!(
            f,
            "books         {} symbols, {} orders in {} levels, {} crossed messages",
            self.symbols, self.orders_live, self.levels_live, self.crossed_messages
        )?;
        writeln!(f, "touch         {} changes, sha256 {}", self.bbo_changes, self.bbo_sha256)?;
        writeln!(
            f,
            "rejected      {}, of them {} with unknown references; {} unreadable",
            self.rejected, self.unknown_refs, self.malformed_messages
        )?;
        for (name, line) in &self.lines {
            writeln!(
                f,
                "line {name}        {} packets: {} first, {} duplicates, {} malformed",
                line.packets, line.first_wins, line.duplicates, line.malformed
            )?;
        }
        if let Some(live) = &self.live {
            writeln!(f, "{live}")?;
        }
        write!(
            f,
            "memory        pages {}, {} MiB resident at most",
            self.pages,
            self.rss_peak_mib.map_or_else(|| "?".to_owned(), |mib| mib.to_string())
        )
    }
}
