//! Start-up counts: the current table, from the first start-up to the last clean-up.

#[cfg(feature = "provider")]
use crate::calls::Calls;
use crate::cell::Cell;
use crate::fixed::Fixed;
use crate::interface::Interface;
use crate::interned::interned;
use crate::sync::{Unpoisoned as _, lock};
use crate::thread::ThreadId;
use core::fmt;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};

pub use crate::startup_error::{CleanUpError, StartError};

/// The start-ups and clean-ups of a plug-in. The attribute creates one for each plug-in.
pub struct Run<I: Interface> {
    cell: Cell<I>,
    #[cfg(feature = "provider")]
    calls: Calls,
    /// Whether completions are no longer reported to clients.
    quiet: AtomicBool,
    count: Mutex<Count>,
    turn: Condvar,
    /// How often a thread has begun to wait for its turn.
    #[cfg(test)]
    waits: core::sync::atomic::AtomicUsize,
}

#[derive(Debug)]
struct Count {
    starts: u32,
    /// The instance of the counted start-ups.
    instance: InstanceId,
    /// The thread that currently starts the plug-in or cleans it up.
    busy: Option<ThreadId>,
    /// Whether that is the last clean-up, which waits for the running calls.
    closing: bool,
}

/// The instance that is started. Two types can share a `Run`; then only one of them can be started at a time.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceId(Option<NonZeroUsize>);

impl InstanceId {
    /// A start-up without an instance.
    pub const NONE: Self = Self(None);

    /// The start-ups of one instance: the static that holds it.
    #[must_use]
    #[inline]
    pub fn of<T>(instance: &'static T) -> Self {
        Self(NonZeroUsize::new(core::ptr::from_ref(instance).addr()))
    }
}

impl<I: Interface> Run<I> {
    /// Creates a `Run` that is not started.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cell: Cell::new(),
            #[cfg(feature = "provider")]
            calls: Calls::new(),
            quiet: AtomicBool::new(false),
            count: Mutex::new(Count { starts: 0, instance: InstanceId::NONE, busy: None, closing: false }),
            turn: Condvar::new(),
            #[cfg(test)]
            waits: core::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// The cell that holds the current table.
    #[inline]
    #[must_use]
    pub const fn cell(&self) -> &Cell<I> {
        &self.cell
    }

    /// The outstanding start-up count.
    #[must_use]
    pub fn starts(&self) -> u32 {
        self.lock().starts
    }

    /// Counts a start-up, and makes `table` the current table, in place of any earlier one.
    ///
    /// # Errors
    ///
    /// Fails if the calling thread is inside another start-up, inside the last clean-up, or inside a call for
    /// which the last clean-up waits; or if an instance is started that shares this `Run`. Then nothing has
    /// changed.
    ///
    /// # Safety
    ///
    /// Each pointer of `table` can be called under the contract that the documentation gives for its upcall,
    /// from any thread, until no further call can begin and each call that has begun has returned. Calls begin
    /// until the last clean-up has returned, or a start-up with another table; upcalls that other threads have
    /// begun by then may still be running. If a start-up with another table fails, this table stays the current
    /// one.
    pub unsafe fn start(&self, table: I::Table) -> Result<(), StartError<I>> {
        // SAFETY: the contract of this function.
        unsafe { self.start_instance(InstanceId::NONE, table, |_| Ok(())) }
    }

    /// Counts a start-up of this instance, and makes `table` the current one. `ready` runs when upcalls can be
    /// made. It receives whether this is the first start-up, and can refuse it.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start), and the error of `ready`.
    ///
    /// # Safety
    ///
    /// As for [`start`](Self::start).
    #[doc(hidden)]
    pub unsafe fn start_instance(
        &self,
        instance: InstanceId,
        table: I::Table,
        ready: impl FnOnce(bool) -> Result<(), I::Error>,
    ) -> Result<(), StartError<I>> {
        let now = interned::<I>(table);
        let mut turn = self.turn().ok_or(StartError::Busy)?;
        if turn.starts > 0 && turn.instance != instance {
            return Err(StartError::Shared);
        }
        turn.instance = instance;
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
    /// what the plug-in owns.
    ///
    /// # Errors
    ///
    /// Fails if there is no outstanding start-up, or it was made for an instance; if the calling thread is
    /// inside a start-up or the last clean-up; or if this is the last clean-up and the thread is inside a call
    /// of the plug-in, as in a callback: the clean-up waits for such calls.
    pub fn clean_up(&self, last: impl FnOnce()) -> Result<(), CleanUpError<I>> {
        let last = || {
            last();
            Ok(())
        };
        self.turn().ok_or(CleanUpError::Busy)?.clean_up(InstanceId::NONE, last)
    }

    /// Counts a clean-up of this instance. The result of `last` is the result of the last clean-up, which is
    /// complete in any case.
    ///
    /// # Errors
    ///
    /// As for [`clean_up`](Self::clean_up), and the error of `last`.
    ///
    /// # Safety
    ///
    /// The caller owns the instance: `last` ends what the start-ups of the instance began.
    #[doc(hidden)]
    pub unsafe fn clean_up_instance(
        &self,
        instance: InstanceId,
        last: impl FnOnce() -> Result<(), I::Error>,
    ) -> Result<(), CleanUpError<I>> {
        self.turn().ok_or(CleanUpError::Busy)?.clean_up(instance, last)
    }

    /// The calls that are inside the plug-in, and its pending requests.
    #[cfg(feature = "provider")]
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Whether the last clean-up has begun: from then on no completion is reported.
    #[cfg(feature = "provider")]
    #[doc(hidden)]
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::SeqCst)
    }

    /// Runs `body` as a call of the plug-in, unless the last clean-up has begun. The last clean-up waits for
    /// it, and is refused within it. A panic is contained.
    #[cfg(feature = "provider")]
    #[doc(hidden)]
    pub fn call(&self, body: impl FnOnce()) {
        self.calls.count(|| {
            if !self.is_quiet() {
                self.calls.note(body);
            }
        });
    }

    /// Runs `free`, for what the last clean-up has left behind because calls were inside. Its upcalls must not reach the
    /// host in a later run, where other objects may have the same handles: if one has begun, `free` never runs.
    #[cfg(feature = "provider")]
    #[doc(hidden)]
    pub fn free_behind(&self, free: impl FnOnce()) {
        let closes = {
            let count = self.lock();
            count.closing && count.busy == Some(ThreadId::current())
        };
        // Held meanwhile, so that no run begins.
        let turn = if closes { None } else { self.turn() };
        if closes || turn.as_ref().is_some_and(|turn| turn.starts == 0) {
            free();
        }
    }

    /// Waits until no other thread starts the plug-in or cleans it up. `None` if this thread does, or if the
    /// other thread waits for this one.
    ///
    /// It depends on that thread, which runs code of the plug-in and of its host. While the process is ending, it may be
    /// gone: entry points look for that first.
    fn turn(&self) -> Option<Turn<'_, I>> {
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
        Some(Turn { run: self, starts: count.starts, instance: count.instance, undo: Undo::Nothing })
    }

    /// Whether this thread is inside a call of the plug-in.
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

impl<I: Interface> Default for Run<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Interface> fmt::Debug for Run<I> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Run").field("cell", &self.cell).field("count", &self.count).finish_non_exhaustive()
    }
}

/// The functions of a plug-in's `Run` for other crates: none gives access to the table.
impl<I: Interface> Fixed<Run<I>> {
    /// As for [`Run::starts`].
    #[must_use]
    pub fn starts(self) -> u32 {
        self.run().starts()
    }

    /// Whether upcalls reach a host.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.run().cell().is_open()
    }

    /// As for [`Run::start`].
    ///
    /// # Errors
    ///
    /// As for [`Run::start`].
    ///
    /// # Safety
    ///
    /// As for [`Run::start`].
    pub unsafe fn start(self, table: I::Table) -> Result<(), StartError<I>> {
        // SAFETY: the contract of this function.
        unsafe { self.run().start(table) }
    }

    /// As for [`Run::clean_up`].
    ///
    /// # Errors
    ///
    /// As for [`Run::clean_up`].
    pub fn clean_up(self, last: impl FnOnce()) -> Result<(), CleanUpError<I>> {
        self.run().clean_up(last)
    }

    fn run(self) -> &'static Run<I> {
        // SAFETY: these functions make no upcall, and give nobody the cell.
        unsafe { self.get() }
    }
}

/// The exclusive right to start or to clean up. It is not a lock, since the plug-in's code runs meanwhile.
struct Turn<'a, I: Interface> {
    run: &'a Run<I>,
    starts: u32,
    instance: InstanceId,
    undo: Undo<I>,
}

/// The state to restore after a failed start-up.
enum Undo<I: Interface> {
    Nothing,
    Table(&'static I::Table),
}

impl<I: Interface> Turn<'_, I> {
    fn clean_up(
        mut self,
        instance: InstanceId,
        last: impl FnOnce() -> Result<(), I::Error>,
    ) -> Result<(), CleanUpError<I>> {
        let run = self.run;
        match self.starts {
            0 => Err(CleanUpError::NotStarted),
            _ if self.instance != instance => Err(CleanUpError::NotStarted),
            // The clean-up would wait for the thread that makes it.
            1 if run.is_inside() => Err(CleanUpError::Busy),
            1 => {
                let _close = Closing(&run.cell);
                self.starts = 0;
                run.quiet.store(true, Ordering::SeqCst);
                run.lock().closing = true;
                // Calls that wait for their turn must fail, since the clean-up waits for them.
                run.turn.notify_all();
                last().map_err(CleanUpError::Failed)
            }
            _ => {
                self.starts -= 1;
                Ok(())
            }
        }
    }
}

impl<I: Interface> Drop for Turn<'_, I> {
    fn drop(&mut self) {
        match self.undo {
            Undo::Table(_) if self.starts == 0 => self.run.cell.close(),
            // SAFETY: the caller that passed this table guarantees it until a newer one becomes current, and
            // none has: this start-up has failed.
            Undo::Table(before) => unsafe { self.run.cell.open(before) },
            Undo::Nothing => {}
        }
        let mut count = self.run.lock();
        *count = Count { starts: self.starts, instance: self.instance, busy: None, closing: false };
        drop(count);
        self.run.turn.notify_one();
    }
}

/// Closes the cell when it is dropped, also after a panic.
struct Closing<'a, I: Interface>(&'a Cell<I>);

impl<I: Interface> Drop for Closing<'_, I> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(all(test, feature = "provider"))]
mod tests;
