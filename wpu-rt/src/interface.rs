//! What generated bindings say of themselves.

/// The types of one spec's bindings.
pub trait Interface: 'static {
    /// A pointer for each upcall, none of them null.
    type Table: Sync + 'static;
    /// The table of a plug-in that is not started, a static: every upcall fails, and none does anything.
    const CLOSED: &'static Self::Table;
}
