//! What every backend keeps, tried on each of them over a wire that the test makes.
//!
//! The receiving end is an interface here, the sending end one in a namespace of its own, and frames are sent
//! past its network stack, so that they are exactly what the test says. It takes root; without it, or without the
//! feature that a backend needs, the test says that it was skipped.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod cases;
mod frames;
mod net;
mod receiver;

use std::sync::{Mutex, PoisonError};

use wirebook_ingest::backend::socket::SocketOptions;
use wirebook_ingest::backend::uring::{TaskMode, UringOptions};
use wirebook_ingest::backend::{Backend, BackendConfig, BackendError, Subscription};

/// A way to receive, as the cases need to know it.
pub(crate) struct Kind {
    name: &'static str,
    /// With room for this many datagrams at least, or little more where little is asked for.
    config: fn(&Subscription, room: Room) -> BackendConfig,
    /// Whether the interface's kernel sees what is not ours.
    leaves_the_rest: bool,
    /// Whether frames with VLAN tags come in on the interface itself, and not on one for the VLAN.
    sees_tags: bool,
    /// Whether it says of frames that nobody can read that they were dropped.
    counts_malformed: bool,
    /// Whether the kernel puts fragments together before they come to it.
    joins_fragments: bool,
    /// How many queues it can receive from, on a wire of ours.
    queues_max: u32,
    /// Whether it can be opened on the same interface again in the same process.
    reopens: bool,
}

/// How much a backend is to hold that is not polled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Plenty,
    Little,
}

impl Kind {
    fn open(
        &self,
        subscription: &Subscription,
        room: Room,
    ) -> Result<Box<dyn Backend>, BackendError> {
        (self.config)(subscription, room).open(subscription)
    }
}

fn socket(_: &Subscription, room: Room) -> BackendConfig {
    let mut options = SocketOptions::default();
    if room == Room::Little {
        options.receive_buffer_bytes = 32 << 10;
    }
    BackendConfig::Socket(options)
}

fn uring(_: &Subscription, room: Room, tasks: TaskMode) -> BackendConfig {
    let mut options = UringOptions { tasks, ..UringOptions::default() };
    if room == Room::Little {
        options.socket.receive_buffer_bytes = 32 << 10;
        options.buffers = 64;
    }
    BackendConfig::Uring(options)
}

#[cfg(feature = "xdp")]
fn xdp(
    room: Room,
    mode: wirebook_ingest::backend::xdp::XdpMode,
    busy_poll_us: u32,
    in_place: bool,
) -> BackendConfig {
    use wirebook_ingest::backend::xdp::XdpOptions;
    let mut options =
        XdpOptions { mode: Some(mode), busy_poll_us, in_place, ..XdpOptions::default() };
    if room == Room::Little {
        options.frames = 128;
    }
    BackendConfig::Xdp(options)
}

#[cfg(feature = "dpdk")]
fn dpdk(subscription: &Subscription, room: Room, driver: &str) -> BackendConfig {
    use wirebook_ingest::backend::Interface;
    use wirebook_ingest::backend::dpdk::DpdkOptions;
    let interface = Interface::find(&subscription.interface).unwrap();
    let mut device = format!("net_{driver}{},iface={}", interface.index(), interface.name());
    let queues = u16::try_from(interface.receive_queues()).unwrap();
    match driver {
        "af_packet" => {
            let frames = if room == Room::Little { 256 } else { 8192 };
            device += &format!(",qpairs={queues},blocksz=4096,framesz=2048,framecnt={frames}");
        }
        _ => device += &format!(",queue_count={queues}"),
    }
    let mut options = DpdkOptions { device: Some(device), queues, ..DpdkOptions::default() };
    // More than the cases send while nobody polls.
    options.descriptors = if room == Room::Little { 64 } else { 2048 };
    BackendConfig::Dpdk(options)
}

const SOCKET: Kind = Kind {
    name: "socket",
    config: socket,
    leaves_the_rest: true,
    sees_tags: false,
    counts_malformed: false,
    joins_fragments: false,
    queues_max: 2,
    reopens: true,
};
const URING: Kind = Kind {
    name: "io_uring, deferred",
    config: |subscription, room| uring(subscription, room, TaskMode::Deferred),
    ..SOCKET
};
const URING_THREAD: Kind = Kind {
    name: "io_uring, kernel thread",
    config: |subscription, room| uring(subscription, room, TaskMode::KernelThread),
    ..SOCKET
};
#[cfg(feature = "xdp")]
const XDP_NATIVE: Kind = Kind {
    name: "xdp, native",
    config: |_, room| xdp(room, wirebook_ingest::backend::xdp::XdpMode::Native, 0, true),
    leaves_the_rest: true,
    sees_tags: true,
    counts_malformed: true,
    joins_fragments: false,
    queues_max: 2,
    reopens: true,
};
#[cfg(feature = "xdp")]
const XDP_GENERIC: Kind = Kind {
    name: "xdp, generic",
    config: |_, room| xdp(room, wirebook_ingest::backend::xdp::XdpMode::Generic, 0, true),
    ..XDP_NATIVE
};
#[cfg(feature = "xdp")]
const XDP_BUSY: Kind = Kind {
    name: "xdp, busy polling",
    config: |_, room| xdp(room, wirebook_ingest::backend::xdp::XdpMode::Native, 20, true),
    ..XDP_NATIVE
};
#[cfg(feature = "xdp")]
const XDP_LIBRARY: Kind = Kind {
    name: "xdp, rings by xsk-rs",
    config: |_, room| xdp(room, wirebook_ingest::backend::xdp::XdpMode::Native, 0, false),
    ..XDP_NATIVE
};
#[cfg(feature = "dpdk")]
const DPDK_AF_PACKET: Kind = Kind {
    name: "dpdk, net_af_packet",
    config: |subscription, room| dpdk(subscription, room, "af_packet"),
    leaves_the_rest: true,
    sees_tags: true,
    counts_malformed: true,
    joins_fragments: true,
    queues_max: 2,
    reopens: true,
};
#[cfg(feature = "dpdk")]
const DPDK_AF_XDP: Kind = Kind {
    name: "dpdk, net_af_xdp",
    config: |subscription, room| dpdk(subscription, room, "af_xdp"),
    leaves_the_rest: false,
    sees_tags: true,
    counts_malformed: true,
    joins_fragments: false,
    queues_max: 1,
    // DPDK 22.11's driver keeps its socket until the process ends.
    reopens: false,
};

/// One at a time: they count what the whole machine does, and share its cores.
static TURN: Mutex<()> = Mutex::new(());

fn each(case: &str, run: fn(&Kind)) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !net::may_make_wires(case) {
        return;
    }
    let mut kinds = vec![&SOCKET];
    if net::has_io_uring(case) {
        kinds.extend([&URING, &URING_THREAD]);
    }
    #[cfg(feature = "xdp")]
    kinds.extend([&XDP_NATIVE, &XDP_GENERIC, &XDP_BUSY, &XDP_LIBRARY]);
    #[cfg(not(feature = "xdp"))]
    println!("skipped {case} by xdp: it needs the feature xdp");
    #[cfg(feature = "dpdk")]
    kinds.extend([&DPDK_AF_PACKET, &DPDK_AF_XDP]);
    #[cfg(not(feature = "dpdk"))]
    println!("skipped {case} by dpdk: it needs the feature dpdk");
    let only = std::env::var("BACKEND").ok();
    for kind in kinds.into_iter().filter(|kind| only.as_ref().is_none_or(|only| kind.name == only))
    {
        println!("{case} by {}", kind.name);
        run(kind);
    }
}

macro_rules! cases {
    ($($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                each(stringify!($case), cases::$case);
            }
        )*
    };
}

cases! {
    datagrams_come_whole_and_in_the_order_of_their_line
    a_burst_has_its_limit_and_what_it_lends_stays_until_the_next
    more_comes_in_than_there_is_ever_room_for_at_once
    only_subscribed_groups_and_ports_come_in
    only_the_named_sender_of_a_source_specific_group_comes_in
    what_is_not_ours_is_left_to_the_kernel
    tagged_frames_come_in
    the_smallest_and_the_longest_datagrams_come_in
    what_nobody_can_read_is_dropped_and_harms_nothing
    a_fragment_is_never_taken_for_a_datagram
    what_finds_no_room_is_counted_and_the_rest_comes_in
    the_port_is_free_again_after_the_end
    both_queues_of_an_interface_are_received
    waiting_ends_when_something_comes_in_and_when_nothing_does
}
