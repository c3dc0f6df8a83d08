//! The interface: its driver, queues, rings, interrupts.

use std::fs;
use std::process::Command;

use wirebook::ingest::backend::Interface;

use super::{Finding, read};

pub(super) fn findings(name: &str) -> Vec<Finding> {
    let interface = match Interface::find(name) {
        Ok(interface) => interface,
        Err(error) => {
            let text = error.to_string();
            return vec![Finding::bad("interface", text, "name one of these with --interface")];
        }
    };
    vec![
        state(&interface),
        driver(name),
        queues(&interface),
        ring(name),
        coalescing(name),
        interrupts(name),
    ]
}

fn state(interface: &Interface) -> Finding {
    const CHECK: &str = "interface";
    let name = interface.name();
    let flags = read(&format!("/sys/class/net/{name}/flags")).unwrap_or_default();
    let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or(0);
    let mtu = interface.mtu().unwrap_or(0);
    if flags & 1 == 0 {
        Finding::bad(CHECK, format!("{name} is down"), format!("ip link set {name} up"))
    } else {
        Finding::good(CHECK, format!("{name} is up, MTU {mtu}"))
    }
}

fn driver(name: &str) -> Finding {
    const CHECK: &str = "driver";
    let link = fs::read_link(format!("/sys/class/net/{name}/device/driver"));
    let driver = link.ok().and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
    match driver {
        Some(driver) => Finding::good(CHECK, driver),
        None => Finding::unknown(CHECK, "a virtual interface: AF_XDP copies there"),
    }
}

fn queues(interface: &Interface) -> Finding {
    const CHECK: &str = "receive queues";
    let (queues, name) = (interface.receive_queues(), interface.name());
    if queues == 1 {
        return Finding::good(CHECK, "1");
    }
    Finding::poor(
        CHECK,
        format!("{queues}: one ingest thread polls them all"),
        format!("ethtool -L {name} combined 1, where one core is enough for the feed"),
    )
}

/// What ethtool says, where it is installed and the driver answers.
fn ethtool(option: &str, name: &str) -> Option<String> {
    let output = Command::new("ethtool").args([option, name]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The numbers behind a key, in the order of their lines.
fn numbers(text: &str, key: &str) -> Vec<u64> {
    let values = text.lines().filter_map(|line| line.trim().strip_prefix(key));
    values.filter_map(|value| value.trim().parse().ok()).collect()
}

fn ring(name: &str) -> Finding {
    const CHECK: &str = "ring size";
    let text = ethtool("-g", name).unwrap_or_default();
    match numbers(&text, "RX:")[..] {
        [most, now] if now < most => Finding::poor(
            CHECK,
            format!("{now} of {most} frames: a burst may not fit"),
            format!("ethtool -G {name} rx {most}"),
        ),
        [_, now] => Finding::good(CHECK, format!("{now} frames")),
        _ => Finding::unknown(CHECK, "the driver does not say (or ethtool is not installed)"),
    }
}

fn coalescing(name: &str) -> Finding {
    const CHECK: &str = "coalescing";
    let text = ethtool("-c", name).unwrap_or_default();
    let adaptive = text.lines().any(|line| line.starts_with("Adaptive RX: on"));
    match numbers(&text, "rx-usecs:")[..] {
        [0] if !adaptive => Finding::good(CHECK, "none"),
        [us] => Finding::poor(
            CHECK,
            format!("interrupts wait {us} us{}", if adaptive { ", adaptively" } else { "" }),
            format!("ethtool -C {name} adaptive-rx off rx-usecs 0"),
        ),
        _ => Finding::unknown(CHECK, "the driver does not say (or ethtool is not installed)"),
    }
}

fn interrupts(name: &str) -> Finding {
    const CHECK: &str = "interrupts";
    let table = read("/proc/interrupts").unwrap_or_default();
    let of_it = |line: &&str| line.split_whitespace().any(|word| word.starts_with(name));
    let numbers = table.lines().filter(of_it).filter_map(|line| line.split(':').next());
    let affinity = |number: &str| {
        let path = format!("/proc/irq/{}/smp_affinity_list", number.trim());
        Some(format!("{} on cores {}", number.trim(), read(&path)?))
    };
    let found: Vec<String> = numbers.filter_map(affinity).collect();
    if found.is_empty() {
        return Finding::unknown(CHECK, "it has none of its own");
    }
    Finding::poor(
        CHECK,
        found.join("; "),
        "keep them off the ingest core: systemctl stop irqbalance; echo CORES > /proc/irq/N/smp_affinity_list",
    )
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn numbers_are_found_behind_their_keys() {
        let text =
            "Pre-set maximums:\nRX:\t\t4096\nRX Mini:\tn/a\nTX:\t\t4096\nCurrent:\nRX:\t\t512\n";
        assert_eq!(numbers(text, "RX:"), [4096, 512]);
        assert_eq!(numbers("rx-usecs:\t3\nrx-usecs-irq:\tn/a\n", "rx-usecs:"), [3]);
        assert!(numbers("", "RX:").is_empty());
    }
}
