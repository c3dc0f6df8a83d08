//! The recordings beside the project, where they are.

use std::fs;
use std::path::{Path, PathBuf};

use wirebook_book::FeedState;
use wirebook_ingest::mold::{Block, SessionId};
use wirebook_ingest::session::{Gap, Line, Session, SessionConfig, Sink};
use wirebook_ingest::source::{Format, Recording};

/// The folder `name` of the shared data; `None`, in words, where there is none.
fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

/// Messages with their numbers.
struct Collector {
    messages: Vec<(u64, Vec<u8>)>,
    next: u64,
    unnumbered: usize,
    sessions: Vec<String>,
    states: Vec<FeedState>,
    ended: bool,
}

impl Collector {
    fn new() -> Collector {
        Collector {
            messages: Vec::new(),
            next: 1,
            unnumbered: 0,
            sessions: Vec::new(),
            states: Vec::new(),
            ended: false,
        }
    }
}

impl Sink for Collector {
    fn on_block(&mut self, block: Block<'_>) {
        if !block.is_numbered() {
            self.unnumbered += block.messages.len();
            return;
        }
        for (number, message) in block.numbered() {
            assert_eq!(number.get(), self.next);
            self.messages.push((self.next, message.to_vec()));
            self.next += 1;
        }
    }

    fn on_gap(&mut self, gap: Gap) {
        assert_eq!(gap.first.get(), self.next);
        self.next = gap.last.get() + 1;
    }

    fn on_state(&mut self, _: FeedState, to: FeedState) {
        self.states.push(to);
    }

    fn on_session(&mut self, _: Option<SessionId>, new: SessionId) {
        self.sessions.push(new.to_string());
    }

    fn on_end_of_session(&mut self) {
        self.ended = true;
    }
}

fn framed(path: &Path) -> Vec<Vec<u8>> {
    let Recording::Messages(mut reader) = Recording::open(path, None, None).unwrap() else {
        panic!("{} holds no messages", path.display());
    };
    let mut messages = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        messages.extend(block.messages.map(<[u8]>::to_vec));
    }
    messages
}

fn arbitrated(a: &Path, b: Option<&Path>) -> (Collector, Session) {
    let Recording::Packets { format: Format::Pcap, mut captures } =
        Recording::open(a, b, None).unwrap()
    else {
        panic!("{} is no capture", a.display());
    };
    let mut session = Session::new(SessionConfig::default());
    let mut collector = Collector::new();
    while let Some(burst) = captures.next_burst().unwrap() {
        for captured in burst {
            session
                .on_packet(captured.line, captured.at, captured.payload, &mut collector)
                .unwrap();
        }
    }
    session.finish(&mut collector);
    for line in Line::ALL {
        let frames = captures.stats(line).map_or(0, |stats| stats.frames);
        assert_eq!(session.stats().line(line).packets, frames);
    }
    (collector, session)
}

#[test]
fn the_capture_of_a_day_holds_the_messages_of_its_file() {
    let Some(folder) = data("itch-lobster") else { return };
    let messages = framed(&folder.join("aapl10_999.itch"));
    assert_eq!(messages.len(), 1_044);
    let (collector, session) = arbitrated(&folder.join("aapl10_999.pcap"), None);
    assert!(collector.messages.into_iter().eq((1..).zip(messages)));
    assert_eq!(collector.sessions, ["LOBSTER001"]);
    assert_eq!(collector.states, [FeedState::Live]);
    assert!(collector.ended);
    assert_eq!(session.stats().line(Line::A).packets, 721);
}

#[test]
fn two_lines_with_losses_are_together_the_whole_day() {
    let Some(folder) = data("itch-lobster") else { return };
    let messages = framed(&folder.join("goog10_amzn5_20k.itch"));
    let a = folder.join("goog10_amzn5_20k.pcap");
    let b = folder.join("goog10_amzn5_20k.b.pcap");
    for (a, b) in [(&a, &b), (&b, &a)] {
        let (collector, session) = arbitrated(a, Some(b));
        assert!(collector.messages.into_iter().eq((1..).zip(messages.iter().cloned())));
        assert_eq!(collector.states, [FeedState::Live]);
        let stats = session.stats();
        assert_eq!((stats.gaps.count(), stats.messages), (0, 39_991));
        assert!(Line::ALL.into_iter().all(|line| stats.line(line).first_wins > 100));
    }
}

#[test]
fn one_line_alone_has_gaps_and_the_rest_in_order() {
    let Some(folder) = data("itch-lobster") else { return };
    let messages = framed(&folder.join("goog10_amzn5_20k.itch"));
    for name in ["goog10_amzn5_20k.pcap", "goog10_amzn5_20k.b.pcap"] {
        let (collector, session) = arbitrated(&folder.join(name), None);
        let stats = session.stats();
        assert!(stats.gaps.count() > 10);
        assert_eq!(session.state(), FeedState::Gapped);
        assert_eq!(collector.states, [FeedState::Live, FeedState::Gapped]);
        assert_eq!(collector.messages.len() as u64 + stats.gaps.messages(), 39_991);
        for (number, found) in &collector.messages {
            assert!(*found == messages[usize::try_from(number - 1).unwrap()]);
        }
    }
}

#[test]
fn captured_packets_of_the_real_feed_decode() {
    let Some(folder) = data("itch-real") else { return };
    let mut files = 0;
    for version in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(entries) = fs::read_dir(&version) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let (collector, session) = arbitrated(&path, None);
            let name = path.display();
            let stats = session.stats();
            assert!(stats.messages > 0, "{name}");
            assert_eq!(stats.total(|line| line.malformed), 0, "{name}");
            assert_eq!(session.state(), FeedState::Gapped, "{name}");
            let delivered = collector.messages.len() + collector.unnumbered;
            assert_eq!(delivered as u64, stats.messages, "{name}");
            files += 1;
        }
    }
    assert!(files > 20, "{files}");
}

#[test]
fn files_of_the_real_feed_hold_a_thousand_messages() {
    let Some(folder) = data("itch-real") else { return };
    for name in ["20191230-0930-1000msgs.NASDAQ_ITCH50", "start-of-day-directory-1000msgs.itch"] {
        let messages = framed(&folder.join(name));
        assert_eq!(messages.len(), 1_000);
        assert!(messages.iter().all(|message| (12..=50).contains(&message.len())));
    }
}
