//! A day that the command makes, as both kinds of file.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::capture::{self, Frame};
use super::command::{folder, wirebook};
use super::itch;

/// Files of one generated day.
pub(crate) struct Generated {
    pub(crate) folder: TempDir,
    pub(crate) itch: PathBuf,
    pub(crate) pcap: PathBuf,
}

impl Generated {
    /// 40 symbols.
    pub(crate) fn new(messages: u64, seed: u64) -> Generated {
        let folder = folder();
        let (itch, pcap) = (folder.path().join("day.itch"), folder.path().join("day.pcap"));
        for path in [&itch, &pcap] {
            let (messages, seed) = (messages.to_string(), seed.to_string());
            let made = wirebook(&[
                &"generate",
                path,
                &"--messages",
                &messages,
                &"--symbols",
                &"40",
                &"--seed",
                &seed,
            ]);
            assert_eq!((made.status, &made.stderr[..]), (0, ""), "{made:?}");
        }
        Generated { folder, itch, pcap }
    }

    pub(crate) fn messages(&self) -> Vec<Vec<u8>> {
        let file = fs::read(&self.itch).unwrap();
        itch::messages(&file).into_iter().map(<[u8]>::to_vec).collect()
    }

    pub(crate) fn frames(&self) -> Vec<Frame> {
        capture::frames(&fs::read(&self.pcap).unwrap())
    }

    /// A file of this day's folder.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}
