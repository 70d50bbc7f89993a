//! The start-up of a provider: its table is completed and becomes the current one.

use crate::Provider;
use crate::fixed::Fixed;
#[cfg(feature = "provider")]
use crate::instance::Instance;
use crate::startup::{Kind, Run, StartError};
#[cfg(feature = "provider")]
use wpu_sys::WsaError;
use wpu_sys::{RawTable, Table};

impl Run {
    /// Counts a start-up, and makes `raw` the current table, in place of any earlier one.
    ///
    /// # Errors
    ///
    /// Fails if the table lacks an upcall that the provider declares; if the calling thread is inside another
    /// start-up, inside the last clean-up, or inside a call for which the last clean-up waits; or if an
    /// [entry point](crate::export) has started the provider. Then nothing has changed.
    ///
    /// # Safety
    ///
    /// Each non-null pointer of `raw` can be called under the contract that the documentation gives for its
    /// upcall, from any thread, until no further call can begin and each call that has begun has returned.
    /// Calls begin until the last clean-up has returned, or a start-up with another table; upcalls that other
    /// threads have begun by then may still be running. If a start-up with another table fails, this table
    /// stays the current one.
    pub unsafe fn start<P: Provider>(&self, raw: &impl RawTable) -> Result<(), StartError> {
        // SAFETY: each slot of the table contains a pointer of `raw`, which the caller guarantees; or one
        // that an `Import` has found, which is callable for the lifetime of the process; or that of the
        // closed table, which is part of this library.
        unsafe { self.start_kind(Kind::BARE, complete::<P>(raw)?, |_| Ok(())) }
    }

    /// Counts a start-up for the instance of an `Instance`. `ready` runs when upcalls can be made. It
    /// receives whether this is the first start-up, and can refuse it.
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
        // SAFETY: each slot of the table contains a pointer of `raw`, which the caller guarantees; or one
        // that an `Import` has found, which is callable for the lifetime of the process; or that of the
        // closed table, which is part of this library.
        unsafe { self.start_kind(Kind::of(instance), complete::<P>(raw)?, ready) }
    }

    /// Counts a clean-up for the instance of an `Instance`. The result of `last` is the result of the last
    /// clean-up, which is complete in any case.
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
    /// As for [`Run::start`].
    ///
    /// # Safety
    ///
    /// As for [`Run::start`].
    pub unsafe fn start<P: Provider>(self, raw: &impl RawTable) -> Result<(), StartError> {
        // SAFETY: the contract of this function.
        unsafe { self.get().start::<P>(raw) }
    }
}

/// Creates a table with every declared upcall.
fn complete<P: Provider>(raw: &impl RawTable) -> Result<Table, StartError> {
    let complete = wpu_sys::rt::start::complete(raw.ready(), &raw.holes(), &P::DECLARATION, P::__IMPORTS);
    complete.map_err(StartError::Missing)
}
