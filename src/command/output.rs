//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::outcome::Failure;

/// A file that is written beside its place and moved there when it is whole; standard output,
/// named `-`; or a device or pipe, which nothing can be moved to.
pub(super) enum Output {
    Standard,
    Stream { path: PathBuf, file: File },
    File { path: PathBuf, file: NamedTempFile },
}

impl Output {
    /// Begins an output.
    pub(super) fn create(path: &Path) -> Result<Output, Failure> {
        if path == Path::new("-") {
            return Ok(Output::Standard);
        }
        let there = path.metadata().ok();
        if there.is_some_and(|there| !there.is_file()) {
            let file = File::options().write(true).open(path).map_err(Failure::output(path))?;
            return Ok(Output::Stream { path: path.to_owned(), file });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = tempfile::Builder::new()
            .prefix(".wirebook-")
            .permissions_of_new_files()
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            // The error names the temporary file, of which the user knows nothing.
            .map_err(|error| error.raw_os_error().map_or(error, io::Error::from_raw_os_error))
            .map_err(Failure::output(path))?;
        Ok(Output::File { path: path.to_owned(), file })
    }

    pub(super) fn is_standard(&self) -> bool {
        matches!(self, Output::Standard)
    }

    /// Where to write.
    pub(super) fn writer(&self) -> Result<Box<dyn Write + Send + '_>, Failure> {
        const BUFFER_BYTES: usize = 1 << 18;
        match self {
            Output::Standard => Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, io::stdout()))),
            Output::Stream { file, .. } => {
                Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, file)))
            }
            Output::File { file, .. } => {
                Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, file.as_file())))
            }
        }
    }

    /// What is called by this output in messages.
    pub(super) fn name(&self) -> &Path {
        match self {
            Output::Standard => Path::new("standard output"),
            Output::Stream { path, .. } | Output::File { path, .. } => path,
        }
    }

    /// Puts the whole file into its place.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Output::File { path, file } = self else { return Ok(()) };
        file.persist(&path).map(drop).map_err(|error| Failure::output(&path)(error.error))
    }
}

/// What a new file is allowed, as far as the user's mask lets it: temporary files are made for
/// their owner alone.
trait NewFilePermissions {
    fn permissions_of_new_files(&mut self) -> &mut Self;
}

impl NewFilePermissions for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_of_new_files(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt;
        self.permissions(std::fs::Permissions::from_mode(0o666))
    }

    #[cfg(not(unix))]
    fn permissions_of_new_files(&mut self) -> &mut Self {
        self
    }
}
