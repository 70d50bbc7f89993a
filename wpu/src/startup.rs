//! Start-up counts: the current table, from the first start-up to the last clean-up.

use crate::fixed::Fixed;
use crate::sync::{Unpoisoned as _, lock};
use crate::thread::ThreadId;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use wpu_sys::{Cell, Table, UPCALLS, UpcallSet, WsaError, facts};

/// The start-ups and clean-ups of a provider. `#[wpu_provider]` creates one for each provider.
#[derive(Debug)]
pub struct Run {
    cell: Cell,
    #[cfg(feature = "provider")]
    calls: crate::calls::Calls,
    /// Whether completions are no longer reported to clients.
    quiet: AtomicBool,
    count: Mutex<Count>,
    turn: Condvar,
    /// How often a thread has begun to wait for its turn.
    #[cfg(test)]
    waits: std::sync::atomic::AtomicUsize,
}

#[derive(Debug)]
struct Count {
    starts: u32,
    /// The kind of the counted start-ups.
    kind: Kind,
    /// The thread that currently starts the provider or cleans it up.
    busy: Option<ThreadId>,
    /// Whether that is the last clean-up, which waits for the running calls.
    closing: bool,
}

/// The `Instance` that is started. Two types can share a `Run`, as a transport and its base provider do; then
/// only one of them can be started at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(Option<NonZeroUsize>);

impl Kind {
    /// A start-up without an instance.
    pub(crate) const BARE: Self = Self(None);

    /// The start-ups of one `Instance`.
    #[cfg(feature = "provider")]
    pub(crate) fn of<G>(instance: &'static G) -> Self {
        Self(NonZeroUsize::new(std::ptr::from_ref(instance).addr()))
    }
}

impl Run {
    /// Creates a `Run` that is not started.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cell: Cell::new(),
            #[cfg(feature = "provider")]
            calls: crate::calls::Calls::new(),
            quiet: AtomicBool::new(false),
            count: Mutex::new(Count { starts: 0, kind: Kind::BARE, busy: None, closing: false }),
            turn: Condvar::new(),
            #[cfg(test)]
            waits: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// The cell that holds the current table.
    #[inline]
    #[must_use]
    pub const fn cell(&self) -> &Cell {
        &self.cell
    }

    /// The outstanding start-up count.
    #[must_use]
    pub fn starts(&self) -> u32 {
        self.lock().starts
    }

    /// Counts a start-up of this kind, and makes `table` the current one. `ready` runs when upcalls can be
    /// made. It receives whether this is the first start-up, and can refuse it.
    ///
    /// # Safety
    ///
    /// As for [`start`](Self::start), for the pointers of `table`.
    pub(crate) unsafe fn start_kind(
        &self,
        kind: Kind,
        table: Table,
        ready: impl FnOnce(bool) -> Result<(), WsaError>,
    ) -> Result<(), StartError> {
        let now = interned(table);
        let mut turn = self.turn().ok_or(StartError::Busy)?;
        if turn.starts > 0 && turn.kind != kind {
            return Err(StartError::Shared);
        }
        turn.kind = kind;
        let before = self.cell.table();
        // SAFETY: the caller guarantees the pointers of the table for as long as `open` requires.
        unsafe { self.cell.open(now) };
        turn.undo = Undo::Table(before);
        if turn.starts == 0 {
            self.quiet.store(false, Ordering::Release);
        }
        ready(turn.starts == 0).map_err(StartError::Refused)?;
        turn.undo = Undo::Nothing;
        turn.starts += 1;
        Ok(())
    }

    /// Counts a clean-up. `last` runs before the last clean-up closes the table, so that it can still release
    /// what the provider owns.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` if there is no outstanding start-up, or it was made by an [entry
    /// point](crate::export). `WSAEINPROGRESS` if the calling thread is inside a start-up or the last
    /// clean-up, or if this is the last clean-up and the thread is inside a call of the provider, as in a
    /// callback: the clean-up waits for such calls.
    pub fn clean_up(&self, last: impl FnOnce()) -> Result<(), WsaError> {
        self.clean_up_kind(Kind::BARE, || {
            last();
            Ok(())
        })
    }

    pub(crate) fn clean_up_kind(
        &self,
        kind: Kind,
        last: impl FnOnce() -> Result<(), WsaError>,
    ) -> Result<(), WsaError> {
        self.turn().ok_or(WsaError::WSAEINPROGRESS)?.clean_up(kind, last)
    }

    #[cfg(feature = "provider")]
    #[inline]
    pub(crate) const fn calls(&self) -> &crate::calls::Calls {
        &self.calls
    }

    /// Whether the last clean-up has begun: from then on no completion is reported.
    #[cfg(feature = "provider")]
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::SeqCst)
    }

    /// Runs `body` as a call of the provider, unless the last clean-up has begun. The last clean-up waits for
    /// it, and is refused within it. A panic is contained.
    #[cfg(feature = "layer")]
    pub(crate) fn call(&self, body: impl FnOnce()) {
        self.calls.count(|| {
            if !self.is_quiet() {
                self.calls.note(|| crate::panic::contain(body));
            }
        });
    }

    /// Waits until no other thread starts the provider or cleans it up. `None` if this thread does, or if the
    /// other thread waits for this one.
    fn turn(&self) -> Option<Turn<'_>> {
        let me = ThreadId::current();
        let mut count = self.lock();
        while let Some(busy) = count.busy {
            if busy == me || (count.closing && self.is_inside()) {
                return None;
            }
            #[cfg(test)]
            self.waits.fetch_add(1, Ordering::SeqCst);
            count = self.turn.wait(count).unpoisoned();
        }
        count.busy = Some(me);
        Some(Turn { run: self, starts: count.starts, kind: count.kind, undo: Undo::Nothing })
    }

    /// Whether this thread is inside a call of the provider.
    fn is_inside(&self) -> bool {
        #[cfg(feature = "provider")]
        return self.calls.is_own();
        #[cfg(not(feature = "provider"))]
        return false;
    }

    fn lock(&self) -> MutexGuard<'_, Count> {
        // The count is consistent even after a panic.
        lock(&self.count)
    }
}

/// The functions of a provider's `Run` for other crates: none gives access to the table.
impl Fixed<Run> {
    /// As for [`Run::starts`].
    #[must_use]
    pub fn starts(self) -> u32 {
        self.get().starts()
    }

    /// Whether upcalls reach a host.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.get().cell().is_open()
    }

    /// As for [`Run::clean_up`].
    ///
    /// # Errors
    ///
    /// As for [`Run::clean_up`].
    pub fn clean_up(self, last: impl FnOnce()) -> Result<(), WsaError> {
        self.get().clean_up(last)
    }
}

/// The exclusive right to start or to clean up. It is not a lock, since the provider's code runs meanwhile.
struct Turn<'a> {
    run: &'a Run,
    starts: u32,
    kind: Kind,
    undo: Undo,
}

/// The state to restore after a failed start-up.
enum Undo {
    Nothing,
    Table(&'static Table),
}

impl Turn<'_> {
    fn clean_up(mut self, kind: Kind, last: impl FnOnce() -> Result<(), WsaError>) -> Result<(), WsaError> {
        let run = self.run;
        match self.starts {
            0 => Err(WsaError::WSANOTINITIALISED),
            _ if self.kind != kind => Err(WsaError::WSANOTINITIALISED),
            // The clean-up would wait for the thread that makes it.
            1 if run.is_inside() => Err(WsaError::WSAEINPROGRESS),
            1 => {
                let _close = Closing(&run.cell);
                self.starts = 0;
                run.quiet.store(true, Ordering::SeqCst);
                run.lock().closing = true;
                // Calls that wait for their turn must fail, since the clean-up waits for them.
                run.turn.notify_all();
                last()
            }
            _ => {
                self.starts -= 1;
                Ok(())
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        match self.undo {
            Undo::Table(_) if self.starts == 0 => self.run.cell.close(),
            // SAFETY: the caller that passed this table guarantees it until a newer one becomes current, and
            // none has: this start-up has failed.
            Undo::Table(before) => unsafe { self.run.cell.open(before) },
            Undo::Nothing => {}
        }
        let mut count = self.run.lock();
        *count = Count { starts: self.starts, kind: self.kind, busy: None, closing: false };
        drop(count);
        self.run.turn.notify_one();
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}

/// Closes the cell when it is dropped, also after a panic.
struct Closing<'a>(&'a Cell);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The error of a start-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartError {
    /// The table lacks these upcalls, which the provider declares.
    Missing(UpcallSet),
    /// The thread is inside another start-up, the last clean-up, or a call for which the last clean-up waits.
    Busy,
    /// The provider is started already, as an instance of another type: both share their upcalls.
    Shared,
    /// The provider failed with this error.
    Refused(WsaError),
}

impl StartError {
    /// The error code that `WSPStartup` returns.
    #[must_use]
    pub fn code(self) -> WsaError {
        match self {
            Self::Missing(_) | Self::Shared => null_slot_error(),
            Self::Busy => WsaError::WSAEINPROGRESS,
            Self::Refused(error) => error,
        }
    }
}

/// The error code for a table that lacks a declared upcall.
fn null_slot_error() -> WsaError {
    let entry = facts::ENTRIES.iter().find(|entry| entry.name == "WSPStartup");
    entry.map_or(WsaError::WSASYSCALLFAILURE, |entry| WsaError::new(entry.hole.value))
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => {
                let names: Vec<_> =
                    missing.iter().map(|upcall| format!("`{}`", UPCALLS[*upcall].name)).collect();
                let names = names.join(", ");
                write!(out, "the table of upcalls has no function for {names}, which the provider declares")
            }
            Self::Busy => out.write_str(
                "this thread is inside another start-up or the last clean-up, and cannot wait for it",
            ),
            Self::Shared => out.write_str(
                "it is started already in another form, as itself, as `Base` or as `Layered`, and these share \
                 their upcalls; export it in one form only, with one `export!`",
            ),
            Self::Refused(error) => write!(out, "it refused: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// Keeps each distinct table for the lifetime of the process: a process has one, a test a few.
fn interned(table: Table) -> &'static Table {
    static KEPT: Mutex<Vec<&'static Table>> = Mutex::new(Vec::new());
    let mut kept = lock(&KEPT);
    if let Some(same) = kept.iter().find(|known| known.same(&table)) {
        return same;
    }
    let new: &'static Table = Box::leak(Box::new(table));
    kept.push(new);
    new
}

#[cfg(all(test, feature = "provider"))]
mod tests {
    use super::{Kind, Ordering, Run, WsaError, interned};
    use std::sync::mpsc;
    use std::time::Duration;
    use wpu_sys::RawTable as _;
    use wpu_sys::ffi::{BOOL, HWND, WSPUPCALLTABLE};

    const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });

    #[test]
    fn a_call_that_waits_for_its_turn_fails_in_the_last_clean_up() {
        let run = Run::new();
        let mut turn = run.turn().expect("nobody else is busy");
        turn.starts = 1;
        let (done, answer) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let gave_way = run.calls.count(|| run.calls.note(|| run.turn().is_none()));
                done.send(gave_way).expect("the test listens");
            });
            while run.waits.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            // The clean-up takes the lock, so that the call is already waiting by then.
            let cleaned = turn.clean_up(Kind::BARE, || {
                let answer = answer.recv_timeout(PATIENCE);
                answer.is_ok_and(|gave_way| gave_way).then_some(()).ok_or(WsaError::WSAEINTR)
            });
            assert_eq!(cleaned, Ok(()), "the clean-up waits for the call, and the call for the clean-up");
        });
        assert_eq!(run.starts(), 0);
    }

    #[cfg(feature = "layer")]
    #[test]
    fn a_counted_call_cannot_end_its_run_and_its_panic_is_contained() {
        let run = Run::new();
        run.turn().expect("nobody else is busy").starts = 1;
        let mut ended = None;
        run.call(|| ended = Some(run.clean_up(|| ())));
        assert_eq!(ended, Some(Err(WsaError::WSAEINPROGRESS)), "the last clean-up waits for it");
        run.call(|| std::panic::resume_unwind(Box::new(())));
        run.calls.wait();
        assert_eq!(run.clean_up(|| ()), Ok(()), "it has left");
    }

    #[test]
    fn equal_tables_are_kept_once() {
        let tables = [None, Some(post as _)]
            .map(|message| WSPUPCALLTABLE { lpWPUPostMessage: message, ..WSPUPCALLTABLE::ZERO }.ready());
        let [first, other] = tables.map(interned);
        assert!(!std::ptr::eq(first, other));
        assert!(std::ptr::eq(first, interned(*first)) && std::ptr::eq(other, interned(*other)));
    }

    unsafe extern "system" fn post(_: HWND, _: u32, _: usize, _: isize) -> BOOL {
        0
    }
}
