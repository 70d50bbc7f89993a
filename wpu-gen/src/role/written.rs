//! How much of another parameter was moved.

use super::kind::{Arg, Facts, Kind, Pass, Shown, check_out, pass_zero};
use super::requirement::{Read, Requirement, Seen, is};
use crate::model::{Direction, Key, ProvidedBy, Role};
use proc_macro2::TokenStream;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a count of what was written",
    help: |by| match by {
        ProvidedBy::Host => "only a downcall has parameters with this role",
        ProvidedBy::Plugin => {
            "it is an `out` pointer to `u32`, and an array of bytes or an iovec names it: `written = \"…\"`"
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
    let of = seen.param.owners.written?;
    let moved = seen.sibling(of);
    let counts = moved.role == Some(Role::Iovec) || moved.role == Some(Role::Array) && moved.unit.is_some();
    let fits = counts && seen.goes(Direction::Out) && seen.points_at(&seen.param.ty, &["u32"]);
    if fits && !seen.is_upcall() { is(Written { of }) } else { None }
}

impl Kind for Written {
    fn facts(&self) -> Facts {
        let keys = &[Key::NullError, Key::Nullable, Key::Optional];
        Facts { shown: Shown::Answer, keys, counts: Some(self.of), ..Facts::default() }
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        pass_zero(arg)
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        check_out(arg)
    }
}
