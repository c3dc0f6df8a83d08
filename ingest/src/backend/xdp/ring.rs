//! The two rings by which frames come and go, in the memory that the kernel shares.
//!
//! `xsk-rs` makes them, and has a call into C for each frame that goes through one. A packet that is only counted costs
//! little more than those calls, so that here the rings are used in place. Source: the kernel's
//! `Documentation/networking/af_xdp.rst` and `include/uapi/linux/if_xdp.h`.
//!
//! A ring has a power of two of places, the producer's number of the place that it fills next, and the consumer's of the
//! one that it empties next. Both only rise, and wrap; each is written by one side. Places from the consumer's number up
//! to the producer's are the consumer's, all others the producer's.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use rustix::net::sockopt::xdp_mmap_offsets;
use rustix::net::xdp::{XDP_PGOFF_RX_RING, XDP_UMEM_PGOFF_FILL_RING, XdpDesc, XdpRingOffset};

/// A ring of places of `T`.
struct Ring<T> {
    producer: NonNull<AtomicU32>,
    consumer: NonNull<AtomicU32>,
    places: NonNull<T>,
    mask: u32,
    /// What the pointers point into.
    _memory: MmapRaw,
}

// SAFETY: the pointers lead into the mapping that it owns, which is no thread's own.
unsafe impl<T: Send> Send for Ring<T> {}

impl<T> Ring<T> {
    /// The ring of `len` places at `page` of a socket.
    fn map(
        socket: BorrowedFd<'_>,
        page: u64,
        offsets: &XdpRingOffset,
        len: u32,
    ) -> io::Result<Ring<T>> {
        let overflow = || io::Error::from(io::ErrorKind::InvalidInput);
        if !len.is_power_of_two() {
            return Err(overflow());
        }
        let at = |offset: u64| usize::try_from(offset).map_err(|_| overflow());
        let places = at(offsets.desc)?;
        let bytes = (len as usize).checked_mul(size_of::<T>()).and_then(|n| n.checked_add(places));
        let bytes = bytes.ok_or_else(overflow)?;
        let mut options = MmapOptions::new();
        let memory = options.offset(page).len(bytes).populate().map_raw(socket.as_raw_fd())?;
        let part = |offset: usize, length: usize| {
            let is_inside = offset.checked_add(length).is_some_and(|end| end <= bytes);
            let part = NonNull::new(memory.as_mut_ptr().wrapping_add(offset));
            part.filter(|_| is_inside && offset.is_multiple_of(length.min(8))).ok_or_else(overflow)
        };
        Ok(Ring {
            producer: part(at(offsets.producer)?, size_of::<AtomicU32>())?.cast(),
            consumer: part(at(offsets.consumer)?, size_of::<AtomicU32>())?.cast(),
            places: part(places, bytes - places)?.cast(),
            mask: len - 1,
            _memory: memory,
        })
    }

    fn producer(&self) -> &AtomicU32 {
        // SAFETY: it lies in the mapping and is aligned (map), and the kernel, too, touches it with atomic accesses alone.
        unsafe { self.producer.as_ref() }
    }

    fn consumer(&self) -> &AtomicU32 {
        // SAFETY: as for `producer`.
        unsafe { self.consumer.as_ref() }
    }

    /// The place of a number; inside the mapping, since the number is masked.
    #[inline(always)]
    fn place(&self, number: u32) -> *mut T {
        self.places.as_ptr().wrapping_add((number & self.mask) as usize)
    }
}

/// Where the kernel says which frames have come in.
pub(super) struct Incoming {
    ring: Ring<XdpDesc>,
    /// The consumer's number.
    next: u32,
    /// The producer's, when it was looked at last.
    filled: u32,
}

impl Incoming {
    pub(super) fn map(socket: BorrowedFd<'_>, len: u32) -> io::Result<Incoming> {
        let offsets = xdp_mmap_offsets(socket)?;
        let ring: Ring<XdpDesc> = Ring::map(socket, XDP_PGOFF_RX_RING, &offsets.rx, len)?;
        // Nobody else writes it.
        let next = ring.consumer().load(Ordering::Relaxed);
        Ok(Incoming { ring, next, filled: next })
    }

    /// Takes the frames that have come in, as many as there is room for; how many.
    #[inline]
    pub(super) fn take(&mut self, frames: &mut [XdpDesc]) -> usize {
        // Only when all that was seen is taken: each look takes the line from the kernel's core.
        if self.filled == self.next {
            // Pairs with the kernel's release when it has filled places: what they say is there.
            self.filled = self.ring.producer().load(Ordering::Acquire);
        }
        let waiting = self.filled.wrapping_sub(self.next).min(self.ring.mask + 1);
        let count = frames.len().min(waiting as usize);
        if count == 0 {
            return 0;
        }
        for (frame, number) in frames.iter_mut().take(count).zip(0..) {
            // SAFETY: the place lies in the mapping and is ours until `consumer` passes it.
            *frame = unsafe { self.ring.place(self.next.wrapping_add(number)).read() };
        }
        #[allow(clippy::cast_possible_truncation)] // no more than wait
        let taken = count as u32;
        self.next = self.next.wrapping_add(taken);
        // Pairs with the kernel's acquire before it fills these places again: they were read.
        self.ring.consumer().store(self.next, Ordering::Release);
        count
    }
}

/// Where frames go back to the kernel. It has a place for every frame of the memory, so that there is always room.
pub(super) struct Returning {
    ring: Ring<u64>,
    /// The producer's number.
    next: u32,
}

impl Returning {
    /// `len` is the number of frames of the memory.
    pub(super) fn map(socket: BorrowedFd<'_>, len: u32) -> io::Result<Returning> {
        let offsets = xdp_mmap_offsets(socket)?;
        let ring: Ring<u64> = Ring::map(socket, XDP_UMEM_PGOFF_FILL_RING, &offsets.fr, len)?;
        // Nobody else writes it, now that all frames were given to the kernel once.
        let next = ring.producer().load(Ordering::Relaxed);
        Ok(Returning { ring, next })
    }

    /// Gives frames back.
    ///
    /// # Safety
    /// They were taken from [`Incoming`], were not given back since, and nobody reads them any more.
    #[inline]
    pub(super) unsafe fn give(&mut self, frames: &[XdpDesc]) {
        if frames.is_empty() {
            return;
        }
        for frame in frames {
            // SAFETY: the place lies in the mapping, and the kernel has emptied it: it has no more frames than the
            // ring has places, and these are not among them.
            unsafe { self.ring.place(self.next).write(frame.addr) };
            self.next = self.next.wrapping_add(1);
        }
        // Pairs with the kernel's acquire before it takes frames: their places are filled.
        self.ring.producer().store(self.next, Ordering::Release);
    }
}
