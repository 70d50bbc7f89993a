//! What an upcall acquires, another gives back.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::layout::{Layouts, POINTERS};
use crate::load::{Filed, RawSpec};
use crate::model::{Direction, Handle, Model, Role, Ty};
use crate::syntax;
use std::collections::HashMap;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let layouts = Layouts::new(model, POINTERS[0]);
    // Upcall → the first handle that it belongs to.
    let mut owners = HashMap::new();
    for (at, handle) in model.handles.iter().enumerate() {
        let filed = &raw.handles[handle.origin];
        check_raw(filed, model, &layouts, handle, faults);
        check_tag(filed, model, handle, faults);
        let shared = shared(model, handle, &owners);
        for upcall in [handle.acquire, handle.release] {
            owners.entry(upcall).or_insert(at);
        }
        if let Some(message) = shared {
            faults.push(Diagnostic::at(Code::DuplicateName, filed.at(&filed.entry.name), message));
        } else {
            check_acquire(filed, model, at, faults);
            check_release(filed, model, at, faults);
        }
    }
}

/// The bare value can be copied, compared and shown.
fn check_raw(
    filed: &Filed<syntax::Handle>,
    model: &Model,
    layouts: &Layouts<'_>,
    handle: &Handle,
    faults: &mut Vec<Diagnostic>,
) {
    let fits = match model.bare(&handle.ty) {
        Ty::Prim(_) | Ty::Pointer(_) => true,
        Ty::Named(_) => layouts.of(&handle.ty).comparable && !model.is_counted(&handle.ty),
        Ty::Void | Ty::Array(..) => false,
    };
    if !fits {
        let message = format!("`{}` cannot have this bare value", handle.name);
        let fault = Diagnostic::at(Code::BadType, filed.at(&filed.entry.ty), message);
        faults.push(fault.help(
            "it is an integer, a pointer, or a structure without function pointers that is not counted",
        ));
    }
}

/// The acquiring upcall returns the raw value, or fills it in.
fn check_acquire(filed: &Filed<syntax::Handle>, model: &Model, at: usize, faults: &mut Vec<Diagnostic>) {
    let handle = &model.handles[at];
    let acquire = &model.upcalls[handle.acquire];
    let raw = model.bare(&handle.ty);
    let returns = model.bare(&acquire.returns) == raw && acquire.result == crate::syntax::ReturnRole::Value;
    let fills = acquire.params.iter().any(|param| {
        param.handle == Some(at) && param.role == Some(Role::Handle) && param.direction == Direction::Out
    });
    if returns == fills {
        let message = format!("`{}` does not give out a `{}`", acquire.name, handle.name);
        let fault = Diagnostic::at(Code::AcquireShape, filed.at(&filed.entry.acquire), message);
        faults.push(fault.help("an acquiring upcall returns its type with the role `value`, or has one `out` parameter with the role `handle` that names it"));
    }
    if handle.never_zero && !acquire.params.iter().any(|param| param.role == Some(Role::Error)) {
        let message = format!("`invalid` needs an error to report, and `{}` has none", acquire.name);
        faults.push(Diagnostic::at(Code::AcquireShape, filed.at(&filed.entry.acquire), message));
    }
}

/// The releasing upcall takes the raw value and otherwise only reports errors.
fn check_release(filed: &Filed<syntax::Handle>, model: &Model, at: usize, faults: &mut Vec<Diagnostic>) {
    let handle = &model.handles[at];
    let (release, Some(written)) = (&model.upcalls[handle.release], &filed.entry.release) else { return };
    let mut params = release.params.iter().filter(|param| param.role != Some(Role::Error));
    let fits = match (params.next(), params.next()) {
        (Some(only), None) => {
            only.handle == Some(at) && only.role == Some(Role::Handle) && only.direction == Direction::In
        }
        _ => false,
    };
    if !fits || release.result != crate::syntax::ReturnRole::Status || release.params.len() != 2 {
        let message = format!("`{}` does not give back a `{}`", release.name, handle.name);
        let fault = Diagnostic::at(Code::ReleaseShape, filed.at(written), message);
        faults.push(
            fault.help("a releasing upcall takes the handle and the error parameter, and returns a `status`"),
        );
    }
}

fn check_tag(filed: &Filed<syntax::Handle>, model: &Model, handle: &Handle, faults: &mut Vec<Diagnostic>) {
    let Some(bits) = &filed.entry.tag_bits else { return };
    let pointer = matches!(model.bare(&handle.ty), Ty::Pointer(_));
    if !pointer || !(1..=3).contains(&handle.tag_bits) || handle.borrowed.is_none() {
        let fault = Diagnostic::at(Code::NoEffect, filed.at(bits), "`tag-bits` cannot hold here");
        faults.push(
            fault.help(
                "it is 1, 2 or 3, for a handle whose type is a pointer, and that has a `borrowed` form",
            ),
        );
    }
}

/// What is wrong when a handle has an upcall in common with one before it.
fn shared(model: &Model, handle: &Handle, owners: &HashMap<usize, usize>) -> Option<String> {
    let upcalls = [handle.acquire, handle.release];
    let known = upcalls.iter().filter_map(|upcall| Some((*owners.get(upcall)?, *upcall)));
    let (other, upcall) = known.min_by_key(|(other, _)| *other)?;
    let (name, other) = (&model.upcalls[upcall].name, &model.handles[other].name);
    Some(format!("`{name}` belongs to two handles, `{other}` and `{}`", handle.name))
}
