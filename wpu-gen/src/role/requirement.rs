//! What a role requires of a parameter, and what is said where it is not so.

use super::kind::Kind;
use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Direction, Function, Key, Model, Param, ProvidedBy, Ty};

/// What a parameter is for, and what it then has to be.
pub(crate) struct Requirement {
    /// What a parameter with this role is, as in "cannot be a string".
    pub(crate) what: &'static str,
    /// What makes a parameter one, in a function that this side has.
    pub(crate) help: fn(ProvidedBy) -> &'static str,
    /// `None`: it does not fit, for which `help` is enough.
    pub(crate) read: fn(&Seen<'_>) -> Option<Read>,
}

/// What a parameter is, or what is missing so that it could be that.
pub(crate) type Read = Result<Box<dyn Kind>, Diagnostic>;

/// A parameter is this.
pub(crate) fn is(kind: impl Kind + 'static) -> Option<Read> {
    is_if(true, kind)
}

/// A parameter is this, if it fits.
pub(crate) fn is_if(fits: bool, kind: impl Kind + 'static) -> Option<Read> {
    fits.then(|| Ok(Box::new(kind) as Box<dyn Kind>))
}

/// A parameter, as its role sees it.
pub(crate) struct Seen<'a> {
    pub(crate) model: &'a Model,
    pub(crate) function: &'a Function,
    /// The index of the function among upcalls or downcalls.
    pub(crate) number: usize,
    pub(crate) at: usize,
    pub(crate) param: &'a Param,
}

impl<'a> Seen<'a> {
    pub(crate) fn is_upcall(&self) -> bool {
        self.function.provided_by == ProvidedBy::Host
    }

    pub(crate) fn sibling(&self, at: usize) -> &'a Param {
        &self.function.params[at]
    }

    pub(crate) fn goes(&self, direction: Direction) -> bool {
        *self.param.direction == direction
    }

    /// What it points at.
    pub(crate) fn pointee(&self) -> Option<&'a Ty> {
        self.model.pointee(&self.param.ty)
    }

    /// What goes in, or what the pointer to what comes out points at.
    pub(crate) fn travels(&self) -> Option<&'a Ty> {
        match *self.param.direction {
            Direction::In => Some(&self.param.ty),
            Direction::Out => self.pointee(),
            Direction::Inout => None,
        }
    }

    pub(crate) fn is_prim(&self, ty: &Ty, names: &[&str]) -> bool {
        self.model.prim(ty).is_some_and(|prim| names.contains(&prim.name))
    }

    pub(crate) fn points_at(&self, ty: &Ty, names: &[&str]) -> bool {
        self.model.pointee(ty).is_some_and(|to| self.is_prim(to, names))
    }

    /// A fault at the name of the parameter.
    pub(crate) fn fault(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(code, self.param.name.place.clone(), message)
    }

    /// A fault at its type.
    pub(crate) fn type_fault(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(Code::RoleShape, self.param.ty.place.clone(), message)
    }

    /// What is wrong with a parameter that lacks a key.
    pub(crate) fn missing(&self, key: Key, message: impl Into<String>, value: &str) -> Diagnostic {
        self.fault(Code::MissingKey, message).help(format!("add `{} = \"{value}\"`", key.id()))
    }
}
