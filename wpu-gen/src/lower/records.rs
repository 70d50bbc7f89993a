//! Structures of the safe form of downcalls: what comes out, and parameters that go in as one.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Direction, Downcall, Group, Model, Placed, Role, Ty};
use crate::names::is_snake;
use crate::role::kind::{Answer, Form, Kind, Shown};
use std::collections::HashMap;

/// What the field is called that holds what a function returns.
pub(crate) const RETURNED: &str = "value";

/// Whether the structures of a downcall can be what the spec wants.
pub(super) fn check(
    model: &Model,
    downcall: &Downcall,
    kinds: &[Box<dyn Kind>],
    answers: &[Answer],
    faults: &mut Vec<Diagnostic>,
) {
    answer(downcall, answers, faults);
    if let Some(group) = &downcall.group {
        Grouped { model, downcall, kinds, group, faults }.check();
    }
}

fn answer(downcall: &Downcall, answers: &[Answer], faults: &mut Vec<Diagnostic>) {
    match (&downcall.answer, answers) {
        (None, [_, _, ..]) => {
            let message = format!("`{}` returns several values, but has no `answer`", downcall.name);
            let fault = Diagnostic::at(Code::MissingKey, downcall.name.place.clone(), message);
            faults.push(fault.help("add `answer = \"…\"`, in camel case, and a `rust-name` to each of them"));
        }
        (Some(name), []) => {
            let message = format!("`answer` has no effect: `{}` returns no values", downcall.name);
            faults.push(Diagnostic::at(Code::NoEffect, name.place.clone(), message).help("remove it"));
        }
        (Some(_), [Answer::Returned, outs @ ..]) => {
            let names = outs.iter().filter_map(|out| match out {
                Answer::Param(at) => downcall.params[*at].rust_name.as_ref(),
                Answer::Returned => None,
            });
            names.filter(|name| name.as_str() == RETURNED).for_each(|name| faults.push(taken(name)));
        }
        _ => {}
    }
}

fn taken(name: &Placed<String>) -> Diagnostic {
    let message = format!("the name `{name}` is taken in this downcall");
    Diagnostic::at(Code::DuplicateName, name.place.clone(), message).help("choose another `rust-name`")
}

/// A downcall with a group of parameters.
struct Grouped<'a> {
    model: &'a Model,
    downcall: &'a Downcall,
    kinds: &'a [Box<dyn Kind>],
    group: &'a Group,
    faults: &'a mut Vec<Diagnostic>,
}

impl Grouped<'_> {
    fn check(mut self) {
        let Self { downcall, kinds, group, .. } = self;
        if group.params.is_empty() {
            self.fault(Code::NoEffect, &group.ty.place, "this group holds no parameter", "remove it");
        }
        if !is_snake(&group.rust_name) {
            let message = format!("`{}` cannot be the Rust name of a parameter", group.rust_name);
            let help = "write it in snake case, and not as a Rust keyword";
            self.fault(Code::BadName, &group.rust_name.place, message, help);
        }
        let is_in = |at: usize| group.params.iter().any(|param| **param == at);
        let mut names = downcall.params.iter().filter_map(|param| param.rust_name.as_deref());
        if names.any(|name| *name == *group.rust_name) {
            self.faults.push(taken(&group.rust_name));
        }
        for param in &group.params {
            let name = &downcall.params[**param].name;
            // It goes in, and has one type wherever it stands.
            if kinds[**param].facts().shown != Shown::Passed {
                let help = "a group holds parameters that go in and are not hidden, and no request";
                self.fault(Code::RoleShape, &param.place, format!("a group cannot hold `{name}`"), help);
            } else if !self.has_initial_value(**param) {
                let message = format!("`{name}` has no initial value");
                self.fault(
                    Code::MissingKey,
                    &param.place,
                    message,
                    "name it in `new` of the group: the constructor takes it then",
                );
            }
        }
        for param in group.new.iter().filter(|param| !is_in(***param)) {
            let message = format!("`{}` is not in the group", downcall.params[**param].name);
            self.fault(
                Code::NoEffect,
                &param.place,
                message,
                "name it in `params` of the group, or remove it",
            );
        }
    }

    fn has_initial_value(&self, at: usize) -> bool {
        let param = &self.downcall.params[at];
        let number = matches!(param.role, None | Some(Role::Bool)) && self.model.prim(&param.ty).is_some();
        number || param.optional || self.group.new.iter().any(|new| **new == at)
    }

    fn fault(&mut self, code: Code, place: &Place, message: impl Into<String>, help: &str) {
        self.faults.push(Diagnostic::at(code, place.clone(), message).help(help));
    }
}

/// A field: its name, its type, and what else the output makes of it where it goes in.
type Field<'a> = (&'a str, &'a Ty, Option<Goes>);

/// The role and the direction of a parameter, whether it may be absent, and whether the constructor takes it.
type Goes = (Option<Role>, Direction, bool, bool);

/// Downcalls that name one structure have the same fields in it.
pub(crate) fn agree(model: &Model, forms: &[Form], faults: &mut Vec<Diagnostic>) {
    let mut first: HashMap<&str, (&Placed<String>, Vec<Field<'_>>)> = HashMap::new();
    for (downcall, form) in model.downcalls.iter().zip(forms) {
        let answer = downcall.answer.iter().map(|name| (name, answered(model, downcall, form)));
        let group = downcall.group.iter().map(|group| (&group.ty, held(downcall, group)));
        for (name, fields) in answer.chain(group) {
            let (other, expected) = first.entry(name).or_insert_with(|| (name, fields.clone()));
            if *expected != fields {
                let message = format!("`{name}` has other fields here");
                let fault = Diagnostic::at(Code::DuplicateName, name.place.clone(), message);
                let fault = fault.also(other.place.clone(), "the other one");
                faults.push(fault.help("give it another name, or the same fields in the same order"));
            }
        }
    }
}

fn answered<'a>(model: &'a Model, downcall: &'a Downcall, form: &Form) -> Vec<Field<'a>> {
    let fields = form.answers.iter().map(|answer| match answer {
        Answer::Returned => (RETURNED, &*downcall.returns, None),
        Answer::Param(at) => {
            let param = &downcall.params[*at];
            (param.field(), model.pointee(&param.ty).unwrap_or(&param.ty), None)
        }
    });
    fields.collect()
}

fn held<'a>(downcall: &'a Downcall, group: &'a Group) -> Vec<Field<'a>> {
    let fields = group.params.iter().map(|at| {
        let param = &downcall.params[**at];
        let new = group.new.iter().any(|new| **new == **at);
        (param.field(), &*param.ty, Some((param.role, *param.direction, param.optional, new)))
    });
    fields.collect()
}
