//! The safe form of a function, derived from the roles of its parameters.

mod answer;
mod keys;
mod on_error;
pub(crate) mod records;

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Downcall, Function, Model, ProvidedBy, ReturnRole, Role};
use crate::role;
use crate::role::kind::{Answer, Failure, Form, Kind, Shown};
use crate::role::requirement::Seen;
use std::collections::HashSet;

/// Derives the form of an upcall or a downcall, and reports everything that stands in the way. `number` is its index
/// among those.
pub(crate) fn derive(
    model: &Model,
    function: &Function,
    number: usize,
    faults: &mut Vec<Diagnostic>,
) -> Option<Form> {
    let before = faults.len();
    let mut deriver = Deriver { model, function, number, faults };
    let params: Vec<_> = (0..function.params.len()).map(|at| deriver.param(at)).collect();
    deriver.faults.extend(keys::taken_names(function));
    deriver.result();
    let failure = deriver.failure();
    let request = function.param_with(Role::Request).filter(|_| !deriver.is_upcall());
    // What cannot be a request leaves open what is lent with it.
    if request.is_none_or(|request| params[request].is_some()) {
        for (at, kind) in params.iter().enumerate() {
            let Some(kind) = kind else { continue };
            let known = |at: usize| params[at].is_some();
            let fields = deriver.downcall().is_some_and(|downcall| downcall.answer.is_some());
            deriver.faults.extend(keys::unfit(function, at, &**kind, known, request.is_some(), fields));
        }
    }
    let params = params.into_iter().collect::<Option<Vec<_>>>()?;
    let answers = deriver.answers(&params);
    deriver.faults.extend(on_error::check(model, function, &params));
    if request.is_some() {
        deriver.request_lends(&params);
    }
    if let Some(downcall) = deriver.downcall().filter(|_| deriver.faults.len() == before) {
        records::check(model, downcall, &params, &answers, deriver.faults);
    }
    (faults.len() == before).then_some(Form { params, answers, failure: failure?, request })
}

struct Deriver<'a> {
    model: &'a Model,
    function: &'a Function,
    number: usize,
    faults: &'a mut Vec<Diagnostic>,
}

impl<'a> Deriver<'a> {
    fn is_upcall(&self) -> bool {
        self.function.provided_by == ProvidedBy::Host
    }

    /// What only a downcall has.
    fn downcall(&self) -> Option<&'a Downcall> {
        self.model.downcalls.get(self.number).filter(|_| !self.is_upcall())
    }

    /// What a parameter is in the safe form.
    fn param(&mut self, at: usize) -> Option<Box<dyn Kind>> {
        let Self { model, function, number, .. } = *self;
        let param = &function.params[at];
        if !model.passes_by_value(&param.ty) {
            // Reported already.
            return None;
        }
        let requirement = role::of(param.role);
        let seen = Seen { model, function, number, at, param };
        let wrong = match (requirement.read)(&seen) {
            Some(Ok(kind)) => return Some(kind),
            Some(Err(wrong)) => wrong,
            None => {
                let message = format!("`{}` cannot be {}", param.name, requirement.what);
                seen.fault(Code::RoleShape, message).help((requirement.help)(function.provided_by))
            }
        };
        self.faults.push(wrong);
        None
    }

    /// The parts of what is answered. A safe form of an upcall answers with one value at most.
    fn answers(&mut self, params: &[Box<dyn Kind>]) -> Vec<Answer> {
        let outs = params.iter().enumerate().filter(|(_, kind)| kind.facts().shown.is_answer());
        let outs = outs.map(|(at, _)| Answer::Param(at));
        let returned = (!self.function.returns_as(ReturnRole::Status)).then_some(Answer::Returned);
        let answers: Vec<_> = returned.into_iter().chain(outs).collect();
        let consumed = params.iter().filter(|kind| kind.facts().shown == Shown::Consumed).count();
        if self.is_upcall() && answers.len() + consumed > 1 {
            let name = &self.function.name;
            let message = format!("`{name}` has more than one answer, or consumes more than one thing");
            let fault = Diagnostic::at(Code::RoleShape, name.place.clone(), message);
            self.faults.push(fault.note(
                "a safe form returns one value, or consumes one request or callback and returns nothing",
            ));
        }
        answers
    }

    /// All memory beside a request is lent with it, since the request may outlive the call; and there is one of
    /// each kind.
    fn request_lends(&mut self, params: &[Box<dyn Kind>]) {
        let mut seen = HashSet::new();
        for (param, kind) in self.function.params.iter().zip(params) {
            // Lists to read and lists to fill are of one kind.
            let again =
                kind.facts().lent.is_some_and(|lent| !seen.insert(lent.empty.map_or(lent.field, |_| "")));
            if kind.facts().of_the_call || again {
                let message = format!("a request cannot lend `{}`", param.name);
                let help = "a request lends at most one array of iovecs, one array of bytes to read and one to fill; \
                            nothing else that a client may free when it is told";
                let fault = Diagnostic::at(Code::RoleShape, param.name.place.clone(), message);
                self.faults.push(fault.help(help));
            }
        }
    }

    /// The parameter that receives the error code, which a downcall must have.
    fn failure(&mut self) -> Option<Failure> {
        let function = self.function;
        let errno = function.param_with(Role::Error).map(Failure::Coded);
        if self.is_upcall() {
            return match &function.failure {
                None => Some(Failure::Never),
                Some(_) => errno.or(Some(Failure::Uncoded)),
            };
        }
        if errno.is_none() {
            let message = format!("`{}` has no error parameter", function.name);
            let fault = Diagnostic::at(Code::ErrnoPlace, function.name.place.clone(), message);
            self.faults.push(fault.help("its last parameter has `role = \"error\"`"));
        }
        errno
    }
}
