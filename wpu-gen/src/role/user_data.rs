//! A value that the host keeps for the plug-in, as wide as a pointer.

use super::requirement::{Read, Requirement, Seen};
use super::{part, plain};
use crate::model::ProvidedBy;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "user data",
    help: |by| match by {
        ProvidedBy::Host => "role `user-data` requires an `in` or `out` value as wide as a pointer",
        ProvidedBy::Plugin => {
            "only a parameter of an upcall has this role; the context of a callback has the role `context`"
        }
    },
    read,
};

/// It is passed like any other number: the role says that nobody follows it.
fn read(seen: &Seen<'_>) -> Option<Read> {
    if seen.is_upcall() && part::is_as_wide_as_a_pointer(seen) {
        (plain::REQUIREMENT.read)(seen)
    } else {
        None
    }
}
