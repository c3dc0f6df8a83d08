//! Bindings to the part of an installed DPDK that receives packets.
//!
//! The functions that DPDK has inline, and those whose arguments differ from release to release, are reached through
//! a shim in C (`shim.h`) that is compiled against the installed headers. The one structure that is read from
//! here, `rte_mbuf`, has its layout asserted on both sides. DPDK 21.11 and later have these names; it was tried with
//! 22.11.
//!
//! Without the feature `link` the crate is empty and needs no DPDK.

#![cfg(feature = "link")]
#![allow(non_camel_case_types)] // DPDK's names

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::mem::{offset_of, size_of};

/// The beginning of a frame's header (`rte_mbuf_core.h`): what a receiver reads of it.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct rte_mbuf {
    /// Where its memory begins.
    pub buf_addr: *mut c_void,
    buf_iova: u64,
    /// Where in its memory the frame begins.
    pub data_off: u16,
    refcnt: u16,
    /// Pieces that the frame consists of.
    pub nb_segs: u16,
    /// The port that it came by.
    pub port: u16,
    /// What the card found out; see the constants.
    pub ol_flags: u64,
    packet_type: u32,
    /// Bytes of all pieces.
    pub pkt_len: u32,
    /// Bytes of this piece.
    pub data_len: u16,
    rest: [u8; 86],
}

const _: () = {
    assert!(size_of::<rte_mbuf>() == 128);
    assert!(offset_of!(rte_mbuf, buf_addr) == 0);
    assert!(offset_of!(rte_mbuf, data_off) == 16);
    assert!(offset_of!(rte_mbuf, nb_segs) == 20);
    assert!(offset_of!(rte_mbuf, ol_flags) == 24);
    assert!(offset_of!(rte_mbuf, pkt_len) == 36);
    assert!(offset_of!(rte_mbuf, data_len) == 40);
};

/// The bits of `ol_flags` that tell of a datagram's checksum.
pub const RX_L4_CKSUM_MASK: u64 = 1 << 3 | 1 << 8;
/// The checksum of a datagram is wrong.
pub const RX_L4_CKSUM_BAD: u64 = 1 << 3;
/// The bits of `ol_flags` that tell of an IP header's checksum.
pub const RX_IP_CKSUM_MASK: u64 = 1 << 4 | 1 << 7;
/// The checksum of an IP header is wrong.
pub const RX_IP_CKSUM_BAD: u64 = 1 << 4;

/// A pool of frames.
#[repr(C)]
#[derive(Debug)]
pub struct rte_mempool {
    opaque: [u8; 0],
}

/// `struct wirebook_port` in `shim.h`: what a port is asked for, and what it was given.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// Receive queues.
    pub queues: u16,
    /// Frames that each of them can hold.
    pub descriptors: u16,
    /// Bytes of the longest packet.
    pub mtu: u16,
    /// Whether the card checks checksums.
    pub checksums: u8,
    /// Whether it spreads flows over the queues.
    pub rss: u8,
    /// Whether it takes frames to anybody.
    pub promiscuous: u8,
    /// The driver's name, ended by zero.
    pub driver: [u8; 64],
}

/// `struct wirebook_stats` in `shim.h`: what a port has counted.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Frames received.
    pub packets: u64,
    /// Frames that found a queue full.
    pub missed: u64,
    /// Frames that were broken.
    pub errors: u64,
    /// Failures to find an empty frame.
    pub no_buffer: u64,
}

unsafe extern "C" {
    /// The version that runs.
    pub safe fn rte_version() -> *const c_char;
    /// Starts DPDK, once in a process. The arguments stay its own.
    pub fn rte_eal_init(argc: c_int, argv: *mut *mut c_char) -> c_int;
    /// Ends it.
    pub fn rte_eal_cleanup() -> c_int;
    /// Adds a device of a bus while DPDK runs.
    pub fn rte_eal_hotplug_add(
        bus: *const c_char,
        device: *const c_char,
        arguments: *const c_char,
    ) -> c_int;
    /// Takes it away.
    pub fn rte_eal_hotplug_remove(bus: *const c_char, device: *const c_char) -> c_int;
    /// Makes the calling thread known, which gives it a cache of its own in every pool.
    pub fn rte_thread_register() -> c_int;
    /// Forgets the calling thread.
    pub fn rte_thread_unregister();
    /// Gives the memory of a pool back. Every frame must have been given back to it.
    pub fn rte_mempool_free(pool: *mut rte_mempool);

    /// The version that the shim was compiled against.
    pub safe fn wirebook_dpdk_built_version() -> *const c_char;
    /// The last error of this thread.
    pub safe fn wirebook_dpdk_errno() -> c_int;
    /// An error in words.
    pub safe fn wirebook_dpdk_error(code: c_int) -> *const c_char;
    /// The first port; negative where there is none.
    pub safe fn wirebook_dpdk_port_first() -> c_int;
    /// The port of a device; negative where there is none.
    pub fn wirebook_dpdk_port_named(name: *const c_char) -> c_int;
    /// A pool of frames; null where there is no memory for it.
    pub fn wirebook_dpdk_pool(
        name: *const c_char,
        frames: c_uint,
        frame_bytes: u16,
        numa_node: c_int,
    ) -> *mut rte_mempool;
    /// Configures and starts a port that only receives.
    pub fn wirebook_dpdk_start(port: u16, options: *mut Port, pool: *mut rte_mempool) -> c_int;
    /// Stops and closes it.
    pub fn wirebook_dpdk_stop(port: u16);
    /// Has it take frames to some multicast addresses of six bytes: 0 those, 1 all, negative none.
    pub fn wirebook_dpdk_multicast(port: u16, addresses: *const u8, count: u32) -> c_int;
    /// Takes frames that have come in.
    pub fn wirebook_dpdk_receive(
        port: u16,
        queue: u16,
        frames: *mut *mut rte_mbuf,
        count: u16,
    ) -> u16;
    /// Gives frames back to the pool of the port that received them.
    pub fn wirebook_dpdk_free(pool: *mut rte_mempool, frames: *mut *mut rte_mbuf, count: c_uint);
    /// Gives frames back to whatever pools they are from.
    pub fn rte_pktmbuf_free_bulk(frames: *mut *mut rte_mbuf, count: c_uint);
    /// What a port has counted.
    pub fn wirebook_dpdk_stats(port: u16, stats: *mut Stats) -> c_int;
    /// One of the driver's own counters: its name in 64 bytes, ended by zero, and its value. How many there are;
    /// negative where there are none.
    pub fn wirebook_dpdk_xstat(port: u16, index: u64, name: *mut u8, value: *mut u64) -> c_int;
    /// Whether its link is up, and its speed in Mbit/s.
    pub fn wirebook_dpdk_link(port: u16, speed: *mut u32) -> c_int;
}
