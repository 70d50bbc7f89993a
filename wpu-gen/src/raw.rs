//! The shape of a spec file: one struct per kind of TOML entry, every leaf with its span.
//!
//! Nothing is looked up here; [`crate::resolve`] does that. `docs/spec-format.md` explains every key.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// Text with its place in the file.
pub type Text = Spanned<String>;

/// A text as it is meant, however its file ends lines.
pub(crate) fn text(text: &Text) -> String {
    text.get_ref().trim_end().replace("\r\n", "\n")
}

/// `[spec]`: what holds for the whole spec. Stands once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Head {
    /// One line that says what this table of functions is.
    pub title: Text,
    /// Counts up whenever a fact changes; stands in every generated header.
    pub revision: Spanned<u32>,
    /// The package that holds the output.
    pub package: Text,
    /// What every upcall's name begins with; the rest, in snake case, is its Rust name.
    pub prefix: Text,
    /// What every downcall's name begins with, where there are some.
    pub downcall_prefix: Option<Text>,
    /// The Rust name of the error type.
    pub error_type: Text,
    /// The error that a wrapper reports when a host breaks the contract (failure without a code, success without a result).
    pub broken: Text,
    /// The error that the closed table answers with.
    pub closed: Text,
    /// The error for a null or misaligned pointer where no document names one.
    pub null_pointer: Text,
    /// The error for a client's room that is too small; absent: `null-pointer`.
    pub too_small: Option<Text>,
    /// The error that says that a request will be completed later; needed where there are requests.
    pub pending: Option<Text>,
    /// The error of a request that is completed without having been carried out; needed where there are requests.
    pub aborted: Option<Text>,
    /// How all functions are called; absent: as the system's own.
    pub convention: Option<Spanned<Convention>>,
    /// The C header that defines the errors, if one does.
    pub error_header: Option<Text>,
}

/// How functions are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// As those of the system: on 32-bit machines the callee takes its arguments from the stack.
    System,
    /// As C functions where nothing else is said.
    C,
}

/// `[[class]]`: a kind of provider that requirements distinguish.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Class {
    pub name: Text,
    pub text: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[platform]]`: a platform that requirements distinguish; exactly one is the default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Platform {
    pub name: Text,
    pub text: Text,
    #[serde(default)]
    pub default: bool,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[source]]`: where a fact comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Source {
    pub id: Text,
    pub title: Text,
    pub url: Option<Text>,
}

/// `[[type]]`: another name for a primitive, a pointer or a type of the spec.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alias {
    pub name: Text,
    /// A Rust integer (`u32`, `usize`, …), or a C type: `void *`, `DWORD *`, another name.
    pub is: Text,
    /// The name exists in C alone; Rust code shows what it stands for.
    #[serde(default)]
    pub inline: bool,
    /// Of a pointer that the other side compares or looks up, and never follows unseen: the Rust name of such values.
    pub opaque: Option<Text>,
    pub text: Text,
    pub header: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[struct]]`: a C structure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Struct {
    pub name: Text,
    pub text: Text,
    pub header: Option<Text>,
    /// Bytes on 32-bit and on 64-bit machines.
    pub size: Spanned<[u64; 2]>,
    pub fields: Vec<Field>,
    /// The structure is a count and an array whose true length is that count.
    pub counted: Option<Counted>,
    /// Rust name of the token that stands for one such structure, lent by a client and given back exactly once.
    pub token: Option<Text>,
    /// The structure is a pointer to bytes and their number.
    pub slice: Option<Slice>,
    /// It is there for those who use the output: nothing in the spec need name it.
    #[serde(default)]
    pub public: bool,
    /// C knows it by `struct` and the name.
    #[serde(default)]
    pub tag: bool,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// How to read a structure that is a pointer and a length.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Slice {
    pub items: Text,
    pub length: Text,
}

/// One member of a structure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Field {
    pub name: Text,
    /// A C type; `TYPE[N]` for an array, N being a number or a constant.
    #[serde(rename = "type")]
    pub ty: Text,
    pub text: Text,
    /// Bytes from the start on 32-bit and on 64-bit machines, where a source states them.
    pub offset: Option<Spanned<[u64; 2]>>,
}

/// How to read a counted structure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counted {
    pub count: Text,
    pub items: Text,
    /// Rust name of the borrowed view.
    pub view: Text,
}

/// `[[callback]]`: a function that one side hands to the other, with one context value if it has a bundle.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Callback {
    pub name: Text,
    pub text: Text,
    pub header: Option<Text>,
    /// Absent: returns nothing.
    pub returns: Option<Text>,
    pub params: Vec<PlainParam>,
    /// Rust name of the callback together with its context, which is its last parameter.
    pub bundle: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// A parameter that has no role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlainParam {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    pub text: Text,
}

/// `[[constant]]`: a named value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Constant {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    /// A number, or `"all-ones"`.
    pub value: Spanned<ConstantValue>,
    /// It is there for those who use the output: nothing in the spec need name it.
    #[serde(default)]
    pub public: bool,
    pub text: Text,
    pub header: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// The value of a constant.
#[derive(Debug, Clone)]
pub enum ConstantValue {
    Number(i64),
    Word(String),
}

impl<'de> Deserialize<'de> for ConstantValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ConstantValueVisitor)
    }
}

/// Written by hand, so that a wrong value is told what would be right.
struct ConstantValueVisitor;

impl Visitor<'_> for ConstantValueVisitor {
    type Value = ConstantValue;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number of up to 63 bits or `all-ones`")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(ConstantValue::Number(number))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        Ok(ConstantValue::Word(word.to_owned()))
    }
}

/// `[[error]]`: an error code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorCode {
    pub name: Text,
    pub value: Spanned<i32>,
    pub text: Text,
    /// The variant of `std::io::ErrorKind` that is nearest.
    pub io_kind: Option<Text>,
    /// Another error with the same value, under whose name it is reported.
    pub same_as: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[resource]]`: what an upcall acquires and another releases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resource {
    /// Rust name of the owned form, which releases when dropped.
    pub name: Text,
    pub text: Text,
    /// The C type of the bare value.
    pub raw: Text,
    pub acquire: Text,
    pub release: Option<Text>,
    /// Rust name of the borrowed form, where upcalls take one.
    pub borrowed: Option<Text>,
    /// Low bits that a client may set and that are not part of the value.
    pub tag_bits: Option<Spanned<u32>>,
    /// No working host gives out the value whose bytes are all zero.
    #[serde(default)]
    pub never_zero: bool,
}

/// `[[table]]`: a structure of function pointers that a host hands out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    pub name: Text,
    pub text: Text,
    pub header: Text,
    /// How many slots there are.
    pub slots: Spanned<u32>,
    /// What stands before a function's name in the member's name.
    pub member_prefix: Text,
    /// Whose functions it holds; absent: the host's.
    pub filled_by: Option<Spanned<Filler>>,
    /// With `filled-by = "provider"`: the Rust name of the trait that stands behind the table.
    #[serde(rename = "trait")]
    pub behind: Option<Text>,
    pub size: Spanned<[u64; 2]>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// Whose functions a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filler {
    /// Upcalls.
    Host,
    /// Downcalls.
    Provider,
}

/// `[[entry]]`: a function that a provider exports and a host calls by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer: Text,
    pub text: Text,
    pub header: Text,
    pub returns: Text,
    pub params: Vec<Param>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    /// The error to return when the table lacks an upcall that the provider declares.
    pub hole: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[upcall]]`: one function of the host.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upcall {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer: Text,
    /// One line: what it does.
    pub text: Text,
    /// More lines for the reference page and rustdoc.
    pub details: Option<Text>,
    pub header: Text,
    /// Table name → slot.
    #[serde(default)]
    pub slots: BTreeMap<Text, Spanned<u32>>,
    /// The library that exports it by name, if one does.
    pub export: Option<Text>,
    pub returns: Text,
    /// What the return value means.
    pub result: Spanned<ResultKind>,
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
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Downcall {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer: Text,
    /// One line: what it does.
    pub text: Text,
    /// More lines for rustdoc.
    pub details: Option<Text>,
    pub header: Text,
    /// Its place in the provider's table.
    pub slot: Spanned<u32>,
    pub returns: Text,
    /// What the return value means.
    pub result: Spanned<ResultKind>,
    /// The constant that says failure.
    pub failure: Text,
    /// The constant that says success, where only one value does.
    pub success: Option<Text>,
    pub params: Vec<Param>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    /// What a provider answers that does not implement it; absent: success.
    pub refusal: Option<Text>,
    /// The entries under which its slot may be null.
    #[serde(default)]
    pub may_be_null: Vec<Text>,
    pub sources: Vec<Text>,
}

/// What the return value of an upcall or downcall means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultKind {
    /// A value that the caller wants, or the failure constant.
    Value,
    /// Nothing but success or failure.
    Status,
    /// Yes (not zero) or no (zero); it cannot fail.
    Answer,
}

/// One parameter of an upcall, a downcall or an entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Param {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    pub direction: Spanned<Direction>,
    pub role: Option<Spanned<Role>>,
    /// The Rust name; absent for parameters that the safe form hides.
    #[serde(rename = "as")]
    pub rust: Option<Text>,
    /// The parameter that holds the number of its elements.
    pub length: Option<Text>,
    /// With the role `buffer`: the error that says that it was too small.
    pub too_small: Option<Text>,
    /// With the role `callback`: the parameter that holds its context.
    pub context: Option<Text>,
    /// With the role `callback`, going out: how long it may be called.
    pub lifetime: Option<Spanned<Lifetime>>,
    /// With the role `handle`: the resource whose borrowed form is taken.
    pub resource: Option<Text>,
    /// The error for a null or misaligned pointer; absent: `null-pointer` of `[spec]`.
    pub null: Option<Text>,
    /// Of a downcall: the pointer may be null.
    pub optional: Option<Spanned<bool>>,
    /// With the role `count`: the parameter whose items are counted.
    pub of: Option<Text>,
    /// With the role `request`: the parameter that holds the client's completion routine.
    pub routine: Option<Text>,
    /// With the role `request`: the parameter that holds the thread for the routine.
    pub thread: Option<Text>,
    pub text: Text,
}

/// Which way a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    In,
    Out,
    Inout,
}

/// How long what a host gives out is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// Until the provider's function that asked for it returns.
    Call,
    /// Until the provider is no longer started.
    Run,
}

/// What a parameter is for, where its type does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Receives the error code after a failure; last, and hidden in the safe form.
    Errno,
    /// Memory that the host fills with zero-ended text.
    Buffer,
    /// How many elements a buffer has.
    Length,
    /// The value that a callback gets, or a key that a host keeps for a provider.
    Context,
    /// A function pointer, with a context beside it.
    Callback,
    /// The bare value of a resource.
    Handle,
    /// A counted structure.
    Set,
    /// A client's structure that this upcall gives back.
    Token,
    /// The table of upcalls that an entry receives.
    Table,
    /// Of a downcall: a truth value.
    Truth,
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
    Routine,
    /// Of a downcall: the thread for the routine.
    Thread,
}

/// An error that the documentation names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DocumentedError {
    pub code: Text,
    pub when: Text,
}

/// Whether a provider must use an upcall.
#[derive(Debug, Deserialize)]
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
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Required,
    Optional,
    Unspecified,
}

/// `[[import]]`: a function of a library that is taken by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Import {
    pub name: Text,
    /// The C name of the pointer type.
    pub pointer: Text,
    /// The library that exports it, as a linker names it.
    pub library: Text,
    /// Only the library of 64-bit programs exports it.
    #[serde(default)]
    pub wide: bool,
    pub text: Text,
    pub header: Text,
    pub returns: Text,
    pub params: Vec<ImportParam>,
    #[serde(default)]
    pub errors: Vec<DocumentedError>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// One parameter of an import.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImportParam {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    pub direction: Spanned<Direction>,
    pub text: Text,
}

/// `[[kit]]`: hand-written code that makes upcalls on a provider's behalf.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kit {
    /// The word for it in attributes.
    pub name: Text,
    pub text: Text,
    /// Class → the upcalls that it makes for providers of that class. It is not for the others.
    pub uses: BTreeMap<Text, Vec<Text>>,
    /// Whether it completes requests: providers that do not declare its upcalls get none.
    pub completes: Option<Spanned<bool>>,
}

/// `[[note]]`: sources that contradict each other or are silent, and what was decided.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Note {
    pub id: Text,
    /// Names of the spec that it is about.
    pub about: Vec<Text>,
    /// What the sources say.
    pub says: Text,
    /// What was decided.
    pub decision: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[header]]`: how C code gets at what a header declares, where including it is not enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Header {
    /// As `header` of an item says it.
    pub name: Text,
    /// The headers to include, in this order; absent: itself alone.
    #[serde(default)]
    pub include: Vec<Text>,
    /// Another place of the header, for toolchains that do not have it by its name.
    pub elsewhere: Option<Text>,
}

/// `[[exception]]`: items that are not compared with their headers, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exception {
    pub about: Vec<Text>,
    /// The macro of the toolchains whose headers it is about; absent: all.
    pub unless: Option<Text>,
    pub reason: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}
