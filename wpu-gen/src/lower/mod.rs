//! The safe form of an upcall, derived from the roles of its parameters.

mod answer;
pub(crate) mod down;
mod keys;

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Direction, Key, Lifetime, Model, Param, Role, Ty, Upcall};

/// How an upcall looks to a Rust programmer.
#[derive(Debug)]
pub struct Form {
    /// What each C parameter is in the safe form.
    pub params: Vec<Kind>,
    /// What the caller gets.
    pub answer: Answer,
    /// How it fails.
    pub failure: Failure,
}

/// What a C parameter is in the safe form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Hidden: receives the error code.
    Error,
    /// Passed on as it is.
    Value,
    /// A pointer that only unsafe code can make.
    Vouched,
    /// A reference to a structure (an index of types), or a view of one that has pointers.
    Reference(usize),
    /// Hidden: its value becomes the answer.
    OutValue,
    /// Hidden: an out value that becomes an owned handle.
    OutHandle(usize),
    /// Hidden: filled with text that becomes the answer.
    String { length: usize, too_small: usize },
    /// Hidden: the length of a string.
    Length,
    /// A bundle (of a callback type) that the call consumes.
    Callback { ty: usize, context: usize },
    /// A bundle that comes out: lent to a closure that the caller passes, or hidden, and the answer.
    OutCallback { ty: usize, context: usize, lifetime: Lifetime },
    /// Hidden: the context of a bundle.
    BundledContext,
    /// The bare value of a handle, or its borrowed form where it has one.
    Handle { handle: usize, by_pointer: bool },
    /// A borrowed view of a counted structure.
    Counted(usize),
    /// The token of a request, which the call consumes.
    Request(usize),
}

impl Kind {
    /// Whether the call takes it over when it succeeds.
    #[must_use]
    pub fn is_consumed(self) -> bool {
        matches!(self, Self::Callback { .. } | Self::Request(_))
    }

    /// Whether the caller passes it.
    #[must_use]
    pub fn is_input(self) -> bool {
        matches!(
            self,
            Self::Value
                | Self::Vouched
                | Self::Reference(_)
                | Self::Callback { .. }
                | Self::Handle { .. }
                | Self::Counted(_)
                | Self::Request(_)
        )
    }

    /// Whether the caller passes a closure, which gets what comes out for as long as it runs.
    #[must_use]
    pub fn is_lent(self) -> bool {
        matches!(self, Self::OutCallback { lifetime: Lifetime::Call, .. })
    }
}

/// What a successful call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Unit,
    /// Yes or no.
    Bool,
    /// The return value.
    Value,
    /// The return value, owned.
    Handle(usize),
    /// An out parameter.
    Out(usize),
    /// An out parameter, owned.
    OutHandle {
        param: usize,
        handle: usize,
    },
    /// A bundle, unless the callback is null.
    Bundle(usize),
    /// The string that was filled in.
    String(usize),
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Never,
    /// Without a code.
    Uncoded,
    /// With a code in the error parameter (an index).
    Coded(usize),
}

/// Derives the form of an upcall, and reports everything that stands in the way.
pub(crate) fn derive(model: &Model, at: usize, faults: &mut Vec<Diagnostic>) -> Option<Form> {
    let upcall = &model.upcalls[at];
    let has_errno = upcall.params.iter().any(|param| param.role == Some(Role::Error));
    let mut deriver = Deriver { model, at, upcall, has_errno, faults, failed: false };
    let params: Vec<_> = (0..upcall.params.len()).map(|param| deriver.param(param)).collect();
    for fault in keys::taken_names(upcall) {
        deriver.fault(fault);
    }
    let failure = deriver.failure();
    let answer = deriver.answer(&params);
    let failed = deriver.failed;
    let params = params.into_iter().collect::<Option<Vec<_>>>()?;
    (!failed).then_some(Form { params, answer: answer?, failure: failure? })
}

struct Deriver<'a> {
    model: &'a Model,
    /// The upcall, as an index.
    at: usize,
    upcall: &'a Upcall,
    has_errno: bool,
    faults: &'a mut Vec<Diagnostic>,
    failed: bool,
}

impl Deriver<'_> {
    fn fault(&mut self, fault: Diagnostic) {
        self.failed = true;
        self.faults.push(fault);
    }

    fn place(&self, param: usize) -> Place {
        self.upcall.params[param].name.place.clone()
    }

    fn type_place(&self, param: usize) -> Place {
        self.upcall.params[param].ty.place.clone()
    }

    fn param(&mut self, at: usize) -> Option<Kind> {
        let param = &self.upcall.params[at];
        if !self.model.passes_by_value(&param.ty) {
            // Reported already.
            self.failed = true;
            return None;
        }
        let kind = match param.role {
            None => self.plain(at, param),
            Some(Role::Error) => self.errno(at, param),
            Some(Role::String) => self.string(at, param),
            Some(Role::Length) => self.length(at),
            Some(Role::Context) => self.context(at, param),
            Some(Role::UserData) => self.user_data(at, param),
            Some(Role::Callback) => self.callback(at, param),
            Some(Role::Handle) => self.handle(at, param),
            Some(Role::Array) => self.array(at, param),
            Some(Role::Request) => self.request(at, param),
            Some(Role::Table) => self.foreign(at, "only an entry point receives a table"),
            Some(Role::Bool | Role::Iovec | Role::Written | Role::Completion | Role::CompletionThread) => {
                self.foreign(at, "only a parameter of a downcall has this role")
            }
        }?;
        self.keys_fit(param, kind);
        Some(kind)
    }

    /// A role that belongs to another kind of function.
    fn foreign(&mut self, at: usize, why: &str) -> Option<Kind> {
        self.fault(Diagnostic::at(Code::RoleShape, self.place(at), why));
        None
    }

    /// No role: passed by value, as a reference to a structure, or answered.
    fn plain(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let pointee = self.model.pointee(&param.ty);
        match (*param.direction, pointee) {
            (Direction::In, None) if self.model.prim(&param.ty).is_some() => Some(Kind::Value),
            (Direction::In, Some(_)) if self.model.opaque(&param.ty).is_some() => Some(Kind::Value),
            (Direction::In, Some(Ty::Void)) => Some(Kind::Vouched),
            // As long as its count says, which only a set looks at.
            (_, Some(to)) if self.model.is_counted(to) => self.unclear(at, param),
            (Direction::In, Some(to)) if let Some((id, _)) = self.model.structure(to) => {
                Some(Kind::Reference(id))
            }
            (Direction::Out, Some(to)) if self.has_zero(to) => Some(Kind::OutValue),
            _ => self.unclear(at, param),
        }
    }

    fn unclear(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let message = format!("cannot tell from its type and direction how to pass `{}` safely", param.name);
        let fault = Diagnostic::at(Code::RoleShape, self.type_place(at), message);
        self.fault(fault.help("say what it is for: `role = \"…\"`"));
        None
    }

    /// Whether a value of this type can be made before the call.
    fn has_zero(&self, ty: &Ty) -> bool {
        self.model.prim(ty).is_some()
            || self.model.structure(ty).is_some()
            || self.model.pointee(ty).is_some()
    }

    fn errno(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let last = at + 1 == self.upcall.params.len();
        let fits = self
            .model
            .pointee(&param.ty)
            .and_then(|to| self.model.prim(to))
            .is_some_and(|prim| prim.name == "i32");
        if last && fits && *param.direction == Direction::Out {
            return Some(Kind::Error);
        }
        let why = match (last, fits) {
            (false, _) => "it is not the last parameter",
            (_, false) => "it is not a pointer to a 32-bit signed integer",
            _ => "its direction is not `out`",
        };
        let message = format!("`{}` cannot be the error parameter: {why}", param.name);
        let fault = Diagnostic::at(Code::ErrnoPlace, self.place(at), message);
        self.fault(
            fault.help("the error parameter comes last, points at an `i32`, and has `direction = \"out\"`"),
        );
        None
    }

    fn string(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let text = self
            .model
            .pointee(&param.ty)
            .and_then(|to| self.model.prim(to))
            .is_some_and(|prim| prim.name == "u16");
        if !text || *param.direction != Direction::Out {
            let message = format!(
                "`{}` cannot be a string: a string of an upcall is an `out` pointer to 16-bit units",
                param.name
            );
            self.fault(Diagnostic::at(Code::RoleShape, self.type_place(at), message));
            return None;
        }
        if param.encoding.is_none() {
            self.fault(keys::no_encoding(self.place(at), &param.name));
            return None;
        }
        let Some(length) = param.length else {
            let message = format!("string `{}` has no length", param.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
            self.fault(fault.help("name the parameter that holds it: `length = \"…\"`"));
            return None;
        };
        let Some(too_small) = param.buffer_too_small.filter(|_| self.has_errno()) else {
            let message = format!("nothing says that there is too little room for string `{}`", param.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
            self.fault(fault.help("name the error: `buffer-too-small = \"…\"`; it needs an error parameter"));
            return None;
        };
        let sibling = &self.upcall.params[length];
        let counts = self
            .model
            .pointee(&sibling.ty)
            .and_then(|to| self.model.prim(to))
            .is_some_and(|prim| prim.name == "i32");
        if sibling.role != Some(Role::Length) || *sibling.direction != Direction::Inout || !counts {
            let message = format!("`{}` cannot be the length of a string", sibling.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(length), message);
            self.fault(
                fault.help(
                    "a length has `role = \"length\"`, `direction = \"inout\"`, and points at an `i32`",
                ),
            );
            return None;
        }
        Some(Kind::String { length, too_small })
    }

    fn length(&mut self, at: usize) -> Option<Kind> {
        if self.upcall.params[at].owners.length.is_some() {
            return Some(Kind::Length);
        }
        let message = format!("`{}` is the length of no string", self.upcall.params[at].name);
        self.fault(Diagnostic::at(Code::RoleShape, self.place(at), message));
        None
    }

    fn context(&mut self, at: usize, param: &Param) -> Option<Kind> {
        if param.owners.context.is_none() {
            let message = format!("`{}` is the context of no callback", param.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
            self.fault(fault.help(
                "name it in the callback: `context = \"…\"`; a value that the host keeps has the role `user-data`",
            ));
            return None;
        }
        self.as_wide_as_a_pointer(at, param, "a context").then_some(Kind::BundledContext)
    }

    fn user_data(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let kind = if *param.direction == Direction::In { Kind::Value } else { Kind::OutValue };
        self.as_wide_as_a_pointer(at, param, "user data").then_some(kind)
    }

    /// Whether a pointer fits in what goes in or out.
    fn as_wide_as_a_pointer(&mut self, at: usize, param: &Param, what: &str) -> bool {
        let ty = match *param.direction {
            Direction::In => Some(&*param.ty),
            Direction::Out => self.model.pointee(&param.ty),
            Direction::Inout => None,
        };
        let fits = ty.and_then(|ty| self.model.prim(ty)).is_some_and(|prim| prim.name == "usize");
        if !fits {
            let message = format!(
                "`{}` cannot be {what}: {what} is as wide as a pointer, and goes in or out",
                param.name
            );
            self.fault(Diagnostic::at(Code::RoleShape, self.type_place(at), message));
        }
        fits
    }

    fn callback(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let ty = match *param.direction {
            Direction::In => Some(&*param.ty),
            Direction::Out => self.model.pointee(&param.ty),
            Direction::Inout => None,
        };
        let Some((ty, callback)) = ty.and_then(|ty| self.model.callback(ty)) else {
            let message = format!("`{}` cannot be a callback: its type is none", param.name);
            self.fault(Diagnostic::at(Code::RoleShape, self.type_place(at), message));
            return None;
        };
        let own = callback.context().filter(|_| callback.params.len() == 1);
        let takes_usize =
            own.and_then(|own| self.model.prim(&own.ty)).is_some_and(|prim| prim.name == "usize");
        let context = param.context.filter(|context| {
            let sibling = &self.upcall.params[*context];
            sibling.role == Some(Role::Context) && *sibling.direction == *param.direction && takes_usize
        });
        let Some(context) = context else {
            let message = format!("callback `{}` has no context that fits", param.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
            self.fault(
                fault.help(
                    "name a parameter of the same direction with the role `context`: `context = \"…\"`",
                ),
            );
            return None;
        };
        match (*param.direction, &callback.returns) {
            (Direction::In, None) => Some(Kind::Callback { ty, context }),
            (Direction::Out, Some(returns)) if self.model.prim(returns).is_some() => {
                let Some(lifetime) = param.lifetime else {
                    let message = format!("nothing says how long callback `{}` may be called", param.name);
                    let fault = Diagnostic::at(Code::MissingKey, self.place(at), message);
                    self.fault(fault.help("add `lifetime = \"call\"` if it ends with the provider's function that asked for it, or `lifetime = \"run\"` if it ends when the provider is stopped"));
                    return None;
                };
                Some(Kind::OutCallback { ty, context, lifetime })
            }
            _ => {
                let message = format!("`{}` is no callback that can be passed this way", param.name);
                let fault = Diagnostic::at(Code::RoleShape, self.type_place(at), message);
                self.fault(fault.note("one that goes in returns nothing and is called once; one that comes out answers with an integer"));
                None
            }
        }
    }

    fn handle(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let Some(handle) = param.handle else {
            let message = format!("nothing says which handle `{}` is", param.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
            self.fault(fault.help("name the `[[handle]]`: `handle = \"…\"`"));
            return None;
        };
        let held = &self.model.handles[handle];
        if *param.direction == Direction::In && held.borrowed.is_none() && self.model.is_trusted(&held.ty) {
            let message = format!("`{}` would be a pointer that safe code can make up", param.name);
            let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
            self.fault(fault.help(format!("give handle `{}` a `borrowed` form", held.name)));
            return None;
        }
        let raw = self.model.bare(&held.ty);
        let by_value = self.model.bare(&param.ty) == raw;
        let by_pointer = self.model.pointee(&param.ty).is_some_and(|to| self.model.bare(to) == raw);
        match *param.direction {
            Direction::In if by_value || by_pointer => Some(Kind::Handle { handle, by_pointer: !by_value }),
            Direction::Out if by_pointer && self.model.acquired_by(self.at) == Some(handle) => {
                Some(Kind::OutHandle(handle))
            }
            Direction::Out if by_pointer => {
                let name = &self.model.handles[handle].name;
                let message =
                    format!("`{}` does not acquire `{name}`, so it cannot give one out", self.upcall.name);
                let fault = Diagnostic::at(Code::RoleShape, self.place(at), message);
                self.fault(fault.note(
                    "one upcall acquires a handle: what else gives one out would not bring its release",
                ));
                None
            }
            _ => {
                let message = format!(
                    "the type of `{}` is not that of handle `{}`",
                    param.name, self.model.handles[handle].name
                );
                self.fault(Diagnostic::at(Code::RoleShape, self.type_place(at), message));
                None
            }
        }
    }

    fn array(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let found = self.model.pointee(&param.ty).and_then(|to| self.model.structure(to));
        match found {
            Some((id, structure)) if structure.counted.is_some() && *param.direction == Direction::In => {
                Some(Kind::Counted(id))
            }
            _ => {
                let message = format!(
                    "`{}` cannot be an array: an array of an upcall is an `in` pointer to a structure with `counted-by`",
                    param.name
                );
                self.fault(Diagnostic::at(Code::RoleShape, self.type_place(at), message));
                None
            }
        }
    }

    fn request(&mut self, at: usize, param: &Param) -> Option<Kind> {
        let found = self.model.pointee(&param.ty).and_then(|to| self.model.structure(to));
        match found {
            Some((id, structure)) if structure.request.is_some() && *param.direction == Direction::Inout => {
                Some(Kind::Request(id))
            }
            _ => {
                let message = format!(
                    "`{}` cannot be a request: a request is an `inout` pointer to a structure with `request = true`",
                    param.name
                );
                self.fault(Diagnostic::at(Code::RoleShape, self.type_place(at), message));
                None
            }
        }
    }

    /// Keys that have no effect are errors, and visible parameters need a Rust name.
    fn keys_fit(&mut self, param: &Param, kind: Kind) {
        let reads = |key: Key| match key {
            Key::Role => true,
            Key::Length | Key::BufferTooSmall | Key::Encoding => param.role == Some(Role::String),
            Key::Context => param.role == Some(Role::Callback),
            Key::Handle => param.role == Some(Role::Handle),
            Key::Lifetime => matches!(kind, Kind::OutCallback { .. }),
            Key::NullError => {
                self.has_errno && (self.model.pointee(&param.ty).is_some() || kind.is_consumed())
            }
            _ => false,
        };
        let hidden = matches!(kind, Kind::Error | Kind::Length | Kind::BundledContext);
        let faults: Vec<_> =
            keys::without_effect(param, reads).chain(keys::rust_name(param, hidden)).collect();
        for fault in faults {
            self.fault(fault);
        }
    }

    fn has_errno(&self) -> bool {
        self.has_errno
    }
}
