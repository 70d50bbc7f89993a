//! Entry points of plug-ins that are linked into the same program as their host.

/// A plug-in whose entry point is part of this program, so that a host need not load a library. The macro
/// that exports the plug-in implements this trait.
///
/// `Entry` is the type of the function. `Place` is a type of the exporting crate, which permits an
/// implementation for types of other crates. The compiler infers it: `linked::<MyPlugIn, _>()`.
///
/// # Safety
///
/// The function keeps the contract of an entry point of that type, and so do all functions that it returns or
/// passes to the host, for the lifetime of the program and on any thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exported by an entry point of this type",
    label = "this is not exported",
    note = "the `export!` of its crate names it in another form, or does not define an entry point of this type"
)]
pub unsafe trait Exports<Entry, Place> {
    /// The entry point.
    const ENTRY: Entry;
}
