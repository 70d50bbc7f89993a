//! What the caller of an upcall gets, and how the call fails.

use super::{Answer, Deriver, Failure, Kind};
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Placed, ReturnRole, Role};

impl Deriver<'_> {
    pub(super) fn failure(&mut self) -> Option<Failure> {
        let errno = self.upcall.params.iter().position(|param| param.role == Some(Role::Error));
        self.returns_fit();
        match (self.upcall.returns_as(ReturnRole::Bool), &self.upcall.failure, errno) {
            (true, None, None) => Some(Failure::Never),
            (true, _, _) => {
                let failure = self.upcall.failure.as_ref().map(|failure| failure.place.clone());
                let place = failure.unwrap_or_else(|| self.role_place());
                let fault = Diagnostic::at(Code::FailureType, place, "an answer of yes or no cannot fail");
                self.fault(fault.help(
                    "remove `failure` and the error parameter, or let the role of `returns` be `value` or `status`",
                ));
                None
            }
            (_, None, _) => {
                let message = format!("`{}` has no failure value", self.upcall.name);
                let fault = Diagnostic::at(Code::FailureType, self.role_place(), message);
                self.fault(fault.help("name the constant that says failure: `failure = \"…\"`"));
                None
            }
            (_, Some(failure), errno) => {
                self.constant_fits(failure);
                Some(errno.map_or(Failure::Uncoded, Failure::Coded))
            }
        }
    }

    /// A status and an answer are integers; only a status has a value that says success.
    fn returns_fit(&mut self) {
        if !self.upcall.returns_as(ReturnRole::Value) && self.model.prim(&self.upcall.returns).is_none() {
            let message = format!("`{}` does not return an integer", self.upcall.name);
            let fault = Diagnostic::at(Code::BadType, self.upcall.returns.place.clone(), message);
            self.fault(fault.also(self.role_place(), "this role is that of one"));
        }
        let Some(success) = &self.upcall.success else { return };
        if !self.upcall.returns_as(ReturnRole::Status) {
            let fault = Diagnostic::at(
                Code::NoEffect,
                success.place.clone(),
                "`success` has no effect unless `returns` has the role `status`",
            );
            self.fault(fault.help("remove it"));
            return;
        }
        let value = |constant: &Placed<usize>| &*self.model.constants[**constant].value;
        if Some(value(success)) == self.upcall.failure.as_ref().map(value) {
            let fault = Diagnostic::at(
                Code::FailureType,
                success.place.clone(),
                "success and failure have the same value",
            );
            self.fault(fault.help("name two constants with different values"));
        }
    }

    fn role_place(&self) -> Place {
        self.upcall.result.as_ref().map_or(&self.upcall.returns.place, |role| &role.place).clone()
    }

    fn constant_fits(&mut self, named: &Placed<usize>) {
        let constant = &self.model.constants[**named];
        if self.model.is_text(constant) || *constant.ty != *self.upcall.returns {
            let message =
                format!("`{}` is no value of the type that `{}` returns", constant.name, self.upcall.name);
            let fault = Diagnostic::at(Code::FailureType, named.place.clone(), message);
            self.fault(fault.also(self.upcall.returns.place.clone(), "it returns this"));
        }
    }

    pub(super) fn answer(&mut self, params: &[Option<Kind>]) -> Option<Answer> {
        if let Some(success) = &self.upcall.success {
            self.constant_fits(success);
        }
        let mut answers: Vec<Answer> = Vec::new();
        for (param, kind) in params.iter().enumerate() {
            match kind {
                Some(Kind::OutValue) => answers.push(Answer::Out(param)),
                Some(Kind::OutHandle(handle)) => {
                    answers.push(Answer::OutHandle { param, handle: *handle });
                }
                Some(Kind::String { .. }) => answers.push(Answer::String(param)),
                Some(Kind::OutCallback { .. }) => answers.push(Answer::Bundle(param)),
                _ => {}
            }
        }
        match self.upcall.result.as_deref().copied().unwrap_or(ReturnRole::Status) {
            ReturnRole::Value => answers.push(self.returned()),
            ReturnRole::Bool => answers.push(Answer::Bool),
            ReturnRole::Status => {}
        }
        let consumed = params.iter().flatten().filter(|kind| kind.is_consumed()).count();
        match (&*answers, consumed) {
            ([], 0 | 1) => Some(Answer::Unit),
            ([only], 0) => Some(*only),
            _ => {
                let message = format!(
                    "`{}` has more than one answer, or consumes more than one thing",
                    self.upcall.name
                );
                let fault = Diagnostic::at(Code::RoleShape, self.upcall.name.place.clone(), message);
                self.fault(fault.note("a safe form answers with one value, or consumes one request or callback and answers with nothing"));
                None
            }
        }
    }

    fn returned(&self) -> Answer {
        match self.model.acquired_by(self.at) {
            Some(handle)
                if self.model.bare(&self.model.handles[handle].ty)
                    == self.model.bare(&self.upcall.returns) =>
            {
                Answer::Handle(handle)
            }
            _ => Answer::Value,
        }
    }
}
