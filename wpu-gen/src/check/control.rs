//! Control codes: those of which the spec says that their input has no pointers.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Constant, ConstantValue, Model, Placed, Ty};

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    faults.extend(flag(model));
    for constant in &model.constants {
        faults.extend(constant.control_input.as_ref().and_then(|input| wrong(model, constant, input)));
    }
}

/// What is wrong with the flag.
fn flag(model: &Model) -> Option<Diagnostic> {
    let named = model.head.control_input_flag.as_ref()?;
    let flag = &model.constants[**named];
    let message = format!("`{}` is no integer, and so no flag of control codes", flag.name);
    model.prim(&flag.ty).is_none().then(|| Diagnostic::at(Code::BadType, named.place.clone(), message))
}

/// What is wrong with a control code.
fn wrong(model: &Model, code: &Constant, input: &Placed<Ty>) -> Option<Diagnostic> {
    let name = &code.name;
    let at = input.place.clone();
    let Some(flag) = model.head.control_input_flag.as_ref().map(|flag| &model.constants[**flag]) else {
        let message =
            format!("the spec does not say which bit marks a control code with input, such as `{name}`");
        return Some(
            Diagnostic::at(Code::MissingKey, at, message)
                .help("add `control-input-flag = \"…\"` to `[spec]`"),
        );
    };
    if *code.ty != *flag.ty {
        let message = format!("the control code `{name}` has another type than the flag `{}`", flag.name);
        return Some(Diagnostic::at(Code::BadType, code.ty.place.clone(), message));
    }
    if let (ConstantValue::Number(code), ConstantValue::Number(bit)) = (&*code.value, &*flag.value)
        && code & bit == 0
    {
        let message = format!("the control code `{name}` has no input");
        let fault = Diagnostic::at(Code::NoEffect, at, message);
        return Some(fault.note(format!("its value lacks the flag `{}`", flag.name)));
    }
    model.has_pointers(input).then(|| {
        let message = format!("the input of the control code `{name}` has pointers");
        Diagnostic::at(Code::BadType, at, message)
            .note("safe code may pass any bytes as input of this type, so the provider would dereference arbitrary pointers")
            .help("leave `control-input` out")
    })
}
