use std::path::Path;

use super::chunk::{CHUNK_BYTES, Chunk};
use super::{CaptureReader, Captures, Fault, Format, FramedReader, Input, SourceError};

/// A recording of either kind.
#[derive(Debug)]
pub enum Recording {
    /// Messages in their order.
    Messages(FramedReader<Input>),
    /// Packets of one or two lines.
    Packets {
        /// What the datagrams hold: [`Format::Pcap`] or [`Format::LevelSet`].
        format: Format,
        /// The captures.
        captures: Box<Captures<Input>>,
    },
}

impl Recording {
    /// Opens the recording at `path` and, for a capture, that of line B. What the file is shows
    /// in its first bytes and its name, or is `forced`.
    ///
    /// # Errors
    /// [`SourceError`] where a file cannot be opened, or is not what it has to be.
    pub fn open(
        path: &Path,
        line_b: Option<&Path>,
        forced: Option<Format>,
    ) -> Result<Recording, SourceError> {
        let (name, mut chunk) = open_chunk(path)?;
        let in_a = |fault| SourceError::new(&name, fault);
        if chunk.unread().is_empty()
            && let Some(error) = chunk.take_failure()
        {
            return Err(in_a(Fault::Read { offset: 0, error }));
        }
        let format = Format::detect(&name, chunk.unread(), forced).map_err(in_a)?;
        if format == Format::Itch {
            return match line_b {
                Some(_) => Err(in_a(Fault::LineB)),
                None => Ok(Recording::Messages(FramedReader::from_chunk(&name, chunk))),
            };
        }
        let a = CaptureReader::from_chunk(&name, format, chunk)?;
        let b = match line_b {
            Some(path) => {
                let (name, chunk) = open_chunk(path)?;
                Some(CaptureReader::from_chunk(&name, format, chunk)?)
            }
            None => None,
        };
        Ok(Recording::Packets { format, captures: Box::new(Captures::new(a, b)) })
    }
}

/// The first chunk of a file, and what errors call it.
fn open_chunk(path: &Path) -> Result<(String, Chunk<Input>), SourceError> {
    let name = path.display().to_string();
    let input = Input::open(path).map_err(|fault| SourceError::new(&name, fault))?;
    let mut chunk = Chunk::new(input, CHUNK_BYTES);
    chunk.fill();
    Ok((name, chunk))
}
