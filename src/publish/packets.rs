use std::path::Path;

use wirebook_book::{Nanos, SeqNo};
use wirebook_ingest::mold::{Packet, PacketKind, PacketWriter, SessionId};
use wirebook_ingest::source::{Captures, Format, FramedReader, Input, Recording};

use super::PublishError;

/// Messages of a file that come within this time of the first one share its packet.
const WINDOW_NS: u64 = 5_000;

/// A packet to be published.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    /// When it was sent or captured, by the recording's clock.
    pub(super) at: Nanos,
    pub(super) payload: &'a [u8],
    pub(super) messages: u64,
    pub(super) session: SessionId,
    /// The number of its first message.
    pub(super) first: SeqNo,
}

/// The packets of a recording.
pub(super) struct Packets {
    source: Source,
    session: SessionId,
    payload_bytes_max: usize,
}

enum Source {
    Messages(FramedReader<Input>),
    Capture(Box<Captures<Input>>),
}

impl Packets {
    pub(super) fn open(
        path: &Path,
        format: Option<Format>,
        session: SessionId,
        payload_bytes_max: usize,
    ) -> Result<Packets, PublishError> {
        let source = match Recording::open(path, None, format)? {
            Recording::Messages(reader) => Source::Messages(reader),
            Recording::Packets { format: Format::LevelSet, .. } => {
                return Err(PublishError::Format { path: path.display().to_string() });
            }
            Recording::Packets { captures, .. } => Source::Capture(captures),
        };
        Ok(Packets { source, session, payload_bytes_max })
    }

    /// Calls `send` with each packet until it says that it is enough. Heartbeats and ends of session in a
    /// capture are left out: what there is to be said between and after packets is said anew.
    pub(super) fn each(
        &mut self,
        send: impl FnMut(&Outgoing<'_>) -> Result<bool, PublishError>,
    ) -> Result<(), PublishError> {
        match &mut self.source {
            Source::Messages(reader) => pack(reader, self.session, self.payload_bytes_max, send),
            Source::Capture(captures) => forward(captures, send),
        }
    }
}

fn forward(
    captures: &mut Captures<Input>,
    mut send: impl FnMut(&Outgoing<'_>) -> Result<bool, PublishError>,
) -> Result<(), PublishError> {
    while let Some(burst) = captures.next_burst()? {
        for datagram in burst {
            let Ok(packet) = Packet::check(datagram.payload) else { continue };
            if packet.kind() != PacketKind::Data {
                continue;
            }
            let outgoing = Outgoing {
                at: datagram.at,
                payload: datagram.payload,
                messages: packet.messages().len() as u64,
                session: packet.session(),
                first: packet.sequence(),
            };
            if !send(&outgoing)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn pack(
    reader: &mut FramedReader<Input>,
    session: SessionId,
    payload_bytes_max: usize,
    mut send: impl FnMut(&Outgoing<'_>) -> Result<bool, PublishError>,
) -> Result<(), PublishError> {
    let mut buffer = vec![0; payload_bytes_max];
    let mut writer = PacketWriter::new(&mut buffer, session, SeqNo::new(1))?;
    // The number and time of the packet's first message, and how many there are.
    let (mut first, mut began, mut count) = (SeqNo::new(1), Nanos::new(0), 0);
    let mut flush = |writer: &mut PacketWriter<'_>, first, at, messages| match writer.take() {
        Some(payload) => send(&Outgoing { at, payload, messages, session, first }),
        None => Ok(true),
    };
    while let Some(block) = reader.next_block()? {
        for message in block.messages {
            let at = time_of(message);
            let is_late = count > 0 && at.since(began) > WINDOW_NS;
            if is_late || !writer.fits(message) {
                if !flush(&mut writer, first, began, count)? {
                    return Ok(());
                }
                count = 0;
            }
            if count == 0 {
                (first, began) = (writer.next_sequence(), at);
            }
            writer.push(message)?;
            count += 1;
        }
    }
    flush(&mut writer, first, began, count).map(drop)
}

/// The time in a message: nanoseconds since midnight, in six bytes behind kind, locate and tracking number
/// (Nasdaq TotalView-ITCH 5.0, section 1). Zero where there is none.
fn time_of(message: &[u8]) -> Nanos {
    let Some(bytes) = message.get(5..11) else { return Nanos::new(0) };
    Nanos::new(bytes.iter().fold(0, |time, &byte| time << 8 | u64::from(byte)))
}
