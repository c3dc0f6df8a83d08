//! UDP sockets: the baseline, and what works everywhere.
//!
//! One socket a line, read by `recvmmsg` up to a burst at a time, with the kernel's time stamps
//! (`SO_TIMESTAMPNS`) and its count of what the receive buffer did not hold (`SO_MEMINFO`).

mod batch;
mod open;

use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;

use super::{
    Backend, BackendCounts, BackendError, Burst, Carried, DropCause, Interface, Obtained, Received,
    Subscription,
};
use crate::session::Line;
use batch::Batch;
pub use open::SocketOptions;
#[cfg(any(feature = "xdp", feature = "dpdk"))]
pub(super) use open::membership;
pub(super) use open::{dropped, open};

/// The sockets of one subscription.
#[derive(Debug)]
pub struct SocketBackend {
    lines: Vec<Receiver>,
    /// The line that is looked at first in the next poll: they take turns.
    first: usize,
    counts: BackendCounts,
    interface: Interface,
    subscription: Subscription,
    obtained: Obtained,
}

#[derive(Debug)]
struct Receiver {
    line: Line,
    socket: Socket,
    batch: Batch,
}

impl SocketBackend {
    /// Opens one socket a line.
    ///
    /// # Errors
    /// [`BackendError`] says what was tried and what to do.
    pub fn open(
        subscription: &Subscription,
        options: &SocketOptions,
    ) -> Result<SocketBackend, BackendError> {
        let interface = Interface::find(&subscription.interface)?;
        if subscription.lines.is_empty() {
            return Err(BackendError::Lines);
        }
        let mut obtained = Obtained::new("socket");
        obtained.note("timestamps", if options.timestamps { "kernel" } else { "poll" });
        let mut lines = Vec::with_capacity(2);
        for (line, wire) in subscription.lines() {
            let socket = open(&interface, wire, options, &mut obtained)?;
            lines.push(Receiver { line, socket, batch: Batch::new(options.packet_bytes_max) });
        }
        Ok(SocketBackend {
            lines,
            first: 0,
            counts: BackendCounts::default(),
            interface,
            subscription: subscription.clone(),
            obtained,
        })
    }
}

impl Backend for SocketBackend {
    fn poll<'a>(&'a mut self, burst: &mut Burst<'a>) -> Result<(), BackendError> {
        let lines = self.lines.len();
        // Which line has something is found out first: what it lends borrows it until the next poll.
        let mut found = None;
        for turn in 0..lines {
            let index = (self.first + turn) % lines;
            let Some(receiver) = self.lines.get_mut(index) else { continue };
            if receiver.batch.receive(receiver.socket.as_raw_fd())? > 0 {
                found = Some(index);
                break;
            }
        }
        let Some(index) = found else { return Ok(()) };
        self.first = index + 1;
        let Some(Receiver { line, batch, .. }) = self.lines.get(index) else { return Ok(()) };
        self.counts.bursts += 1;
        for datagram in batch.datagrams() {
            if datagram.is_cut {
                self.counts.drop_one(DropCause::TooLong);
                continue;
            }
            self.counts.receive(datagram.payload);
            let carried = Carried::Datagram(*line, datagram.payload);
            burst.push(Received::new(datagram.at, carried));
        }
        Ok(())
    }

    fn wait(&mut self, timeout: Duration) -> Result<(), BackendError> {
        wait_readable(self.lines.iter().map(|receiver| &receiver.socket), timeout)
    }

    fn counts(&mut self) -> BackendCounts {
        let dropped = self.lines.iter().map(|receiver| dropped(&receiver.socket)).sum();
        self.counts.set_dropped(DropCause::SocketBuffer, dropped);
        self.counts.set_dropped(DropCause::Interface, self.interface.dropped());
        self.counts
    }

    fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    fn obtained(&self) -> &Obtained {
        &self.obtained
    }
}

/// Waits until one of some sockets has something to read. A signal ends the wait, too.
fn wait_readable<'a>(
    sockets: impl Iterator<Item = &'a Socket>,
    timeout: Duration,
) -> Result<(), BackendError> {
    let mut polled: arrayvec::ArrayVec<PollFd<'_>, 2> = sockets
        .take(2)
        .map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN))
        .collect();
    let timeout = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    };
    match poll(&mut polled, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(BackendError::System { what: "waiting".into(), error: error.into() }),
    }
}
