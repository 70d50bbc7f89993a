//! How much of another parameter was moved.

use super::kind::{Facts, Kind, Shown};
use super::requirement::{Read, Requirement, Seen, is_if};
use crate::model::{Direction, Key, ProvidedBy, Role};

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a count of what was written",
    help: |by| match by {
        ProvidedBy::Host => "only a parameter of a downcall has this role",
        ProvidedBy::Plugin => {
            "role `written` requires an `out` pointer to `u32` that an array of bytes or an iovec names: `written = \"…\"`"
        }
    },
    read,
};

/// Hidden: an answer.
#[derive(Debug)]
struct Written {
    of: usize,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    let of = seen.param.owner(Key::Written)?;
    let moved = seen.sibling(of);
    let counts = moved.role == Some(Role::Iovec) || moved.role == Some(Role::Array) && moved.unit.is_some();
    let fits = counts && seen.goes(Direction::Out) && seen.points_at(&seen.param.ty, &["u32"]);
    is_if(fits && !seen.is_upcall(), Written { of })
}

impl Kind for Written {
    fn facts(&self) -> Facts {
        let keys = &[Key::NullError, Key::OnError, Key::Nullable, Key::Optional];
        Facts { shown: Shown::Answer, keys, counts: Some(self.of), ..Facts::default() }
    }
}
