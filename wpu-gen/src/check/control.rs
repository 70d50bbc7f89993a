//! Control codes: those of which the spec says that their input has no pointers.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{Constant, ConstantValue, Model};
use crate::syntax::{self, Text};

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    faults.extend(flag(raw, model));
    for constant in &model.constants {
        let filed = &raw.constants[constant.origin];
        if let Some(input) = &filed.entry.control_input {
            faults.extend(wrong(model, constant, filed, input));
        }
    }
}

/// What is wrong with the flag.
fn flag(raw: &RawSpec, model: &Model) -> Option<Diagnostic> {
    let flag = model.constants.get(model.head.control_input_flag?)?;
    let filed = raw.heads.first()?;
    let at = filed.at(filed.entry.control_input_flag.as_ref()?);
    let message = format!("`{}` is no integer, and so no flag of control codes", flag.name);
    model.prim(&flag.ty).is_none().then(|| Diagnostic::at(Code::BadType, at, message))
}

/// What is wrong with a control code.
fn wrong(
    model: &Model,
    code: &Constant,
    filed: &Filed<syntax::Constant>,
    input: &Text,
) -> Option<Diagnostic> {
    let name = &code.name;
    let at = filed.at(input);
    let Some(flag) = model.head.control_input_flag.and_then(|flag| model.constants.get(flag)) else {
        let message = format!("nothing says how a control code such as `{name}` shows that it has input");
        return Some(
            Diagnostic::at(Code::MissingKey, at, message)
                .help("add `control-input-flag = \"…\"` to `[spec]`"),
        );
    };
    if code.ty != flag.ty {
        let message = format!("the control code `{name}` has another type than the flag `{}`", flag.name);
        return Some(Diagnostic::at(Code::BadType, filed.at(&filed.entry.ty), message));
    }
    if let (ConstantValue::Number(code), ConstantValue::Number(bit)) = (&code.value, &flag.value)
        && code & bit == 0
    {
        let message = format!("the control code `{name}` has no input");
        let fault = Diagnostic::at(Code::NoEffect, at, message);
        return Some(fault.note(format!("its value lacks the flag `{}`", flag.name)));
    }
    let pointers = code.control_input.as_ref().is_some_and(|input| model.has_pointers(input));
    pointers.then(|| {
        let message = format!("the input of the control code `{name}` has pointers");
        Diagnostic::at(Code::BadType, at, message)
            .note("safe code may pass any bytes for input of this type, and whoever is called would follow the pointers")
            .help("leave `control-input` out")
    })
}
