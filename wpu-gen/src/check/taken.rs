//! No name of a spec is one that the generator gives or says itself.
//!
//! What those are is read from what the generator writes for this very spec (`emit/said.rs`).

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::emit;
use crate::load::{Filed, RawSpec};
use crate::spec::Spec;
use crate::syntax::Text;
use std::collections::HashSet;

/// Checks a spec that keeps all other rules.
pub(crate) fn check(raw: &RawSpec, spec: &mut Spec) -> Vec<Diagnostic> {
    let said = emit::said(spec);
    let model = &spec.model;
    let mut faults = Vec::new();
    let mut taken = |names: &HashSet<String>, place: Place, name: &str| {
        if names.contains(name) {
            let message = format!("`{name}` is the name of something else in the output");
            faults.push(Diagnostic::at(Code::DuplicateName, place, message).help("choose another name"));
        }
    };
    for (place, name) in rust(raw) {
        taken(&said.rust, place, name);
    }
    for (place, name) in c(raw) {
        taken(&said.c, place, name);
    }
    for filed in &raw.errors {
        taken(&said.errors, filed.at(&filed.entry.name), filed.entry.name.get_ref());
    }
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        if said.upcalls.contains(&upcall.method) {
            faults.push(method(filed.at(&filed.entry.name), &upcall.name, &upcall.method));
        }
    }
    for downcall in &model.downcalls {
        let filed = &raw.downcalls[downcall.origin];
        if said.downcalls.contains(&downcall.method) {
            faults.push(method(filed.at(&filed.entry.name), &downcall.name, &downcall.method));
        }
    }
    faults
}

fn method(place: Place, name: &str, method: &str) -> Diagnostic {
    let message = format!("`{name}` gives the Rust name `{method}`, which is taken");
    Diagnostic::at(Code::DuplicateName, place, message)
}

/// The names of Rust types.
fn rust(raw: &RawSpec) -> impl Iterator<Item = (Place, &str)> {
    fn all<'a, T>(filed: &'a [Filed<T>], names: impl Fn(&'a T) -> Vec<&'a Text>) -> Vec<(Place, &'a str)> {
        let places = filed.iter().flat_map(|filed| {
            names(&filed.entry)
                .into_iter()
                .map(|name| (filed.at(name), &**name.get_ref()))
                .collect::<Vec<_>>()
        });
        places.collect()
    }
    let found = [
        all(&raw.heads, |head| vec![&head.error_type]),
        all(&raw.resources, |of| std::iter::once(&of.name).chain(&of.borrowed).collect()),
        all(&raw.aliases, |of| of.opaque.iter().collect()),
        all(&raw.callbacks, |of| of.bundle.iter().collect()),
        all(&raw.tables, |of| of.behind.iter().collect()),
        all(&raw.structs, |of| {
            of.token.iter().chain(of.counted.iter().map(|counted| &counted.view)).collect()
        }),
    ];
    found.into_iter().flatten()
}

/// The names of C items.
fn c(raw: &RawSpec) -> impl Iterator<Item = (Place, &str)> {
    fn all<'a, T>(filed: &'a [Filed<T>], name: impl Fn(&'a T) -> &'a Text) -> Vec<(Place, &'a str)> {
        filed.iter().map(|filed| (filed.at(name(&filed.entry)), &**name(&filed.entry).get_ref())).collect()
    }
    let found = [
        all(&raw.aliases, |of| &of.name),
        all(&raw.structs, |of| &of.name),
        all(&raw.callbacks, |of| &of.name),
        all(&raw.constants, |of| &of.name),
        all(&raw.tables, |of| &of.name),
        all(&raw.entries, |of| &of.pointer),
        all(&raw.upcalls, |of| &of.pointer),
        all(&raw.downcalls, |of| &of.pointer),
        all(&raw.imports, |of| &of.pointer),
    ];
    found.into_iter().flatten()
}
