//! The table of one plug-in, from its start to its end.

use alloc::boxed::Box;
use core::fmt;
use wpu_rt::cell::Cell;
use wpu_rt::interface::Interface;

/// Leads to one static, always the same: a constant of a trait has one value for each type, also where somebody implements
/// the trait by hand.
#[derive(Debug)]
pub struct Fixed<T: 'static>(*const T);

impl<T> Fixed<T> {
    /// Leads to `place`.
    #[must_use]
    pub const fn new(place: &'static T) -> Self {
        Self(place)
    }

    const fn get(self) -> &'static T {
        // SAFETY: the only constructor made the pointer of a reference that is good for ever.
        unsafe { &*self.0 }
    }
}

impl<T> Clone for Fixed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fixed<T> {}

/// Holds the table of one plug-in. It is closed until the plug-in is started.
pub struct Run<I: Interface> {
    cell: Cell<I>,
}

impl<I: Interface> Run<I> {
    /// One that is not started.
    #[must_use]
    pub const fn new() -> Self {
        Self { cell: Cell::new() }
    }

    /// Where the upcalls find their table.
    #[must_use]
    pub const fn cell(&self) -> &Cell<I> {
        &self.cell
    }
}

impl<I: Interface> Default for Run<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Interface> fmt::Debug for Run<I> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Run").field("cell", &self.cell).finish()
    }
}

impl<I: Interface> Fixed<Run<I>> {
    /// Makes a complete `table` the one that upcalls go through. It is kept as long as the process runs.
    ///
    /// # Safety
    ///
    /// As for [`Cell::open`], of the functions of `table`.
    pub(crate) unsafe fn start(self, table: I::Table) {
        // SAFETY: the contract of this function.
        unsafe { self.get().cell.open(Box::leak(Box::new(table))) }
    }

    /// Closes the table: further upcalls fail.
    pub(crate) fn stop(self) {
        self.get().cell.close();
    }
}
