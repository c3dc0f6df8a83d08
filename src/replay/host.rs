//! What the system says of this process.

use std::fs;

/// The most memory that was resident at a time, in MiB; `None` where the system does not tell.
pub(super) fn rss_peak_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some(kib(&status, "VmHWM:")? / 1024)
}

fn kib(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_a_number_of_kib() {
        assert_eq!(super::kib("VmPeak: 1 kB\nVmHWM:\t  2048 kB\n", "VmHWM:"), Some(2048));
        assert_eq!(super::kib("VmPeak: 1 kB\n", "VmHWM:"), None);
    }
}
