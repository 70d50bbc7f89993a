//! A provider's table and its downcalls belong together, and at most one table is the provider's.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Model, ProvidedBy, TypeKind};

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    let provided = |by| model.tables.iter().filter(move |table| table.provided_by == by);
    let mut tables = provided(ProvidedBy::Plugin);
    let first = tables.next();
    if let (Some(first), Some(second)) = (first, tables.next()) {
        let message = "two tables are the provider's";
        let fault = Diagnostic::at(Code::DuplicateName, second.name.place.clone(), message);
        faults.push(fault.also(first.name.place.clone(), "the other one"));
    }
    match (first, model.downcalls.first()) {
        (None, Some(downcall)) => {
            let message = format!("`{}` is in no table", downcall.name);
            let fault = Diagnostic::at(Code::Unreachable, downcall.name.place.clone(), message);
            faults.push(
                fault.help("declare the provider's table: `[[table]]` with `provided-by = \"plugin\"`"),
            );
        }
        (Some(table), _) if table.behind.is_none() => {
            let message = format!("table `{}` has no `trait`", table.name);
            let fault = Diagnostic::at(Code::MissingKey, table.name.place.clone(), message);
            faults.push(fault.help("add `trait = \"…\"`, in camel case"));
        }
        _ => {}
    }
    for behind in provided(ProvidedBy::Host).filter_map(|table| table.behind.as_ref()) {
        let message = "`trait` has no effect: the host fills this table";
        let fault = Diagnostic::at(Code::NoEffect, behind.place.clone(), message);
        faults.push(fault.help("remove it, or add `provided-by = \"plugin\"`"));
    }
    for (key, place) in model.head.of_downcalls.iter().filter(|_| model.downcalls.is_empty()) {
        let message = format!("`{key}` has no effect: the spec has no downcall");
        faults.push(Diagnostic::at(Code::NoEffect, place.clone(), message).help("remove it"));
    }
    iovecs(model, faults);
}

/// There is one kind of iovec, and it is bytes with a 32-bit length.
fn iovecs(model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut first = None;
    for ty in &model.types {
        let TypeKind::Struct(structure) = &ty.kind else { continue };
        let Some(iovec) = &structure.iovec else { continue };
        let field = |at: usize| structure.fields.get(at).map(|field| &*field.ty);
        let bytes = field(iovec.base).and_then(|ty| model.pointee(ty)).and_then(|ty| model.prim(ty));
        let length = field(iovec.length).and_then(|ty| model.prim(ty));
        let fits = bytes.is_some_and(|prim| prim.bytes == Some(1))
            && length.is_some_and(|prim| prim.name == "u32")
            && structure.fields.len() == 2;
        let place = &ty.name.place;
        if !fits {
            let message = format!(
                "`{}` is no iovec: an iovec has a pointer to bytes and a `u32`, and nothing else",
                ty.name
            );
            faults.push(Diagnostic::at(Code::Slice, place.clone(), message));
        }
        if let Some(first) = first.replace(place.clone()) {
            let fault = Diagnostic::at(Code::Slice, place.clone(), "there are two kinds of iovecs");
            faults.push(fault.also(first, "the other one"));
        }
    }
}
