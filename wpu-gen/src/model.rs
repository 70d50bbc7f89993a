//! A spec whose names are all found: what checks read and, once they pass, emitters.

mod queries;

use crate::diag::Place;
pub use crate::syntax::{
    Arch, Convention, Direction, Encoding, Lifetime, ProvidedBy, ReturnRole, Role, Status, Unit,
};
use std::collections::{HashMap, HashSet};

/// A whole spec. Indices in its parts point into its other parts.
#[derive(Debug)]
pub struct Model {
    pub head: Head,
    pub classes: Vec<Word>,
    pub platforms: Vec<Word>,
    /// Which of `platforms` holds where a provider names none.
    pub default_platform: usize,
    pub sources: Vec<Source>,
    pub types: Vec<TypeDef>,
    pub constants: Vec<Constant>,
    pub errors: Vec<ErrorCode>,
    pub handles: Vec<Handle>,
    pub tables: Vec<Table>,
    pub entry_points: Vec<EntryPoint>,
    /// In table order, then those without a slot, by name.
    pub upcalls: Vec<Upcall>,
    /// In table order.
    pub downcalls: Vec<Downcall>,
    pub imports: Vec<Import>,
    pub kits: Vec<Kit>,
    pub notes: Vec<Note>,
    pub headers: Vec<Header>,
    pub header_mismatches: Vec<HeaderMismatch>,
    /// For each type, whether it has pointers; found when it is first asked for.
    pub pointers: std::sync::OnceLock<Vec<bool>>,
    pub index: Index,
}

/// What would otherwise be looked for again and again.
#[derive(Debug, Default)]
pub struct Index {
    /// Upcall → the first handle that it acquires.
    acquired: HashMap<usize, usize>,
    /// Upcall → the first handle that it releases.
    released: HashMap<usize, usize>,
    /// Upcall → the notes about it, in order.
    upcall_notes: Vec<Vec<usize>>,
    /// Downcall → the notes about it, in order.
    downcall_notes: Vec<Vec<usize>>,
    /// The types of the bare values of handles.
    raw: HashSet<Ty>,
    /// Its place among the headers.
    headers: HashMap<String, usize>,
}

impl Index {
    /// Looks through a model whose lists are complete.
    pub fn of(model: &Model) -> Self {
        let mut index = Self::default();
        for (at, handle) in model.handles.iter().enumerate() {
            index.acquired.entry(handle.acquire).or_insert(at);
            index.released.entry(handle.release).or_insert(at);
            index.raw.insert(handle.ty.clone());
        }
        let upcalls = model.notes.iter().map(|note| &note.upcalls);
        index.upcall_notes = by_function(upcalls, model.upcalls.len());
        let downcalls = model.notes.iter().map(|note| &note.downcalls);
        index.downcall_notes = by_function(downcalls, model.downcalls.len());
        for (at, header) in model.headers.iter().enumerate() {
            index.headers.entry(header.name.clone()).or_insert(at);
        }
        index
    }
}

/// Function → the notes that are about it, each once.
fn by_function<'a>(notes: impl Iterator<Item = &'a Vec<usize>>, functions: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); functions];
    for (note, about) in notes.enumerate() {
        for function in about {
            if let Some(list) = found.get_mut(*function)
                && list.last() != Some(&note)
            {
                list.push(note);
            }
        }
    }
    found
}

/// What holds for the whole spec.
#[derive(Debug)]
pub struct Head {
    pub title: String,
    pub revision: u32,
    pub package: String,
    pub error_type: String,
    pub contract_violation: usize,
    pub not_initialized: usize,
    pub buffer_too_small: usize,
    pub pending: Option<usize>,
    pub aborted: Option<usize>,
    pub control_input_flag: Option<usize>,
    pub convention: Convention,
    pub error_header: Option<String>,
    /// What every upcall's name begins with.
    pub prefix: String,
}

/// A class or a platform.
#[derive(Debug)]
pub struct Word {
    pub name: String,
    pub doc: String,
}

#[derive(Debug)]
pub struct Source {
    pub id: String,
    pub title: String,
    pub url: Option<String>,
}

/// A C type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ty {
    Void,
    Prim(Prim),
    /// An index into [`Model::types`].
    Named(usize),
    Pointer(Box<Ty>),
    Array(Box<Ty>, u64),
}

/// A Rust integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prim {
    pub name: &'static str,
    /// Absent: as wide as a pointer.
    pub bytes: Option<u64>,
    pub signed: bool,
}

/// Every integer that a spec may name.
pub const PRIMS: &[Prim] = &[
    Prim { name: "u8", bytes: Some(1), signed: false },
    Prim { name: "u16", bytes: Some(2), signed: false },
    Prim { name: "u32", bytes: Some(4), signed: false },
    Prim { name: "u64", bytes: Some(8), signed: false },
    Prim { name: "usize", bytes: None, signed: false },
    Prim { name: "i8", bytes: Some(1), signed: true },
    Prim { name: "i16", bytes: Some(2), signed: true },
    Prim { name: "i32", bytes: Some(4), signed: true },
    Prim { name: "i64", bytes: Some(8), signed: true },
    Prim { name: "isize", bytes: None, signed: true },
];

#[derive(Debug)]
pub struct TypeDef {
    pub name: String,
    pub doc: String,
    pub header: Option<String>,
    pub sources: Vec<usize>,
    pub place: Place,
    pub kind: TypeKind,
}

#[derive(Debug)]
pub enum TypeKind {
    Typedef {
        target: Ty,
        c_only: bool,
        /// The Rust name of its values, which the other side never follows unseen.
        opaque: Option<String>,
    },
    Struct(Struct),
    Callback(Callback),
    /// An index into [`Model::tables`].
    Table(usize),
}

#[derive(Debug)]
pub struct Struct {
    pub fields: Vec<Field>,
    pub counted: Option<Counted>,
    pub iovec: Option<Iovec>,
    /// Lent by a client, and given back exactly once.
    pub request: bool,
    /// Of a counted structure, or of a request.
    pub rust_name: Option<String>,
    /// C knows it by `struct` and the name.
    pub tag: bool,
    /// The entry in the raw spec.
    pub origin: usize,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub ty: Ty,
    pub doc: String,
}

#[derive(Debug)]
pub struct Counted {
    /// Indices into the fields.
    pub count: usize,
    pub items: usize,
}

#[derive(Debug)]
pub struct Iovec {
    /// Indices into the fields.
    pub base: usize,
    pub length: usize,
}

#[derive(Debug)]
pub struct Callback {
    pub returns: Option<Ty>,
    pub params: Vec<PlainParam>,
    pub rust_name: Option<String>,
}

impl Callback {
    /// The parameter that is the context, if it has a bundle.
    #[must_use]
    pub fn context(&self) -> Option<&PlainParam> {
        self.rust_name.as_ref().and(self.params.last())
    }
}

#[derive(Debug)]
pub struct PlainParam {
    pub name: String,
    pub ty: Ty,
    pub doc: String,
}

#[derive(Debug)]
pub struct Constant {
    pub name: String,
    pub ty: Ty,
    pub value: ConstantValue,
    /// Of a control code whose input has no pointers.
    pub control_input: Option<Ty>,
    pub doc: String,
    pub header: Option<String>,
    pub sources: Vec<usize>,
    pub origin: usize,
}

impl Constant {
    /// The text that it stands for, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let ConstantValue::Text(text) = &self.value { Some(text) } else { None }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum ConstantValue {
    Number(i64),
    AllOnes,
    Text(String),
}

#[derive(Debug)]
pub struct ErrorCode {
    pub name: String,
    pub value: i32,
    pub message: String,
    pub io_kind: Option<String>,
    pub from_io_kinds: Vec<String>,
    pub alias_of: Option<usize>,
    pub sources: Vec<usize>,
}

#[derive(Debug)]
pub struct Handle {
    pub name: String,
    pub doc: String,
    pub ty: Ty,
    /// Indices into [`Model::upcalls`].
    pub acquire: usize,
    pub release: usize,
    pub borrowed: Option<String>,
    pub tag_bits: u32,
    /// No working host gives out the value whose bytes are all zero.
    pub never_zero: bool,
    pub origin: usize,
}

#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub doc: String,
    pub header: String,
    pub member_prefix: String,
    pub sources: Vec<usize>,
    pub provided_by: ProvidedBy,
    /// The Rust name of the trait behind a provider's table.
    pub behind: Option<String>,
    /// Slot → index into [`Model::upcalls`], or into [`Model::downcalls`] for a provider's table.
    pub slots: Vec<usize>,
}

#[derive(Debug)]
pub struct EntryPoint {
    pub name: String,
    pub pointer_type: String,
    pub doc: String,
    pub header: String,
    pub returns: Ty,
    pub params: Vec<Param>,
    pub errors: Vec<DocumentedError>,
    pub missing_error: usize,
    pub sources: Vec<usize>,
}

#[derive(Debug)]
pub struct Upcall {
    pub name: String,
    /// Its Rust name.
    pub method: String,
    pub pointer_type: String,
    pub doc: String,
    pub details: String,
    pub header: String,
    /// `(table, slot)`, in order of tables.
    pub slots: Vec<(usize, u32)>,
    pub library: Option<String>,
    pub returns: Ty,
    pub result: ReturnRole,
    /// Indices into [`Model::constants`].
    pub failure: Option<usize>,
    pub success: Option<usize>,
    pub must_use: Option<String>,
    pub params: Vec<Param>,
    pub errors: Vec<DocumentedError>,
    pub requirement: Requirement,
    pub sources: Vec<usize>,
    pub origin: usize,
}

/// A function of the provider.
#[derive(Debug)]
pub struct Downcall {
    pub name: String,
    /// Its Rust name.
    pub method: String,
    pub pointer_type: String,
    pub doc: String,
    pub details: String,
    pub header: String,
    pub slot: u32,
    pub returns: Ty,
    pub result: ReturnRole,
    /// Indices into [`Model::constants`].
    pub failure: usize,
    pub success: Option<usize>,
    pub params: Vec<Param>,
    pub errors: Vec<DocumentedError>,
    /// An index into [`Model::errors`].
    pub unimplemented_error: Option<usize>,
    /// Indices into [`Model::entry_points`].
    pub nullable_in: Vec<usize>,
    pub sources: Vec<usize>,
    pub origin: usize,
}

#[derive(Debug)]
pub struct Param {
    pub name: String,
    pub ty: Ty,
    /// As the spec spells it.
    pub c_type: String,
    pub direction: Direction,
    pub role: Option<Role>,
    pub rust_name: Option<String>,
    /// Indices into the params of the same function.
    pub length: Option<usize>,
    /// Whose length it is, and so on: the first that names it.
    pub owners: Owners,
    pub context: Option<usize>,
    pub written: Option<usize>,
    pub completion: Option<usize>,
    pub completion_thread: Option<usize>,
    pub encoding: Option<Encoding>,
    pub unit: Option<Unit>,
    /// A null pointer is an answer like others: `nullable` where it goes in, and `optional` elsewhere.
    pub optional: bool,
    /// Indices into [`Model::errors`].
    pub buffer_too_small: Option<usize>,
    pub null_error: usize,
    pub handle: Option<usize>,
    /// How long what comes out is valid.
    pub lifetime: Option<Lifetime>,
    pub doc: String,
}

/// The first parameters of the same function that name one in a key, as indices.
#[derive(Debug, Clone, Copy, Default)]
pub struct Owners {
    pub length: Option<usize>,
    pub written: Option<usize>,
    pub context: Option<usize>,
    pub completion: Option<usize>,
    pub completion_thread: Option<usize>,
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
    pub reason: String,
    pub substitute: Option<String>,
    pub waiver: Option<String>,
}

/// A function of a library that is taken by name.
#[derive(Debug)]
pub struct Import {
    pub name: String,
    /// Its Rust name.
    pub method: String,
    pub pointer_type: String,
    pub library: String,
    /// The programs whose library exports it; `None`: all.
    pub arch: Option<Arch>,
    pub doc: String,
    pub header: String,
    pub returns: Ty,
    pub params: Vec<ImportParam>,
    pub errors: Vec<DocumentedError>,
    pub sources: Vec<usize>,
}

#[derive(Debug)]
pub struct ImportParam {
    pub name: String,
    pub ty: Ty,
    /// As the spec spells it.
    pub c_type: String,
    pub direction: Direction,
    pub doc: String,
}

/// Code that makes upcalls on a provider's behalf.
#[derive(Debug)]
pub struct Kit {
    pub name: String,
    pub doc: String,
    /// By class: indices into [`Model::upcalls`], in order. `None`: it is not for that class.
    pub uses: Vec<Option<Vec<usize>>>,
    /// Whether it completes requests.
    pub completes: bool,
}

#[derive(Debug)]
pub struct Note {
    pub id: String,
    /// Indices into [`Model::upcalls`], of those that it is about.
    pub upcalls: Vec<usize>,
    /// Indices into [`Model::downcalls`], likewise.
    pub downcalls: Vec<usize>,
    /// All names that it is about.
    pub about: Vec<String>,
    pub doc: String,
    pub decision: String,
    pub sources: Vec<usize>,
}

/// How C code gets at what a header declares.
#[derive(Debug)]
pub struct Header {
    pub name: String,
    pub include: Vec<String>,
    pub fallback: Option<String>,
}

/// Items that are not compared with their headers.
#[derive(Debug)]
pub struct HeaderMismatch {
    pub about: Vec<String>,
    pub unless: Option<String>,
    pub reason: String,
    pub sources: Vec<usize>,
}
