//! Imports pass numbers and pointers, and no two items that find functions share a name.

use super::names::Items;
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Direction, Model};

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    for param in model.imports.iter().flat_map(|import| &import.params) {
        if model.passes_by_value(&param.ty)
            && *param.direction != Direction::In
            && model.pointee(&param.ty).is_none()
        {
            let message = format!("`{}` is not a pointer, so its direction can only be `in`", param.name);
            let fault = Diagnostic::at(Code::RoleShape, param.direction.place.clone(), message);
            faults.push(fault.help("write `direction = \"in\"`, or a pointer to it"));
        }
    }
    functions(model, faults);
}

/// Each function comes with `find_…` and `provide_…`, and an exported upcall also with one that has its own name.
fn functions(model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    for upcall in model.upcalls.iter().filter(|upcall| upcall.library.is_some()) {
        let place = &upcall.name.place;
        let _ = items.unique(upcall.method.clone(), place.clone()) && items.found(&upcall.method, place);
    }
    for import in &model.imports {
        items.found(&import.method, &import.name.place);
    }
}

impl Items<'_> {
    /// One report is enough, though both names may be taken.
    fn found(&mut self, method: &str, place: &Place) -> bool {
        self.unique(format!("find_{method}"), place.clone())
            && self.unique(format!("provide_{method}"), place.clone())
    }
}
