//! The safe form of a downcall, derived from the roles of its parameters.

use super::keys;
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Direction, Downcall, Key, Model, Param, Placed, ReturnRole, Role, Ty, Unit};
use std::collections::HashSet;

/// How a downcall looks to a Rust programmer.
#[derive(Debug)]
pub struct DownForm {
    /// What each C parameter is in the safe form.
    pub params: Vec<DownKind>,
    /// What is answered, in this order.
    pub answers: Vec<DownAnswer>,
    /// The parameter that is the client's request, if it can bring one.
    pub request: Option<usize>,
    /// The parameter that receives the error code.
    pub errno: usize,
}

impl DownForm {
    /// Whether the safe form shows a parameter by itself: what a client lends along with a request is a part of
    /// that.
    #[must_use]
    pub fn shows(&self, kind: DownKind) -> bool {
        !(kind.is_hidden() || self.request.is_some() && kind.is_lent())
    }
}

/// What a C parameter of a downcall is in the safe form. Numbers are indices of its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownKind {
    /// Hidden: receives the error code.
    Error,
    /// Passed on as it is.
    Value,
    /// A pointer that only unsafe code can make.
    Vouched,
    /// Yes or no.
    Bool,
    /// One value in the client's memory.
    View { mutable: bool },
    /// A value that goes in, and another that is answered.
    InOut,
    /// Hidden: an answer.
    Out,
    /// Hidden: an answer that counts what was moved of another.
    Written { of: usize },
    /// A handle (an index of handles) in its borrowed form.
    Handle { handle: usize },
    /// Bytes to read.
    Bytes { length: usize },
    /// Room for bytes, or for 16-bit units.
    OutBuf { length: usize, wide: bool, by_pointer: bool },
    /// A zero-ended string to read.
    String,
    /// Hidden: the length of another.
    Length,
    /// An array of iovecs to read or to fill.
    Iovecs { length: usize, fill: bool },
    /// One iovec to read or to fill.
    Iovec { fill: bool },
    /// A counted structure.
    Counted(usize),
    /// A callback (of a type) with its context.
    Callback { ty: usize, context: usize },
    /// Hidden: the context of a callback.
    Context,
    /// The client's request.
    Request { completion: usize, completion_thread: usize },
    /// Hidden: parts of the request.
    Completion,
    /// Hidden: parts of the request.
    CompletionThread,
}

impl DownKind {
    /// Whether the safe form does not show it.
    #[must_use]
    pub fn is_hidden(self) -> bool {
        matches!(
            self,
            Self::Error
                | Self::Out
                | Self::Written { .. }
                | Self::Length
                | Self::Context
                | Self::Completion
                | Self::CompletionThread
        )
    }
}

impl DownKind {
    /// Whether it is what a client may lend along with a request.
    #[must_use]
    pub fn is_lent(self) -> bool {
        matches!(self, Self::Iovecs { .. } | Self::Bytes { .. } | Self::OutBuf { wide: false, .. })
    }

    /// Whether it leads to memory of the client's that is lent for the call only.
    fn is_of_the_call(self) -> bool {
        let lent = matches!(
            self,
            Self::View { .. } | Self::String | Self::Iovec { .. } | Self::Counted(_) | Self::Callback { .. }
        );
        lent || matches!(self, Self::OutBuf { wide: true, .. })
    }

    /// Whether it is a pointer of the client's that can be a bad one.
    fn is_checked(self) -> bool {
        !matches!(
            self,
            Self::Value | Self::Vouched | Self::Bool | Self::Length | Self::Context | Self::Completion
        )
    }

    /// Whether it may be left out where the spec says so. A request always may.
    fn can_be_absent(self) -> bool {
        let never = matches!(
            self,
            Self::Error | Self::InOut | Self::Iovecs { .. } | Self::Request { .. } | Self::CompletionThread
        );
        self.is_checked() && !never
    }
}

/// One part of what a downcall answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownAnswer {
    /// The return value.
    Returned,
    /// A parameter.
    Param(usize),
}

/// What a parameter is that has a role: the code when it cannot be that, and what would make it one.
fn needs(role: Role) -> (Code, &'static str, &'static str) {
    let (what, help) = match role {
        Role::Error => {
            let help = "the error parameter comes last, points at an `i32`, and has `direction = \"out\"`";
            return (Code::ErrnoPlace, "the error parameter", help);
        }
        Role::Bool => ("a `bool`", "a `bool` goes in, and its type is an `i32`"),
        Role::Handle => (
            "a handle",
            "a handle goes in, and has the type of a `[[handle]]` with a `borrowed` form: `handle = \"…\"`",
        ),
        Role::String => (
            "a string",
            "a string is an `in` pointer to `u16`, or an `out` pointer to `u16` with a length: `length = \"…\"`",
        ),
        Role::Array => (
            "an array",
            "an array of bytes has `unit = \"bytes\"`, and goes in with a length by value, or out with a length by value \
             or by pointer: `length = \"…\"`; another is an `inout` pointer to a structure with `counted-by`, whose first \
             field is the count",
        ),
        Role::Length => ("a length", "name it in the parameter whose length it is: `length = \"…\"`"),
        Role::Iovec => (
            "an iovec",
            "an iovec is an `in` or `out` pointer to a structure whose pointer to bytes has `counted-by`; an array of \
             them has a `u32` as `length`",
        ),
        Role::Written => (
            "a count of what was written",
            "it is an `out` pointer to `u32`, and an array of bytes or an iovec names it: `written = \"…\"`",
        ),
        Role::Callback => (
            "a callback",
            "a callback has a type with several parameters and a `rust-name`, and a context: `context = \"…\"`",
        ),
        Role::Context => ("a context", "name it in the callback whose context it is: `context = \"…\"`"),
        Role::Request => (
            "a request",
            "a request is an `inout` pointer to a structure with `completion` and `completion-thread`, behind a first parameter that is a number; \
             `pending` and `aborted` of `[spec]` say how it ends",
        ),
        Role::Completion => {
            ("a completion routine", "name it in the request whose routine it is: `completion = \"…\"`")
        }
        Role::CompletionThread => {
            ("a completion thread", "name it in the request whose thread it is: `completion-thread = \"…\"`")
        }
        Role::UserData => {
            ("user data", "user data belongs to an upcall; the context of a callback has the role `context`")
        }
        Role::Table => ("a table", "only an entry point receives a table"),
    };
    (Code::RoleShape, what, help)
}

/// Derives the form of a downcall, and reports everything that stands in the way.
pub(crate) fn derive(model: &Model, at: usize, faults: &mut Vec<Diagnostic>) -> Option<DownForm> {
    let downcall = &model.downcalls[at];
    let before = faults.len();
    let mut deriver = Deriver { model, downcall, faults };
    let params: Vec<_> = (0..downcall.params.len()).map(|param| deriver.param(param)).collect();
    deriver.result();
    deriver.refusal();
    deriver.faults.extend(keys::taken_names(downcall));
    let errno = deriver.only(Role::Error);
    let params = params.into_iter().collect::<Option<Vec<_>>>()?;
    let request = params.iter().position(|kind| matches!(kind, DownKind::Request { .. }));
    deriver.keys_fit(&params, request.is_some());
    if request.is_some() {
        deriver.request_lends(&params);
    }
    let returned = downcall.returns_as(ReturnRole::Value).then_some(DownAnswer::Returned);
    let outs = params
        .iter()
        .enumerate()
        .filter(|(_, kind)| matches!(kind, DownKind::InOut | DownKind::Out | DownKind::Written { .. }));
    let answers = returned.into_iter().chain(outs.map(|(at, _)| DownAnswer::Param(at))).collect();
    (faults.len() == before).then_some(DownForm { params, answers, request, errno: errno? })
}

struct Deriver<'a> {
    model: &'a Model,
    downcall: &'a Downcall,
    faults: &'a mut Vec<Diagnostic>,
}

impl Deriver<'_> {
    fn place(&self, param: usize) -> Place {
        self.downcall.params[param].name.place.clone()
    }

    fn type_place(&self, param: usize) -> Place {
        self.downcall.params[param].ty.place.clone()
    }

    /// The one parameter with a role; an error parameter must be there.
    fn only(&mut self, role: Role) -> Option<usize> {
        let found = self.downcall.params.iter().position(|param| param.role == Some(role));
        if found.is_none() {
            let message = format!("`{}` has no error parameter", self.downcall.name);
            let fault = Diagnostic::at(Code::ErrnoPlace, self.downcall.name.place.clone(), message);
            self.faults.push(fault.help("its last parameter has `role = \"error\"`"));
        }
        found
    }

    /// A status or a value, with a constant that says failure.
    fn result(&mut self) {
        let downcall = self.downcall;
        if let Some(result) = downcall.result.as_ref().filter(|result| ***result == ReturnRole::Bool) {
            let message = "a downcall can fail, and an answer of yes or no cannot";
            let fault = Diagnostic::at(Code::FailureType, result.place.clone(), message);
            self.faults.push(fault.help("let the role of `returns` be `value` or `status`"));
        }
        let place = &downcall.returns.place;
        if !self.model.passes_by_value(&downcall.returns) {
            let message = format!("`{}` cannot return this type", downcall.name);
            self.faults.push(Diagnostic::at(Code::BadType, place.clone(), message));
        } else if self.model.is_trusted(&downcall.returns) {
            let message = format!("`{}` would answer a pointer that nobody vouches for", downcall.name);
            let fault = Diagnostic::at(Code::BadType, place.clone(), message);
            self.faults.push(
                fault.help("a pointer that the other side only compares has a type with `opaque = \"…\"`"),
            );
        }
        if let Some(failure) = &downcall.failure {
            self.constant_fits(failure);
        }
        self.success();
    }

    /// A status may have a value that says success, which is not the one that says failure.
    fn success(&mut self) {
        let Some(success) = &self.downcall.success else { return };
        if !self.downcall.returns_as(ReturnRole::Status) {
            let message = "`success` has no effect unless `returns` has the role `status`";
            let fault = Diagnostic::at(Code::NoEffect, success.place.clone(), message);
            self.faults.push(fault.help("remove it"));
            return;
        }
        self.constant_fits(success);
        let value = |constant: &Placed<usize>| &*self.model.constants[**constant].value;
        if Some(value(success)) == self.downcall.failure.as_ref().map(value) {
            let message = "success and failure have the same value";
            let fault = Diagnostic::at(Code::FailureType, success.place.clone(), message);
            self.faults.push(fault.help("name two constants with different values"));
        }
    }

    fn constant_fits(&mut self, named: &Placed<usize>) {
        let constant = &self.model.constants[**named];
        let returns = self.model.bare(&self.downcall.returns);
        if self.model.is_text(constant) || self.model.bare(&constant.ty) != returns {
            let message =
                format!("`{}` is no value of the type that `{}` returns", constant.name, self.downcall.name);
            let fault = Diagnostic::at(Code::FailureType, named.place.clone(), message);
            self.faults.push(fault.also(self.downcall.returns.place.clone(), "it returns this"));
        }
    }

    /// A refusal is an answer that the documentation names; without one there must be nothing to answer.
    fn refusal(&mut self) {
        let downcall = self.downcall;
        let Some(refusal) = &downcall.unimplemented_error else {
            let outs = downcall
                .params
                .iter()
                .any(|param| *param.direction != Direction::In && param.role != Some(Role::Error));
            if outs || downcall.returns_as(ReturnRole::Value) {
                let message = format!("nothing says what `{}` answers by default", downcall.name);
                let fault = Diagnostic::at(Code::Refusal, downcall.name.place.clone(), message);
                self.faults
                    .push(fault.help("name one of its documented errors: `unimplemented-error = \"…\"`"));
            }
            return;
        };
        if !downcall.errors.iter().any(|error| error.code == **refusal) {
            let error = &self.model.errors[**refusal].name;
            let message = format!("`{error}` is no documented error of `{}`", downcall.name);
            let fault = Diagnostic::at(Code::Refusal, refusal.place.clone(), message);
            self.faults.push(fault.help("name one of `errors`"));
        }
    }

    fn param(&mut self, at: usize) -> Option<DownKind> {
        let param = &self.downcall.params[at];
        if !self.model.passes_by_value(&param.ty) {
            let message = format!("`{}` cannot be passed by value", param.name);
            let fault = Diagnostic::at(Code::BadType, self.type_place(at), message);
            self.faults.push(fault.help("write a pointer to it: `… *`"));
            return None;
        }
        let kind = match param.role {
            None => self.plain(param),
            Some(Role::Error) => self.errno(at, param),
            Some(Role::Bool) => self.is_prim(&param.ty, "i32").then_some(DownKind::Bool),
            Some(Role::Handle) => self.handle(param),
            Some(Role::String) => self.string(param),
            Some(Role::Array) => self.array(param),
            Some(Role::Iovec) => self.iovec(param),
            Some(Role::Length) => param.owners.length.is_some().then_some(DownKind::Length),
            Some(Role::Written) => self.written(param),
            Some(Role::Callback) => self.callback(param),
            Some(Role::Context) => param.owners.context.is_some().then_some(DownKind::Context),
            Some(Role::Request) => self.request(param),
            Some(Role::Completion) => param.owners.completion.is_some().then_some(DownKind::Completion),
            Some(Role::CompletionThread) => {
                param.owners.completion_thread.is_some().then_some(DownKind::CompletionThread)
            }
            Some(Role::UserData | Role::Table) => None,
        };
        if kind.is_none() {
            self.misshapen(at, param);
        } else if param.role == Some(Role::String) && param.encoding.is_none() {
            self.faults.push(keys::no_encoding(self.place(at), &param.name));
        }
        kind
    }

    fn misshapen(&mut self, at: usize, param: &Param) {
        let (code, what, help) = match param.role {
            Some(role) => {
                let (code, what, help) = needs(role);
                (code, format!("`{}` cannot be {what}", param.name), help)
            }
            None if self.answers_trust(param) => {
                let what =
                    format!("`{}` would have a provider answer pointers that nobody vouches for", param.name);
                let help = "let a structure be `inout`, to be written member by member; a pointer that the other side only compares has a type with `opaque = \"…\"`";
                (Code::RoleShape, what, help)
            }
            None => {
                let what =
                    format!("cannot tell from its type and direction how to pass `{}` safely", param.name);
                (Code::RoleShape, what, "say what it is for: `role = \"…\"`")
            }
        };
        self.faults.push(Diagnostic::at(code, self.place(at), what).help(help));
    }

    fn answers_trust(&self, param: &Param) -> bool {
        *param.direction == Direction::Out
            && self.model.pointee(&param.ty).is_some_and(|to| !to.holds_void() && self.model.is_trusted(to))
    }

    fn is_prim(&self, ty: &Ty, name: &str) -> bool {
        self.model.prim(ty).is_some_and(|prim| prim.name == name)
    }

    fn points_at(&self, ty: &Ty, names: &[&str]) -> bool {
        self.model.pointee(ty).is_some_and(|to| names.iter().any(|name| self.is_prim(to, name)))
    }

    fn plain(&self, param: &Param) -> Option<DownKind> {
        let pointee = self.model.pointee(&param.ty);
        match (*param.direction, pointee) {
            (Direction::In, None) if self.model.prim(&param.ty).is_some() => Some(DownKind::Value),
            (Direction::In, Some(_)) if self.model.opaque(&param.ty).is_some() => Some(DownKind::Value),
            (Direction::In, Some(Ty::Void)) => Some(DownKind::Vouched),
            (_, Some(Ty::Void) | None) => None,
            // As long as its count says, which only a set looks at.
            (_, Some(to)) if self.model.is_counted(to) => None,
            (Direction::In | Direction::Inout, Some(to)) if self.is_made_up_of_trust(to) => {
                Some(DownKind::Vouched)
            }
            (Direction::Out, Some(to)) if self.model.is_trusted(to) => None,
            (Direction::In, Some(_)) => Some(DownKind::View { mutable: false }),
            (Direction::Inout, Some(to)) if self.model.prim(to).is_some() => Some(DownKind::InOut),
            (Direction::Inout, Some(_)) => Some(DownKind::View { mutable: true }),
            (Direction::Out, Some(_)) => Some(DownKind::Out),
        }
    }

    /// A pointer or a function, which means something else in each function that takes it. A structure does not.
    fn is_made_up_of_trust(&self, to: &Ty) -> bool {
        self.model.is_trusted(to) && self.model.structure(to).is_none()
    }

    fn errno(&self, at: usize, param: &Param) -> Option<DownKind> {
        let last = at + 1 == self.downcall.params.len();
        let fits = last && self.points_at(&param.ty, &["i32"]) && *param.direction == Direction::Out;
        fits.then_some(DownKind::Error)
    }

    fn handle(&self, param: &Param) -> Option<DownKind> {
        let handle = param.handle?;
        let held = &self.model.handles[handle];
        let fits = self.model.bare(&param.ty) == self.model.bare(&held.ty);
        (fits && held.borrowed.is_some() && *param.direction == Direction::In)
            .then_some(DownKind::Handle { handle })
    }

    fn string(&self, param: &Param) -> Option<DownKind> {
        match *param.direction {
            Direction::In => self.points_at(&param.ty, &["u16"]).then_some(DownKind::String),
            _ => self.row(param),
        }
    }

    /// A counted structure, or a row of bytes.
    fn array(&self, param: &Param) -> Option<DownKind> {
        if self.model.pointee(&param.ty).is_some_and(|to| self.model.is_counted(to)) {
            return self.counted(param);
        }
        param.unit.and_then(|unit| match unit {
            Unit::Bytes => self.row(param),
        })
    }

    /// Bytes, or 16-bit units, with a length beside them.
    fn row(&self, param: &Param) -> Option<DownKind> {
        let length = param.length?;
        let counter = &self.downcall.params[length];
        let by_pointer = self.points_at(&counter.ty, &["i32", "u32"]);
        let by_value = self.is_prim(&counter.ty, "i32") || self.is_prim(&counter.ty, "u32");
        let wide = param.role == Some(Role::String);
        if counter.role != Some(Role::Length) || wide && !self.points_at(&param.ty, &["u16"]) {
            return None;
        }
        match (*param.direction, *counter.direction) {
            (Direction::In, Direction::In) if by_value && !wide => Some(DownKind::Bytes { length }),
            (Direction::Out, Direction::In) if by_value => {
                Some(DownKind::OutBuf { length, wide, by_pointer })
            }
            (Direction::Out, Direction::Inout) if by_pointer => {
                Some(DownKind::OutBuf { length, wide, by_pointer })
            }
            _ => None,
        }
    }

    fn iovec(&self, param: &Param) -> Option<DownKind> {
        let (_, structure) = self.model.pointee(&param.ty).and_then(|to| self.model.structure(to))?;
        structure.iovec.as_ref()?;
        let fill = match *param.direction {
            Direction::In => false,
            Direction::Out => true,
            Direction::Inout => return None,
        };
        match param.length {
            None => Some(DownKind::Iovec { fill }),
            Some(length) => {
                let counter = &self.downcall.params[length];
                (counter.role == Some(Role::Length) && self.is_prim(&counter.ty, "u32"))
                    .then_some(DownKind::Iovecs { length, fill })
            }
        }
    }

    fn written(&self, param: &Param) -> Option<DownKind> {
        let of = param.owners.written?;
        let moved = &self.downcall.params[of];
        let counts =
            moved.role == Some(Role::Iovec) || moved.role == Some(Role::Array) && moved.unit.is_some();
        let fits = counts && *param.direction == Direction::Out && self.points_at(&param.ty, &["u32"]);
        fits.then_some(DownKind::Written { of })
    }

    fn counted(&self, param: &Param) -> Option<DownKind> {
        let (id, structure) = self.model.pointee(&param.ty).and_then(|to| self.model.structure(to))?;
        // The output relies on it that the count comes first.
        let first = structure.counted.as_ref().is_some_and(|counted| counted.count == 0);
        (first && *param.direction == Direction::Inout).then_some(DownKind::Counted(id))
    }

    fn callback(&self, param: &Param) -> Option<DownKind> {
        let (ty, callback) = self.model.callback(&param.ty)?;
        let context = param.context?;
        let fits = self.is_prim(&callback.context()?.ty, "usize")
            && callback.params.len() > 1
            && self.downcall.params[context].role == Some(Role::Context)
            && self.is_prim(&self.downcall.params[context].ty, "usize");
        fits.then_some(DownKind::Callback { ty, context })
    }

    fn request(&self, param: &Param) -> Option<DownKind> {
        let (completion, completion_thread) = (param.completion?, param.completion_thread?);
        let params = &self.downcall.params;
        let structure = |param: &Param| {
            self.model.pointee(&param.ty).and_then(|to| self.model.structure(to)).map(|(id, _)| id)
        };
        let fits = structure(param).is_some()
            && *param.direction == Direction::Inout
            && params[completion].role == Some(Role::Completion)
            && self
                .model
                .callback(&params[completion].ty)
                .is_some_and(|(_, routine)| routine.rust_name.is_none())
            && params[completion_thread].role == Some(Role::CompletionThread)
            && structure(&params[completion_thread]).is_some()
            && params.first().is_some_and(|socket| self.model.prim(&socket.ty).is_some())
            && self.model.head.pending.is_some()
            && self.model.head.aborted.is_some();
        fits.then_some(DownKind::Request { completion, completion_thread })
    }

    /// All memory beside a request is lent with it, since the request may outlive the call; and there is one of
    /// each kind.
    fn request_lends(&mut self, kinds: &[DownKind]) {
        let mut seen = HashSet::new();
        for (at, kind) in kinds.iter().enumerate() {
            let again = kind.is_lent() && !seen.insert(std::mem::discriminant(kind));
            if kind.is_of_the_call() || again {
                let message = format!("a request cannot lend `{}`", self.downcall.params[at].name);
                let help = "a request lends at most one array of iovecs, one array of bytes to read and one to fill; \
                            nothing else that a client may free when it is told";
                self.faults.push(Diagnostic::at(Code::RoleShape, self.place(at), message).help(help));
            }
        }
    }

    /// Keys that have no effect are errors, and visible parameters need a Rust name.
    fn keys_fit(&mut self, kinds: &[DownKind], requested: bool) {
        for (at, kind) in kinds.iter().enumerate() {
            let param = &self.downcall.params[at];
            let role = param.role;
            let row = matches!(kind, DownKind::Bytes { .. } | DownKind::OutBuf { wide: false, .. });
            let text = matches!(kind, DownKind::String | DownKind::OutBuf { wide: true, .. });
            let written = param.written.map(|written| &self.downcall.params[written]);
            let moved = written.is_some_and(|written| {
                written.role == Some(Role::Written) && written.owners.written == Some(at)
            });
            let reads = |key: Key| match key {
                Key::Role => true,
                Key::Length => row || matches!(kind, DownKind::OutBuf { .. } | DownKind::Iovecs { .. }),
                Key::Written => moved && (row || role == Some(Role::Iovec)),
                Key::Context => role == Some(Role::Callback),
                Key::Handle => role == Some(Role::Handle),
                Key::Completion | Key::CompletionThread => role == Some(Role::Request),
                Key::NullError => kind.is_checked(),
                Key::Encoding => text,
                Key::Unit => row,
                Key::Nullable | Key::Optional => kind.can_be_absent(),
                Key::BufferTooSmall | Key::Lifetime => false,
            };
            let hidden = kind.is_hidden() || requested && kind.is_lent();
            self.faults.extend(keys::without_effect(param, reads));
            self.faults.extend(keys::rust_name(param, hidden));
            if kind.can_be_absent() {
                self.null_fits(param);
            }
        }
    }

    /// What goes in may be null if it is `nullable`; the pointer to what comes out, if it is `optional`.
    fn null_fits(&mut self, param: &Param) {
        let (wrong, right) = match *param.direction {
            Direction::In => (Key::Optional, Key::Nullable),
            Direction::Out | Direction::Inout => (Key::Nullable, Key::Optional),
        };
        let Some((_, place)) = param.keys.iter().find(|(key, _)| *key == wrong) else { return };
        let message = format!("`{}` has no effect on parameter `{}`", wrong.id(), param.name);
        let fault = Diagnostic::at(Code::NoEffect, place.clone(), message);
        self.faults.push(
            fault
                .note("what goes in is `nullable`; the pointer to what comes out, or goes both ways, is `optional`")
                .help(format!("write `{} = true`", right.id())),
        );
    }
}
