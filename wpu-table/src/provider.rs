//! The traits that the attribute implements.

use wpu_rt::declaration::Declaration;
use wpu_rt::fixed::Fixed;
use wpu_rt::import::Import;
use wpu_rt::interface::Interface;
use wpu_rt::startup::Run;

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

    /// Holds the current table, and counts starts.
    #[doc(hidden)]
    const __RUN: Fixed<Run<Self::Interface>>;

    /// The declared upcalls that are exported by name, for tables that have none.
    #[doc(hidden)]
    const __IMPORTS: &'static [Import<Self::Interface>];
}

/// A plug-in that names a kit in its attribute, so that the kit may make upcalls on its behalf. `K` is one of the types in
/// `facts::kits` of the bindings.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name the kit `{K}`",
    label = "this needs the kit `{K}`",
    note = "add `kit = …`, with the kit's name in snake case, to its `#[provider(…)]`"
)]
pub trait WithKit<K>: Provider {}
