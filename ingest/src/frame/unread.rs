//! What of a frame is not read yet.

use super::{FrameError, Layer};

/// The rest of a frame, and where in the frame it begins.
#[derive(Clone, Copy)]
pub(super) struct Unread<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: usize,
}

impl<'a> Unread<'a> {
    pub(super) const fn whole(frame: &'a [u8]) -> Unread<'a> {
        Unread { bytes: frame, offset: 0 }
    }

    /// The next `N` bytes, and what comes after them.
    #[inline(always)]
    pub(super) const fn header<const N: usize>(
        self,
        layer: Layer,
    ) -> Result<(&'a [u8; N], Unread<'a>), FrameError> {
        match self.bytes.split_first_chunk() {
            Some((header, bytes)) => Ok((header, Unread { bytes, offset: self.offset + N })),
            None => Err(self.truncated(layer, N)),
        }
    }

    /// The error that fewer than `expected` bytes are left.
    #[cold]
    pub(super) const fn truncated(self, layer: Layer, expected: usize) -> FrameError {
        FrameError::Truncated { layer, offset: self.offset, expected, found: self.bytes.len() }
    }
}
