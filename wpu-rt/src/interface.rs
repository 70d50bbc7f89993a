//! The trait by which generated bindings name their types.

/// The types of the bindings of one spec.
pub trait Interface: 'static {
    /// The table, with a non-null pointer for each upcall.
    type Table: Sync + 'static;
    /// The static table of a plug-in that is not started: every upcall fails and has no other effect.
    const CLOSED: &'static Self::Table;
}
