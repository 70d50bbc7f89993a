//! What is called when a request is done, and the thread on which that is called.

use super::kind::{Arg, Facts, Kind, Pass, Shown};
use super::requirement::{Requirement, is};
use crate::model::{Key, ProvidedBy};
use quote::quote;

pub(super) const ROUTINE: Requirement = Requirement {
    what: "a completion routine",
    help: |by| match by {
        ProvidedBy::Host => "only a downcall has parameters with this role",
        ProvidedBy::Plugin => "name it in the request whose routine it is: `completion = \"…\"`",
    },
    read: |seen| {
        seen.param.owners.completion.filter(|_| !seen.is_upcall())?;
        is(Part::Routine)
    },
};

pub(super) const THREAD: Requirement = Requirement {
    what: "a completion thread",
    help: |by| match by {
        ProvidedBy::Host => "only a downcall has parameters with this role",
        ProvidedBy::Plugin => "name it in the request whose thread it is: `completion-thread = \"…\"`",
    },
    read: |seen| {
        seen.param.owners.completion_thread.filter(|_| !seen.is_upcall())?;
        is(Part::Thread)
    },
};

/// Hidden: the request looks at it, and passes it.
#[derive(Debug)]
enum Part {
    Routine,
    Thread,
}

impl Kind for Part {
    fn facts(&self) -> Facts {
        let keys: &[Key] = match self {
            Self::Routine => &[],
            Self::Thread => &[Key::NullError],
        };
        Facts { shown: Shown::Hidden, keys, ..Facts::default() }
    }

    fn pass(&self, _: &Arg<'_>) -> Pass {
        Pass::only(match self {
            Self::Routine => quote!(sent.routine()),
            Self::Thread => quote!(sent.thread()),
        })
    }
}
