//! The recordings beside the project, where they are.

use std::path::{Path, PathBuf};

/// The folder `name` of the shared data; `None`, in words, where there is none.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}
