use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrayvec::ArrayVec;
use wirebook::book::Capacity;
#[cfg(not(all(feature = "xdp", feature = "dpdk")))]
use wirebook::ingest::backend::BackendError;
use wirebook::ingest::backend::socket::SocketOptions;
use wirebook::ingest::backend::uring::{TaskMode, UringOptions};
use wirebook::ingest::backend::{BackendConfig, Subscription, WireLine};
use wirebook::ingest::receiver::{Pace, Protocol};
use wirebook::ingest::session::SessionConfig;

use super::options::{BackendKind, ChannelOptions, LiveFormat, Options, PaceKind, UringTasks};
use crate::command::outcome::Failure;
use crate::command::region::{PagesArgument, RegionArguments};

/// How one feed is received.
pub(in crate::command) struct Plan {
    /// What reports of one of several feeds begin with.
    pub(in crate::command) name: String,
    pub(in crate::command) backend: BackendConfig,
    pub(in crate::command) subscription: Subscription,
    pub(in crate::command) session: SessionConfig,
    pub(in crate::command) protocol: Protocol,
    pub(in crate::command) core: Option<usize>,
    pub(in crate::command) region: RegionArguments,
    pub(in crate::command) bbo: Option<PathBuf>,
    pub(in crate::command) any_state: bool,
    pub(in crate::command) assume_complete: bool,
    pub(in crate::command) symbols: Vec<String>,
    pub(in crate::command) orders_max: u32,
    pub(in crate::command) levels_max: u32,
    pub(in crate::command) exit_at_end: bool,
    pub(in crate::command) exit_idle: Option<Duration>,
    interval: Option<Duration>,
    mode: PaceKind,
}

impl Plan {
    pub(in crate::command) fn pace(&self) -> Pace {
        match self.mode {
            PaceKind::Busy => Pace::Busy,
            PaceKind::Adaptive => Pace::adaptive(),
            PaceKind::Blocking => Pace::Blocking,
        }
    }

    pub(in crate::command) fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

/// The plans of all feeds: from the arguments, and from the file where they say nothing.
pub(in crate::command) fn plans(
    arguments: Options,
    file: Option<&Path>,
) -> Result<Vec<Plan>, Failure> {
    let mut options = match file {
        Some(path) => arguments.over(read(path)?),
        None => arguments,
    };
    let channels = std::mem::take(&mut options.channel);
    if channels.is_empty() {
        let core = options.cores.as_ref().and_then(|cores| cores.first().copied());
        return Ok(vec![plan(&options, core, String::new())?]);
    }
    if !matches!(options.backend, None | Some(BackendKind::Socket | BackendKind::IoUring)) {
        return Err(Failure::Option("several channels are received by socket or io_uring".into()));
    }
    let plans = channels.into_iter().enumerate().map(|(index, channel)| {
        let core = options.cores.as_ref().and_then(|cores| cores.get(index).copied());
        let core = channel.core.or(core);
        plan(&of_channel(&options, channel), core, format!("channel {}: ", index + 1))
    });
    plans.collect()
}

fn read(path: &Path) -> Result<Options, Failure> {
    let failed = |reason: String| Failure::Config { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|&byte| byte == b'\n').count();
        // All the keys that there are would bury the one that is wrong.
        let what = error.message().split(", expected one of").next().unwrap_or_default();
        failed(format!("line {line}: {what} (wirebook run --help lists all, with - for _)"))
    })
}

fn of_channel(options: &Options, channel: ChannelOptions) -> Options {
    let mut options = options.clone();
    let ChannelOptions { interface, group, line_b, source, core: _, region, bbo } = channel;
    options.interface = interface.or(options.interface);
    (options.group, options.line_b) = (group, line_b);
    (options.region, options.bbo) = (region, bbo);
    options.source = source.or(options.source);
    options
}

fn plan(options: &Options, core: Option<usize>, name: String) -> Result<Plan, Failure> {
    let missing =
        |what: &str| Failure::Option(format!("--{what} is needed (or {what} in --config)"));
    let interface = match (&options.interface, options.backend) {
        (Some(interface), _) => interface.clone(),
        // A card that was taken from the kernel is no interface of its.
        (None, Some(BackendKind::Dpdk)) => String::new(),
        (None, _) => return Err(missing("interface")),
    };
    let group = options.group.ok_or_else(|| missing("group"))?;
    let wire = |group: SocketAddrV4| WireLine { group, source: options.source };
    let lines: ArrayVec<WireLine, 2> =
        [Some(group), options.line_b].into_iter().flatten().map(wire).collect();
    if options.line_b == Some(group) {
        return Err(Failure::Option(format!("lines A and B are both {group}")));
    }
    let interval = duration("interval", options.interval.unwrap_or(5.0))?;
    Ok(Plan {
        name,
        backend: backend(options)?,
        subscription: Subscription { interface, lines },
        session: session(options),
        protocol: match options.format {
            None | Some(LiveFormat::Itch) => Protocol::Mold,
            Some(LiveFormat::LevelSet) => Protocol::LevelSet,
        },
        core,
        region: RegionArguments::of_run(
            options.region.clone(),
            options.updates.unwrap_or(1 << 16),
            options.pages.or_else(|| options.region.is_none().then_some(PagesArgument::Prefer)),
        ),
        bbo: options.bbo.clone(),
        any_state: options.any_state,
        assume_complete: options.assume_complete,
        symbols: options.symbols.clone().unwrap_or_default(),
        orders_max: options.orders_max.unwrap_or(Capacity::WHOLE_DAY.orders),
        levels_max: options.levels_max.unwrap_or(Capacity::WHOLE_DAY.levels),
        exit_at_end: options.exit_at_end,
        exit_idle: options.exit_idle.map(|idle| duration("exit-idle", idle)).transpose()?,
        interval: (!interval.is_zero()).then_some(interval),
        mode: options.mode.unwrap_or(PaceKind::Adaptive),
    })
}

fn duration(name: &str, value: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| Failure::Option(format!("--{name} {value}: not a time in seconds")))
}

fn session(options: &Options) -> SessionConfig {
    let ns = |ms: u64| ms.saturating_mul(1_000_000);
    SessionConfig {
        window_packets: options.window.unwrap_or(1024),
        packet_bytes_max: options.packet_bytes_max.unwrap_or(2048),
        window_ns: Some(ns(options.gap_wait_ms.unwrap_or(50))),
        silence_ns: Some(ns(options.silence_ms.unwrap_or(5000))),
        begins_anywhere: options.assume_complete,
        ..SessionConfig::default()
    }
}

fn socket(options: &Options) -> SocketOptions {
    let standard = SocketOptions::default();
    SocketOptions {
        receive_buffer_bytes: options.receive_buffer.unwrap_or(standard.receive_buffer_bytes),
        reuse_port: options.reuse_port,
        busy_poll_us: options.busy_poll_us.unwrap_or(0),
        packet_bytes_max: options.packet_bytes_max.unwrap_or(standard.packet_bytes_max),
        ..standard
    }
}

fn backend(options: &Options) -> Result<BackendConfig, Failure> {
    match options.backend.unwrap_or(BackendKind::Socket) {
        BackendKind::Socket => Ok(BackendConfig::Socket(socket(options))),
        BackendKind::IoUring => {
            let standard = UringOptions::default();
            Ok(BackendConfig::Uring(UringOptions {
                socket: SocketOptions { busy_poll_us: 0, ..socket(options) },
                tasks: match options.uring_tasks {
                    None | Some(UringTasks::Deferred) => TaskMode::Deferred,
                    Some(UringTasks::KernelThread) => TaskMode::KernelThread,
                },
                buffers: options.uring_buffers.unwrap_or(standard.buffers),
                napi_busy_poll_us: options.busy_poll_us.unwrap_or(0),
            }))
        }
        BackendKind::Xdp => xdp(options),
        BackendKind::Dpdk => dpdk(options),
    }
}

#[cfg(feature = "xdp")]
fn xdp(options: &Options) -> Result<BackendConfig, Failure> {
    use super::options::XdpModeArgument;
    use wirebook::ingest::backend::xdp::{XdpMode, XdpOptions};
    let standard = XdpOptions::default();
    Ok(BackendConfig::Xdp(XdpOptions {
        mode: match options.xdp_mode.unwrap_or(XdpModeArgument::Auto) {
            XdpModeArgument::Auto => None,
            XdpModeArgument::ZeroCopy => Some(XdpMode::ZeroCopy),
            XdpModeArgument::Native => Some(XdpMode::Native),
            XdpModeArgument::Generic => Some(XdpMode::Generic),
        },
        queues: options.queues,
        frames: options.frames.unwrap_or(standard.frames),
        busy_poll_us: options.busy_poll_us.unwrap_or(0),
        ..standard
    }))
}

#[cfg(not(feature = "xdp"))]
fn xdp(_: &Options) -> Result<BackendConfig, Failure> {
    Err(BackendError::NotCompiled { backend: "xdp", feature: "xdp" }.into())
}

#[cfg(feature = "dpdk")]
fn dpdk(options: &Options) -> Result<BackendConfig, Failure> {
    use wirebook::ingest::backend::dpdk::DpdkOptions;
    let standard = DpdkOptions::default();
    Ok(BackendConfig::Dpdk(DpdkOptions {
        eal: options.eal.clone().unwrap_or_default(),
        device: options.device.clone(),
        queues: options.queues.unwrap_or(1),
        frames: options.frames.unwrap_or(standard.frames),
        packet_bytes_max: options.packet_bytes_max.unwrap_or(standard.packet_bytes_max),
        ..standard
    }))
}

#[cfg(not(feature = "dpdk"))]
fn dpdk(_: &Options) -> Result<BackendConfig, Failure> {
    Err(BackendError::NotCompiled { backend: "dpdk", feature: "dpdk" }.into())
}
