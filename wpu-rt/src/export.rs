//! Entry points of plug-ins, for hosts that are part of the same program.

/// A plug-in whose entry point is part of this program, so that a host need not load a library. What exports the plug-in
/// implements it.
///
/// `Entry` is the type of the function. `Place` is a type of the place that exports it, which makes this possible for types of
/// other crates; leave it to the compiler: `linked::<MyPlugIn, _>()`.
///
/// # Safety
///
/// The function keeps the contract of an entry point of that type, and so do all functions that it hands out: as long as the
/// program runs, and on any thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exported by an entry point of this type",
    label = "this is not exported",
    note = "the `export!` of its crate names it in another form, or asks for no entry point of this type"
)]
pub unsafe trait Exports<Entry, Place> {
    /// The entry point.
    const ENTRY: Entry;
}
