//! How a provider is started: its table is made complete, and then holds.

use crate::Provider;
use crate::fixed::Fixed;
#[cfg(feature = "provider")]
use crate::instance::Instance;
use crate::startup::{Kind, Run, StartError};
#[cfg(feature = "provider")]
use wpu_sys::WsaError;
use wpu_sys::{RawTable, Table, UpcallSet};

impl Run {
    /// Counts a start-up, and makes `raw` the table that holds, in place of any earlier one.
    ///
    /// # Errors
    ///
    /// When the table lacks an upcall that the provider declares, or when the calling thread is in the
    /// middle of another start-up or of the last clean-up, or of a call that the last clean-up waits for, or
    /// when an [entry](crate::export) has started the provider. Nothing has changed then.
    ///
    /// # Safety
    ///
    /// Each pointer of `raw` that is not null can be called under the contract that the documentation gives
    /// for its upcall, from any thread, until no further call can begin and each that has begun is over.
    /// Calls begin until the last clean-up has returned, or a start-up with another table; upcalls that
    /// other threads have begun by then may still be under way. Where a start-up with another table fails,
    /// this one serves on.
    pub unsafe fn start<P: Provider>(&self, raw: &impl RawTable) -> Result<(), StartError> {
        // SAFETY: a slot of the table has a pointer of `raw`, for which the caller vouches; or one that an `Import` has
        // found, which is good for as long as there is a process; or the closed table's, which is part of this library.
        unsafe { self.start_kind(Kind::BARE, complete::<P>(raw)?, |_| Ok(())) }
    }

    /// The same for the instance of an `Instance`. `ready` runs when upcalls can be made, is told whether this
    /// is the first start-up, and can still refuse it.
    ///
    /// # Safety
    ///
    /// As for [`start`](Self::start).
    #[cfg(feature = "provider")]
    pub(crate) unsafe fn start_with<P: Provider>(
        &self,
        instance: &'static Instance<P>,
        raw: &impl RawTable,
        ready: impl FnOnce(bool) -> Result<(), WsaError>,
    ) -> Result<(), StartError> {
        // SAFETY: a slot of the table has a pointer of `raw`, for which the caller vouches; or one that an `Import` has
        // found, which is good for as long as there is a process; or the closed table's, which is part of this library.
        unsafe { self.start_kind(Kind::of(instance), complete::<P>(raw)?, ready) }
    }

    /// The same for the instance of an `Instance`. What `last` answers is the answer of the last clean-up,
    /// which is over all the same.
    #[cfg(feature = "provider")]
    pub(crate) fn clean_up_with<P>(
        &self,
        instance: &'static Instance<P>,
        last: impl FnOnce() -> Result<(), WsaError>,
    ) -> Result<(), WsaError> {
        self.clean_up_kind(Kind::of(instance), last)
    }
}

impl Fixed<Run> {
    /// As [`Run::start`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn start<P: Provider>(self, raw: &impl RawTable) -> Result<(), StartError> {
        // SAFETY: the contract of this function.
        unsafe { self.get().start::<P>(raw) }
    }
}

/// A table with every declared upcall.
fn complete<P: Provider>(raw: &impl RawTable) -> Result<Table, StartError> {
    let declared = P::DECLARATION.makes();
    let holes = raw.holes();
    let missing: UpcallSet = declared.iter().filter(|upcall| holes.contains(*upcall)).collect();
    let mut table = raw.ready();
    let mut imported = |upcall: &usize| {
        let import = P::__IMPORTS.iter().find(|import| import.upcall() == *upcall);
        import.is_some_and(|import| import.fill(&mut table))
    };
    let missing: UpcallSet = missing.iter().filter(|upcall| !imported(upcall)).collect();
    if missing.is_empty() { Ok(table) } else { Err(StartError::Missing(missing)) }
}
