//! Values that are written beside errors: `on-error` of parameters.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Function, Key, Model, Param, ProvidedBy};
use crate::role::kind::Kind;
use std::collections::HashSet;

/// What is wrong with the errors beside which the values of a function are written.
pub(super) fn check(model: &Model, function: &Function, kinds: &[Box<dyn Kind>]) -> Vec<Diagnostic> {
    if function.provided_by == ProvidedBy::Host {
        // The key has no effect there.
        return Vec::new();
    }
    let mut faults: Vec<_> =
        function.params.iter().flat_map(|param| errors(model, function, param)).collect();
    faults.extend(differ(function, kinds));
    faults
}

/// Where a parameter has the key.
fn place(param: &Param) -> Option<&Place> {
    param.keys.iter().find(|(key, _)| *key == Key::OnError).map(|(_, place)| place)
}

/// Each is a documented failure.
fn errors(model: &Model, function: &Function, param: &Param) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if let Some(place) = place(param).filter(|_| param.on_error.is_empty()) {
        let message = "`on-error` has no effect without errors";
        faults.push(Diagnostic::at(Code::NoEffect, place.clone(), message).help("remove it"));
    }
    for error in &param.on_error {
        let name = &model.errors[**error].name;
        let (message, help) = if !function.errors.iter().any(|documented| documented.code == **error) {
            let message = format!("`{name}` is not a documented error of `{}`", function.name);
            (message, "name one of `errors`")
        } else if model.head.pending == Some(**error) {
            (format!("`{name}` says that values come later"), "remove it")
        } else {
            continue;
        };
        faults.push(Diagnostic::at(Code::OnError, error.place.clone(), message).help(help));
    }
    faults
}

/// A caller gets all values of a call, or none.
fn differ(function: &Function, kinds: &[Box<dyn Kind>]) -> Option<Diagnostic> {
    let answers = function.params.iter().zip(kinds).filter(|(_, kind)| kind.facts().shown.is_answer());
    let mut answers = answers.map(|(param, _)| param);
    let set = |param: &Param| param.on_error.iter().map(|error| **error).collect::<HashSet<_>>();
    let first = answers.next()?;
    let other = answers.find(|param| set(param) != set(first))?;
    let (place, without) =
        place(other).map(|place| (place, first)).or_else(|| Some((place(first)?, other)))?;
    let message = format!("`{}` and `{}` are written beside different errors", first.name, other.name);
    let fault = Diagnostic::at(Code::OnError, place.clone(), message);
    let fault = fault.also(without.name.place.clone(), "the other one");
    Some(fault.help("give all values that a downcall answers the same `on-error`"))
}
