use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Deserialize;

use crate::command::region::PagesArgument;

/// The path by which packets come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command) enum BackendKind {
    /// UDP sockets.
    Socket,
    /// UDP sockets behind io_uring.
    #[value(name = "io_uring")]
    IoUring,
    /// AF_XDP (feature xdp).
    Xdp,
    /// DPDK (feature dpdk).
    Dpdk,
}

/// What the ingest thread does when nothing comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command) enum PaceKind {
    /// Polls again.
    Busy,
    /// Polls for a while, then sleeps.
    Adaptive,
    /// Sleeps.
    Blocking,
}

/// How an AF_XDP socket is bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command) enum XdpModeArgument {
    /// The fastest of the following that is to be had.
    Auto,
    /// In the driver, without a copy.
    #[value(name = "zero_copy")]
    ZeroCopy,
    /// In the driver, with a copy.
    Native,
    /// Behind the driver.
    Generic,
}

/// What the datagrams hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::command) enum LiveFormat {
    /// MoldUDP64 packets of ITCH 5.0.
    Itch,
    /// One level set each.
    LevelSet,
}

/// Who does the kernel's part of io_uring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command) enum UringTasks {
    /// The ingest thread, when it asks.
    Deferred,
    /// A thread of the kernel (SQPOLL).
    #[value(name = "kernel_thread")]
    KernelThread,
}

/// Every option that a configuration may hold too.
#[derive(Clone, Default, clap::Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::command) struct Options {
    /// The path by which packets come in [default: socket].
    #[arg(long, value_enum)]
    pub(in crate::command) backend: Option<BackendKind>,
    /// The network interface.
    #[arg(long, value_name = "IF")]
    pub(in crate::command) interface: Option<String>,
    /// The multicast group (or the address of this machine) and the port of line A.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::command) group: Option<SocketAddrV4>,
    /// The same of line B.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::command) line_b: Option<SocketAddrV4>,
    /// The only sender to listen to (source-specific multicast).
    #[arg(long, value_name = "ADDR")]
    pub(in crate::command) source: Option<Ipv4Addr>,
    /// What the datagrams hold [default: itch].
    #[arg(long, value_enum)]
    pub(in crate::command) format: Option<LiveFormat>,
    /// The cores of the ingest threads, one each.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(in crate::command) cores: Option<Vec<usize>>,
    /// What an ingest thread does when nothing comes in [default: adaptive].
    #[arg(long, value_enum)]
    pub(in crate::command) mode: Option<PaceKind>,
    /// Keep the books in a file, on hugetlbfs or tmpfs, that other processes can attach to.
    #[arg(long, value_name = "PATH")]
    pub(in crate::command) region: Option<PathBuf>,
    /// How many updates the ring in that file holds [default: 65536].
    #[arg(long, value_name = "N")]
    pub(in crate::command) updates: Option<u32>,
    /// The pages that the books are to have; what is asked for is required.
    #[arg(long, value_enum)]
    pub(in crate::command) pages: Option<PagesArgument>,
    /// Write the touch tape, as replay does.
    #[arg(long, value_name = "OUT.csv")]
    pub(in crate::command) bbo: Option<PathBuf>,
    /// Write lines of books that are not Live too.
    #[arg(long)]
    pub(in crate::command) any_state: bool,
    /// The books are empty before the first message that comes.
    #[arg(long)]
    pub(in crate::command) assume_complete: bool,
    /// Keep only these symbols.
    #[arg(long, value_delimiter = ',', value_name = "AAPL,GOOG")]
    pub(in crate::command) symbols: Option<Vec<String>>,
    /// Orders that can be live at the same time [default: 2097152].
    #[arg(long, value_name = "N")]
    pub(in crate::command) orders_max: Option<u32>,
    /// Price levels that can be there at the same time.
    #[arg(long, value_name = "N")]
    pub(in crate::command) levels_max: Option<u32>,
    /// Stop at the end of the session.
    #[arg(long)]
    pub(in crate::command) exit_at_end: bool,
    /// Stop when nothing has come in for so long.
    #[arg(long, value_name = "SECONDS")]
    pub(in crate::command) exit_idle: Option<f64>,
    /// Say how things stand so often; 0 is never [default: 5].
    #[arg(long, value_name = "SECONDS")]
    pub(in crate::command) interval: Option<f64>,
    /// How long a missing packet is waited for [default: 50].
    #[arg(long, value_name = "MS")]
    pub(in crate::command) gap_wait_ms: Option<u64>,
    /// Packets that wait for a missing one before it is given up [default: 1024].
    #[arg(long, value_name = "PACKETS")]
    pub(in crate::command) window: Option<usize>,
    /// How long nothing may be heard before books are Stale [default: 5000].
    #[arg(long, value_name = "MS")]
    pub(in crate::command) silence_ms: Option<u64>,
    /// Bytes of the longest payload [default: 2048].
    #[arg(long, value_name = "BYTES")]
    pub(in crate::command) packet_bytes_max: Option<usize>,
    /// Bytes of packets that the kernel keeps for a socket [default: 8388608].
    #[arg(long, value_name = "BYTES")]
    pub(in crate::command) receive_buffer: Option<usize>,
    /// Share the port with other sockets (SO_REUSEPORT).
    #[arg(long)]
    pub(in crate::command) reuse_port: bool,
    /// Let the kernel poll the network card for so long (SO_BUSY_POLL, or NAPI with io_uring).
    #[arg(long, value_name = "US")]
    pub(in crate::command) busy_poll_us: Option<u32>,
    /// Who does the kernel's part of io_uring [default: deferred].
    #[arg(long, value_enum)]
    pub(in crate::command) uring_tasks: Option<UringTasks>,
    /// Buffers for io_uring [default: 4096].
    #[arg(long, value_name = "N")]
    pub(in crate::command) uring_buffers: Option<u16>,
    /// How AF_XDP is bound [default: auto].
    #[arg(long, value_enum)]
    pub(in crate::command) xdp_mode: Option<XdpModeArgument>,
    /// Receive queues: for AF_XDP all that the interface has, unless said; for DPDK one.
    #[arg(long, value_name = "N")]
    pub(in crate::command) queues: Option<u16>,
    /// Frames of memory that AF_XDP or DPDK set aside for each queue [default: 4096 and 8191].
    #[arg(long, value_name = "N")]
    pub(in crate::command) frames: Option<u32>,
    /// Arguments of DPDK's environment.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub(in crate::command) eal: Option<String>,
    /// DPDK's device: a PCI address, or a virtual device with its arguments.
    #[arg(long, value_name = "DEV")]
    pub(in crate::command) device: Option<String>,
    /// Several feeds, only in a configuration.
    #[arg(skip)]
    pub(in crate::command) channel: Vec<ChannelOptions>,
}

/// What one of several feeds has for itself.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::command) struct ChannelOptions {
    pub(in crate::command) interface: Option<String>,
    pub(in crate::command) group: Option<SocketAddrV4>,
    pub(in crate::command) line_b: Option<SocketAddrV4>,
    pub(in crate::command) source: Option<Ipv4Addr>,
    pub(in crate::command) core: Option<usize>,
    pub(in crate::command) region: Option<PathBuf>,
    pub(in crate::command) bbo: Option<PathBuf>,
}

impl Options {
    /// These options, and those of `file` where nothing is said here.
    pub(in crate::command) fn over(self, file: Options) -> Options {
        Options {
            backend: self.backend.or(file.backend),
            interface: self.interface.or(file.interface),
            group: self.group.or(file.group),
            line_b: self.line_b.or(file.line_b),
            source: self.source.or(file.source),
            format: self.format.or(file.format),
            cores: self.cores.or(file.cores),
            mode: self.mode.or(file.mode),
            region: self.region.or(file.region),
            updates: self.updates.or(file.updates),
            pages: self.pages.or(file.pages),
            bbo: self.bbo.or(file.bbo),
            any_state: self.any_state || file.any_state,
            assume_complete: self.assume_complete || file.assume_complete,
            symbols: self.symbols.or(file.symbols),
            orders_max: self.orders_max.or(file.orders_max),
            levels_max: self.levels_max.or(file.levels_max),
            exit_at_end: self.exit_at_end || file.exit_at_end,
            exit_idle: self.exit_idle.or(file.exit_idle),
            interval: self.interval.or(file.interval),
            gap_wait_ms: self.gap_wait_ms.or(file.gap_wait_ms),
            window: self.window.or(file.window),
            silence_ms: self.silence_ms.or(file.silence_ms),
            packet_bytes_max: self.packet_bytes_max.or(file.packet_bytes_max),
            receive_buffer: self.receive_buffer.or(file.receive_buffer),
            reuse_port: self.reuse_port || file.reuse_port,
            busy_poll_us: self.busy_poll_us.or(file.busy_poll_us),
            uring_tasks: self.uring_tasks.or(file.uring_tasks),
            uring_buffers: self.uring_buffers.or(file.uring_buffers),
            xdp_mode: self.xdp_mode.or(file.xdp_mode),
            queues: self.queues.or(file.queues),
            frames: self.frames.or(file.frames),
            eal: self.eal.or(file.eal),
            device: self.device.or(file.device),
            channel: file.channel,
        }
    }
}
