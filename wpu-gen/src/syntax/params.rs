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
    /// With the role `string`: how its characters are stored.
    pub encoding: Option<Spanned<Encoding>>,
    /// With the role `array`: what its length counts, where its structure does not say.
    pub unit: Option<Spanned<Unit>>,
    /// With the role `array` or `iovec`: the parameter that receives how much of it was moved.
    pub written: Option<Text>,
    /// With the role `string`, of an upcall: the error that says that it was too small.
    pub buffer_too_small: Option<Text>,
    /// Of a downcall: the errors beside which what comes out is written too.
    pub on_error: Option<Spanned<Vec<Text>>>,
    /// With the role `callback`: the parameter that holds its context.
    pub context: Option<Text>,
    /// With the role `callback`, going out: how long it may be called.
    pub lifetime: Option<Spanned<Lifetime>>,
    /// With the role `handle`: which handle it is.
    pub handle: Option<Text>,
    /// The error for a null or misaligned pointer; absent: `invalid-pointer` of `[spec]`.
    pub null_error: Option<Text>,
    /// Of a downcall: what goes in may be null.
    pub nullable: Option<Spanned<bool>>,
    /// Of a downcall: the pointer to what comes out, or goes both ways, may be null.
    pub optional: Option<Spanned<bool>>,
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

/// How the characters of a string are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Encoding {
    #[serde(rename = "utf-16")]
    Utf16,
}

/// What the length of an array counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Bytes,
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
    /// Text: zero-ended where it goes in, room for it where it goes out.
    String,
    /// Several values: as many as its length says, or its structure.
    Array,
    /// One structure of a pointer and a length, or an array of them.
    Iovec,
    /// The length of another parameter.
    Length,
    /// How much of another parameter was moved.
    Written,
    /// The value that a callback gets.
    Context,
    /// A value that the host keeps for the plug-in.
    UserData,
    /// A function pointer, with a context beside it.
    Callback,
    /// The bare value of a handle.
    Handle,
    /// The structure of a request: a downcall brings it, an upcall gives it back.
    Request,
    /// What is called when a request is done.
    Completion,
    /// The thread on which that is called.
    CompletionThread,
    /// The table of upcalls that an entry point receives.
    Table,
    /// Yes or no.
    Bool,
}
