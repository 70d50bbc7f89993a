//! Imports pass numbers and pointers, and no two items that find functions share a name.

use super::names::Items;
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::RawSpec;
use crate::lower;
use crate::model::{Direction, Model};

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    passing(raw, model, faults);
    functions(raw, model, faults);
}

fn passing(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for (import, filed) in model.imports.iter().zip(&raw.imports) {
        if !lower::passes_by_value(model, &import.returns) {
            let message = format!("`{}` cannot return this type", import.name);
            faults.push(Diagnostic::at(Code::BadType, filed.at(&filed.entry.returns), message));
        }
        for (param, raw) in import.params.iter().zip(&filed.entry.params) {
            if !lower::passes_by_value(model, &param.ty) {
                let message = format!("`{}` cannot be passed by value", param.name);
                let fault = Diagnostic::at(Code::BadType, filed.at(&raw.ty), message);
                faults.push(fault.help("write a pointer to it: `… *`"));
            } else if param.direction != Direction::In && model.pointee(&param.ty).is_none() {
                let message = format!("`{}` is no pointer, and so can only go in", param.name);
                let fault = Diagnostic::at(Code::RoleShape, filed.at(&raw.direction), message);
                faults.push(fault.help("write `direction = \"in\"`, or a pointer to it"));
            }
        }
    }
}

/// Each function comes with `find_…` and `provide_…`, and an exported upcall also with one that has its own name.
fn functions(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    for upcall in model.upcalls.iter().filter(|upcall| upcall.library.is_some()) {
        let filed = &raw.upcalls[upcall.origin];
        let place = filed.at(&filed.entry.name);
        let _ = items.unique(upcall.method.clone(), place.clone()) && items.found(&upcall.method, &place);
    }
    for (import, filed) in model.imports.iter().zip(&raw.imports) {
        items.found(&import.method, &filed.at(&filed.entry.name));
    }
}

impl Items<'_> {
    /// One report is enough, though both names may be taken.
    fn found(&mut self, method: &str, place: &Place) -> bool {
        self.unique(format!("find_{method}"), place.clone())
            && self.unique(format!("provide_{method}"), place.clone())
    }
}
