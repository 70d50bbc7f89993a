//! The trait that `#[wpu_provider]` implements.

use crate::__private::{Fixed, Import, Run};
use wpu_sys::Declaration;

/// A Winsock service provider. [`wpu_provider`](crate::wpu_provider) implements it.
pub trait Provider: Sized + 'static {
    /// The handle through which the provider makes the upcalls that it declares, and no others.
    type Upcalls: Copy;

    /// What the provider says of itself.
    const DECLARATION: Declaration;

    /// The handle. It can be had at any time; calls fail while the provider is not started.
    fn upcalls() -> Self::Upcalls;

    /// Where the table of the moment is kept, and who is busy with it.
    #[doc(hidden)]
    const __RUN: Fixed<Run>;

    /// The declared upcalls that are exported by name, for tables that have none.
    #[doc(hidden)]
    const __IMPORTS: &'static [Import];
}

/// A provider that names a kit in its attribute, so that the kit may make upcalls on its behalf.
///
/// `K` is one of the types in [`facts::kits`](crate::facts::kits). [`wpu_provider`](crate::wpu_provider) implements it.
#[diagnostic::on_unimplemented(
    message = "provider `{Self}` does not name the kit `{K}`",
    label = "this needs the kit `{K}`",
    note = "add `kit = …`, with the kit's name in snake case, to its `#[wpu_provider(…)]`"
)]
pub trait WithKit<K>: Provider {}
