use std::fs;
use std::path::PathBuf;

use socket2::{Domain, Socket, Type};

use super::BackendError;

/// A network interface of this machine, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    name: String,
    index: u32,
    /// What it had dropped when it was found.
    dropped_before: u64,
}

impl Interface {
    /// The interface called `name`.
    ///
    /// # Errors
    /// [`BackendError::NoInterface`], which names those that there are.
    pub fn find(name: &str) -> Result<Interface, BackendError> {
        let missing = || BackendError::NoInterface { name: name.to_owned(), there_are: names() };
        if name.is_empty() || name.contains('/') {
            return Err(missing());
        }
        // Not by /sys, which in a thread that has changed its namespace shows that of the process.
        let asked = Socket::new(Domain::IPV4, Type::DGRAM, None)
            .map_err(BackendError::system("opening a socket"))?;
        let index = rustix::net::netdevice::name_to_index(&asked, name).map_err(|_| missing())?;
        let mut interface = Interface { name: name.to_owned(), index, dropped_before: 0 };
        interface.dropped_before = interface.dropped();
        Ok(interface)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number that the kernel knows it by.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Bytes of the longest packet on it.
    #[must_use]
    pub fn mtu(&self) -> Option<usize> {
        self.read("mtu")?.parse().ok()
    }

    /// How many receive queues it has.
    #[must_use]
    pub fn receive_queues(&self) -> usize {
        let queues = fs::read_dir(self.path("queues")).into_iter().flatten().flatten();
        let receive = queues.filter(|entry| entry.file_name().to_string_lossy().starts_with("rx-"));
        receive.count().max(1)
    }

    /// Frames that it or its driver dropped since it was found, of any kind.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let counters = ["rx_dropped", "rx_missed_errors", "rx_fifo_errors", "rx_over_errors"];
        let count =
            |name| -> Option<u64> { self.read(&format!("statistics/{name}"))?.parse().ok() };
        let dropped: u64 = counters.into_iter().filter_map(count).sum();
        dropped.saturating_sub(self.dropped_before)
    }

    /// Its hardware address.
    #[must_use]
    pub fn hardware_address(&self) -> Option<[u8; 6]> {
        let mut address = [0; 6];
        let text = self.read("address")?;
        let mut parts = text.split(':');
        for byte in &mut address {
            *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
        }
        Some(address)
    }

    /// Frames that it received since it was made, of any kind.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.read("statistics/rx_packets").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn read(&self, file: &str) -> Option<String> {
        Some(fs::read_to_string(self.path(file)).ok()?.trim().to_owned())
    }

    fn path(&self, file: &str) -> PathBuf {
        PathBuf::from("/sys/class/net").join(&self.name).join(file)
    }
}

fn names() -> String {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_there_and_another_is_not() {
        let lo = Interface::find("lo").unwrap();
        assert!(lo.index() > 0 && lo.mtu().is_some_and(|mtu| mtu >= 1500));
        assert_eq!(lo.receive_queues(), 1);
        assert_eq!(lo.hardware_address(), Some([0; 6]));
        let error = Interface::find("no-such-interface").unwrap_err().to_string();
        assert!(error.contains("no-such-interface") && error.contains("lo"), "{error}");
        assert!(Interface::find("../net/lo").is_err());
        assert!(Interface::find("").is_err());
    }
}
