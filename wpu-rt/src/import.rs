//! Upcalls that are found by name, for tables that have none.

use crate::interface::Interface;
use core::fmt;

/// An upcall that a library exports by name. What it puts into a table is that function and no other, so
/// that whoever has one can do no harm with it.
pub struct Import<I: Interface> {
    upcall: usize,
    fill: fn(&mut I::Table) -> bool,
}

impl<I: Interface> Clone for Import<I> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: Interface> Copy for Import<I> {}

impl<I: Interface> fmt::Debug for Import<I> {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Import").field("upcall", &self.upcall).finish_non_exhaustive()
    }
}

impl<I: Interface> Import<I> {
    /// What `fill` finds, as upcall number `upcall`.
    ///
    /// # Safety
    ///
    /// `fill` changes nothing in a table but the pointer of that upcall, to a function that keeps the contract which the
    /// documentation gives for it, on any thread and for as long as the program runs.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const unsafe fn new(upcall: usize, fill: fn(&mut I::Table) -> bool) -> Self {
        Self { upcall, fill }
    }

    /// Its place among all upcalls.
    #[must_use]
    #[inline]
    pub const fn upcall(&self) -> usize {
        self.upcall
    }

    /// Fills it in; false if nothing in this process exports it.
    #[must_use]
    #[inline]
    pub fn fill(&self, table: &mut I::Table) -> bool {
        (self.fill)(table)
    }
}
