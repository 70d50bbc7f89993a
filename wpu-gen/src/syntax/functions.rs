//! Functions, and the tables that hold them.

use super::leaf::{Spanned, Text, Widths};
use super::params::{Direction, Param};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[[table]]`: a structure of function pointers that a host hands out.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    pub name: Text,
    pub doc: Text,
    pub header: Text,
    /// How many slots there are.
    pub slots: Spanned<u32>,
    /// What stands before a function's name in the member's name.
    pub member_prefix: Text,
    /// Whose functions it holds; absent: the host's.
    pub provided_by: Option<Spanned<ProvidedBy>>,
    /// With `provided-by = "plugin"`: the Rust name of the trait that stands behind the table.
    #[serde(rename = "trait")]
    pub behind: Option<Text>,
    pub size: Spanned<Widths>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// Whose functions a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProvidedBy {
    /// Upcalls.
    Host,
    /// Downcalls.
    Plugin,
}

/// `[[entry-point]]`: a function that a provider exports and a host calls by name.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EntryPoint {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer_type: Text,
    pub doc: Text,
    pub header: Text,
    pub returns: Text,
    pub params: Vec<Param>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    /// The error to return when the table lacks an upcall that the provider declares.
    pub missing_error: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[upcall]]`: one function of the host.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upcall {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer_type: Text,
    /// One line: what it does; and perhaps more paragraphs.
    pub doc: Text,
    pub header: Text,
    /// Table name → slot.
    #[serde(default)]
    pub slots: BTreeMap<Text, Spanned<u32>>,
    /// The library that exports it by name, if one does.
    pub library: Option<Text>,
    pub returns: Returns,
    /// The constant that says failure.
    pub failure: Option<Text>,
    /// The constant that says success, where only one value does.
    pub success: Option<Text>,
    /// Why the answer of the safe form must not be dropped.
    pub must_use: Option<Text>,
    pub params: Vec<Param>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    pub requirement: Requirement,
    pub sources: Vec<Text>,
}

/// `[[downcall]]`: one function of the provider, which a host calls through the provider's table.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Downcall {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer_type: Text,
    /// One line: what it does; and perhaps more paragraphs.
    pub doc: Text,
    pub header: Text,
    /// Its place in the provider's table.
    pub slot: Spanned<u32>,
    pub returns: Returns,
    /// The constant that says failure.
    pub failure: Text,
    /// The constant that says success, where only one value does.
    pub success: Option<Text>,
    pub params: Vec<Param>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    /// What a provider answers that does not implement it; absent: success.
    pub unimplemented_error: Option<Text>,
    /// The entries under which its slot may be null.
    #[serde(default)]
    pub nullable_in: Vec<Text>,
    /// The Rust name of the structure that holds what comes out; compulsory where that is more than one value.
    pub answer: Option<Text>,
    /// Parameters that the safe form takes as one structure.
    pub group: Option<Group>,
    pub sources: Vec<Text>,
}

/// Parameters that the safe form takes as one structure.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    /// The Rust name of the structure.
    #[serde(rename = "type")]
    pub ty: Text,
    /// The Rust name of the parameter.
    pub rust_name: Text,
    /// Which parameters it holds, in this order.
    pub params: Vec<Text>,
    /// Those that its constructor takes; the others are absent or zero at first.
    #[serde(default)]
    pub new: Vec<Text>,
}

/// What an upcall or a downcall returns.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Returns {
    #[serde(rename = "type")]
    pub ty: Text,
    /// What the value means.
    pub role: Spanned<ReturnRole>,
}

/// What the return value of an upcall or downcall means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReturnRole {
    /// A value that the caller wants, or the failure constant.
    Value,
    /// Nothing but success or failure.
    Status,
    /// Yes (not zero) or no (zero); it cannot fail.
    Bool,
}

/// An error that the documentation names.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DocumentedError {
    pub code: Text,
    pub when: Text,
}

/// Whether a provider must use an upcall.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Requirement {
    pub status: Spanned<Status>,
    /// The classes that it applies to; absent: all.
    pub classes: Option<Vec<Text>>,
    /// The platforms where `status` holds; absent: all.
    pub platforms: Option<Vec<Text>>,
    /// What holds on each of the other platforms.
    #[serde(default)]
    pub elsewhere: BTreeMap<Text, Spanned<Status>>,
    pub reason: Text,
    /// The operating-system call that may stand in.
    pub substitute: Option<Text>,
    /// The usual grounds for a waiver.
    pub waiver: Option<Text>,
}

/// The documentation's word on using an upcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Required,
    Optional,
    Unspecified,
}

/// `[[import]]`: a function of a library that is taken by name.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Import {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer_type: Text,
    /// The library that exports it, as a linker names it.
    pub library: Text,
    /// The programs whose library exports it; absent: all.
    pub arch: Option<Spanned<Arch>>,
    pub doc: Text,
    pub header: Text,
    pub returns: Text,
    pub params: Vec<ImportParam>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// The programs that a function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Arch {
    #[serde(rename = "64-bit")]
    Bits64,
}

/// One parameter of an import.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImportParam {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    pub direction: Spanned<Direction>,
    pub doc: Text,
}
