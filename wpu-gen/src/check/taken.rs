//! No error, class or platform has the name of what its type in the output has beside it.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::emit;
use crate::model::Model;
use crate::names::camel;

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    let taken = emit::taken();
    let errors = model.errors.iter().map(|error| (&error.name, error.name.value.clone(), &taken.errors));
    let words = model.classes.iter().chain(&model.platforms);
    let words = words.map(|word| (&word.name, camel(&word.name), &taken.words));
    for (name, rust, taken) in errors.chain(words) {
        if taken.contains(&rust) {
            let message = format!("`{rust}` is the name of something else in the output");
            let fault = Diagnostic::at(Code::DuplicateName, name.place.clone(), message);
            faults.push(fault.help("choose another name"));
        }
    }
}
