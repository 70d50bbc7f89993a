//! The context of a callback.

use super::kind::{Arg, Facts, Kind, Pass, Shown, check_out};
use super::requirement::{Read, Requirement, Seen, is};
use crate::model::{Direction, Key, ProvidedBy};
use proc_macro2::TokenStream;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a context",
    help: |by| match by {
        ProvidedBy::Host => {
            "a context is as wide as a pointer, goes the way of its callback, and is named there: `context = \"…\"`; \
             a value that the host keeps has the role `user-data`"
        }
        ProvidedBy::Plugin => {
            "a context is as wide as a pointer, goes in, and is named in its callback: `context = \"…\"`"
        }
    },
    read,
};

/// Hidden: a part of its callback.
#[derive(Debug)]
struct Context {
    comes_out: bool,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    seen.param.owners.context.filter(|_| is_as_wide_as_a_pointer(seen))?;
    is(Context { comes_out: seen.goes(Direction::Out) })
}

/// Whether a pointer fits in what goes in or out.
pub(super) fn is_as_wide_as_a_pointer(seen: &Seen<'_>) -> bool {
    seen.travels().is_some_and(|ty| seen.is_prim(ty, &["usize"]))
}

impl Kind for Context {
    fn facts(&self) -> Facts {
        let keys: &[Key] = if self.comes_out { &[Key::NullError] } else { &[] };
        Facts { shown: Shown::Hidden, keys, ..Facts::default() }
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let owner = arg.param.owners.context.map(|owner| arg.call.arg(owner));
        Pass::only(owner.map(|owner| owner.kind.context_argument(&owner)).unwrap_or_default())
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        if self.comes_out { check_out(arg) } else { TokenStream::new() }
    }
}
