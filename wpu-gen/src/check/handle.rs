//! What an upcall acquires, another gives back.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::layout::{Layouts, POINTERS};
use crate::model::{Direction, Handle, Model, Param, ReturnRole, Role, Ty};
use std::collections::HashMap;

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    let layouts = Layouts::new(model, POINTERS[0]);
    // Upcall → the first handle that it belongs to.
    let mut owners = HashMap::new();
    for (at, handle) in model.handles.iter().enumerate() {
        check_raw(model, &layouts, handle, faults);
        check_tag(model, handle, faults);
        let shared = shared(model, handle, &owners);
        for upcall in [*handle.acquire, *handle.release] {
            owners.entry(upcall).or_insert(at);
        }
        if let Some(message) = shared {
            faults.push(Diagnostic::at(Code::DuplicateName, handle.name.place.clone(), message));
        } else {
            check_acquire(model, at, faults);
            check_release(model, at, faults);
        }
    }
}

/// The bare value can be copied, compared and shown.
fn check_raw(model: &Model, layouts: &Layouts<'_>, handle: &Handle, faults: &mut Vec<Diagnostic>) {
    let fits = match model.bare(&handle.ty) {
        Ty::Prim(_) | Ty::Pointer(_) => true,
        Ty::Named(_) => layouts.of(&handle.ty).comparable && !model.is_counted(&handle.ty),
        Ty::Void | Ty::Array(..) => false,
    };
    if !fits {
        let message = format!("`{}` cannot have this bare value", handle.name);
        let fault = Diagnostic::at(Code::BadType, handle.ty.place.clone(), message);
        faults.push(fault.help(
            "a handle is an integer, a pointer, or a structure without function pointers that is not counted",
        ));
    }
}

/// Whether a parameter is a handle that goes this way.
fn passes(param: &Param, handle: usize, direction: Direction) -> bool {
    param.handle == Some(handle) && param.role == Some(Role::Handle) && *param.direction == direction
}

/// The acquiring upcall returns the raw value, or fills it in.
fn check_acquire(model: &Model, at: usize, faults: &mut Vec<Diagnostic>) {
    let handle = &model.handles[at];
    let acquire = &model.upcalls[*handle.acquire];
    let returns =
        model.bare(&acquire.returns) == model.bare(&handle.ty) && acquire.returns_as(ReturnRole::Value);
    let fills = acquire.params.iter().any(|param| passes(param, at, Direction::Out));
    if returns == fills {
        let message = format!("`{}` does not acquire a `{}`", acquire.name, handle.name);
        let fault = Diagnostic::at(Code::AcquireShape, handle.acquire.place.clone(), message);
        faults.push(fault.help("an acquiring upcall returns its type with the role `value`, or has one `out` parameter with the role `handle` that names it"));
    }
    if handle.never_zero && acquire.param_with(Role::Error).is_none() {
        let message = format!("`invalid` needs an error to report, and `{}` has none", acquire.name);
        faults.push(Diagnostic::at(Code::AcquireShape, handle.acquire.place.clone(), message));
    }
}

/// The releasing upcall takes the raw value and otherwise only reports errors.
fn check_release(model: &Model, at: usize, faults: &mut Vec<Diagnostic>) {
    let handle = &model.handles[at];
    let release = &model.upcalls[*handle.release];
    let mut params = release.params.iter().filter(|param| param.role != Some(Role::Error));
    let fits = match (params.next(), params.next()) {
        (Some(only), None) => passes(only, at, Direction::In),
        _ => false,
    };
    if !fits || !release.returns_as(ReturnRole::Status) || release.params.len() != 2 {
        let message = format!("`{}` does not release a `{}`", release.name, handle.name);
        let fault = Diagnostic::at(Code::ReleaseShape, handle.release.place.clone(), message);
        faults.push(
            fault.help("a releasing upcall takes the handle and the error parameter, and returns a `status`"),
        );
    }
}

fn check_tag(model: &Model, handle: &Handle, faults: &mut Vec<Diagnostic>) {
    let Some(bits) = &handle.tag_bits else { return };
    let pointer = matches!(model.bare(&handle.ty), Ty::Pointer(_));
    if !pointer || !(1..=3).contains(&**bits) || handle.borrowed.is_none() {
        let fault = Diagnostic::at(Code::NoEffect, bits.place.clone(), "`tag-bits` cannot hold here");
        faults.push(fault.help(
            "`tag-bits` is 1, 2 or 3, and requires a handle with a pointer type and a `borrowed` form",
        ));
    }
}

/// What is wrong when a handle has an upcall in common with one before it.
fn shared(model: &Model, handle: &Handle, owners: &HashMap<usize, usize>) -> Option<String> {
    let upcalls = [*handle.acquire, *handle.release];
    let known = upcalls.iter().filter_map(|upcall| Some((*owners.get(upcall)?, *upcall)));
    let (other, upcall) = known.min_by_key(|(other, _)| *other)?;
    let (name, other) = (&model.upcalls[upcall].name, &model.handles[other].name);
    Some(format!("`{name}` belongs to two handles, `{other}` and `{}`", handle.name))
}
