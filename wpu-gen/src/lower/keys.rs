//! Keys of parameters that both directions read alike: Rust names, the encoding of strings, and keys without effect.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::names::is_snake;
use crate::source::FileId;
use crate::syntax::{Param, Text};
use std::collections::HashSet;

/// What is wrong with the Rust name of a parameter: the safe form shows those that are not hidden, and no others.
pub(super) fn rust_name(file: FileId, param: &Param, hidden: bool) -> Option<Diagnostic> {
    let at = |text: &Text| Place::new(file, text.span());
    match (&param.rust_name, hidden) {
        (Some(name), true) => Some(idle("rust-name", param.name.get_ref(), at(name))),
        (None, false) => {
            let message = format!("parameter `{}` has no Rust name", param.name.get_ref());
            let fault = Diagnostic::at(Code::MissingKey, at(&param.name), message);
            Some(fault.help("add `rust-name = \"…\"`, in snake case"))
        }
        (Some(name), false) if !is_snake(name.get_ref()) => {
            let message = format!("`{}` cannot be the Rust name of a parameter", name.get_ref());
            let fault = Diagnostic::at(Code::BadName, at(name), message);
            Some(fault.help("write it in snake case, and not as a Rust keyword"))
        }
        _ => None,
    }
}

/// A key that changes nothing.
pub(super) fn idle(key: &str, param: &str, place: Place) -> Diagnostic {
    Diagnostic::at(Code::NoEffect, place, format!("`{key}` has no effect on parameter `{param}`"))
        .help("remove it, or give the parameter the role that it belongs to")
}

/// Rust names differ from each other. What the output says itself makes room for them.
pub(super) fn taken_names(file: FileId, params: &[Param], function: &str) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let names = params.iter().filter_map(|param| param.rust_name.as_ref());
    let taken = names.filter(|name| !seen.insert(name.get_ref())).map(|name| {
        let message = format!("the name `{}` is taken in this {function}", name.get_ref());
        let fault = Diagnostic::at(Code::DuplicateName, Place::new(file, name.span()), message);
        fault.help("choose another `rust-name`")
    });
    taken.collect()
}

/// Nothing says how a string is encoded, and no encoding is the usual one.
pub(super) fn no_encoding(place: Place, name: &str) -> Diagnostic {
    let message = format!("nothing says how string `{name}` is encoded");
    Diagnostic::at(Code::MissingKey, place, message).help("add `encoding = \"utf-16\"`")
}
