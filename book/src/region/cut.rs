//! Files that are cut while they are mapped for reading.
//!
//! Linux takes the pages behind a file's new end out of every mapping, and who touches one is sent
//! SIGBUS. Whoever attaches to books cannot keep others from cutting their file, and must not be
//! killed for it: so the mappings of readers are watched. A page that is gone is replaced by an empty
//! one, and the mapping is marked before that, so that whoever read from such a page can tell.
//!
//! The handler is installed with the first mapping that is watched. What does not concern one goes
//! on to the handler that was there before, or does what the system does without one. A program that
//! installs another one later is on its own, as are readers of more files than there are slots.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};

use libc::{c_int, c_void, sigaction, siginfo_t};

/// So many mappings can be watched at a time.
const WATCHED_MAX: usize = 64;

/// Nothing is behind the address, sigaction(2).
const BUS_ADRERR: c_int = 2;

/// A mapping that is watched. The handler reads it in whatever thread was interrupted: it finds the
/// start last written and first taken back.
#[derive(Debug)]
struct Slot {
    is_taken: AtomicBool,
    is_cut: AtomicBool,
    /// 0 while the rest means nothing.
    start: AtomicUsize,
    end: AtomicUsize,
    page_bytes: AtomicUsize,
}

impl Slot {
    const fn free() -> Slot {
        Slot {
            is_taken: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            page_bytes: AtomicUsize::new(1),
        }
    }

    /// Where the page of an address begins, and its length; `None` if it is not in this mapping.
    fn page(&self, address: usize) -> Option<(usize, usize)> {
        // Pairs with the release in `Watch::over`: who sees the start sees the rest.
        let start = self.start.load(Ordering::Acquire);
        let end = self.end.load(Ordering::Relaxed);
        let page_bytes = self.page_bytes.load(Ordering::Relaxed);
        let is_inside = start != 0 && (start..end).contains(&address);
        is_inside.then(|| (address - (address - start) % page_bytes, page_bytes))
    }
}

static SLOTS: [Slot; WATCHED_MAX] = [const { Slot::free() }; WATCHED_MAX];
static BEFORE: OnceLock<sigaction> = OnceLock::new();

/// That a mapping is watched, until this is dropped; which has to be before it is unmapped.
#[derive(Debug)]
pub(super) struct Watch(&'static Slot);

impl Watch {
    /// Watches `len` bytes of pages of such a size; `None` if there is no slot for it.
    pub(super) fn over(base: *const u8, len: usize, page_bytes: usize) -> Option<Watch> {
        install();
        let slot = SLOTS.iter().find(|slot| {
            // Pairs with the release in `drop`: what the last one wrote is over.
            let taken =
                slot.is_taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
            taken.is_ok()
        })?;
        slot.is_cut.store(false, Ordering::Relaxed);
        slot.end.store(base.addr().saturating_add(len), Ordering::Relaxed);
        slot.page_bytes.store(page_bytes.max(1), Ordering::Relaxed);
        slot.start.store(base.addr(), Ordering::Release);
        Some(Watch(slot))
    }

    /// What is set before the first page is replaced.
    pub(super) fn is_cut(&self) -> &'static AtomicBool {
        &self.0.is_cut
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.start.store(0, Ordering::Relaxed);
        self.0.is_taken.store(false, Ordering::Release);
    }
}

/// How long the system's ordinary pages are.
pub(super) fn page_bytes() -> usize {
    // SAFETY: it takes a number and gives one.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a `sigaction` of zeros is one without a handler, flags or signals to block.
        let (mut before, mut ours): (sigaction, sigaction) = unsafe { std::mem::zeroed() };
        let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_bus;
        ours.sa_sigaction = handler as usize;
        // On the stack that the thread has for signals: the handler before may need that.
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: both are valid for the call; the handler calls only what may be called in one.
        unsafe {
            if sigaction(libc::SIGBUS, ptr::null(), &raw mut before) == 0 {
                let _ = BEFORE.set(before);
                sigaction(libc::SIGBUS, &raw const ours, ptr::null_mut());
            }
        }
    });
}

extern "C" fn on_bus(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the system passes a valid `info`, whose address means something for a
    // fault; errno is this thread's own, and is left as the interrupted code had it.
    unsafe {
        let errno = *libc::__errno_location();
        let is_fault = (*info).si_code == BUS_ADRERR;
        if !(is_fault && mend((*info).si_addr().addr())) {
            pass_on(signal, info, context);
        }
        *libc::__errno_location() = errno;
    }
}

/// Puts an empty page where one was taken away; whether the address is in a mapping that is watched.
fn mend(address: usize) -> bool {
    let found = SLOTS.iter().find_map(|slot| slot.page(address).map(|page| (slot, page)));
    let Some((slot, (page, page_bytes))) = found else { return false };
    // Before the page is there: who reads from it finds this set afterwards (`BookReader`). In this
    // thread that is so because the fault interrupts it, in others because the page comes with a
    // system call.
    slot.is_cut.store(true, Ordering::SeqCst);
    let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let page = ptr::with_exposed_provenance_mut::<c_void>(page);
    // SAFETY: the page lies within a mapping for reading that is there as long as its slot names it,
    // and holds nothing any more: no word of it that somebody has read can be lost.
    let mended = unsafe { libc::mmap(page, page_bytes, libc::PROT_READ, flags, -1, 0) };
    mended != libc::MAP_FAILED
}

/// Does what would be done without this handler.
unsafe fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let before = BEFORE.get();
    let handler = before.map_or(libc::SIG_DFL, |before| before.sa_sigaction);
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        // SAFETY: as in `install`; a signal that is raised here comes after the handler's end.
        unsafe {
            let mut default: sigaction = std::mem::zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            let is_sent = (*info).si_code <= 0;
            if handler == libc::SIG_IGN && is_sent {
                return;
            }
            // What touched the page touches it again, and nobody is there any more to handle it.
            sigaction(signal, &raw const default, ptr::null_mut());
            if is_sent {
                libc::raise(signal);
            }
        }
    } else if before.is_some_and(|before| before.sa_flags & libc::SA_SIGINFO != 0) {
        // SAFETY: a handler that was installed with SA_SIGINFO is such a function.
        unsafe {
            let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                std::mem::transmute(handler);
            handler(signal, info, context);
        }
    } else {
        // SAFETY: a handler that was installed without it is such a function.
        unsafe {
            let handler: extern "C" fn(c_int) = std::mem::transmute(handler);
            handler(signal);
        }
    }
}
