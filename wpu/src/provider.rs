//! The trait that `#[wpu_provider]` implements.

use crate::__private::{Run, Table, UpcallSet};
use wpu_sys::Declaration;

/// A Winsock service provider. [`wpu_provider`](crate::wpu_provider) implements it.
pub trait Provider: Sized + 'static {
    /// The handle through which the provider makes the upcalls that it declares, and no others.
    type Upcalls: Copy;

    /// What the provider says of itself.
    const DECLARATION: Declaration;

    /// The handle. It can be had at any time; calls fail while the provider is not started.
    fn upcalls() -> Self::Upcalls;

    /// Where the table of the moment is kept.
    #[doc(hidden)]
    fn __run() -> &'static Run;

    /// Fills in the declared upcalls among `missing` that are exported by name; answers what stays missing.
    #[doc(hidden)]
    fn __import(missing: UpcallSet, table: &mut Table) -> UpcallSet;
}

/// Fills in one upcall that is exported by name; false if nobody exports it.
type Import = fn(&mut Table) -> bool;

/// Fills in those upcalls among `missing` whose import succeeds; answers what stays missing.
#[doc(hidden)]
#[must_use]
pub fn import_by_name(missing: UpcallSet, table: &mut Table, imports: &[(usize, Import)]) -> UpcallSet {
    let mut found = |at: usize| imports.iter().any(|(upcall, import)| *upcall == at && import(table));
    missing.iter().filter(|at| !found(*at)).collect()
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
