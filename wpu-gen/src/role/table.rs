//! The table of upcalls, which only an entry point receives.

use super::requirement::Requirement;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a table",
    help: |_| "only a parameter of an entry point has this role",
    read: |_| None,
};
