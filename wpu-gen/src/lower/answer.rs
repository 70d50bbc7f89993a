//! What the caller of an upcall gets, and how the call fails.

use super::{Answer, Deriver, Failure, Kind};
use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{ReturnRole, Role};
use crate::syntax;

impl Deriver<'_> {
    pub(super) fn failure(&mut self) -> Option<Failure> {
        let errno = self.upcall.params.iter().position(|param| param.role == Some(Role::Error));
        let raw = &self.raw.entry;
        self.returns_fit();
        match (self.upcall.result, self.upcall.failure, errno) {
            (ReturnRole::Bool, None, None) => Some(Failure::Never),
            (ReturnRole::Bool, _, _) => {
                let place = raw
                    .failure
                    .as_ref()
                    .map_or(self.raw.at(&raw.returns.role), |failure| self.raw.at(failure));
                let fault = Diagnostic::at(Code::FailureType, place, "an answer of yes or no cannot fail");
                self.fault(fault.help(
                    "remove `failure` and the error parameter, or let the role of `returns` be `value` or `status`",
                ));
                None
            }
            (_, None, _) => {
                let message = format!("`{}` has no failure value", self.upcall.name);
                let fault = Diagnostic::at(Code::FailureType, self.raw.at(&raw.returns.role), message);
                self.fault(fault.help("name the constant that says failure: `failure = \"…\"`"));
                None
            }
            (_, Some(failure), errno) => {
                self.constant_fits(failure, raw.failure.as_ref());
                Some(errno.map_or(Failure::Uncoded, Failure::Coded))
            }
        }
    }

    /// A status and an answer are integers; only a status has a value that says success.
    fn returns_fit(&mut self) {
        let raw = &self.raw.entry;
        if self.upcall.result != ReturnRole::Value && self.model.prim(&self.upcall.returns).is_none() {
            let message = format!("`{}` does not return an integer", self.upcall.name);
            let fault = Diagnostic::at(Code::BadType, self.raw.at(&raw.returns.ty), message);
            self.fault(fault.also(self.raw.at(&raw.returns.role), "this role is that of one"));
        }
        let Some(success) = &raw.success else { return };
        if self.upcall.result != ReturnRole::Status {
            let fault = Diagnostic::at(
                Code::NoEffect,
                self.raw.at(success),
                "`success` has no effect unless `returns` has the role `status`",
            );
            self.fault(fault.help("remove it"));
            return;
        }
        let value = |constant: Option<usize>| constant.map(|constant| &self.model.constants[constant].value);
        if value(self.upcall.success) == value(self.upcall.failure) {
            let fault = Diagnostic::at(
                Code::FailureType,
                self.raw.at(success),
                "success and failure have the same value",
            );
            self.fault(fault.help("name two constants with different values"));
        }
    }

    fn constant_fits(&mut self, constant: usize, written: Option<&syntax::Text>) {
        let (Some(written), constant) = (written, &self.model.constants[constant]) else { return };
        if self.model.is_text(constant) || constant.ty != self.upcall.returns {
            let message =
                format!("`{}` is no value of the type that `{}` returns", constant.name, self.upcall.name);
            let fault = Diagnostic::at(Code::FailureType, self.raw.at(written), message);
            self.fault(fault.also(self.raw.at(&self.raw.entry.returns.ty), "it returns this"));
        }
    }

    pub(super) fn answer(&mut self, params: &[Option<Kind>]) -> Option<Answer> {
        if let Some(success) = self.upcall.success {
            self.constant_fits(success, self.raw.entry.success.as_ref());
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
        match self.upcall.result {
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
                let fault = Diagnostic::at(Code::RoleShape, self.raw.at(&self.raw.entry.name), message);
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
