//! Which process writes, and whether it lives.
//!
//! A process id alone says little: the system gives it to another process after its owner died.
//! With the time at which the process started it names one process for good, until the system is
//! started anew.

use std::{fs, io};

/// When a process started, in clock ticks since the system did (field 22 of `/proc/PID/stat`,
/// proc_pid_stat(5)).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ProcessStart(u64);

impl ProcessStart {
    pub(super) fn new(ticks: u64) -> ProcessStart {
        ProcessStart(ticks)
    }

    /// As a number of clock ticks.
    #[must_use]
    pub fn ticks(self) -> u64 {
        self.0
    }
}

/// The start of this process.
pub(super) fn own_start() -> io::Result<ProcessStart> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, start) = parse(&stat).ok_or(io::ErrorKind::InvalidData)?;
    Ok(start)
}

/// Whether the process lives that had this id and start. A process that ended and was not yet
/// waited for by its parent is dead. Where `/proc` hides the processes of others (`hidepid`),
/// one that has the id counts as alive.
pub(super) fn is_alive(pid: u32, start: ProcessStart) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => parse(&stat)
            .is_some_and(|(state, found)| found == start && !matches!(state, 'Z' | 'X' | 'x')),
        Err(_) => is_hidden(pid),
    }
}

fn is_hidden(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let Some(pid) = pid else { return false };
    // Signal 0 is sent to nobody: it only asks whether there is somebody.
    match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

/// State and start. The name in parentheses may itself contain parentheses and spaces.
fn parse(stat: &str) -> Option<(char, ProcessStart)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    // The state is field 3, so this is field 22.
    let start = fields.nth(18)?.parse().ok()?;
    Some((state, ProcessStart(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_id_and_start() {
        let (pid, start) = (std::process::id(), own_start().unwrap());
        assert!(start.ticks() > 0);
        assert!(is_alive(pid, start));
        assert!(!is_alive(pid, ProcessStart(start.0 - 1)), "the id was given to another process");
        assert!(!is_alive(0, start));
        assert!(!is_alive(u32::MAX, start));
    }

    #[test]
    fn names_may_contain_anything() {
        let stat = "7 (a) S 9 (b)) S 1 7 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4711 13 14";
        assert_eq!(parse(stat), Some(('S', ProcessStart(4711))));
        assert_eq!(parse("7 (a) S 1 2"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_process_that_nobody_waited_for_is_dead() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let (_, start) = parse(&stat).unwrap();
        assert!(is_alive(child.id(), start));
        child.kill().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_alive(child.id(), start) && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert!(!is_alive(child.id(), start));
        child.wait().unwrap();
    }
}
