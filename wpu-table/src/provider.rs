//! The traits that the attribute implements.

use crate::run::{Fixed, Run};
use wpu_rt::declaration::Declaration;
use wpu_rt::import::Import;
use wpu_rt::interface::Interface;
use wpu_rt::start::complete;
use wpu_rt::upcall_set::UpcallSet;

/// A plug-in. [`provider`](macro@crate::provider) implements it.
pub trait Provider: Sized + 'static {
    /// The types of its bindings.
    type Interface: Interface;

    /// The handle through which the plug-in makes the upcalls that it declares, and no others.
    type Upcalls: Copy;

    /// What the plug-in says of itself.
    const DECLARATION: Declaration;

    /// The handle. It can be had at any time; calls fail while the plug-in is not started.
    fn upcalls() -> Self::Upcalls;

    /// Holds the current table.
    #[doc(hidden)]
    const __RUN: Fixed<Run<Self::Interface>>;

    /// The declared upcalls that are exported by name, for tables that have none.
    #[doc(hidden)]
    const __IMPORTS: &'static [Import<Self::Interface>];

    /// Makes `table` the one that upcalls go through, in place of any earlier one: what `RawTable::ready` of the bindings
    /// makes of the host's. It lacks the upcalls in `holes`, as `RawTable::holes` says.
    ///
    /// # Errors
    ///
    /// The declared upcalls that the table lacks and that nothing exports. Nothing has changed then.
    ///
    /// # Safety
    ///
    /// Each function of `table` can be called from any thread under the contract that the documentation gives for its upcall,
    /// until the plug-in is stopped or started with another table, and no call is under way.
    unsafe fn start_with(
        table: <Self::Interface as Interface>::Table,
        holes: &UpcallSet,
    ) -> Result<(), UpcallSet> {
        let table = complete(table, holes, &Self::DECLARATION, Self::__IMPORTS)?;
        // SAFETY: the functions of the table are those for which the caller vouches, or imports, which keep the contract of
        // their upcalls on any thread for as long as the program runs.
        unsafe { Self::__RUN.start(table) };
        Ok(())
    }

    /// Further upcalls fail, until the plug-in is started again.
    fn stop() {
        Self::__RUN.stop();
    }
}

/// A plug-in that names a kit in its attribute, so that the kit may make upcalls on its behalf. `K` is one of the types in
/// `facts::kits` of the bindings.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name the kit `{K}`",
    label = "this needs the kit `{K}`",
    note = "add `kit = …`, with the kit's name in snake case, to its `#[provider(…)]`"
)]
pub trait WithKit<K>: Provider {}
