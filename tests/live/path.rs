//! The paths that are tried: a backend and the interface it receives on.

use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::net::{Wire, has_io_uring, may_make_wires};

/// A backend with the interfaces at both ends.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// What makes `wirebook run` receive by it.
    pub(crate) receive: Vec<String>,
    /// What gives it room for packets while a busy machine lets it wait.
    pub(crate) room: Vec<String>,
    wire: Option<Wire>,
    /// The port of line A; line B has the next one.
    port: u16,
}

impl Path {
    /// Where both lines are sent.
    pub(crate) fn groups(&self) -> [String; 4] {
        let (a, b) = (self.port, self.port + 1);
        let [group, line] = [format!("239.98.3.1:{a}"), format!("239.98.3.2:{b}")];
        ["--group".into(), group, "--line-b".into(), line]
    }

    /// A program at the sending end, where the interface is called as the second value says.
    pub(crate) fn there(&self, program: &str) -> (Command, String) {
        match &self.wire {
            Some(wire) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", wire.namespace(), program]);
                (command, wire.there_name().to_owned())
            }
            None => (Command::new(program), "lo".to_owned()),
        }
    }

    fn new(name: &'static str, receive: &[&str], wire: Option<Wire>) -> Path {
        static PORT: AtomicU16 = AtomicU16::new(0);
        let port = PORT.fetch_add(2, Ordering::Relaxed);
        // Another run of the tests may go on beside this one.
        let base = 20_000 + u16::try_from(std::process::id() % 400).unwrap() * 100;
        let receive = receive.iter().map(|&argument| argument.to_owned()).collect();
        let frames = ["--frames", "16384"].map(str::to_owned);
        let room = if name.starts_with("xdp") { frames.into() } else { Vec::new() };
        Path { name, receive, room, wire, port: base.wrapping_add(port) }
    }

    /// Arguments for a backend on an interface of its own.
    #[allow(dead_code)] // only features need it
    fn on_wire(name: &'static str, receive: impl FnOnce(&str) -> Vec<String>) -> Path {
        let wire = Wire::new(1);
        let receive = receive(&wire.here);
        let receive: Vec<&str> = receive.iter().map(String::as_str).collect();
        Path::new(name, &receive, Some(wire))
    }
}

/// One at a time: the machine's cores are shared, and packets that are sent too fast are lost.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `run` with every path that can be tried here, and says which cannot.
pub(crate) fn each(test: &str, run: impl Fn(&Path)) {
    let _turn = turn();
    let lo = ["--interface", "lo", "--backend"];
    let on_lo = |name, backend: &[&str]| Path::new(name, &[&lo[..], backend].concat(), None);
    let mut makers: Vec<Box<dyn Fn() -> Path>> =
        vec![Box::new(move || on_lo("socket", &["socket"]))];
    if has_io_uring(test) {
        makers.push(Box::new(move || on_lo("io_uring", &["io_uring"])));
        let thread = ["io_uring", "--uring-tasks", "kernel_thread"];
        makers.push(Box::new(move || on_lo("io_uring, kernel thread", &thread)));
    }
    if may_make_wires(test) {
        makers.extend(on_wires(test));
    }
    let only = std::env::var("BACKEND").ok();
    for make in makers {
        let path = make();
        if only.as_ref().is_none_or(|only| path.name.starts_with(only.as_str())) {
            println!("{test} by {}", path.name);
            run(&path);
        }
    }
}

fn on_wires(test: &str) -> Vec<Box<dyn Fn() -> Path>> {
    let mut makers: Vec<Box<dyn Fn() -> Path>> = Vec::new();
    if cfg!(feature = "xdp") {
        for mode in ["native", "generic"] {
            let name = if mode == "native" { "xdp, native" } else { "xdp, generic" };
            makers.push(Box::new(move || {
                Path::on_wire(name, |interface| {
                    ["--backend", "xdp", "--xdp-mode", mode, "--interface", interface]
                        .map(str::to_owned)
                        .into()
                })
            }));
        }
    } else {
        println!("skipped {test} by xdp: it needs the feature xdp");
    }
    if cfg!(feature = "dpdk") {
        for driver in ["net_af_packet", "net_af_xdp"] {
            makers.push(Box::new(move || {
                Path::on_wire(driver, |interface| {
                    let ring = match driver {
                        "net_af_packet" => ",blocksz=4096,framesz=2048,framecnt=8192",
                        _ => "",
                    };
                    let device = format!("{driver}0,iface={interface}{ring}");
                    ["--backend", "dpdk", "--device", &device].map(str::to_owned).into()
                })
            }));
        }
    } else {
        println!("skipped {test} by dpdk: it needs the feature dpdk");
    }
    makers
}
