//! Upcalls that are found by name, for tables that have none.

use crate::table::Table;

/// An upcall that a library exports by name. What it puts into a table is that function and no other, so
/// that whoever has one can do no harm with it.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    upcall: usize,
    fill: fn(&mut Table) -> bool,
}

impl Import {
    /// Only for functions that keep the contract which the documentation gives for the upcall.
    pub(crate) const fn new(upcall: usize, fill: fn(&mut Table) -> bool) -> Self {
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
    pub fn fill(&self, table: &mut Table) -> bool {
        (self.fill)(table)
    }
}
