//! Putting a recording on the wire as MoldUDP64, on one line or two: whole, or with seeded faults.

mod faults;
mod packets;
mod schedule;
mod wire;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use arrayvec::ArrayVec;
use thiserror::Error;
use wirebook_ingest::backend::{BackendError, Interface};
use wirebook_ingest::mold::{SessionId, WriteError};
use wirebook_ingest::session::Line;
use wirebook_ingest::source::{Format, SourceError};

pub use faults::Faults;
pub use schedule::Rate;

use packets::Packets;
use schedule::Schedule;
use wire::WireLines;

/// How a recording is published.
#[derive(Clone, PartialEq, Debug)]
pub struct PublishConfig {
    /// The interface by which packets leave.
    pub interface: String,
    /// Where line A is sent, and line B if there is one.
    pub lines: ArrayVec<SocketAddrV4, 2>,
    /// How fast.
    pub rate: Rate,
    /// What goes wrong on the way.
    pub faults: Faults,
    /// The session that packets name; those of a capture keep their own.
    pub session: SessionId,
    /// The longest payload that messages are packed into.
    pub payload_bytes_max: usize,
    /// Routers that a packet may pass.
    pub time_to_live: u8,
    /// How often the end of the session is said.
    pub ends: u32,
}

/// What was put on one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct LineSent {
    /// Datagrams that were sent, of any kind.
    pub packets: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages in them, those of second copies not counted.
    pub messages: u64,
    /// Datagrams that were held back for good.
    pub withheld_packets: u64,
    /// Messages in those.
    pub withheld_messages: u64,
    /// Datagrams that were sent twice.
    pub duplicated: u64,
    /// Datagrams that were sent after later ones.
    pub reordered: u64,
}

/// What was published. Serializes as the JSON that `wirebook publish --json` prints.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Published {
    /// The session of the last packet.
    pub session: String,
    /// Packets of the feed, each of which goes to every line.
    pub packets: u64,
    /// Messages in them.
    pub messages: u64,
    /// Messages that no line got.
    pub messages_lost: u64,
    /// The lines, by name.
    pub lines: BTreeMap<String, LineSent>,
    /// How long it took.
    pub seconds: f64,
}

/// A recording that could not be published to its end.
#[derive(Debug, Error)]
pub enum PublishError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its messages cannot be packed.
    #[error("messages cannot be packed: {0}")]
    Pack(#[from] WriteError),
    /// There is no such interface.
    #[error(transparent)]
    Interface(#[from] BackendError),
    /// Packets cannot be sent.
    #[error("sending to {address} by {interface}: {error}")]
    Send {
        /// Where to.
        address: SocketAddrV4,
        /// By which interface.
        interface: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A capture of something else.
    #[error("{path}: level sets and captures of other protocols cannot be published")]
    Format {
        /// The recording.
        path: String,
    },
}

/// Puts the recording at `path` on the wire, until its end or until `stop` is set.
///
/// # Errors
/// [`PublishError`]: the recording cannot be read, or packets cannot be sent.
pub fn publish(
    path: &Path,
    format: Option<Format>,
    config: &PublishConfig,
    stop: &AtomicBool,
) -> Result<Published, PublishError> {
    let interface = Interface::find(&config.interface)?;
    let mut packets = Packets::open(path, format, config.session, config.payload_bytes_max)?;
    let mut wire = WireLines::open(&interface, config)?;
    let mut schedule = Schedule::new(config.rate);
    let mut published = Published::default();
    let start = std::time::Instant::now();
    packets.each(|packet| {
        let keep_alive = |wire: &mut WireLines| wire.keep_alive(packet);
        if !schedule.wait(packet.at, stop, || keep_alive(&mut wire))? {
            return Ok(false);
        }
        published.packets += 1;
        published.messages += packet.messages;
        published.messages_lost += wire.send(packet)?;
        Ok(true)
    })?;
    wire.end(config.ends)?;
    published.session = wire.session().to_string();
    published.seconds = start.elapsed().as_secs_f64();
    for (line, sent) in Line::ALL.into_iter().zip(wire.sent()) {
        published.lines.insert(line.name().to_owned(), sent);
    }
    Ok(published)
}

/// The time between two packets that say that the session ends.
const BETWEEN_ENDS: Duration = Duration::from_millis(100);
