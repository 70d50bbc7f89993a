//! Upcalls that are found by name, for tables without a slot for them.

use crate::declaration::Declaration;
use crate::interface::Interface;
use crate::upcall_set::UpcallSet;
use core::fmt;

/// An upcall that a library exports by name. It can put only that function into a table, so that a value of
/// this type is harmless in safe code.
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
    /// Creates the import of upcall number `upcall`, which `fill` finds.
    ///
    /// # Safety
    ///
    /// `fill` changes only the pointer of that upcall in a table, to a function that keeps the contract which
    /// the documentation gives for it, on any thread and for the lifetime of the program.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const unsafe fn new(upcall: usize, fill: fn(&mut I::Table) -> bool) -> Self {
        Self { upcall, fill }
    }

    /// The index of the upcall among all upcalls.
    #[must_use]
    #[inline]
    pub const fn upcall(&self) -> usize {
        self.upcall
    }

    /// Stores the function in the table. Returns false if no module of this process exports it.
    #[must_use]
    #[inline]
    pub fn fill(&self, table: &mut I::Table) -> bool {
        (self.fill)(table)
    }
}

/// A table with every declared upcall: those in `holes`, which `table` lacks, are filled in from `imports`.
///
/// # Errors
///
/// The declared upcalls that are not exported by name either.
#[inline]
pub fn complete<I: Interface>(
    mut table: I::Table,
    holes: &UpcallSet,
    declaration: &Declaration,
    imports: &[Import<I>],
) -> Result<I::Table, UpcallSet> {
    let declared = declaration.makes();
    let mut imported = |upcall: usize| {
        let import = imports.iter().find(|import| import.upcall() == upcall);
        import.is_some_and(|import| import.fill(&mut table))
    };
    let missing = holes.iter().copied().filter(|hole| declared.contains(*hole) && !imported(*hole));
    let missing: UpcallSet = missing.collect();
    if missing.is_empty() { Ok(table) } else { Err(missing) }
}
