//! Every upcall has a safe form, can be reached, and every entry can be called.

use crate::diag::Diagnostic;
use crate::form::{self, Form};
use crate::load::RawSpec;
use crate::model::{Model, Role, TypeKind};

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) -> Vec<Form> {
    if model.upcalls.is_empty() {
        faults.push(Diagnostic::bare("no-upcalls", "the spec has no upcall").help("add an `[[upcall]]`"));
    }
    check_reach(raw, model, faults);
    check_passing(raw, model, faults);
    check_entries(raw, model, faults);
    check_bundles(raw, model, faults);
    (0..model.upcalls.len()).filter_map(|at| form::derive(raw, model, at, faults)).collect()
}

/// An upcall is in every table, or is exported.
fn check_reach(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        if upcall.export.is_none() && upcall.slots.len() < model.tables.len() {
            let message = format!(
                "`{}` cannot always be reached: it is not in every table, and not exported",
                upcall.name
            );
            let fault = Diagnostic::at("unreachable", filed.at(&filed.entry.name), message);
            faults.push(
                fault.help(
                    "give it a slot in each table, or name the library that exports it: `export = \"…\"`",
                ),
            );
        }
        if let Some(export) = filed.entry.export.as_ref().filter(|_| upcall.slots.len() == model.tables.len())
        {
            let message = format!("`export` has no effect: `{}` is in every table", upcall.name);
            faults.push(Diagnostic::at("no-effect", filed.at(export), message).help("remove it"));
        }
    }
}

/// Upcalls pass numbers, pointers and callbacks.
fn check_passing(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        if !form::passes_by_value(model, &upcall.returns) {
            let message = format!("`{}` cannot return this type", upcall.name);
            faults.push(Diagnostic::at("bad-type", filed.at(&filed.entry.returns), message));
        }
        for (param, raw) in upcall.params.iter().zip(&filed.entry.params) {
            if !form::passes_by_value(model, &param.ty) {
                let message = format!("`{}` cannot be passed by value", param.name);
                faults.push(
                    Diagnostic::at("bad-type", filed.at(&raw.ty), message)
                        .help("write a pointer to it: `… *`"),
                );
            }
        }
    }
}

/// An entry receives exactly one table, by value or by pointer.
fn check_entries(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for (entry, filed) in model.entries.iter().zip(&raw.entries) {
        let tables = entry.params.iter().filter(|param| {
            let ty = model.pointee(&param.ty).unwrap_or(&param.ty);
            let is_table = matches!(model.bare(ty), crate::model::Ty::Named(id) if matches!(model.types[*id].kind, TypeKind::Table(_)));
            is_table && param.role == Some(Role::Table)
        });
        if tables.count() != 1 {
            let message = format!("`{}` does not receive one table of upcalls", entry.name);
            let fault = Diagnostic::at("role-shape", filed.at(&filed.entry.name), message);
            faults.push(
                fault.help("give the role `table` to the parameter whose type is the table, or points at it"),
            );
        }
    }
}

/// A callback's bundle exists because some upcall takes it or gives it.
fn check_bundles(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for filed in &raw.callbacks {
        let name = filed.entry.name.get_ref();
        let wanted = model
            .upcalls
            .iter()
            .flat_map(|upcall| &upcall.params)
            .filter(|param| param.role == Some(Role::Callback));
        let mut types = wanted.map(|param| model.pointee(&param.ty).unwrap_or(&param.ty));
        if !types.any(|ty| model.callback(ty).is_some_and(|(id, _)| model.types[id].name == *name)) {
            let message =
                format!("`bundle` has no effect: no upcall takes or gives a `{name}` with its context");
            faults.push(Diagnostic::at("no-effect", filed.at(&filed.entry.bundle), message));
        }
    }
}
