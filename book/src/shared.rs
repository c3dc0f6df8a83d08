//! Books in a file that other processes read.

use std::path::Path;

use crate::header::{Header, Status};
use crate::ladder::Ladders;
use crate::look_ahead::Hint;
use crate::orders::Orders;
use crate::queues::Queues;
use crate::reader::BookReader;
use crate::record::Record;
use crate::region::seqlock::Version;
use crate::region::{
    Layout, Plan, Region, RegionConfig, RegionError, Word8, Word32, Writer, WriterState,
};
use crate::ring::{self, RingWriter};
use crate::{Books, BooksError, Capacity, FeedState, RejectCounts};

/// The version of what lies where in a region of books. Another one is not read.
const LAYOUT_VERSION: u32 = 6;

/// A number that differs where items have other sizes, whatever the version says.
const FINGERPRINT: u64 = {
    let sizes = [
        size_of::<Status>(),
        size_of::<Header>(),
        size_of::<Record>(),
        size_of::<Version>(),
        Orders::FINGERPRINT,
        Queues::FINGERPRINT,
        Ladders::FINGERPRINT,
        cfg!(target_endian = "big") as usize,
    ];
    let (mut mixed, mut at) = (0xcbf2_9ce4_8422_2325u64, 0);
    while at < sizes.len() {
        mixed = (mixed ^ sizes[at] as u64).wrapping_mul(0x100_0000_01b3);
        at += 1;
    }
    mixed
};

impl Capacity {
    pub(crate) fn layout(self, updates: u32) -> Layout {
        let capacities = [self.orders, self.levels, self.locates, updates];
        Layout { version: LAYOUT_VERSION, fingerprint: FINGERPRINT, capacities }
    }

    pub(crate) fn plan(self, updates: u32) -> Result<Plan, RegionError> {
        let Capacity { orders, levels, locates } = self;
        let mut plan = Plan::default();
        plan.table::<Status>(1)?;
        plan.table::<Header>(locates as usize)?;
        plan.table::<Record>(locates as usize)?;
        plan.table::<Version>(locates as usize)?;
        Orders::plan(&mut plan, orders)?;
        Queues::plan(&mut plan, levels, orders)?;
        Ladders::plan(&mut plan, levels, locates)?;
        if updates > 0 {
            RingWriter::plan(&mut plan, updates as usize)?;
        }
        Ok(plan)
    }
}

impl Books {
    /// Empty books as [`Books::new`] makes them, in the memory that `config` describes: in pages of a
    /// size that is asked for, or in a file that other processes [attach](crate::attach) to. All
    /// of it is there from the start.
    ///
    /// # Errors
    /// [`BooksError::Region`] says what stood in the way and, where there is one, the command that
    /// makes way.
    pub fn create(capacity: Capacity, config: &RegionConfig) -> Result<Books, BooksError> {
        capacity.check()?;
        let region = Region::create(
            capacity.plan(config.updates)?,
            config,
            capacity.layout(config.updates),
        )?;
        let books = Books::carve(capacity, config.updates, region)?;
        if let Some(region) = &books.region {
            region.header_writer()?.complete();
        }
        Ok(books)
    }

    /// The tables of a region, in the order of their plan.
    pub(crate) fn carve(
        capacity: Capacity,
        updates: u32,
        mut region: Region,
    ) -> Result<Books, BooksError> {
        let Capacity { orders, levels, locates } = capacity;
        let head = region.is_writable().then(|| region.header_writer()).transpose()?;
        Ok(Books {
            head,
            status: region.carve(1)?,
            headers: region.carve(locates as usize)?,
            records: region.carve(locates as usize)?,
            changes: region.carve(locates as usize)?,
            orders: Orders::new(&mut region, orders)?,
            queues: Queues::new(&mut region, levels, orders)?,
            ladders: Ladders::new(&mut region, levels, locates)?,
            updates: match updates {
                0 => None,
                len => Some(ring::carve(&mut region, len as usize)?),
            },
            region: Some(region),
            capacity,
            orphaned: Word8::default(),
            arrivals: Word32::default(),
            hint: Hint::default(),
            rejects: RejectCounts::default(),
            transitions: [None; 2],
        })
    }

    /// The region that the books live in; a reader in the writer's own process has none.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// Tells readers in other processes that no more will come: the books stay as they are.
    pub fn finish(&mut self) -> Result<(), RegionError> {
        match &self.region {
            Some(region) => region.header_writer().map(|header| header.finish()),
            None => Ok(()),
        }
    }

    /// Notes for readers in other processes that the writer is alive: a few times a second, between
    /// two messages. `now_ns` is of any clock that they share with it.
    pub fn beat(&mut self, now_ns: u64) {
        if let Some(head) = &self.head {
            head.beat(now_ns);
        }
    }

    /// Notes the session that the books belong to, whose first messages are to come.
    pub fn set_session(&mut self, session: [u8; 10]) {
        if let Some(head) = &self.head {
            head.set_session(session);
        }
    }
}

/// A reader of the books that another process keeps in a file ([`Books::create`]). The file is
/// mapped read-only; its magic, layout and length are checked first.
///
/// # Errors
/// [`BooksError::Region`]: there is no such file, it is something else, of another layout, or not
/// complete.
pub fn attach(path: impl AsRef<Path>) -> Result<BookReader, BooksError> {
    let region = Region::attach(path.as_ref(), LAYOUT_VERSION, FINGERPRINT)?;
    let [orders, levels, locates, updates] = region.header().layout().capacities;
    let capacity = Capacity { orders, levels, locates };
    capacity.check()?;
    Ok(BookReader::new(Books::carve(capacity, updates, region)?))
}

impl BookReader {
    /// The process that writes the books, with its last sign of life.
    #[must_use]
    pub fn writer(&self) -> Option<Writer> {
        self.books().region().map(Region::writer)
    }

    /// The region that another process writes; a reader in the writer's own process has none.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.books().region()
    }

    /// Looks whether the process that writes the books is still there. Once it is found dead, no
    /// book that this reader reads is Live: those that were are [`FeedState::Stale`]. A writer that
    /// [has finished](Books::finish) leaves them as they are. Asks the system: to be called as often as
    /// one wants to know, not before each read.
    ///
    /// Books whose file was cut count as those of a dead writer: [`Region::check_length`] says so.
    ///
    /// A reader in the writer's own process need not ask: it would be gone, too.
    pub fn check_writer(&self) -> WriterState {
        let Some(region) = self.books().region() else { return WriterState::Alive };
        let found = region.header().writer_state();
        // Whoever writes them, if anybody does, does not write what is read here.
        let state = if self.is_cut() { WriterState::Dead } else { found };
        self.books().note_writer(state != WriterState::Dead);
        state
    }
}

impl Books {
    /// What a reader found out about its writer.
    fn note_writer(&self, alive: bool) {
        self.orphaned.set(u8::from(!alive));
    }

    /// The feed's state as readers may believe it.
    pub(crate) fn believed(&self, state: FeedState) -> FeedState {
        if self.orphaned.get() != 0 && state.is_live() { FeedState::Stale } else { state }
    }
}
