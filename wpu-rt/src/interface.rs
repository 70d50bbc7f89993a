//! The trait by which generated bindings name their types.

use crate::facts::Facts;
use core::fmt;

/// The types of the bindings of one spec.
pub trait Interface: Sized + 'static {
    /// The table, with a non-null pointer for each upcall.
    type Table: Sync + 'static;
    /// The error of an upcall, and of a plug-in.
    type Error: Copy + Eq + fmt::Debug + fmt::Display;
    /// The static table of a plug-in that is not started: every upcall fails and has no other effect.
    const CLOSED: &'static Self::Table;
    /// What the documentation says.
    const FACTS: &'static Facts;
    /// Whether two tables have the same pointers.
    fn same(one: &Self::Table, other: &Self::Table) -> bool;
}
