use core::fmt;
use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::Fault;

/// Bytes that are handed to a decompressor at a time.
const PACKED_BYTES: usize = 256 << 10;

/// The first bytes of a file, looked at already, and the rest of it.
type Whole = Chain<Cursor<Vec<u8>>, File>;

/// The unpacked bytes of a file: plain, gzip (RFC 1952, any number of members) or zstd (RFC 8878,
/// any number of frames), told apart by its first four bytes.
pub struct Input {
    unpack: Unpack,
}

enum Unpack {
    Plain(Whole),
    Gzip(Box<MultiGzDecoder<BufReader<Counted>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<Counted>>>),
}

impl Input {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Fault::Open`] where it cannot be opened or its first bytes cannot be read.
    pub fn open(path: &Path) -> Result<Input, Fault> {
        Input::try_open(path).map_err(|error| Fault::Open { error })
    }

    fn try_open(path: &Path) -> io::Result<Input> {
        let mut file = File::open(path)?;
        let mut start = Vec::new();
        file.by_ref().take(4).read_to_end(&mut start)?;
        let magic = start.clone();
        let whole = Cursor::new(start).chain(file);
        let packed = |whole| BufReader::with_capacity(PACKED_BYTES, Counted { whole, bytes: 0 });
        let unpack = match magic[..] {
            [0x1f, 0x8b, ..] => Unpack::Gzip(Box::new(MultiGzDecoder::new(packed(whole)))),
            [0x28, 0xb5, 0x2f, 0xfd] => {
                let decoder = zstd::stream::read::Decoder::with_buffer(packed(whole))?;
                Unpack::Zstd(Box::new(decoder))
            }
            _ => Unpack::Plain(whole),
        };
        Ok(Input { unpack })
    }
}

impl Read for Input {
    /// A decompressor's errors name the place in the compressed file.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.unpack {
            Unpack::Plain(whole) => whole.read(buffer),
            Unpack::Gzip(decoder) => {
                decoder.read(buffer).map_err(|error| damaged("gzip", decoder.get_ref(), &error))
            }
            Unpack::Zstd(decoder) => {
                decoder.read(buffer).map_err(|error| damaged("zstd", decoder.get_ref(), &error))
            }
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.unpack {
            Unpack::Plain(_) => "Input(plain)",
            Unpack::Gzip(_) => "Input(gzip)",
            Unpack::Zstd(_) => "Input(zstd)",
        })
    }
}

fn damaged(packing: &str, packed: &BufReader<Counted>, error: &io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::Interrupted {
        return error.kind().into();
    }
    let offset = packed.get_ref().bytes - packed.buffer().len() as u64;
    let problem = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the file ends too early".to_owned(),
        _ => error.to_string(),
    };
    let text = format!("{packing} data at or before offset {offset} of the packed file: {problem}");
    io::Error::new(error.kind(), text)
}

/// Counts what is read of the packed file.
struct Counted {
    whole: Whole,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.whole.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
