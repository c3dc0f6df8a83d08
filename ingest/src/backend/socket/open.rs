//! Opening the sockets of a subscription.

use std::io;
use std::mem::size_of;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::num::NonZeroU32;
use std::os::fd::{AsFd, AsRawFd};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use crate::backend::{BackendError, Interface, Obtained, WireLine};

/// What is asked of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SocketOptions {
    /// Bytes of packets that the kernel keeps until they are fetched.
    pub receive_buffer_bytes: usize,
    /// Others may receive on the port too; the kernel spreads unicast flows over the group.
    pub reuse_port: bool,
    /// Microseconds for which a receive call polls the network card itself (`SO_BUSY_POLL`); 0 is never.
    pub busy_poll_us: u32,
    /// The kernel stamps each packet as it comes in.
    pub timestamps: bool,
    /// Bytes of the longest payload.
    pub packet_bytes_max: usize,
}

impl Default for SocketOptions {
    fn default() -> SocketOptions {
        SocketOptions {
            receive_buffer_bytes: 8 << 20,
            reuse_port: false,
            busy_poll_us: 0,
            timestamps: true,
            packet_bytes_max: 2048,
        }
    }
}

/// A socket that receives one line.
pub(in crate::backend) fn open(
    interface: &Interface,
    line: WireLine,
    options: &SocketOptions,
    obtained: &mut Obtained,
) -> Result<Socket, BackendError> {
    let (group, address) = (*line.group.ip(), line.group);
    let failed = |what: &str| BackendError::system(format!("{what} {address}"));
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))
        .map_err(BackendError::system("opening a UDP socket"))?;
    socket.set_nonblocking(true).map_err(failed("preparing the socket for"))?;
    if group.is_multicast() {
        // Every program that joins a group gets its packets: that is no conflict.
        socket.set_reuse_address(true).map_err(failed("sharing"))?;
        socket.set_multicast_all_v4(false).map_err(failed("restricting to its own group"))?;
    }
    if options.reuse_port {
        socket.set_reuse_port(true).map_err(failed("joining the port's group of"))?;
    }
    bind_to_interface(&socket, interface, group)?;
    socket.bind(&address.into()).map_err(|error| cannot_bind(address, error))?;
    if group.is_multicast() {
        join(&socket, interface, line)?;
    }
    enlarge(&socket, options.receive_buffer_bytes, obtained)?;
    tune(&socket, options, obtained)?;
    Ok(socket)
}

/// A socket that has the kernel subscribe to the groups of `lines`, and receives nothing itself: for
/// paths that take the frames before any socket.
#[allow(dead_code)] // only the paths that are features need it
pub(in crate::backend) fn membership(
    interface: &Interface,
    lines: &[WireLine],
) -> Result<Socket, BackendError> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))
        .map_err(BackendError::system("opening a UDP socket"))?;
    for line in lines.iter().filter(|line| line.group.ip().is_multicast()) {
        join(&socket, interface, *line)?;
    }
    Ok(socket)
}

/// The same group can be there on several interfaces; only one is ours. Packets from this machine to an
/// address of its own come in on `lo`, whatever interface the address is of.
fn bind_to_interface(
    socket: &Socket,
    interface: &Interface,
    group: Ipv4Addr,
) -> Result<(), BackendError> {
    if !group.is_multicast() {
        return Ok(());
    }
    match socket.bind_device(Some(interface.name().as_bytes())) {
        // Before Linux 5.7 it took a privilege. The membership alone names the interface then.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        bound => bound
            .map_err(BackendError::system(format!("binding to interface {}", interface.name()))),
    }
}

fn cannot_bind(address: SocketAddrV4, error: io::Error) -> BackendError {
    match error.kind() {
        io::ErrorKind::AddrInUse => BackendError::InUse { address },
        io::ErrorKind::AddrNotAvailable => BackendError::NotHere { address },
        io::ErrorKind::PermissionDenied => BackendError::NotPermitted {
            what: format!("receiving on {address}"),
            remedy: "ports below 1024 need CAP_NET_BIND_SERVICE: name another one",
        },
        _ => BackendError::System { what: format!("receiving on {address}"), error },
    }
}

fn join(socket: &Socket, interface: &Interface, line: WireLine) -> Result<(), BackendError> {
    let group = line.group.ip();
    let (joined, from) = match line.source {
        None => {
            let on = InterfaceIndexOrAddress::Index(interface.index());
            (socket.join_multicast_v4_n(group, &on), String::new())
        }
        Some(source) => (join_source(socket, interface, *group, source), format!(" from {source}")),
    };
    let what = format!("joining {group}{from} on {}", interface.name());
    joined.map_err(|error| match error.raw_os_error() {
        Some(libc::ENOBUFS) => BackendError::Unsupported {
            what,
            error,
            remedy: "allow more memberships: sysctl -w net.ipv4.igmp_max_memberships=256",
        },
        Some(libc::ENODEV) => BackendError::Unsupported {
            what,
            error,
            remedy: "the interface must be up and have an IPv4 address: ip address show",
        },
        _ => BackendError::System { what, error },
    })
}

/// The argument of `MCAST_JOIN_SOURCE_GROUP` (RFC 3678, section 5.1).
#[repr(C)]
struct GroupSource {
    interface: u32,
    group: libc::sockaddr_storage,
    source: libc::sockaddr_storage,
}

fn join_source(
    socket: &Socket,
    interface: &Interface,
    group: Ipv4Addr,
    source: Ipv4Addr,
) -> io::Result<()> {
    const MCAST_JOIN_SOURCE_GROUP: libc::c_int = 46;
    let request = GroupSource {
        interface: interface.index(),
        group: storage(group),
        source: storage(source),
    };
    let bytes = libc::socklen_t::try_from(size_of::<GroupSource>()).map_err(io::Error::other)?;
    // SAFETY: the kernel reads `bytes` bytes of `request`, which is that long and lives until it returns.
    let status = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            MCAST_JOIN_SOURCE_GROUP,
            (&raw const request).cast(),
            bytes,
        )
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn storage(address: Ipv4Addr) -> libc::sockaddr_storage {
    let address = socket2::SockAddr::from(SocketAddrV4::new(address, 0));
    let bytes = size_of::<libc::sockaddr_in>();
    // SAFETY: all bytes zero is a `sockaddr_storage`: it has no field that could not be.
    let mut storage: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    // SAFETY: `address` holds a `sockaddr_in` of `bytes` bytes, and a `sockaddr_storage` is larger; the two
    // are different objects.
    unsafe {
        std::ptr::copy_nonoverlapping(
            address.as_ptr().cast::<u8>(),
            (&raw mut storage).cast::<u8>(),
            bytes,
        );
    }
    storage
}

/// Asks for the receive buffer and notes what the kernel granted (it says twice what can be used).
fn enlarge(socket: &Socket, wanted: usize, obtained: &mut Obtained) -> Result<(), BackendError> {
    // Beyond the system's limit only a privileged process gets it.
    if rustix::net::sockopt::set_socket_recv_buffer_size_force(socket.as_fd(), wanted).is_err() {
        socket.set_recv_buffer_size(wanted).map_err(BackendError::system(format!(
            "asking for a receive buffer of {wanted} bytes"
        )))?;
    }
    let granted = socket
        .recv_buffer_size()
        .map_err(BackendError::system("asking for the size of the receive buffer"))?
        / 2;
    obtained.note("receive_buffer_bytes", granted);
    if granted < wanted {
        obtained.note(
            "receive_buffer_remedy",
            format!("{wanted} were asked for: sysctl -w net.core.rmem_max={wanted}"),
        );
    }
    Ok(())
}

fn tune(
    socket: &Socket,
    options: &SocketOptions,
    obtained: &mut Obtained,
) -> Result<(), BackendError> {
    if options.busy_poll_us > 0 {
        let busy_poll = NonZeroU32::new(options.busy_poll_us).map_or(0, NonZeroU32::get);
        let asked = set_number(socket, libc::SO_BUSY_POLL, busy_poll.cast_signed());
        match asked {
            Ok(()) => obtained.note("busy_poll_us", busy_poll),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                obtained
                    .note("busy_poll_us", "0 (more than net.core.busy_read needs CAP_NET_ADMIN)");
            }
            Err(error) => {
                return Err(BackendError::System { what: "asking for SO_BUSY_POLL".into(), error });
            }
        }
    }
    if options.timestamps {
        set_number(socket, libc::SO_TIMESTAMPNS, 1)
            .map_err(BackendError::system("asking for time stamps"))?;
    }
    Ok(())
}

fn set_number(socket: &Socket, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the kernel reads four bytes of `value`, which lives until it returns.
    let status = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const value).cast(), 4)
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Datagrams that a socket has dropped because its receive buffer was full (`sk_drops`): the number that
/// `SO_RXQ_OVFL` puts beside the next packet, but there also when no packet follows.
pub(in crate::backend) fn dropped(socket: &Socket) -> u64 {
    const SO_MEMINFO: libc::c_int = 55;
    /// `SK_MEMINFO_DROPS` and the number of words.
    const DROPS: usize = 8;
    let mut words = [0_u32; DROPS + 1];
    let mut bytes = 36;
    // SAFETY: the kernel writes at most `bytes` bytes into `words`, which is that long (nine words of four).
    let status = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_MEMINFO,
            words.as_mut_ptr().cast(),
            &raw mut bytes,
        )
    };
    if status == 0 { u64::from(words[DROPS]) } else { 0 }
}
