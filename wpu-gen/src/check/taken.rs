//! No error, class or platform has the name of what its type in the output has beside it.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::emit;
use crate::load::RawSpec;
use crate::names::camel;

pub(super) fn check(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    let taken = emit::taken();
    let errors = raw.errors.iter().map(|filed| (filed.file, &filed.entry.name, &taken.errors));
    let classes = raw.classes.iter().map(|filed| (filed.file, &filed.entry.name, &taken.words));
    let platforms = raw.platforms.iter().map(|filed| (filed.file, &filed.entry.name, &taken.words));
    let errors = errors.map(|(file, name, taken)| (file, name, name.get_ref().clone(), taken));
    let words =
        classes.chain(platforms).map(|(file, name, taken)| (file, name, camel(name.get_ref()), taken));
    for (file, name, rust, taken) in errors.chain(words) {
        if taken.contains(&rust) {
            let message = format!("`{rust}` is the name of something else in the output");
            let place = Place::new(file, name.span());
            faults.push(Diagnostic::at(Code::DuplicateName, place, message).help("choose another name"));
        }
    }
}
