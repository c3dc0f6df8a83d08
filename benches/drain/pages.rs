//! Huge pages for the frames of AF_XDP.

use std::fs;

/// Some of 2 MiB, reserved as `hugepages.sh` does for a machine that receives, and given back when this is dropped.
pub(crate) struct HugePages {
    before: u64,
}

const FILE: &str = "/proc/sys/vm/nr_hugepages";
/// Two receivers' frames.
const PAGES: u64 = 8;

impl HugePages {
    /// `None`, and says so, where there are none to be had: then the frames lie in ordinary pages.
    pub(crate) fn reserve() -> Option<HugePages> {
        let pages = HugePages { before: count()? };
        let _ = fs::write(FILE, (pages.before + PAGES).to_string());
        if count() == Some(pages.before + PAGES) {
            return Some(pages);
        }
        println!(
            "no {PAGES} huge pages can be reserved: the frames of AF_XDP lie in ordinary ones"
        );
        None
    }
}

impl Drop for HugePages {
    fn drop(&mut self) {
        let _ = fs::write(FILE, self.before.to_string());
    }
}

fn count() -> Option<u64> {
    fs::read_to_string(FILE).ok()?.trim().parse().ok()
}
