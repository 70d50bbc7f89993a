//! The syntax of a spec: one struct per kind of TOML entry, every leaf with its span.
//!
//! Nothing is looked up here; [`crate::resolve`] does that. `docs/spec-format.md` explains every key.

mod annotations;
mod functions;
mod head;
mod leaf;
mod listings;
mod obligations;
mod params;
mod types;

pub use annotations::{Header, HeaderMismatch, Kit, Note};
pub use functions::{
    Arch, DocumentedError, Downcall, EntryPoint, Group, Import, ProvidedBy, Requirement, ReturnRole, Status,
    Table, Upcall,
};
pub use head::{Class, Convention, Head, Platform, Source};
pub(crate) use leaf::text;
pub use leaf::{Spanned, Text, Widths};
pub use listings::{Cell, Listing, Row};
pub use obligations::{Certainty, Kind as ObligationKind, Obligation, Party, Topic};
pub use params::{Direction, Encoding, Lifetime, Param, Role, Unit};
pub use types::{Callback, Constant, ConstantValue, ErrorCode, Field, Handle, Struct, Typedef};
