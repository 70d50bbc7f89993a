//! Parameters of functions, and their roles.

use super::leaf::{Spanned, Text};
use serde::Deserialize;

/// One parameter of an upcall, a downcall or an entry point.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Param {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    pub direction: Spanned<Direction>,
    pub role: Option<Spanned<Role>>,
    /// The Rust name; absent for parameters that the safe form hides.
    pub rust_name: Option<Text>,
    /// The parameter that holds the number of its elements.
    pub length: Option<Text>,
    /// With the role `buffer`: the error that says that it was too small.
    pub buffer_too_small: Option<Text>,
    /// With the role `callback`: the parameter that holds its context.
    pub context: Option<Text>,
    /// With the role `callback`, going out: how long it may be called.
    pub lifetime: Option<Spanned<Lifetime>>,
    /// With the role `handle`: which handle it is.
    pub handle: Option<Text>,
    /// The error for a null or misaligned pointer; absent: `invalid-pointer` of `[spec]`.
    pub null_error: Option<Text>,
    /// Of a downcall: the pointer may be null.
    pub optional: Option<Spanned<bool>>,
    /// With the role `count`: the parameter whose items are counted.
    pub of: Option<Text>,
    /// With the role `request`: the parameter that holds the client's completion routine.
    pub completion: Option<Text>,
    /// With the role `request`: the parameter that holds the thread for the routine.
    pub completion_thread: Option<Text>,
    pub doc: Text,
}

/// Which way a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    In,
    Out,
    Inout,
}

/// How long what a host gives out is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// Until the provider's function that asked for it returns.
    Call,
    /// Until the provider is no longer started.
    Run,
}

/// What a parameter is for, where its type does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Receives the error code after a failure; last, and hidden in the safe form.
    Error,
    /// Memory that the host fills with zero-ended text.
    Buffer,
    /// How many elements a buffer has.
    Length,
    /// The value that a callback gets, or a key that a host keeps for a provider.
    Context,
    /// A function pointer, with a context beside it.
    Callback,
    /// The bare value of a handle.
    Handle,
    /// A counted structure.
    Set,
    /// A client's structure that this upcall gives back.
    Token,
    /// The table of upcalls that an entry receives.
    Table,
    /// Of a downcall: a truth value.
    Bool,
    /// Of a downcall: bytes of the client, or room for some.
    Bytes,
    /// Of a downcall: room for 16-bit units.
    Units,
    /// Of a downcall: zero-ended text of the client.
    Text,
    /// Of a downcall: one slice structure, or an array of them.
    Buffers,
    /// Of a downcall: how many items of another parameter were moved.
    Count,
    /// Of a downcall: the client's structure for an overlapped operation.
    Request,
    /// Of a downcall: the client's completion routine.
    Completion,
    /// Of a downcall: the thread for the routine.
    CompletionThread,
}
