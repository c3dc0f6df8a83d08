//! What stands at the beginning of a region: what it is, who writes it, and how far it is.

use super::process::{self, ProcessStart};
use super::seqlock::Version;
use super::{RegionError, Table, Word32, Word64, words};

/// Bytes set aside for the header; the tables begin behind them, in private regions too.
pub(super) const HEADER_BYTES: usize = 4096;

/// "WIREBOOK", in the order of bytes of the machine that wrote it: another order is foreign.
const MAGIC: u64 = u64::from_be_bytes(*b"WIREBOOK");

/// How often a session is read in vain before it counts as not to be had.
const SESSION_TRIES: u32 = 1000;

const _: () = assert!(size_of::<RegionHeader>() <= HEADER_BYTES);

/// What a region is made for. Two that differ in anything cannot share one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Version of the layout.
    pub version: u32,
    /// Whatever else decides where something lies, as one number: sizes and orders of tables.
    pub fingerprint: u64,
    /// Capacities, in an order of the caller's.
    pub capacities: [u32; 4],
}

/// The process that writes a region, and when it last said so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Writer {
    /// Its process id; 0 before there was one.
    pub pid: u32,
    /// When it started.
    pub started: ProcessStart,
    /// The last time that it gave to [`HeaderWriter::beat`], in nanoseconds of its clock.
    pub heartbeat_ns: u64,
}

/// What is known of a region's writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriterState {
    /// It lives. Whether it makes progress, its heartbeat tells.
    Alive,
    /// It ended without [`HeaderWriter::finish`].
    Dead,
    /// It said that nothing more will come.
    Finished,
}

words! {
    /// The beginning of a region. Its first line says what the region is and who writes it; the
    /// second one is written all the time.
    pub struct RegionHeader, align(64) {
        magic: Word64,
        version: Word32,
        complete: Word32,
        fingerprint: Word64,
        len_bytes: Word64,
        capacities: [Word32; 4],
        writer_started: Word64,
        writer_pid: Word32,
        finished: Word32,

        heartbeat_ns: Word64,
        last_sequence: Word64,
        session: [Word64; 2],
        session_version: Version,
        _reserved: [Word32; 7],
    }
}

impl RegionHeader {
    /// Whether this is the header of a region: an error says what it begins with instead.
    pub(super) fn check_magic(&self) -> Result<(), u64> {
        match self.magic.get() {
            MAGIC => Ok(()),
            found => Err(found),
        }
    }

    /// What the region was made for.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout {
            version: self.version.get(),
            fingerprint: self.fingerprint.get(),
            capacities: self.capacities.each_ref().map(Word32::get),
        }
    }

    /// The region's length, this header included.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes.get()
    }

    /// Whether what the region is made for was completed; what was written before is then seen.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete.get_acquire() == 1
    }

    /// Its writer, or its last one.
    #[must_use]
    pub fn writer(&self) -> Writer {
        // The id first: who reads a new one reads the start that belongs to it. An old one with
        // a new start is nobody, and the owner of the old one is dead indeed.
        let pid = self.writer_pid.get_acquire();
        let started = ProcessStart::new(self.writer_started.get());
        Writer { pid, started, heartbeat_ns: self.heartbeat_ns.get() }
    }

    /// Whether the writer lives, by its id and start in `/proc`. Asks the system: not for every
    /// message. It must be asked in the writer's process namespace; elsewhere, only the heartbeat
    /// tells.
    #[must_use]
    pub fn writer_state(&self) -> WriterState {
        if self.finished.get_acquire() == 1 {
            return WriterState::Finished;
        }
        if self.writer_is_alive() {
            WriterState::Alive
        } else if self.finished.get_acquire() == 1 {
            // It finished and ended since it was first looked at.
            WriterState::Finished
        } else {
            WriterState::Dead
        }
    }

    /// Whether the writer's process lives, finished or not.
    pub(super) fn writer_is_alive(&self) -> bool {
        let writer = self.writer();
        process::is_alive(writer.pid, writer.started)
    }

    /// The session that the books belong to; `None` if its writer was killed while it wrote it,
    /// or does not stop writing it.
    #[must_use]
    pub fn session(&self) -> Option<[u8; 10]> {
        let [first, second] = self
            .session_version
            .read(SESSION_TRIES, || self.session.each_ref().map(|word| word.get().to_be_bytes()))?;
        let [a, b, c, d, e, f, g, h] = first;
        let [i, j, ..] = second;
        Some([a, b, c, d, e, f, g, h, i, j])
    }

    /// The last sequence that was applied to the books; what was applied up to it is then seen.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.last_sequence.get_acquire()
    }

    /// The first thing that is written in a region.
    pub(super) fn begin(&self, layout: Layout, len_bytes: u64) {
        self.version.set(layout.version);
        self.fingerprint.set(layout.fingerprint);
        self.capacities.iter().zip(layout.capacities).for_each(|(word, found)| word.set(found));
        self.len_bytes.set(len_bytes);
        self.magic.set_release(MAGIC);
    }

    /// Whoever wrote it is gone, though it may have finished: somebody will go on.
    pub(super) fn leave(&self) {
        self.finished.set_release(0);
    }

    /// This process is the writer from here on.
    pub(super) fn take(&self, started: ProcessStart) {
        self.finished.set(0);
        self.writer_started.set(started.ticks());
        self.writer_pid.set_release(std::process::id());
    }
}

/// The header, for its writer: a piece of a region as any table is.
#[derive(Debug)]
pub struct HeaderWriter {
    header: Table<RegionHeader>,
}

impl HeaderWriter {
    pub(super) fn new(header: Table<RegionHeader>) -> HeaderWriter {
        HeaderWriter { header }
    }

    /// The header, for reading.
    #[must_use]
    pub fn header(&self) -> &RegionHeader {
        self.header.at(0)
    }

    /// Everything that the region is made for stands in it: readers may attach.
    pub fn complete(&self) {
        self.header().complete.set_release(1);
    }

    /// Nothing more will come: readers see the end rather than a death.
    pub fn finish(&self) {
        self.header().finished.set_release(1);
    }

    /// The writer lives and makes progress, at `now_ns` on its clock.
    #[inline(always)]
    pub fn beat(&self, now_ns: u64) {
        self.header().heartbeat_ns.set(now_ns);
    }

    /// Everything up to this sequence was applied. Written after the changes themselves.
    #[inline(always)]
    pub fn set_last_sequence(&self, sequence: u64) {
        self.header().last_sequence.set_release(sequence);
    }

    /// Notes the session. Readers never see half of it.
    pub fn set_session(&self, session: [u8; 10]) {
        let header = self.header();
        let [a, b, c, d, e, f, g, h, i, j] = session;
        // A writer that was killed here has left it open: nothing may look whole before it is.
        if !header.session_version.is_open() {
            header.session_version.begin();
        }
        let [first, second] = &header.session;
        first.set(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        second.set(u64::from_be_bytes([i, j, 0, 0, 0, 0, 0, 0]));
        header.session_version.end();
    }
}

/// Refuses a region that is laid out otherwise; capacities only where they matter.
pub(super) fn check(
    header: &RegionHeader,
    path: &std::path::Path,
    (version, fingerprint): (u32, u64),
    capacities: Option<[u32; 4]>,
) -> Result<(), RegionError> {
    let path = || path.to_path_buf();
    header.check_magic().map_err(|found| RegionError::Foreign {
        path: path(),
        found: format!("it begins with {found:#018x}"),
    })?;
    // The version first: another one may have anything at the places of the rest.
    let found = header.layout();
    if found.version != version {
        return Err(RegionError::Version { path: path(), expected: version, found: found.version });
    }
    if found.fingerprint != fingerprint {
        let (expected, found) = (fingerprint, found.fingerprint);
        return Err(RegionError::Fingerprint { path: path(), expected, found });
    }
    match capacities {
        Some(expected) if expected != found.capacities => {
            Err(RegionError::Capacities { path: path(), expected, found: found.capacities })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::{Plan, Region};

    #[test]
    fn a_session_is_read_whole_or_not_at_all() {
        let region = Region::anonymous(Plan::default()).unwrap();
        let writer = region.header_writer().unwrap();
        assert_eq!(region.header().session(), Some([0; 10]));
        writer.set_session(*b"0123456789");
        assert_eq!(region.header().session(), Some(*b"0123456789"));
        // Killed at it.
        region.header().session_version.begin();
        region.header().session[0].set(0);
        assert_eq!(region.header().session(), None);
        writer.set_session(*b"abcdefghij");
        assert_eq!(region.header().session(), Some(*b"abcdefghij"));
    }

    #[test]
    fn a_writer_is_alive_dead_or_finished() {
        let region = Region::anonymous(Plan::default()).unwrap();
        let header = region.header();
        assert_eq!(header.writer().pid, std::process::id());
        assert_eq!(header.writer_state(), WriterState::Alive);
        let started = header.writer().started;
        header.take(ProcessStart::new(started.ticks() + 1));
        assert_eq!(header.writer_state(), WriterState::Dead, "the id was given to another");
        header.take(started);
        let writer = region.header_writer().unwrap();
        writer.beat(7);
        writer.finish();
        assert_eq!(header.writer().heartbeat_ns, 7);
        assert_eq!(header.writer_state(), WriterState::Finished);
        header.take(started);
        assert_eq!(header.writer_state(), WriterState::Alive, "it was taken up again");
    }
}
