//! What belongs to another parameter, which names it in a key: the length of an array or a string, the context of a
//! callback, the routine and the thread of a request. The safe form shows the other alone.

use super::kind::{Arg, Facts, Kind, Pass, Shown, check_out};
use super::requirement::{Read, Requirement, Seen, is_if};
use crate::model::{Direction, Key, ProvidedBy};
use proc_macro2::TokenStream;

pub(super) const LENGTH: Requirement = Requirement {
    what: "a length",
    help: |_| "a length is named by another parameter: `length = \"…\"`",
    read: |seen| read(seen, Key::Length, true),
};

pub(super) const CONTEXT: Requirement = Requirement {
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
    read: |seen| read(seen, Key::Context, is_as_wide_as_a_pointer(seen)),
};

pub(super) const COMPLETION: Requirement = Requirement {
    what: "a completion routine",
    help: |by| match by {
        ProvidedBy::Host => "only a parameter of a downcall has this role",
        ProvidedBy::Plugin => "a completion routine is named by the request: `completion = \"…\"`",
    },
    read: |seen| read(seen, Key::Completion, !seen.is_upcall()),
};

pub(super) const COMPLETION_THREAD: Requirement = Requirement {
    what: "a completion thread",
    help: |by| match by {
        ProvidedBy::Host => "only a parameter of a downcall has this role",
        ProvidedBy::Plugin => "a completion thread is named by the request: `completion-thread = \"…\"`",
    },
    read: |seen| read(seen, Key::CompletionThread, !seen.is_upcall()),
};

/// Hidden.
#[derive(Debug)]
struct Part {
    /// The key that names it.
    key: Key,
    /// It is a pointer in an upcall, which its owner does not look at.
    checked: bool,
    /// It is a length that a downcall writes.
    written: bool,
}

fn read(seen: &Seen<'_>, key: Key, fits: bool) -> Option<Read> {
    seen.param.owner(key)?;
    let comes_out = !seen.goes(Direction::In);
    let written = key == Key::Length && comes_out && !seen.is_upcall();
    is_if(fits, Part { key, checked: seen.is_upcall() && comes_out, written })
}

/// Whether a pointer fits in what goes in or out.
pub(super) fn is_as_wide_as_a_pointer(seen: &Seen<'_>) -> bool {
    seen.travels().is_some_and(|ty| seen.is_prim(ty, &["usize"]))
}

impl Kind for Part {
    fn facts(&self) -> Facts {
        // The request looks at its thread.
        let looked_at = self.checked || self.key == Key::CompletionThread;
        let keys: &[Key] = match (looked_at, self.written) {
            (true, _) => &[Key::NullError],
            (false, true) => &[Key::OnError],
            (false, false) => &[],
        };
        Facts { shown: Shown::Hidden, keys, ..Facts::default() }
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let owner = arg.param.owner(self.key).map(|owner| arg.call.arg(owner));
        Pass::only(owner.map(|owner| owner.kind.part(&owner, self.key, arg)).unwrap_or_default())
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        if self.checked { check_out(arg) } else { TokenStream::new() }
    }
}
