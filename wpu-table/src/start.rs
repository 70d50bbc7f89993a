//! The start and the end of a plug-in.
//!
//! These are functions, not methods of [`Provider`]: an impl by hand cannot replace them, so that a host that has called
//! [`stop`] as often as [`start`] can rely on it.

use crate::Provider;
use wpu_rt::import::complete;
use wpu_rt::interface::Interface;
use wpu_rt::startup::{CleanUpError, StartError};
use wpu_rt::upcall_set::UpcallSet;

/// Counts a start of `P`, and makes `table` the one that its upcalls go through, in place of any earlier one: what
/// `RawTable::ready` of the bindings makes of the host's. It lacks the upcalls in `holes`, as `RawTable::holes` says.
///
/// A host may start a plug-in several times. Each start that succeeds needs one [`stop`], and the last of these closes
/// the table.
///
/// # Errors
///
/// [`StartError::Missing`]: the table lacks declared upcalls, and nothing exports them. Nothing has changed then, nor after
/// any other error.
///
/// # Safety
///
/// Each function of `table` can be called from any thread under the contract that the documentation gives for its upcall,
/// until the last [`stop`] or a start with another table, and no call is under way. If a start with another table fails,
/// this one stays.
pub unsafe fn start<P: Provider>(
    table: <P::Interface as Interface>::Table,
    holes: &UpcallSet,
) -> Result<(), StartError<P::Interface>> {
    let table = complete(table, holes, &P::DECLARATION, P::__IMPORTS).map_err(StartError::Missing)?;
    // SAFETY: the functions of the table are those for which the caller vouches, or imports, which keep the contract of
    // their upcalls on any thread for as long as the program runs.
    unsafe { P::__RUN.start(table) }
}

/// Counts a stop of `P`. The last one closes the table: further upcalls fail, until `P` is started again.
///
/// # Errors
///
/// [`CleanUpError::NotStarted`]: each start has had its stop. Nothing has changed then.
pub fn stop<P: Provider>() -> Result<(), CleanUpError<P::Interface>> {
    P::__RUN.clean_up(|| {})
}
