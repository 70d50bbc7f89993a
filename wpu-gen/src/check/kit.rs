//! Kits have words for names, and make at least one upcall each.

use super::names::Items;
use crate::code::Code;
use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{Kit, Model, Role};
use crate::syntax;
use std::collections::HashMap;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for filed in &raw.kits {
        if filed.entry.uses.values().all(Vec::is_empty) {
            let message = format!("kit `{}` makes no upcall", filed.entry.name.get_ref());
            let fault = Diagnostic::at(Code::EmptyKit, filed.at(&filed.entry.name), message);
            faults.push(fault.help("name those that it makes, by class: `uses = { … = [\"…\"] }`"));
        }
    }
    let classes = model.classes.iter().enumerate().map(|(at, class)| (&*class.name, at)).collect();
    for (filed, kit) in raw.kits.iter().zip(&model.kits) {
        foreign(filed, kit, &classes, model, faults);
    }
    completing(raw, model, faults);
    let mut names = Items::new(faults);
    for filed in &raw.kits {
        names.word(filed.file, &filed.entry.name, "kit");
    }
}

/// One kit completes requests, where there are some.
fn completing(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let requested = model
        .downcalls
        .iter()
        .any(|downcall| downcall.params.iter().any(|param| param.role == Some(Role::Request)));
    let mut first = None;
    for filed in &raw.kits {
        let Some(key) = filed.entry.completes.as_ref() else { continue };
        let place = filed.at(key);
        if !key.get_ref() || !requested {
            let message = "`completes` has no effect";
            let help =
                if requested { "remove it, or write `true`" } else { "remove it: no downcall has a request" };
            faults.push(Diagnostic::at(Code::NoEffect, place, message).help(help));
        } else if let Some(first) = first.replace(place) {
            let fault = Diagnostic::at(Code::DuplicateName, filed.at(key), "two kits complete requests");
            faults.push(fault.also(first, "the other one"));
        }
    }
}

/// A kit makes no upcall that belongs to providers of another class.
fn foreign(
    filed: &Filed<syntax::Kit>,
    kit: &Kit,
    classes: &HashMap<&str, usize>,
    model: &Model,
    faults: &mut Vec<Diagnostic>,
) {
    for (class, names) in &filed.entry.uses {
        let Some(&at) = classes.get(&**class.get_ref()) else { continue };
        let made = kit.uses[at].iter().flatten().map(|upcall| &model.upcalls[*upcall]);
        for upcall in made.filter(|upcall| upcall.requirement.status[at].iter().all(Option::is_none)) {
            let name = names.iter().find(|name| *name.get_ref() == upcall.name);
            let place = name.map_or(filed.at(class), |name| filed.at(name));
            let message =
                format!("`{}` has no effect: it is not for class `{}`", upcall.name, class.get_ref());
            faults.push(Diagnostic::at(Code::NoEffect, place, message).help("remove it from this class"));
        }
    }
}
