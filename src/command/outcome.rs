//! How a subcommand went.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use wirebook::ingest::backend::BackendError;
use wirebook::ingest::feed::FollowError;
use wirebook::live::{CoreError, LiveError};
use wirebook::publish::PublishError;
use wirebook::replay::ReplayError;
use wirebook::{InputError, book};
use wirebook_exchange::feed::FeedError;

/// A subcommand that did its work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Nothing is missing.
    Complete,
    /// The input was read to its end, and something is missing in it.
    Missing,
}

/// A subcommand that could not do its work. Nothing half-written is left behind.
#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("{0}: {1}")]
    ReplayOf(PathBuf, ReplayError),
    #[error(transparent)]
    Books(#[from] book::BooksError),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error("{0}: a recording of level sets cannot be kept in a file for others (--region)")]
    RegionOf(PathBuf),
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Core(#[from] CoreError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("{path}: {reason}")]
    Config { path: PathBuf, reason: String },
    #[error("{0}")]
    Option(String),
    #[error("the {0} backend cannot run here")]
    CannotRun(&'static str),
    #[error("signals cannot be caught: {0}")]
    Signals(io::Error),
    #[error("{0}: {1}")]
    Generate(PathBuf, FeedError),
    #[error("two rounds led to other books: checksums {0} and {1}")]
    Rounds(u64, u64),
    #[error("{path}: cannot be written: {error}")]
    Output { path: String, error: io::Error },
    #[error("{0:?} is no symbol: a symbol has one to eight characters")]
    Symbol(String),
}

impl Failure {
    pub(super) fn output(path: &Path) -> impl FnOnce(io::Error) -> Failure {
        let path = path.display().to_string();
        move |error| Failure::Output { path, error }
    }
}
