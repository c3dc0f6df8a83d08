//! The plainest program on each path: it receives, counts, and gives back.
//!
//! What a backend adds to these is the price of its contract: sorting frames, time stamps, accounts.

use std::net::SocketAddrV4;

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

/// Takes what is there; how many datagrams.
pub(crate) trait Bare {
    fn drain(&mut self) -> u64;
}

fn socket(interface: u32, group: SocketAddrV4) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket.set_reuse_address(true).unwrap();
    // Otherwise it would get what comes in on other interfaces, too.
    socket.set_multicast_all_v4(false).unwrap();
    socket.bind(&group.into()).unwrap();
    rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 8 << 20).unwrap();
    let on = InterfaceIndexOrAddress::Index(interface);
    socket.join_multicast_v4_n(group.ip(), &on).unwrap();
    socket
}

/// `recvmmsg`, 32 at a time.
pub(crate) mod recvmmsg {
    use super::*;
    use std::os::fd::AsRawFd;

    const COUNT: usize = 32;
    const BYTES: usize = 2048;

    pub(crate) struct Loop {
        socket: Socket,
        memory: Vec<u8>,
    }

    impl Loop {
        pub(crate) fn new(interface: u32, group: SocketAddrV4) -> Loop {
            Loop { socket: socket(interface, group), memory: vec![1; COUNT * BYTES] }
        }
    }

    impl Bare for Loop {
        fn drain(&mut self) -> u64 {
            let mut total = 0;
            let mut vectors: [libc::iovec; COUNT] = std::array::from_fn(|index| libc::iovec {
                iov_base: self.memory[index * BYTES..].as_mut_ptr().cast(),
                iov_len: BYTES,
            });
            loop {
                let mut headers: [libc::mmsghdr; COUNT] = std::array::from_fn(|index| {
                    // SAFETY: all bytes zero is an empty header.
                    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
                    header.msg_hdr.msg_iov = &raw mut vectors[index];
                    header.msg_hdr.msg_iovlen = 1;
                    header
                });
                // SAFETY: every header names one vector, and that a place of `BYTES` bytes of `memory`.
                let count = unsafe {
                    libc::recvmmsg(
                        self.socket.as_raw_fd(),
                        headers.as_mut_ptr(),
                        32,
                        libc::MSG_DONTWAIT,
                        std::ptr::null_mut(),
                    )
                };
                match u64::try_from(count) {
                    Ok(count @ 1..) => total += count,
                    _ => return total,
                }
            }
        }
    }
}

/// One multishot receive into a ring of provided buffers.
pub(crate) mod io_uring {
    use super::*;
    use ::io_uring::types::{BufRingEntry, Fixed};
    use ::io_uring::{IoUring, cqueue, opcode};
    use memmap2::MmapMut;
    use std::os::fd::AsRawFd;
    use std::sync::atomic::{AtomicU16, Ordering};

    const COUNT: u16 = 4096;
    const BYTES: usize = 2048;

    pub(crate) struct Loop {
        ring: IoUring,
        _socket: Socket,
        entries: MmapMut,
        memory: MmapMut,
        given: u16,
    }

    impl Loop {
        pub(crate) fn new(interface: u32, group: SocketAddrV4) -> Loop {
            let socket = socket(interface, group);
            let ring = IoUring::builder()
                .setup_single_issuer()
                .setup_defer_taskrun()
                .setup_taskrun_flag()
                .setup_cqsize(2 * u32::from(COUNT))
                .build(8)
                .unwrap();
            let mut memory = MmapMut::map_anon(usize::from(COUNT) * BYTES).unwrap();
            memory.fill(1);
            let entries = MmapMut::map_anon(usize::from(COUNT) * 16).unwrap();
            let submitter = ring.submitter();
            submitter.register_files(&[socket.as_raw_fd()]).unwrap();
            // SAFETY: both mappings live as long as the ring, which is dropped first.
            unsafe {
                let address = entries.as_ptr() as u64;
                submitter.register_buf_ring_with_flags(address, COUNT, 0, 0).unwrap();
            }
            let mut bare = Loop { ring, _socket: socket, entries, memory, given: 0 };
            (0..COUNT).for_each(|buffer| bare.give(buffer));
            bare.arm();
            bare
        }

        fn arm(&mut self) {
            let receive = opcode::RecvMulti::new(Fixed(0), 0).build();
            // SAFETY: it names what was registered.
            unsafe { self.ring.submission().push(&receive).unwrap() };
            self.ring.submit().unwrap();
        }

        fn give(&mut self, buffer: u16) {
            let place = usize::from(self.given % COUNT);
            // SAFETY: the mapping has `COUNT` entries; their last two bytes, which may be the tail, are not set.
            let entry =
                unsafe { &mut *self.entries.as_mut_ptr().cast::<BufRingEntry>().add(place) };
            entry.set_addr(self.memory.as_ptr() as u64 + (usize::from(buffer) * BYTES) as u64);
            entry.set_len(u32::try_from(BYTES).unwrap());
            entry.set_bid(buffer);
            self.given = self.given.wrapping_add(1);
            // SAFETY: an aligned number inside the mapping, that both sides take as atomic.
            let tail = unsafe { AtomicU16::from_ptr(self.entries.as_mut_ptr().add(14).cast()) };
            tail.store(self.given, Ordering::Release);
        }
    }

    impl Bare for Loop {
        fn drain(&mut self) -> u64 {
            let mut total = 0;
            loop {
                if self.ring.submission().taskrun() {
                    // SAFETY: nothing is submitted.
                    let _ = unsafe { self.ring.submitter().enter::<libc::sigset_t>(0, 0, 1, None) };
                }
                let Some(entry) = self.ring.completion().next() else {
                    return total;
                };
                if let Some(buffer) = cqueue::buffer_select(entry.flags()) {
                    total += 1;
                    self.give(buffer);
                }
                if !cqueue::more(entry.flags()) {
                    self.arm();
                }
            }
        }
    }
}

/// A socket of `xsk-rs`, with the program that comes with its library.
#[cfg(feature = "xdp")]
pub(crate) mod xsk {
    use super::*;
    use std::num::NonZeroU32;
    use xsk_rs::config::{BindFlags, QueueSize, SocketConfig, UmemConfig};
    use xsk_rs::{CompQueue, FillQueue, FrameDesc, RxQueue, TxQueue, Umem};

    pub(crate) struct Loop {
        receive: RxQueue,
        fill: FillQueue,
        _umem: Umem,
        _send: (TxQueue, CompQueue),
        frames: [FrameDesc; 32],
        bytes: u64,
    }

    impl Loop {
        pub(crate) fn new(interface: &str) -> Loop {
            let size = QueueSize::new(4096).unwrap();
            let config = UmemConfig::builder().fill_queue_size(size).build().unwrap();
            let memory = |huge| Umem::new(config, NonZeroU32::new(4096).unwrap(), huge);
            let (umem, frames) = memory(true).or_else(|_| memory(false)).unwrap();
            let config = SocketConfig::builder()
                .bind_flags(BindFlags::XDP_COPY | BindFlags::XDP_USE_NEED_WAKEUP)
                .build();
            let name = interface.parse().unwrap();
            // SAFETY: the memory is shared with no other socket.
            let (send, receive, rings) =
                unsafe { xsk_rs::Socket::new(config, &umem, &name, 0) }.unwrap();
            let (mut fill, done) = rings.unwrap();
            // SAFETY: all frames of this memory, and nobody has one.
            unsafe { fill.produce(&frames) };
            Loop {
                receive,
                fill,
                _umem: umem,
                _send: (send, done),
                frames: [frames[0]; 32],
                bytes: 0,
            }
        }
    }

    impl Bare for Loop {
        fn drain(&mut self) -> u64 {
            let mut total = 0;
            loop {
                // SAFETY: the frames are of this socket's memory, and given back before they are asked for again.
                let count = unsafe { self.receive.consume(&mut self.frames) };
                if count == 0 {
                    return total;
                }
                let lengths =
                    self.frames[..count].iter().map(|frame| frame.lengths().data() as u64);
                self.bytes += lengths.sum::<u64>();
                // SAFETY: as above.
                unsafe { self.fill.produce(&self.frames[..count]) };
                total += count as u64;
            }
        }
    }
}

/// A port of DPDK, which a backend has started before.
#[cfg(feature = "dpdk")]
pub(crate) mod dpdk {
    use super::*;
    use dpdk_sys as sys;
    use std::ffi::CString;
    use std::sync::atomic::{AtomicU32, Ordering};

    pub(crate) struct Loop {
        port: u16,
        frames: [*mut sys::rte_mbuf; 32],
    }

    impl Loop {
        pub(crate) fn new(driver: &str, arguments: &str) -> Loop {
            /// Devices have names, and none of these is closed.
            static DEVICES: AtomicU32 = AtomicU32::new(900);
            let number = DEVICES.fetch_add(1, Ordering::Relaxed);
            let name = CString::new(format!("net_{driver}{number}")).unwrap();
            let arguments = CString::new(arguments).unwrap();
            let mut options = sys::Port {
                queues: 1,
                descriptors: 2048,
                mtu: 1500,
                checksums: 0,
                rss: 0,
                promiscuous: 0,
                driver: [0; 64],
            };
            // SAFETY: texts that end with zero and live until they were read; DPDK is started.
            let port = unsafe {
                sys::rte_thread_register();
                let status =
                    sys::rte_eal_hotplug_add(c"vdev".as_ptr(), name.as_ptr(), arguments.as_ptr());
                assert_eq!(status, 0, "{name:?}");
                let port = u16::try_from(sys::wirebook_dpdk_port_named(name.as_ptr())).unwrap();
                let pool = CString::new(format!("bare{port}")).unwrap();
                let pool = sys::wirebook_dpdk_pool(pool.as_ptr(), 8191, 2112, -1);
                assert!(!pool.is_null());
                assert_eq!(sys::wirebook_dpdk_start(port, &raw mut options, pool), 0);
                port
            };
            Loop { port, frames: [std::ptr::null_mut(); 32] }
        }
    }

    impl Bare for Loop {
        fn drain(&mut self) -> u64 {
            let mut total = 0;
            loop {
                let frames = self.frames.as_mut_ptr();
                // SAFETY: the port is started; there is room for 32.
                let count = unsafe { sys::wirebook_dpdk_receive(self.port, 0, frames, 32) };
                if count == 0 {
                    return total;
                }
                // SAFETY: these were just received.
                unsafe { sys::rte_pktmbuf_free_bulk(frames, u32::from(count)) };
                total += u64::from(count);
            }
        }
    }
}
