//! `io_uring`: the kernel puts datagrams into buffers that it was given before, and tells in a ring.
//!
//! One multishot receive a line keeps going by itself; a poll reads completions from memory and, where the
//! kernel has work to do for this thread, enters it once for as many packets as there are. The ring belongs to
//! the thread that polls first.

mod buffers;
mod ring;

use core::mem::ManuallyDrop;
use core::time::Duration;

use arrayvec::ArrayVec;
use socket2::Socket;

use super::socket::{SocketOptions, dropped, open};
use super::{
    Backend, BackendCounts, BackendError, Burst, Carried, DropCause, Interface, Obtained, Received,
    Subscription,
};
use crate::session::Line;
use buffers::{Buffers, Lent};
pub use ring::TaskMode;
use ring::{Completion, Ring};

/// What is asked of `io_uring`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UringOptions {
    /// The sockets under it. Time stamps of the kernel do not come this way.
    pub socket: SocketOptions,
    /// Who does the kernel's part of the work, and when.
    pub tasks: TaskMode,
    /// Buffers that the kernel can fill; a power of two.
    pub buffers: u16,
    /// Microseconds for which waiting polls the network card itself; 0 is never.
    pub napi_busy_poll_us: u32,
}

impl Default for UringOptions {
    fn default() -> UringOptions {
        let socket = SocketOptions { timestamps: false, ..SocketOptions::default() };
        UringOptions { socket, tasks: TaskMode::Deferred, buffers: 4096, napi_busy_poll_us: 0 }
    }
}

/// How many buffers a poll lends at most: the kernel copies into those that were given back last, and the more of them are
/// out, the longer ago that was. Four times as many cost a packet a tenth more.
const LENT: usize = 64;

/// The sockets of one subscription behind one ring.
///
/// It is to be dropped on the thread that polled it: only there can the ring be made to let go of its buffers at once.
/// Dropped elsewhere it leaves their memory mapped.
#[derive(Debug)]
pub struct UringBackend {
    ring: Ring,
    /// Dropped when the ring has let go of them.
    buffers: ManuallyDrop<Buffers>,
    lines: ArrayVec<(Line, Socket), 2>,
    /// Buffers that the last burst borrowed.
    lent: ArrayVec<u16, LENT>,
    counts: BackendCounts,
    interface: Interface,
    subscription: Subscription,
    obtained: Obtained,
}

impl UringBackend {
    /// Opens one socket a line, and a ring for them.
    ///
    /// # Errors
    /// [`BackendError`] says what was tried and what to do.
    pub fn open(
        subscription: &Subscription,
        options: &UringOptions,
    ) -> Result<UringBackend, BackendError> {
        let interface = Interface::find(&subscription.interface)?;
        if subscription.lines.is_empty() {
            return Err(BackendError::Lines);
        }
        let mut obtained = Obtained::new("io_uring");
        obtained.note("timestamps", "poll");
        let socket_options = SocketOptions { timestamps: false, ..options.socket };
        let mut lines = ArrayVec::new();
        for (line, wire) in subscription.lines() {
            lines.push((line, open(&interface, wire, &socket_options, &mut obtained)?));
        }
        let mut ring = Ring::new(options.tasks, options.buffers)?;
        obtained.note("tasks", options.tasks);
        if options.napi_busy_poll_us > 0 {
            obtained.note("napi_busy_poll_us", ring.busy_poll(options.napi_busy_poll_us));
        }
        ring.register(lines.iter().map(|(_, socket)| socket))?;
        let buffers = Buffers::new(options.buffers, options.socket.packet_bytes_max)?;
        ring.provide(&buffers)?;
        obtained.note("buffers", buffers.count());
        Ok(UringBackend {
            ring,
            buffers: ManuallyDrop::new(buffers),
            lines,
            lent: ArrayVec::new(),
            counts: BackendCounts::default(),
            interface,
            subscription: subscription.clone(),
            obtained,
        })
    }
}

impl Drop for UringBackend {
    fn drop(&mut self) {
        if self.ring.end() {
            // SAFETY: they are not used any more, here or after; and the kernel has none of them.
            unsafe { ManuallyDrop::drop(&mut self.buffers) };
        }
    }
}

impl Backend for UringBackend {
    fn poll<'a>(&'a mut self, burst: &mut Burst<'a>) -> Result<(), BackendError> {
        self.buffers.take_back(&self.lent);
        self.lent.clear();
        self.ring.advance(self.lines.len())?;
        let mut lent: ArrayVec<(Line, Option<Lent>), LENT> = ArrayVec::new();
        while !lent.is_full() {
            let Some(completion) = self.ring.next_completion()? else { break };
            let Completion { line, buffer, length } = completion;
            let Some(&(line, _)) = self.lines.get(line) else { continue };
            match buffer {
                Some(buffer) if length > self.buffers.payload_bytes_max() => {
                    self.counts.drop_one(DropCause::TooLong);
                    self.buffers.take_back(&[buffer]);
                }
                buffer => lent.push((line, buffer.map(|buffer| Lent { buffer, length }))),
            }
        }
        if lent.is_empty() {
            return Ok(());
        }
        self.counts.bursts += 1;
        for (line, lend) in lent {
            let payload = match lend {
                Some(lend) => {
                    self.lent.push(lend.buffer);
                    self.buffers.lend(lend)
                }
                None => &[],
            };
            self.counts.receive(payload);
            burst.push(Received::new(None, Carried::Datagram(line, payload)));
        }
        Ok(())
    }

    fn wait(&mut self, timeout: Duration) -> Result<(), BackendError> {
        self.buffers.take_back(&self.lent);
        self.lent.clear();
        self.ring.wait(self.lines.len(), timeout)
    }

    fn counts(&mut self) -> BackendCounts {
        let dropped = self.lines.iter().map(|(_, socket)| dropped(socket)).sum();
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
    use std::thread;

    use super::*;
    use crate::backend::WireLine;

    #[test]
    fn dropped_on_another_thread_it_harms_nothing() {
        // A port that is free now.
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let group = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let lines = std::iter::once(WireLine { group, source: None }).collect();
        let subscription = Subscription { interface: "lo".to_owned(), lines };
        let options = UringOptions { buffers: 16, ..UringOptions::default() };
        let mut backend = UringBackend::open(&subscription, &options).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let backend = thread::spawn(move || {
            backend.poll(&mut Burst::new()).unwrap();
            sender.send_to(b"under way", group).unwrap();
            backend
        });
        drop(backend.join().unwrap());
        // The port is free a little later.
        let opened = (0..100).find_map(|_| {
            thread::sleep(Duration::from_millis(20));
            UringBackend::open(&subscription, &options).ok()
        });
        assert!(opened.is_some());
    }
}
