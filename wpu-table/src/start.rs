//! The start and the end of a plug-in.
//!
//! These are functions, not methods of [`Provider`]: an impl by hand cannot replace them, so that a host that has called
//! [`stop`] can rely on it.

use crate::Provider;
use wpu_rt::interface::Interface;
use wpu_rt::start::complete;
use wpu_rt::upcall_set::UpcallSet;

/// Makes `table` the one that the upcalls of `P` go through, in place of any earlier one: what `RawTable::ready` of the
/// bindings makes of the host's. It lacks the upcalls in `holes`, as `RawTable::holes` says.
///
/// # Errors
///
/// The declared upcalls that the table lacks and that nothing exports. Nothing has changed then.
///
/// # Safety
///
/// Each function of `table` can be called from any thread under the contract that the documentation gives for its upcall,
/// until `P` is [stopped](stop) or started with another table, and no call is under way.
pub unsafe fn start<P: Provider>(
    table: <P::Interface as Interface>::Table,
    holes: &UpcallSet,
) -> Result<(), UpcallSet> {
    let table = complete(table, holes, &P::DECLARATION, P::__IMPORTS)?;
    // SAFETY: the functions of the table are those for which the caller vouches, or imports, which keep the contract of
    // their upcalls on any thread for as long as the program runs.
    unsafe { P::__RUN.start(table) };
    Ok(())
}

/// Further upcalls of `P` fail, until it is started again.
pub fn stop<P: Provider>() {
    P::__RUN.stop();
}
