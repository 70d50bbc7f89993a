//! The obligations that a spec implies: what a role, a handle or a documented error binds somebody to.
//!
//! Nobody writes these, so that they hold for every function alike. Each names the rule that it comes from; one piece of
//! evidence for a rule serves all its obligations, because one piece of the generator gives all their code. A documented
//! error has no rule: each needs evidence of its own.

use crate::model::{
    Direction, Function, FunctionId, Key, Model, ObligationKind as Kind, Param, Party, Role, Unit,
};

/// One that a spec implies.
#[derive(Debug)]
pub(crate) struct Implied {
    pub(crate) function: FunctionId,
    pub(crate) id: String,
    pub(crate) rule: Option<&'static str>,
    pub(crate) binds: Party,
    pub(crate) kind: Kind,
    pub(crate) says: String,
}

/// What a spec implies for one function, in order of its parameters.
pub(crate) fn implied(model: &Model, id: FunctionId) -> Vec<Implied> {
    let function = model.function(id);
    let mut list = List { model, id, function, found: Vec::new() };
    if !matches!(id, FunctionId::Import(_)) {
        function.params.iter().for_each(|param| list.param(param));
        list.failure();
    }
    if let FunctionId::Upcall(at) = id {
        list.release(at);
    }
    list.errors();
    list.found
}

struct List<'m> {
    model: &'m Model,
    id: FunctionId,
    function: &'m Function,
    found: Vec<Implied>,
}

impl List<'_> {
    /// Who is called.
    fn callee(&self) -> Party {
        match self.id {
            FunctionId::Upcall(_) | FunctionId::Import(_) => Party::Host,
            FunctionId::Downcall(_) | FunctionId::EntryPoint(_) => Party::Plugin,
        }
    }

    /// Who calls. A host passes a client's arguments on.
    fn caller(&self) -> Party {
        match self.id {
            FunctionId::Upcall(_) | FunctionId::Import(_) => Party::Plugin,
            FunctionId::Downcall(_) => Party::Client,
            FunctionId::EntryPoint(_) => Party::Host,
        }
    }

    fn add(&mut self, of: &str, rule: &'static str, binds: Party, kind: Kind, says: String) {
        let name = &self.function.name;
        let id = if of.is_empty() { format!("{name}.{rule}") } else { format!("{name}.{of}.{rule}") };
        self.found.push(Implied { function: self.id, id, rule: Some(rule), binds, kind, says });
    }

    fn param(&mut self, param: &Param) {
        let (callee, by) = (self.callee(), self.caller());
        let the_callee = the(callee);
        let name = &*param.name;
        match param.role {
            Some(Role::Error) => {
                let says = format!(
                    "{the_callee} writes the error code to `{name}` after every failure, and never after a success."
                );
                return self.add(name, "error-written", callee, Kind::OutValue, says);
            }
            Some(Role::Request) if callee == Party::Plugin => {
                let says = format!(
                    "{the_callee} completes a request that it has left pending exactly once, and does not use `{name}` afterwards."
                );
                self.add(name, "completed-once", callee, Kind::Order, says);
            }
            Some(Role::Array | Role::String) if param.names(Key::Length).is_some() => {
                let (verb, binds) = match *param.direction {
                    Direction::In => ("reads no element of", callee),
                    Direction::Out | Direction::Inout => ("writes no element of", callee),
                };
                let says = format!("{} {verb} `{name}` beyond its length.", the(binds));
                self.add(name, "within-length", binds, Kind::Argument, says);
            }
            _ => {}
        }
        let is_pointer = self.model.pointee(&param.ty).is_some() && self.model.opaque(&param.ty).is_none();
        if is_pointer && callee == Party::Plugin && param.role == Some(Role::Request) {
            let says = format!("{} passes a pointer `{name}` that is aligned or null.", the(by));
            self.add(name, "aligned", by, Kind::Argument, says);
        } else if is_pointer && !param.optional && !self.counts_what_is_optional(param) {
            // Bytes have no alignment, whatever their type in C.
            let aligned = if param.unit == Some(Unit::Bytes) { "" } else { "aligned and " };
            let says = format!("{} passes a pointer `{name}` that is {aligned}not null.", the(by));
            self.add(name, "not-null", by, Kind::Argument, says);
        }
        if is_pointer && *param.direction == Direction::Out {
            let says =
                format!("{the_callee} writes `{name}` only if the call succeeds{}.", self.or_fails(param));
            self.add(name, "written-on-success", callee, Kind::OutValue, says);
        }
    }

    /// Whether it is the length of what a caller may leave out, which may then be left out too.
    fn counts_what_is_optional(&self, param: &Param) -> bool {
        let mut optional = self.function.params.iter().filter(|other| other.optional);
        optional.any(|other| {
            other.names(Key::Length).is_some_and(|at| *self.function.params[at].name == *param.name)
        })
    }

    /// The errors beside which a parameter is written too: its own, or those of the parameter that counts it. Where a buffer is
    /// too small, only the number is written.
    fn or_fails(&self, param: &Param) -> String {
        let counting = [Key::Written, Key::Length].into_iter().filter_map(|key| param.names(key));
        let counting = counting.flat_map(|at| &self.function.params[at].on_error);
        let counting = counting.filter(|error| ***error != self.model.head.buffer_too_small);
        let mut names: Vec<&str> = Vec::new();
        for error in param.on_error.iter().chain(counting) {
            let name = self.model.errors[**error].name.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() { String::new() } else { format!(", or fails with `{}`", names.join("` or `")) }
    }

    fn failure(&mut self) {
        let Some(failure) = &self.function.failure else { return };
        let (callee, failure) = (self.callee(), &self.model.constants[**failure].name);
        let says =
            format!("{} returns `{failure}` after every failure, and never after a success.", the(callee));
        self.add("", "failure-returned", callee, Kind::Result, says);
    }

    fn release(&mut self, upcall: usize) {
        let Some(handle) = self.model.acquired_by(upcall) else { return };
        let release = &self.model.upcalls[*self.model.handles[handle].release].name;
        let says = format!(
            "The provider gives back what `{}` returned, once, with `{release}`.",
            self.function.name
        );
        self.add("", "released-once", Party::Plugin, Kind::Ownership, says);
    }

    fn errors(&mut self) {
        for error in &self.function.errors {
            let code = &self.model.errors[error.code].name;
            let says =
                format!("{} reports `{code}` if {}.", the(self.callee()), error.when.trim_end_matches('.'));
            let id = format!("{}.{code}", self.function.name);
            self.found.push(Implied {
                function: self.id,
                id,
                rule: None,
                binds: self.callee(),
                kind: Kind::Error,
                says,
            });
        }
    }
}

fn the(party: Party) -> &'static str {
    match party {
        Party::Plugin => "The provider",
        Party::Host => "The host",
        Party::Client => "The client",
    }
}
