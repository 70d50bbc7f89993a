//! Functions: who has them and who calls them, what they take, and what they answer.

use super::{Arch, Direction, Encoding, Lifetime, Placed, ProvidedBy, ReturnRole, Role, Status, Ty, Unit};
use crate::diag::Place;
use std::ops::Deref;

/// A C function: an upcall or an import, which a plug-in calls, or a downcall or an entry point, which the host calls.
#[derive(Debug)]
pub struct Function {
    pub name: Placed<String>,
    /// Its Rust name.
    pub method: String,
    pub pointer_type: Placed<String>,
    pub doc: String,
    /// What `doc` says behind its first paragraph, where that stands alone.
    pub details: String,
    pub header: String,
    /// Whose function it is: the other side calls it.
    pub provided_by: ProvidedBy,
    pub returns: Placed<Ty>,
    /// What the returned value means; entry points and imports say nothing of it.
    pub result: Option<Placed<ReturnRole>>,
    /// Indices into [`Model::constants`](super::Model::constants).
    pub failure: Option<Placed<usize>>,
    pub success: Option<Placed<usize>>,
    pub params: Vec<Param>,
    pub errors: Vec<DocumentedError>,
    pub sources: Vec<usize>,
}

impl Function {
    /// Whether the returned value means this.
    #[must_use]
    pub fn returns_as(&self, role: ReturnRole) -> bool {
        self.result.as_ref().is_some_and(|result| **result == role)
    }

    /// The first parameter with a role.
    #[must_use]
    pub fn param_with(&self, role: Role) -> Option<usize> {
        self.params.iter().position(|param| param.role == Some(role))
    }

    /// The C name of its Rust type.
    #[must_use]
    pub fn rust_type(&self) -> String {
        format!("{}Fn", self.name)
    }
}

/// Declares functions of one kind: what all have in common, and what only these have.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            pub function: Function,
            $($(#[$about])* pub $field: $ty,)*
        }

        impl Deref for $name {
            type Target = Function;

            fn deref(&self) -> &Function {
                &self.function
            }
        }
    )*};
}

functions! {
    /// A function of the host.
    Upcall {
        /// `(table, slot)`, in order of tables.
        slots: Vec<(usize, u32)>,
        library: Option<Placed<String>>,
        must_use: Option<String>,
        requirement: Requirement,
    }
    /// A function of the plug-in, in its table.
    Downcall {
        slot: u32,
        /// An index into [`Model::errors`](super::Model::errors).
        unimplemented_error: Option<Placed<usize>>,
        /// Indices into [`Model::entry_points`](super::Model::entry_points).
        nullable_in: Vec<usize>,
        /// The Rust name of the structure that holds what comes out.
        answer: Option<Placed<String>>,
        group: Option<Group>,
    }
    /// A function that a plug-in exports.
    EntryPoint {
        missing_error: usize,
    }
    /// A function of a library that is taken by name.
    Import {
        library: Placed<String>,
        /// The programs whose library exports it; `None`: all.
        arch: Option<Arch>,
    }
}

impl Param {
    /// The name of its field, where a structure holds it.
    #[must_use]
    pub fn field(&self) -> &str {
        self.rust_name.as_deref().map_or(&*self.name, |name| name)
    }
}

/// Parameters that the safe form takes as one structure.
#[derive(Debug)]
pub struct Group {
    /// The Rust name of the structure.
    pub ty: Placed<String>,
    /// The Rust name of the parameter.
    pub rust_name: Placed<String>,
    /// Indices of parameters.
    pub params: Vec<Placed<usize>>,
    /// Those that its constructor takes.
    pub new: Vec<Placed<usize>>,
}

#[derive(Debug)]
pub struct Param {
    pub name: Placed<String>,
    pub ty: Placed<Ty>,
    /// As the spec spells it.
    pub c_type: String,
    pub direction: Placed<Direction>,
    pub role: Option<Role>,
    pub rust_name: Option<Placed<String>>,
    /// The parameters of the same function that its keys name, as indices.
    pub named: Vec<(Key, usize)>,
    /// The first parameters of the same function that name it in a key, as indices.
    pub owners: Vec<(Key, usize)>,
    pub encoding: Option<Encoding>,
    pub unit: Option<Unit>,
    /// A null pointer is an answer like others: `nullable` where it goes in, and `optional` elsewhere.
    pub optional: bool,
    /// Indices into [`Model::errors`](super::Model::errors).
    pub buffer_too_small: Option<usize>,
    /// The errors beside which it is written too, likewise.
    pub on_error: Vec<Placed<usize>>,
    pub null_error: usize,
    pub handle: Option<usize>,
    /// How long what comes out is valid.
    pub lifetime: Option<Lifetime>,
    pub doc: String,
    /// Where each key stands that the spec gives it, but for those that every parameter has, and its Rust name.
    pub keys: Vec<(Key, Place)>,
}

impl Param {
    /// The parameter that a key names.
    #[must_use]
    pub fn names(&self, key: Key) -> Option<usize> {
        self.named.iter().find(|(named, _)| *named == key).map(|(_, param)| *param)
    }

    /// The parameter that names this one in a key.
    #[must_use]
    pub fn owner(&self, key: Key) -> Option<usize> {
        self.owners.iter().find(|(named, _)| *named == key).map(|(_, param)| *param)
    }
}

/// Declares the keys of parameters, with how the spec spells them.
macro_rules! keys {
    ($($key:ident $id:literal,)*) => {
        /// A key of a parameter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Key {
            $($key,)*
        }

        impl Key {
            /// As the spec spells it.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$key => $id,)*
                }
            }
        }
    };
}

keys! {
    Role "role",
    Length "length",
    Encoding "encoding",
    Unit "unit",
    Written "written",
    BufferTooSmall "buffer-too-small",
    OnError "on-error",
    Context "context",
    Lifetime "lifetime",
    Handle "handle",
    NullError "null-error",
    Nullable "nullable",
    Optional "optional",
    Completion "completion",
    CompletionThread "completion-thread",
}

#[derive(Debug)]
pub struct DocumentedError {
    pub code: usize,
    pub when: String,
}

#[derive(Debug)]
pub struct Requirement {
    /// `[class][platform]`; `None`: not applicable.
    pub status: Vec<Vec<Option<Status>>>,
    pub said: Said,
    pub reason: Placed<String>,
    pub substitute: Option<Placed<String>>,
    pub waiver: Option<Placed<String>>,
}

/// What a requirement says of classes and platforms, as it is written.
#[derive(Debug)]
pub struct Said {
    pub status: Placed<Status>,
    /// Indices into [`Model::classes`](super::Model::classes); `None`: all.
    pub classes: Option<Vec<Placed<usize>>>,
    /// Indices into [`Model::platforms`](super::Model::platforms), likewise.
    pub platforms: Option<Vec<Placed<usize>>>,
    pub elsewhere: Vec<(Placed<usize>, Placed<Status>)>,
}
