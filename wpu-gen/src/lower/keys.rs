//! Keys of parameters that both directions read alike: Rust names, the encoding of strings, and keys without effect.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Function, Key, Param, ProvidedBy};
use crate::names::is_snake;
use std::collections::HashSet;

/// What is wrong with the Rust name of a parameter: the safe form shows those that are not hidden, and no others.
pub(super) fn rust_name(param: &Param, hidden: bool) -> Option<Diagnostic> {
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

/// The keys of a parameter that nothing reads.
pub(super) fn without_effect(param: &Param, reads: impl Fn(Key) -> bool) -> impl Iterator<Item = Diagnostic> {
    let idle_keys = param.keys.iter().filter(move |(key, _)| !reads(*key));
    idle_keys.map(|(key, place)| idle(key.id(), &param.name, place.clone()))
}

/// A key that changes nothing.
fn idle(key: &str, param: &str, place: Place) -> Diagnostic {
    Diagnostic::at(Code::NoEffect, place, format!("`{key}` has no effect on parameter `{param}`"))
        .help("remove it, or give the parameter the role that it belongs to")
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

/// Nothing says how a string is encoded, and no encoding is the usual one.
pub(super) fn no_encoding(place: Place, name: &str) -> Diagnostic {
    let message = format!("nothing says how string `{name}` is encoded");
    Diagnostic::at(Code::MissingKey, place, message).help("add `encoding = \"utf-16\"`")
}
