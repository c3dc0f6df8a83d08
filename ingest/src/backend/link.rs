use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Protocol, Socket, Type};

use super::{BackendError, Interface};

/// Puts whole Ethernet frames on an interface, past the network stack (`AF_PACKET`): for frames as they were
/// captured, and for such as no stack would send. Needs `CAP_NET_RAW`.
#[derive(Debug)]
pub struct LinkSender {
    socket: Socket,
}

impl LinkSender {
    /// A sender on `interface`.
    ///
    /// # Errors
    /// [`BackendError::NotPermitted`] without `CAP_NET_RAW`; [`BackendError::System`].
    pub fn open(interface: &Interface) -> Result<LinkSender, BackendError> {
        // Protocol 0 receives nothing.
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0)));
        let what = || format!("sending frames by {}", interface.name());
        let socket = socket.map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => {
                BackendError::NotPermitted { what: what(), remedy: "it needs CAP_NET_RAW, or root" }
            }
            _ => BackendError::System { what: what(), error },
        })?;
        bind(&socket, interface).map_err(|error| BackendError::System { what: what(), error })?;
        Ok(LinkSender { socket })
    }

    /// Sends one frame, and waits while the interface has no room for it.
    ///
    /// # Errors
    /// What the system says: the frame is too long for the interface, or that is down.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        loop {
            match self.socket.send(frame) {
                Ok(_) => return Ok(()),
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    std::thread::yield_now();
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn bind(socket: &Socket, interface: &Interface) -> io::Result<()> {
    // SAFETY: all bytes zero is a link address without an interface.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = u16::try_from(libc::AF_PACKET).unwrap_or_default();
    address.sll_ifindex = i32::try_from(interface.index()).unwrap_or_default();
    let bytes = libc::socklen_t::try_from(size_of_val(&address)).unwrap_or_default();
    // SAFETY: the kernel reads `bytes` bytes of `address`, which is that long and lives until it returns.
    let status = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), bytes) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
