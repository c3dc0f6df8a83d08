//! How large a region has to be.

use super::gap::GAP_BYTES;
use super::header::HEADER_BYTES;
use super::{LINE, RegionError, Words};

/// The plan of a region: how many bytes the tables need that will be carved from it.
#[derive(Debug, Default, Clone, Copy)]
pub struct Plan {
    pub(super) len_bytes: usize,
}

impl Plan {
    /// Adds a table of at least `len` items.
    pub fn table<T: Words>(&mut self, len: usize) -> Result<(), RegionError> {
        let bytes = table_len(len)?.checked_mul(size_of::<T>()).ok_or(RegionError::TooLarge)?;
        let gap_bytes = if self.len_bytes == 0 { 0 } else { GAP_BYTES };
        self.len_bytes = bytes
            .checked_next_multiple_of(LINE)
            .and_then(|bytes| self.len_bytes.checked_add(gap_bytes)?.checked_add(bytes))
            .ok_or(RegionError::TooLarge)?;
        Ok(())
    }

    /// The tables and the header before them.
    pub(super) fn region_bytes(self) -> Result<usize, RegionError> {
        self.len_bytes.max(LINE).checked_add(HEADER_BYTES).ok_or(RegionError::TooLarge)
    }
}

/// How many items a table has that was asked to have `len`.
pub(super) fn table_len(len: usize) -> Result<usize, RegionError> {
    len.max(1).checked_next_power_of_two().ok_or(RegionError::TooLarge)
}
