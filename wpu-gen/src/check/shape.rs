//! Every upcall has a safe form, can be reached, and every entry can be called.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::lower;
use crate::model::{EntryPoint, Function, Key, Model, Role, Ty, TypeKind};
use crate::role::kind::Form;
use std::collections::HashSet;

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) -> (Vec<Form>, Vec<Form>) {
    if model.upcalls.is_empty() {
        faults.push(Diagnostic::bare(Code::NoUpcalls, "the spec has no upcall").help("add an `[[upcall]]`"));
    }
    check_reach(model, faults);
    let upcalls = || model.upcalls.iter().map(|upcall| &upcall.function);
    let downcalls = || model.downcalls.iter().map(|downcall| &downcall.function);
    let imports = model.imports.iter().map(|import| &import.function);
    for function in upcalls().chain(downcalls()).chain(imports) {
        check_passing(model, function, faults);
    }
    for entry in &model.entry_points {
        check_entry(model, entry, faults);
    }
    check_wanted(model, faults);
    super::downcalls::check(model, faults);
    let forms = upcalls().enumerate().filter_map(|(at, of)| lower::derive(model, of, at, faults)).collect();
    let down = downcalls().enumerate().filter_map(|(at, of)| lower::derive(model, of, at, faults));
    let down: Vec<_> = down.collect();
    if down.len() == model.downcalls.len() {
        lower::records::agree(model, &down, faults);
    }
    (forms, down)
}

/// An upcall is in every table, or is exported.
fn check_reach(model: &Model, faults: &mut Vec<Diagnostic>) {
    let tables = model.host_tables().count();
    for upcall in &model.upcalls {
        let everywhere = tables > 0 && upcall.slots.len() == tables;
        if upcall.library.is_none() && !everywhere {
            let message = format!(
                "`{}` cannot always be reached: it is not in every table, and not exported",
                upcall.name
            );
            let fault = Diagnostic::at(Code::Unreachable, upcall.name.place.clone(), message);
            faults.push(fault.help(
                "give it a slot in each table, or name the library that exports it: `library = \"…\"`",
            ));
        }
        if let Some(library) = upcall.library.as_ref().filter(|_| everywhere) {
            let message = format!("`library` has no effect: `{}` is in every table", upcall.name);
            let fault = Diagnostic::at(Code::NoEffect, library.place.clone(), message);
            faults.push(fault.help("remove it"));
        }
    }
}

/// Functions pass numbers, pointers and callbacks.
fn check_passing(model: &Model, function: &Function, faults: &mut Vec<Diagnostic>) {
    if !model.passes_by_value(&function.returns) {
        let message = format!("`{}` cannot return this type", function.name);
        faults.push(Diagnostic::at(Code::BadType, function.returns.place.clone(), message));
    }
    for param in function.params.iter().filter(|param| !model.passes_by_value(&param.ty)) {
        let message = format!("`{}` cannot be passed by value", param.name);
        let fault = Diagnostic::at(Code::BadType, param.ty.place.clone(), message);
        faults.push(fault.help("write a pointer to it: `… *`"));
    }
}

/// An entry receives exactly one table, by value or by pointer. Other roles, and keys, have no effect on it.
fn check_entry(model: &Model, entry: &EntryPoint, faults: &mut Vec<Diagnostic>) {
    for param in &entry.params {
        let table = param.role == Some(Role::Table);
        for (key, place) in param.keys.iter().filter(|(key, _)| !(table && *key == Key::Role)) {
            let (key, name) = (key.id(), &param.name);
            let message = format!("`{key}` has no effect on parameter `{name}` of an entry point");
            faults.push(Diagnostic::at(Code::NoEffect, place.clone(), message).help("remove it"));
        }
    }
    let tables = entry.params.iter().filter(|param| {
        let ty = model.pointee(&param.ty).unwrap_or(&param.ty);
        let is_table =
            matches!(model.bare(ty), Ty::Named(id) if matches!(model.types[*id].kind, TypeKind::Table(_)));
        is_table && param.role == Some(Role::Table)
    });
    if tables.count() != 1 {
        let message = format!("`{}` does not receive one table of upcalls", entry.name);
        let fault = Diagnostic::at(Code::RoleShape, entry.name.place.clone(), message);
        faults.push(
            fault.help("give the role `table` to the parameter whose type is the table, or points at it"),
        );
    }
}

/// Bundles, tokens and views exist because some upcall takes or gives them.
fn check_wanted(model: &Model, faults: &mut Vec<Diagnostic>) {
    let (passed, members) = (passed(model), members(model));
    for (id, def) in model.types.iter().enumerate() {
        let mut check = |role, key: &str, place: Option<&Place>| {
            let Some(place) = place.filter(|_| !passed.contains(&(role, id))) else { return };
            let message = format!("`{key}` has no effect: no parameter uses a `{}` in this way", def.name);
            faults.push(Diagnostic::at(Code::NoEffect, place.clone(), message));
        };
        match &def.kind {
            TypeKind::Callback(of) => {
                check(Role::Callback, "rust-name", of.rust_name.as_ref().map(|name| &name.place));
            }
            TypeKind::Struct(of) => {
                let at = |items: usize| of.fields[items].counted_by.as_ref();
                check(Role::Request, "request", of.request.as_ref().filter(|_| of.counted.is_none()));
                check(Role::Array, "counted-by", of.counted.as_ref().and_then(|of| at(of.items)));
                // Members that are iovecs are what a structure can be built of.
                let iovec = of.iovec.as_ref().filter(|_| !members.contains(&id));
                check(Role::Iovec, "counted-by", iovec.and_then(|of| at(of.base)));
            }
            TypeKind::Typedef { .. } | TypeKind::Table(_) => {}
        }
    }
}

/// The types that structures have as members.
fn members(model: &Model) -> HashSet<usize> {
    let structures = model.types.iter().filter_map(|def| match &def.kind {
        TypeKind::Struct(structure) => Some(structure),
        _ => None,
    });
    let fields = structures.flat_map(|structure| &structure.fields);
    fields.filter_map(|field| named(model, &field.ty)).collect()
}

/// The types that parameters pass, or point at, by role.
fn passed(model: &Model) -> HashSet<(Role, usize)> {
    let upcalls = model.upcalls.iter().flat_map(|upcall| &upcall.params);
    let params = upcalls.chain(model.downcalls.iter().flat_map(|downcall| &downcall.params));
    let named = params.filter_map(|param| {
        Some((param.role?, named(model, model.pointee(&param.ty).unwrap_or(&param.ty))?))
    });
    named.collect()
}

fn named(model: &Model, ty: &Ty) -> Option<usize> {
    if let Ty::Named(id) = model.bare(ty) { Some(*id) } else { None }
}
