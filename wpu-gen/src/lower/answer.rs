//! What the returned value of a function says: the constants for failure and success, and the default answer.

use super::Deriver;
use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Direction, Placed, ReturnRole, Role};

impl Deriver<'_> {
    pub(super) fn result(&mut self) {
        if self.is_upcall() {
            self.upcall_fails();
        } else {
            self.downcall_fails();
            self.unimplemented();
        }
        if let Some(failure) = self.function.failure.as_ref().filter(|_| !self.answers_bool()) {
            self.is_value(failure);
        }
        self.success();
    }

    fn answers_bool(&self) -> bool {
        self.function.returns_as(ReturnRole::Bool)
    }

    /// A fault at the role of what is returned.
    fn role_fault(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        let function = self.function;
        let place = function.result.as_ref().map_or(&function.returns.place, |role| &role.place);
        Diagnostic::at(code, place.clone(), message)
    }

    /// A status and a `bool` are integers. A `bool` cannot fail, and all else says how it does.
    fn upcall_fails(&mut self) {
        let function = self.function;
        if !function.returns_as(ReturnRole::Value) && self.model.prim(&function.returns).is_none() {
            let message = format!("`{}` does not return an integer", function.name);
            let fault = Diagnostic::at(Code::BadType, function.returns.place.clone(), message);
            let role = function.result.as_ref().map_or(&function.returns.place, |role| &role.place);
            self.faults.push(fault.also(role.clone(), "this role is that of one"));
        }
        let failure = function.failure.as_ref();
        let fails = failure.is_some() || function.param_with(Role::Error).is_some();
        if self.answers_bool() && fails {
            let message = "a function that returns a `bool` cannot fail";
            let fault = match failure {
                Some(failure) => Diagnostic::at(Code::FailureType, failure.place.clone(), message),
                None => self.role_fault(Code::FailureType, message),
            };
            self.faults.push(fault.help(
                "remove `failure` and the error parameter, or change the role of `returns` to `value` or `status`",
            ));
        } else if !self.answers_bool() && failure.is_none() {
            let message = format!("`{}` has no failure value", function.name);
            let fault = self.role_fault(Code::FailureType, message);
            self.faults.push(fault.help("name the constant that says failure: `failure = \"…\"`"));
        }
    }

    /// A downcall can fail, and answers what safe code may make up.
    fn downcall_fails(&mut self) {
        let returns = &self.function.returns;
        if self.answers_bool() {
            let message = "a downcall must be able to fail, but one that returns a `bool` cannot";
            let fault = self.role_fault(Code::FailureType, message);
            self.faults.push(fault.help("change the role of `returns` to `value` or `status`"));
        }
        if self.model.passes_by_value(returns) && self.model.is_trusted(returns) {
            let message =
                format!("safe code could return an arbitrary pointer from `{}`", self.function.name);
            let fault = Diagnostic::at(Code::BadType, returns.place.clone(), message);
            self.faults.push(
                fault.help("give a pointer that the other side only compares a type with `opaque = \"…\"`"),
            );
        }
    }

    /// A status may have a value that says success, which is not the one that says failure.
    fn success(&mut self) {
        let Some(success) = &self.function.success else { return };
        if !self.function.returns_as(ReturnRole::Status) {
            let message = "`success` has no effect unless `returns` has the role `status`";
            let fault = Diagnostic::at(Code::NoEffect, success.place.clone(), message);
            self.faults.push(fault.help("remove it"));
            return;
        }
        self.is_value(success);
        let value = |constant: &Placed<usize>| &*self.model.constants[**constant].value;
        if Some(value(success)) == self.function.failure.as_ref().map(value) {
            let message = "success and failure have the same value";
            let fault = Diagnostic::at(Code::FailureType, success.place.clone(), message);
            self.faults.push(fault.help("name two constants with different values"));
        }
    }

    /// A constant has the type that is returned.
    fn is_value(&mut self, named: &Placed<usize>) {
        let (constant, returns) = (&self.model.constants[**named], &self.function.returns);
        if self.model.is_text(constant) || self.model.bare(&constant.ty) != self.model.bare(returns) {
            let message =
                format!("`{}` does not have the type that `{}` returns", constant.name, self.function.name);
            let fault = Diagnostic::at(Code::FailureType, named.place.clone(), message);
            self.faults.push(fault.also(returns.place.clone(), "it returns this"));
        }
    }

    /// A provider that does not implement a downcall answers what the documentation names, or there is nothing to
    /// answer.
    fn unimplemented(&mut self) {
        let function = self.function;
        let Some(downcall) = self.model.downcalls.get(self.number) else { return };
        let Some(refusal) = &downcall.unimplemented_error else {
            let outs = function
                .params
                .iter()
                .any(|param| *param.direction != Direction::In && param.role != Some(Role::Error));
            if outs || function.returns_as(ReturnRole::Value) {
                let message = format!("`{}` has no default result", function.name);
                let fault = Diagnostic::at(Code::Refusal, function.name.place.clone(), message);
                self.faults
                    .push(fault.help("name one of its documented errors: `unimplemented-error = \"…\"`"));
            }
            return;
        };
        if !function.errors.iter().any(|error| error.code == **refusal) {
            let error = &self.model.errors[**refusal].name;
            let message = format!("`{error}` is not a documented error of `{}`", function.name);
            let fault = Diagnostic::at(Code::Refusal, refusal.place.clone(), message);
            self.faults.push(fault.help("name one of `errors`"));
        }
    }
}
