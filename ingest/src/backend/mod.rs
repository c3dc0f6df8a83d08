//! Where live packets come from: four ways out of the network into this process, one contract.
//!
//! | backend | path | needs |
//! |---|---|---|
//! | [`socket`] | UDP sockets, `recvmmsg` | nothing |
//! | [`uring`] | UDP sockets, `io_uring` multishot receive into provided buffers | Linux 6.0 |
//! | `xdp` | `AF_XDP`: an XDP program redirects frames into our memory | feature `xdp`, capabilities |
//! | `dpdk` | DPDK: a driver in user space | feature `dpdk`, libdpdk |
//!
//! # Contract
//!
//! - [`Backend::poll`] never waits. It lends at most [`BURST`] packets, in the order in which each line's came in, and
//!   takes back what it lent before. They are datagrams of the subscribed lines, or frames that nobody has looked at:
//!   a [`Sorter`] makes datagrams out of both.
//! - Foreign traffic is left to the kernel where the path allows it, and counted by the sorter where it does not.
//! - Every datagram that the path took from the wire for these lines is in [`BackendCounts`] once: as received,
//!   or as dropped for one cause.
//! - After construction a poll allocates nothing and makes no system call but the path's own.
//!
//! The unsafe code of each path is in its own module, and says what holds and who keeps it.

mod burst;
mod clock;
mod config;
mod counts;
#[cfg(feature = "dpdk")]
pub mod dpdk;
mod error;
mod interface;
mod link;
mod obtained;
pub mod socket;
mod sorter;
mod subscription;
pub mod uring;
#[cfg(feature = "xdp")]
pub mod xdp;

use core::fmt;
use core::time::Duration;

pub use burst::{BURST, Burst, Carried, Received};
pub use clock::wall_clock;
pub use config::BackendConfig;
pub use counts::{BackendCounts, DropCause};
pub use error::BackendError;
pub use interface::Interface;
pub use link::LinkSender;
pub use obtained::Obtained;
pub use sorter::Sorter;
pub use subscription::{Sorted, Subscription, WireLine};

/// A source of live datagrams. See the [module](self) for what all of them keep.
pub trait Backend: Send + fmt::Debug {
    /// Takes what has come in, without waiting, into `burst`, which must be empty. What earlier bursts
    /// borrowed is given back first.
    ///
    /// # Errors
    /// [`BackendError`] where the path itself has failed; a packet that is no good is counted instead.
    fn poll<'a>(&'a mut self, burst: &mut Burst<'a>) -> Result<(), BackendError>;

    /// Waits until something may have come in, at most `timeout`.
    ///
    /// # Errors
    /// [`BackendError`] where the path itself has failed.
    fn wait(&mut self, timeout: Duration) -> Result<(), BackendError>;

    /// What has come in and what was dropped so far, as far as it can be known now. It may ask the kernel.
    fn counts(&mut self) -> BackendCounts;

    /// Counters of the path's own that are not zero, by its own names.
    fn details(&self) -> Vec<(String, u64)> {
        Vec::new()
    }

    /// The lines that it receives.
    fn subscription(&self) -> &Subscription;

    /// What was asked for and what was got.
    fn obtained(&self) -> &Obtained;
}
