//! A wire: a pair of virtual interfaces, one end here, the other in a namespace of its own.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use wirebook_ingest::backend::uring::{UringBackend, UringOptions};
use wirebook_ingest::backend::{Interface, LinkSender, Subscription, WireLine};

/// Two ends of a wire, gone when it is dropped.
pub(crate) struct Wire {
    /// The interface at this end.
    pub(crate) here: String,
    there: String,
    namespace: String,
}

/// Whether this process may make interfaces and namespaces. Says so if not.
pub(crate) fn may_make_wires(test: &str) -> bool {
    if rustix::process::geteuid().is_root() && run("ip", &["-V"]) {
        return true;
    }
    println!("skipped {test}: interfaces and namespaces take root, and the command ip (iproute2)");
    false
}

/// Whether this kernel has io_uring for us. Says so if not.
#[allow(dead_code)] // benchmarks want it or end
pub(crate) fn has_io_uring(test: &str) -> bool {
    let group = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0);
    let lines = std::iter::once(WireLine { group, source: None }).collect();
    let subscription = Subscription { interface: "lo".to_owned(), lines };
    match UringBackend::open(&subscription, &UringOptions::default()) {
        Ok(_) => true,
        Err(error) => {
            println!("skipped {test} by io_uring: {error}");
            false
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn ip(arguments: &str) {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let output = Command::new("ip").args(&arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {said}", arguments.join(" "));
}

impl Wire {
    /// A wire whose ends have so many queues.
    pub(crate) fn new(queues: u32) -> Wire {
        static WIRES: AtomicU32 = AtomicU32::new(0);
        let number = WIRES.fetch_add(1, Ordering::Relaxed);
        let id = std::process::id() % 100_000;
        let wire = Wire {
            here: format!("wbh{id}n{number}"),
            there: format!("wbt{id}n{number}"),
            namespace: format!("wirebook-{id}-{number}"),
        };
        let Wire { here, there, namespace } = &wire;
        ip(&format!("netns add {namespace}"));
        let count = format!("numrxqueues {queues} numtxqueues {queues}");
        ip(&format!(
            "link add {here} {count} type veth peer name {there} {count} netns {namespace}"
        ));
        // Its neighbours' solicitations would be among what is counted.
        let quiet = |name| format!("echo 1 > /proc/sys/net/ipv6/conf/{name}/disable_ipv6");
        run("sh", &["-c", &quiet(here)]);
        run("ip", &["netns", "exec", namespace, "sh", "-c", &quiet(there)]);
        ip(&format!("addr add 10.99.{}.1/24 dev {here}", number % 256));
        ip(&format!("link set {here} up"));
        ip(&format!("-n {namespace} addr add 10.99.{}.2/24 dev {there}", number % 256));
        ip(&format!("-n {namespace} link set {there} up"));
        wire
    }

    /// The namespace of the other end.
    #[allow(dead_code)] // for whom commands act there
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The interface at the other end.
    #[allow(dead_code)] // as above
    pub(crate) fn there_name(&self) -> &str {
        &self.there
    }

    /// A VLAN on this end; `None` where the kernel has none.
    pub(crate) fn vlan(&self, number: u16) -> Option<String> {
        let name = format!("{}.{number}", self.here);
        let id = number.to_string();
        let made = ["link", "add", "link", &self.here, "name", &name, "type", "vlan", "id", &id];
        if !run("ip", &made) {
            return None;
        }
        ip(&format!("link set {name} up"));
        Some(name)
    }

    /// Does something at the other end, on a thread of its own, which may use one core alone.
    pub(crate) fn there<T: Send>(
        &self,
        core: usize,
        action: impl FnOnce(&LinkSender) -> T + Send,
    ) -> T {
        let (namespace, there) = (&self.namespace, &self.there);
        thread::scope(|scope| {
            let acting = scope.spawn(move || {
                let file = File::open(format!("/run/netns/{namespace}")).unwrap();
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                core_affinity::set_for_current(core_affinity::CoreId { id: core });
                let sender = LinkSender::open(&Interface::find(there).unwrap()).unwrap();
                action(&sender)
            });
            acting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        run("ip", &["link", "del", &self.here]);
        run("ip", &["netns", "del", &self.namespace]);
    }
}
