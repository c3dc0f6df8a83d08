#[cfg(feature = "dpdk")]
use super::dpdk::{DpdkBackend, DpdkOptions};
use super::socket::{SocketBackend, SocketOptions};
use super::uring::{UringBackend, UringOptions};
#[cfg(feature = "xdp")]
use super::xdp::{XdpBackend, XdpOptions};
use super::{Backend, BackendError, Subscription};

/// Which backend, and what is asked of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BackendConfig {
    /// UDP sockets.
    Socket(SocketOptions),
    /// UDP sockets behind `io_uring`.
    Uring(UringOptions),
    /// `AF_XDP`.
    #[cfg(feature = "xdp")]
    Xdp(XdpOptions),
    /// DPDK.
    #[cfg(feature = "dpdk")]
    Dpdk(DpdkOptions),
}

impl BackendConfig {
    /// Opens it.
    ///
    /// # Errors
    /// [`BackendError`] says what was tried and what to do.
    pub fn open(&self, subscription: &Subscription) -> Result<Box<dyn Backend>, BackendError> {
        Ok(match self {
            BackendConfig::Socket(options) => Box::new(SocketBackend::open(subscription, options)?),
            BackendConfig::Uring(options) => Box::new(UringBackend::open(subscription, options)?),
            #[cfg(feature = "xdp")]
            BackendConfig::Xdp(options) => Box::new(XdpBackend::open(subscription, options)?),
            #[cfg(feature = "dpdk")]
            BackendConfig::Dpdk(options) => Box::new(DpdkBackend::open(subscription, options)?),
        })
    }
}
