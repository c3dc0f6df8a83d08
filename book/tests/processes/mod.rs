//! Books in a file, and other processes of a test's program that read or write them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use wirebook_book::region::RegionConfig;
use wirebook_book::{Books, Capacity};

use crate::writing::Writer;

/// Where a process that a test has started finds the books.
const FILE: &str = "BOOKS_FILE";

/// A folder in memory, where there is one.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder")
}

pub(crate) fn create(file: &Path) -> Writer {
    let config = RegionConfig { file: Some(file.to_path_buf()), ..RegionConfig::default() };
    Writer::new(Books::create(Capacity::SMALL, &config).expect("small books in a file"))
}

/// Another process of this program that runs one of its ignored tests. What it prints is for who
/// started it.
pub(crate) fn start(part: &str, file: &Path) -> Child {
    let program = env::current_exe().expect("this program");
    Command::new(program)
        .args(["--exact", part, "--ignored", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .expect("another process")
}

pub(crate) fn file() -> PathBuf {
    env::var_os(FILE).expect("started by a test").into()
}
