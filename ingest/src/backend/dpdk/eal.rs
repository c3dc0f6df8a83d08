//! DPDK's environment, which a process has once.

use std::ffi::{CStr, CString};
use std::fs;
use std::os::raw::c_char;
use std::sync::{Mutex, PoisonError};

use rustix::thread::{sched_getaffinity, sched_setaffinity};

use super::failed;
use crate::backend::BackendError;

/// How the environment was started; `None` before.
static STARTED: Mutex<Option<Started>> = Mutex::new(None);

#[derive(Clone)]
struct Started {
    arguments: Vec<String>,
    memory: &'static str,
}

/// The version that runs.
pub(super) fn version() -> String {
    text(dpdk_sys::rte_version())
}

/// What an error of DPDK's means.
pub(super) fn error_text(code: i32) -> String {
    text(dpdk_sys::wirebook_dpdk_error(code))
}

fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: DPDK's versions and errors are texts of its own that end with zero and stay.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Whether a device is named by its place on the PCI bus.
pub(super) fn is_pci(device: &str) -> bool {
    let name = device.split(',').next().unwrap_or_default();
    name.contains(':') && name.chars().all(|it| it.is_ascii_hexdigit() || it == ':' || it == '.')
}

/// Starts the environment, or finds it started in the same way; which memory it has.
pub(super) fn start(arguments: &str, device: Option<&str>) -> Result<&'static str, BackendError> {
    const WHAT: &str = "starting DPDK";
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    let (arguments, memory) = complete(arguments, device);
    if let Some(started) = &*started {
        return if started.arguments == arguments {
            Ok(started.memory)
        } else {
            let reason = format!("it was started in this process with {:?}", started.arguments);
            Err(failed(WHAT, reason, "all backends of a process share its arguments"))
        };
    }
    let (runs, built) = (version(), text(dpdk_sys::wirebook_dpdk_built_version()));
    if release(&runs) != release(&built) {
        let reason = format!("{runs} is installed, this program was built with {built}");
        return Err(failed(WHAT, reason, "build it anew: cargo build --release --features dpdk"));
    }
    init(&arguments).map_err(|reason| {
        failed(
            WHAT,
            reason,
            "what it wrote above says more; without hugepages: --eal \"--no-huge -m 256\"",
        )
    })?;
    *started = Some(Started { arguments, memory });
    Ok(memory)
}

/// Year and month: releases with the same ones have the same binary interface.
fn release(version: &str) -> Option<&str> {
    let number = version.split_whitespace().nth(1)?;
    number.get(..5)
}

/// The user's arguments with what they leave open.
fn complete(arguments: &str, device: Option<&str>) -> (Vec<String>, &'static str) {
    let own: Vec<&str> = arguments.split_whitespace().collect();
    let has = |names: &[&str]| {
        own.iter().any(|own| names.iter().any(|name| own.split('=').next() == Some(name)))
    };
    let mut complete = vec!["wirebook".to_owned()];
    let mut add = |arguments: &[&str]| complete.extend(arguments.iter().map(|it| (*it).to_owned()));
    if !has(&["--log-level"]) {
        add(&["--log-level=warning"]);
    }
    if !has(&["--telemetry", "--no-telemetry"]) {
        add(&["--no-telemetry"]);
    }
    // Threads of its own would only stand beside ours.
    if !has(&["-l", "--lcores", "-c"]) {
        add(&[&format!("--lcores=0@{}", first_core())]);
    }
    let no_huge = has(&["--no-huge"]);
    let memory =
        match (no_huge, has(&["--in-memory", "--huge-dir", "--proc-type", "--file-prefix"])) {
            (true, _) => {
                if !has(&["-m"]) {
                    add(&["-m", "256"]);
                }
                if !has(&["--no-shconf"]) {
                    add(&["--no-shconf"]);
                }
                "4K"
            }
            (false, true) => "huge",
            (false, false) if hugepages_free() > 0 => {
                add(&["--in-memory"]);
                "huge"
            }
            (false, false) => {
                add(&["--no-huge", "--no-shconf", "-m", "256"]);
                "4K"
            }
        };
    match device {
        Some(device) if is_pci(device) => add(&["-a", device]),
        Some(_) if !has(&["--no-pci"]) => add(&["--no-pci"]),
        _ => {}
    }
    add(&own);
    (complete, memory)
}

fn first_core() -> usize {
    let allowed = sched_getaffinity(None);
    allowed.map_or(0, |set| (0..1024).find(|&core| set.is_set(core)).unwrap_or(0))
}

/// Huge pages of 2 MiB that nobody has taken.
fn hugepages_free() -> u64 {
    let path = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
    fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn init(arguments: &[String]) -> Result<(), String> {
    let strings: Result<Vec<CString>, _> =
        arguments.iter().map(|argument| CString::new(argument.as_str())).collect();
    let strings = strings.map_err(|error| error.to_string())?;
    let count = i32::try_from(strings.len()).map_err(|error| error.to_string())?;
    // DPDK keeps pointers into its arguments, for as long as the process lives.
    let mut pointers: Vec<*mut c_char> = strings.into_iter().map(CString::into_raw).collect();
    pointers.push(std::ptr::null_mut());
    let pointers = Box::leak(pointers.into_boxed_slice());
    // It binds the calling thread to its first core; where this thread runs is ours to say.
    let affinity = sched_getaffinity(None);
    // SAFETY: `count` strings that end with zero, then a null pointer; all of them stay for ever. The lock in `start`
    // says that nobody else starts it.
    let status = unsafe { dpdk_sys::rte_eal_init(count, pointers.as_mut_ptr()) };
    if let Ok(affinity) = affinity {
        // Where it cannot be restored the thread runs on one core, which is no error.
        let _ = sched_setaffinity(None, &affinity);
    }
    if status < 0 { Err(error_text(dpdk_sys::wirebook_dpdk_errno())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_completed_and_not_contradicted() {
        let (arguments, memory) = complete("--no-huge -m 64 -l 1", Some("net_null0"));
        assert_eq!(memory, "4K");
        let expected = [
            "wirebook",
            "--log-level=warning",
            "--no-telemetry",
            "--no-shconf",
            "--no-pci",
            "--no-huge",
            "-m",
            "64",
            "-l",
            "1",
        ];
        assert_eq!(arguments, expected);
        let (arguments, memory) =
            complete("--in-memory --lcores=0@1 --log-level=8", Some("0000:00:03.0"));
        assert_eq!(memory, "huge");
        assert_eq!(arguments[2..4], ["-a", "0000:00:03.0"]);
    }

    #[test]
    fn releases_are_compared_by_year_and_month() {
        assert_eq!(release("DPDK 22.11.11"), Some("22.11"));
        assert_ne!(release("DPDK 22.11.11"), release("DPDK 23.11.0"));
        assert_eq!(release(&version()), release(&text(dpdk_sys::wirebook_dpdk_built_version())));
    }

    #[test]
    fn pci_addresses_are_told_from_virtual_devices() {
        assert!(is_pci("0000:00:03.0") && is_pci("00:03.0") && is_pci("0000:0a:00.1,arg=1"));
        assert!(!is_pci("net_af_packet0,iface=eth0") && !is_pci("net_null0"));
    }
}
