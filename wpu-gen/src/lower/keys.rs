//! Keys of parameters: Rust names, and keys that nothing reads.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Direction, Function, Key, Param, ProvidedBy, ReturnRole, Role};
use crate::names::is_snake;
use crate::role::kind::Kind;
use std::collections::HashSet;

/// What is wrong with the keys of a parameter that is this. What one says that names another which is not `known` to be
/// anything would follow from that. Answers may be `fields` of a structure.
pub(super) fn unfit(
    function: &Function,
    at: usize,
    kind: &dyn Kind,
    known: impl Fn(usize) -> bool,
    requested: bool,
    fields: bool,
) -> Vec<Diagnostic> {
    let param = &function.params[at];
    let mut faults: Vec<_> = param
        .keys
        .iter()
        .filter(|(key, _)| *key != Key::Role && !reads(function, at, kind, *key))
        .filter(|(key, _)| param.names(*key).is_none_or(&known))
        .map(|(key, place)| idle(key.id(), &param.name, place.clone()))
        .collect();
    let upcall = function.provided_by == ProvidedBy::Host;
    // An answer of an upcall has a variable of this name, and one in a structure a field.
    let hidden = kind.facts().shown.is_hidden() && !((upcall || fields) && kind.facts().shown.is_answer())
        || requested && kind.facts().lent.is_some();
    faults.extend(rust_name(param, hidden));
    if !upcall && kind.facts().keys.contains(&Key::Optional) {
        faults.extend(null(param));
    }
    faults
}

/// Whether a key has an effect.
fn reads(function: &Function, at: usize, kind: &dyn Kind, key: Key) -> bool {
    let upcall = function.provided_by == ProvidedBy::Host;
    kind.facts().keys.contains(&key)
        && match key {
            Key::Nullable | Key::Optional => !upcall,
            // A returned value is none beside an error.
            Key::OnError if kind.facts().shown.is_answer() => {
                !upcall && !function.returns_as(ReturnRole::Value)
            }
            Key::OnError => !upcall,
            // Without an error parameter nobody is told of it.
            Key::NullError => !upcall || function.param_with(Role::Error).is_some(),
            Key::Written => function.params[at].names(Key::Written).is_some_and(|written| {
                let written = &function.params[written];
                written.role == Some(Role::Written) && written.owner(Key::Written) == Some(at)
            }),
            _ => true,
        }
}

/// What is wrong with the Rust name of a parameter: the safe form shows those that are not hidden, and no others.
fn rust_name(param: &Param, hidden: bool) -> Option<Diagnostic> {
    match (&param.rust_name, hidden) {
        (Some(name), true) => Some(idle("rust-name", &param.name, name.place.clone())),
        (None, false) => {
            let message = format!("parameter `{}` has no Rust name", param.name);
            let fault = Diagnostic::at(Code::MissingKey, param.name.place.clone(), message);
            Some(fault.help("add `rust-name = \"…\"`, in snake case"))
        }
        (Some(name), false) if !is_snake(name) => {
            let message = format!("`{name}` cannot be the Rust name of a parameter");
            let fault = Diagnostic::at(Code::BadName, name.place.clone(), message);
            Some(fault.help("write it in snake case, and not as a Rust keyword"))
        }
        _ => None,
    }
}

/// What goes in may be null if it is `nullable`; the pointer to what comes out, if it is `optional`.
fn null(param: &Param) -> Option<Diagnostic> {
    let (wrong, right) = match *param.direction {
        Direction::In => (Key::Optional, Key::Nullable),
        Direction::Out | Direction::Inout => (Key::Nullable, Key::Optional),
    };
    let (_, place) = param.keys.iter().find(|(key, _)| *key == wrong)?;
    let message = format!("`{}` has no effect on parameter `{}`", wrong.id(), param.name);
    let fault = Diagnostic::at(Code::NoEffect, place.clone(), message);
    Some(
        fault
            .note("an `in` parameter is `nullable`; an `out` or `inout` pointer is `optional`")
            .help(format!("write `{} = true`", right.id())),
    )
}

/// A key that changes nothing.
fn idle(key: &str, param: &str, place: Place) -> Diagnostic {
    Diagnostic::at(Code::NoEffect, place, format!("`{key}` has no effect on parameter `{param}`"))
        .help("remove it, or give the parameter a role that reads this key")
}

/// Rust names differ from each other. What the output says itself makes room for them.
pub(super) fn taken_names(function: &Function) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let what = match function.provided_by {
        ProvidedBy::Host => "upcall",
        ProvidedBy::Plugin => "downcall",
    };
    let names = function.params.iter().filter_map(|param| param.rust_name.as_ref());
    let taken = names.filter(|name| !seen.insert(name.as_str())).map(|name| {
        let message = format!("the name `{name}` is taken in this {what}");
        let fault = Diagnostic::at(Code::DuplicateName, name.place.clone(), message);
        fault.help("choose another `rust-name`")
    });
    taken.collect()
}
