use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt;
use wirebook_book::SeqNo;
use wirebook_ingest::backend::Interface;
use wirebook_ingest::mold::{SessionId, end_of_session, heartbeat};

use super::faults::{Fate, Fates};
use super::packets::Outgoing;
use super::{BETWEEN_ENDS, LineSent, PublishConfig, PublishError};

/// The lines on which a feed is sent.
pub(super) struct WireLines {
    lines: Vec<WireLine>,
    fates: Fates,
    session: SessionId,
    /// The number after the last message.
    next: SeqNo,
}

struct WireLine {
    socket: UdpSocket,
    address: SocketAddrV4,
    interface: String,
    /// Packets that wait for later ones to go first: how many still, and their bytes.
    held: Vec<(u8, Vec<u8>)>,
    sent: LineSent,
}

impl WireLines {
    pub(super) fn open(
        interface: &Interface,
        config: &PublishConfig,
    ) -> Result<WireLines, PublishError> {
        let open = |&address| WireLine::open(interface, address, config.time_to_live);
        Ok(WireLines {
            lines: config.lines.iter().map(open).collect::<Result<_, _>>()?,
            fates: Fates::new(config.faults),
            session: config.session,
            next: SeqNo::new(1),
        })
    }

    /// Sends a packet on every line, as its fate there is; how many messages no line got.
    pub(super) fn send(&mut self, packet: &Outgoing<'_>) -> Result<u64, PublishError> {
        (self.session, self.next) =
            (packet.session, SeqNo::new(packet.first.get() + packet.messages));
        let fates = self.fates.next(self.lines.len());
        let mut is_lost = true;
        for (line, fate) in self.lines.iter_mut().zip(fates) {
            is_lost &= fate.is_lost;
            line.send(packet, fate)?;
        }
        Ok(if is_lost { packet.messages } else { 0 })
    }

    /// Says in a silence before `packet` that the feed is alive.
    pub(super) fn keep_alive(&mut self, packet: &Outgoing<'_>) -> Result<(), PublishError> {
        let payload = heartbeat(packet.session, packet.first);
        self.lines.iter_mut().try_for_each(|line| line.put(&payload))
    }

    /// Sends what is still held, and says `times` times that the session ends.
    pub(super) fn end(&mut self, times: u32) -> Result<(), PublishError> {
        for line in &mut self.lines {
            line.release(u8::MAX)?;
        }
        let payload = end_of_session(self.session, self.next);
        for time in 0..times {
            if time > 0 {
                thread::sleep(BETWEEN_ENDS);
            }
            self.lines.iter_mut().try_for_each(|line| line.put(&payload))?;
        }
        Ok(())
    }

    pub(super) fn session(&self) -> SessionId {
        self.session
    }

    pub(super) fn sent(&self) -> impl Iterator<Item = LineSent> + '_ {
        self.lines.iter().map(|line| line.sent)
    }
}

impl WireLine {
    fn open(
        interface: &Interface,
        address: SocketAddrV4,
        time_to_live: u8,
    ) -> Result<WireLine, PublishError> {
        let name = interface.name().to_owned();
        let failed = |error| PublishError::Send { address, interface: name.clone(), error };
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).map_err(failed)?;
        if address.ip().is_multicast() {
            let (any, index) = (Ipv4Addr::UNSPECIFIED, interface.index());
            sockopt::set_ip_multicast_if_with_ifindex(&socket, &any, &any, index)
                .map_err(|error| failed(error.into()))?;
            socket.set_multicast_ttl_v4(u32::from(time_to_live)).map_err(failed)?;
            socket.set_multicast_loop_v4(true).map_err(failed)?;
        }
        let (held, sent) = (Vec::new(), LineSent::default());
        Ok(WireLine { socket, address, interface: name, held, sent })
    }

    fn send(&mut self, packet: &Outgoing<'_>, fate: Fate) -> Result<(), PublishError> {
        if fate.is_lost {
            self.sent.withheld_packets += 1;
            self.sent.withheld_messages += packet.messages;
            return Ok(());
        }
        self.sent.messages += packet.messages;
        let copies = 1 + usize::from(fate.is_duplicated);
        self.sent.duplicated += u64::from(fate.is_duplicated);
        if fate.delay > 0 {
            self.sent.reordered += 1;
            // One more than is to go first: this very packet counts as one that has gone.
            let held = (fate.delay + 1, packet.payload.to_vec());
            self.held.extend(std::iter::repeat_n(held, copies));
        } else {
            (0..copies).try_for_each(|_| self.put(packet.payload))?;
        }
        self.release(1)
    }

    /// Sends what has waited for long enough now that `gone` more packets have gone.
    fn release(&mut self, gone: u8) -> Result<(), PublishError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        for (left, _) in &mut held {
            *left = left.saturating_sub(gone);
        }
        for (_, payload) in held.extract_if(.., |(left, _)| *left == 0) {
            self.put(&payload)?;
        }
        self.held = held;
        Ok(())
    }

    fn put(&mut self, payload: &[u8]) -> Result<(), PublishError> {
        // The queue of the interface may be full for a while; longer than this it is not for long.
        const PATIENCE: Duration = Duration::from_secs(2);
        let start = Instant::now();
        loop {
            match self.socket.send_to(payload, self.address) {
                Ok(_) => break,
                Err(error) if is_passing(&error) && start.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_micros(50));
                }
                Err(error) => {
                    let (address, interface) = (self.address, self.interface.clone());
                    return Err(PublishError::Send { address, interface, error });
                }
            }
        }
        self.sent.packets += 1;
        self.sent.bytes += payload.len() as u64;
        Ok(())
    }
}

/// Whether the same may succeed a moment later. (A peer that is not there is told of by ICMP; it may come.)
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, Interrupted, WouldBlock};
    const ENOBUFS: i32 = 105;
    error.raw_os_error() == Some(ENOBUFS)
        || matches!(error.kind(), ConnectionRefused | Interrupted | WouldBlock)
}
