//! Buffers that the kernel fills: a ring of descriptors that it reads, and the memory they describe.

use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;
use memmap2::MmapMut;

use crate::backend::BackendError;

/// Buffers in a mapping of their own, and the ring in which they are given to the kernel.
///
/// A buffer is the kernel's from [`Buffers::take_back`] (or construction) until a completion names it, and ours
/// from then on. The backend gives back only what no burst borrows any more: `poll` and `wait` take the backend
/// mutably, which ends all earlier bursts.
pub(super) struct Buffers {
    ring: MmapMut,
    memory: MmapMut,
    /// A power of two.
    count: u16,
    /// Bytes from one buffer to the next: a payload, and one byte that tells that it was longer.
    stride: usize,
    payload_bytes_max: usize,
    /// How many were ever given to the kernel, modulo 2¹⁶: what it reads as the ring's tail.
    given: u16,
}

/// A buffer that holds a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lent {
    pub(super) buffer: u16,
    pub(super) length: usize,
}

const ENTRY_BYTES: usize = size_of::<BufRingEntry>();
/// The tail lies where the first descriptor has its last two bytes (`struct io_uring_buf_ring`).
const TAIL_OFFSET: usize = 14;

impl Buffers {
    pub(super) fn new(count: u16, payload_bytes_max: usize) -> Result<Buffers, BackendError> {
        let count = count.clamp(1, 32_768).next_power_of_two().min(32_768);
        let payload_bytes_max = payload_bytes_max.clamp(1, 65_535);
        let stride = (payload_bytes_max + 1).next_multiple_of(64);
        let map = |bytes: usize| {
            let mapped = MmapMut::map_anon(bytes);
            mapped.map_err(BackendError::system(format!("{bytes} bytes of memory for packets")))
        };
        let mut memory = map(usize::from(count) * stride)?;
        // A page that is not there yet costs the kernel a fault in the middle of a packet.
        memory.fill(1);
        let ring = map(usize::from(count) * ENTRY_BYTES)?;
        let mut buffers = Buffers { ring, memory, count, stride, payload_bytes_max, given: 0 };
        for buffer in 0..count {
            buffers.describe(buffer);
        }
        buffers.publish();
        Ok(buffers)
    }

    pub(super) fn count(&self) -> u16 {
        self.count
    }

    pub(super) fn payload_bytes_max(&self) -> usize {
        self.payload_bytes_max
    }

    /// Where the ring lies, for its registration.
    pub(super) fn address(&self) -> u64 {
        self.ring.as_ptr() as u64
    }

    /// The datagram in a buffer that a completion has named.
    pub(super) fn lend(&self, lent: Lent) -> &[u8] {
        let start = usize::from(lent.buffer & (self.count - 1)) * self.stride;
        self.memory.get(start..start + lent.length.min(self.stride)).unwrap_or_default()
    }

    /// Gives buffers to the kernel again.
    pub(super) fn take_back(&mut self, buffers: &[u16]) {
        if buffers.is_empty() {
            return;
        }
        for &buffer in buffers {
            self.describe(buffer & (self.count - 1));
        }
        self.publish();
    }

    /// Puts a buffer into the next place of the ring.
    fn describe(&mut self, buffer: u16) {
        let place = usize::from(self.given & (self.count - 1));
        let address = self.memory.as_ptr() as u64 + (usize::from(buffer) * self.stride) as u64;
        // SAFETY: `place` is below `count`, and the ring has so many entries of `ENTRY_BYTES`; a mapping is aligned
        // to pages. The kernel does not read a place beyond the tail, which is moved only by `publish`, and
        // the fields that are set leave out the last two bytes, which in the first place are the tail.
        let entry = unsafe { &mut *self.ring.as_mut_ptr().cast::<BufRingEntry>().add(place) };
        entry.set_addr(address);
        entry.set_len(u32::try_from(self.payload_bytes_max + 1).unwrap_or(u32::MAX));
        entry.set_bid(buffer);
        self.given = self.given.wrapping_add(1);
    }

    fn publish(&mut self) {
        // SAFETY: the tail is an aligned 16-bit number inside the mapping, which both sides only access as an
        // atomic.
        let tail = unsafe { AtomicU16::from_ptr(self.ring.as_mut_ptr().add(TAIL_OFFSET).cast()) };
        // Pairs with the kernel's acquire load of the tail: it sees the descriptors before it.
        tail.store(self.given, Ordering::Release);
    }
}

impl std::fmt::Debug for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffers").field("count", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_lies_where_the_kernel_looks() {
        let mut buffers = Buffers::new(8, 100).unwrap();
        let base = buffers.ring.as_ptr().cast::<BufRingEntry>();
        // SAFETY: the mapping holds eight entries.
        let tail = unsafe { BufRingEntry::tail(base) };
        assert_eq!(tail as usize - base as usize, TAIL_OFFSET);
        // SAFETY: as above; no kernel knows this ring.
        assert_eq!(unsafe { *tail }, 8);
        buffers.take_back(&[3, 5]);
        // SAFETY: as above.
        assert_eq!(unsafe { *tail }, 10);
        // SAFETY: as above.
        let second = unsafe { &*base.add(1) };
        assert_eq!((second.bid(), second.len()), (5, 101));
    }

    #[test]
    fn what_is_lent_stays_inside_its_buffer() {
        let buffers = Buffers::new(3, 100).unwrap();
        assert_eq!(buffers.count(), 4, "the next power of two");
        assert_eq!(buffers.lend(Lent { buffer: 1, length: 100 }).len(), 100);
        assert_eq!(buffers.lend(Lent { buffer: 7, length: 5000 }).len(), 128);
    }
}
