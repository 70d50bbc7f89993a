//! Kits have words for names, and make at least one upcall each.

use super::names::Items;
use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{Kit, Model};
use crate::raw;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for filed in &raw.kits {
        if filed.entry.uses.values().all(Vec::is_empty) {
            let message = format!("kit `{}` makes no upcall", filed.entry.name.get_ref());
            let fault = Diagnostic::at("empty-kit", filed.at(&filed.entry.name), message);
            faults.push(fault.help("name those that it makes, by class: `uses = { … = [\"…\"] }`"));
        }
    }
    for (filed, kit) in raw.kits.iter().zip(&model.kits) {
        foreign(filed, kit, model, faults);
    }
    let mut names = Items::new(faults);
    for filed in &raw.kits {
        names.word(filed.file, &filed.entry.name, "kit");
    }
}

/// A kit makes no upcall that belongs to providers of another class.
fn foreign(filed: &Filed<raw::Kit>, kit: &Kit, model: &Model, faults: &mut Vec<Diagnostic>) {
    for (class, names) in &filed.entry.uses {
        let Some(at) = model.classes.iter().position(|known| known.name == *class.get_ref()) else {
            continue;
        };
        let made = kit.uses[at].iter().flatten().map(|upcall| &model.upcalls[*upcall]);
        for upcall in made.filter(|upcall| upcall.requirement.status[at].iter().all(Option::is_none)) {
            let name = names.iter().find(|name| *name.get_ref() == upcall.name);
            let place = name.map_or(filed.at(class), |name| filed.at(name));
            let message =
                format!("`{}` has no effect: it is not for class `{}`", upcall.name, class.get_ref());
            faults.push(Diagnostic::at("no-effect", place, message).help("remove it from this class"));
        }
    }
}
