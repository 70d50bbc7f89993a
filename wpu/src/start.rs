//! The start-up of a provider: its table is completed and becomes the current one.

#[cfg(feature = "provider")]
use crate::instance::Instance;
#[cfg(feature = "provider")]
use crate::provider::run_of;
use crate::startup::{StartError, clean_up_error};
use crate::{Provider, ending};
use wpu_sys::rt::import;
#[cfg(feature = "provider")]
use wpu_sys::rt::startup::InstanceId;
use wpu_sys::{RawTable, Table, WsaError};

/// Counts a start-up of `P`, and makes `raw` the current table, in place of any earlier one.
///
/// # Errors
///
/// Fails if the table lacks an upcall that the provider declares; if the calling thread is inside another
/// start-up, inside the last clean-up, or inside a call for which the last clean-up waits; or if an
/// [entry point](crate::export) has started the provider. Then nothing has changed. [`start_error`](crate::raw::start_error) is the
/// code for the host.
///
/// # Safety
///
/// Each non-null pointer of `raw` can be called under the contract that the documentation gives for its
/// upcall, from any thread, for as long as [`Run::start`](crate::raw::Run::start) requires.
pub unsafe fn start<P: Provider>(raw: &impl RawTable) -> Result<(), StartError> {
    ending::watch();
    // SAFETY: each slot of the table contains a pointer of `raw`, which the caller guarantees; or one that an
    // `Import` has found, which is callable for the lifetime of the process; or that of the closed table,
    // which is part of this library.
    unsafe { P::__RUN.start(complete::<P>(raw)?) }
}

/// Counts a clean-up of `P`, as [`Run::clean_up`](crate::raw::Run::clean_up) does. `last` runs before the last clean-up closes the table,
/// so that it can still release what the provider owns.
///
/// # Errors
///
/// `WSANOTINITIALISED` if there is no outstanding start-up, or it was made by an [entry
/// point](crate::export). `WSAEINPROGRESS` if the calling thread is inside a start-up or the last clean-up,
/// or if this is the last clean-up and the thread is inside a call of the provider, as in a callback: the
/// clean-up waits for such calls. While the process is ending this does nothing, and succeeds.
pub fn clean_up<P: Provider>(last: impl FnOnce()) -> Result<(), WsaError> {
    if ending::is_ending() {
        return Ok(());
    }
    P::__RUN.clean_up(last).map_err(clean_up_error)
}

/// Counts a start-up of an `Instance`. `ready` runs when upcalls can be made. It receives whether this is the
/// first start-up, and can refuse it.
///
/// # Safety
///
/// As for [`start`].
#[cfg(feature = "provider")]
pub(crate) unsafe fn start_with<P: Provider>(
    instance: &'static Instance<P>,
    raw: &impl RawTable,
    ready: impl FnOnce(bool) -> Result<(), WsaError>,
) -> Result<(), StartError> {
    let table = complete::<P>(raw)?;
    // SAFETY: as in `start`.
    unsafe { run_of::<P>().start_instance(InstanceId::of(instance), table, ready) }
}

/// Counts a clean-up of an `Instance`. The result of `last` is the result of the last clean-up, which is
/// complete in any case.
///
/// # Safety
///
/// `last` closes the instance.
#[cfg(feature = "provider")]
pub(crate) unsafe fn clean_up_with<P: Provider>(
    instance: &'static Instance<P>,
    last: impl FnOnce() -> Result<(), WsaError>,
) -> Result<(), WsaError> {
    // SAFETY: the contract of this function.
    unsafe { run_of::<P>().clean_up_instance(InstanceId::of(instance), last) }.map_err(clean_up_error)
}

/// Creates a table with every declared upcall.
fn complete<P: Provider>(raw: &impl RawTable) -> Result<Table, StartError> {
    let complete = import::complete(raw.ready(), &raw.holes(), &P::DECLARATION, P::__IMPORTS);
    complete.map_err(StartError::Missing)
}
