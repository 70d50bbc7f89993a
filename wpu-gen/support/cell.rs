//! The place that holds the current table of upcalls.

use crate::table::{CLOSED, Table};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Holds the table that upcalls go through: the newest one of the host, or the closed table.
///
/// A provider has one cell for its whole life. Before start-up and after the last clean-up it
/// points at [`CLOSED`], so that a call made too late gets an error and never a dangling pointer.
#[derive(Debug)]
pub struct Cell {
    table: AtomicPtr<Table>,
    run: AtomicU32,
}

impl Cell {
    /// A closed cell.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self {
            table: AtomicPtr::new((&raw const CLOSED).cast_mut()),
            run: AtomicU32::new(0),
        }
    }

    /// The table that calls go through at this moment.
    #[inline]
    #[must_use]
    pub fn table(&self) -> &'static Table {
        // SAFETY: the pointer is `CLOSED` or came from the `&'static Table` of `open`; both live for ever.
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
    pub unsafe fn open(&self, table: &'static Table) {
        self.table.store(core::ptr::from_ref(table).cast_mut(), Ordering::Release);
    }

    /// Sends all further calls to the closed table, and ends the run.
    #[inline]
    pub fn close(&self) {
        self.table.store((&raw const CLOSED).cast_mut(), Ordering::Release);
        self.run.fetch_add(1, Ordering::AcqRel);
    }

    /// The table to release a value of `run` through; `None` once that run is over.
    #[inline]
    pub(crate) fn table_in(&self, run: u32) -> Option<&'static Table> {
        // The table first: a later run's is stored only after the end of this one was counted.
        let table = self.table();
        (self.run() == run).then_some(table)
    }

    /// Whether calls reach a host.
    #[must_use]
    #[inline]
    pub fn is_open(&self) -> bool {
        !core::ptr::eq(self.table(), &raw const CLOSED)
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

impl Default for Cell {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}
