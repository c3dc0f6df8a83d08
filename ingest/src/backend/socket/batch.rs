//! `recvmmsg` into places that are set aside once.

use std::io;
use std::mem::size_of;
use std::os::fd::RawFd;
use std::ptr;

use wirebook_book::Nanos;

use crate::backend::BackendError;

/// Datagrams of one call: enough to share its cost, few enough that what the kernel copies is still near when it is
/// read.
const PLACES: usize = 32;
#[allow(clippy::cast_possible_truncation)] // 32
const PLACES_COUNT: libc::c_uint = PLACES as libc::c_uint;
/// Bytes for what comes with a datagram: a time stamp and a count, with their headers, and room to spare.
const CONTROL_BYTES: usize = 128;

/// Places for a burst of datagrams.
///
/// The headers hold pointers into the other three allocations, which are never reallocated and live as long.
pub(super) struct Batch {
    headers: Box<[libc::mmsghdr]>,
    /// Pointed to by `headers`.
    _vectors: Box<[libc::iovec]>,
    /// Pointed to by `_vectors`.
    payloads: Box<[u8]>,
    /// Pointed to by `headers`.
    controls: Box<[Control]>,
    payload_bytes_max: usize,
    /// How many of them hold a datagram.
    received: usize,
}

// SAFETY: the pointers inside point into memory that the batch owns; nothing refers to a thread.
unsafe impl Send for Batch {}

/// The control messages of one datagram, aligned as their headers must be.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

/// What lies in one place.
pub(super) struct Datagram<'a> {
    pub(super) payload: &'a [u8],
    /// When the kernel took it in, where it says so.
    pub(super) at: Option<Nanos>,
    /// It was longer than the place.
    pub(super) is_cut: bool,
}

impl Batch {
    /// Places for payloads of so many bytes.
    pub(super) fn new(payload_bytes_max: usize) -> Batch {
        let payload_bytes_max = payload_bytes_max.clamp(1, 65_535);
        // Filled with ones, so that every page is there before the first packet is.
        let mut payloads = vec![1; payload_bytes_max * PLACES].into_boxed_slice();
        let mut controls = vec![Control([0; CONTROL_BYTES]); PLACES].into_boxed_slice();
        let vector = |place: &mut [u8]| libc::iovec {
            iov_base: place.as_mut_ptr().cast(),
            iov_len: payload_bytes_max,
        };
        let mut vectors: Box<[libc::iovec]> =
            payloads.chunks_exact_mut(payload_bytes_max).map(vector).collect();
        let header = |(vector, control): (&mut libc::iovec, &mut Control)| {
            // SAFETY: all bytes zero is a message header without a name, data and control messages.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_iov = ptr::from_mut(vector);
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = ptr::from_mut(control).cast();
            header.msg_hdr.msg_controllen = CONTROL_BYTES as _;
            header
        };
        let headers = vectors.iter_mut().zip(controls.iter_mut()).map(header).collect();
        Batch { headers, _vectors: vectors, payloads, controls, payload_bytes_max, received: 0 }
    }

    /// Takes what the socket has, without waiting; how many datagrams.
    pub(super) fn receive(&mut self, socket: RawFd) -> Result<usize, BackendError> {
        for header in self.headers.iter_mut().take(self.received) {
            // The kernel has put in how much of it it used.
            header.msg_hdr.msg_controllen = CONTROL_BYTES as _;
        }
        self.received = 0;
        // SAFETY: each header's vector names a place of `payload_bytes_max` bytes of `payloads`, and its control
        // pointer one of `controls` of `CONTROL_BYTES`: the kernel writes there alone. `&mut self` says that
        // nobody reads them.
        let count = unsafe {
            libc::recvmmsg(
                socket,
                self.headers.as_mut_ptr(),
                PLACES_COUNT,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        if let Ok(count) = usize::try_from(count) {
            self.received = count;
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
            _ => Err(BackendError::System { what: "receiving from the socket".into(), error }),
        }
    }

    /// The datagrams that were received last.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let places = self.payloads.chunks_exact(self.payload_bytes_max);
        let received = self.headers.iter().take(self.received);
        received.zip(places).zip(self.controls.iter()).map(|((header, place), control)| {
            let length = (header.msg_len as usize).min(place.len());
            Datagram {
                payload: place.get(..length).unwrap_or_default(),
                at: control.stamp(header.msg_hdr.msg_controllen),
                is_cut: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            }
        })
    }
}

impl Control {
    /// The time stamp among the first `used` bytes.
    fn stamp(&self, used: usize) -> Option<Nanos> {
        let header_bytes = size_of::<libc::cmsghdr>();
        let mut rest = self.0.get(..used)?;
        // A control message is a header (its whole length, level, type) and its data, padded to a word.
        while rest.len() >= header_bytes {
            let length = usize::from_ne_bytes(*rest.first_chunk()?);
            let level = i32::from_ne_bytes(*rest.get(8..)?.first_chunk()?);
            let kind = i32::from_ne_bytes(*rest.get(12..)?.first_chunk()?);
            if level == libc::SOL_SOCKET && kind == libc::SCM_TIMESTAMPNS {
                let data = rest.get(header_bytes..)?;
                let seconds = u64::from_ne_bytes(*data.first_chunk()?);
                let nanos = u64::from_ne_bytes(*data.get(8..)?.first_chunk()?);
                return Some(Nanos::new(
                    seconds.wrapping_mul(Nanos::PER_SECOND).wrapping_add(nanos),
                ));
            }
            rest = rest.get(length.next_multiple_of(8).max(header_bytes)..)?;
        }
        None
    }
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("received", &self.received).finish_non_exhaustive()
    }
}
