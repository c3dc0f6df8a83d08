//! Whether a thread that polls has a core to itself, at full speed.

use std::collections::BTreeSet;
use std::fs;

use super::{Finding, read};

/// A way out of sleep that takes longer than this is felt.
const EXIT_LATENCY_US_MAX: u64 = 10;

pub(super) fn findings() -> Vec<Finding> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let last = cores.saturating_sub(1);
    vec![count(cores), isolated(last), tickless(last), governor(), sleep_states(), numa()]
}

fn count(cores: usize) -> Finding {
    const CHECK: &str = "cores";
    if cores > 1 {
        Finding::good(CHECK, format!("{cores}"))
    } else {
        Finding::poor(CHECK, "1: a polling thread leaves none to anybody", "use --mode blocking")
    }
}

fn isolated(last: usize) -> Finding {
    const CHECK: &str = "isolated cores";
    match read("/sys/devices/system/cpu/isolated") {
        Some(list) if !list.is_empty() => {
            Finding::good(CHECK, format!("{list} (name one with --cores)"))
        }
        Some(_) => Finding::poor(
            CHECK,
            "none: the scheduler puts other threads beside the ingest thread",
            format!("boot with isolcpus=managed_irq,domain,{last} and run with --cores {last}"),
        ),
        None => Finding::unknown(CHECK, "the system does not say"),
    }
}

fn tickless(last: usize) -> Finding {
    const CHECK: &str = "tickless cores";
    match read("/sys/devices/system/cpu/nohz_full") {
        Some(list) if !list.is_empty() && list != "(null)" => Finding::good(CHECK, list),
        _ => Finding::poor(
            CHECK,
            "none: the timer interrupts a polling thread",
            format!("boot with nohz_full={last} rcu_nocbs={last}"),
        ),
    }
}

fn governor() -> Finding {
    const CHECK: &str = "governor";
    let path = |core: usize| format!("/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor");
    let governors: BTreeSet<String> = (0..1024).map_while(|core| read(&path(core))).collect();
    let names: Vec<&str> = governors.iter().map(String::as_str).collect();
    match names[..] {
        [] => {
            Finding::unknown(CHECK, "the processor's speed is not ours to set (a virtual machine?)")
        }
        ["performance"] => Finding::good(CHECK, "performance"),
        _ => Finding::poor(CHECK, names.join(", "), "cpupower frequency-set -g performance"),
    }
}

fn sleep_states() -> Finding {
    const CHECK: &str = "sleep states";
    let folder = "/sys/devices/system/cpu/cpu0/cpuidle";
    let Ok(states) = fs::read_dir(folder) else {
        return Finding::unknown(CHECK, "the processor's sleep is not ours to set");
    };
    let mut deepest_us = 0;
    for state in states.flatten() {
        let read = |file| fs::read_to_string(state.path().join(file)).unwrap_or_default();
        if read("disable").trim() == "0" {
            deepest_us = deepest_us.max(read("latency").trim().parse().unwrap_or(0));
        }
    }
    if deepest_us <= EXIT_LATENCY_US_MAX {
        Finding::good(CHECK, format!("{deepest_us} us to wake up at most"))
    } else {
        Finding::poor(
            CHECK,
            format!("{deepest_us} us to wake up"),
            format!(
                "cpupower idle-set -D {EXIT_LATENCY_US_MAX}, or --mode busy, which never sleeps"
            ),
        )
    }
}

fn numa() -> Finding {
    const CHECK: &str = "NUMA nodes";
    match read("/sys/devices/system/node/online") {
        Some(nodes) if nodes == "0" => Finding::good(CHECK, "1"),
        Some(nodes) => Finding::poor(
            CHECK,
            nodes,
            "run on the node of the network card: numactl --cpunodebind=N --membind=N wirebook run",
        ),
        None => Finding::unknown(CHECK, "the system does not say"),
    }
}
