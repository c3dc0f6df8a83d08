//! What happened, told to whoever listens: a ring of updates that one thread writes and any
//! number of readers, in other processes too, read.
//!
//! The writer never waits and never looks at a reader; readers write nothing. A reader that
//! falls behind by more than the ring holds is told how many updates it lost, and goes on with
//! the newest one: what it lost it makes good by reading the books themselves.
//!
//! Every slot carries a stamp: twice the number of updates that were complete when it was
//! written, that in the slot included, or one less while that one is being written. So it names
//! the update and says whether it is whole; the updates of a slot have rising stamps. A stamp
//! has 64 bits: at a thousand million updates a second it would come again after 292 years.

use std::sync::atomic::Ordering;

use crate::region::seqlock::fence;
use crate::region::{Plan, Region, RegionError, Table, Word64, words};

#[cfg(test)]
#[cfg(any(loom, shuttle))]
mod models;

/// The numbers in one update: with the stamp, they fill a cache line. (Two are enough to be torn,
/// and all that `loom` can follow.)
pub const UPDATE_WORDS: usize = if cfg!(all(test, loom)) { 2 } else { 7 };

words! {
    /// The place of one update.
    pub struct RingSlot, align(64) {
        stamp: Word64,
        words: [Word64; UPDATE_WORDS],
    }
}

/// The slots that a ring for `len` updates has, before they are rounded up to a power of two.
/// With one slot alone, the newest update would never be safe from the next.
fn slots_len(len: usize) -> usize {
    len.max(2)
}

/// The table of a ring that was planned.
pub(crate) fn carve(region: &mut Region, len: usize) -> Result<Table<RingSlot>, RegionError> {
    region.carve(slots_len(len))
}

/// The slot of the update that `position` others precede.
#[inline(always)]
fn slot_of(slots: &Table<RingSlot>, position: u64) -> &RingSlot {
    #[allow(clippy::cast_possible_truncation)] // taken modulo the length, which is at most 2³²
    let index = position as u32;
    slots.at(index)
}

/// The stamp of the update that `position` others precede, when it is complete.
#[inline(always)]
fn stamp_of(position: u64) -> u64 {
    position.wrapping_add(1).wrapping_mul(2)
}

/// How many updates are complete. If updates are written meanwhile, that was so at some moment
/// during the call, or earlier.
fn complete(slots: &Table<RingSlot>) -> u64 {
    // Of each stamp half is a number of updates that are complete. Along the table the stamps
    // rise by one update to the newest, behind which are those of the lap before: as far as a
    // slot has more than all before it, the newest is not before it.
    //
    // Relaxed: nothing is concluded but where to look, and there `poll` looks for itself.
    let complete = |position: u64| slot_of(slots, position).stamp.get() / 2;
    let mut newest = complete(0);
    let (mut at, mut end) = (0, slots.len() as u64);
    while end - at > 1 {
        let middle = at.midpoint(end);
        let there = complete(middle);
        if there > newest {
            (newest, at) = (there, middle);
        } else {
            end = middle;
        }
    }
    newest
}

/// The end of a ring where updates come in. There is one for each ring.
#[derive(Debug)]
pub struct RingWriter {
    slots: Table<RingSlot>,
    complete: u64,
}

impl RingWriter {
    /// Adds the table of a ring that holds at least `len` updates, 64 bytes each.
    ///
    /// # Errors
    /// [`RegionError::TooLarge`] if that is more than can be addressed.
    pub fn plan(plan: &mut Plan, len: usize) -> Result<(), RegionError> {
        plan.table::<RingSlot>(slots_len(len))
    }

    /// The ring that was planned.
    ///
    /// # Errors
    /// [`RegionError::TooLarge`] if it was not.
    pub fn new(region: &mut Region, len: usize) -> Result<RingWriter, RegionError> {
        Ok(RingWriter::over(carve(region, len)?))
    }

    /// A writer of a ring that no one else writes (any more): it goes on behind the updates that
    /// are complete. All bytes of a new ring are zero.
    #[must_use]
    pub fn over(slots: Table<RingSlot>) -> RingWriter {
        let complete = complete(&slots);
        RingWriter { slots, complete }
    }

    /// Writes the next update, over the oldest one. It takes as long as writing a cache line
    /// that readers may hold.
    #[inline]
    pub fn publish(&mut self, update: &[u64; UPDATE_WORDS]) {
        let slot = slot_of(&self.slots, self.complete);
        let stamp = stamp_of(self.complete);
        // The fence keeps this store, which is relaxed, before the stores of the words. It pairs
        // with the fence in `poll`: whoever reads one of these words there reads this stamp, or
        // a later one, afterwards.
        slot.stamp.set(stamp.wrapping_sub(1));
        fence(Ordering::Release);
        for (word, number) in slot.words.iter().zip(update) {
            // Relaxed: ordered by the fence before and the store behind.
            word.set(*number);
        }
        // Pairs with the first load in `poll`: whoever reads this stamp reads these words, or
        // later ones, and all that this thread wrote before.
        slot.stamp.set_release(stamp);
        self.complete = self.complete.wrapping_add(1);
    }

    /// How many updates were published since the ring was new.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.complete
    }

    /// A reader of all that is published from now on.
    #[must_use]
    pub fn reader(&self) -> RingReader {
        RingReader { slots: self.slots.clone(), position: self.complete }
    }
}

/// What a reader found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Polled {
    /// The next update.
    Update([u64; UPDATE_WORDS]),
    /// The next update is not there yet.
    Nothing,
    /// The writer was faster: the reader goes on with the newest update.
    Lost {
        /// How many updates will not be delivered; at least one.
        updates: u64,
    },
}

/// An end of a ring where updates come out. There may be any number, each with its own position.
#[derive(Clone, Debug)]
pub struct RingReader {
    slots: Table<RingSlot>,
    position: u64,
}

impl RingReader {
    /// A reader of a ring that lies in a region as [`RingWriter::new`] would have it, of all that
    /// is published from now on.
    ///
    /// # Errors
    /// [`RegionError::TooLarge`] if there is no such ring.
    pub fn new(region: &mut Region, len: usize) -> Result<RingReader, RegionError> {
        Ok(RingReader::over(carve(region, len)?))
    }

    /// A reader of all that is published in `slots` from now on.
    #[must_use]
    pub fn over(slots: Table<RingSlot>) -> RingReader {
        let position = complete(&slots);
        RingReader { slots, position }
    }

    /// How many updates precede the one that is wanted next: delivered, lost, or published
    /// before this reader began.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next update, if it is there. Never waits. It costs one cache line, and where updates
    /// were lost one for each time the length of the ring can be halved.
    #[inline]
    pub fn poll(&mut self) -> Polled {
        let slot = slot_of(&self.slots, self.position);
        let wanted = stamp_of(self.position);
        // Pairs with the last store in `publish`: if it is the wanted stamp, the words read below
        // are those of the update, or later ones.
        let before = slot.stamp.get_acquire();
        if before < wanted {
            return Polled::Nothing;
        }
        if before == wanted {
            // Relaxed: ordered by the load before and the fence behind.
            let update = slot.words.each_ref().map(Word64::get);
            // The fence keeps the loads of the words before the load of the stamp, which is
            // relaxed. It pairs with the fence in `publish`: if a word was of a later update, the
            // stamp is, too.
            fence(Ordering::Acquire);
            if slot.stamp.get() == wanted {
                self.position = self.position.wrapping_add(1);
                return Polled::Update(update);
            }
        }
        self.go_on_with_newest()
    }

    /// The wanted update was written over. The newest is safest from that: all other slots will
    /// be written before its own.
    #[cold]
    fn go_on_with_newest(&mut self) -> Polled {
        // At least one is lost, even where `complete` saw less than `poll` did.
        let newest = complete(&self.slots).saturating_sub(1);
        let updates = newest.saturating_sub(self.position).max(1);
        self.position = self.position.wrapping_add(updates);
        Polled::Lost { updates }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    fn ring(len: usize) -> RingWriter {
        let mut plan = Plan::default();
        RingWriter::plan(&mut plan, len).unwrap();
        RingWriter::new(&mut Region::anonymous(plan).unwrap(), len).unwrap()
    }

    fn update(number: u64) -> [u64; UPDATE_WORDS] {
        std::array::from_fn(|word| number << 8 | word as u64)
    }

    fn publish(writer: &mut RingWriter, updates: u64) {
        for _ in 0..updates {
            writer.publish(&update(writer.published()));
        }
    }

    #[test]
    fn a_slot_is_a_line() {
        assert_eq!((size_of::<RingSlot>(), align_of::<RingSlot>()), (64, 64));
    }

    #[test]
    fn every_reader_gets_every_update_in_order() {
        let mut writer = ring(8);
        let mut readers = [writer.reader(), writer.reader()];
        for lap in 0..5 {
            publish(&mut writer, 8);
            for reader in &mut readers {
                for number in lap * 8..(lap + 1) * 8 {
                    assert_eq!(reader.poll(), Polled::Update(update(number)));
                }
                assert_eq!(reader.poll(), Polled::Nothing);
            }
        }
    }

    #[test]
    fn what_was_overrun_is_counted_and_the_newest_comes_next() {
        for published in 9..40 {
            let mut writer = ring(8);
            let mut reader = writer.reader();
            publish(&mut writer, published);
            assert_eq!(reader.poll(), Polled::Lost { updates: published - 1 });
            assert_eq!(reader.poll(), Polled::Update(update(published - 1)));
            assert_eq!(reader.poll(), Polled::Nothing);
            publish(&mut writer, 1);
            assert_eq!(reader.poll(), Polled::Update(update(published)));
            assert_eq!(reader.position(), writer.published());
        }
    }

    #[test]
    fn a_reader_begins_with_what_is_published_next() {
        let mut writer = ring(4);
        publish(&mut writer, 6);
        let mut readers = [writer.reader(), RingReader::over(writer.slots.clone())];
        publish(&mut writer, 1);
        for reader in &mut readers {
            assert_eq!(reader.poll(), Polled::Update(update(6)));
            assert_eq!(reader.poll(), Polled::Nothing);
        }
    }

    #[test]
    fn the_newest_is_found_wherever_it_is() {
        for len in [2, 4, 8, 64] {
            let mut writer = ring(len);
            for published in 0..3 * len as u64 + 2 {
                assert_eq!(complete(&writer.slots), published);
                let slot = slot_of(&writer.slots, published);
                let stamp = slot.stamp.get();
                slot.stamp.set(stamp_of(published) - 1);
                assert_eq!(complete(&writer.slots), published, "while the next is written");
                slot.stamp.set(stamp);
                publish(&mut writer, 1);
            }
        }
    }

    #[test]
    fn a_writer_goes_on_where_another_was_killed() {
        let mut killed = ring(4);
        let mut reader = killed.reader();
        publish(&mut killed, 6);
        let slot = slot_of(&killed.slots, 6);
        slot.stamp.set(stamp_of(6) - 1);
        slot.words[0].set(99);
        let mut waiting = RingReader::over(killed.slots.clone());
        assert_eq!(waiting.poll(), Polled::Nothing);
        let mut writer = RingWriter::over(killed.slots.clone());
        assert_eq!(writer.published(), 6);
        publish(&mut writer, 1);
        assert_eq!(waiting.poll(), Polled::Update(update(6)));
        assert_eq!(reader.poll(), Polled::Lost { updates: 6 });
        assert_eq!(reader.poll(), Polled::Update(update(6)));
    }

    #[test]
    fn the_last_stamps_there_are_do_not_confuse_it() {
        let mut writer = ring(4);
        let end = u64::MAX / 2;
        writer.complete = end - 5;
        let mut reader = writer.reader();
        for number in end - 5..end {
            assert_eq!(reader.poll(), Polled::Nothing);
            publish(&mut writer, 1);
            assert_eq!(reader.poll(), Polled::Update(update(number)));
        }
        assert_eq!(complete(&writer.slots), end);
    }

    #[test]
    fn any_table_is_read_without_a_panic() {
        for stamp in [0, 1, 2, 3, 1 << 33, u64::MAX - 1, u64::MAX] {
            let writer = ring(4);
            let mut reader = writer.reader();
            for position in [0, u64::from(u32::MAX), u64::MAX / 2, u64::MAX - 1, u64::MAX] {
                reader.position = position;
                writer.slots.as_slice().iter().for_each(|slot| slot.stamp.set(stamp));
                for _ in 0..4 {
                    let before = reader.position;
                    match reader.poll() {
                        Polled::Nothing => assert_eq!(reader.position, before),
                        Polled::Update(_) => assert_eq!(reader.position, before.wrapping_add(1)),
                        Polled::Lost { updates } => {
                            assert!(updates > 0);
                            assert_eq!(reader.position, before.wrapping_add(updates));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_smallest_ring_has_two_slots_and_the_largest_is_refused() {
        assert_eq!(ring(0).slots.len(), 2);
        assert_eq!(ring(3).slots.len(), 4);
        let refused = RingWriter::plan(&mut Plan::default(), usize::MAX);
        assert!(matches!(refused, Err(RegionError::TooLarge)));
    }
}
