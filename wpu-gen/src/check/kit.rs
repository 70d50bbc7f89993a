//! Kits have words for names, and make at least one upcall each.

use super::names::Items;
use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Kit, Model, Role};

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    for kit in &model.kits {
        if kit.uses.iter().flatten().all(Vec::is_empty) {
            let message = format!("kit `{}` makes no upcall", kit.name);
            let fault = Diagnostic::at(Code::EmptyKit, kit.name.place.clone(), message);
            faults.push(fault.help("list the upcalls that it makes, by class: `uses = { … = [\"…\"] }`"));
        }
        foreign(model, kit, faults);
    }
    completing(model, faults);
    let mut names = Items::new(faults);
    model.kits.iter().for_each(|kit| names.word(&kit.name, "kit"));
}

/// One kit completes requests, where there are some.
fn completing(model: &Model, faults: &mut Vec<Diagnostic>) {
    let requested = model.downcalls.iter().any(|downcall| downcall.param_with(Role::Request).is_some());
    let mut first = None;
    for key in model.kits.iter().filter_map(|kit| kit.completes.as_ref()) {
        let place = key.place.clone();
        if !**key || !requested {
            let message = "`completes` has no effect";
            let help =
                if requested { "remove it, or write `true`" } else { "remove it: no downcall has a request" };
            faults.push(Diagnostic::at(Code::NoEffect, place, message).help(help));
        } else if let Some(first) = first.replace(place.clone()) {
            let fault = Diagnostic::at(Code::DuplicateName, place, "two kits complete requests");
            faults.push(fault.also(first, "the other one"));
        }
    }
}

/// A kit makes no upcall that belongs to providers of another class.
fn foreign(model: &Model, kit: &Kit, faults: &mut Vec<Diagnostic>) {
    for ((at, class), uses) in model.classes.iter().enumerate().zip(&kit.uses) {
        for named in uses.iter().flatten() {
            let upcall = &model.upcalls[**named];
            if upcall.requirement.status[at].iter().all(Option::is_none) {
                let message =
                    format!("`{}` has no effect: it is not for class `{}`", upcall.name, class.name);
                let fault = Diagnostic::at(Code::NoEffect, named.place.clone(), message);
                faults.push(fault.help("remove it from this class"));
            }
        }
    }
}
