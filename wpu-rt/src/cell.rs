//! The cell that holds the current table of upcalls.

use crate::interface::Interface;
use core::fmt;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Holds the table through which upcalls go: the newest table of the host, or the closed table.
///
/// A provider has one cell for its lifetime. Before start-up and after the last clean-up the cell points to
/// [`Interface::CLOSED`], so that a late call fails with an error instead of using a dangling pointer.
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
    /// Creates a cell with the closed table.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { table: AtomicPtr::new(core::ptr::from_ref(I::CLOSED).cast_mut()), run: AtomicU32::new(0) }
    }

    /// The table through which calls go at this moment.
    #[inline]
    #[must_use]
    pub fn table(&self) -> &'static I::Table {
        // SAFETY: the pointer is `CLOSED` or came from the `&'static I::Table` of `open`. Both live for
        // `'static`, and `I::Table` is `Sync`.
        unsafe { &*self.table.load(Ordering::Acquire) }
    }

    /// Makes `table` the current table, in place of the previous one.
    ///
    /// # Safety
    ///
    /// Until the cell is closed or opened again, and during calls that began before then, every pointer of
    /// `table` must be callable from any thread under the contract that the documentation gives for its
    /// upcall.
    #[inline]
    pub unsafe fn open(&self, table: &'static I::Table) {
        self.table.store(core::ptr::from_ref(table).cast_mut(), Ordering::Release);
    }

    /// Makes the closed table the current one and increments the run counter.
    #[inline]
    pub fn close(&self) {
        self.table.store(core::ptr::from_ref(I::CLOSED).cast_mut(), Ordering::Release);
        self.run.fetch_add(1, Ordering::AcqRel);
    }

    /// The table through which a value of `run` is released; `None` if that run has ended.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn table_in(&self, run: u32) -> Option<&'static I::Table> {
        // The table is read first: the table of a later run is stored only after the end of this run was
        // counted.
        let table = self.table();
        (self.run() == run).then_some(table)
    }

    /// Whether a host's table is current.
    #[must_use]
    #[inline]
    pub fn is_open(&self) -> bool {
        !core::ptr::eq(self.table(), I::CLOSED)
    }

    /// The number of clean-ups so far. A handle acquired in one run must not be released in another, in which
    /// the same value may denote another object.
    ///
    /// If it is read before [`table`](Self::table), it is never newer than the run of that table.
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
