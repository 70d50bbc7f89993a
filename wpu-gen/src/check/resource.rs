//! What an upcall acquires, another gives back.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::layout::{Layouts, POINTERS};
use crate::load::{Filed, RawSpec};
use crate::model::{Direction, Model, Resource, Role, Ty};
use crate::syntax;
use std::collections::HashMap;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let layouts = Layouts::new(model, POINTERS[0]);
    // Upcall → the first resource that it belongs to.
    let mut owners = HashMap::new();
    for (at, resource) in model.resources.iter().enumerate() {
        let filed = &raw.resources[resource.origin];
        check_raw(filed, model, &layouts, resource, faults);
        check_tag(filed, model, resource, faults);
        let shared = shared(model, resource, &owners);
        for upcall in [resource.acquire, resource.release] {
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
    filed: &Filed<syntax::Resource>,
    model: &Model,
    layouts: &Layouts<'_>,
    resource: &Resource,
    faults: &mut Vec<Diagnostic>,
) {
    let fits = match model.bare(&resource.raw) {
        Ty::Prim(_) | Ty::Pointer(_) => true,
        Ty::Named(_) => layouts.of(&resource.raw).comparable && !model.is_counted(&resource.raw),
        Ty::Void | Ty::Array(..) => false,
    };
    if !fits {
        let message = format!("`{}` cannot have this bare value", resource.name);
        let fault = Diagnostic::at(Code::BadType, filed.at(&filed.entry.raw), message);
        faults.push(fault.help(
            "it is an integer, a pointer, or a structure without function pointers that is not counted",
        ));
    }
}

/// The acquiring upcall returns the raw value, or fills it in.
fn check_acquire(filed: &Filed<syntax::Resource>, model: &Model, at: usize, faults: &mut Vec<Diagnostic>) {
    let resource = &model.resources[at];
    let acquire = &model.upcalls[resource.acquire];
    let raw = model.bare(&resource.raw);
    let returns = model.bare(&acquire.returns) == raw && acquire.result == crate::syntax::ResultKind::Value;
    let fills = acquire.params.iter().any(|param| {
        param.resource == Some(at) && param.role == Some(Role::Handle) && param.direction == Direction::Out
    });
    if returns == fills {
        let message = format!("`{}` does not give out a `{}`", acquire.name, resource.name);
        let fault = Diagnostic::at(Code::AcquireShape, filed.at(&filed.entry.acquire), message);
        faults.push(fault.help("an acquiring upcall returns the raw type with `result = \"value\"`, or has one `out` parameter with the role `handle` and this resource"));
    }
    if resource.never_zero && !acquire.params.iter().any(|param| param.role == Some(Role::Errno)) {
        let message = format!("`never-zero` needs an error to report, and `{}` has none", acquire.name);
        faults.push(Diagnostic::at(Code::AcquireShape, filed.at(&filed.entry.acquire), message));
    }
}

/// The releasing upcall takes the raw value and otherwise only reports errors.
fn check_release(filed: &Filed<syntax::Resource>, model: &Model, at: usize, faults: &mut Vec<Diagnostic>) {
    let resource = &model.resources[at];
    let (release, Some(written)) = (&model.upcalls[resource.release], &filed.entry.release) else { return };
    let mut params = release.params.iter().filter(|param| param.role != Some(Role::Errno));
    let fits = match (params.next(), params.next()) {
        (Some(only), None) => {
            only.resource == Some(at) && only.role == Some(Role::Handle) && only.direction == Direction::In
        }
        _ => false,
    };
    if !fits || release.result != crate::syntax::ResultKind::Status || release.params.len() != 2 {
        let message = format!("`{}` does not give back a `{}`", release.name, resource.name);
        let fault = Diagnostic::at(Code::ReleaseShape, filed.at(written), message);
        faults.push(fault.help(
            "a releasing upcall takes the handle and the errno parameter, and has `result = \"status\"`",
        ));
    }
}

fn check_tag(
    filed: &Filed<syntax::Resource>,
    model: &Model,
    resource: &Resource,
    faults: &mut Vec<Diagnostic>,
) {
    let Some(bits) = &filed.entry.tag_bits else { return };
    let pointer = matches!(model.bare(&resource.raw), Ty::Pointer(_));
    if !pointer || !(1..=3).contains(&resource.tag_bits) || resource.borrowed.is_none() {
        let fault = Diagnostic::at(Code::NoEffect, filed.at(bits), "`tag-bits` cannot hold here");
        faults.push(
            fault.help(
                "it is 1, 2 or 3, for a raw type that is a pointer, in a resource with a `borrowed` form",
            ),
        );
    }
}

/// What is wrong when a resource has an upcall in common with one before it.
fn shared(model: &Model, resource: &Resource, owners: &HashMap<usize, usize>) -> Option<String> {
    let upcalls = [resource.acquire, resource.release];
    let known = upcalls.iter().filter_map(|upcall| Some((*owners.get(upcall)?, *upcall)));
    let (other, upcall) = known.min_by_key(|(other, _)| *other)?;
    let (name, other) = (&model.upcalls[upcall].name, &model.resources[other].name);
    Some(format!("`{name}` belongs to two resources, `{other}` and `{}`", resource.name))
}
