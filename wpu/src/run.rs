//! From the first start-up to the last clean-up: which table holds, and how often it was asked for.

use crate::Provider;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu_sys::{Cell, RawTable, Table, UPCALLS, UpcallSet, WsaError};

/// A provider's start-ups and clean-ups. `#[wpu_provider]` makes one for each provider.
#[derive(Debug)]
pub struct Run {
    cell: Cell,
    starts: Mutex<u32>,
}

impl Run {
    /// One that is not started.
    #[must_use]
    pub const fn new() -> Self {
        Self { cell: Cell::new(), starts: Mutex::new(0) }
    }

    /// Where the upcalls find their table.
    #[inline]
    #[must_use]
    pub const fn cell(&self) -> &Cell {
        &self.cell
    }

    /// How many start-ups no clean-up has answered.
    #[must_use]
    pub fn starts(&self) -> u32 {
        *self.lock()
    }

    /// Counts a start-up, and makes `raw` the table that holds, in place of any earlier one.
    ///
    /// # Errors
    ///
    /// When the table lacks an upcall that the provider declares. Nothing has changed then.
    ///
    /// # Safety
    ///
    /// Each pointer of `raw` can be called under the contract that the documentation gives for its
    /// upcall, from any thread, until the last clean-up or until a newer table is given.
    pub unsafe fn start<P: Provider>(&self, raw: &impl RawTable) -> Result<Started, StartError> {
        let now = interned(complete::<P>(raw)?);
        let mut starts = self.lock();
        let before = self.cell.is_open().then(|| self.cell.table());
        // SAFETY: the caller vouches for the pointers of `raw`; the others are imports of the library
        // that hands out such tables, or the closed table's.
        unsafe { self.cell.open(now) };
        *starts += 1;
        Ok(Started { before, now })
    }

    /// Undoes a start-up that failed later on: only a successful one replaces the table. `last` runs if
    /// no other start-up is left.
    pub fn take_back(&self, started: &Started, last: impl FnOnce()) {
        // A clean-up that came in between has taken it back already.
        let _ = self.clean_up(last);
        let starts = self.lock();
        let ours = std::ptr::eq(self.cell.table(), started.now);
        if let Some(before) = started.before.filter(|_| *starts > 0 && ours) {
            // SAFETY: whoever gave that table vouched for it until a newer one, and there is none.
            unsafe { self.cell.open(before) };
        }
    }

    /// Answers a start-up. `last` runs before the last one closes the table, so that it can still give
    /// back what the provider owns.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` when there is no start-up to answer.
    pub fn clean_up(&self, last: impl FnOnce()) -> Result<(), WsaError> {
        let mut starts = self.lock();
        match *starts {
            0 => return Err(WsaError::WSANOTINITIALISED),
            1 => {
                let _close = Closing(&self.cell);
                *starts = 0;
                last();
            }
            _ => *starts -= 1,
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, u32> {
        // The count is right whatever panicked while it was held.
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A start-up, with what is needed to take it back.
#[derive(Debug)]
pub struct Started {
    before: Option<&'static Table>,
    now: &'static Table,
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}

/// Closes the cell whatever happens in between.
struct Closing<'a>(&'a Cell);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Why a provider did not start: the table lacks upcalls that it declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartError {
    /// The upcalls that it lacks.
    pub missing: UpcallSet,
}

impl StartError {
    /// What `WSPStartup` answers.
    #[must_use]
    pub fn code(self) -> WsaError {
        crate::entry::hole()
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.missing.iter().map(|upcall| format!("`{}`", UPCALLS[upcall].name)).collect();
        write!(
            out,
            "the table of upcalls has no pointer for {}, which the provider declares",
            names.join(", ")
        )
    }
}

impl std::error::Error for StartError {}

/// A table with every declared upcall.
fn complete<P: Provider>(raw: &impl RawTable) -> Result<Table, StartError> {
    let declared = P::DECLARATION.makes();
    let holes = raw.holes();
    let missing: UpcallSet = declared.iter().filter(|upcall| holes.contains(*upcall)).collect();
    let mut table = raw.ready();
    let missing = if missing.is_empty() { missing } else { P::__import(missing, &mut table) };
    if missing.is_empty() { Ok(table) } else { Err(StartError { missing }) }
}

/// Keeps a table for ever, once for each that differs: a process sees one, a test a few.
fn interned(table: Table) -> &'static Table {
    static KEPT: Mutex<Vec<&'static Table>> = Mutex::new(Vec::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.iter().find(|known| known.same(&table)) {
        return same;
    }
    let new: &'static Table = Box::leak(Box::new(table));
    kept.push(new);
    new
}
