//! The place that holds the current table of upcalls.

use crate::interface::Interface;
use core::fmt;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Holds the table that upcalls go through: the newest one of the host, or the closed table.
///
/// A provider has one cell for its whole life. Before start-up and after the last clean-up it
/// points at [`Interface::CLOSED`], so that a call made too late gets an error and never a dangling pointer.
pub struct Cell<I: Interface> {
    table: AtomicPtr<I::Table>,
    run: AtomicU32,
}

impl<I: Interface> fmt::Debug for Cell<I> {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Cell").field("table", &self.table).field("run", &self.run).finish()
    }
}

impl<I: Interface> Cell<I> {
    /// A closed cell.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { table: AtomicPtr::new(core::ptr::from_ref(I::CLOSED).cast_mut()), run: AtomicU32::new(0) }
    }

    /// The table that calls go through at this moment.
    #[inline]
    #[must_use]
    pub fn table(&self) -> &'static I::Table {
        // SAFETY: the pointer is `CLOSED` or came from the `&'static I::Table` of `open`; both live for ever, and are for all threads.
        unsafe { &*self.table.load(Ordering::Acquire) }
    }

    /// Makes `table` the one that calls go through, in place of whatever was there.
    ///
    /// # Safety
    ///
    /// Until the cell is closed or opened anew, and for as long as calls that began before then
    /// are under way, every pointer of `table` must be callable from any thread under the contract
    /// that the documentation gives for its upcall.
    #[inline]
    pub unsafe fn open(&self, table: &'static I::Table) {
        self.table.store(core::ptr::from_ref(table).cast_mut(), Ordering::Release);
    }

    /// Sends all further calls to the closed table, and ends the run.
    #[inline]
    pub fn close(&self) {
        self.table.store(core::ptr::from_ref(I::CLOSED).cast_mut(), Ordering::Release);
        self.run.fetch_add(1, Ordering::AcqRel);
    }

    /// The table to release a value of `run` through; `None` once that run is over.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn table_in(&self, run: u32) -> Option<&'static I::Table> {
        // The table first: a later run's is stored only after the end of this one was counted.
        let table = self.table();
        (self.run() == run).then_some(table)
    }

    /// Whether calls reach a host.
    #[must_use]
    #[inline]
    pub fn is_open(&self) -> bool {
        !core::ptr::eq(self.table(), I::CLOSED)
    }

    /// Counts the clean-ups so far. What was acquired in one run must not be released in another,
    /// where the same value may name something else.
    ///
    /// Asked before [`table`](Self::table), it is never newer than that table's run.
    #[inline]
    #[must_use]
    pub fn run(&self) -> u32 {
        self.run.load(Ordering::Acquire)
    }
}

impl<I: Interface> Default for Cell<I> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}
