//! Every upcall has a safe form, can be reached, and every entry can be called.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::{Filed, RawSpec};
use crate::lower::{self, Form, down::DownForm};
use crate::model::{Model, Role, Struct, Ty, TypeKind};
use crate::syntax;
use std::collections::{HashMap, HashSet};

pub(super) fn check(
    raw: &RawSpec,
    model: &Model,
    faults: &mut Vec<Diagnostic>,
) -> (Vec<Form>, Vec<DownForm>) {
    if model.upcalls.is_empty() {
        faults.push(Diagnostic::bare(Code::NoUpcalls, "the spec has no upcall").help("add an `[[upcall]]`"));
    }
    check_reach(raw, model, faults);
    check_passing(raw, model, faults);
    check_entries(raw, model, faults);
    check_wanted(raw, model, faults);
    super::downcalls::check(raw, model, faults);
    let forms = (0..model.upcalls.len()).filter_map(|at| lower::derive(raw, model, at, faults)).collect();
    let down = (0..model.downcalls.len()).filter_map(|at| lower::down::derive(raw, model, at, faults));
    (forms, down.collect())
}

/// An upcall is in every table, or is exported.
fn check_reach(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let tables = model.host_tables().count();
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        let everywhere = tables > 0 && upcall.slots.len() == tables;
        if upcall.library.is_none() && !everywhere {
            let message = format!(
                "`{}` cannot always be reached: it is not in every table, and not exported",
                upcall.name
            );
            let fault = Diagnostic::at(Code::Unreachable, filed.at(&filed.entry.name), message);
            faults.push(fault.help(
                "give it a slot in each table, or name the library that exports it: `library = \"…\"`",
            ));
        }
        if let Some(export) = filed.entry.library.as_ref().filter(|_| everywhere) {
            let message = format!("`library` has no effect: `{}` is in every table", upcall.name);
            faults.push(Diagnostic::at(Code::NoEffect, filed.at(export), message).help("remove it"));
        }
    }
}

/// Upcalls pass numbers, pointers and callbacks.
fn check_passing(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        if !lower::passes_by_value(model, &upcall.returns) {
            let message = format!("`{}` cannot return this type", upcall.name);
            faults.push(Diagnostic::at(Code::BadType, filed.at(&filed.entry.returns.ty), message));
        }
        for (param, raw) in upcall.params.iter().zip(&filed.entry.params) {
            if !lower::passes_by_value(model, &param.ty) {
                let message = format!("`{}` cannot be passed by value", param.name);
                faults.push(
                    Diagnostic::at(Code::BadType, filed.at(&raw.ty), message)
                        .help("write a pointer to it: `… *`"),
                );
            }
        }
    }
}

/// An entry receives exactly one table, by value or by pointer.
fn check_entries(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for (entry, filed) in model.entry_points.iter().zip(&raw.entry_points) {
        check_entry_keys(filed, faults);
        let tables = entry.params.iter().filter(|param| {
            let ty = model.pointee(&param.ty).unwrap_or(&param.ty);
            let is_table = matches!(model.bare(ty), crate::model::Ty::Named(id) if matches!(model.types[*id].kind, TypeKind::Table(_)));
            is_table && param.role == Some(Role::Table)
        });
        if tables.count() != 1 {
            let message = format!("`{}` does not receive one table of upcalls", entry.name);
            let fault = Diagnostic::at(Code::RoleShape, filed.at(&filed.entry.name), message);
            faults.push(
                fault.help("give the role `table` to the parameter whose type is the table, or points at it"),
            );
        }
    }
}

/// Keys that only an upcall's parameters have, and roles but that of the table, have no effect on an entry.
fn check_entry_keys(filed: &Filed<syntax::EntryPoint>, faults: &mut Vec<Diagnostic>) {
    for param in &filed.entry.params {
        let keys = [
            ("length", &param.length),
            ("buffer-too-small", &param.buffer_too_small),
            ("context", &param.context),
            ("handle", &param.handle),
            ("null-error", &param.null_error),
            ("written", &param.written),
            ("completion", &param.completion),
            ("completion-thread", &param.completion_thread),
        ];
        let texts = keys.iter().filter_map(|(key, text)| Some((*key, filed.at(text.as_ref()?))));
        let role = param.role.as_ref().filter(|role| *role.get_ref() != Role::Table);
        let nullable = param.nullable.as_ref().map(|nullable| ("nullable", filed.at(nullable)));
        let optional = param.optional.as_ref().map(|optional| ("optional", filed.at(optional)));
        let encoding = param.encoding.as_ref().map(|encoding| ("encoding", filed.at(encoding)));
        let unit = param.unit.as_ref().map(|unit| ("unit", filed.at(unit)));
        let lifetime = param.lifetime.as_ref().map(|lifetime| ("lifetime", filed.at(lifetime)));
        for (key, place) in texts
            .chain(nullable)
            .chain(optional)
            .chain(encoding)
            .chain(unit)
            .chain(lifetime)
            .chain(role.map(|role| ("role", filed.at(role))))
        {
            let message =
                format!("`{key}` has no effect on parameter `{}` of an entry point", param.name.get_ref());
            faults.push(Diagnostic::at(Code::NoEffect, place, message).help("remove it"));
        }
    }
}

/// Bundles, tokens and views exist because some upcall takes or gives them.
fn check_wanted(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let (passed, members) = (passed(model), members(model));
    let mut check = |role, name: &syntax::Text, key: &str, place: Option<Place>| {
        let Some(place) = place.filter(|_| !passed.contains(&(role, &**name.get_ref()))) else { return };
        let message =
            format!("`{key}` has no effect: nothing takes or gives a `{}` in this way", name.get_ref());
        faults.push(Diagnostic::at(Code::NoEffect, place, message));
    };
    for filed in &raw.callbacks {
        let (name, bundle) = (&filed.entry.name, filed.entry.rust_name.as_ref());
        check(Role::Callback, name, "rust-name", bundle.map(|bundle| filed.at(bundle)));
    }
    let structures: HashMap<_, _> = structures(model).collect();
    for filed in &raw.structs {
        let structure = &filed.entry;
        let at = |items: usize| structure.fields[items].counted_by.as_ref().map(|count| filed.at(count));
        let Some(of) = structures.get(&**structure.name.get_ref()) else { continue };
        let request = structure.request.as_ref().filter(|_| of.request && of.counted.is_none());
        check(Role::Request, &structure.name, "request", request.map(|request| filed.at(request)));
        let counted = of.counted.as_ref().and_then(|counted| at(counted.items));
        check(Role::Array, &structure.name, "counted-by", counted);
        // Members that are iovecs are what a structure can be built of.
        let iovec = of.iovec.as_ref().filter(|_| !members.contains(&**structure.name.get_ref()));
        check(Role::Iovec, &structure.name, "counted-by", iovec.and_then(|iovec| at(iovec.base)));
    }
}

/// Every structure, by its name.
fn structures(model: &Model) -> impl Iterator<Item = (&str, &Struct)> {
    model.types.iter().filter_map(|def| match &def.kind {
        TypeKind::Struct(structure) => Some((&*def.name, structure)),
        _ => None,
    })
}

/// The structures that others have as members.
fn members(model: &Model) -> HashSet<&str> {
    let named =
        structures(model).flat_map(|(_, structure)| &structure.fields).filter_map(|field| {
            match model.bare(&field.ty) {
                Ty::Named(id) => Some(&*model.types[*id].name),
                _ => None,
            }
        });
    named.collect()
}

/// The types that parameters pass, or point at, by role.
fn passed(model: &Model) -> HashSet<(Role, &str)> {
    let upcalls = model.upcalls.iter().flat_map(|upcall| &upcall.params);
    let params = upcalls.chain(model.downcalls.iter().flat_map(|downcall| &downcall.params));
    let named = params.filter_map(|param| match model.bare(model.pointee(&param.ty).unwrap_or(&param.ty)) {
        Ty::Named(id) => Some((param.role?, &*model.types[*id].name)),
        _ => None,
    });
    named.collect()
}
