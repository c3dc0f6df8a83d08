use std::io;
use std::net::SocketAddrV4;

use thiserror::Error;

/// A backend cannot begin, or cannot go on. Each says what was tried and what to do.
#[derive(Debug, Error)]
pub enum BackendError {
    /// There is no such interface.
    #[error("there is no network interface {name:?}; there are: {there_are}")]
    NoInterface {
        /// What was asked for.
        name: String,
        /// The names of those that there are.
        there_are: String,
    },
    /// No line was named, or more than two.
    #[error("a subscription has one or two lines, each an address and a port")]
    Lines,
    /// Somebody else receives on that port.
    #[error(
        "{address} is in use: another program receives there; end it (ss -ulpn shows it), or name another port"
    )]
    InUse {
        /// The address and port.
        address: SocketAddrV4,
    },
    /// The address is none of this machine's.
    #[error(
        "{address} is no multicast group and no address of this machine (ip address shows them); nothing can be \
         received there"
    )]
    NotHere {
        /// The address and port.
        address: SocketAddrV4,
    },
    /// The system does not let this user do it.
    #[error("{what}: not permitted; {remedy}")]
    NotPermitted {
        /// What was tried.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The system cannot do it.
    #[error("{what}: {error}; {remedy}")]
    Unsupported {
        /// What was tried.
        what: String,
        /// What the system said.
        error: io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// A system call failed.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// The program was built without it.
    #[error(
        "the {backend} backend is not in this build; build it with: cargo build --release --features {feature}"
    )]
    NotCompiled {
        /// The backend.
        backend: &'static str,
        /// The feature it needs.
        feature: &'static str,
    },
    /// The limit of locked memory does not allow it.
    #[error(
        "{what}: the limit of locked memory is too low; raise it (ulimit -l unlimited), or ask for fewer --frames"
    )]
    LockedMemory {
        /// What was tried.
        what: String,
    },
    /// A library says no.
    #[error("{what}: {reason}; {remedy}")]
    Library {
        /// What was tried.
        what: String,
        /// What the library said.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl BackendError {
    pub(super) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> BackendError {
        let what = what.into();
        move |error| BackendError::System { what, error }
    }
}
