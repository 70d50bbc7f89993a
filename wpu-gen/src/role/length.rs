//! The length of another parameter.

use super::kind::{Arg, Facts, Kind, Pass, Shown, check_out};
use super::requirement::{Read, Requirement, Seen, is};
use crate::model::Key;
use proc_macro2::TokenStream;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a length",
    help: |_| "name it in the parameter whose length it is: `length = \"…\"`",
    read,
};

/// Hidden: its owner knows it. An upcall has it by pointer, which its owner does not look at.
#[derive(Debug)]
struct Length {
    checked: bool,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    seen.param.owners.length?;
    is(Length { checked: seen.is_upcall() })
}

impl Kind for Length {
    fn facts(&self) -> Facts {
        let keys: &[Key] = if self.checked { &[Key::NullError] } else { &[] };
        Facts { shown: Shown::Hidden, keys, ..Facts::default() }
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let owner = arg.param.owners.length.map(|owner| arg.call.arg(owner));
        Pass::only(owner.map(|owner| owner.kind.length_argument(&owner, arg)).unwrap_or_default())
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        if self.checked { check_out(arg) } else { TokenStream::new() }
    }
}
